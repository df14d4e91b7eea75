r"""Events of millicharged particles at the face of a detector.

An event is one particle that crosses the face, with its pair.  `cross` gives crossings i with weight w_i (particles per
collision and epsilon^2; energy loss, scattering and the magnet at this epsilon) and the probability P_i of a
detection, efficiency of the card included:

    crossings  N = epsilon^2 N_coll sum_i w_i,          detections  N = epsilon^2 N_coll sum_i w_i P_i

Draws take crossing i with probability proportional to v_i, times P_i if only detections are written.  v = w in
unweighted samples: all weights are then equal.  In weighted ones v is the mean of w and all its variations, and the
event carries w/v.  The weights of a file add up to N.  A pair that sends both particles through the face is two
crossings, and so two events.

In the record:

* parent: the virtual photon (or meson), id 22, mass q; both vertices are the production point; c tau = 0.
* particles: chi (id ``pdg``), chibar (``-pdg``), and the one that crosses once more, status 1, where and with what
  energy it enters the face, its first entry (status 2) as mother.  Default ids: 52 for Dirac particles, 51 for scalars
  (numbering scheme of the PDG: dark matter of spin 1/2 and 0).
* ``probability`` is P, ``passed`` whether this crossing is detected: drawn with P, always true if only those are
  written.

The lab has the beam along z and the detector at azimuth 0.  Behind matter the direction is that from the production
point; the time is that of a flight at the final velocity.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.events.info import RunPart
from darkbeam.events.record import DECAYED, FINAL, Events
from darkbeam.events.settings import CHUNK, EventSettings
from darkbeam.events.writers import open_writer
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream

from .contour import EPSILON_MAX
from .crossing import cross
from .reach import McpOptions, prepare
from .simulate import variation_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .card import McpExperiment
    from .crossing import Crossings
    from .simulate import Simulation

    Array = NDArray[np.float64]

__all__ = ["PARENT", "McpEventRun", "default_pdg"]

PARENT = 22
"""Id of the pair."""
CHANNEL = "chi chibar"
LEAST_FOLLOWED, MOST_FOLLOWED = 20_000, 100_000
"""Photons of each source that are followed: one for each event, between these."""
PHOTONS_PER_FOLLOWED = 4
FEW = 100.0
"""Effective crossings below which a note warns."""


def default_pdg(spin: str) -> int:
    """Id of the particle.

    Examples
    --------
    >>> default_pdg("dirac"), default_pdg("scalar")
    (52, 51)
    """
    return 51 if spin == "scalar" else 52


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


@dataclass(frozen=True, eq=False)
class McpPoint:
    """Crossings of all sources at one mass and charge.

    Attributes
    ----------
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

    mass: float
    epsilon: float
    found: Crossings
    q: Array
    source: NDArray[np.int64]
    probability: Array
    drawing: Array
    relative: Array
    totals: McpTotals


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
        produced += made * source.total(mass)
        rng = stream(simulation.seed, f"mcp/events/aim/{source.name}/{mass:.12g}")
        pool = simulation.pool(source)
        found = cross(pool, simulation.experiment, mass, simulation.spin, rng, epsilon, followed)
        parts.append(found)
        rows.append(made * np.vstack([found.weight, variation_weights(pool, found, simulation.variations)]))
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
    f = _follow(simulation, mass, epsilon, _followed(settings))
    mu = e.detector.response(e.length * f.found.slope, f.found.energy, mass, simulation.spin)
    layers = np.broadcast_to(mu, (e.detector.layers, len(mu)))
    probability = e.efficiency * e.detector.efficiency(layers, epsilon)
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
    return McpPoint(mass, epsilon, f.found, f.q, f.source, probability, drawing, relative, totals)


def _followed(settings: EventSettings) -> int:
    return min(max(settings.n, LEAST_FOLLOWED), MOST_FOLLOWED)


def _sum(weight: Array, block: NDArray[np.int64]) -> tuple[float, float]:
    """Sum and its error from the blocks of mothers."""
    blocks = np.bincount(block, weight, N_BLOCKS)
    return float(np.sum(weight)), float(np.sqrt(N_BLOCKS * np.var(blocks, ddof=1)))


@dataclass(frozen=True, eq=False)
class McpEventRun:
    """A planned run: every mass with every charge.

    Attributes
    ----------
    simulation : Simulation
    settings : EventSettings
        ``n``, ``select`` ("full": detections; "geometry" and "none": crossings), ``weighted`` and ``pdg`` count.
    points : tuple of McpPoint
    card : dict
    notes : tuple of str
    """

    simulation: Simulation
    settings: EventSettings
    points: tuple[McpPoint, ...]
    card: dict[str, Any]
    notes: tuple[str, ...]

    @classmethod
    def plan(
        cls, experiment: str | Path | McpExperiment, masses: Sequence[float], epsilons: Sequence[float],
        settings: EventSettings, options: McpOptions | None = None, *, pot: float | None = None,
        lumi_fb: float | None = None,
    ) -> McpEventRun:  # fmt: skip
        """Plan a run.

        Parameters
        ----------
        experiment : str, path or McpExperiment
        masses, epsilons : sequence of float
            GeV; charges Q/e.
        settings : EventSettings
        options : McpOptions, optional
            ``masses`` is not used.
        pot, lumi_fb : float, optional
            Exposure instead of the card's.

        Raises
        ------
        DarkbeamError
            A named error for anything that the caller can cause.  Of several points, those without expected events
            are left out with a note.
        """
        _check_points(masses, epsilons)
        chosen = replace(options or McpOptions(), masses=(min(masses), max(masses) * 1.0001, 2))
        e, simulation, card = prepare(experiment, chosen, pot=pot, lumi_fb=lumi_fb)
        photons = max(chosen.photons, PHOTONS_PER_FOLLOWED * _followed(settings))
        simulation = replace(simulation, n=photons, _pools={})
        points, notes = [], []
        for mass, epsilon in product(masses, epsilons):
            try:
                points.append(make_point(simulation, mass, epsilon, settings))
            except (ValueRangeError, MassRangeError) as error:
                if len(masses) * len(epsilons) == 1:
                    raise
                notes.append(f"left out: {error}")
        if not points:
            raise ValueRangeError(f"none of the {len(notes)} points has events; {notes[0]}")
        notes += [
            n for m in masses for s in simulation.sources if s.valid[0] < m < s.valid[1] for n in s.notes(m)
        ]
        notes += [_rough(p.totals) for p in points if p.totals.effective_crossings < FEW]
        if e.unverified:
            notes.append(f"numbers of the card that were not verified: {', '.join(e.unverified)}")
        card = {
            **card, "points": [[p.mass, p.epsilon] for p in points],
            "events": {k: getattr(settings, k) for k in ("n", "select", "weighted", "pdg")},
        }  # fmt: skip
        return cls(simulation, settings, tuple(points), card, tuple(dict.fromkeys(notes)))

    @property
    def expected(self) -> float:
        """Sum of the weights of the run."""
        return float(sum(p.totals.expected_events for p in self.points))

    @property
    def expected_error(self) -> float:
        """Monte Carlo error of `expected`."""
        return float(np.sqrt(sum(p.totals.expected_error**2 for p in self.points)))

    @property
    def n_events(self) -> int:
        """Events of the whole run."""
        return len(self.points) * self.settings.n

    def batches(self) -> Iterator[Events]:
        """Yield the events in chunks, in order."""
        for k, point in enumerate(self.points):
            for chunk in range(self.settings.chunks):
                key = f"mcp/events/draw/{point.mass:.12g}/{point.epsilon:.12g}/{chunk}"
                events = self._sample(point, self.settings.size(chunk), stream(self.simulation.seed, key))
                yield replace(events, number=events.number + k * self.settings.n + chunk * CHUNK)

    def write(
        self, path: Path, *, force: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Write all events to a file, whose ending chooses the format; returns their number."""
        part = RunPart(self.simulation.seed, 1, self.n_events, ((0, 1),))
        written = 0
        with open_writer(
            path,
            self.card,
            expected=self.expected,
            expected_error=self.expected_error,
            force=force,
            runs=(part,),
        ) as writer:
            for events in self.batches():
                writer.write(events)
                written += len(events)
                if progress is not None:
                    progress(written, self.n_events)
        return written

    def summary(self, written: int, seconds: float) -> dict[str, Any]:
        """JSON-serialisable summary after ``written`` events."""
        return {
            "model": "millicharged", "spin": self.simulation.spin, "experiment": self.simulation.experiment.name,
            "select": self.settings.select, "requested": self.n_events, "written": written,
            "expected_events": self.expected, "expected_error": self.expected_error,
            "seconds": round(seconds, 3), "points": [asdict(p.totals) for p in self.points],
            "notes": list(self.notes),
        }  # fmt: skip

    def _sample(self, point: McpPoint, n: int, rng: np.random.Generator) -> Events:
        """Draw events; rows from n equal strata, in random order."""
        cumulative = np.cumsum(point.drawing)
        at = (np.arange(n) + rng.random(n)) * (cumulative[-1] / n)
        rows = np.minimum(np.searchsorted(cumulative, at, side="right"), len(cumulative) - 1)
        rows = rows[rng.permutation(n)]
        unit = float(cumulative[-1]) / self.settings.n
        weights = unit * point.relative[:, rows]
        full = self.settings.select == "full"
        passed = np.ones(n, dtype=np.bool_) if full else rng.random(n) < point.probability[rows]
        names = self.simulation.variations if self.settings.weighted else ()
        one, origin = np.ones(n), np.zeros((3, n))
        return Events(
            number=np.arange(n), weight=weights[0],
            variations={name: weights[1 + k] for k, name in enumerate(names)},
            mass=point.q[rows], epsilon=one * point.epsilon, ctau=0.0 * one, source=point.source[rows],
            channel=np.zeros(n, dtype=np.int64), source_names=tuple(s.name for s in self.simulation.sources),
            channel_names=(CHANNEL,), production=origin, decay=origin, decay_time=0.0 * one,
            probability=point.probability[rows], passed=passed, parent_pdg=PARENT, card=self.card,
            **_particles(point, rows, self.settings.pdg),
        )  # fmt: skip


def _check_points(masses: Sequence[float], epsilons: Sequence[float]) -> None:
    for m in masses:
        if not 0.0 < m < np.inf:
            raise MassRangeError(f"--mass {m:g} GeV is not a positive mass")
    for epsilon in epsilons:
        if not 0.0 < epsilon <= EPSILON_MAX:
            raise ValueRangeError(f"--epsilon {epsilon:g} is outside 0 < epsilon <= {EPSILON_MAX:g}")
    if not masses or not epsilons:
        raise ValueRangeError("events need at least one mass and one charge")


def _rough(totals: McpTotals) -> str:
    return (
        f"{totals.mass_GeV:g} GeV, epsilon = {totals.epsilon:g}: only {totals.effective_crossings:.3g} effective "
        "crossings: numbers and spectra are rough"
    )


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
