r"""Dark photons from electromagnetic showers in a thick target.

The photons of pi0 and eta decays shower in the target (`shower_photons`, `shower_tracks`).  With T(E) the track
length of electrons and positrons per inelastic collision (X0/GeV), per epsilon^2:

``shower:annihilation``, e+ e- -> A' on an electron at rest.  The cross-section is that of a narrow resonance with
Gamma_ee = (alpha m/3) beta (3/2 - beta^2/2), beta the velocity in the centre of mass (arXiv:1802.04756, 1802.03794)::

    sigma = (4 pi^2 alpha / beta) (3/2 - beta^2/2) delta(s - m^2),     s = 2 m_e^2 + 2 m_e E
          -> (2 pi^2 alpha / m_e) delta(E - E_res),                     E_res = m^2/(2 m_e) - m_e
    N = (N_A Z X0/A) (1/2) T(E_res) (2 pi^2 alpha/m_e) (1/beta) (3/2 - beta^2/2),      E_A' = m^2/(2 m_e)

All A' have one energy and, apart from it, the direction of the positron.

``shower:bremsstrahlung``, e+- N -> e+- N A' (`shower_brems`)::

    N = (N_A X0/A) int dE T(E) sigma(E),      E > max(1.05 m, E_c)

Electrons and positrons both count.  Annihilation with a photon in the final state is the radiative tail of the
resonance and is not added; Compton scattering on electrons matters below a few MeV only and is left out, as are the
motion of bound electrons (it smears E_res, arXiv:2403.15387) and the depth of production: A' start at the target.

Validity.  Annihilation: E_res from the critical energy (below it positrons annihilate and Compton electrons count) to
half the beam energy (4 MeV to 0.45 GeV at the SPS).  Bremsstrahlung: 2 MeV to 0.3 GeV.

Only photons of the meson table that is given shower.  At the SPS those of the first collisions carry 0.18 of the beam
energy; those of the hadronic cascade, softer, another 0.39: `shower_sources` takes its tables, too.

Variations are other weights on the same points: the descriptions of the track length in `shower_tracks`, and the
elastic form factor alone for bremsstrahlung.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, GEV2_MB, M_E
from darkbeam.errors import MassRangeError
from darkbeam.production.shower_brems import (
    angle_kernel,
    effective_photons,
    sigma_gev,
    theta_squared,
    x_range,
)
from darkbeam.production.shower_photons import (
    PARENTS,
    Parent,
    PhotonBeam,
    Photons,
    sample_photons,
    scattering_angle,
    turned,
)
from darkbeam.production.shower_tracks import DESCRIPTIONS, track_length
from darkbeam.production.source import Flux
from darkbeam.production.target_materials import target_material
from darkbeam.spectra.quasi import kronecker

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.production.target_materials import Material
    from darkbeam.spectra import Spectra

    Array = NDArray[np.float64]

__all__ = ["SHOWERS", "ShowerAnnihilation", "ShowerBremsstrahlung", "resonance_energy", "shower_sources"]

_CM2 = GEV2_MB * 1.0e-27
"""One GeV^-2 in cm^2."""
_BREMS_MASSES = (2.0e-3, 0.3)
_N_ENERGY = 96
_DEFLECTED = 2
"""Coordinates of a point after its four of the photon: angle of scattering and its azimuth."""


def resonance_energy(mass: float) -> float:
    """Energy of the positron, GeV.

    Examples
    --------
    >>> round(resonance_energy(0.1), 2)
    9.78
    """
    return mass * mass / (2.0 * M_E) - M_E


def annihilation_strength(mass: float) -> float:
    """Integral of the cross-section over the positron energy, cm^2 GeV.

    Examples
    --------
    >>> f"{annihilation_strength(0.1):.3e}"
    '1.098e-25'
    """
    beta = np.sqrt(1.0 - (2.0 * M_E / mass) ** 2)
    return float(2.0 * np.pi**2 * ALPHA / M_E * (1.5 - 0.5 * beta**2) / beta * _CM2)


@dataclass(frozen=True)
class _Shower:
    """What the two sources share.

    Attributes
    ----------
    beam : PhotonBeam
        Photons of one facility; sources of one facility may share it.
    material : Material
    scale : float
        Factor on every yield, e.g. sigma_inel/sigma_tot for rates per collision elastic ones included.
    """

    beam: PhotonBeam
    material: Material
    scale: float = 1.0

    def _check(self, name: str, valid: tuple[float, float], mass: float) -> None:
        if not valid[0] < mass < valid[1]:
            raise MassRangeError(
                f"{name} is valid from {valid[0]:.4g} to {valid[1]:.4g} GeV, not at {mass:g} GeV"
            )

    def _flux(
        self,
        mass: float,
        n: int,
        rng: np.random.Generator,
        shares: list[float],
        dark: Callable[[Photons, Array], tuple[Array, Array, dict[str, Array]]],
        dimensions: int,
    ) -> Flux:
        """Points of all parents, shared out by their yields; ``dark`` gives (E, cos theta, factors)."""
        parts: list[tuple[Photons, Array, Array, dict[str, Array]]] = []
        for parent, share in zip(PARENTS, shares, strict=True):
            if share > 0.0:
                count = max(round(n * share / sum(shares)), 1)
                points = kronecker(count, 4 + dimensions, rng)
                photons = sample_photons(
                    self.beam.spectra.species(parent.species), parent, count, rng, points[:4]
                )
                parts.append((photons, *dark(photons, points[4:])))
        first = np.concatenate([[0], np.cumsum([len(p[0].energy) for p in parts])[:-1]]).astype(np.int64)
        weights = {
            name: np.concatenate([p[0].weight * p[3][name] for p in parts]) * self.scale
            for name in parts[0][3]
        }
        return Flux(
            mass=mass,
            energy=np.concatenate([p[1] for p in parts]),
            theta=np.arccos(np.concatenate([p[2] for p in parts])),
            weight=weights.pop("central"),
            block=np.concatenate([p[0].block for p in parts]),
            mother=np.concatenate([p[0].index + f for p, f in zip(parts, first, strict=True)]),
            variations=weights,
        )


@dataclass(frozen=True)
class ShowerAnnihilation(_Shower):
    """Dark photons from annihilation of shower positrons at rest electrons."""

    @property
    def name(self) -> str:
        """``shower:annihilation``."""
        return "shower:annihilation"

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV: E_res between the critical and half the beam energy."""
        limits = (self.material.critical_energy, 0.5 * self.beam.spectra.facility.beam_energy)
        low, high = (float(np.sqrt(2.0 * M_E * (e + M_E))) for e in limits)
        return low, high

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        return DESCRIPTIONS[1:]

    def _strength(self, mass: float) -> float:
        """A' per X0/GeV of positron and electron tracks together."""
        m = self.material
        return 0.5 * m.electrons_per_gram * m.radiation_length * annihilation_strength(mass)

    def _parent(self, parent: Parent, mass: float, variation: str) -> float:
        description = variation if variation in DESCRIPTIONS else "central"
        energy = np.array([resonance_energy(mass)])
        tracks = self.beam.tracks(energy, parent, self.material.critical_energy, description)
        return self.scale * self._strength(mass) * float(tracks[0])

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1."""
        self._check(self.name, self.valid, mass)
        return sum(self._parent(p, mass, variation) for p in PARENTS)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return n weighted points; those whose photon is softer than the resonance have weight 0."""
        self._check(self.name, self.valid, mass)
        energy, strength, ec = resonance_energy(mass), self._strength(mass), self.material.critical_energy

        def dark(photons: Photons, points: Array) -> tuple[Array, Array, dict[str, Array]]:
            angle = scattering_angle(energy, photons.energy, points[0])
            cosine = turned(photons.cos_theta, angle, 2.0 * np.pi * points[1])
            factors = {d: strength * track_length(energy, photons.energy, ec, d) for d in DESCRIPTIONS}
            return np.full(photons.energy.shape, energy + M_E), cosine, factors

        shares = [self._parent(p, mass, "central") for p in PARENTS]
        return self._flux(mass, n, rng, shares, dark, _DEFLECTED)


@dataclass(frozen=True)
class ShowerBremsstrahlung(_Shower):
    """Dark photons radiated by the electrons and positrons of showers."""

    @property
    def name(self) -> str:
        """``shower:bremsstrahlung``."""
        return "shower:bremsstrahlung"

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        return _BREMS_MASSES

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        return (*DESCRIPTIONS[1:], "shower-elastic")

    def _softest(self, mass: float) -> float:
        """Least energy of the electrons that are followed, GeV."""
        return max(1.05 * mass, self.material.critical_energy)

    def _nodes(self, mass: float) -> Array:
        return np.geomspace(self._softest(mass), self.beam.spectra.facility.beam_energy, _N_ENERGY)

    @property
    def _thickness(self) -> float:
        """Atoms per cm^2 in one radiation length, times (hbar c)^2 in cm^2 GeV^2."""
        return self.material.atoms_per_gram * self.material.radiation_length * _CM2

    def _parent(self, parent: Parent, mass: float, variation: str) -> float:
        energy = self._nodes(mass)
        photons = effective_photons(energy, mass, self.material, inelastic=variation != "shower-elastic")
        description = variation if variation in DESCRIPTIONS else "central"
        tracks = self.beam.tracks(energy, parent, self.material.critical_energy, description)
        rate = energy * tracks * sigma_gev(energy, mass, photons)
        return self.scale * self._thickness * float(np.trapezoid(rate, np.log(energy)))

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1."""
        self._check(self.name, self.valid, mass)
        return sum(self._parent(p, mass, variation) for p in PARENTS)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return n weighted points; those whose photon is too soft have weight 0."""
        self._check(self.name, self.valid, mass)
        nodes = self._nodes(mass)
        chi = {
            name: effective_photons(nodes, mass, self.material, inelastic=name == "central")
            for name in ("central", "shower-elastic")
        }

        def dark(photons: Photons, points: Array) -> tuple[Array, Array, dict[str, Array]]:
            return self._radiated(mass, nodes, chi, photons, points)

        shares = [self._parent(p, mass, "central") for p in PARENTS]
        return self._flux(mass, n, rng, shares, dark, _DEFLECTED + 4)

    def _radiated(
        self, mass: float, nodes: Array, chi: dict[str, Array], photons: Photons, points: Array
    ) -> tuple[Array, Array, dict[str, Array]]:
        """(E, cos theta, factors) of one A' per photon: E log-uniform, 1 - x log-uniform, u uniform."""
        softest, ec = self._softest(mass), self.material.critical_energy
        hard = photons.energy > softest
        span = np.log(np.where(hard, photons.energy, 2.0 * softest) / softest)
        energy = softest * np.exp(span * points[2])
        low, high = x_range(energy, mass)
        room = hard & (high > low)
        depth = np.log1p(-np.where(room, low, 0.0)) - np.log1p(-np.where(room, high, 0.5))
        rest = (1.0 - np.where(room, low, 0.0)) * np.exp(-depth * points[3])
        x = 1.0 - rest
        u = np.maximum(points[4], 1e-12)
        sigma = 4.0 * ALPHA**3 * np.sqrt(1.0 - (mass / energy) ** 2) * depth * rest * angle_kernel(x, u, mass)
        common = np.where(room, self._thickness * energy * span * sigma, 0.0)
        lnE, ln_nodes = np.log(energy), np.log(nodes)
        ww = {name: np.exp(np.interp(lnE, ln_nodes, np.log(values))) for name, values in chi.items()}
        lengths = {d: common * track_length(energy, photons.energy, ec, d) for d in DESCRIPTIONS}
        factors = {d: value * ww["central"] for d, value in lengths.items()}
        factors["shower-elastic"] = lengths["central"] * ww["shower-elastic"]
        cosine = turned(
            photons.cos_theta, scattering_angle(energy, photons.energy, points[0]), 2.0 * np.pi * points[1]
        )
        emitted = np.minimum(np.sqrt(theta_squared(x, u, energy, mass)), np.pi)
        return x * energy, turned(cosine, emitted, 2.0 * np.pi * points[5]), factors


SHOWERS = ("shower:annihilation", "shower:bremsstrahlung")
"""Names of the sources."""


def shower_sources(
    spectra: Spectra, material: Material | None = None, scale: float = 1.0
) -> list[ShowerAnnihilation | ShowerBremsstrahlung]:
    """Both sources of one facility.

    Parameters
    ----------
    spectra : Spectra
        Mesons whose photons shower.
    material : Material, optional
        By default that of the facility.
    scale : float

    Examples
    --------
    >>> from darkbeam.spectra import load_spectra
    >>> [s.name for s in shower_sources(load_spectra("SPS"))]
    ['shower:annihilation', 'shower:bremsstrahlung']
    """
    found = target_material(spectra.facility.name) if material is None else material
    beam = PhotonBeam(spectra)
    return [ShowerAnnihilation(beam, found, scale), ShowerBremsstrahlung(beam, found, scale)]
