r"""Pairs of millicharged particles from every source of dark photons.

A dark-photon source is a source of virtual photons: F(q) photons of mass q per inelastic collision and per epsilon^2.
Through them a collision makes, per epsilon^2 and per pair,

    dN/dq = 2 q F(q) S(q^2),     q > 2 m                                        (arXiv:2512.04153, 1603.08926)
    S(q^2) = alpha/(3 pi q^2) beta (1 + 2 m^2/q^2)     Dirac
    S(q^2) = alpha/(3 pi q^2) beta^3/4                 complex scalar,           beta = sqrt(1 - 4 m^2/q^2)

q mass of the pair, m mass of the particle, GeV.  Dalitz decays, vector mesons through the poles of mixing and bremsstrahlung,
Drell-Yan with the Z (hypercharge mixing) are all contained; a quarkonium V is a pole too narrow to follow:

    N = N_V BR(V -> ee) beta (1 + 2 m^2/M^2)     (Dirac; beta^3/4 for a scalar; the electron mass is neglected)

Sampling: q comes from strata of equal yield, found once for each source and spin on a grid that is fine at the poles; at each
q the source gives its weighted photons, scaled to the yield of the stratum, so that the weights sum to the quadrature over
q.  The decay is isotropic in the pair's rest frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from darkbeam.constants import ALPHA, M_OMEGA, M_PHI, M_RHO, W_OMEGA, W_PHI
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.production.drell_yan import GAMMA_Z, M_Z
from darkbeam.production.quarkonium import Quarkonium
from darkbeam.production.source import N_BLOCKS
from darkbeam.production.weighted import innermost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.production.source import Flux, Source

    Array = NDArray[np.float64]

__all__ = ["SPINS", "PairFlux", "PairSource", "pair_factor", "pair_source"]

SPINS = ("dirac", "scalar")
"""Names of the spins."""
STRATA = 24
"""Pair masses at which a source is asked for photons."""
PER_DECADE = 60
POLES = ((M_RHO, 0.15), (M_OMEGA, W_OMEGA), (M_PHI, W_PHI), (M_Z, GAMMA_Z))
"""Masses and widths around which the grid in q is fine."""


def pair_factor(q: Array, mass: float, spin: str) -> Array:
    """S(q^2) in GeV^-2, shape of ``q``; zero below threshold.

    Raises
    ------
    UnknownNameError
        For a spin that does not exist.
    """
    if spin not in SPINS:
        raise UnknownNameError("spin", spin, SPINS)
    r = np.minimum((mass / np.asarray(q, dtype=np.float64)) ** 2, 0.25)
    beta = np.sqrt(1.0 - 4.0 * r)
    law = beta * (1.0 + 2.0 * r) if spin == "dirac" else 0.25 * beta**3
    return np.asarray(ALPHA / (3.0 * np.pi * np.square(q)) * law)


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
        Lab momenta (E, px, py, pz) of particle and antiparticle, beam along z, GeV.
    weight : array, shape (n,)
        Pairs per inelastic collision and per epsilon^2.
    block : array of int, shape (n,)
    variations : mapping of str to array, shape (n,)
    notes : tuple of str
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
        """Pairs per inelastic collision and per epsilon^2."""
        ...

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Return about ``n`` weighted pairs."""
        ...


def pair_source(source: Source, spin: str = "dirac") -> PairSource:
    """Source of pairs behind a source of dark photons."""
    inner = next(innermost(source))
    if isinstance(inner, Quarkonium):
        return NarrowPairs(inner, spin)
    return VirtualPhotonPairs(source, spin)


def mass_grid(low: float, high: float) -> Array:
    """Pair masses between two limits (open), fine around the poles, GeV."""
    edge = 1e-6
    decades = np.log10(high / low)
    plain = np.geomspace(low * (1.0 + edge), high * (1.0 - edge), max(int(PER_DECADE * decades), 24))
    steps = np.sinh(np.linspace(-6.0, 6.0, 61)) / 10.0  # from 0.02 to 20 widths
    near = [M + G * steps for M, G in POLES]
    # where a photon of a decay gets no momentum left, F falls like a power of the distance
    ends = high * (1.0 - np.geomspace(edge, 0.3, 24))
    grid = np.unique(np.concatenate([plain, ends, *near]))
    return grid[(grid > low * (1.0 + 0.5 * edge)) & (grid < high * (1.0 - 0.5 * edge))]


@dataclass(frozen=True)
class VirtualPhotonPairs:
    """Pairs from photons of a continuous mass.

    Attributes
    ----------
    source : Source
        Of dark photons, after the overlap policy.
    spin : {"dirac", "scalar"}
    """

    source: Source
    spin: str = "dirac"
    _photons: dict[str, tuple[Array, Array]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the source of dark photons."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        return 0.0, 0.5 * self.source.valid[1]

    def photons(self, variation: str = "central") -> tuple[Array, Array]:
        """Grid of q and F(q) on the whole range of the source; kept, because the particle's mass does not enter."""
        if variation not in self._photons:
            q = mass_grid(*self.source.valid)
            self._photons[variation] = q, np.array([self.source.total(float(x), variation) for x in q])
        return self._photons[variation]

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Those of the source."""
        return self.source.variation_names

    def _density(self, mass: float, variation: str) -> tuple[Array, Array]:
        """Grid of q from 2 m up, and dN/dq on it."""
        low, high = self.source.valid
        grid, photons = self.photons(variation)
        start = max(2.0 * mass, low)
        # the grid begins at the threshold, where the factor rises like a square root
        rise = start + (high - start) * np.geomspace(1e-7, 0.05, 24)
        q = np.unique(np.concatenate([rise[rise < high], grid[grid > start]]))
        F = np.exp(np.interp(np.log(q), np.log(grid), np.log(np.maximum(photons, 1e-300))))
        return q, 2.0 * q * F * pair_factor(q, mass, self.spin)

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and per epsilon^2."""
        self._check(mass)
        q, density = self._density(mass, variation if variation in self.variation_names else "central")
        return float(np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(q)))

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Weighted pairs of particles of one mass.

        Parameters
        ----------
        mass : float
            GeV.
        n : int
            Pairs wanted; each stratum of q is rounded up to whole blocks.
        rng : Generator
        """
        self._check(mass)
        q, density = self._density(mass, "central")
        cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(q))])
        if not cumulative[-1] > 0.0:
            raise MassRangeError(f"{self.name} makes no pairs of {mass:g} GeV")
        u = (np.arange(STRATA) + rng.random(STRATA)) / STRATA
        each = N_BLOCKS * max(-(-n // (STRATA * N_BLOCKS)), 1)
        parts = []
        for q_k in np.interp(u * cumulative[-1], cumulative, q).tolist():
            flux = self.source.flux(q_k, each, rng)
            # every stratum has the same yield; its own sampling error of F is divided out
            factor = cumulative[-1] / (STRATA * flux.total())
            parts.append((flux.scaled(np.full(len(flux.energy), factor)), q_k))
        return _decayed(parts, mass, rng)

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(f"{self.name} makes pairs of masses below {high:.4g} GeV, not {mass:g} GeV")


@dataclass(frozen=True)
class NarrowPairs:
    """Pairs from a quarkonium.

    Attributes
    ----------
    source : Quarkonium
    spin : {"dirac", "scalar"}
    """

    source: Quarkonium
    spin: str = "dirac"

    @property
    def name(self) -> str:
        """Name of the source of dark photons."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        return 0.0, 0.5 * self.source.resonance.mass

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Those of the source."""
        return self.source.variation_names

    def branching(self, mass: float) -> float:
        """Branching ratio to a pair, per epsilon^2."""
        M = np.array(self.source.resonance.mass)
        # the factor over that of massless Dirac pairs
        law = float(pair_factor(M, mass, self.spin) / pair_factor(M, 0.0, "dirac"))
        return self.source.resonance.branching_ll * law

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and per epsilon^2."""
        self._check(mass)
        return self.source.multiplicity(variation) * self.branching(mass)

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Weighted pairs of particles of one mass (GeV)."""
        self._check(mass)
        M = self.source.resonance.mass
        flux = self.source.flux(M, n, rng)
        factor = self.total(mass) / self.source.total(M)
        return _decayed([(flux.scaled(np.full(len(flux.energy), factor)), M)], mass, rng)

    def _check(self, mass: float) -> None:
        if not 0.0 < mass < self.valid[1]:
            raise MassRangeError(
                f"{self.name} makes pairs of masses below {self.valid[1]:.4g} GeV, not {mass:g} GeV"
            )


def _decayed(parts: list[tuple[Flux, float]], mass: float, rng: np.random.Generator) -> PairFlux:
    """Photons of the given masses with an azimuth, decayed to pairs."""
    from darkbeam.kinematics import boost_from_rest, two_body_rest

    q = np.concatenate([np.full(len(f.energy), m) for f, m in parts])
    energy, theta = (np.concatenate([getattr(f, name) for f, _ in parts]) for name in ("energy", "theta"))
    n = len(q)
    u, v, w = rng.random((3, n))
    momentum = np.sqrt(np.maximum((energy - q) * (energy + q), 0.0))
    phi = 2.0 * np.pi * w
    across = momentum * np.sin(theta)
    photon = np.stack([energy, across * np.cos(phi), across * np.sin(phi), momentum * np.cos(theta)])
    rest = two_body_rest(q, mass, mass, 2.0 * u - 1.0, 2.0 * np.pi * v)
    p4 = np.stack([boost_from_rest(p, photon, q) for p in rest], axis=1)
    names = tuple(dict.fromkeys(k for f, _ in parts for k in f.variations))
    variations = {k: np.concatenate([f.weights(k) for f, _ in parts]) for k in names}
    return PairFlux(
        mass, q, p4, np.concatenate([f.weight for f, _ in parts]), np.concatenate([f.block for f, _ in parts]),
        variations, tuple(dict.fromkeys(note for f, _ in parts for note in f.notes)),
    )  # fmt: skip
