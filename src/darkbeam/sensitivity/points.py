"""Decay spectra at many masses, on one or several processes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from darkbeam.batch.executors import collect, open_executor
from darkbeam.errors import MassRangeError
from darkbeam.production.source import gap_at
from darkbeam.sensitivity.point import compute_point

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from darkbeam.sensitivity.point import MassPoint
    from darkbeam.sensitivity.setup import Setup

__all__ = ["compute_points"]


def compute_points(
    setup: Setup,
    masses: Sequence[float],
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[MassPoint]:
    """`darkbeam.sensitivity.point.compute_point` at each mass; the result does not depend on ``workers``.

    Parameters
    ----------
    setup : Setup
    masses : sequence of float
        GeV; those at which no source produces, or one does not know what it makes, are left out.
    workers : int
        Processes.
    progress : callable, optional
        Called with (masses done, masses in all).

    Raises
    ------
    MassRangeError
        If no source produces at any of the masses.
    """
    open_masses = [float(m) for m in masses if setup.sources_at(float(m))]
    todo = [m for m in open_masses if not gap_at(setup.sources_at(m), m)]
    if not todo:
        spans = ", ".join(f"{s.name} {s.valid[0]:.3g}-{s.valid[1]:.3g}" for s in setup.sources)
        raise MassRangeError(f"no source produces at any of the masses; valid (GeV): {spans}")
    with open_executor(partial(compute_point, setup), min(workers, max(len(todo), 1))) as executor:
        return collect(executor, todo, progress)
