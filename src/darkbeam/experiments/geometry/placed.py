r"""A solid turned and shifted: r = R r' + s, with r' in the frame of the solid.

Rays are taken into that frame, d' = R^T d and o' = R^T (o - s), where the chords are exact; distances along a ray
do not change.  R is orthogonal (a reflection is allowed: it turns no solid of this package into another).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .outline import view_of
from .solid import Leaf, dot, rays

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .solid import Segments, Solid

__all__ = ["Placed", "rotation_matrix"]

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


def rotation_matrix(degrees: tuple[float, float, float]) -> NDArray[np.float64]:
    """Rotation about the fixed axes x, then y, then z by angles in degrees, shape (3, 3).

    Examples
    --------
    >>> (rotation_matrix((90.0, 0.0, 0.0))[:, 2] + 0.0).tolist()
    [0.0, -1.0, 0.0]
    """
    from scipy.spatial.transform import Rotation

    matrix = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    return np.asarray(np.where(np.abs(matrix) < 1e-15, 0.0, matrix))


@dataclass(frozen=True)
class Placed:
    """Any solid, turned and shifted.

    Attributes
    ----------
    solid : Solid
        The solid in a frame of its own, in which it may lie anywhere.
    rotation : 3 x 3 tuple
        Orthogonal matrix R.
    shift : (x, y, z)
        Where the origin of that frame is, m.
    """

    solid: Solid
    rotation: Matrix
    shift: tuple[float, float, float]

    @cached_property
    def _columns(self) -> NDArray[np.float64]:
        """Axes of the solid in the frame of the experiment: rows of R^T."""
        return np.array(self.rotation, dtype=np.float64).T

    def _into(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """R^T v of vectors (3, n)."""
        return np.stack([dot(axis, vectors) for axis in self._columns])

    def _out_of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """R r' + s of points (3, n)."""
        matrix = np.array(self.rotation, dtype=np.float64)
        return np.stack([dot(row, points) + s for row, s in zip(matrix, self.shift, strict=True)])

    @property
    def _origin(self) -> NDArray[np.float64]:
        return np.array(self.shift, dtype=np.float64)[:, None]

    @property
    def z_min(self) -> float:
        """Upstream end, m."""
        return -self.extent((0.0, 0.0, -1.0))

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        return self.extent((0.0, 0.0, 1.0))

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        return self.solid.volume

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces of the rays inside."""
        d, o = rays(direction, origin)
        return self.solid.chord(self._into(d), self._into(o - self._origin))

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        return self.solid.contains(self._into(np.asarray(points, dtype=np.float64) - self._origin))

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad (round faces: up to 0.3 % wider)."""
        windows = [view_of(leaf.points).window() for leaf in self.leaves()]
        return min(low for low, _ in windows), max(high for _, high in windows)

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi may hit."""
        return np.asarray(
            np.any([view_of(leaf.points).azimuths(theta, phi) for leaf in self.leaves()], axis=0)
        )

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        n = np.asarray(normal, dtype=np.float64)
        return self.solid.extent(self._into(n[:, None])[:, 0]) + float(dot(n, self._origin)[0])

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the outlines of the solid, turned and shifted."""
        return tuple(
            Leaf(self._out_of(leaf.points), tuple(self._out_of(hole) for hole in leaf.holes))
            for leaf in self.solid.leaves()
        )
