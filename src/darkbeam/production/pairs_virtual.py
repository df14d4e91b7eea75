r"""Pairs from virtual photons of a continuous mass, and from a quarkonium.

A source of F(q) photons of mass q per collision and per epsilon^2 makes, per epsilon^2,

    dN/dq = 2 q F(q) S(q^2),     q > 2 m                                (arXiv:2512.04153, 1603.08926)

pairs of mass q of particles of mass m (GeV); S(q^2): `darkbeam.models.millicharged`.  Sampling: q comes from strata of
equal yield; at each q the source gives its weighted photons, scaled to the yield of the stratum, so that the weights
sum to the quadrature over q (`darkbeam.production.pairs_spectrum`).  A narrow vector V of mass M makes

    N = N_V BR(V -> ee) beta (1 + 2 m^2/M^2)     (Dirac; beta^3/4 for a scalar; the electron mass is neglected)

pairs of mass M.  Angles: `darkbeam.production.pairs_angles`; photons and mesons are unpolarised unless a share of
transverse ones is given, but for Drell-Yan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import MassRangeError
from darkbeam.models.millicharged import LIGHTEST, vector_branching
from darkbeam.production.drell_yan import DrellYan
from darkbeam.production.pairs_angles import (
    ISOTROPIC,
    TRANSVERSE,
    collins_soper_axis,
    decay_pairs,
    flight_axis,
    sample_cos,
)
from darkbeam.production.pairs_flux import PairFlux, join_pairs
from darkbeam.production.pairs_spectrum import Panels, PhotonTable, pair_panels
from darkbeam.production.source import N_BLOCKS
from darkbeam.production.weighted import LargerSource, innermost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.facilities import Facility
    from darkbeam.production.pairs_flux import PairSource
    from darkbeam.production.quarkonium import Quarkonium
    from darkbeam.production.source import Flux, Source

    Array = NDArray[np.float64]

__all__ = ["NarrowPairs", "VirtualPhotonPairs"]

STRATA = 24
"""Pair masses at which a source is asked for photons."""


@dataclass(frozen=True)
class VirtualPhotonPairs:
    """Pairs from photons of a continuous mass.

    Attributes
    ----------
    source : Source
        Of dark photons, after the overlap policy.
    spin : {"dirac", "scalar"}
    transverse : float
        Share of photons with spin along their direction of flight; Drell-Yan has its own law.
    """

    source: Source
    spin: str = "dirac"
    transverse: float = ISOTROPIC
    _tables: dict[str, PhotonTable] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the source of dark photons."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        return LIGHTEST, 0.5 * self.source.valid[1]

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Those of the source."""
        return self.source.variation_names

    def notes(self, mass: float) -> tuple[str, ...]:
        """Say what is left out below the lightest photon of a hadronic source."""
        low = self.source.valid[0]
        hard = any(isinstance(s, DrellYan) for s in innermost(self.source))
        if hard or 2.0 * mass >= low:
            return ()
        return (f"{self.name}: pairs of masses below {low:.3g} GeV are left out",)

    def photons(self, variation: str = "central") -> PhotonTable:
        """F(q) on the whole range of the source; kept, because the particle's mass does not enter."""
        kind = variation if variation in self.variation_names else "central"
        if kind not in self._tables:
            self._tables[kind] = PhotonTable.of(lambda q: self.source.total(q, kind), *self.source.valid)
        return self._tables[kind]

    def panels(self, mass: float, variation: str = "central") -> Panels:
        """Yield in panels of q."""
        _check(self, mass)
        return pair_panels(self.photons(variation), mass, self.spin)

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and per epsilon^2."""
        return self.panels(mass, variation).total

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
        panels = self.panels(mass)
        if not panels.total > 0.0:
            raise MassRangeError(f"{self.name} makes no pairs of {mass:g} GeV")
        u = (np.arange(STRATA) + rng.random(STRATA)) / STRATA
        each = N_BLOCKS * max(-(-n // (STRATA * N_BLOCKS)), 1)
        photons: list[tuple[Flux, float]] = []
        for q in panels.quantile(u).tolist():
            flux = self.source.flux(q, each, rng)
            # every stratum has the same yield; its own sampling error of F is divided out
            factor = panels.total / (STRATA * flux.total())
            photons.append((flux.scaled(np.full(len(flux.energy), factor)), q))
        # the policy `max` is Drell-Yan at some masses only
        groups: dict[Facility | None, list[tuple[Flux, float]]] = {}
        for photon in photons:
            hard = _drell_yan_at(self.source, photon[1])
            groups.setdefault(hard.site if hard else None, []).append(photon)
        return join_pairs(
            [
                _decayed(group, mass, rng, self.spin, TRANSVERSE if site else self.transverse, site)
                for site, group in groups.items()
            ]
        )


@dataclass(frozen=True)
class NarrowPairs:
    """Pairs from a quarkonium.

    Attributes
    ----------
    source : Quarkonium
    spin : {"dirac", "scalar"}
    transverse : float
        Share of mesons with spin along their direction of flight; 2/3 is unpolarised.
    """

    source: Quarkonium
    spin: str = "dirac"
    transverse: float = ISOTROPIC

    @property
    def name(self) -> str:
        """Name of the source of dark photons."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        return LIGHTEST, 0.5 * self.source.resonance.mass

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Those of the source."""
        return self.source.variation_names

    def notes(self, mass: float) -> tuple[str, ...]:
        """Nothing to say about any mass."""
        del mass
        return ()

    def branching(self, mass: float) -> float:
        """Branching ratio to a pair, per epsilon^2."""
        meson = self.source.resonance
        return vector_branching(meson.branching_ll, meson.mass, mass, self.spin)

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and per epsilon^2."""
        _check(self, mass)
        return self.source.multiplicity(variation) * self.branching(mass)

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Weighted pairs of particles of one mass (GeV)."""
        M = self.source.resonance.mass
        total = self.total(mass)
        flux = self.source.flux(M, n, rng)
        scaled = flux.scaled(np.full(len(flux.energy), total / flux.total()))
        return _decayed([(scaled, M)], mass, rng, self.spin, self.transverse, None)


def _check(source: PairSource, mass: float) -> None:
    low, high = source.valid
    if not low < mass < high:
        raise MassRangeError(
            f"{source.name} makes pairs of masses from {low:.4g} to {high:.4g} GeV, not {mass:g} GeV"
        )


def _drell_yan_at(source: Source, q: float) -> DrellYan | None:
    """Drell-Yan, if that is what a source is at a pair mass."""
    while not isinstance(source, DrellYan):
        inside = source.chosen(q) if isinstance(source, LargerSource) else getattr(source, "source", None)
        if inside is None:
            return None
        source = inside
    return source


def _decayed(
    photons: list[tuple[Flux, float]], mass: float, rng: np.random.Generator,
    spin: str, transverse: float, beams: Facility | None,
) -> PairFlux:  # fmt: skip
    """Photons of the given masses with an azimuth, decayed to pairs; about the beams of a facility if given."""
    fluxes = [f for f, _ in photons]
    q = np.concatenate([np.full(len(f.energy), m) for f, m in photons])
    energy, theta = (np.concatenate([getattr(f, name) for f in fluxes]) for name in ("energy", "theta"))
    turn, which, where, phi = rng.random((4, len(q)))
    momentum = np.sqrt(np.maximum((energy - q) * (energy + q), 0.0))
    across = momentum * np.sin(theta)
    turn = 2.0 * np.pi * turn
    pair = np.stack([energy, across * np.cos(turn), across * np.sin(turn), momentum * np.cos(theta)])
    beta = np.sqrt(np.maximum(1.0 - np.square(2.0 * mass / q), 0.0))
    cos = sample_cos(np.stack([which, where]), beta, transverse, spin)
    axis = flight_axis(pair) if beams is None else collins_soper_axis(pair, q, beams)
    names = tuple(dict.fromkeys(k for f in fluxes for k in f.variations))
    return PairFlux(
        mass, q, decay_pairs(pair, q, mass, axis, cos, 2.0 * np.pi * phi),
        np.concatenate([f.weight for f in fluxes]), np.concatenate([f.block for f in fluxes]),
        {k: np.concatenate([f.weights(k) for f in fluxes]) for k in names},
        tuple(dict.fromkeys(note for f in fluxes for note in f.notes)),
    )  # fmt: skip
