r"""V -> V' P with a polarised vector V' that decays at once: omega pi0, eta omega, eta phi, phi pi0.

    J_i ~ eps_ijk e'_j q_k        (V rest frame; q: momentum of V', e': its polarisation, e: that of V)

so V' has helicity +1 or -1 only: for a given e, q follows 1 - (e.n)^2 about e and V' has the polarisation
e' ~ e x q, transverse to q and therefore the same four-vector in both frames.  An unpolarised V is a mixture of
isotropic e.  The decay of V': `darkbeam.decays.polarised_vectors`.  Then phi -> K K goes with sin^2, the normal of
omega -> 3 pi and phi -> 3 pi with sin^2, and the photon of omega -> pi0 gamma with 1 + cos^2 to the flight
direction of V'.  V' is on its mass shell.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import breakup_momentum

from .angular import around, cosine, polarisation_axes
from .particles import mass_of
from .polarised_vectors import Product, vector_decay
from .pool import Pool
from .setting import DEFAULT_SETTING
from .vector_decays import decay_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .setting import DecaySetting

    Floats = NDArray[np.float64]

__all__ = ["VECTOR_PSEUDOSCALAR", "VectorPseudoscalar"]


@dataclass(frozen=True)
class VectorPseudoscalar:
    """Sampler of one channel: ids of V' and P; V' decays to ``forced``, or by branching ratio if None."""

    vector: int
    pseudoscalar: int
    forced: tuple[int, ...] | None = None

    def momenta(
        self, mass: float, n: int, rng: np.random.Generator, setting: DecaySetting = DEFAULT_SETTING
    ) -> tuple[Floats, Floats, Floats]:
        """Momenta of V' and P and polarisation four-vector of V', each of shape (4, n)."""
        e = polarisation_axes(setting.density, n, rng)
        direction = around(e, cosine(1.0, -1.0, n, rng), rng)
        m_V, m_P = mass_of(self.vector), mass_of(self.pseudoscalar)
        p = float(breakup_momentum(mass, m_V, m_P))
        q, k, polarisation = np.empty((4, n)), np.empty((4, n)), np.zeros((4, n))
        q[0], k[0] = np.hypot(p, m_V), np.hypot(p, m_P)
        q[1:] = p * direction
        np.negative(q[1:], out=k[1:])
        polarisation[1:] = np.cross(e, direction, axis=0)
        return q, k, polarisation

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `darkbeam.decays.channels.Sampler`."""
        q, k, e = self.momenta(mass, len(events), rng, setting)
        pool = Pool()
        pool.add(self.pseudoscalar, events, k)
        if self.forced is None:
            products = vector_decay(self.vector, q, e, rng)
        else:
            rows = np.arange(len(events))
            pairs = zip(self.forced, decay_to(self.forced, q, e, rng), strict=True)
            products = [Product(i, rows, p4) for i, p4 in pairs]
        for pdg, rows, p4 in products:
            pool.add(pdg, events[rows], p4)
        return pool


VECTOR_PSEUDOSCALAR: dict[str, VectorPseudoscalar] = {
    "omegapi0(pi0gamma)": VectorPseudoscalar(223, 111, (111, 22)),
    "etaomega": VectorPseudoscalar(223, 221),
    "etaphi": VectorPseudoscalar(333, 221),
    "phipi0": VectorPseudoscalar(333, 111),
}
"""Samplers of the vector-pseudoscalar channels."""
