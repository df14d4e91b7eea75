r"""Relative mass resolution sigma_m/m of a detector: one number, or a table in mass.

A table is interpolated linearly in m and constant beyond its ends.  One number is enough for one state; over a range
of masses the resolution of two leptons falls towards their threshold, where the opening momentum vanishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

Resolution = float | tuple[tuple[float, float], ...]
"""Relative, or rows (mass in GeV, relative) of increasing mass."""

__all__ = ["Resolution", "as_resolution", "relative_resolution"]


def relative_resolution(resolution: Resolution, mass: ArrayLike) -> Array:
    """Return sigma_m/m, shape of ``mass`` (GeV).

    Examples
    --------
    >>> float(relative_resolution(((0.5, 0.01), (1.0, 0.02)), 0.75))
    0.015
    """
    m = np.asarray(mass, dtype=np.float64)
    if isinstance(resolution, int | float):
        return np.full(m.shape, float(resolution))
    nodes, values = np.array(resolution).T
    return np.asarray(np.interp(m, nodes, values))


def as_resolution(value: object) -> Resolution | None:
    """Rebuild from JSON, where tuples became lists."""
    if value is None or isinstance(value, int | float):
        return value
    return tuple((float(m), float(r)) for m, r in value)  # type: ignore[attr-defined]  # rows of a table
