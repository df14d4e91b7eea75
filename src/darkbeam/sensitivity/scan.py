"""Scan over the mass, of one or several experiments, on one or several processes or a Dask cluster.

Each mass is independent and its random streams do not depend on who computes it, so the result is the same for
any number of workers.  Experiments with the same sources are computed mass by mass together: they share fluxes
and decays at rest (`darkbeam.sensitivity.shared`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from darkbeam.batch import open_executor
from darkbeam.production.source import gap_at
from darkbeam.sensitivity.contour import Curve, intervals, peak
from darkbeam.sensitivity.masses import closing_masses, mass_grid
from darkbeam.sensitivity.point import compute_point
from darkbeam.sensitivity.setup import Setup
from darkbeam.sensitivity.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from darkbeam.production import Source
    from darkbeam.sensitivity.contour import Interval
    from darkbeam.sensitivity.point import MassPoint

__all__ = ["Joint", "MassResult", "MassWork", "first_masses", "scan", "scan_all", "summarise"]


REFINEMENTS = 2
"""Rounds of bisection where a region opens or closes."""


@dataclass(frozen=True)
class MassResult:
    """What a contour needs to know of one mass.

    Attributes
    ----------
    mass : float
        GeV.
    found : dict of str to list of Interval
        Couplings above threshold, for central and each variation.
    peaks : dict of str to (float, float)
        Coupling and value of the largest N, likewise.
    n_effective : (float, float)
        Effective number of mothers at the lower and upper edge (at the peak where there is none).
    shares : dict of str to (float, float)
        Share of each source in the central N at the lower and upper edge.
    notes : tuple of str
    peak_error : float
        Relative statistical error of the largest central N.
    """

    mass: float
    found: dict[str, list[Interval]]
    peaks: dict[str, tuple[float, float]]
    n_effective: tuple[float, float]
    shares: dict[str, tuple[float, float]]
    notes: tuple[str, ...]
    peak_error: float = 0.0


class Joint(Protocol):
    """Several experiments that make one contour, see `darkbeam.sensitivity.joint`."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Sources of all members."""
        ...

    @property
    def variations(self) -> tuple[str, ...]:
        """Variations of any member, without ``central``."""
        ...

    def sources_at(self, mass: float) -> tuple[Source, ...]:
        """Sources of all members that produce at a mass."""
        ...

    def result(self, mass: float, shared: Shared) -> MassResult:
        """Contour information at one mass."""
        ...


def summarise(point: MassPoint, threshold: float) -> MassResult:
    """Contour information at one mass."""
    # variations that change nothing at this mass share one spectrum object: evaluate it once
    curves = {id(s): Curve.of(s, threshold) for s in point.by_variation.values()}
    unique = {key: (intervals(c, threshold), peak(c)) for key, c in curves.items()}
    found = {v: unique[id(s)][0] for v, s in point.by_variation.items()}
    peaks = {v: unique[id(s)][1] for v, s in point.by_variation.items()}
    central = found["central"]
    eps_peak = peaks["central"][0]
    edges = (central[0].lower.epsilon, central[-1].upper.epsilon) if central else (eps_peak, eps_peak)
    effective, shares = (0.0, 0.0), {}
    if np.isfinite(eps_peak):
        logs = np.interp(np.log(edges), np.log(point.couplings), np.log(np.maximum(point.n_effective, 1e-9)))
        effective = (float(np.exp(logs[0])), float(np.exp(logs[1])))
        total = np.maximum(point.by_variation["central"].events(edges), 1e-300)
        shares = {name: tuple((s.events(edges) / total).tolist()) for name, s in point.by_source.items()}
    error = _peak_error(point, *peaks["central"])
    return MassResult(point.mass, found, peaks, effective, shares, point.notes, error)


def _peak_error(point: MassPoint, epsilon: float, events: float) -> float:
    """Relative statistical error of the largest central N."""
    if not events > 0.0:
        return 0.0
    return float(point.by_variation["central"].events_error(epsilon)[0] / events)


@dataclass(frozen=True)
class MassWork:
    """What is computed at each mass, on whatever worker."""

    setup: Setup

    def __call__(self, mass: float) -> MassResult:
        """Contour information at one mass, GeV."""
        return _measure(self.setup, mass, Shared())


def _left_out(mass: float, variations: Sequence[str], why: str) -> MassResult:
    """Mass at which nothing can be computed: no region and no peak, which cuts the contour."""
    nothing = (np.nan, np.nan)
    return MassResult(
        mass, {v: [] for v in variations}, dict.fromkeys(variations, nothing), (0.0, 0.0), {}, (why,)
    )


class Task(NamedTuple):
    """One mass, and which of the jobs are computed there."""

    mass: float
    jobs: tuple[int, ...]


@dataclass(frozen=True)
class TaskWork:
    """The same for several jobs."""

    jobs: tuple[Setup | Joint, ...]

    def __call__(self, task: Task) -> list[MassResult]:
        """Contour information of each job of the task."""
        shared = Shared()
        return [_measure(self.jobs[k], task.mass, shared) for k in task.jobs]


def _measure(job: Setup | Joint, mass: float, shared: Shared) -> MassResult:
    gap = gap_at(job.sources_at(mass), mass)
    if gap:
        return _left_out(mass, ("central", *job.variations), gap)
    if isinstance(job, Setup):
        return summarise(compute_point(job, mass, shared), job.experiment.n_events)
    return job.result(mass, shared)


def first_masses(
    setup: Setup | Joint,
    masses: tuple[float, float, int],
    nodes: Sequence[float] = (),
    *,
    refine: bool = True,
) -> list[float]:
    """Masses of a scan that are known before anything is computed; see `scan_all` for the parameters."""
    return [float(m) for m in mass_grid(*masses, extra=nodes, refine=refine) if setup.sources_at(float(m))]


def scan(
    setup: Setup | Joint,
    masses: tuple[float, float, int],
    nodes: Sequence[float] = (),
    workers: int = 1,
    *,
    refine: bool = True,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
    known: Iterable[MassResult] = (),
) -> list[MassResult]:
    """Compute a mass range of one experiment: `scan_all` of it alone.

    ``known`` are results that were computed elsewhere; they are not computed again.
    """
    return scan_all(
        [setup],
        masses,
        [nodes],
        workers,
        refine=refine,
        progress=progress,
        scheduler=scheduler,
        known=[known],
    )[0]


def scan_all(
    jobs: Sequence[Setup | Joint],
    masses: tuple[float, float, int],
    nodes: Sequence[Sequence[float]],
    workers: int = 1,
    *,
    refine: bool = True,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
    known: Sequence[Iterable[MassResult]] | None = None,
) -> list[list[MassResult]]:
    """Compute a mass range of each experiment and bisect where regions open or close.

    Parameters
    ----------
    jobs : sequence of Setup or Joint
        Those with the very same sources share fluxes.
    masses : (low, high, n)
        GeV; base grid.
    nodes : sequence of sequences of float
        Further masses of each job, e.g. resonances.
    workers : int
        Processes; the result does not depend on it.
    refine : bool
        Add nodes and bisect; otherwise the base grid is all.
    progress : callable, optional
        Called with (masses done, masses known so far), summed over jobs.
    scheduler : str, optional
        Address of a Dask cluster that computes instead of processes of this machine.
    known : sequence of iterables of MassResult, optional
        Results of each job that were computed elsewhere; they are not computed again.

    Returns
    -------
    list of lists of MassResult
        For each job, in increasing mass.
    """
    todo = [first_masses(job, masses, extra, refine=refine) for job, extra in zip(jobs, nodes, strict=True)]
    ready = [{r.mass: r for r in results} for results in known or [()] * len(jobs)]
    results: list[list[MassResult]] = [[] for _ in jobs]
    total = sum(map(len, todo))
    first = _tasks(jobs, todo, ready)
    with open_executor(TaskWork(tuple(jobs)), min(workers, max(len(first), 1)), scheduler) as executor:
        for _ in range(1 + REFINEMENTS * refine):
            for k, wanted in enumerate(todo):
                results[k] += [ready[k][m] for m in wanted if m in ready[k]]
            tasks = _tasks(jobs, todo, ready)
            for task, found in zip(tasks, executor.map(tasks), strict=True):
                for k, result in zip(task.jobs, found, strict=True):
                    results[k].append(result)
                if progress is not None:
                    progress(sum(map(len, results)), total)
            todo = [_closing(r) for r in results]
            total += sum(map(len, todo))
            if not any(todo):
                break
    return results


def _closing(results: list[MassResult]) -> list[float]:
    """Sort the results of one job, and return the masses to add."""
    results.sort(key=lambda r: r.mass)
    return closing_masses([r.mass for r in results], [bool(r.found["central"]) for r in results])


def _tasks(
    jobs: Sequence[Setup | Joint],
    todo: Sequence[Sequence[float]],
    ready: Sequence[Mapping[float, MassResult]],
) -> list[Task]:
    """Tasks, in increasing mass for each set of sources."""
    together: dict[tuple[int, ...], dict[float, list[int]]] = {}
    for k, (job, masses, known) in enumerate(zip(jobs, todo, ready, strict=True)):
        at = together.setdefault(tuple(id(s) for s in job.sources), {})
        for mass in masses:
            if mass not in known:
                at.setdefault(mass, []).append(k)
    return [Task(mass, tuple(at[mass])) for at in together.values() for mass in sorted(at)]
