r"""Couplings at which the expected events cross a threshold, for the central value and all variations at once.

N(epsilon) of every row is taken on one lattice in ln epsilon: upwards until every row has crossed, downwards from
`EPSILON_MAX` likewise.  The edge of the central row is refined; those of the others are moved by the ratio of the two
interpolated crossings, so that a common error of the interpolation cancels.  A gap inside the region would not be seen;
none is expected, because N rises until the particles stop.

Matter is slow to simulate and changes little about the lower edge.  So that edge is found first without matter, and
then with the matter as it acts at the charge just found, until that charge stays.
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
    Events = Callable[[float], Array]

__all__ = ["EPSILON_MAX", "Edges", "find_edges"]

EPSILON_MAX = 1.0
"""Particles with a larger charge are not millicharged."""
STEP = np.log(10.0) / 12.0
LATTICE = np.exp(STEP * np.arange(-7 * 12, 1))
LATTICE[-1] = EPSILON_MAX
STAYS = 0.05
"""Change of ln epsilon below which the matter is not looked at again."""
ROUNDS = 8


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
    level : float
        Charge at which the matter acts on the lower edges.
    """

    lower: Array
    upper: Array
    slopes: tuple[float, float]
    peak: float
    at: float
    level: float = 0.0


def find_edges(
    events: Events,
    threshold: float,
    near: Callable[[float], Events] | None = None,
) -> Edges:
    """Edges of the regions in which rows of ``events(epsilon)``, shape (rows,), exceed a threshold.

    Parameters
    ----------
    events : callable
    threshold : float
    near : callable, optional
        ``near(epsilon)`` is a function like ``events``, right about epsilon and fast; ``near(0)`` is without matter.
    """
    walk, level = _Walk(events, threshold), 0.0
    if near is None:
        lower, slope = walk.edge(upwards=True)
    else:
        lower, slope, level = _lower(near, threshold, walk.seen)
    upper, other = walk.edge(upwards=False, wanted=np.isfinite(lower))
    gone = ~(upper > lower)
    lower, upper = np.where(gone, np.nan, lower), np.where(gone, np.nan, upper)
    at = max(walk.seen, key=walk.seen.__getitem__)
    return Edges(np.exp(lower), np.exp(upper), (slope, other), walk.seen[at], at, level)


def _lower(
    near: Callable[[float], Events], threshold: float, seen: dict[float, float]
) -> tuple[Array, float, float]:
    """Lower edges ln epsilon, shape (rows,), the slope of the central one, and the level of the matter."""
    epsilon = 0.0
    for _ in range(ROUNDS):
        walk = _Walk(near(epsilon), threshold)
        found, slope = walk.edge(upwards=True)
        first = found[0] if np.isfinite(found[0]) else np.min(found, initial=np.inf, where=np.isfinite(found))
        if not np.isfinite(first) or (epsilon > 0.0 and abs(first - np.log(epsilon)) < STAYS):
            seen.update(walk.seen)
            return found, slope, epsilon
        epsilon = float(np.exp(first))
    seen.update(walk.seen)  # N is rough there: the last edge is as good as any
    return found, slope, epsilon


class _Walk:
    """N(epsilon) on the lattice; ``seen`` has the events of the central row by epsilon."""

    def __init__(self, events: Events, threshold: float) -> None:
        self.events, self.threshold = events, threshold
        self.seen: dict[float, float] = {}
        self._known: dict[int, Array] = {}

    def ln_ratio(self, k: int) -> Array:
        """Events over the threshold, ln, of all rows at a point of the lattice."""
        if k not in self._known:
            found = self.events(float(LATTICE[k]))
            self.seen[float(LATTICE[k])] = float(found[0])
            self._known[k] = np.log(np.maximum(found, 1e-300) / self.threshold)
        return self._known[k]

    def central(self, x: float) -> float:
        """Of the central row at any ln epsilon."""
        return float(np.log(max(float(self.events(float(np.exp(x)))[0]), 1e-300) / self.threshold))

    def edge(self, *, upwards: bool, wanted: NDArray[np.bool_] | None = None) -> tuple[Array, float]:
        """First crossing of each row from one end, ln epsilon, and the slope at the central one."""
        last = len(LATTICE) - 1
        found = self._first(range(last + 1) if upwards else range(last, -1, -1), wanted)
        x, slope = float(found[0]), float("nan")
        if np.isfinite(x) and x < np.log(EPSILON_MAX) - 1e-9:
            k = min(int(np.floor((x - np.log(LATTICE[0])) / STEP + 1e-9)), last - 1)
            exact, slope = _refine(self.central, float(np.log(LATTICE[k])), float(np.log(LATTICE[k + 1])))
            capped = found >= np.log(EPSILON_MAX) - 1e-9
            found = found + np.where(capped, 0.0, exact - x)
        return found, slope

    def _first(self, order: range, wanted: NDArray[np.bool_] | None) -> Array:
        """Interpolated ln epsilon of the first crossing of each row along a walk over the lattice."""
        before = self.ln_ratio(order[0])
        wanted = np.ones(len(before), dtype=np.bool_) if wanted is None else wanted
        found = np.where(wanted & (before > 0.0), float(np.log(LATTICE[order[0]])), np.nan)
        for k, m in pairwise(order):
            if not np.isnan(found[wanted]).any():
                break
            after = self.ln_ratio(m)
            open_ = wanted & np.isnan(found) & (after > 0.0)
            x, y = np.log(LATTICE[k]), np.log(LATTICE[m])
            step = np.where(open_, before / np.where(open_, before - after, 1.0), 0.0)
            found = np.where(open_, x + step * (y - x), found)
            before = after
        return found


def _refine(f: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Zero of ``f`` between two points of opposite sign, and the slope there."""
    from scipy.optimize import brentq  # slow to import

    x = float(brentq(f, low, high, xtol=1e-6))
    h = 1e-3
    return x, (f(x + h) - f(x - h)) / (2.0 * h)
