r"""Two-body decays: isotropic for an unpolarised vector, else with the angular law of the current.

With n the direction of the first product and S = Re rho the density matrix in Cartesian axes (trace 1),

    P P         n^T S n
    P gamma     1 - n^T S n
    f fbar      1 - (1 - 4r) n^T S n,   r = m_f^2/m^2
    N Nbar      |G_M|^2 + (|G_E|^2/tau - |G_M|^2) n^T S n,   tau = m^2/(4 m_N^2)

which are sin^2, 1 + cos^2 and 1 + cos^2 + 4r sin^2 to a transverse, cos^2, sin^2 and sin^2 + 4r cos^2 to a
longitudinal V.  G_E, G_M: `darkbeam.hadrons.nucleon_pair`.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_N, M_P
from darkbeam.hadrons.nucleon_pair import sachs_form_factors
from darkbeam.kinematics import breakup_momentum

from .angular import around, cosine, isotropic, polarisation_axes
from .particles import mass_of
from .pool import Pool
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.hadrons.couplings import Couplings

    from .setting import DecaySetting

    Floats = NDArray[np.float64]
    Law = Callable[[float, Couplings], tuple[float, float]]

__all__ = ["TWO_BODY", "TwoBody", "fermions", "nucleons", "photon", "scalars"]

CHUNK = 2**14


def scalars(_mass: float, _couplings: Couplings) -> tuple[float, float]:
    """(a, b) of P P."""
    return 0.0, 1.0


def photon(_mass: float, _couplings: Couplings) -> tuple[float, float]:
    """(a, b) of P gamma."""
    return 1.0, -1.0


def fermions(m_f: float, mass: float, _couplings: Couplings) -> tuple[float, float]:
    """(a, b) of f fbar."""
    return 1.0, -(1.0 - 4.0 * (m_f / mass) ** 2)


def nucleons(m_N: float, sign: int, mass: float, couplings: Couplings) -> tuple[float, float]:
    """(a, b) of N Nbar; sign +1 proton, -1 neutron."""
    s = np.array([mass * mass])
    G_E, G_M = (float(np.abs(G[0]) ** 2) for G in sachs_form_factors(s, couplings, m_N, sign))
    return G_M, G_E * 4.0 * m_N**2 / mass**2 - G_M


@dataclass(frozen=True)
class TwoBody:
    """Sampler of one channel: ids and angular law a + b n^T S n."""

    ids: tuple[int, int]
    law: Law

    def momenta(
        self, mass: float, n: int, rng: np.random.Generator, setting: DecaySetting = DEFAULT_SETTING
    ) -> Floats:
        """Momenta of ``n`` decays at rest, shape (2, 4, n), GeV."""
        m1, m2 = map(mass_of, self.ids)
        p = float(breakup_momentum(mass, m1, m2))
        out = np.empty((2, 4, n))
        out[0, 0], out[1, 0] = np.hypot(p, m1), np.hypot(p, m2)
        for start in range(0, n, CHUNK):
            part = slice(start, min(start + CHUNK, n))
            direction = self._directions(mass, part.stop - start, rng, setting)
            np.multiply(direction, p, out=out[0, 1:, part])
            np.negative(out[0, 1:, part], out=out[1, 1:, part])
        return out

    def _directions(self, mass: float, n: int, rng: np.random.Generator, setting: DecaySetting) -> Floats:
        if setting.density is None:
            return isotropic(n, rng)
        a, b = self.law(mass, setting.couplings)
        return around(polarisation_axes(setting.density, n, rng), cosine(a, b, n, rng), rng)

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `darkbeam.decays.channels.Sampler`."""
        pool = Pool()
        for pdg, p4 in zip(self.ids, self.momenta(mass, len(events), rng, setting), strict=True):
            pool.add(pdg, events, p4)
        return pool


def _leptons(pdg: int) -> TwoBody:
    return TwoBody((pdg, -pdg), partial(fermions, mass_of(pdg)))


TWO_BODY: dict[str, TwoBody] = {
    "e+e-": _leptons(11),
    "mu+mu-": _leptons(13),
    "tau+tau-": _leptons(15),
    "pi+pi-": TwoBody((211, -211), scalars),
    "K+K-": TwoBody((321, -321), scalars),
    "K0K0bar": TwoBody((310, 130), scalars),
    "pi0gamma": TwoBody((111, 22), photon),
    "etagamma": TwoBody((221, 22), photon),
    "ppbar": TwoBody((2212, -2212), partial(nucleons, M_P, 1)),
    "nnbar": TwoBody((2112, -2112), partial(nucleons, M_N, -1)),
}
"""Samplers of the two-body channels."""
