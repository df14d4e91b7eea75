r"""The measured source: virtual photons from lepton pairs.

    F(m) = [3 pi m/(2 alpha L_l)] dN_ll/dm      `rate`, `mass_spectrum`
    (pT, y) ~ p(pT, y | m)                      a `KinematicModel`

Below the threshold of the data the analytic part of `darkbeam.dilepton.below` takes over, if given.

Variations: ``dilepton-rate-down/up``, one standard deviation of dN/dm; ``dilepton-background-down/up``, all templates
of the background less or more by their error, at unchanged p(pT, y | m); ``dilepton-member-K``, bootstrap replica K of
spectrum and kinematics together (at fixed mass the two are independent in Poisson data, so that replicas of either
can be combined at will).  Members have points of their own, on which the central weight is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.line_shapes import STATES
from darkbeam.dilepton.rate import UNPOLARISED, photons_per_pair
from darkbeam.dilepton.sample import lepton_mass
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.production.source import N_BLOCKS, Flux
from darkbeam.rng import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.below import BelowThreshold
    from darkbeam.dilepton.mass_spectrum import MassSpectrum
    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.pairs import MeasuredPairs
    from darkbeam.dilepton.transport import Transport
    from darkbeam.production.pairs import PairFlux

    Array = NDArray[np.float64]

__all__ = ["MEMBERS", "OffShellPhoton", "Part"]

MEMBERS = 8
"""Bootstrap members offered as variations, at most."""
CENTRAL_SHARE = 0.5
"""Share of the points that the central kinematics get; the members divide the rest."""
RATES = {"dilepton-rate-down": -1.0, "dilepton-rate-up": 1.0}
BACKGROUND = {"dilepton-background-down": -1.0, "dilepton-background-up": 1.0}


@dataclass(frozen=True)
class Part:
    """One set of points: central or of a member."""

    variation: str
    spectrum: MassSpectrum
    model: KinematicModel
    n: int


@dataclass(frozen=True)
class OffShellPhoton:
    """Source of dark photons (protocol `darkbeam.production.source.Source`) from measured pairs.

    Attributes
    ----------
    name : str
        ``dilepton:FILE``.
    spectrum : MassSpectrum
        With a normalisation.
    model : KinematicModel
    beam : str
        Facility at which the pairs were measured.
    polarisation : float
        Longitudinal share f0 of the photons in the helicity frame; 1/3 is none.
    below : BelowThreshold, optional
        Analytic part below the lepton threshold.
    transport : Transport, optional
        To another beam.
    """

    name: str
    spectrum: MassSpectrum
    model: KinematicModel
    beam: str = "SPS"
    polarisation: float = UNPOLARISED
    below: BelowThreshold | None = None
    transport: Transport | None = None
    _cache: dict[str, tuple[tuple[str, MassSpectrum, KinematicModel], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.spectrum.normalisation is None:
            raise ValueRangeError(
                f"{self.name}: the data have no normalisation; fit with a card that has [normalisation]"
            )
        if not 0.0 <= self.polarisation <= 1.0:
            raise ValueRangeError(
                f"{self.name}: longitudinal share {self.polarisation:g} is not between 0 and 1"
            )

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        low, high = self.spectrum.support
        return (self.below.valid[0] if self.below else low), high

    @property
    def members(self) -> tuple[tuple[str, MassSpectrum, KinematicModel], ...]:
        """Names, spectra and kinematics of the bootstrap replicas."""
        if "members" not in self._cache:
            models = self.model.members[:MEMBERS]
            self._cache["members"] = tuple(
                (f"dilepton-member-{k + 1}", self.spectrum.replica(stream(0, "dilepton/replica", k)), model)
                for k, model in enumerate(models)
            )
        return self._cache["members"]

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Rate and background up and down, bootstrap members, the analytic part, transport."""
        below = self.below.variation_names if self.below else ()
        moved = self.transport.variation_names if self.transport else ()
        templates = () if self.spectrum.shift is None else tuple(BACKGROUND)
        return (*RATES, *templates, *(name for name, _, _ in self.members), *below, *moved)

    def parts(self, n: int) -> list[Part]:
        """Points to draw: central, then members, in whole blocks."""
        members = self.members
        share = CENTRAL_SHARE if members else 1.0
        central = N_BLOCKS * max(round(n * share / N_BLOCKS), 1)
        each = N_BLOCKS * max(round(n * (1.0 - share) / max(len(members), 1) / N_BLOCKS), 1)
        return [
            Part("central", self.spectrum, self.model, central),
            *(Part(name, spectrum, model, each) for name, spectrum, model in members),
        ]

    def _photons(self, spectrum: MassSpectrum, mass: float) -> tuple[float, float]:
        """F and its error at a mass inside the data."""
        value, error = spectrum.rate(mass)
        factor = float(photons_per_pair(mass, lepton_mass(spectrum.lepton)))
        return float(value[0]) * factor, float(error[0]) * factor

    def _is_below(self, mass: float) -> bool:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )
        return mass < self.spectrum.support[0]

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1."""
        if self.below and self._is_below(mass):
            return self.below.total(mass, variation)
        self._is_below(mass)
        spectrum = next((s for name, s, _ in self.members if name == variation), self.spectrum)
        value, error = self._photons(spectrum, mass)
        moved = self.transport.factor(self, mass, variation) if self.transport else 1.0
        value += self._changes(mass, error).get(variation, 0.0)
        return max(value, 0.0) * moved

    def _changes(self, mass: float, error: float) -> dict[str, float]:
        """Changes of F by variation; ``error`` is that of F."""
        found = {name: sign * error for name, sign in RATES.items()}
        if self.spectrum.shift is not None:
            factor = float(photons_per_pair(mass, lepton_mass(self.spectrum.lepton)))
            step = float(self.spectrum.background(mass)[0]) * factor
            found |= {name: sign * step for name, sign in BACKGROUND.items()}
        return found

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Weighted points of one mass (GeV)."""
        if self.below and self._is_below(mass):
            return self.below.flux(mass, n, rng)
        self._is_below(mass)
        parts = self.parts(n)
        drawn = [part.model.sample(np.full(part.n, mass), rng) for part in parts]
        pt, y = (np.concatenate([d[k] for d in drawn]) for k in (0, 1))
        value, error = self._photons(self.spectrum, mass)
        values = [value, *(self._photons(p.spectrum, mass)[0] for p in parts[1:])]
        weight, variations = spread_out(parts, values)
        for name, change in self._changes(mass, error).items():
            variations[name] = weight * max(1.0 + change / value, 0.0)
        energy = np.hypot(mass, pt) * np.cosh(y)
        theta = np.arctan2(pt, np.hypot(mass, pt) * np.sinh(y))
        n_all = np.arange(len(pt))
        flux = Flux(mass, energy, theta, weight, n_all % N_BLOCKS, n_all, variations)
        return self.transport.apply(flux, self.beam) if self.transport else flux

    def gap(self, mass: float) -> str:
        """Why there is no rate at a mass (GeV) inside `valid`; empty if there is one."""
        low, high = self.spectrum.support
        if not (low <= mass <= high and bool(self.spectrum.blind(np.array([mass]))[0])):
            return ""
        state = min(STATES, key=lambda k: abs(STATES[k][0] - mass))
        return f"{self.name}: no rate at {state}, which the resolution hides and to which no line is fitted: left out"

    @property
    def mass_nodes(self) -> tuple[float, ...]:
        """Masses that a grid needs to resolve the narrow states in the data and the ends of `gap`, GeV."""
        low, high = self.spectrum.support
        found = [M + G * x for M, G in STATES.values() for x in (-4.0, -1.5, -0.5, 0.0, 0.5, 1.5, 4.0)]
        # both sides of an end, further apart than a grid merges and closer than it bisects
        lattice = np.exp(np.arange(np.log(low), np.log(high), 2e-4))
        hidden = self.spectrum.blind(lattice)
        ends = np.flatnonzero(hidden[1:] != hidden[:-1])
        found += [float(lattice[k + i]) for k in ends for i in (-3, 4) if 0 <= k + i < lattice.size]
        return tuple(sorted(m for m in found if low < m < high))

    def pair_source(self, spin: str = "dirac") -> MeasuredPairs:
        """Source of millicharged pairs."""
        from darkbeam.dilepton.pairs import MeasuredPairs

        return MeasuredPairs(self, spin)

    def pairs(self, mass: float, spin: str, n: int, rng: np.random.Generator) -> PairFlux:
        """Weighted pairs of particles of one mass (GeV), per inelastic collision and squared charge."""
        return self.pair_source(spin).pairs(mass, n, rng)


def spread_out(parts: list[Part], values: list[float]) -> tuple[Array, dict[str, Array]]:
    """Central weights and those of the members on the points of all parts, for given yields."""
    which = np.repeat(np.arange(len(parts)), [p.n for p in parts])
    weight = np.where(which == 0, values[0] / parts[0].n, 0.0)
    variations = {
        part.variation: np.where(which == k, values[k] / part.n, 0.0)
        for k, part in enumerate(parts) if k > 0
    }  # fmt: skip
    return weight, variations
