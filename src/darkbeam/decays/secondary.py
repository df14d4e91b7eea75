"""Decays of short-lived products at the vertex: pi0, K_S, eta, eta', omega, phi and tau.

Branching ratios: PDG 2024, the listed modes renormalised to 1 (what is left out is below 3 % for every
particle); flat phase space in each decay.  K0 becomes K_S or K_L.  The tau is a simple model: exact
leptonic and hadronic branching ratios, flat phase space including the neutrinos, no spin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import boost_from_rest
from darkbeam.kinematics.phase_space import n_body

from .choice import child_streams
from .particles import OMEGA_RADIATIVE, STABLE, anti, mass_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .pool import Pool

__all__ = ["DECAYS", "decay_all"]

DECAYS: dict[int, tuple[tuple[float, tuple[int, ...]], ...]] = {
    15: (
        (0.1782, (11, -12, 16)), (0.1739, (13, -14, 16)), (0.1082, (-211, 16)), (0.2549, (-211, 111, 16)),
        (0.0926, (-211, 111, 111, 16)), (0.0931, (-211, -211, 211, 16)), (0.0462, (-211, -211, 211, 111, 16)),
        (0.0104, (-211, 111, 111, 111, 16)), (0.0070, (-321, 16)), (0.0084, (-311, -211, 16)),
        (0.0043, (-321, 111, 16)),
    ),
    333: ((0.491, (321, -321)), (0.339, (130, 310)), (0.154, (211, -211, 111)), (0.0130, (221, 22))),
    331: (
        (0.425, (211, -211, 221)), (0.295, (211, -211, 22)), (0.224, (111, 111, 221)), (0.0252, (223, 22)),
        (0.02307, (22, 22)),
    ),
    OMEGA_RADIATIVE: ((1.0, (111, 22)),),
    223: ((0.892, (211, -211, 111)), (0.0835, (111, 22)), (0.0153, (211, -211))),
    221: (
        (0.3936, (22, 22)), (0.3257, (111, 111, 111)), (0.2302, (211, -211, 111)), (0.0428, (211, -211, 22)),
    ),
    311: ((0.5, (310,)), (0.5, (130,))),
    310: ((0.6920, (211, -211)), (0.3069, (111, 111))),
    111: ((0.98823, (22, 22)), (0.01174, (11, -11, 22))),
}  # fmt: skip
"""Decay modes (branching ratio, products) by id, in an order in which no product comes before its parent."""


def _decay_kind(pool: Pool, pdg: int, rng: np.random.Generator) -> None:
    """Replace all particles of one id by their products."""
    found = pool.take(pdg)
    if found is None:
        return
    events, p4 = found
    modes = DECAYS[abs(pdg)]
    cumulative = np.cumsum([branching for branching, _ in modes])
    choice = np.searchsorted(cumulative, rng.random(len(events)) * cumulative[-1], side="right")
    for k, (_, products) in enumerate(modes):
        index = np.flatnonzero(choice == k)
        if len(index):
            ids = products if pdg > 0 else tuple(anti(i) for i in products)
            _decay_mode(pool, mass_of(pdg), ids, events[index], p4[:, index], rng)


def _decay_mode(
    pool: Pool, mass: float, ids: tuple[int, ...],
    events: NDArray[np.int64], parent: NDArray[np.float64], rng: np.random.Generator,
) -> None:  # fmt: skip
    """Put the boosted products of one mode into the pool."""
    if len(ids) == 1:
        pool.add(ids[0], events, parent)
        return
    rest = n_body(mass, tuple(mass_of(i) for i in ids), len(events), rng)
    for pdg, momentum in zip(ids, rest, strict=True):
        pool.add(pdg, events, boost_from_rest(momentum, parent, mass))


def decay_all(pool: Pool, rng: np.random.Generator) -> Pool:
    """Decay everything that is not stable, in place; returns the pool."""
    for kind, kind_rng in zip(DECAYS, child_streams(rng, len(DECAYS)), strict=True):
        for pdg in (kind, -kind):
            _decay_kind(pool, pdg, kind_rng)
    left = {abs(pdg) for pdg in pool.blocks} - STABLE
    if left:
        raise ValueError(f"no decay modes for the particles {sorted(left)}")
    return pool
