"""Decays of polarised omega, phi, K* and rho by branching ratio.

Modes to two bodies and to three pions follow the polarisation (`darkbeam.decays.vector_decays`); the lepton pairs and
double-radiative modes (2e-3 of the omega, 2e-4 of the phi) are drawn as from an unpolarised vector.  Branching ratios
and kernels: `darkbeam.decays.secondary_light`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.kinematics import boost_from_rest

from .particles import anti, mass_of
from .secondary_light import LIGHT_MESONS
from .vector_decays import decay_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .secondary_modes import Mode

    Floats = NDArray[np.float64]

__all__ = ["Product", "vector_decay"]


class Product(NamedTuple):
    """One product of some of the decays: PDG id, rows of the parents (n,), momenta (4, n) in GeV."""

    pdg: int
    rows: NDArray[np.int64]
    p4: Floats


def vector_decay(
    pdg: int, parent: Floats, polarisation: NDArray[np.complex128] | Floats | None, rng: np.random.Generator
) -> list[Product]:
    """Decay vector mesons by branching ratio.

    Parameters
    ----------
    pdg : int
        113, 213, 223, 313, 323, 333 or an antiparticle.
    parent : array, shape (4, n)
        Momenta (E, px, py, pz), GeV.
    polarisation : array, shape (4, n), optional
        Polarisation four-vectors, see `darkbeam.decays.vector_decays.decay_to`.
    rng : numpy.random.Generator

    Returns
    -------
    list of Product
        All products; ``rows`` say which parents.
    """
    modes = LIGHT_MESONS[abs(pdg)]
    cumulative = np.cumsum([mode.branching for mode in modes])
    choice = np.searchsorted(cumulative[:-1], rng.random(parent.shape[1]) * cumulative[-1], side="right")
    out = []
    for k, mode in enumerate(modes):
        rows = np.flatnonzero(choice == k)
        if rows.size:
            ids = mode.ids if pdg > 0 else tuple(anti(i) for i in mode.ids)
            e = None if polarisation is None else polarisation[:, rows]
            momenta = _decay_mode(mass_of(pdg), mode, ids, parent[:, rows], e, rng)
            out += [Product(i, rows, p4) for i, p4 in zip(ids, momenta, strict=True)]
    return out


def _decay_mode(
    mass: float, mode: Mode, ids: tuple[int, ...], parent: Floats,
    polarisation: NDArray[np.complex128] | Floats | None, rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Momenta of the products of one mode, shape (len(ids), 4, n); mass on shell, GeV."""
    if len(ids) == 2 or mode.ids == (211, -211, 111):
        return decay_to(ids, parent, polarisation, rng)
    rest = mode.kernel(mass, mode.ids, parent.shape[1], rng)
    return np.stack([boost_from_rest(p, parent, mass) for p in rest])
