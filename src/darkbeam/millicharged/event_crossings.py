"""What the events at one mass and charge are drawn from; see `darkbeam.millicharged.events`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.production.source import N_BLOCKS, block_error
from darkbeam.rng import stream

from .crossing import cross
from .event_point import McpPoint, McpTotals
from .matter import needed_energy
from .simulate import in_region, variation_ratios

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.events.settings import EventSettings

    from .crossing import Crossings
    from .experiment import McpExperiment
    from .simulate import Simulation

    Array = NDArray[np.float64]

__all__ = ["followed", "make_point"]

LEAST_FOLLOWED, MOST_FOLLOWED = 20_000, 100_000
"""Photons of each source that are followed: one for each event, between these."""


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
        raise _nothing(e, mass, epsilon, crossing=bool(np.sum(f.weights) > 0.0))
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
    blocks = np.asarray(np.bincount(block, weight, N_BLOCKS), dtype=np.float64)
    return float(np.sum(weight)), float(block_error(blocks))


def _nothing(e: McpExperiment, mass: float, epsilon: float, *, crossing: bool) -> ValueRangeError:
    """Why there are no events."""
    what = "no detections are expected" if crossing else "no particle reaches the detector"
    text = f"{e.name}: {what} at {mass:g} GeV, epsilon = {epsilon:g}"
    if not crossing and e.bends:
        text += f" (matter stops those below {needed_energy(e, mass, epsilon):.3g} GeV)"
    return ValueRangeError(text)
