"""Crossings at one mass and charge, and the events that are drawn from them; see `darkbeam.millicharged.events`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.events.record import DECAYED, FINAL, Events
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream

from .crossing import cross
from .simulate import in_region, variation_ratios

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from darkbeam.events.settings import EventSettings

    from .crossing import Crossings
    from .simulate import Simulation

    Array = NDArray[np.float64]

__all__ = ["McpPoint", "McpTotals", "followed", "make_point"]

PARENT = 22
"""Id of the pair."""
CHANNEL = "chi chibar"
LEAST_FOLLOWED, MOST_FOLLOWED = 20_000, 100_000
"""Photons of each source that are followed: one for each event, between these."""


@dataclass(frozen=True)
class McpTotals:
    """Expected numbers for the exposure at one mass and charge.

    Attributes
    ----------
    mass_GeV, epsilon : float
    produced : float
        Pairs.
    crossings, crossings_error, detections, detections_error : float
        Particles that reach the face, and those that are detected, with Monte Carlo errors.
    expected_events, expected_error : float
        Sum of the weights that are written: one of the two.
    mean_probability : float
        Detections over crossings.
    effective_crossings : float
        (sum v)^2/sum v^2 of what the events are drawn from.
    by_source : mapping of str to float
        Shares of ``expected_events`` in events.
    variations : mapping of str to float
        ``expected_events`` with the weights of each variation.
    """

    mass_GeV: float
    epsilon: float
    produced: float
    crossings: float
    crossings_error: float
    detections: float
    detections_error: float
    expected_events: float
    expected_error: float
    mean_probability: float
    effective_crossings: float
    by_source: dict[str, float]
    variations: dict[str, float]

    def for_files(self) -> dict[str, float]:
        """Factors of the number of decays in the volume, for the headers of event files: none here."""
        return {}


@dataclass(frozen=True, eq=False)
class McpPoint:
    """Crossings of all sources at one mass and charge.

    Attributes
    ----------
    simulation : Simulation
    settings : EventSettings
    mass, epsilon : float
    found : Crossings
        Their weights are for the exposure.
    q : array, shape (n,)
        Masses of the pairs, GeV.
    source : array of int, shape (n,)
    probability : array, shape (n,)
        Of a detection.
    drawing : array, shape (n,)
        What events are drawn from.
    relative : array, shape (1 + variations, n)
        Weights over ``drawing`` for the central value and the variations; 0 where nothing is drawn.
    totals : McpTotals
    """

    simulation: Simulation
    settings: EventSettings
    mass: float
    epsilon: float
    found: Crossings
    q: Array
    source: NDArray[np.int64]
    probability: Array
    drawing: Array
    relative: Array
    totals: McpTotals

    @property
    def unit(self) -> float:
        """Weight of an event whose relative weight is 1."""
        return float(np.sum(self.drawing)) / self.settings.n

    def sample(self, n: int, unit: float, rng: np.random.Generator) -> Events:
        """Draw events; rows from n equal strata, in random order.

        Parameters
        ----------
        n : int
        unit : float
            As the plan of the run has it.
        rng : numpy.random.Generator

        Returns
        -------
        Events
            Numbers from 0.
        """
        cumulative = np.cumsum(self.drawing)
        at = (np.arange(n) + rng.random(n)) * (cumulative[-1] / n)
        rows = np.minimum(np.searchsorted(cumulative, at, side="right"), len(cumulative) - 1)
        rows = rows[rng.permutation(n)]
        weights = unit * self.relative[:, rows]
        full = self.settings.select == "full"
        passed = np.ones(n, dtype=np.bool_) if full else rng.random(n) < self.probability[rows]
        names = self.simulation.variations if self.settings.weighted else ()
        one, origin = np.ones(n), np.zeros((3, n))
        return Events(
            number=np.arange(n), weight=weights[0],
            variations={name: weights[1 + k] for k, name in enumerate(names)},
            mass=self.q[rows], epsilon=one * self.epsilon, ctau=0.0 * one, source=self.source[rows],
            channel=np.zeros(n, dtype=np.int64), source_names=tuple(s.name for s in self.simulation.sources),
            channel_names=(CHANNEL,), production=origin, decay=origin, decay_time=0.0 * one,
            probability=self.probability[rows], passed=passed, parent_pdg=PARENT,
            **_particles(self, rows, self.settings.pdg),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Followed:
    """Crossings of all sources; ``weights`` has the central row and the variations, for the exposure."""

    found: Crossings
    weights: Array
    q: Array
    block: NDArray[np.int64]
    source: NDArray[np.int64]
    produced: float


def _follow(simulation: Simulation, mass: float, epsilon: float, followed: int) -> _Followed:
    """Follow photons of every source to the face."""
    if mass >= simulation.limit:
        raise MassRangeError(
            f"no source makes pairs of {mass:g} GeV; the limit is {simulation.limit:.4g} GeV"
        )
    made = epsilon**2 * simulation.collisions
    parts, rows, masses, blocks, sources = [], [], [], [], []
    produced = 0.0
    for k, source in enumerate(simulation.sources):
        if not source.valid[0] < mass < source.valid[1]:
            continue
        total = source.total(mass)
        produced += made * total
        rng = stream(simulation.seed, f"mcp/events/aim/{source.name}/{mass:.12g}")
        pool = simulation.pool(source)
        found = cross(pool, simulation.experiment, mass, simulation.spin, rng, epsilon, followed, total)
        parts.append(found)
        ratio = variation_ratios(pool, found.photon, simulation.variations)
        rows.append(made * found.weight * np.vstack([np.ones_like(found.weight), ratio]))
        masses.append(pool.q[found.photon])
        blocks.append(pool.block[found.photon])
        sources.append(np.full(len(found.weight), k))
    names = parts[0].__dataclass_fields__
    joined = replace(parts[0], **{k: np.concatenate([getattr(p, k) for p in parts], axis=-1) for k in names})
    q, block, source_of = (np.concatenate(each) for each in (masses, blocks, sources))
    return _Followed(joined, np.concatenate(rows, axis=1), q, block, source_of, produced)


def make_point(simulation: Simulation, mass: float, epsilon: float, settings: EventSettings) -> McpPoint:
    """Crossings at one mass and charge, and what is drawn from them.

    Raises
    ------
    ValueRangeError
        If nothing is expected.
    MassRangeError
        If no source makes pairs.
    """
    e = simulation.experiment
    f = _follow(simulation, mass, epsilon, followed(settings))
    mu = e.detector.response(e.length * f.found.slope, f.found.energy, mass, simulation.spin)
    layers = np.broadcast_to(mu, (e.detector.layers, len(mu)))
    # signal regions exclude each other
    kinds = [in_region(e.detector, r) for r in e.regions] or [e.detector]
    probability = e.efficiency * np.minimum(sum(kind.efficiency(layers, epsilon) for kind in kinds), 1.0)
    written = f.weights * probability if settings.select == "full" else f.weights
    drawing = np.mean(written, axis=0) if settings.weighted else written[0]
    if not np.sum(drawing) > 0.0:
        what = "detections" if np.sum(f.weights) > 0.0 else "crossings"
        raise ValueRangeError(f"{e.name}: no {what} are expected at {mass:g} GeV, epsilon = {epsilon:g}")
    crossings, detections, expected = (
        _sum(row, f.block) for row in (f.weights[0], f.weights[0] * probability, written[0])
    )
    totals = McpTotals(
        mass, epsilon, f.produced, *crossings, *detections, *expected, detections[0] / crossings[0],
        float(np.sum(drawing) ** 2 / np.sum(drawing**2)),
        {s.name: float(np.sum(written[0, f.source == k])) for k, s in enumerate(simulation.sources)},
        {name: float(np.sum(row)) for name, row in zip(simulation.variations, written[1:], strict=True)},
    )  # fmt: skip
    relative = np.divide(written, drawing, out=np.zeros_like(written), where=drawing > 0.0)
    return McpPoint(
        simulation, settings, mass, epsilon, f.found, f.q, f.source, probability, drawing, relative, totals
    )  # fmt: skip


def followed(settings: EventSettings) -> int:
    """Photons of each source that are followed to the face."""
    return min(max(settings.n, LEAST_FOLLOWED), MOST_FOLLOWED)


def _sum(weight: Array, block: NDArray[np.int64]) -> tuple[float, float]:
    """Sum and its error from the blocks of mothers."""
    blocks = np.bincount(block, weight, N_BLOCKS)
    return float(np.sum(weight)), float(np.sqrt(N_BLOCKS * np.var(blocks, ddof=1)))


def _particles(point: McpPoint, rows: NDArray[np.int64], pdg: int) -> dict[str, Any]:
    """Parent and particles of the record: chi, chibar, and the one that crosses at the face."""
    n, m, found = len(rows), point.mass, point.found
    own = found.start[:, rows]
    other = found.pair[:, rows] - own
    energy = found.energy[rows]
    flight = found.point[:, rows]
    length = np.sqrt(np.sum(flight**2, axis=0))
    p = np.sqrt((energy - m) * (energy + m))
    own, other = (np.vstack([np.sqrt(np.sum(v**2, axis=0) + m * m), v]) for v in (own, other))
    arrived = np.vstack([energy, flight * (p / length)])
    first = found.positive[rows]
    p4 = np.empty((4, n, 3))
    p4[:, :, 0], p4[:, :, 1] = np.where(first, own, other), np.where(first, other, own)
    p4[:, :, 2] = arrived
    status = np.full((n, 3), FINAL)
    which = np.where(first, 0, 1)
    status[np.arange(n), which] = DECAYED
    ids = np.stack([np.full(n, pdg), np.full(n, -pdg), np.where(first, pdg, -pdg)], axis=1)
    vertex, time = np.zeros((3, n, 3)), np.zeros((n, 3))
    vertex[:, :, 2], time[:, 2] = flight, length * energy / p
    mother = np.stack([np.full(n, -1), np.full(n, -1), which], axis=1)
    return {
        "parent": own + other, "offset": 3 * np.arange(n + 1), "pdg": ids.ravel(), "status": status.ravel(),
        "mother": mother.ravel(), "p4": p4.reshape(4, -1), "vertex": vertex.reshape(3, -1), "time": time.ravel(),
    }  # fmt: skip
