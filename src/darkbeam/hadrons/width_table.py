"""Tabulated R_f(m) of the exclusive channels: fast look-up of the functions in `darkbeam.hadrons.channels`.

The file ``data/decays/hadronic_widths.npz`` (made by ``scripts/make_hadronic_widths.py``) holds, for every
channel, masses, y = ln R and slopes dy/dx in x = ln(m - threshold) of the cubic spline through the nodes.
Between nodes y is the cubic Hermite polynomial, which is linear in x at threshold, where R is a power of
m - threshold; below the first node that power law continues.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["M_MAX", "NODES", "ChannelTable", "channel_tables", "exclusive_ratios"]

M_MAX = 2.5
"""Upper end of the tables, GeV."""
NODES = ("mass", "log_ratio", "slope")
"""Arrays of each channel in the file, numbered by channel: ``mass_0`` and so on."""


class ChannelTable:
    """R(m) of one channel: nodes ``mass`` (GeV, above ``threshold``), ``log_ratio`` and ``slope`` d ln R/dx."""

    def __init__(
        self,
        threshold: float,
        mass: NDArray[np.float64],
        log_ratio: NDArray[np.float64],
        slope: NDArray[np.float64],
    ) -> None:
        self.threshold, self.mass = threshold, mass
        self._x, self._y, self._slope = np.log(mass - threshold), log_ratio, slope

    def __call__(self, mass: ArrayLike) -> NDArray[np.float64]:
        """R at masses in GeV: zero below threshold, held to the last node above the table."""
        m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
        out = np.zeros_like(m)
        up = m > self.threshold
        x = np.log(np.minimum(m[up], self.mass[-1]) - self.threshold)
        below = np.minimum(x - self._x[0], 0.0) * self._slope[0]
        out[up] = np.exp(self._hermite(np.maximum(x, self._x[0])) + below)
        return out

    def _hermite(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cubic Hermite interpolation of ln R inside the nodes."""
        i = np.clip(np.searchsorted(self._x, x, side="right") - 1, 0, len(self._x) - 2)
        h = self._x[i + 1] - self._x[i]
        t = (x - self._x[i]) / h
        y0, y1, s0, s1 = self._y[i], self._y[i + 1], h * self._slope[i], h * self._slope[i + 1]
        d = y1 - y0
        return np.asarray(y0 + t * (s0 + t * (3.0 * d - 2.0 * s0 - s1 + t * (s0 + s1 - 2.0 * d))))


@cache
def channel_tables() -> dict[str, ChannelTable]:
    """All channels of the shipped table."""
    path = files("darkbeam") / "data" / "decays" / "hadronic_widths.npz"
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
        names = [str(name) for name in data["names"]]
        return {
            name: ChannelTable(float(data["thresholds"][i]), *(data[f"{key}_{i}"] for key in NODES))
            for i, name in enumerate(names)
        }


def exclusive_ratios(mass: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """R of every exclusive channel at masses in GeV, arrays of shape (n,)."""
    return {name: table(mass) for name, table in channel_tables().items()}
