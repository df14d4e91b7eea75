"""User fluxes as sources: ``--sources flux:FILE`` (formats and checks: `flux_files`).

A flux of dark photons, rows (energy E, theta, weight w, mass M): at a mass m between two tabulated masses M_1 < m
< M_2, with t = ln(m/M_1)/ln(M_2/M_1), both sets of rows serve at unchanged momentum k = sqrt(E^2 - M^2),

    N(m) = N_1^(1-t) N_2^t,    share 1-t of it distributed as the rows of M_1, t as those of M_2,    E = sqrt(k^2 + m^2)

with N_k the sum of the weights.  A flux of one mass is valid within 0.1 % of it.

A flux of mothers, rows (E, theta, w, pdg): every species is a source ``flux:FILE:SPECIES`` and decays as in
`darkbeam.production.mesons`; the weights sum to the multiplicity.

Rows are taken to be independent; they are dealt to the jackknife blocks in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MassRangeError
from darkbeam.production.flux_files import MOTHERS, read_flux
from darkbeam.production.mesons import MESON_DECAYS, MesonDecay
from darkbeam.production.source import N_BLOCKS, Flux
from darkbeam.spectra import Mothers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.facilities import Facility
    from darkbeam.production.flux_files import FluxTable
    from darkbeam.production.source import Source

    Array = NDArray[np.float64]

__all__ = ["PREFIX", "UserDarkPhotons", "UserMothers", "is_user_flux", "user_flux_sources"]

PREFIX = "flux:"
SINGLE = 1e-3
"""Relative half width of the mass interval of a flux of one mass."""


def is_user_flux(name: str) -> bool:
    """Whether a name of a source means a file."""
    return name.lower().startswith(PREFIX)


def user_flux_sources(name: str, facility: Facility, form_factors: str = "default") -> list[Source]:
    """Return the sources of ``flux:FILE``.

    Parameters
    ----------
    name : str
        ``flux:`` and a path.
    facility : Facility
        Bounds the energies.
    form_factors : str
        Of the decays of mothers.

    Raises
    ------
    ValueRangeError, MissingExtraError
    """
    path = Path(name[len(PREFIX) :])
    table = read_flux(path, facility)
    label = f"{PREFIX}{path.name}"
    if table.pdg is None:
        return [UserDarkPhotons(label, table)]
    sources: list[Source] = []
    for decay, channels in MESON_DECAYS.items():
        present = [c for c in channels if np.any(table.pdg == _pdg(c.species))]
        if present:
            spectra: Any = UserSpectra(table)  # answers what MesonDecay asks of Spectra
            sources.append(
                _Renamed(f"{label}:{decay.removeprefix('meson:')}", MesonDecay(decay, spectra, form_factors))
            )
    return sources


def _pdg(species: str) -> int:
    return next(pdg for pdg, (name, _) in MOTHERS.items() if name == species)


def _rows(n: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return n rows out of ``size``, each the same number of times on average, evenly spread."""
    start = rng.random()
    return np.minimum(((np.arange(n) + start) * (size / n)).astype(np.int64), size - 1)


@dataclass(frozen=True)
class UserMothers:
    """Mesons of one species, in place of a `darkbeam.spectra.MesonSpectrum`."""

    energy: Array
    theta: Array
    weight: Array
    mass: float

    @property
    def multiplicity(self) -> float:
        """Mesons per inelastic collision."""
        return float(np.sum(self.weight))

    def sample(self, n: int, rng: np.random.Generator, points: Array | None = None) -> Mothers:
        """Return n rows with weights that sum to the multiplicity on average; ``points`` are not needed."""
        del points
        if self.energy.size == 0:
            empty = np.zeros(n)
            return Mothers(empty + self.mass, empty, empty, empty, np.arange(n) % N_BLOCKS, np.arange(n))
        row = _rows(n, self.energy.size, rng)
        energy = np.maximum(self.energy[row], self.mass)
        momentum = np.sqrt((energy - self.mass) * (energy + self.mass))
        theta = self.theta[row]
        weight = self.weight[row] * (self.energy.size / n)
        return Mothers(
            energy, momentum * np.sin(theta), momentum * np.cos(theta), weight, row % N_BLOCKS, row
        )


@dataclass(frozen=True)
class UserSpectra:
    """Mesons of all species of a file, in place of `darkbeam.spectra.Spectra`."""

    table: FluxTable

    def species(self, name: str) -> UserMothers:
        """Mesons of one species; none if the file has none."""
        pdg = _pdg(name)
        keep = self.table.pdg == pdg
        t = self.table
        return UserMothers(t.energy[keep], t.theta[keep], t.weight[keep], MOTHERS[pdg][1])


@dataclass(frozen=True)
class _Renamed:
    """A source under the name of the file that it came from."""

    name: str
    source: Source

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        return self.source.valid

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of the decay."""
        return self.source.variation_names

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return the points of the source."""
        return self.source.flux(mass, n, rng)

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield of the source."""
        return self.source.total(mass, variation)


@dataclass(frozen=True)
class UserDarkPhotons:
    """A flux of dark photons at one or more masses.

    Attributes
    ----------
    name : str
    table : FluxTable
        With masses.
    """

    name: str
    table: FluxTable = field(compare=False)
    variation_names: tuple[str, ...] = ()

    @property
    def masses(self) -> Array:
        """Tabulated masses, GeV, increasing."""
        return np.unique(np.asarray(self.table.mass))

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        masses = self.masses
        margin = SINGLE if masses.size == 1 else 1e-9
        return float(masses[0] * (1.0 - margin)), float(masses[-1] * (1.0 + margin))

    def _neighbours(self, mass: float) -> list[tuple[float, float]]:
        """Return the tabulated masses that serve at this one, with their shares."""
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )
        masses = self.masses
        if masses.size == 1:
            return [(float(masses[0]), 1.0)]
        k = int(np.clip(np.searchsorted(masses, mass), 1, masses.size - 1))
        first, second = float(masses[k - 1]), float(masses[k])
        t = float(np.clip(np.log(mass / first) / np.log(second / first), 0.0, 1.0))
        return [(m, share) for m, share in ((first, 1.0 - t), (second, t)) if share > 1e-6]

    def _sum(self, mass: float) -> float:
        return float(np.sum(self.table.weight[self.table.mass == mass]))

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield per inelastic collision at epsilon = 1; there are no variations."""
        del variation
        sums = [(self._sum(m), share) for m, share in self._neighbours(mass)]
        if any(n == 0.0 for n, _ in sums):
            return sum(n * share for n, share in sums)
        return float(np.exp(sum(share * np.log(n) for n, share in sums)))

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return rows of the neighbouring masses at unchanged momentum."""
        total = self.total(mass)
        parts = []
        for m, share in self._neighbours(mass):
            index = np.flatnonzero(self.table.mass == m)
            row = index[_rows(max(round(n * share), 1), index.size, rng)]
            weight = self.table.weight[row]
            norm = self._sum(m) * row.size / index.size
            parts.append((row, weight * (total * share / norm if norm > 0.0 else 0.0), m))
        row = np.concatenate([p[0] for p in parts])
        tabulated = np.concatenate([np.full(p[0].size, p[2]) for p in parts])
        energy = np.sqrt(np.maximum(self.table.energy[row] ** 2 - tabulated**2, 0.0) + mass**2)
        weight = np.concatenate([p[1] for p in parts])
        return Flux(mass, energy, self.table.theta[row], weight, row % N_BLOCKS, row)
