r"""K_S and hyperons that decay where they fly to.

A particle of momentum **p** and mass m made at x lives the proper length c tau with density exp(-c tau/c tau_0), so

    x' = x + c tau **p**/m,    c t' = c t + c tau E/m.

Its short-lived daughters (pi0, Sigma0) decay at x', long-lived ones (Lambda of a Xi) fly on.  Straight lines: the
bending of charged hyperons in a field is left out.  m; GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError

from .particles import CTAU, LONG_LIVED, mass_of
from .pool import Pool
from .secondary import decay_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["FlightProducts", "decay_in_flight"]


@dataclass(frozen=True, eq=False)
class FlightProducts:
    """Particles of n decays with the points at which they were made.

    The first columns are the particles that were given, in their places; products follow behind.

    Attributes
    ----------
    pdg : array of int, shape (n, k)
        0 pads.
    p4 : array, shape (4, n, k)
        Lab momenta, GeV.
    mother : array of int, shape (n, k)
        Row of the mother, -1 for what came from the vertex.
    status : array of int, shape (n, k)
        1 final, 2 decayed, 0 pads.
    vertex : array, shape (3, n, k)
        Point at which each particle was made, m.
    time : array, shape (n, k)
        c t at which it was made, m.
    """

    pdg: NDArray[np.int64]
    p4: Floats
    mother: NDArray[np.int64]
    status: NDArray[np.int8]
    vertex: Floats
    time: Floats


def decay_in_flight(
    pdg: NDArray[np.int64],
    p4: Floats,
    vertex: Floats,
    rng: np.random.Generator,
    kinds: Iterable[int] = (310,),
    *,
    time: Floats | None = None,
    mother: NDArray[np.int64] | None = None,
    status: NDArray[np.int8] | None = None,
) -> FlightProducts:
    """Let long-lived products of decays fly and decay.

    Parameters
    ----------
    pdg : array of int, shape (n, k)
        Products, 0 pads behind them.
    p4 : array, shape (4, n, k)
        Lab momenta, GeV.
    vertex : array, shape (3, n)
        Decay points of the mothers, m.
    rng : numpy.random.Generator
    kinds : iterable of int
        Absolute ids that fly: out of `particles.LONG_LIVED` (310, 3122, 3222, 3112, 3322, 3312, 3334).  Other
        unstable particles of `pdg` with status 1 decay where they are.
    time : array, shape (n,), optional
        c t of the decays, m; 0 if not given.
    mother, status : arrays of int, shape (n, k), optional
        History of the products (`Products.mother`, `Products.status`), kept.

    Returns
    -------
    FlightProducts
    """
    flying = frozenset(abs(int(i)) for i in kinds)
    if wrong := sorted(flying - LONG_LIVED):
        valid = ", ".join(map(str, sorted(LONG_LIVED)))
        raise ValueRangeError(f"PDG id {wrong[0]} does not decay in flight; valid: {valid}")
    n, k = pdg.shape
    pool = _pool_of(pdg, p4, status)
    decay_all(pool, rng)
    record = pool.pack_history(n)
    out_mother = record.mother.copy()
    given = min(k, record.pdg.shape[1])  # columns of pads only are gone
    if mother is not None:
        inside = pdg[:, :given] != 0
        out_mother[:, :given][inside] = mother[:, :given][inside]
    start = np.zeros(n) if time is None else time
    points = np.repeat(np.concatenate([start[None], vertex])[:, :, None], record.pdg.shape[1], axis=2)
    length = _proper_lengths(record.pdg, record.status, flying, rng)
    _propagate(points, record.p4, record.pdg, out_mother, length)
    points[:, record.pdg == 0] = 0.0
    return FlightProducts(record.pdg, record.p4, out_mother, record.status, points[1:], points[0])


def _pool_of(pdg: NDArray[np.int64], p4: Floats, status: NDArray[np.int8] | None) -> Pool:
    """Pool with one block per column and id.

    Column by column, so that every particle keeps its place; what had decayed goes straight on record.
    """
    pool = Pool(history=True)
    done = np.zeros(pdg.shape, dtype=np.bool_) if status is None else status == 2
    for column in range(pdg.shape[1]):
        for one in np.unique(pdg[:, column][pdg[:, column] != 0]).tolist():
            for decayed in (False, True):
                rows = np.flatnonzero((pdg[:, column] == one) & (done[:, column] == decayed))
                if len(rows):
                    pool.add(one, rows, p4[:, rows, column], np.full(len(rows), -1))
                    if decayed:
                        pool.decayed.append((one, pool.blocks[one].pop()))
    return pool


def _proper_lengths(
    pdg: NDArray[np.int64], status: NDArray[np.int8], flying: frozenset[int], rng: np.random.Generator
) -> Floats:
    """C tau of every particle that flies and decays, 0 for the others, shape (n, k)."""
    mean = np.zeros(pdg.shape)
    for kind in sorted(flying):
        mean[(np.abs(pdg) == kind) & (status == 2)] = CTAU[kind]
    return np.asarray(mean * rng.standard_exponential(pdg.shape))


def _propagate(
    points: Floats, p4: Floats, pdg: NDArray[np.int64], mother: NDArray[np.int64], length: Floats
) -> None:
    """Fill the points (4, n, k) column by column: mothers stand before their daughters."""
    rows = np.arange(pdg.shape[0])
    mass = np.ones(pdg.shape)
    for kind in LONG_LIVED:
        mass[np.abs(pdg) == kind] = mass_of(kind)
    ends = points.copy()
    for column in range(pdg.shape[1]):
        has = mother[:, column] >= 0
        points[:, has, column] = ends[:, rows[has], mother[has, column]]
        step = length[:, column] / mass[:, column]
        ends[:, :, column] = points[:, :, column] + step * p4[:, :, column]
