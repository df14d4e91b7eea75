"""Low-variance random choice, and independent streams for the parts of one task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["child_streams", "stratified_choice"]


def stratified_choice(weights: ArrayLike, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw ``n`` indices with frequencies ``weights`` to within one, in random order.

    Examples
    --------
    >>> np.bincount(stratified_choice([1.0, 3.0], 8, np.random.default_rng(1)))
    array([2, 6])
    """
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    u = (np.arange(n) + rng.random(n)) / n
    choice = np.searchsorted(cumulative, u * cumulative[-1], side="right")  # ascending queries are fast
    return np.asarray(np.minimum(choice, len(cumulative) - 1)[rng.permutation(n)])


def child_streams(rng: np.random.Generator, n: int) -> list[np.random.Generator]:
    """Draw the keys of ``n`` independent generators, so that no part depends on how much another one used."""
    return [np.random.Generator(np.random.PCG64(int(key))) for key in rng.integers(2**63, size=n)]
