r"""Tabulated R_f(m) of the exclusive channels for any vector charges: fast look-up of `darkbeam.hadrons.channels`.

    R_f(m; c) = R_f(m) sum_{i<=j} a_ij(m) c_i c_j,   c = (c1, c0, cs),   sum a_ij = 1

R_f(m): the dark photon, c = (1, 1, 1).  A channel that one current alone feeds has a_ii = 1 and needs no more.
The file ``data/decays/hadronic_widths.npz`` (made by ``scripts/make_hadronic_widths.py``) holds, for every
channel, masses, y = ln R and slopes dy/dx in x = ln(m - threshold) of the cubic spline through the nodes.
Between nodes y is the cubic Hermite polynomial, which is linear in x at threshold, where R is a power of
m - threshold; below the first node that power law continues.  The forms a_ij stand on nodes of their own and are
interpolated linearly in m: a mean of positive semi-definite forms is one, so that R is never negative.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .couplings import Couplings

__all__ = [
    "CURRENTS",
    "M_MAX",
    "NODES",
    "ChannelTable",
    "channel_tables",
    "current_pairs",
    "exclusive_ratios",
]

M_MAX = 2.5
"""Upper end of the tables, GeV."""
NODES = ("mass", "log_ratio", "slope")
"""Arrays of each channel in the file, numbered by channel: ``mass_0`` and so on."""
CURRENTS = "10s"
"""Letters of the isovector, light isoscalar and strange current, in the order of `Couplings`."""


def current_pairs(currents: str) -> list[tuple[int, int]]:
    """Pairs i <= j (positions in `CURRENTS`) of the form of a channel, in the order of its table.

    Examples
    --------
    >>> current_pairs("1s")
    [(0, 0), (0, 2), (2, 2)]
    """
    return list(combinations_with_replacement([CURRENTS.index(letter) for letter in currents], 2))


class ChannelTable:
    """R(m) of one channel.

    Parameters
    ----------
    threshold : float
        GeV.
    mass, log_ratio, slope : arrays, shape (n,)
        Nodes in GeV above the threshold, ln R of the dark photon and its slope d ln R/dx.
    currents : str
        Letters of `CURRENTS` that feed the channel.
    form_mass, form : arrays, shapes (k,) and (pairs, k), optional
        Nodes in GeV and a_ij in the order of `current_pairs`; absent where one current feeds the channel.
    """

    def __init__(
        self, threshold: float, mass: NDArray[np.float64], log_ratio: NDArray[np.float64],
        slope: NDArray[np.float64], currents: str = "1",
        form: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    ) -> None:  # fmt: skip
        self.threshold, self.mass, self.currents = threshold, mass, currents
        self._x, self._y, self._slope = np.log(mass - threshold), log_ratio, slope
        self._form = form

    def __call__(self, mass: ArrayLike) -> NDArray[np.float64]:
        """R of the dark photon at masses in GeV: zero below threshold, held to the last node above the table."""
        m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
        out = np.zeros_like(m)
        up = m > self.threshold
        x = np.log(np.minimum(m[up], self.mass[-1]) - self.threshold)
        below = np.minimum(x - self._x[0], 0.0) * self._slope[0]
        out[up] = np.exp(self._hermite(np.maximum(x, self._x[0])) + below)
        return out

    def quadratic_form(self, mass: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of a_ij c_i c_j at masses in GeV (n,) and couplings c of shape (3,) or (3, n); never negative."""
        pairs = current_pairs(self.currents)
        if self._form is None:
            return np.broadcast_to(np.square(c[pairs[0][0]]), mass.shape)
        nodes, form = self._form
        terms = [c[i] * c[j] * np.interp(mass, nodes, a) for (i, j), a in zip(pairs, form, strict=True)]
        return np.asarray(np.maximum(np.sum(terms, axis=0), 0.0))  # rounding at an exact zero

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
        tables = {}
        for i, name in enumerate(data["names"]):
            form = None
            if f"form_{i}" in data:
                a = data[f"form_{i}"].astype(np.float64)
                form = data[f"form_mass_{i}"], a / np.sum(a, axis=0)
            mass, log_ratio, slope = (data[f"{key}_{i}"] for key in NODES)
            tables[str(name)] = ChannelTable(
                float(data["thresholds"][i]), mass, log_ratio, slope, str(data["currents"][i]), form
            )
        return tables


def exclusive_ratios(
    mass: ArrayLike, couplings: Couplings | NDArray[np.float64] | None = None
) -> dict[str, NDArray[np.float64]]:
    """R of every exclusive channel at masses in GeV, arrays of shape (n,).

    Parameters
    ----------
    mass : array_like, shape (n,)
        GeV.
    couplings : Couplings, or array of shape (3,) or (3, n), optional
        c1, c0, cs, for all masses or for each; the dark photon if absent.
    """
    tables = channel_tables()
    if couplings is None:
        return {name: table(mass) for name, table in tables.items()}
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    if not isinstance(couplings, np.ndarray):
        couplings = np.array([couplings.c1, couplings.c0, couplings.cs])
    c = couplings
    if np.all(c == c[0]):  # a multiple of the dark photon: every form is 1
        return {name: table(m) * np.square(c[0]) for name, table in tables.items()}
    return {name: table(m) * table.quadratic_form(m, c) for name, table in tables.items()}
