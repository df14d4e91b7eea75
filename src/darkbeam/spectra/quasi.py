r"""Low-discrepancy points: a Kronecker sequence with a random start.

    x_i = (shift + i a) mod 1,   a_j = g^-j,   g^(d+1) = g + 1

with g the generalised golden ratio in d dimensions.  The shift is uniform, so every mean over the points is
unbiased.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["kronecker", "lattice"]


def kronecker(n: int, dimensions: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points in the unit cube, shape (dimensions, n).

    Examples
    --------
    >>> kronecker(3, 2, np.random.default_rng(1)).shape
    (2, 3)
    """
    return lattice(n, rng.random(dimensions))


def lattice(n: int, shift: NDArray[np.float64], first: int | None = None) -> NDArray[np.float64]:
    """First n points of the sequence that starts at ``shift``, shape (dimensions, n).

    Parameters
    ----------
    n : int
    shift : array, shape (dimensions,)
    first : int, optional
        Only so many coordinates, counted from the end where it is negative.
    """
    dimensions = len(shift)
    golden = 2.0
    for _ in range(60):
        golden = (1.0 + golden) ** (1.0 / (dimensions + 1))
    steps = golden ** -np.arange(1.0, dimensions + 1)
    part = slice(None) if first is None else slice(first) if first >= 0 else slice(first, None)
    points = shift[part, None] + np.outer(steps[part], np.arange(float(n)))
    points -= np.floor(points)
    return np.asarray(points)
