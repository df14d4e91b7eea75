"""Convex polyhedron given by its corners: the intersection of the half spaces of its faces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .outline import view_of
from .solid import Leaf, clip_half_space, dot, rays, segments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.spatial import ConvexHull

    from .solid import Segments

__all__ = ["Polyhedron"]


@dataclass(frozen=True)
class Polyhedron:
    """Convex hull of corners, anywhere.

    Attributes
    ----------
    vertices : tuple of (x, y, z)
        Corners, m; at least four, not in one plane.
    """

    vertices: tuple[tuple[float, float, float], ...]

    @cached_property
    def _hull(self) -> ConvexHull:
        from scipy.spatial import ConvexHull

        return ConvexHull(np.array(self.vertices))

    @cached_property
    def _faces(self) -> NDArray[np.float64]:
        """(n_x, n_y, n_z, -c) of each face, n.r <= c; triangles of one face taken once."""
        equations = np.asarray(self._hull.equations)
        scale = float(np.max(np.abs(self.vertices)))
        _, first = np.unique(np.round(equations / [1, 1, 1, scale], 9), axis=0, return_index=True)
        return equations[np.sort(first)]

    @property
    def corners(self) -> NDArray[np.float64]:
        """Corners, shape (3, m), m."""
        return np.array(self.vertices, dtype=np.float64).T

    @property
    def z_min(self) -> float:
        """Upstream end, m."""
        return float(np.min(self.corners[2]))

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        return float(np.max(self.corners[2]))

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        return float(self._hull.volume)

    def hidden(self) -> list[int]:
        """Numbers of the given corners that are not corners of the hull (a solid that is not convex)."""
        return sorted(set(range(len(self.vertices))) - set(self._hull.vertices.tolist()))

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces (1, n) of the rays inside."""
        d, o = rays(direction, origin)
        enter, leave = np.full(d.shape[1], -np.inf), np.full(d.shape[1], np.inf)
        for face in self._faces:
            clip_half_space(-face[3] - dot(face[:3], o), dot(face[:3], d), enter, leave)
        return segments((enter, leave))

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        r = np.asarray(points, dtype=np.float64)
        return np.asarray(np.all([dot(face[:3], r) <= -face[3] for face in self._faces], axis=0))

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad."""
        return view_of(self.corners).window()

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi may hit."""
        return view_of(self.corners).azimuths(theta, phi)

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        return float(np.max(dot(normal, self.corners)))

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the corners."""
        return (Leaf(self.corners),)
