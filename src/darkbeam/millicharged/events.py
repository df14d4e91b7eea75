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
from darkbeam.events.planned import PlannedRun
from darkbeam.events.settings import CHUNK, EventSettings
from darkbeam.rng import stream

from .contour import EPSILON_MAX
from .event_crossings import followed, make_point
from .notes import of_sources, unverified
from .prepare import McpOptions, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from darkbeam.events.record import Events

    from .card import McpExperiment
    from .event_point import McpPoint, McpTotals
    from .simulate import Simulation

__all__ = ["McpEventRun", "McpPlan", "McpWork", "default_pdg"]

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
class McpPlan:
    """Numbers that every chunk of a point uses.

    Attributes
    ----------
    mass, epsilon : float
    unit : float
        Weight of an event whose relative weight is 1.
    totals : McpTotals
    """

    mass: float
    epsilon: float
    unit: float
    totals: McpTotals


class McpWork:
    """Makes chunks by their number in the run; picklable, keeps the crossings of one point at a time."""

    def __init__(self, simulation: Simulation, settings: EventSettings, plans: tuple[McpPlan, ...]) -> None:
        self.simulation, self.settings, self.plans = simulation, settings, plans
        self._points: dict[int, McpPoint] = {}

    def __getstate__(self) -> dict[str, Any]:
        # processes make photons and crossings again, from the same streams
        return {**self.__dict__, "simulation": replace(self.simulation, _pools={}), "_points": {}}

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.simulation.seed

    def keep(self, which: int, point: McpPoint) -> None:
        """Remember a point that was made already."""
        self._points = {which: point}

    def __call__(self, number: int) -> Events:
        """Events of one chunk, with their weights."""
        which, chunk = divmod(number, self.settings.chunks)
        plan, settings = self.plans[which], self.settings
        if which not in self._points:
            self.keep(which, make_point(self.simulation, plan.mass, plan.epsilon, settings))
        rng = stream(self.seed, f"mcp/events/draw/{plan.mass:.12g}/{plan.epsilon:.12g}/{chunk}")
        events = self._points[which].sample(settings.size(chunk), plan.unit, rng)
        return replace(events, number=events.number + which * settings.n + chunk * CHUNK)


@dataclass(frozen=True, eq=False)
class McpEventRun(PlannedRun[McpWork]):
    """A planned run: every mass with every charge; `darkbeam.events.chunks.write_events` writes it.

    Of the settings, ``n``, ``select`` ("full": detections; "geometry" and "none": crossings), ``weighted`` and ``pdg``
    count.
    """

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
        photons = max(chosen.photons, PHOTONS_PER_FOLLOWED * followed(settings))
        simulation = replace(simulation, n=photons, _pools={})
        plans, notes, last = _plans(simulation, settings, list(product(masses, epsilons)))
        work = McpWork(simulation, settings, tuple(plans))
        if last is not None:
            work.keep(len(plans) - 1, last)
        notes += [n for m in masses for n in of_sources(simulation.sources, m)]
        notes += [_rough(p.totals) for p in plans if p.totals.effective_crossings < FEW]
        notes += unverified(e.unverified)
        card = {
            **card, "points": [[p.mass, p.epsilon] for p in plans],
            "events": {k: getattr(settings, k) for k in ("n", "select", "weighted", "pdg")} | {"chunk_size": CHUNK},
        }  # fmt: skip
        return cls(work, card, tuple(dict.fromkeys(notes)))

    def summary(self, written: int, seconds: float) -> dict[str, Any]:
        """JSON-serialisable summary after ``written`` events."""
        simulation = self.work.simulation
        return {
            "model": "millicharged", "spin": simulation.spin, "experiment": simulation.experiment.name,
            "select": self.work.settings.select, "requested": self.n_events, "written": written,
            "expected_events": self.expected, "expected_error": self.expected_error,
            "seconds": round(seconds, 3), "points": [asdict(p.totals) for p in self.work.plans],
            "notes": list(self.notes),
        }  # fmt: skip


def _plans(
    simulation: Simulation, settings: EventSettings, wanted: Sequence[tuple[float, float]]
) -> tuple[list[McpPlan], list[str], McpPoint | None]:
    """Plans of all points, remarks on those left out, and the last point."""
    plans: list[McpPlan] = []
    notes: list[str] = []
    point: McpPoint | None = None
    for mass, epsilon in wanted:
        try:
            point = make_point(simulation, mass, epsilon, settings)
        except (ValueRangeError, MassRangeError) as error:
            if len(wanted) == 1:
                raise
            notes.append(f"left out: {error}")
            continue
        plans.append(McpPlan(mass, epsilon, point.unit, point.totals))
    if not plans:
        raise ValueRangeError(f"none of the {len(notes)} points has events; {notes[0]}")
    return plans, notes, point


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
