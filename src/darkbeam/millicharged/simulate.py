"""From the sources of a facility to the signals in a detector, at one mass of the particle.

Matter and magnets depend on epsilon.  They are simulated at levels of epsilon, `PER_DECADE` a decade, and N is linear
in ln epsilon between two of them; where it changes by more than `STEEP` levels are added in between, down to steps of
2 %.  With a given ``level`` N has the matter of this one level at every epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.detection import ScintillatorBars
from darkbeam.models.millicharged import Millicharged
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream

from .candidates import Candidates, Chosen
from .crossing import follow
from .pool import photon_pool
from .signals import GRID, Signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.detection import Detector
    from darkbeam.production.pairs import PairSource

    from .card import McpExperiment, Region
    from .crossing import Crossings
    from .pool import PhotonPool

    Array = NDArray[np.float64]

__all__ = ["KEPT", "MassPoint", "Simulation", "in_region", "variation_ratios"]

PER_DECADE, PARTS = 12, 8
"""Levels of epsilon in a decade, and the finest parts of a step between two of them."""
LEVEL_MIN = 1e-5
"""Below it matter and magnets do nothing."""
STEEP = 2.0
"""Factor in N between two levels above which levels are added in between."""
OFF_AXIS, MORE_PHOTONS = 0.02, 4
"""Polar angle (rad) of the detector beyond which most photons miss it, and times as many photons that are then made; of
Drell-Yan always, whose forward edge is rare."""
KEPT = (8000, 2000)
"""Photons that are followed, of all sources together: for the lower edge, and to look for the edges."""
LEAST_KEPT = 60
"""Photons of each source that are followed at least."""


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
    n: int = 24000
    _pools: dict[str, PhotonPool] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        Millicharged(self.spin)

    @cached_property
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
            more = MORE_PHOTONS if e.angle > OFF_AXIS or source.name == "drell-yan" else 1
            self._pools[source.name] = photon_pool(source, more * self.n, rng)
        return self._pools[source.name]

    def at(self, mass: float) -> MassPoint:
        """Events at one mass."""
        return MassPoint(self, mass)


@dataclass(frozen=True)
class _Followed:
    """Crossings of all sources, with what belongs to the photons: ratios of the variations, blocks, sources."""

    found: Crossings
    ratio: Array
    block: NDArray[np.int64]
    source: NDArray[np.int64]


@dataclass(frozen=True)
class MassPoint:
    """Events at one mass (GeV), at every epsilon."""

    simulation: Simulation
    mass: float
    _kept: dict[tuple[float, int, str], Signals] = field(default_factory=dict, repr=False, compare=False)
    _crossed: dict[tuple[float, int], _Followed] = field(default_factory=dict, repr=False, compare=False)
    _valued: dict[float, dict[str, Array]] = field(default_factory=dict, repr=False, compare=False)

    def events(
        self,
        epsilon: float,
        detector: str = "",
        rows: int | slice = 0,
        *,
        level: float | None = None,
        photons: int = KEPT[0],
    ) -> Array:
        """Expected events: particles that are detected.  Both particles of a pair count.

        Parameters
        ----------
        epsilon : float
        detector : str
            Name of a variant; the card's detector if empty.
        rows : int or slice
            0 central, then `Simulation.variations`, then ``N_BLOCKS`` blocks of the central row, then the sources.
        level : float, optional
            Epsilon at which matter and magnets act; that of the particles if not given.
        photons : int
            That are followed, of all sources.
        """

        def at(level: float) -> Array:
            return self._at_level(epsilon, level, detector, photons)

        if not self.simulation.experiment.bends or epsilon < LEVEL_MIN:
            level = 0.0
        if level is not None:
            return np.asarray(at(level)[rows])
        x = PARTS * PER_DECADE * np.log10(epsilon)
        below = PARTS * int(np.floor(x / PARTS + 1e-9))
        if abs(x - below) < 1e-6:
            return np.asarray(at(_level(below))[rows])
        above = below + PARTS
        first, second = at(_level(below)), at(_level(above))
        while above - below > 1 and _steep(first[0], second[0]):
            middle = (below + above) // 2
            between = at(_level(middle))
            if x < middle:
                above, second = middle, between
            else:
                below, first = middle, between
        t = (x - below) / (above - below)
        return np.asarray(((1.0 - t) * first + t * second)[rows])

    def _at_level(self, epsilon: float, level: float, detector: str, photons: int) -> Array:
        """All rows; with signal regions those of the one that excludes most, scaled to the limit of the first."""
        e = self.simulation.experiment
        kind = e.variants[detector][0] if detector else e.detector
        signals = self._signals(level, detector, photons)
        scale = self.simulation.collisions * e.efficiency
        if not e.regions:
            return scale * signals.events(kind, epsilon, slice(None))
        found = [
            scale * e.n_events / r.limit * signals.events(in_region(kind, r), epsilon, slice(None))
            for r in e.regions
        ]
        return max(found, key=lambda row: float(row[0]))

    def _signals(self, level: float, detector: str, photons: int) -> Signals:
        """Signals of all sources; rows as in `events`."""
        key = level, photons, detector
        if key not in self._kept:
            s, e = self.simulation, self.simulation.experiment
            kind, length = e.variants[detector] if detector else (e.detector, e.length)
            if not self.candidates:
                rows = 1 + len(s.variations) + N_BLOCKS + len(s.sources)
                return Signals(GRID, np.zeros((rows, len(GRID))))
            f = self._followed(level, photons)
            mu = kind.response(length * f.found.slope, f.found.energy, self.mass, s.spin)
            self._kept[key] = Signals.of(
                mu, f.found.weight, f.block[f.found.photon], f.found.weight * f.ratio[:, f.found.photon],
                f.source[f.found.photon], len(s.sources),
            )  # fmt: skip
        return self._kept[key]

    def _followed(self, level: float, photons: int) -> _Followed:
        """Crossings of all sources, the same for every variant of the detector."""
        key = level, photons
        if key not in self._crossed:
            s, e, names = self.simulation, self.simulation.experiment, self.simulation.variations
            rng = stream(s.seed, "mcp/aim")
            values = self._values(level)
            unit = photons / max(sum(float(np.sum(v)) for v in values.values()), 1e-300)
            chosen, ratio, block, source = [], [], [], []
            for k, each in enumerate(s.sources):
                if each.name not in values:
                    continue
                pool, value = s.pool(each), values[each.name]
                n = max(round(unit * float(np.sum(value))), LEAST_KEPT)
                index, pairs = self.candidates[each.name].choose(n, value, rng)
                chosen.append(Chosen.of(pool, index, pairs))
                ratio.append(variation_ratios(pool, index, names))
                block.append(pool.block[index])
                source.append(np.full(len(index), k))
            found = follow(Chosen.join(chosen), e, self.mass, s.spin, rng, level)
            self._crossed[key] = _Followed(
                found, np.concatenate(ratio, axis=1), np.concatenate(block), np.concatenate(source)
            )
        return self._crossed[key]

    @cached_property
    def candidates(self) -> dict[str, Candidates]:
        """Photons of every source that makes pairs."""
        s = self.simulation
        open_ = [source for source in s.sources if source.valid[0] < self.mass < source.valid[1]]
        return {
            x.name: Candidates.of(s.pool(x), s.experiment, self.mass, s.spin, x.total(self.mass))
            for x in open_
        }

    def _values(self, level: float) -> dict[str, Array]:
        """Particles that every photon sends to the detector, roughly, by source; of one level at a time."""
        if level not in self._valued:
            e = self.simulation.experiment
            self._valued.clear()
            self._valued[level] = {n: c.value(e, self.mass, level) for n, c in self.candidates.items()}
        return self._valued[level]


def in_region(detector: Detector, region: Region) -> Detector:
    """Detector, or a variant of it, with the counts that a signal region asks for."""
    own = region.detector
    if not (isinstance(detector, ScintillatorBars) and isinstance(own, ScintillatorBars)):
        return own
    return replace(
        detector,
        photo_electrons=own.photo_electrons,
        photo_electrons_max=own.photo_electrons_max,
        slabs=own.slabs,
    )


def _level(part: int) -> float:
    return float(10.0 ** (part / (PARTS * PER_DECADE)))


def _steep(a: float, b: float) -> bool:
    """Whether N changes too much between two levels; where both are zero it does not matter."""
    return bool(max(a, b) > STEEP * min(a, b))


def variation_ratios(pool: PhotonPool, index: NDArray[np.int64], names: Sequence[str]) -> Array:
    """Weights of photons in every variation over their central ones, shape (v, n)."""
    ratio = np.ones((len(names), len(index)))
    for i, name in enumerate(names):
        if name in pool.variations:
            ratio[i] = pool.variations[name][index] / np.maximum(pool.weight[index], 1e-300)
    return ratio
