"""What a production source is, and what it returns.

An A' of mass m couples like a photon of virtuality m^2, so every channel is a *source of virtual photons
of mass m*: a cloud of weighted points in (energy, polar angle), per inelastic collision and per epsilon^2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from darkbeam.spectra.species import N_BLOCKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["N_BLOCKS", "Flux", "Source", "block_error", "gap_at"]


@dataclass(frozen=True)
class Flux:
    """Weighted dark photons of one mass from one source.

    Attributes
    ----------
    mass : float
        GeV.
    energy, theta : arrays, shape (n,)
        Lab energy (GeV) and polar angle to the beam (rad); the azimuth is uniform.
    weight : array, shape (n,)
        Dark photons per inelastic collision at epsilon = 1 that the point stands for (central variation).
    block : array of int, shape (n,)
        Block of mothers, 0..N_BLOCKS-1; blocks are statistically independent and of equal expectation.
    mother : array of int, shape (n,)
        Index of the mother; points that share a mother are correlated.
    variations : mapping of str to array
        Alternative weights on the same points.
    notes : tuple of str
        What the user should read, e.g. "extrapolated".
    """

    mass: float
    energy: NDArray[np.float64]
    theta: NDArray[np.float64]
    weight: NDArray[np.float64]
    block: NDArray[np.int64]
    mother: NDArray[np.int64]
    variations: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def momentum(self) -> NDArray[np.float64]:
        """Lab momentum, GeV."""
        return np.sqrt(np.maximum((self.energy - self.mass) * (self.energy + self.mass), 0.0))

    def total(self, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1."""
        return float(np.sum(self.weights(variation)))

    def weights(self, variation: str = "central") -> NDArray[np.float64]:
        """Weights of one variation; the central ones where this source has no such variation."""
        return self.variations.get(variation, self.weight)

    def select(self, keep: NDArray[np.bool_]) -> Flux:
        """Subset of the points (weights are not renormalised)."""
        return Flux(
            self.mass, self.energy[keep], self.theta[keep], self.weight[keep], self.block[keep], self.mother[keep],
            {name: w[keep] for name, w in self.variations.items()}, self.notes,
        )  # fmt: skip

    def scaled(self, factor: NDArray[np.float64]) -> Flux:
        """Same points with every weight multiplied by ``factor`` (n,)."""
        return Flux(
            self.mass, self.energy, self.theta, self.weight * factor, self.block, self.mother,
            {name: w * factor for name, w in self.variations.items()}, self.notes,
        )  # fmt: skip


@runtime_checkable
class Source(Protocol):
    """A production channel."""

    @property
    def name(self) -> str:
        """Name on the command line, e.g. ``meson:eta``."""
        ...

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval in which the source produces, GeV."""
        ...

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        ...

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return about ``n`` weighted points at one mass."""
        ...

    def total(self, mass: float, variation: str = "central") -> float:
        """Integrated yield per inelastic collision at epsilon = 1, without Monte Carlo noise."""
        ...


def gap_at(sources: Sequence[Source], mass: float) -> str:
    """Why one of the sources does not know what it makes at a mass (GeV) inside its range; empty if all know.

    A source with such masses has a method ``gap(mass)`` that says so; its ``flux`` and ``total`` raise there.
    """
    found = (say(mass) for say in (getattr(s, "gap", None) for s in sources) if callable(say))
    return next((str(reason) for reason in found if reason), "")


def block_error(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Statistical error of a sum of which each block of mothers gives a part.

    Parameters
    ----------
    parts : array, shape (..., N_BLOCKS)

    Returns
    -------
    array, shape (...)
    """
    return np.asarray(np.sqrt(N_BLOCKS * np.var(parts, axis=-1, ddof=1)))
