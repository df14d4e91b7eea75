"""Pairs of tracks of one decay, without a loop over decays.

Tracks come in order of ``row``; the rank of a track within its decay makes a padded table (decays, ranks),
and the loops run over pairs of ranks.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["any_pair_apart", "merge_close"]


def _padded(row: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    """(decays present, place of each track among them, rank of each track, largest number of tracks)."""
    first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    size = np.diff(np.r_[first, len(row)])
    place = np.repeat(np.arange(len(first)), size)
    return row[first], place, np.arange(len(row)) - first[place], int(size.max())


def any_pair_apart(
    row: NDArray[np.int64], coordinates: tuple[NDArray[np.float64], ...], minimum: float, n: int
) -> NDArray[np.bool_]:
    """Whether each of n decays has a pair of tracks at least ``minimum`` apart, shape (n,).

    ``coordinates`` are arrays (m,), one or more; a track with NaN is apart from nothing.
    """
    result = np.zeros(n, dtype=np.bool_)
    if len(row) == 0:
        return result
    decays, place, rank, most = _padded(row)
    tables = [np.full((most, len(decays)), np.nan) for _ in coordinates]
    for table, coordinate in zip(tables, coordinates, strict=True):
        table[rank, place] = coordinate
    for i in range(most):
        for j in range(i + 1, most):
            squares = [(table[i] - table[j]) ** 2 for table in tables]
            apart = reduce(np.add, squares) >= minimum**2
            result[decays[apart]] = True
            if apart.any():
                left = ~apart
                decays, tables = decays[left], [table[:, left] for table in tables]
    return result


def merge_close(
    row: NDArray[np.int64],
    photon: NDArray[np.bool_],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    minimum: float,
) -> NDArray[np.bool_]:
    """Tracks that count when close photons are merged, shape (m,).

    Photons are taken in the order of the products; one closer than ``minimum`` (m) to an earlier photon that
    counts does not count.  Other particles always do.
    """
    counts = np.ones(len(row), dtype=np.bool_)
    at = np.flatnonzero(photon)
    if len(at) == 0:
        return counts
    decays, place, rank, most = _padded(row[at])
    table_x, table_y = (np.full((most, len(decays)), np.nan) for _ in range(2))
    table_x[rank, place], table_y[rank, place] = x[at], y[at]
    kept = np.ones((most, len(decays)), dtype=np.bool_)
    for j in range(1, most):
        for i in range(j):
            near = (table_x[i] - table_x[j]) ** 2 + (table_y[i] - table_y[j]) ** 2 < minimum**2
            kept[j] &= ~(near & kept[i])
    counts[at] = kept[rank, place]
    return counts
