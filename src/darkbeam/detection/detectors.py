r"""Detectors of millicharged particles: expected signals per epsilon^2, and efficiencies at any epsilon afterwards.

A crossing leaves mu epsilon^2 expected signals (photo-electrons, recoils, ionisation clusters); mu does not depend on
epsilon, so that one stored number gives the efficiency at every coupling:

    scintillator bars    P = prod over layers of P(at least k | epsilon^2 mu_l)
    recoils              P = P(at least h | epsilon^2 mu) = 1 - sum_{n<h} (epsilon^2 mu)^n exp(-epsilon^2 mu)/n!

Light yield of a bar, photo-electrons per cm of path (`LIGHT_YIELDS`):

    mean                 dE/dx rho Y eta = 2.27e3
    compound-poisson     (K/2)(Z/A) rho Y eta [ln(2 m_e T*/(hbar omega_p)^2) + 1 - 0.577] = 1.41e3,   T* = 1/(Y eta)
    bethe                -dE/dx(E, m) rho Y eta, Bethe's formula (`darkbeam.propagation.energy_loss`), as in programs on
                         top of FORESEE: up to 50 % above the mean at high energies

with dE/dx = 2.0 MeV cm^2/g, rho = 1.032 g/cm^3, Y = 1.1e4 photons per MeV and eta = 0.1 photo-electrons per photon.
The mean overestimates how often a bar is hit, because many photo-electrons come from few hard knock-on electrons; the
second is the number of independent clusters, derived for beta gamma above 10 (not checked against a simulation).
Photo-electrons are then Poisson, or counted in clusters (`darkbeam.detection.photo_electrons`).

Signal regions of a search are intervals of the smallest count among the layers,

    P(k <= smallest count <= m) = P(all at least k) - P(all at least m + 1),

times the chance that none, some, one, or two and more of thin scintillators (slabs) beside the bars have a signal.

Recoils: mu = n_e sigma L with `recoil.cross_section`.  Silicon CCD: plasmon pole,

    mu = alpha omega_p ln(k_c beta/omega_p)/beta^2 L/(hbar c),   omega_p = 16.6 eV,   k_c = 2.5 keV

first order, without the tail of larger clusters (arXiv:2403.00123 has it).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import gammainc

from darkbeam.constants import ALPHA, HBARC_GEV_M, M_E
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.propagation.energy_loss import stopping_power
from darkbeam.propagation.materials import Material, get_material

from .photo_electrons import at_least
from .recoil import cross_section

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "LIGHT_YIELDS", "SLAB_HITS", "Detector", "RecoilDetector", "ScintillatorBars", "SkipperCCD", "Slabs", "light_yield",
]  # fmt: skip

PHOTONS_PER_MEV = 1.1e4
COLLECTION = 0.1
"""Photo-electrons per photon: collection times quantum efficiency."""
MEAN_LOSS = 2.0
"""MeV cm^2/g."""
EULER = 0.5772156649
HALF_K = 0.1535375
"""K/2, MeV cm^2/mol."""
LIGHT_YIELDS = ("compound-poisson", "mean", "bethe")
"""Names of the descriptions of a bar's light, the default first."""
SLAB_HITS = ("any", "none", "some", "one", "two-or-more")
"""How many of the slabs have a signal, the default first."""


class Detector(Protocol):
    """What the simulation asks of a detector."""

    @property
    def layers(self) -> int:
        """Parts of the path that must each give a signal."""
        ...

    def response(self, path: Array, energy: Array, mass: float, spin: str, /) -> Array:
        """Expected signals per epsilon^2 on paths (..., n) in m of particles with energies (n,), GeV."""
        ...

    def efficiency(self, signals: Array, epsilon: float) -> Array:
        """Probability of a detection, shape (n,), from the signals per epsilon^2, shape (layers, n)."""
        ...


def light_yield(
    description: str, photons_per_mev: float = PHOTONS_PER_MEV, collection: float = COLLECTION
) -> float:
    """Photo-electrons (or clusters) per metre of plastic scintillator at epsilon = 1.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> round(light_yield("mean") / 100.0), round(light_yield("compound-poisson") / 100.0)
    (2270, 1409)
    """
    if description not in LIGHT_YIELDS[:2]:
        raise UnknownNameError("light yield without energy", description, LIGHT_YIELDS[:2])
    plastic = get_material("scintillator")
    per_mev = photons_per_mev * collection
    if description == "mean":
        return 100.0 * MEAN_LOSS * plastic.density * per_mev
    each = HALF_K * plastic.z_over_a * plastic.density * per_mev
    return 100.0 * each * cluster_logarithm(photons_per_mev, collection)


def cluster_logarithm(photons_per_mev: float, collection: float) -> float:
    """ln(2 m_e T*/(hbar omega_p)^2) + 1 - 0.577."""
    plasma = get_material("scintillator").plasma_eV * 1e-6  # MeV
    return log(2.0 * (1e3 * M_E) / (photons_per_mev * collection) / plasma**2) + 1.0 - EULER


@dataclass(frozen=True)
class Slabs:
    """Thin scintillators in front of, between and behind the layers.

    Attributes
    ----------
    number : int
    thickness : float
        In units of the path through one bar.
    collection : float
        Photo-electrons per photon.
    hits : {"any", "none", "some", "one", "two-or-more"}
        How many slabs must have a photo-electron.
    """

    number: int
    thickness: float
    collection: float
    hits: str = "any"

    def probability(self, signals: Array) -> Array:
        """Chance of the wanted number of slabs with a signal, from the expected signals in one of them."""
        hit = -np.expm1(-signals)
        none = (1.0 - hit) ** self.number
        one = self.number * hit * (1.0 - hit) ** (self.number - 1)
        cases = {
            "any": np.ones_like(hit), "none": none, "some": 1.0 - none, "one": one, "two-or-more": 1.0 - none - one,
        }  # fmt: skip
        return np.asarray(np.maximum(cases[self.hits], 0.0))


@dataclass(frozen=True)
class ScintillatorBars:
    """Layers of plastic bars in coincidence.

    Attributes
    ----------
    layers : int
    photons_per_mev, collection : float
    photo_electrons : int
        Least number in each layer.
    light : {"compound-poisson", "mean", "bethe"}
    photo_electrons_max : int, optional
        Largest value of the smallest number among the layers.
    slabs : Slabs, optional
    """

    layers: int
    photons_per_mev: float = PHOTONS_PER_MEV
    collection: float = COLLECTION
    photo_electrons: int = 1
    light: str = "compound-poisson"
    photo_electrons_max: int | None = None
    slabs: Slabs | None = None

    def __post_init__(self) -> None:
        if self.photo_electrons_max is not None and self.photo_electrons_max < self.photo_electrons:
            raise ValueRangeError(
                f"no number of photo-electrons is between {self.photo_electrons} and {self.photo_electrons_max}"
            )

    def response(self, path: Array, energy: Array, mass: float, _spin: str, /) -> Array:
        """Photo-electrons or clusters per epsilon^2: the yield of a relativistic particle, with 1/beta^2."""
        if self.light == "bethe":
            loss = 1e3 * stopping_power(energy, mass, get_material("scintillator"))  # MeV/m
            return np.asarray(self.photons_per_mev * self.collection * loss * path)
        beta2 = np.maximum((energy - mass) * (energy + mass) / (energy * energy), 1e-12)
        return np.asarray(light_yield(self.light, self.photons_per_mev, self.collection) * path / beta2)

    def efficiency(self, signals: Array, epsilon: float) -> Array:
        """Probability that the smallest count of the layers is in its interval, with the wanted slabs."""
        mean = epsilon**2 * signals
        chance = self._all_at_least(self.photo_electrons, mean)
        if self.photo_electrons_max is not None:
            chance = chance - self._all_at_least(self.photo_electrons_max + 1, mean)
        if self.slabs is not None:
            chance = chance * self.slabs.probability(self._slab_yield() * np.mean(mean, axis=0))
        return np.asarray(np.maximum(chance, 0.0))

    def _all_at_least(self, count: int, mean: Array) -> Array:
        if self.light != "compound-poisson":
            return np.asarray(np.prod(gammainc(count, mean), axis=0))
        logarithm = cluster_logarithm(self.photons_per_mev, self.collection)
        return np.asarray(np.prod(at_least(count, mean, logarithm), axis=0))

    def _slab_yield(self) -> float:
        """Signals in one slab over those in one bar."""
        if self.slabs is None:
            return 0.0
        if self.light != "compound-poisson":
            return self.slabs.thickness * self.slabs.collection / self.collection
        slab, bar = (
            light_yield(self.light, self.photons_per_mev, c) for c in (self.slabs.collection, self.collection)
        )
        return self.slabs.thickness * slab / bar


@dataclass(frozen=True)
class RecoilDetector:
    """Electron recoils in an energy window: liquid argon, bubble chamber, emulsion.

    Attributes
    ----------
    material : Material
    low, high : float
        Window of the recoil's kinetic energy, GeV.
    hits : int
        Recoils needed along the path.
    """

    material: Material
    low: float
    high: float = np.inf
    hits: int = 1

    def __post_init__(self) -> None:
        if not 0.0 < self.low < self.high:
            raise ValueRangeError(f"the recoil window {self.low:g} to {self.high:g} GeV is empty")
        if self.hits < 1:
            raise ValueRangeError(f"{self.hits} recoils; ask for 1 or more")

    @property
    def layers(self) -> int:
        """One volume."""
        return 1

    def response(self, path: Array, energy: Array, mass: float, spin: str, /) -> Array:
        """Expected recoils per epsilon^2."""
        per_cm = self.material.electrons_per_cm3 * cross_section(energy, mass, self.low, self.high, spin)
        return np.asarray(100.0 * path * per_cm)

    def efficiency(self, signals: Array, epsilon: float) -> Array:
        """Probability of enough recoils."""
        return np.asarray(gammainc(self.hits, epsilon**2 * np.sum(signals, axis=0)))


@dataclass(frozen=True)
class SkipperCCD:
    """Silicon CCDs that see clusters of a few electrons.

    Attributes
    ----------
    layers : int
        CCDs along the path, any of which may be hit.
    accepted : float
        Share of the plasmon clusters inside the window of cluster sizes.
    """

    layers: int = 1
    accepted: float = 1.0
    plasmon_eV: float = 16.6
    cut_eV: float = 2500.0

    def response(self, path: Array, energy: Array, mass: float, _spin: str, /) -> Array:
        """Plasmons per epsilon^2."""
        beta2 = np.maximum((energy - mass) * (energy + mass) / (energy * energy), 1e-12)
        log_term = np.maximum(np.log(self.cut_eV / self.plasmon_eV) + 0.5 * np.log(beta2), 0.0)
        per_metre = ALPHA * (self.plasmon_eV * 1e-9) * log_term / beta2 / HBARC_GEV_M
        return np.asarray(self.accepted * per_metre * path)

    def efficiency(self, signals: Array, epsilon: float) -> Array:
        """Probability of at least one cluster in any CCD."""
        return np.asarray(-np.expm1(-(epsilon**2) * np.sum(signals, axis=0)))
