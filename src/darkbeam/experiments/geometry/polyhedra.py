r"""Box and rectangular frustum along z.

Half widths h_x(z), h_y(z) are linear in z.  The solid is the intersection of six half spaces: two in z and

    +-(x - x_c) - h_x' z <= h_x(0),    likewise y,

clipped one after the other.  Seen from the origin, with u = 1/z, the angular distance of its nearest point
from the axis at given z is hypot(f_x, f_y), f_x = max(|x_c| u - h_x(0) u - h_x', 0): convex in u, so the
minimum lies at an end or at a stationary point; the largest angle is at a corner.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .outline import upright_azimuths
from .solid import Leaf, clip_half_space, dot, rays, segments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .solid import Segments

__all__ = ["Box", "Frustum"]


@dataclass(frozen=True)
class _Rectangular(ABC):
    """Everything that follows from the two rectangular faces."""

    z_min: float
    length: float

    @abstractmethod
    def _centre(self) -> tuple[float, float]:
        """Transverse centre, m."""

    @abstractmethod
    def _faces(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Full widths (x, y) of the upstream and of the downstream face, m."""

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        return self.z_min + self.length

    @property
    def volume(self) -> float:
        """Volume, m^3 (Simpson's rule is exact for an area quadratic in z)."""
        (dx0, dy0), (dx1, dy1) = self._faces()
        return self.length * (dx0 * dy0 + (dx0 + dx1) * (dy0 + dy1) + dx1 * dy1) / 6.0

    def _walls(self) -> list[tuple[float, float, float]]:
        """(centre, h(0), h') in x and in y."""
        upstream, downstream = self._faces()
        slopes = [0.5 * (w1 - w0) / self.length for w0, w1 in zip(upstream, downstream, strict=True)]
        return [
            (centre, 0.5 * w0 - slope * self.z_min, slope)
            for centre, w0, slope in zip(self._centre(), upstream, slopes, strict=True)
        ]

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces (1, n) of the rays inside."""
        d, o = rays(direction, origin)
        enter, leave = np.full(d.shape[1], -np.inf), np.full(d.shape[1], np.inf)
        clip_half_space(o[2] - self.z_min, -d[2], enter, leave)
        clip_half_space(self.z_max - o[2], d[2], enter, leave)
        for axis, (centre, at_zero, slope) in enumerate(self._walls()):
            half = at_zero + slope * o[2]
            opening = slope * d[2]
            clip_half_space(half - (o[axis] - centre), d[axis] - opening, enter, leave)
            clip_half_space(half + (o[axis] - centre), -d[axis] - opening, enter, leave)
        return segments((enter, leave))

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        r = np.asarray(points, dtype=np.float64)
        inside = (r[2] >= self.z_min) & (r[2] <= self.z_max)
        for axis, (centre, at_zero, slope) in enumerate(self._walls()):
            inside &= np.abs(r[axis] - centre) <= at_zero + slope * r[2]
        return np.asarray(inside)

    def _corners(self) -> NDArray[np.float64]:
        """Corners, shape (3, 8), m."""
        xc, yc = self._centre()
        return np.array(
            [
                (xc + 0.5 * sx * dx, yc + 0.5 * sy * dy, z)
                for z, (dx, dy) in zip((self.z_min, self.z_max), self._faces(), strict=True)
                for sx in (-1, 1)
                for sy in (-1, 1)
            ]
        ).T

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad."""
        x, y, z = self._corners()
        nearest = [(abs(centre) - at_zero, -slope) for centre, at_zero, slope in self._walls()]
        (ax, bx), (ay, by) = nearest
        u_lo, u_hi = 1.0 / self.z_max, 1.0 / self.z_min
        u = [u_lo, u_hi]
        u += [-b / a for a, b in nearest if a]
        if ax * ax + ay * ay > 0.0:
            u.append(-(ax * bx + ay * by) / (ax * ax + ay * ay))
        at = np.clip(np.array(u), u_lo, u_hi)
        tangent = np.hypot(np.maximum(ax * at + bx, 0.0), np.maximum(ay * at + by, 0.0))
        return float(np.arctan(np.min(tangent))), float(np.max(np.arctan2(np.hypot(x, y), z)))

    def shadow_support(self, psi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return max of (x cos psi + y sin psi) / z over the solid, shape of psi."""
        x, y, z = self._corners()
        return np.asarray(np.max(np.outer(np.cos(psi), x / z) + np.outer(np.sin(psi), y / z), axis=1))

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi may hit."""
        return upright_azimuths(self.shadow_support, theta, phi)

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        return float(np.max(dot(normal, self._corners())))

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the corners."""
        return (Leaf(self._corners()),)


@dataclass(frozen=True)
class Frustum(_Rectangular):
    """Rectangular pyramidal frustum along z.

    Attributes
    ----------
    z_min, length : float
        Upstream end and length along z, m.
    dx_upstream, dy_upstream, dx_downstream, dy_downstream : float
        Full widths of the two faces, m.
    x, y : float
        Transverse centre, m.

    Examples
    --------
    >>> Frustum(32.0, 50.0, 1.0, 2.7, 4.0, 6.2).chord([[0.0], [0.0], [1.0]]).length
    array([50.])
    """

    dx_upstream: float
    dy_upstream: float
    dx_downstream: float
    dy_downstream: float
    x: float = 0.0
    y: float = 0.0

    def _centre(self) -> tuple[float, float]:
        return self.x, self.y

    def _faces(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return (self.dx_upstream, self.dy_upstream), (self.dx_downstream, self.dy_downstream)


@dataclass(frozen=True)
class Box(_Rectangular):
    """Rectangular box along z.

    Attributes
    ----------
    z_min, length : float
        Upstream end and length along z, m.
    dx, dy : float
        Full widths, m.
    x, y : float
        Transverse centre, m.
    """

    dx: float
    dy: float
    x: float = 0.0
    y: float = 0.0

    def _centre(self) -> tuple[float, float]:
        return self.x, self.y

    def _faces(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return (self.dx, self.dy), (self.dx, self.dy)
