r"""Distribution of the expected signals of the crossings, and the events it gives at every epsilon.

With mu epsilon^2 expected signals in each part of the detector (the parts are alike), w crossings per epsilon^2,

    N(epsilon) = C epsilon^2 sum_j w_j P(epsilon^2 mu_j)

C inelastic collisions times efficiency, P `Detector.efficiency`.  The w_j are kept in bins of ln mu, shared between
the two nearest grid points so that sum and mean of ln mu are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.source import N_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.detection import Detector

    Array = NDArray[np.float64]

__all__ = ["Signals"]

STEP = 0.05
LOW, HIGH = -25.0, 35.0
"""Range of ln mu: below it a particle of epsilon = 1 gives no signal, above it any particle of interest does."""
GRID = np.exp(np.arange(LOW, HIGH, STEP))


@dataclass(frozen=True)
class Signals:
    """Weights in bins of mu.

    Attributes
    ----------
    mu : array, shape (bins,)
        Expected signals per epsilon^2.
    weight : array, shape (rows, bins)
        Crossings per collision and epsilon^2: central, variations, blocks, sources.
    """

    mu: Array
    weight: Array

    @classmethod
    def of(
        cls, mu: Array, weight: Array, block: NDArray[np.int64], variations: Array,
        source: NDArray[np.int64] | None = None, sources: int = 0,
    ) -> Signals:  # fmt: skip
        """Bin the signals of crossings.

        Parameters
        ----------
        mu, weight : arrays, shape (n,)
            Signals and central weights.
        block : array of int, shape (n,)
        variations : array, shape (v, n)
            Other weights.
        source : array of int, shape (n,), optional
        sources : int
            Number of sources.

        Returns
        -------
        Signals
            Rows: central, variations, ``N_BLOCKS`` blocks, sources.
        """
        x = np.clip((np.log(np.maximum(mu, 1e-300)) - LOW) / STEP, 0.0, len(GRID) - 1.001)
        below = np.floor(x).astype(np.int64)
        part = x - below
        blocks = _fill(below + len(GRID) * block, part, weight, N_BLOCKS * len(GRID)).reshape(N_BLOCKS, -1)
        rows = [_fill(below, part, w, len(GRID))[None] for w in variations]
        each = np.zeros((0, len(GRID)))
        if source is not None:
            each = _fill(below + len(GRID) * source, part, weight, sources * len(GRID)).reshape(sources, -1)
        return cls(GRID, np.concatenate([np.sum(blocks, axis=0)[None], *rows, blocks, each]))

    def __add__(self, other: Signals) -> Signals:
        return Signals(self.mu, self.weight + other.weight)

    @cached_property
    def used(self) -> NDArray[np.int64]:
        """Bins that are not empty in every row."""
        return np.flatnonzero(self.weight.any(axis=0))

    def events(self, detector: Detector, epsilon: float, row: int | slice = 0) -> Array:
        """Events per collision, of one row or several."""
        used = self.used
        if not len(used):
            return np.zeros(self.weight.shape[0])[row]
        layers = np.broadcast_to(self.mu[used], (detector.layers, len(used)))
        each = detector.efficiency(layers, epsilon)
        return np.asarray(epsilon**2 * np.sum(self.weight[row][..., used] * each, axis=-1))


def _fill(below: NDArray[np.int64], part: Array, weight: Array, size: int) -> Array:
    """Share weights between neighbouring bins."""
    return np.asarray(
        np.bincount(below, weight * (1.0 - part), size) + np.bincount(below + 1, weight * part, size)
    )
