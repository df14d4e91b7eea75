r"""Cylinder and annular cylinder along z.

The tube (x - x_c)^2 + (y - y_c)^2 <= R^2 cuts a ray o + t d where A t^2 + 2 B t + C = 0, in transverse
components with c = (x_c, y_c)

    A = d_x^2 + d_y^2,  B = d.(o - c),  C = |o - c|^2 - R^2,  B^2 - A C = R^2 A - (d x (o - c))^2

The last identity avoids the cancellation for rays at a few microradians, and the roots are taken as q/A and
C/q with q = -(B + sign(B) sqrt(B^2 - A C)).  The annulus is the outer tube without the inner one: two pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .outline import disc_extent, discs, upright_azimuths
from .solid import Leaf, clip_half_space, rays, segments

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .solid import Segments

__all__ = ["AnnularCylinder", "Cylinder"]


def _tube(
    d: NDArray[np.float64], o: NDArray[np.float64], x: float, y: float, radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances at which rays enter and leave an infinite tube; (inf, -inf) for a miss."""
    ox, oy = o[0] - x, o[1] - y
    a = d[0] * d[0] + d[1] * d[1]
    b = d[0] * ox + d[1] * oy
    cross = d[0] * oy - d[1] * ox
    rho = np.hypot(ox, oy)
    c = (rho - radius) * (rho + radius)
    discriminant = radius * radius * a - cross * cross
    q = -(b + np.copysign(np.sqrt(np.maximum(discriminant, 0.0)), b))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = q / a, c / q
    enter, leave = np.fmin(first, second), np.fmax(first, second)
    parallel = a == 0.0
    miss = np.where(parallel, c > 0.0, discriminant <= 0.0)
    enter = np.where(miss, np.inf, np.where(parallel, -np.inf, enter))
    leave = np.where(miss, -np.inf, np.where(parallel, np.inf, leave))
    return enter, leave


@dataclass(frozen=True)
class Cylinder:
    """Cylinder along z.

    Attributes
    ----------
    z_min, length : float
        Upstream end and length, m.
    radius : float
        Radius, m.
    x, y : float
        Position of the axis, m.
    """

    z_min: float
    length: float
    radius: float
    x: float = 0.0
    y: float = 0.0

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        return self.z_min + self.length

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        return float(np.pi * self.radius**2 * self.length)

    def _outer(
        self, d: NDArray[np.float64], o: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Piece inside the full cylinder."""
        enter, leave = _tube(d, o, self.x, self.y, self.radius)
        clip_half_space(o[2] - self.z_min, -d[2], enter, leave)
        clip_half_space(self.z_max - o[2], d[2], enter, leave)
        return enter, leave

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces (1, n) of the rays inside."""
        return segments(self._outer(*rays(direction, origin)))

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        r = np.asarray(points, dtype=np.float64)
        inside = (r[2] >= self.z_min) & (r[2] <= self.z_max)
        return np.asarray(inside & (np.hypot(r[0] - self.x, r[1] - self.y) <= self.radius))

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad."""
        off = float(np.hypot(self.x, self.y))
        inner = max(off - self.radius, 0.0)
        return float(np.arctan(inner / self.z_max)), float(np.arctan((off + self.radius) / self.z_min))

    def shadow_support(self, psi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return max of (x cos psi + y sin psi) / z over the solid, shape of psi."""
        reach = self.x * np.cos(psi) + self.y * np.sin(psi) + self.radius
        return np.asarray(np.maximum(reach / self.z_min, reach / self.z_max))

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi may hit."""
        return upright_azimuths(self.shadow_support, theta, phi)

    def _ends(self, radius: float) -> tuple[tuple[float, float, float, float], ...]:
        return (self.x, self.y, self.z_min, radius), (self.x, self.y, self.z_max, radius)

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        return disc_extent(self._ends(self.radius), normal)

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the outline."""
        return (Leaf(discs(self._ends(self.radius))),)


@dataclass(frozen=True)
class AnnularCylinder(Cylinder):
    """Cylinder along z with a concentric hole through its full length.

    Attributes
    ----------
    hole_radius : float
        Radius of the hole, m.
    """

    hole_radius: float = 0.0

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        return float(np.pi * (self.radius**2 - self.hole_radius**2) * self.length)

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces (2, n) of the rays inside: before and behind the hole."""
        d, o = rays(direction, origin)
        enter, leave = self._outer(d, o)
        hole_in, hole_out = _tube(d, o, self.x, self.y, self.hole_radius)
        hit = hole_in < hole_out
        before = enter, np.where(hit, np.minimum(leave, hole_in), leave)
        behind = np.maximum(enter, np.where(hit, hole_out, np.inf)), leave
        return segments(before, behind)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        r = np.asarray(points, dtype=np.float64)
        outside = np.hypot(r[0] - self.x, r[1] - self.y) >= self.hole_radius
        return np.asarray(super().contains(r) & outside)

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad."""
        low, high = super().angular_window()
        gap = max(self.hole_radius - float(np.hypot(self.x, self.y)), 0.0)
        return max(low, float(np.arctan(gap / self.z_max))), high

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the outline and the hole."""
        return (Leaf(discs(self._ends(self.radius)), (discs(self._ends(self.hole_radius)),)),)
