"""Sources made from other sources: a weight that depends on the mass, and the larger of several.

A weighted source has the points of the source it wraps, with every weight (all variations) times w(m)::

    total(m) -> w(m) total(m),     d^2N/dE dtheta -> w(m) d^2N/dE dtheta

so that shapes, blocks and mothers are untouched.  It may also be narrower in mass than what it wraps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from darkbeam.errors import MassRangeError
from darkbeam.production.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from darkbeam.production.source import Flux

__all__ = ["LargerSource", "MassWeight", "WeightedSource", "Wrapper", "innermost"]


class MassWeight(Protocol):
    """Factor on a yield as a function of the mass in GeV; positive wherever the source is valid."""

    def __call__(self, mass: float) -> float:
        """Return the factor at one mass."""
        ...


@dataclass(frozen=True)
class Wrapper:
    """A source around another one, with its name and validity.

    Attributes
    ----------
    source : Source
        What is inside.
    """

    source: Source

    @property
    def name(self) -> str:
        """Name of the wrapped source."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        return self.source.valid


@dataclass(frozen=True)
class WeightedSource(Wrapper):
    """A source with every yield multiplied by a factor that depends on the mass.

    Attributes
    ----------
    source : Source
        What is weighted.
    weight : MassWeight or float
        Factor, positive inside ``limits``.
    limits : (float, float)
        Open interval in GeV, intersected with the validity of ``source``.
    """

    weight: MassWeight | float = 1.0
    limits: tuple[float, float] = (0.0, np.inf)

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        low, high = self.source.valid
        return max(low, self.limits[0]), min(high, self.limits[1])

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of the wrapped source."""
        return self.source.variation_names

    def factor(self, mass: float) -> float:
        """Return the factor at one mass."""
        return self.weight(mass) if callable(self.weight) else self.weight

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return the points of the wrapped source, re-weighted."""
        self._check(mass)
        flux = self.source.flux(mass, n, rng)
        return flux.scaled(np.full(flux.energy.shape, self.factor(mass)))

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield per inelastic collision at epsilon = 1."""
        self._check(mass)
        return self.factor(mass) * self.source.total(mass, variation)

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is used from {low:.4g} to {high:.4g} GeV here, not at {mass:g} GeV"
            )


@dataclass(frozen=True)
class LargerSource:
    """At each mass, whichever of several sources has the largest central yield.

    Attributes
    ----------
    sources : tuple of Source
        Alternatives; those that are not valid at a mass do not compete there.
    """

    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        """Names of the alternatives, joined by ``|``."""
        return "|".join(s.name for s in self.sources)

    @property
    def valid(self) -> tuple[float, float]:
        """Hull of the mass intervals, GeV (the alternatives overlap, so it has no holes)."""
        return min(s.valid[0] for s in self.sources), max(s.valid[1] for s in self.sources)

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of all alternatives."""
        return tuple(dict.fromkeys(v for s in self.sources for v in s.variation_names))

    def chosen(self, mass: float) -> Source:
        """Return the alternative that is used at a mass.

        Raises
        ------
        MassRangeError
            If none is valid there.
        """
        usable = [s for s in self.sources if s.valid[0] < mass < s.valid[1]]
        if not usable:
            low, high = self.valid
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )
        return max(usable, key=lambda s: s.total(mass))

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return the points of the chosen alternative."""
        source = self.chosen(mass)
        flux = source.flux(mass, n, rng)
        return replace(flux, notes=(*flux.notes, f"{self.name}: {source.name} at this mass"))

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield of the chosen alternative."""
        return self.chosen(mass).total(mass, variation)


def innermost(source: Source) -> Iterator[Source]:
    """Yield the sources inside all wrappers, e.g. to ask what kind they are.

    Examples
    --------
    >>> from darkbeam.production.bremsstrahlung import Bremsstrahlung
    >>> wrapped = WeightedSource(Bremsstrahlung("SPS"), 0.5)
    >>> [type(s).__name__ for s in innermost(wrapped)]
    ['Bremsstrahlung']
    """
    single = getattr(source, "source", None)
    parts = (single,) if isinstance(single, Source) else getattr(source, "sources", ())
    if not parts:
        yield source
    for part in parts:
        yield from innermost(part)
