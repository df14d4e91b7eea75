r"""Unions and differences: set algebra on the pieces of each ray.

The pieces of the parts are sorted along the ray and merged (union), or cut by the gaps between the merged pieces of
what is taken away (difference).  Both are exact, also where parts overlap.

The volume is that of the parts minus what is counted twice or taken away,

    V_union = sum_i V_i - int dA (sum_i chord_i - chord_union),    V_diff = V_first - int dA (chord_first - chord_diff)

with dA over a plane perpendicular to parallel rays.  The integral is over 8 independently scrambled Sobol sets
of 2^14 rays; their scatter is `volume_error`.  Without an overlap the integral and its error are exactly 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .solid import Leaf, Segments, rays

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from .solid import Solid

__all__ = ["Difference", "Union"]

_SETS, _LOG2_RAYS = 8, 14


def _in_order(enter: NDArray[np.float64], leave: NDArray[np.float64]) -> Segments:
    """Sort pieces (k, n) along each ray; empty ones last, as (0, 0)."""
    used = leave > enter
    key = np.where(used, enter, np.inf)
    order = np.argsort(key, axis=0, kind="stable")
    return Segments(
        np.take_along_axis(np.where(used, enter, 0.0), order, axis=0),
        np.take_along_axis(np.where(used, leave, 0.0), order, axis=0),
    )


def _merge(pieces: list[Segments]) -> Segments:
    """Union of pieces: sorted, overlapping or touching ones joined."""
    found = _in_order(np.concatenate([p.enter for p in pieces]), np.concatenate([p.exit for p in pieces]))
    enter, leave = found.enter.copy(), found.exit.copy()
    for k in range(enter.shape[0] - 1, 0, -1):
        # From the far end: a piece that starts inside one of those before it is carried into that one.
        reach = np.max(leave[:k], axis=0)
        joined = (leave[k] > enter[k]) & (enter[k] <= reach)
        holder = np.argmax(leave[:k], axis=0)
        ray = np.flatnonzero(joined)
        leave[holder[ray], ray] = np.maximum(leave[holder[ray], ray], leave[k, ray])
        enter[k, ray] = leave[k, ray] = 0.0
    return _in_order(enter, leave)


def _cut(pieces: Segments, away: Segments) -> Segments:
    """Pieces without what lies in ``away`` (sorted and disjoint)."""
    used = away.exit > away.enter
    ends = np.where(used, away.enter, np.inf)
    starts = np.where(used, away.exit, np.inf)
    nowhere = np.full((1, ends.shape[1]), np.inf)
    # The gap after an unused piece is empty; the last used piece is followed by a gap to infinity.
    gap_in, gap_out = np.concatenate([-nowhere, starts]), np.concatenate([ends, nowhere])
    enter = np.maximum(pieces.enter[:, None], gap_in[None]).reshape(-1, ends.shape[1])
    leave = np.minimum(pieces.exit[:, None], gap_out[None]).reshape(-1, ends.shape[1])
    return _in_order(enter, leave)


def _excess(
    solid: Solid, chord: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[float, float]:
    """Integral of a chord over the plane, rays along the longest side, and its standard error, m^3."""
    from scipy.stats import qmc

    bounds = np.array([[-solid.extent(-axis), solid.extent(axis)] for axis in np.eye(3)])
    side = bounds[:, 1] - bounds[:, 0]
    along = int(np.argmax(side))
    u, v = (k for k in range(3) if k != along)
    area = float(side[u] * side[v])
    direction = np.zeros((3, 1 << _LOG2_RAYS))
    direction[along] = 1.0
    origin = np.empty_like(direction)
    origin[along] = bounds[along, 0] - 1.0
    found = []
    for seed in range(_SETS):
        sample = qmc.Sobol(2, rng=np.random.default_rng(seed)).random_base2(_LOG2_RAYS)
        origin[u] = bounds[u, 0] + side[u] * sample[:, 0]
        origin[v] = bounds[v, 0] + side[v] * sample[:, 1]
        found.append(area * float(np.mean(chord(direction, origin))))
    return float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(_SETS))


class _Composite(ABC):
    """What unions and differences share."""

    @property
    def z_min(self) -> float:
        """Upstream end, m."""
        return -self.extent((0.0, 0.0, -1.0))

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        return self.extent((0.0, 0.0, 1.0))

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        return max(part.extent(normal) for part in self._outer())

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad."""
        windows = [part.angular_window() for part in self._outer()]
        return min(low for low, _ in windows), max(high for _, high in windows)

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi may hit."""
        return np.asarray(np.any([part.azimuths(theta, phi) for part in self._outer()], axis=0))

    @abstractmethod
    def _outer(self) -> tuple[Solid, ...]:
        """Return the solids that contain this one."""


@dataclass(frozen=True)
class Union(_Composite):
    """Everything that lies in at least one part; parts may overlap.

    Attributes
    ----------
    parts : tuple of Solid
    """

    parts: tuple[Solid, ...]

    def _outer(self) -> tuple[Solid, ...]:
        return self.parts

    @cached_property
    def _overlap(self) -> tuple[float, float]:
        """Volume counted twice and its error, m^3."""

        def twice(d: NDArray[np.float64], o: NDArray[np.float64]) -> NDArray[np.float64]:
            pieces = [part.chord(d, o) for part in self.parts]
            twice = np.sum([p.length for p in pieces], axis=0) - _merge(pieces).length
            # Rounding of the sums is not an overlap.
            return np.where(twice > 1e-9, twice, 0.0)

        return _excess(self, twice)

    @property
    def volume(self) -> float:
        """Volume, m^3; exact if no parts overlap."""
        return sum(part.volume for part in self.parts) - self._overlap[0]

    @property
    def volume_error(self) -> float:
        """Standard error of the volume, m^3."""
        return self._overlap[1]

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces of the rays inside, one row for each piece that the parts can give."""
        return _merge([part.chord(direction, origin) for part in self.parts])

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        return np.asarray(np.any([part.contains(points) for part in self.parts], axis=0))

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the outlines of all parts."""
        return tuple(leaf for part in self.parts for leaf in part.leaves())


@dataclass(frozen=True)
class Difference(_Composite):
    """A solid without others.

    Attributes
    ----------
    first : Solid
        What is kept.
    away : tuple of Solid
        What is taken away; may reach out of ``first`` and overlap.
    """

    first: Solid
    away: tuple[Solid, ...]

    def _outer(self) -> tuple[Solid, ...]:
        return (self.first,)

    @cached_property
    def _removed(self) -> tuple[float, float]:
        """Volume taken away and its error, m^3."""

        def gone(d: NDArray[np.float64], o: NDArray[np.float64]) -> NDArray[np.float64]:
            return self.first.chord(d, o).length - self.chord(d, o).length

        return _excess(self, gone)

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        return self.first.volume - self._removed[0]

    @property
    def volume_error(self) -> float:
        """Standard error of the volume, m^3."""
        return float(np.hypot(self._removed[1], getattr(self.first, "volume_error", 0.0)))

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces of the rays inside."""
        d, o = rays(direction, origin)
        return _cut(self.first.chord(d, o), _merge([solid.chord(d, o) for solid in self.away]))

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        gone = np.any([solid.contains(points) for solid in self.away], axis=0)
        return np.asarray(self.first.contains(points) & ~gone)

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the outlines of the first solid, with what is taken away as holes."""
        cuts = tuple(leaf.points for solid in self.away for leaf in solid.leaves())
        return tuple(Leaf(leaf.points, leaf.holes + cuts) for leaf in self.first.leaves())
