"""One chunk of events: draws of mothers and vertices, final states, selection.

Decays are tried until the chunk has its number of events that pass; which ones those are depends on nothing but the
seed, the point and the number of the chunk.  A decay that passes has the weight (unweighted samples)

    expected events / events of the point,

the same for all; an efficiency below 1 is applied by chance.  In weighted samples it is in the weight, which goes like
w/v of the mother (`darkbeam.events.mothers`) times the efficiency, with the same expected sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.decays import final_state_class
from darkbeam.decays.choice import child_streams
from darkbeam.events.join import concatenate
from darkbeam.events.record import FINAL, Events
from darkbeam.experiments import CHANNEL_CLASSES, accept
from darkbeam.sensitivity.widths import width_changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.events.final_states import FinalStates, Particles
    from darkbeam.events.mothers import Mothers
    from darkbeam.events.settings import EventSettings
    from darkbeam.sensitivity.setup import Setup
    from darkbeam.sensitivity.widths import WidthChange

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = ["Point", "Tries", "sample_events"]

GEOMETRY = ("detector plane", "detectable products")
"""Last stage of the geometric selection: the first of these that the experiment has."""
MOST_TRIES, SPARE = 2**15, 64
"""Decays tried at a time, and tried beyond what is expected to be enough."""


@dataclass(frozen=True, eq=False)
class Point:
    """One mass, coupling and lifetime, ready for sampling.

    Attributes
    ----------
    setup : Setup
    settings : EventSettings
    mass, epsilon, ctau : float
    fixed_lifetime : bool
        The lifetime does not follow from the coupling.
    mothers : Mothers
    final_states : FinalStates
    """

    setup: Setup
    settings: EventSettings
    mass: float
    epsilon: float
    ctau: float
    fixed_lifetime: bool
    mothers: Mothers
    final_states: FinalStates

    @property
    def scale(self) -> float:
        """Decays into the channels that are made, for the exposure, per unit of the mothers' yield."""
        return self.epsilon**2 * self.setup.collisions * self.final_states.visible

    @property
    def changes(self) -> tuple[WidthChange, ...]:
        """Variations of the decay width; none where the lifetime is fixed."""
        return () if self.fixed_lifetime else width_changes(self.setup.model, self.mass, self.setup.widths)

    @property
    def variations(self) -> tuple[str, ...]:
        """Names of the weights beside the nominal one, the same at every mass."""
        fixed = self.setup.widths if self.fixed_lifetime else ()
        return tuple(name for name in self.setup.variations if name not in fixed)


@dataclass(frozen=True, eq=False)
class Tries:
    """Decays in the volume, before the selection.

    Attributes
    ----------
    point : Point
    ray : array of int, shape (n,)
        Mothers.
    lam : array, shape (n,)
        Vertices, in decay lengths.
    parent, vertex, time : arrays
        Of the decays, as in `Events`.
    particles : Particles
    passed : array of bool, shape (n,)
        Those that pass the full selection.
    accepted : array, shape (n,)
        Its efficiency, 0 where it fails.
    keep : array of bool, shape (n,)
        Those that are written.
    factor : array, shape (n,)
        Efficiency that enters the weight.
    """

    point: Point
    ray: Ints
    lam: Floats
    parent: Floats
    vertex: Floats
    time: Floats
    particles: Particles
    passed: Mask
    accepted: Floats
    keep: Mask
    factor: Floats

    @property
    def relative(self) -> Floats:
        """w/v of the mothers, shape (n,)."""
        return self.point.mothers.relative["central"][self.ray]

    @property
    def block(self) -> Ints:
        """Blocks of the mothers, shape (n,)."""
        return self.point.mothers.block[self.ray]

    def weights(self, rows: Ints) -> tuple[Floats, dict[str, Floats]]:
        """Weights of some decays before normalisation, and those of all variations.

        A variation that changes nothing at this point has the nominal weight.
        """
        point, ray, factor = self.point, self.ray[rows], self.factor[rows]
        relative = point.mothers.relative
        central = relative["central"][ray] * factor
        found = {v: relative[v][ray] * factor if v in relative else central for v in point.variations}
        share = _hadronic_shares(point)
        for change in point.changes:
            ratio = np.append(change.ratio, np.sum(share * change.ratio))[self.particles.channel[rows]]
            found[change.name] = central * ratio * np.exp(-self.lam[rows] * (change.scale - 1.0))
        return central, found

    def events(self, rows: Ints) -> Events:
        """Events of some decays, in ascending order."""
        n, point, mothers = len(rows), self.point, self.point.mothers
        ray, one = self.ray[rows], np.ones(len(rows))
        weight, variations = self.weights(rows)
        p = self.particles if n == len(self.ray) else self.particles.take(rows)
        counts = np.bincount(p.row, minlength=n)
        return Events(
            number=np.arange(n), weight=weight, variations=variations,
            mass=one * point.mass, epsilon=one * point.epsilon, ctau=one * point.ctau,
            source=mothers.source[ray], channel=p.channel, source_names=mothers.names,
            channel_names=point.final_states.names, parent=self.parent[:, rows], production=np.zeros((3, n)),
            decay=self.vertex[:, rows], decay_time=self.time[rows], probability=mothers.probability[ray],
            passed=self.passed[rows], offset=np.concatenate([[0], np.cumsum(counts)]), pdg=p.pdg,
            status=p.status, mother=p.mother, p4=p.p4, vertex=p.vertex, time=p.time,
            parent_pdg=point.settings.pdg,
        )  # fmt: skip


def sample_events(point: Point, n: int, passing: float, rng: np.random.Generator) -> Events:
    """Sample ``n`` events that pass.

    Parameters
    ----------
    point : Point
    n : int
    passing : float
        Part of the tries that is written, for the size of the batches.
    rng : numpy.random.Generator

    Returns
    -------
    Events
        Weights are to be normalised; numbers from 0.
    """
    found: list[Events] = []
    missing = n
    while missing > 0:
        size = missing if passing >= 1.0 else min(int(1.02 * missing / passing) + SPARE, MOST_TRIES)
        tries = try_decays(point, size, rng)
        found.append(tries.events(np.flatnonzero(tries.keep)[:missing]))
        missing -= len(found[-1])
    return replace(concatenate(found), number=np.arange(n))


def try_decays(point: Point, n: int, rng: np.random.Generator) -> Tries:
    """Sample ``n`` decays in the volume and apply the selection."""
    draw_rng, decay_rng, choice_rng, smear_rng = child_streams(rng, 4)
    ray, lam = point.mothers.draw(n, draw_rng)
    parent, path = point.mothers.parent[:, ray], lam * point.mothers.length[ray]
    momentum = np.sqrt((parent[0] - point.mass) * (parent[0] + point.mass))
    vertex, time = parent[1:] * (path / momentum), path * (parent[0] / momentum)
    particles = point.final_states.sample(parent, vertex, time, decay_rng)
    stages, efficiency = _selection(point, particles, vertex, smear_rng)
    keep, factor = _written(point.settings, stages, efficiency, choice_rng)
    passed = list(stages.values())[-1]
    return Tries(point, ray, lam, parent, vertex, time, particles, passed, efficiency, keep, factor)


def _hadronic_shares(point: Point) -> Floats:
    """Share of each channel in the hadronic decays: imported decays stand for all of them."""
    ratios = point.final_states.ratios
    share = np.array([b if final_state_class(c) == "hadrons" else 0.0 for c, b in ratios.items()])
    return np.asarray(share / max(share.sum(), 1e-300))


def _written(
    settings: EventSettings, stages: dict[str, Mask], efficiency: Floats, rng: np.random.Generator
) -> tuple[Mask, Floats]:
    """Which decays are written, and the factor on their weight."""
    n = len(efficiency)
    if settings.select == "none":
        return np.ones(n, dtype=np.bool_), np.ones(n)
    if settings.select == "geometry":
        name = next((s for s in GEOMETRY if s in stages), next(iter(stages)))
        return stages[name], np.ones(n)
    if settings.weighted:
        return efficiency > 0.0, efficiency
    return rng.random(n) < efficiency, np.ones(n)


def _selection(
    point: Point, particles: Particles, vertex: Floats, rng: np.random.Generator
) -> tuple[dict[str, Mask], Floats]:
    """Stages of the selection and efficiency of each decay, shape (n,)."""
    smear = rng if point.setup.smearing else None
    found = [final_state_class(name) for name in point.final_states.names]
    classes = [c if c in CHANNEL_CLASSES else CHANNEL_CLASSES[-1] for c in found]
    counted = np.array([c in CHANNEL_CLASSES for c in found])
    final = np.flatnonzero(particles.status == FINAL)
    row, n = particles.row[final], len(particles.channel)
    size = np.bincount(row, minlength=n)
    slot = np.arange(len(final)) - (np.cumsum(size) - size)[row]
    efficiency = np.zeros(n)
    stages: dict[str, Mask] = {}
    # most decays have two products: taken apart, they do not drag the padding of the others along
    for low, high in pairwise((0, 2, 4, 8, int(max(size.max(initial=0), 9)))):
        inside = (size > low) & (size <= high)
        group = np.flatnonzero(inside)
        if not len(group):
            continue
        mine = inside[row]
        at = (np.cumsum(inside) - 1)[row[mine]], slot[mine]
        pdg, p4 = np.zeros((len(group), high), dtype=np.int64), np.zeros((4, len(group), high))
        pdg[at] = particles.pdg[final[mine]]
        p4[:, *at] = particles.p4[:, final[mine]]
        channel = particles.channel[group]
        passed = accept(point.setup.experiment, vertex[:, group], p4, pdg, channel, classes, smear=smear)
        efficiency[group] = np.where(counted[channel], passed.weight, 0.0)
        for name, mask in passed.stages.items():
            stages.setdefault(name, np.zeros(n, dtype=np.bool_))[group] = mask & counted[channel]
    return stages, efficiency
