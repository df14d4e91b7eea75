r"""Unified intervals of Feldman and Cousins (physics/9711021).

For each signal s on a fine grid the numbers n are taken in the order of

    R(n) = P(n | s) / P(n | s_best),   s_best = max(0, n - b)

until their probability reaches the confidence level; the interval of an observation is the range of s whose regions
contain it.  As in the paper the upper end is made a non-increasing function of the background: it is the largest of
those for backgrounds from b up, which lengthens intervals with few events by up to 0.2.  With errors of signal or
background the probabilities are averaged and the intervals left as they come: the average smooths the steps.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .poisson import Mixture

__all__ = ["accepted", "interval", "most_events"]

STEP = 0.005
"""Spacing of the grid of signals, as in the paper."""
LENGTHENING = tuple(0.005 * np.arange(1, 161))
"""Additional backgrounds at which the upper end is looked up; it has fallen for good beyond them."""


def most_events(observed: int, background: float, signal_error: float) -> float:
    """Signal (events) above which no acceptance region can contain the observation."""
    top = max(observed + 1.0 - background, 1.0)
    return (top + 5.0 * sqrt(observed + 3.0) + 3.0) * (1.0 + 3.0 * signal_error)


def accepted(mixture: Mixture, observed: int, level: float, signal: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the acceptance region of each signal contains the observation.

    Parameters
    ----------
    mixture : Mixture
    observed : int
    level : float
        Confidence level.
    signal : array, shape (m,)
        Events.
    """
    b = mixture.expected_background
    top = float(signal.max()) + b
    n = np.arange(int(top + 8.0 * sqrt(top + 1.0)) + observed + 10, dtype=np.float64)
    best = np.maximum(n - b, 0.0)
    at_best = np.array([mixture.probability(n[k : k + 1], best[k : k + 1])[0, 0] for k in range(len(n))])
    inside = np.zeros(len(signal), dtype=np.bool_)
    for start in range(0, len(signal), 256):  # bounds the memory of the average over errors
        part = slice(start, start + 256)
        p = mixture.probability(n, signal[part])
        order = np.argsort(-p / at_best, axis=1, kind="stable")
        ranked = np.take_along_axis(p, order, axis=1)
        before = np.cumsum(ranked, axis=1) - ranked
        position = np.argmax(order == observed, axis=1)
        inside[part] = np.take_along_axis(before, position[:, None], axis=1)[:, 0] < level
    return inside


def interval(mixture: Mixture, observed: int, level: float, top: float) -> tuple[float, float]:
    """Interval of the signal (events) for one observation.

    Parameters
    ----------
    mixture : Mixture
    observed : int
    level : float
        Confidence level.
    top : float
        Upper end of the grid of signals.
    """
    signal = np.arange(0.0, top + STEP, STEP)
    found = signal[accepted(mixture, observed, level, signal)]
    low, high = float(found[0]), float(found[-1])
    b = mixture.expected_background
    if not mixture.exact or b == 0.0:
        return low, high
    for extra in LENGTHENING:
        above = high + STEP * np.arange(1, 61, dtype=np.float64)
        found = above[accepted(type(mixture).of(b + extra, 0.0, 0.0), observed, level, above)]
        high = float(found.max(initial=high))
    return low, high
