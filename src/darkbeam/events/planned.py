"""What every planned run of events has in common: points, chunks, executors, the part of a run in a file.

A run is a list of points, each with the same number of events in chunks of `darkbeam.events.settings.CHUNK`.  Chunks
are numbered through all points, and each has random streams of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from darkbeam.batch import open_executor

from .info import RunPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .record import Events
    from .settings import EventSettings

__all__ = ["Plan", "PlannedRun", "Totals", "Work"]


class Totals(Protocol):
    """Numbers of one point."""

    @property
    def expected_events(self) -> float:
        """Sum of the weights of its events."""
        ...

    @property
    def expected_error(self) -> float:
        """Monte Carlo error of the sum."""
        ...

    def for_files(self) -> dict[str, float]:
        """Factors of the expected number, for the headers of event files."""
        ...


class Plan(Protocol):
    """A planned point."""

    @property
    def totals(self) -> Totals:
        """Its numbers."""
        ...


class Work(Protocol):
    """Makes chunks by their number in the run; picklable."""

    @property
    def settings(self) -> EventSettings:
        """What the user chose."""
        ...

    @property
    def plans(self) -> Sequence[Plan]:
        """All points."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the run."""
        ...

    def __call__(self, number: int, /) -> Events:
        """Events of one chunk, with their weights."""
        ...


W = TypeVar("W", bound=Work)


@dataclass(frozen=True, eq=False)
class PlannedRun(Generic[W]):
    """A planned run.

    Attributes
    ----------
    work : Work
    card : dict
        Everything that defines the run.
    notes : tuple of str
    """

    work: W
    card: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def n_chunks(self) -> int:
        """Chunks of the whole run."""
        return len(self.work.plans) * self.work.settings.chunks

    @property
    def n_events(self) -> int:
        """Events of the whole run."""
        return len(self.work.plans) * self.work.settings.n

    @property
    def expected(self) -> float:
        """Sum of the weights of the run."""
        return float(sum(p.totals.expected_events for p in self.work.plans))

    @property
    def expected_error(self) -> float:
        """Monte Carlo error of `expected`."""
        return float(np.sqrt(sum(p.totals.expected_error**2 for p in self.work.plans)))

    def part(self, first: int, last: int) -> RunPart:
        """Description of a range of chunks in the header of a file."""
        return RunPart(self.work.seed, self.n_chunks, self.n_events, ((first, last),))

    def batches(
        self, chunks: Sequence[int] | None = None, *, workers: int = 1, scheduler: str | None = None
    ) -> Iterator[Events]:
        """Make chunks (all by default) and yield their events in order, see `darkbeam.batch.open_executor`."""
        numbers = range(self.n_chunks) if chunks is None else chunks
        with open_executor(self.work, min(workers, max(len(numbers), 1)), scheduler) as executor:
            yield from executor.map(numbers)
