"""Couplings at which the expected events cross a threshold.

N(eps) at one mass is smooth and, above its maximum, falls like a high power of epsilon, so an edge is found on a
lattice in ln eps and refined by the secant method on ln N; its error is sigma(N)/N divided by the slope
|d ln N / d ln eps|.  Regions can break up in the mass: intervals of neighbouring masses that overlap in epsilon
belong to one island.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.sensitivity.spectrum import STEP, DecaySpectrum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Curve", "Edge", "Interval", "intervals", "join_islands", "peak"]

STRIDE = 4
"""Lattice of couplings: 2 ln eps in steps of STRIDE lattice steps of the spectrum."""
LN_STEP = 0.5 * STRIDE * STEP
"""The same, in ln eps."""
COARSE = 4
"""Every so many points of that lattice are evaluated first."""


@dataclass(frozen=True)
class Edge:
    """One crossing: coupling, relative error of the coupling, slope d ln N / d ln eps."""

    epsilon: float
    error: float
    slope: float


@dataclass(frozen=True)
class Interval:
    """Couplings above threshold, between two edges."""

    lower: Edge
    upper: Edge


@dataclass(frozen=True)
class Curve:
    """N(eps) of a spectrum at couplings that cover everything of interest, closer where N crosses or turns."""

    spectrum: DecaySpectrum
    epsilon: NDArray[np.float64]
    events: NDArray[np.float64]

    @classmethod
    def of(cls, spectrum: DecaySpectrum, threshold: float) -> Curve:
        """Evaluate a spectrum.

        N <= eps^4 sum_j c_j, so nothing crosses the threshold below (threshold / sum c)^(1/4); the maximum lies
        near eps^2 lambda = 2, and N is negligible where even the smallest eps^2 lambda is large.  The kernel
        depends on 2 ln eps + ln lambda only, so it is tabulated once on the common lattice.  Every `COARSE`-th
        coupling is evaluated, and those between only next to crossings and extremes.
        """
        counts = spectrum.total
        filled = np.flatnonzero(counts)
        if len(filled) == 0:
            return cls(spectrum, np.empty(0), np.empty(0))
        lam_min, lam_max = spectrum.lam[filled[[0, -1]]]
        low = min(0.25 * np.log(threshold / counts.sum()), -0.5 * np.log(lam_max) - 1.0)
        high = -0.5 * np.log(lam_min) + 2.5
        first, last = int(np.floor(low / LN_STEP)) - 1, int(np.ceil(high / LN_STEP))
        last += -(last - first) % COARSE
        steps = np.arange(first, last + 1)
        start = spectrum.first + STRIDE * first
        kernel = np.exp(-np.exp(STEP * (start + np.arange(STRIDE * len(steps) + len(counts)))))
        windows = np.lib.stride_tricks.sliding_window_view(kernel, len(counts))[
            : STRIDE * len(steps) : STRIDE
        ]
        events = np.zeros(len(steps))
        factor = np.exp(4.0 * LN_STEP * steps)
        events[::COARSE] = np.einsum("ml,l->m", windows[::COARSE], counts) * factor[::COARSE]
        known = np.zeros(len(steps), dtype=np.bool_)
        known[::COARSE] = True
        between = _between(events[::COARSE], threshold)
        events[between] = np.einsum("ml,l->m", windows[between], counts) * factor[between]
        known[between] = True
        return cls(spectrum, np.exp(LN_STEP * steps[known]), events[known])


def _between(coarse: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Points of the fine lattice to evaluate: those around crossings, maxima and minima of the coarse one."""
    above = coarse > threshold
    cells = above[1:] != above[:-1]
    rising = coarse[1:] > coarse[:-1]
    turns = rising[1:] != rising[:-1]
    cells[1:] |= turns
    cells[:-1] |= turns
    inner = np.flatnonzero(cells)[:, None] * COARSE + np.arange(1, COARSE)
    return np.asarray(inner.ravel())


def peak(curve: Curve) -> tuple[float, float]:
    """Coupling and value of the largest N; (nan, 0) for an empty spectrum."""
    eps, n = curve.epsilon, curve.events
    if len(eps) == 0:
        return float("nan"), 0.0
    k = int(np.argmax(n))
    if 0 < k < len(eps) - 1 and n[k - 1] > 0.0 and n[k + 1] > 0.0:
        # parabola through three points of ln N
        y0, y1, y2 = np.log(n[k - 1 : k + 2])
        shift = 0.5 * (y0 - y2) / (y0 - 2.0 * y1 + y2)
        return float(eps[k] * np.exp(shift * LN_STEP)), float(np.exp(y1 - 0.25 * (y0 - y2) * shift))
    return float(eps[k]), float(n[k])


def _edge(curve: Curve, k: int, threshold: float) -> Edge:
    """Refine the crossing between lattice points k and k + 1."""
    spectrum = curve.spectrum
    x0, x1 = np.log(curve.epsilon[k : k + 2]).tolist()
    f0, f1 = np.log(curve.events[k : k + 2] / threshold).tolist()
    for _ in range(4):
        x = x1 - f1 * (x1 - x0) / (f1 - f0) if f1 != f0 else x1
        f = float(np.log(spectrum.events(np.exp(x))[0] / threshold))
        if abs(f) < 1e-9:
            break
        if f * f0 > 0.0:
            x0, f0 = x, f
        else:
            x1, f1 = x, f
    slope = (f1 - f0) / (x1 - x0) if x1 != x0 else np.inf
    eps = float(np.exp(x))
    relative = float(spectrum.events_error(eps)[0] / threshold)
    return Edge(eps, float(relative / abs(slope)) if slope else np.inf, float(slope))


def intervals(curve: Curve, threshold: float) -> list[Interval]:
    """Ranges of epsilon in which the expected events exceed a threshold, in increasing epsilon."""
    above = curve.events > threshold
    flips = np.flatnonzero(above[1:] != above[:-1])
    edges = [_edge(curve, int(k), threshold) for k in flips]
    return [Interval(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]


def join_islands(
    masses: Sequence[float], found: Sequence[Sequence[tuple[float, float]]]
) -> list[list[list[float]]]:
    """Group intervals of neighbouring masses that overlap into islands.

    Parameters
    ----------
    masses : sequence of float
        Increasing, GeV.
    found : sequence of sequences of (lower, upper)
        Intervals in epsilon at each mass.

    Returns
    -------
    list of islands, each a list of [mass, lower, upper]
    """
    rows: dict[int, list[list[float]]] = {}
    previous: list[tuple[float, float, int]] = []
    for mass, here in zip(masses, found, strict=True):
        current: list[tuple[float, float, int]] = []
        for lower, upper in here:
            touching = sorted({label for lo, up, label in previous if lo < upper and lower < up})
            label = touching[0] if touching else len(rows) + sum(len(r) for r in rows.values())
            for other in touching[1:]:
                rows[label] += rows.pop(other)
                previous = [(lo, up, label if k == other else k) for lo, up, k in previous]
                current = [(lo, up, label if k == other else k) for lo, up, k in current]
            rows.setdefault(label, []).append([mass, lower, upper])
            current.append((lower, upper, label))
        previous = current
    return [sorted(r) for r in rows.values()]
