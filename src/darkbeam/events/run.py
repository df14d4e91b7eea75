"""Event runs: points, chunks, workers, files.

A run is a list of points (mass, coupling, lifetime), each with the same number of events in chunks of `CHUNK`.  Chunk k
of a point has random streams of its own, so the events do not depend on who makes them, nor on the other points.
They are written in order as they come; memory does not grow with their number.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from darkbeam.decays.imported import ImportedDecays
from darkbeam.errors import DarkbeamError, MassRangeError, ValueRangeError
from darkbeam.events.final_states import use_pythia
from darkbeam.events.join import concatenate
from darkbeam.events.plan import Lifetime, PointPlan, make_plan, make_point
from darkbeam.events.planned import PlannedRun
from darkbeam.events.sampling import Point, sample_events
from darkbeam.events.settings import CHUNK, EventSettings
from darkbeam.events.totals import summary
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.options import Options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from darkbeam.events.record import Events
    from darkbeam.experiments import Experiment
    from darkbeam.sensitivity.setup import Setup

__all__ = ["EventRun", "generate"]


class ChunkWork:
    """Makes chunks by their number in the run; picklable, keeps the rays of one point at a time."""

    def __init__(
        self, setup: Setup, settings: EventSettings, plans: tuple[PointPlan, ...],
        hadrons: ImportedDecays | None, *, pythia: bool,
    ) -> None:  # fmt: skip
        self.setup, self.settings, self.plans = setup, settings, plans
        self.hadrons, self.pythia = hadrons, pythia
        self._points: dict[int, Point] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_points": {}}

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.setup.seed

    def keep(self, number: int, point: Point) -> None:
        """Remember a point that was made already."""
        self._points = {number: point}

    def __call__(self, number: int) -> Events:
        """Events of one chunk, with their weights."""
        which, chunk = divmod(number, self.settings.chunks)
        plan, settings = self.plans[which], self.settings
        if which not in self._points:
            self.keep(which, make_point(self.setup, settings, plan.where, self.hadrons, pythia=self.pythia))
        rng = plan.stream(self.setup.seed, chunk)
        events = sample_events(self._points[which], settings.size(chunk), plan.passing, rng)
        return replace(
            events, number=events.number + which * settings.n + chunk * CHUNK, weight=events.weight * plan.unit,
            variations={v: w * plan.unit for v, w in events.variations.items()},
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class EventRun(PlannedRun[ChunkWork]):
    """A planned run.

    Attributes
    ----------
    seconds : float
        Spent on planning.
    """

    seconds: float

    @classmethod
    def plan(
        cls,
        experiment: str | Path | Experiment,
        masses: Sequence[float],
        epsilons: Sequence[float | None],
        settings: EventSettings,
        *,
        ctau: float | None = None,
        pot: float | None = None,
        lumi_fb: float | None = None,
        options: Options | None = None,
    ) -> Self:
        """Plan a run: every mass with every coupling.

        Parameters
        ----------
        experiment : str, path or Experiment
        masses : sequence of float
            GeV.
        epsilons : sequence of float or None
            Couplings; None takes the one that gives ``ctau``.
        settings : EventSettings
        ctau : float, optional
            Proper decay length, m.  With a coupling, production goes with the coupling and the lifetime is this one;
            without, both belong together.
        pot, lumi_fb : float, optional
            Exposure instead of the card's.
        options : Options, optional
            As for `darkbeam.reach`.

        Raises
        ------
        DarkbeamError
            A named error for anything that the caller can cause.  Of several points, those without expected events
            are left out with a note.
        """
        start = time.perf_counter()
        _check_points(masses, epsilons, ctau)
        chosen = replace(options or Options(), masses=(min(masses), max(masses) * 1.0001, 2))
        _, setup, card = prepare(experiment, chosen, pot=pot, lumi_fb=lumi_fb)
        hadrons = ImportedDecays.read(*settings.hadrons) if settings.hadrons else setup.hadrons
        wanted = [_lifetime(setup, m, e, ctau) for m, e in product(masses, epsilons)]
        open_masses = [m for m in dict.fromkeys(masses) if setup.sources_at(m)]
        pythia = use_pythia(settings, setup, open_masses)
        plans, notes, last = _plans(setup, settings, wanted, hadrons, pythia=pythia)
        work = ChunkWork(setup, settings, tuple(plans), hadrons, pythia=pythia)
        if last is not None:
            work.keep(len(plans) - 1, last)
        points = [[p.where.mass, p.where.epsilon, p.totals.ctau_m] for p in plans]
        card = {
            **card, "events": {**settings.to_card(), "pythia": "on" if pythia else "off"},
            "points": points, "fixed_lifetime": ctau is not None and None not in epsilons,
        }  # fmt: skip
        several = [n for p in plans for n in p.totals.notes]
        return cls(work, card, tuple(dict.fromkeys([*notes, *several])), time.perf_counter() - start)

    def summary(self, written: int, seconds: float) -> dict[str, Any]:
        """JSON-serialisable summary after ``written`` events."""
        totals = [p.totals for p in self.work.plans]
        return {**summary(totals, self.n_events, written, seconds), "notes": list(self.notes)}


def _check_points(masses: Sequence[float], epsilons: Sequence[float | None], ctau: float | None) -> None:
    for m in masses:
        if not 0.0 < m < np.inf:
            raise MassRangeError(f"--mass {m:g} GeV is not a positive mass")
    for e in epsilons:
        if e is None and ctau is None:
            raise ValueRangeError("events need --epsilon or --ctau")
        if e is not None and not 0.0 < e < 1.0:
            raise ValueRangeError(f"--epsilon {e:g} is outside 0 < epsilon < 1")
    if ctau is not None and not 0.0 < ctau < np.inf:
        raise ValueRangeError(f"--ctau {ctau:g} m is not a positive length")
    if not masses or not epsilons:
        raise ValueRangeError("events need at least one mass and one coupling")


def _lifetime(setup: Setup, mass: float, epsilon: float | None, ctau: float | None) -> Lifetime:
    """Point with its coupling; one given by its lifetime has the coupling that belongs to it."""
    if epsilon is not None:
        return Lifetime(mass, epsilon, ctau)
    assert ctau is not None
    return Lifetime(mass, float(np.sqrt(setup.ctau(mass) / ctau)))


def _plans(
    setup: Setup,
    settings: EventSettings,
    wanted: Sequence[Lifetime],
    hadrons: ImportedDecays | None,
    *,
    pythia: bool,
) -> tuple[list[PointPlan], list[str], Point | None]:
    """Plans of all points, remarks on those left out, and the last point."""
    plans: list[PointPlan] = []
    notes: list[str] = []
    point: Point | None = None
    for where in wanted:
        try:
            point = make_point(setup, settings, where, hadrons, pythia=pythia)
            plans.append(make_plan(point, where))
        except ValueRangeError as error:
            if len(wanted) == 1:
                raise
            notes.append(f"left out: {error}")
    if not plans:
        raise DarkbeamError(f"none of the {len(wanted)} points has events; {notes[0]}")
    return plans, notes, point if point is not None and plans[-1].where == wanted[-1] else None


def generate(
    experiment: str | Path | Experiment,
    mass: float,
    epsilon: float | None = None,
    n: int = 1000,
    *,
    ctau: float | None = None,
    pot: float | None = None,
    lumi_fb: float | None = None,
    options: Options | None = None,
    **choices: Any,  # fields of EventSettings
) -> Events:
    """Sample decay events of an experiment in memory.

    Parameters
    ----------
    experiment : str, path or Experiment
    mass : float
        GeV.
    epsilon : float, optional
        Kinetic mixing; the one that belongs to ``ctau`` if not given.
    n : int
        Number of events.
    ctau, pot, lumi_fb, options
        As for `EventRun.plan`.
    **choices
        ``select``, ``weighted``, ``channels``, ... of `EventSettings`.

    Returns
    -------
    Events

    Examples
    --------
    >>> from darkbeam.events import generate
    >>> events = generate("SHiP", 0.05, 1e-6, 100)
    >>> len(events), bool((events.decay[2] > 30.0).all())
    (100, True)
    """
    run = EventRun.plan(
        experiment, [mass], [epsilon], EventSettings(n, **choices), ctau=ctau, pot=pot, lumi_fb=lumi_fb,
        options=options,
    )  # fmt: skip
    return replace(concatenate(list(run.batches())), card=run.card)
