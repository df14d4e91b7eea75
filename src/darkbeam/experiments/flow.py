"""Bookkeeping of the selection: decays alive after each stage, and the tracks found so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .detector_planes import Plane
    from .flights import Flight
    from .tracks import Tracks

__all__ = ["Flow", "Found"]


class Flow:
    """Decays alive so far, and the record of the stages."""

    def __init__(self, required: int, counted: NDArray[np.bool_]) -> None:
        self.required = required
        self.alive = counted
        self.stages: dict[str, NDArray[np.bool_]] = {"final state counted": counted}

    def __len__(self) -> int:
        return len(self.alive)

    def stage(self, name: str, passed: NDArray[np.bool_]) -> None:
        """Record one stage."""
        self.alive = self.alive & passed
        self.stages[name] = self.alive

    def number(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many of the tracks each decay has."""
        return np.bincount(row, minlength=len(self))

    def count(self, name: str, row: NDArray[np.int64]) -> None:
        """Record the stage at which enough products are left."""
        self.stage(name, self.number(row) >= self.required)

    def sum(self, tracks: Tracks, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the tracks of each decay."""
        return np.bincount(tracks.row, weights=value, minlength=len(self)).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Found:
    """Measured tracks, which of them are kept (None: all), and how they fly."""

    tracks: Tracks
    keep: NDArray[np.bool_] | None
    flight: Flight | None

    def at(self, plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position (m) in a plane outside the field."""
        assert self.flight is not None
        return self.flight.at(plane)

    def take(self, at: NDArray[np.int64]) -> Found:
        """Tracks at the given positions, all kept."""
        return Found(self.tracks.take(at), None, self.flight and self.flight.take(at))

    def alive(self, flow: Flow) -> Found:
        """Kept tracks of the decays that are alive."""
        alive = flow.alive[self.tracks.row]
        return self.take(np.flatnonzero(alive if self.keep is None else alive & self.keep))
