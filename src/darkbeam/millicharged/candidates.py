"""Photons of a source that may send particles to the detector, and the choice of those that are followed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from .matter import needed_energy, typical_displacement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .experiment import McpExperiment
    from .pool import PhotonPool

    Array = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Candidates", "Chosen", "cone"]

EVEN = 0.15
"""Share of the photons that is kept without regard to the detector."""


@dataclass(frozen=True)
class Candidates:
    """Photons of a pool that can make pairs, and how much each may send to the detector.

    Attributes
    ----------
    index : array of int, shape (n,)
        In the pool.
    pairs : array, shape (n,)
        Pairs that each photon stands for.
    gap, width : arrays, shape (n,)
        Angle between the photon and the nearest edge of the face, and width of its cone of emission, rad.
    highest : array, shape (n,)
        Largest energy of the particle, GeV.
    """

    index: NDArray[np.int64]
    pairs: Array
    gap: Array
    width: Array
    highest: Array

    @classmethod
    def of(
        cls, pool: PhotonPool, experiment: McpExperiment, mass: float, spin: str, total: float | None = None
    ) -> Candidates:
        """All photons that are heavy enough; their pairs add up to ``total`` if it is given."""
        index = np.flatnonzero(pool.q > 2.0 * mass)
        q, p, pairs = pool.q[index], pool.momentum[index], pool.pairs(mass, spin, index)
        if total is not None:
            pairs = pairs * (total / max(float(np.sum(pairs)), 1e-300))
        half = 0.5 * max(experiment.face) / experiment.distance
        gap = np.maximum(np.abs(pool.theta[index] - experiment.angle) - half, 0.0)
        k = np.sqrt((0.5 * q - mass) * (0.5 * q + mass))
        return cls(index, pairs, gap, cone(q, p, mass), 0.5 * np.hypot(p, q) + p * k / q)

    def value(self, experiment: McpExperiment, mass: float, epsilon: float) -> Array:
        """Pairs times the height, where the detector is, of the cone of emission as matter and magnet widen it.

        Zero for photons whose particles all stop.
        """
        half = 0.5 * max(experiment.face) / experiment.distance
        width2 = np.square(self.width)
        alive = self.highest > needed_energy(experiment, mass, epsilon)
        if epsilon > 0.0 and experiment.bends:
            width2 = width2 + np.square(typical_displacement(experiment, mass, epsilon) / self.highest)
        return np.asarray(
            np.where(
                alive, self.pairs / ((width2 + half**2) * np.square(1.0 + np.square(self.gap) / width2)), 0.0
            )
        )

    def choose(self, n: int, value: Array, rng: np.random.Generator) -> tuple[NDArray[np.int64], Array]:
        """About ``n`` photons, and the pairs that each stands for then; expectations are unchanged.

        How often a photon is taken goes with its value; a small part of the photons is taken by its pairs alone.
        """
        pairs = np.where(value > 0.0, self.pairs, 0.0)
        total, other = np.sum(value), np.sum(pairs)
        if not (total > 0.0 and other > 0.0):
            return self.index[:0], self.pairs[:0]
        times = n * ((1.0 - EVEN) / total * value + EVEN / other * pairs)
        comb = np.floor(np.concatenate([[0.0], np.cumsum(times)]) + rng.random())
        kept = np.repeat(np.arange(len(times)), np.diff(comb).astype(np.int64))
        return self.index[kept], self.pairs[kept] / times[kept]


@dataclass(frozen=True)
class Chosen:
    """Photons that are followed, of one source or several.

    Attributes
    ----------
    q, momentum, theta : arrays, shape (n,)
        Mass and momentum, GeV, and polar angle.
    pairs : array, shape (n,)
        Pairs that each stands for.
    axis : array, shape (3, n)
        As in `PhotonPool`; NaN where the pair decays isotropically.
    transverse : array, shape (n,)
        As in `PhotonPool`.
    """

    q: Array
    momentum: Array
    theta: Array
    pairs: Array
    axis: Array
    transverse: Array

    @classmethod
    def of(cls, pool: PhotonPool, index: NDArray[np.int64], pairs: Array) -> Chosen:
        """Photons of one pool."""
        axis = np.full((3, len(index)), np.nan) if pool.axis is None else pool.axis[:, index]
        transverse = np.ones(len(index)) if pool.transverse is None else pool.transverse[index]
        return cls(pool.q[index], pool.momentum[index], pool.theta[index], pairs, axis, transverse)

    @classmethod
    def join(cls, parts: Sequence[Chosen]) -> Chosen:
        """Photons of several sources, in order."""
        return cls(*(np.concatenate([getattr(c, f.name) for c in parts], axis=-1) for f in fields(cls)))


def cone(q: Array, momentum: Array, mass: float) -> Array:
    """Width of the cone of emission about the photon, rad: 1/u, narrower for particles that are slow in the pair."""
    slow = np.minimum(np.sqrt(np.maximum((0.5 * q / mass) ** 2 - 1.0, 1e-6)), 1.0)
    return np.asarray(slow * np.minimum(q / np.maximum(momentum, 1e-300), 1.0))
