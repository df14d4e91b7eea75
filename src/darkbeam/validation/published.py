"""Reading a published contour: comma-separated columns with ``#`` comments.

Two layouts: ``m_GeV,epsilon_lower,epsilon_upper`` (both edges at each mass), or ``m_GeV,epsilon``, a polyline
in either direction, whose lowest and highest crossing with a mass are its edges there.  Curves of millicharged
particles are often open: they have a lower edge only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Published", "read_lower_edge", "read_published"]


@dataclass(frozen=True)
class Published:
    """Edges at the wanted masses (NaN outside the curve) and the largest mass of the file, GeV."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    tip: float


def read_published(file: Path, masses: Sequence[float]) -> Published:
    """Edges of a published contour at masses in GeV.

    Raises
    ------
    OutputError
        If the file cannot be read or is no contour.
    """
    rows = _rows(file)
    tip = float(rows[:, 0].max())
    if rows.shape[1] == 3:
        lower, upper = (_interpolated(rows[:, 0], rows[:, k], masses) for k in (1, 2))
        return Published(lower, upper, tip)
    found = np.array([_crossings(rows[:, 0], np.log(rows[:, 1]), m) for m in masses]).reshape(-1, 2)
    return Published(found[:, 0], found[:, 1], tip)


def read_lower_edge(file: Path, masses: Sequence[float]) -> NDArray[np.float64]:
    """Lower edge of a published contour, open or closed, interpolated in ln m and ln epsilon; NaN outside.

    Raises
    ------
    OutputError
        If the file cannot be read or is no contour.
    """
    rows = _rows(file)
    if rows.shape[1] == 3:
        return _interpolated(rows[:, 0], rows[:, 1], masses)
    x, y = np.log(rows[:, 0]), np.log(rows[:, 1])
    return np.array([min(_all_crossings(x, y, float(np.log(m))), default=np.nan) for m in masses])


def _rows(file: Path) -> NDArray[np.float64]:
    """Numbers of a contour."""
    try:
        text = file.read_text(encoding="utf-8")
        rows = np.array(
            [r.split(",") for r in text.splitlines() if r[:1] not in ("#", "m", "")], dtype=np.float64
        )
    except OSError as error:
        raise OutputError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise OutputError(f"{file} is not a table of masses and epsilon: {error}") from None
    if rows.ndim != 2 or rows.shape[1] not in (2, 3) or not np.all(rows > 0.0):
        raise OutputError(
            f"{file} needs columns m_GeV,epsilon or m_GeV,epsilon_lower,epsilon_upper, all positive"
        )
    return rows


def _interpolated(
    mass: NDArray[np.float64], epsilon: NDArray[np.float64], at: Sequence[float]
) -> NDArray[np.float64]:
    """Log-log interpolation, NaN outside."""
    x = np.log(np.asarray(at, dtype=np.float64))
    inside = (x >= np.log(mass[0])) & (x <= np.log(mass[-1]))
    return np.where(inside, np.exp(np.interp(x, np.log(mass), np.log(epsilon))), np.nan)


def _crossings(x: NDArray[np.float64], y: NDArray[np.float64], m: float) -> tuple[float, float]:
    """Smallest and largest epsilon at which a polyline (mass, ln epsilon) crosses a mass."""
    at = _all_crossings(x, y, m)
    return (min(at), max(at)) if len(at) > 1 else (np.nan, np.nan)


def _all_crossings(x: NDArray[np.float64], y: NDArray[np.float64], m: float) -> list[float]:
    """Every epsilon at which a polyline (x, ln epsilon) crosses x = m."""
    cross = np.flatnonzero((x[:-1] - m) * (x[1:] - m) <= 0.0)
    at = [y[k] + (y[k + 1] - y[k]) * (m - x[k]) / (x[k + 1] - x[k]) for k in cross if x[k + 1] != x[k]]
    return [float(e) for e in np.exp(at)]
