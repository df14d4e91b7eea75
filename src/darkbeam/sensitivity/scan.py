"""Scan over the mass, on one or several processes.

Each mass is independent and its random streams do not depend on who computes it, so the result is the same for
any number of workers.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.sensitivity.contour import Curve, intervals, peak
from darkbeam.sensitivity.masses import closing_masses, mass_grid
from darkbeam.sensitivity.point import compute_point

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from darkbeam.sensitivity.contour import Interval
    from darkbeam.sensitivity.point import MassPoint
    from darkbeam.sensitivity.setup import Setup

__all__ = ["MassResult", "scan", "summarise"]


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
    """

    mass: float
    found: dict[str, list[Interval]]
    peaks: dict[str, tuple[float, float]]
    n_effective: tuple[float, float]
    shares: dict[str, tuple[float, float]]
    notes: tuple[str, ...]


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
    return MassResult(point.mass, found, peaks, effective, shares, point.notes)


def _work(setup: Setup, mass: float) -> MassResult:
    return summarise(compute_point(setup, mass), setup.experiment.n_events)


_SETUP: list[Setup] = []
"""Setup of a worker process, sent once."""


def _start(setup: Setup) -> None:
    _SETUP[:] = [setup]


def _work_in_process(mass: float) -> MassResult:
    return _work(_SETUP[0], mass)


class _Runner:
    """Maps masses to results, in this process or in several."""

    def __init__(self, setup: Setup, workers: int) -> None:
        self.setup = setup
        self.pool: ProcessPoolExecutor | None = None
        if workers > 1:
            # spawn: safe with the threads of a progress bar and the same on every platform
            context = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(
                workers, mp_context=context, initializer=_start, initargs=(setup,)
            )

    def __enter__(self) -> _Runner:
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=error[0] is None, cancel_futures=True)

    def map(self, masses: Sequence[float]) -> Iterator[MassResult]:
        if self.pool is None:
            return (_work(self.setup, m) for m in masses)
        return iter(self.pool.map(_work_in_process, masses))


def scan(
    setup: Setup,
    masses: tuple[float, float, int],
    nodes: Sequence[float] = (),
    workers: int = 1,
    *,
    refine: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[MassResult]:
    """Compute a mass range and bisect where regions open or close.

    Parameters
    ----------
    setup : Setup
    masses : (low, high, n)
        GeV; base grid.
    nodes : sequence of float
        Further masses, e.g. resonances.
    workers : int
        Processes; the result does not depend on it.
    refine : bool
        Add nodes and bisect; otherwise the base grid is all.
    progress : callable, optional
        Called with (masses done, masses known so far).

    Returns
    -------
    list of MassResult
        In increasing mass.
    """
    todo = [float(m) for m in mass_grid(*masses, extra=nodes, refine=refine) if setup.sources_at(float(m))]
    results: list[MassResult] = []
    known = len(todo)
    with _Runner(setup, min(workers, len(todo))) as runner:
        for _ in range(1 + REFINEMENTS * refine):
            for result in runner.map(todo):
                results.append(result)
                if progress is not None:
                    progress(len(results), known)
            results.sort(key=lambda r: r.mass)
            todo = closing_masses([r.mass for r in results], [bool(r.found["central"]) for r in results])
            known += len(todo)
            if not todo:
                break
    return results
