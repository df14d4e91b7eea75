"""From the sources of a facility to the signals in a detector, at one mass of the particle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.models.millicharged import Millicharged
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream

from .crossing import cross
from .pool import photon_pool
from .signals import GRID, Signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.production.pairs import PairSource

    from .card import McpExperiment
    from .crossing import Crossings
    from .pool import PhotonPool

    Array = NDArray[np.float64]

__all__ = ["LEVELS", "MassPoint", "Simulation", "variation_weights"]

LEVELS = (0.0, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0)
"""Values of epsilon at which matter and magnets are simulated; N is interpolated between them."""
OFF_AXIS = 0.02
"""Polar angle (rad) beyond which most photons miss the detector and more are made; those of Drell-Yan always, whose
forward edge is rare."""
MORE = 4
KEPT = (2500, 800)
"""Photons of each source that are followed: for the lower edge, and with matter, which shapes the upper edge only."""


@dataclass(frozen=True)
class Simulation:
    """Experiment, sources and their photons.

    Attributes
    ----------
    experiment : McpExperiment
    sources : tuple of PairSource
        After the overlap policy.
    spin : {"dirac", "scalar"}
    collisions : float
    seed : int
    n : int
        Photons of each source that are made.
    """

    experiment: McpExperiment
    sources: tuple[PairSource, ...]
    spin: str
    collisions: float
    seed: int = 1
    n: int = 40000
    _pools: dict[str, PhotonPool] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        Millicharged(self.spin)

    @property
    def variations(self) -> tuple[str, ...]:
        """Variations of all sources."""
        return tuple(dict.fromkeys(v for s in self.sources for v in s.variation_names))

    @property
    def limit(self) -> float:
        """Mass above which no source makes pairs, GeV."""
        return max(s.valid[1] for s in self.sources)

    def pool(self, source: PairSource) -> PhotonPool:
        """Photons of a source, made at the first call."""
        if source.name not in self._pools:
            rng = stream(self.seed, f"mcp/photons/{source.name}")
            e = self.experiment
            more = MORE if e.angle > OFF_AXIS or source.name == "drell-yan" else 1
            self._pools[source.name] = photon_pool(source, more * self.n, rng)
        return self._pools[source.name]

    def at(self, mass: float) -> MassPoint:
        """Events at one mass."""
        return MassPoint(self, mass)


@dataclass(frozen=True)
class MassPoint:
    """Events at one mass (GeV), at every epsilon."""

    simulation: Simulation
    mass: float
    _kept: dict[tuple[int, str], Signals] = field(default_factory=dict, repr=False, compare=False)
    _crossed: dict[tuple[int, str], Crossings] = field(default_factory=dict, repr=False, compare=False)

    def events(self, epsilon: float, detector: str = "", rows: int | slice = 0) -> Array:
        """Expected events.

        Parameters
        ----------
        epsilon : float
        detector : str
            Name of a variant; the card's detector if empty.
        rows : int or slice
            0 central, then `Simulation.variations`, then ``N_BLOCKS`` blocks of the central row, then the sources.
        """
        e = self.simulation.experiment
        kind = e.variants[detector][0] if detector else e.detector
        scale = self.simulation.collisions * e.efficiency
        above = int(np.searchsorted(LEVELS, epsilon))
        if not e.bends or above <= 1:
            return scale * self._signals(0, detector).events(kind, epsilon, rows)
        above = min(above, len(LEVELS) - 1)
        low, high = LEVELS[above - 1], LEVELS[above]
        second = self._signals(above, detector).events(kind, epsilon, rows)
        if epsilon >= high:
            return scale * second
        t = float(np.log(epsilon / low) / np.log(high / low))
        first = self._signals(above - 1, detector).events(kind, epsilon, rows)
        return scale * ((1.0 - t) * first + t * second)

    def _signals(self, level: int, detector: str) -> Signals:
        """Signals of all sources; rows as in `events`."""
        if (level, detector) not in self._kept:
            s, e = self.simulation, self.simulation.experiment
            kind, length = e.variants[detector] if detector else (e.detector, e.length)
            parts = []
            for source in s.sources:
                weight = np.zeros((1 + len(s.variations) + N_BLOCKS, len(GRID)))
                if source.valid[0] < self.mass < source.valid[1]:
                    found, pool = self._crossings(level, source), s.pool(source)
                    mu = kind.response(length * found.slope, found.energy, self.mass, s.spin)
                    others = variation_weights(pool, found, s.variations)
                    weight = Signals.of(mu, found.weight, pool.block[found.photon], others).weight
                parts.append(weight)
            rows = np.concatenate([np.sum(parts, axis=0), [part[0] for part in parts]])
            self._kept[level, detector] = Signals(GRID, rows)
        return self._kept[level, detector]

    def _crossings(self, level: int, source: PairSource) -> Crossings:
        """Crossings of one source, the same for every variant of the detector."""
        key = level, source.name
        if key not in self._crossed:
            s = self.simulation
            rng = stream(s.seed, f"mcp/aim/{source.name}")
            self._crossed[key] = cross(
                s.pool(source), s.experiment, self.mass, s.spin, rng, LEVELS[level], KEPT[level > 0]
            )
        return self._crossed[key]


def variation_weights(pool: PhotonPool, found: Crossings, names: Sequence[str]) -> Array:
    """Weights of the crossings in every variation, shape (v, n)."""
    per_photon = found.weight / np.maximum(pool.weight[found.photon], 1e-300)
    rows = [found.weight] * len(names)
    for i, name in enumerate(names):
        if name in pool.variations:
            rows[i] = per_photon * pool.variations[name][found.photon]
    return np.asarray(rows).reshape(len(names), len(found.weight))
