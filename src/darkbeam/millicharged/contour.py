r"""Couplings at which the expected events cross a threshold, for the central value and all variations at once.

N(epsilon) of every row is taken on one lattice in ln epsilon: upwards until every row has crossed, downwards from
`EPSILON_MAX` likewise.  The edge of the central row is refined; those of the others are moved by the ratio of the two
interpolated crossings, so that a common error of the interpolation cancels.  A gap inside the region would not be seen;
none is expected, because N rises until the particles stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["EPSILON_MAX", "Edges", "find_edges"]

EPSILON_MAX = 1.0
"""Particles with a larger charge are not millicharged."""
STEP = np.log(10.0) / 12.0
LATTICE = np.exp(STEP * np.arange(-7 * 12, 1))
LATTICE[-1] = EPSILON_MAX


@dataclass(frozen=True)
class Edges:
    """Edges of the region above the threshold, for every row.

    Attributes
    ----------
    lower, upper : arrays, shape (rows,)
        NaN where there is no region; ``upper`` is `EPSILON_MAX` where the region goes on.
    slopes : (float, float)
        d ln N/d ln epsilon of the central row at its edges.
    peak, at : float
        Largest number of events of the central row that was met, and its coupling.
    """

    lower: Array
    upper: Array
    slopes: tuple[float, float]
    peak: float
    at: float


def find_edges(events: Callable[[float], Array], threshold: float) -> Edges:
    """Edges of the regions in which rows of ``events(epsilon)``, shape (rows,), exceed a threshold."""
    known: dict[int, Array] = {}

    def ln_ratio(k: int) -> Array:
        if k not in known:
            known[k] = np.log(np.maximum(events(float(LATTICE[k])), 1e-300) / threshold)
        return known[k]

    def central(x: float) -> float:
        return float(np.log(max(float(events(float(np.exp(x)))[0]), 1e-300) / threshold))

    last = len(LATTICE) - 1
    lower = _first(ln_ratio, range(last + 1))
    upper = _first(ln_ratio, range(last, -1, -1)) if np.isfinite(lower).any() else lower
    slopes = [float("nan")] * 2
    for i, found in enumerate((lower, upper)):
        x = float(found[0])
        if np.isfinite(x) and x < np.log(EPSILON_MAX) - 1e-9:
            k = min(int(np.floor((x - np.log(LATTICE[0])) / STEP + 1e-9)), last - 1)
            exact, slopes[i] = _refine(central, float(np.log(LATTICE[k])), float(np.log(LATTICE[k + 1])))
            capped = found >= np.log(EPSILON_MAX) - 1e-9
            np.add(found, np.where(capped, 0.0, exact - x), out=found)
    best = max(known, key=lambda k: float(known[k][0]))
    peak = float(np.exp(known[best][0])) * threshold
    return Edges(np.exp(lower), np.exp(upper), (slopes[0], slopes[1]), peak, float(LATTICE[best]))


def _first(ln_ratio: Callable[[int], Array], order: range) -> Array:
    """Interpolated ln epsilon of the first crossing of each row along a walk over the lattice."""
    before = ln_ratio(order[0])
    start = float(np.log(LATTICE[order[0]]))
    found = np.where(before > 0.0, start, np.nan)
    for k, m in pairwise(order):
        after = ln_ratio(m)
        open_ = np.isnan(found) & (after > 0.0)
        x, y = np.log(LATTICE[k]), np.log(LATTICE[m])
        step = np.where(open_, before / np.where(open_, before - after, 1.0), 0.0)
        found = np.where(open_, x + step * (y - x), found)
        before = after
        if not np.isnan(found).any():
            break
    return found


def _refine(f: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Zero of ``f`` between two points of opposite sign, and the slope there."""
    from scipy.optimize import brentq  # slow to import

    x = float(brentq(f, low, high, xtol=1e-6))
    h = 1e-3
    return x, (f(x + h) - f(x - h)) / (2.0 * h)
