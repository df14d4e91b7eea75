r"""Poisson probabilities averaged over log-normal errors of signal and background.

    P(n | s) = sum_jk w_j w_k Pois(n; e_j s + b_k)

e = exp(sigma x - sigma^2/2), sigma^2 = ln(1 + error^2), x standard normal: mean 1 and the given relative error; the
nodes x_j and weights w_j are those of the Gauss-Hermite rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from math import log1p, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc, gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Mixture"]

_NODES = 24


@cache
def _standard_normal() -> tuple[Array, Array]:
    """Nodes and weights; building the rule takes longer than a limit otherwise does."""
    x, w = np.polynomial.hermite_e.hermegauss(_NODES)
    return x, w / w.sum()


def _log_normal(mean: float, relative_error: float) -> tuple[Array, Array]:
    """Values and weights of a log-normal with the given mean and relative error."""
    if relative_error == 0.0 or mean == 0.0:
        return np.array([mean]), np.array([1.0])
    x, w = _standard_normal()
    sigma = sqrt(log1p(relative_error**2))
    return mean * np.exp(sigma * x - 0.5 * sigma**2), w


@dataclass(frozen=True)
class Mixture:
    """Nodes of the averages: factors on the signal, backgrounds, and their joint weights."""

    signal: tuple[float, ...]
    background: tuple[float, ...]
    weight: tuple[float, ...]

    @classmethod
    def of(cls, background: float, background_error: float, signal_error: float) -> Mixture:
        """Return the mixture for a background with an absolute and a signal with a relative error."""
        relative = background_error / background if background > 0.0 else 0.0
        b, w_b = _log_normal(background, relative)
        e, w_e = _log_normal(1.0, signal_error)
        grid_e, grid_b = np.meshgrid(e, b, indexing="ij")
        weight = np.outer(w_e, w_b)
        return cls(*(tuple(a.ravel().tolist()) for a in (grid_e, grid_b, weight)))

    @cached_property
    def _nodes(self) -> tuple[Array, Array, Array]:
        return np.array(self.signal), np.array(self.background), np.array(self.weight)

    def mean(self, signal: Array | float) -> Array:
        """Expected events at each node, shape of ``signal`` plus one axis."""
        e, b, _ = self._nodes
        return np.asarray(np.multiply.outer(np.asarray(signal, dtype=np.float64), e) + b)

    def cumulative(self, n: int, signal: Array | float) -> Array:
        """P(at most n events), shape of ``signal``."""
        return np.asarray(np.sum(gammaincc(n + 1.0, self.mean(signal)) * self._nodes[2], axis=-1))

    def probability(self, n: Array, signal: Array) -> Array:
        """P(n | s) for all pairs, shape (signals, numbers)."""
        mean = np.maximum(self.mean(signal), 1e-300)[:, None, :]
        count = np.asarray(n, dtype=np.float64)[None, :, None]
        log_p = count * np.log(mean) - mean - gammaln(count + 1.0)
        return np.asarray(np.sum(np.exp(log_p) * self._nodes[2], axis=-1))

    def median(self) -> int:
        """Median number of events without signal: the smallest n with P(at most n) >= 1/2."""
        n = 0
        while float(self.cumulative(n, 0.0)) < 0.5:
            n += 1
        return n

    @property
    def expected_background(self) -> float:
        """Mean background."""
        _, b, w = self._nodes
        return float(np.sum(b * w))

    @property
    def exact(self) -> bool:
        """Whether there is nothing to average over."""
        return len(self.weight) == 1
