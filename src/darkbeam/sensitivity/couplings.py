"""Where to put the couplings of the drawing mixture.

Without decay products the number of decays in the volume, N(eps) = eps^2 sum_i w_i P_i(eps), is a short sum, so
the couplings between which an experiment can see anything are known before a single vertex is drawn.  Below the
maximum of N all couplings share the same rays and a few suffice; above it fewer and harder dark photons count,
N falls like a high power of epsilon, and the couplings are set close together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.sensitivity.vertices import Rays, decay_probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["draw_shares", "geometric_yield", "spread_couplings"]

GRID = np.logspace(-10.0, 0.0, 61)
"""Couplings on which the geometric yield is scanned; six per decade."""
RISING, FALLING = 4, 8
"""Couplings of the mixture below and above the maximum of N."""
RISING_SHARE = 0.75
"""Share of the draws below the maximum: N ~ eps^4 there, so that an error of N costs much more in epsilon."""
MARGIN = 4.0
"""The mixture covers N down to threshold/MARGIN: some variations are larger than the drawing weight."""
MAX_RAYS = 400
"""Rays of one source that are enough to place couplings."""


def _thin(rays: Rays) -> Rays:
    """Every so many rays, with the total weight kept."""
    stride = max(len(rays.weight) // MAX_RAYS, 1)
    weight = rays.weight[::stride]
    scale = rays.weight.sum() / weight.sum() if weight.sum() > 0.0 else 1.0
    return Rays(weight * scale, rays.lam_in[:, ::stride], rays.lam_out[:, ::stride])


def geometric_yield(rays: Sequence[Rays], epsilon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decays in the volume per collision at each coupling."""
    total = np.zeros(len(epsilon))
    for part in rays:
        if len(part.weight):
            few = _thin(part)
            total += [e * e * (few.weight * decay_probability(few, float(e))).sum() for e in epsilon]
    return total


def spread_couplings(rays: Sequence[Rays], threshold: float) -> NDArray[np.float64]:
    """Couplings e_k for `darkbeam.sensitivity.vertices.draw_vertices`.

    Parameters
    ----------
    rays : sequence of Rays
        One for each source.
    threshold : float
        Decays per collision that make a contour.

    Returns
    -------
    array, shape (K,)
        Increasing; empty when no ray crosses the volume.
    """
    yields = geometric_yield(rays, GRID)
    if not np.any(yields > 0.0):
        return np.empty(0)
    peak = int(np.argmax(yields))
    above = np.flatnonzero(yields > min(threshold / MARGIN, 0.03 * yields[peak]))
    step = GRID[1] / GRID[0]
    low, high = GRID[above[0]] / step, GRID[above[-1]] * step
    rising = np.geomspace(low, GRID[peak], RISING, endpoint=False)
    return np.concatenate([rising, np.geomspace(GRID[peak], high, FALLING)])


def draw_shares() -> NDArray[np.float64]:
    """Share of the draws that each coupling of `spread_couplings` gets; they sum to 1."""
    rising = np.full(RISING, RISING_SHARE / RISING)
    return np.concatenate([rising, np.full(FALLING, (1.0 - RISING_SHARE) / FALLING)])
