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

__all__ = ["kronecker"]


def kronecker(n: int, dimensions: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points in the unit cube, shape (dimensions, n).

    Examples
    --------
    >>> kronecker(3, 2, np.random.default_rng(1)).shape
    (2, 3)
    """
    golden = 2.0
    for _ in range(60):
        golden = (1.0 + golden) ** (1.0 / (dimensions + 1))
    steps = golden ** -np.arange(1.0, dimensions + 1)
    shift = rng.random(dimensions)
    points = shift[:, None] + np.outer(steps, np.arange(float(n)))
    return np.asarray(points - np.floor(points))
