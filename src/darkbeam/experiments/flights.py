"""Where tracks cross planes, with the arcs in the dipoles between.

Two ways give the same answer.  `ForwardFlight` is the fast one for planes across the beam: lines in z, one before the
first field and one behind each.  `SpaceFlight` takes planes in any orientation and tracks in any direction: straight
pieces in space, each valid up to the next field.  A track that flies backwards, or sideways inside a field, never
gets out of that field: it is lost in the yoke.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .dipole import Line, through

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .detector_planes import DetectorPlane, Plane
    from .layout import Magnet
    from .tracks import Tracks

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Flight", "ForwardFlight", "SpaceFlight"]


class Flight(Protocol):
    """Tracks on their way through the detector."""

    def at(self, plane: Plane) -> tuple[Floats, Floats]:
        """Coordinates (u, v) in a plane, m; NaN where it is not reached."""
        ...

    def hits(self, plane: DetectorPlane) -> Mask:
        """Which tracks cross the plane inside its section."""
        ...

    def take(self, at: NDArray[np.int64]) -> Flight:
        """Tracks at the given positions."""
        ...


@dataclass(frozen=True)
class ForwardFlight:
    """Tracks with p_z > 0 and planes across the beam.

    Attributes
    ----------
    lines : tuple of Line
        Before the first field, and behind each.
    alive : tuple of (array of bool or None)
        Tracks that came so far, for each line; None for all.
    ends : tuple of float
        Far end of each field, m, ascending.
    """

    lines: tuple[Line, ...]
    alive: tuple[Mask | None, ...]
    ends: tuple[float, ...]

    @classmethod
    def of(cls, tracks: Tracks, vertex: Floats, magnets: Sequence[Magnet]) -> ForwardFlight:
        """Flight of tracks with p_z > 0 from the vertices (3, n), m, through fields in order of z."""
        x, y, z = (component[tracks.row] for component in vertex)
        line = Line(x, y, z, tracks.px / tracks.pz, tracks.py / tracks.pz)
        p = (tracks.px, tracks.py, tracks.pz)
        alive: Mask | None = None
        lines, masks = [line], [alive]
        for magnet in magnets:
            line, p, arrived = through(line, p, tracks.charge, magnet)
            alive = arrived if alive is None else alive & arrived
            lines.append(line)
            masks.append(alive)
        return cls(tuple(lines), tuple(masks), tuple(magnet.z_max for magnet in magnets))

    def at(self, plane: Plane) -> tuple[Floats, Floats]:
        """Coordinates (u, v) in a plane, m; those of a track that is lost on the way mean nothing."""
        return self.lines[bisect_right(self.ends, plane.position)].at(plane.position)

    def hits(self, plane: DetectorPlane) -> Mask:
        """Which tracks cross the plane inside its section."""
        alive = self.alive[bisect_right(self.ends, plane.position)]
        inside = plane.section.contains(*self.at(plane))
        return inside if alive is None else inside & alive

    def take(self, at: NDArray[np.int64]) -> ForwardFlight:
        """Tracks at the given positions."""
        alive = tuple(mask if mask is None else mask[at] for mask in self.alive)
        return ForwardFlight(tuple(line.take(at) for line in self.lines), alive, self.ends)


@dataclass(frozen=True)
class _Piece:
    """Straight pieces r + t p, t >= 0, of the tracks that are ``there``, within z_low <= z <= z_high."""

    r: Floats
    p: Floats
    there: Mask
    z_low: Floats
    z_high: Floats

    def meet(self, plane: Plane) -> tuple[Mask, Floats]:
        """Which tracks cross the plane on this piece, and the points (3, m), m."""
        along, ahead = (
            plane.normal[0] * a[0] + plane.normal[1] * a[1] + plane.normal[2] * a[2] for a in (self.p, self.r)
        )
        crosses = self.there & (along > 0.0) & (plane.distance >= ahead)
        point = self.r + ((plane.distance - ahead) / np.where(crosses, along, 1.0)) * self.p
        return crosses & (point[2] >= self.z_low) & (point[2] <= self.z_high), point

    def take(self, at: NDArray[np.int64]) -> _Piece:
        return _Piece(self.r[:, at], self.p[:, at], self.there[at], self.z_low[at], self.z_high[at])


@dataclass(frozen=True)
class SpaceFlight:
    """Tracks in any direction, planes in any orientation: straight pieces in order of flight."""

    pieces: tuple[_Piece, ...]

    @classmethod
    def of(cls, tracks: Tracks, vertex: Floats, magnets: Sequence[Magnet]) -> SpaceFlight:
        """Flight from the vertices (3, n), m, through fields in order of z."""
        r, p = vertex[:, tracks.row], np.stack([tracks.px, tracks.py, tracks.pz])
        forward, z = p[2] > 0.0, r[2]
        low, high = np.full_like(z, -np.inf), np.full_like(z, np.inf)
        for magnet in reversed(magnets):
            high = np.where(z < magnet.z_max, np.maximum(magnet.z_min, z), high)
        for magnet in magnets:
            low = np.where(z > magnet.z_min, np.minimum(magnet.z_max, z), low)
        pieces = [_Piece(r, p, np.ones_like(forward), low, high)]
        ahead = np.where(forward, p[2], 1.0)
        line, q, alive = Line(r[0], r[1], z, p[0] / ahead, p[1] / ahead), (p[0], p[1], ahead), forward
        ends = [*(magnet.z_min for magnet in magnets), np.inf][1:]
        for magnet, end in zip(magnets, ends, strict=True):
            line, q, arrived = through(line, q, tracks.charge, magnet)
            alive = alive & arrived
            there = alive & (z < magnet.z_max)
            r = np.stack([line.x, line.y, line.z])
            pieces.append(_Piece(r, np.stack(q), there, np.full_like(z, -np.inf), np.full_like(z, end)))
        return cls(tuple(pieces))

    def at(self, plane: Plane) -> tuple[Floats, Floats]:
        """Coordinates (u, v) of the first crossing of a plane, m; NaN where there is none."""
        u, v = (np.full(len(self.pieces[0].there), np.nan) for _ in range(2))
        for piece in reversed(self.pieces):
            crosses, point = piece.meet(plane)
            new = plane.coordinates(point)
            u, v = np.where(crosses, new[0], u), np.where(crosses, new[1], v)
        return u, v

    def hits(self, plane: DetectorPlane) -> Mask:
        """Which tracks cross the plane inside its section."""
        return plane.section.contains(*self.at(plane))

    def take(self, at: NDArray[np.int64]) -> SpaceFlight:
        """Tracks at the given positions."""
        return SpaceFlight(tuple(piece.take(at) for piece in self.pieces))
