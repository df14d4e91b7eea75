r"""Scattered electrons per epsilon^4 in a detector, at one mass of the dark matter.

    N(epsilon) = epsilon^4 C K,     K = sum over crossings of w n_e l sigma(E)

w crossings per collision and epsilon^2 (`darkbeam.millicharged.crossing`), l path in the detector (cm), n_e its
electrons per volume (cm^-3), sigma the cross-section (cm^2) inside the window of energies and angles at epsilon = 1
(`darkbeam.detection.recoil`), E energy of the particle (GeV), C inelastic collisions times efficiency.  The chance of
one particle to scatter is small for every epsilon of interest, so that N is the expected number of events.  The angle
of the dark matter to the beam is neglected against the electron's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.detection import mediator_cross_section, recoil_at_angle
from darkbeam.millicharged.crossing import cross
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream

from .photons import DarkPhotons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.models.light_dark_matter import LightDarkMatter
    from darkbeam.production.pairs import PairSource

    from .card import DarkMatterSearch

    Array = NDArray[np.float64]

__all__ = ["Rate", "Simulation"]

KEPT = 9000
"""Photons of each pool that are followed."""
MORE_PHOTONS = 4
"""Times as many photons of Drell-Yan, whose forward edge is rare."""


class Rate(NamedTuple):
    """Events per epsilon^4 at one mass.

    Attributes
    ----------
    rows : array, shape (1 + variations,)
        Central, then `Simulation.variations`.
    blocks : array, shape (N_BLOCKS,)
        Parts of the central row from independent mothers.
    sources : array, shape (sources,)
        Parts of the central row.
    near : float
        Share of the central row from photons near the pole of the A'.
    """

    rows: Array
    blocks: Array
    sources: Array
    near: float


@dataclass(frozen=True)
class Simulation:
    """Search, sources and their photons.

    Attributes
    ----------
    search : DarkMatterSearch
    sources : tuple of PairSource
        After the overlap policy, with the spin of the model.
    model : LightDarkMatter
    collisions : float
    seed : int
    n : int
        Photons of each source that are made, at all q and near the pole.
    """

    search: DarkMatterSearch
    sources: tuple[PairSource, ...]
    model: LightDarkMatter
    collisions: float
    seed: int = 1
    n: int = 40000
    _photons: dict[str, DarkPhotons] = field(default_factory=dict, repr=False, compare=False)

    @property
    def variations(self) -> tuple[str, ...]:
        """Variations of all sources."""
        return tuple(dict.fromkeys(v for s in self.sources for v in s.variation_names))

    @property
    def limit(self) -> float:
        """Mass above which no source makes pairs, GeV."""
        return max(s.valid[1] for s in self.sources)

    def photons(self, source: PairSource) -> DarkPhotons:
        """Photons of a source, made at the first call."""
        if source.name not in self._photons:
            rng = stream(self.seed, f"dark-matter/photons/{source.name}")
            n = self.n * (MORE_PHOTONS if source.name == "drell-yan" else 1)
            self._photons[source.name] = DarkPhotons(source, self.model, n, rng)
        return self._photons[source.name]

    def scattering(self, path: Array, energy: Array, mass: float) -> Array:
        """Expected electrons in the window on paths (n,) in m of particles with energies (n,), per epsilon^2."""
        detector, model = self.search.detector, self.model
        low, high = detector.low, detector.high
        window: tuple[float | Array, float | Array] = low, high
        if self.search.angles is not None:
            near, far = self.search.angles
            window = (
                np.maximum(low, recoil_at_angle(far, energy, mass)),
                np.minimum(high, recoil_at_angle(near, energy, mass)),
            )
        sigma = mediator_cross_section(energy, mass, model.mediator(mass), model.alpha_d, *window, model.spin)
        return np.asarray(100.0 * path * detector.material.electrons_per_cm3 * sigma)

    def rate(self, mass: float) -> Rate:
        """Events per epsilon^4 at one mass, GeV."""
        place = self.search.place
        rows, blocks = np.zeros(1 + len(self.variations)), np.zeros(N_BLOCKS)
        parts, near = np.zeros(len(self.sources)), 0.0
        for k, source in enumerate(self.sources):
            if not source.valid[0] < mass < source.valid[1]:
                continue
            rng = stream(self.seed, f"dark-matter/pole/{source.name}")
            for i, pool in enumerate(self.photons(source).at(mass, self.n, rng)):
                aim = stream(self.seed, f"dark-matter/aim/{source.name}/{i}")
                found = cross(pool, place, mass, self.model.spin, aim, n=KEPT)
                each = self.scattering(place.length * found.slope, found.energy, mass)
                per_weight = found.weight * each / np.maximum(pool.weight[found.photon], 1e-300)
                others = (pool.variations.get(v, pool.weight) for v in self.variations)
                sums = np.array([np.sum(per_weight * w[found.photon]) for w in (pool.weight, *others)])
                rows += sums
                parts[k] += sums[0]
                near += sums[0] if i else 0.0
                blocks += np.bincount(pool.block[found.photon], found.weight * each, N_BLOCKS)
        scale = self.collisions * place.efficiency
        return Rate(scale * rows, scale * blocks, scale * parts, near * scale / max(scale * rows[0], 1e-300))
