"""What a source of pairs is, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["PairFlux", "PairSource", "join_pairs"]


@dataclass(frozen=True)
class PairFlux:
    """Weighted pairs.

    Attributes
    ----------
    mass : float
        Mass of one particle, GeV.
    q : array, shape (n,)
        Masses of the pairs, GeV.
    p4 : array, shape (4, 2, n)
        Lab momenta (E, px, py, pz) of particle and antiparticle, beam along z, GeV; the azimuth is uniform.
    weight : array, shape (n,)
        Pairs per inelastic collision and per epsilon^2.
    block : array of int, shape (n,)
        Block of mothers, as in `darkbeam.production.source.Flux`.
    variations : mapping of str to array, shape (n,)
        Alternative weights on the same pairs.
    notes : tuple of str
        What the user should read.
    """

    mass: float
    q: Array
    p4: Array
    weight: Array
    block: NDArray[np.int64]
    variations: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def weights(self, variation: str = "central") -> Array:
        """Weights of one variation; the central ones where this source has no such variation."""
        return self.variations.get(variation, self.weight)


class PairSource(Protocol):
    """A source of pairs."""

    @property
    def name(self) -> str:
        """Name of the source of dark photons behind it."""
        ...

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        ...

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        ...

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and per epsilon^2, without Monte Carlo noise."""
        ...

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Return about ``n`` weighted pairs."""
        ...

    def notes(self, mass: float) -> tuple[str, ...]:
        """Return what the user should know about this mass."""
        ...


def join_pairs(parts: Sequence[PairFlux]) -> PairFlux:
    """Join the pairs of several fluxes of one mass."""
    names = tuple(dict.fromkeys(k for p in parts for k in p.variations))
    return PairFlux(
        parts[0].mass,
        np.concatenate([p.q for p in parts]),
        np.concatenate([p.p4 for p in parts], axis=2),
        np.concatenate([p.weight for p in parts]),
        np.concatenate([p.block for p in parts]),
        {k: np.concatenate([p.weights(k) for p in parts]) for k in names},
        tuple(dict.fromkeys(note for p in parts for note in p.notes)),
    )
