"""Monotone cubic interpolation (PCHIP) in plain numpy.

Between knots x_k, y_k the curve is the cubic Hermite polynomial with slopes s_k; with h = x_{k+1} - x_k,
chords d_k = (y_{k+1} - y_k)/h_k and t = (x - x_k)/h_k::

    s_k = (w1 + w2) / (w1/d_{k-1} + w2/d_k),   w1 = 2 h_k + h_{k-1},  w2 = h_k + 2 h_{k-1}     (0 at an
    extremum) y   = (1+2t)(1-t)^2 y_k + t(1-t)^2 h s_k + t^2(3-2t) y_{k+1} - t^2(1-t) h s_{k+1}

(Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300), so the curve never leaves the interval of
its two neighbouring knots.  The same rule as scipy's ``PchipInterpolator``, whose import would cost more
than the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Real = NDArray[np.float64]

__all__ = ["MonotoneCubic"]


def _end_slope(h0: float, h1: float, d0: float, d1: float) -> float:
    """Return the three-point slope at an end, limited to preserve the shape."""
    slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0.0:
        return 0.0
    return 3.0 * d0 if d0 * d1 <= 0.0 and abs(slope) > 3.0 * abs(d0) else slope


@dataclass(frozen=True)
class MonotoneCubic:
    """Curve through at least three knots (x, y), x increasing; constant outside.

    Examples
    --------
    >>> float(MonotoneCubic(((0.0, 0.0), (1.0, 1.0), (2.0, 2.0)))(0.25))
    0.25
    """

    knots: Sequence[tuple[float, float]]

    @cached_property
    def _table(self) -> tuple[Real, Real, Real]:
        x, y = np.array(self.knots, dtype=np.float64).T
        h = np.diff(x)
        d = np.diff(y) / h
        w1, w2 = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
        same = d[:-1] * d[1:] > 0.0
        slope = np.zeros_like(y)
        slope[1:-1][same] = (w1 + w2)[same] / (w1[same] / d[:-1][same] + w2[same] / d[1:][same])
        slope[0] = _end_slope(h[0], h[1], d[0], d[1])
        slope[-1] = _end_slope(h[-1], h[-2], d[-1], d[-2])
        return x, y, slope

    def __call__(self, at: Real | float) -> Real:
        """Return the curve at the given points."""
        x, y, slope = self._table
        point = np.clip(at, x[0], x[-1])
        k = np.clip(np.searchsorted(x, point, side="right") - 1, 0, x.size - 2)
        h = x[k + 1] - x[k]
        t = (point - x[k]) / h
        left = (1.0 + 2.0 * t) * (1.0 - t) ** 2 * y[k] + t * (1.0 - t) ** 2 * h * slope[k]
        right = t**2 * (3.0 - 2.0 * t) * y[k + 1] - t**2 * (1.0 - t) * h * slope[k + 1]
        total: Real = left + right
        return total
