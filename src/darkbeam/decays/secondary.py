"""Decays of short-lived products at the vertex, down to e, mu, pi+-, K+-, K_L, photons, p, n and neutrinos.

The modes are in `secondary_light` (mesons of light quarks), `tau_decays`, `secondary_baryons` (hyperons) and
`heavy_mesons` (charm), all renormalised to 1.  Kinds are decayed one after the other, heavy before light, each
in one array call per mode.  K_S and hyperons decay at the vertex unless they are kept (`in_flight` decays
them where they fly to).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import boost_from_rest, mass_squared

from .heavy_mesons import CHARM
from .particles import MASS, STABLE, WIDTH, anti
from .secondary_baryons import HYPERONS
from .secondary_light import LIGHT_MESONS
from .tau_decays import TAU

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .pool import Block, Pool
    from .secondary_modes import Mode

__all__ = ["DECAYS", "decay_all"]

DECAYS: dict[int, tuple[Mode, ...]] = CHARM | TAU | HYPERONS | LIGHT_MESONS
"""Decay modes by absolute id, in an order in which no product comes before its parent."""


def _decay_kind(pool: Pool, pdg: int, rng: np.random.Generator) -> None:
    """Replace all particles of one id by their products."""
    block = pool.take(pdg)
    if block is None:
        return
    modes = DECAYS[abs(pdg)]
    cumulative = _cumulative(abs(pdg))
    choice = np.searchsorted(cumulative, rng.random(len(block.events)), side="right")
    for k, mode in enumerate(modes):
        index = np.flatnonzero(choice == k)
        if len(index):
            _decay_mode(pool, pdg, mode, block, index, rng)


@cache
def _cumulative(kind: int) -> NDArray[np.float64]:
    """Upper ends of the modes' shares of (0, 1); the last one is beyond it, so that rounding cannot matter."""
    total = np.cumsum([mode.branching for mode in DECAYS[kind]])
    total /= total[-1]
    total[-1] = 2.0
    return np.asarray(total)


def _decay_mode(
    pool: Pool, pdg: int, mode: Mode, block: Block, index: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Put the boosted products of one mode into the pool."""
    events, parent = block.events[index], block.p4[:, index]
    mothers = block.serial_array()[index] if pool.history else None
    ids = mode.ids if pdg > 0 else tuple(anti(i) for i in mode.ids)
    if len(ids) == 1:
        pool.add(ids[0], events, parent, mothers)
        return
    broad = abs(pdg) in WIDTH
    mass = np.sqrt(mass_squared(parent)) if broad else MASS[abs(pdg)]
    rest = mode.kernel(mass, mode.ids, len(events), rng)
    for i, momentum in zip(ids, rest, strict=True):
        pool.add(i, events, boost_from_rest(momentum, parent, mass), mothers)


def decay_all(pool: Pool, rng: np.random.Generator, stable: frozenset[int] = frozenset()) -> Pool:
    """Decay everything that is not stable, in place; returns the pool.

    Parameters
    ----------
    pool : Pool
    rng : numpy.random.Generator
        Every kind has its own stream, drawn from this one.
    stable : frozenset of int
        Absolute ids that are kept beside `particles.STABLE`.
    """
    keys = rng.integers(2**63, size=len(DECAYS))
    for kind, key in zip(DECAYS, keys.tolist(), strict=True):
        if kind in stable or not (kind in pool.blocks or -kind in pool.blocks):
            continue
        kind_rng = np.random.Generator(np.random.PCG64(key))
        for pdg in (kind, -kind):
            _decay_kind(pool, pdg, kind_rng)
    left = {abs(pdg) for pdg in pool.blocks} - STABLE - stable
    if left:
        raise ValueError(f"no decay modes for the particles {sorted(left)}")
    return pool
