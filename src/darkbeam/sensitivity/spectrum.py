r"""The decay spectrum: one weighted histogram that gives the events at every coupling.

For one mass, a dark photon whose path crosses the decay volume and whose vertex lies at distance s contributes

    N(eps) = eps^4 sum_j c_j exp(-eps^2 lambda_j),      lambda_j = s_j / (gamma_j beta_j c tau_1)

with c_j the weight of the draw (`darkbeam.sensitivity.vertices`), tau_1 the proper lifetime at eps = 1.  N(eps) is
therefore eps^4 times the Laplace transform, at eps^2, of the weighted distribution of lambda.  Exposure,
threshold and production variations act after the fact.

The histogram lives on the fixed lattice ln lambda = b * STEP (b integer), so spectra of any source add.  Each
draw is shared between its two neighbouring lattice points such that its lambda is kept exactly; what is left
is the curvature of exp(-x), x = eps^2 lambda: N is too high by x^2 STEP^2/12, i.e. 1e-5 at x = 1 and 0.3 % at
x = 20, whereas filling one bin only would be off by up to x STEP/2 = 10 % there.

Statistical errors: the draws keep the block of their mother (`darkbeam.production.source.N_BLOCKS` disjoint
blocks); events(eps) is jackknifed over blocks, which includes the correlation of draws that share a mother.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.source import N_BLOCKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["STEP", "DecaySpectrum"]

STEP = 0.01
"""Lattice spacing in ln lambda."""


@dataclass(frozen=True)
class DecaySpectrum:
    """Weighted histogram of ln lambda in blocks of mothers.

    Attributes
    ----------
    first : int
        Lattice index of the first column: ln lambda = STEP * (first + column).
    counts : array, shape (N_BLOCKS, columns)
        Sum of c_j per block and lattice point; lambda is measured at epsilon = 1.
    """

    first: int
    counts: NDArray[np.float64]

    @classmethod
    def empty(cls) -> DecaySpectrum:
        """Spectrum without any dark photon."""
        return cls(0, np.zeros((N_BLOCKS, 1)))

    @classmethod
    def fill(
        cls, lam: NDArray[np.float64], weight: NDArray[np.float64], block: NDArray[np.int64]
    ) -> DecaySpectrum:
        """Histogram draws.

        Parameters
        ----------
        lam, weight : arrays, shape (n,)
            lambda at epsilon = 1 (dimensionless, positive) and c_j.
        block : array of int, shape (n,)
            Block of the mother, 0..N_BLOCKS-1.
        """
        return cls.fill_each(lam, {"": weight}, block)[""]

    @classmethod
    def fill_each(
        cls, lam: NDArray[np.float64], weights: Mapping[str, NDArray[np.float64]], block: NDArray[np.int64]
    ) -> dict[str, DecaySpectrum]:
        """Histogram the same draws with several weights, e.g. of production variations."""
        keep = np.any([w != 0.0 for w in weights.values()], axis=0)
        if not np.any(keep):
            return {name: cls.empty() for name in weights}
        lam, block = lam[keep], block[keep]
        low = np.floor(np.log(lam) / STEP).astype(np.int64)
        left = np.exp(STEP * low)
        upper_share = np.clip((lam / left - 1.0) / np.expm1(STEP), 0.0, 1.0)
        first, width = int(low.min()), int(low.max() - low.min()) + 2
        cell, size = block * width + (low - first), N_BLOCKS * width
        spectra = {}
        for name, weight in weights.items():
            kept = weight[keep]
            upper = kept * upper_share
            counts = np.bincount(cell, kept - upper, size).astype(np.float64)
            counts[1:] += np.bincount(cell, upper, size)[:-1]
            spectra[name] = cls(first, counts.reshape(N_BLOCKS, width))
        return spectra

    @classmethod
    def sum(cls, parts: Sequence[DecaySpectrum]) -> DecaySpectrum:
        """Sum of spectra; the blocks of independent sources are added pairwise."""
        filled = [p for p in parts if p.counts.shape[1] > 1 or p.counts.any()]
        if not filled:
            return parts[0] if parts else cls.empty()
        if len(filled) == 1:
            return filled[0]
        first = min(p.first for p in filled)
        counts = np.zeros((N_BLOCKS, max(p.first + p.counts.shape[1] for p in filled) - first))
        for part in filled:
            start = part.first - first
            counts[:, start : start + part.counts.shape[1]] += part.counts
        return cls(first, counts)

    @cached_property
    def lam(self) -> NDArray[np.float64]:
        """Lattice values of lambda, shape (columns,)."""
        return np.asarray(np.exp(STEP * (self.first + np.arange(self.counts.shape[1]))))

    @cached_property
    def total(self) -> NDArray[np.float64]:
        """Sum of c_j over the blocks, shape (columns,)."""
        return np.asarray(self.counts.sum(axis=0))

    def __add__(self, other: DecaySpectrum) -> DecaySpectrum:
        """Sum of two spectra."""
        return DecaySpectrum.sum((self, other))

    def __mul__(self, factor: float) -> DecaySpectrum:
        """Scale, e.g. by the number of collisions."""
        return DecaySpectrum(self.first, self.counts * factor)

    __rmul__ = __mul__

    def transform(self, epsilon: ArrayLike) -> NDArray[np.float64]:
        """Events per block, shape (N_BLOCKS, number of epsilon)."""
        eps2 = np.square(np.atleast_1d(np.asarray(epsilon, dtype=np.float64)))
        kernel = np.exp(-np.multiply.outer(self.lam, eps2))
        # einsum without optimisation: no BLAS threads, the same digits in every worker
        return np.asarray(np.einsum("bl,le->be", self.counts, kernel) * eps2 * eps2)

    def events(self, epsilon: ArrayLike) -> NDArray[np.float64]:
        """Expected events at each epsilon, shape (number of epsilon,)."""
        eps2 = np.square(np.atleast_1d(np.asarray(epsilon, dtype=np.float64)))
        kernel = np.exp(-np.multiply.outer(eps2, self.lam))
        return np.asarray(np.einsum("el,l->e", kernel, self.total) * eps2 * eps2)

    def events_error(self, epsilon: ArrayLike) -> NDArray[np.float64]:
        """Jackknife error of `events` over blocks of mothers, same shape."""
        blocks = self.transform(epsilon)
        mean = blocks.mean(axis=0)
        spread = np.sum(np.square(blocks - mean), axis=0)
        return np.asarray(np.sqrt(spread * N_BLOCKS / (N_BLOCKS - 1.0)))
