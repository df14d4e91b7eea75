"""`reach_millicharged`: couplings that an experiment would exclude, against the mass of the particle."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.batch import collect, open_executor
from darkbeam.cache import result_of_card
from darkbeam.sensitivity.result import Reach

from .assemble import assemble
from .mass_edges import EdgesWork
from .prepare import McpOptions, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .card import McpExperiment
    from .mass_edges import MassEdges
    from .simulate import Simulation

__all__ = ["McpOptions", "prepare", "reach_millicharged"]

MASSES_PER_PROCESS = 6
"""Fewer are not worth the start of a process."""


def reach_millicharged(
    experiment: str | Path | McpExperiment,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    workers: int = 1,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    options: McpOptions | None = None,
    **choices: Any,  # fields of McpOptions
) -> Reach:
    """Compute the reach of an experiment for millicharged particles.

    Parameters
    ----------
    experiment : str, path or McpExperiment
        Name (`darkbeam.millicharged.card_names`), a TOML card, or an object.
    pot, lumi_fb : float, optional
        Exposure instead of the card's.
    events : float, optional
        Expected events that make the contour instead of the card's.
    workers : int
        Processes; the result does not depend on it.
    cache : bool
        Use and fill the cache of results.
    progress : callable, optional
        Called with (masses done, all masses).
    options : McpOptions, optional
        All other choices at once; or by name, e.g. ``spin="scalar"``, ``masses=(0.01, 50.0, 40)``.

    Returns
    -------
    Reach
        ``epsilon_lower`` and ``epsilon_upper`` bound the charges Q/e that are seen; ``band`` has the variations of
        production, and of the detector (``light-...`` and those of the card).

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.

    Examples
    --------
    >>> r = reach_millicharged("ArgoNeuT", masses=(0.3, 1.54, 2), sources=("quarkonium:jpsi",), cache=False)
    >>> bool(r.epsilon_lower[0] < r.epsilon_lower[1])
    True
    """
    chosen = replace(options or McpOptions(), **choices)
    e, simulation, card = prepare(experiment, chosen, pot=pot, lumi_fb=lumi_fb, events=events)

    def compute() -> Reach:
        start = time.perf_counter()
        results = _scan(simulation, e.n_events, chosen, workers, progress)
        return assemble(results, simulation, card, time.perf_counter() - start)

    return result_of_card(card, Reach, compute, cache=cache)


def _scan(
    simulation: Simulation,
    threshold: float,
    options: McpOptions,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[MassEdges]:
    """Results on the grid of masses, and between the last one with a region and the next."""
    grid = np.geomspace(*options.masses).tolist()
    # every process makes the photons again
    few = workers if workers < 1 else min(workers, max(len(grid) // MASSES_PER_PROCESS, 1))
    with open_executor(EdgesWork(simulation, threshold), few) as executor:
        found = collect(executor, grid, progress)
        while (middle := _between(found, options.precision)) is not None:
            found = sorted([*found, *executor.map([middle])], key=lambda r: r.mass)
    return found


def _between(found: Sequence[MassEdges], precision: float) -> float | None:
    """Mass to look at next for the tip; None where it is known, open or absent."""
    inside = [k for k, r in enumerate(found) if np.isfinite(r.edges.lower[0])]
    if not inside or inside[-1] == len(found) - 1:
        return None
    low, high = found[inside[-1]].mass, found[inside[-1] + 1].mass
    return float(np.sqrt(low * high)) if high > (1.0 + precision) * low else None
