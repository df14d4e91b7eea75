r"""Circular cone along z, truncated, with an optional conical hole: cones, frusta of cones, conical shells.

With r = o + t d, radius R(z) = R_0 + s z, rho = R(o_z), and transverse components relative to the axis, the
surface |r_T|^2 = R(z)^2 is A t^2 + 2 B t + C = 0 with

    A = |d_T|^2 - s^2 d_z^2,   B = d_T.o_T - s d_z rho,   C = |o_T|^2 - rho^2,
    B^2 - A C = |rho d_T - s d_z o_T|^2 - (d_T x o_T)^2

(the last form has no cancellation at small angles).  For A >= 0 the ray is inside between the roots; for A < 0
it is steeper than the cone and inside the half where R > 0 beyond one of them.  Only slabs with R >= 0 are used,
where the solid is convex.  A shell of polar angles, apex at the production point, is the cone with
R = z tan(theta_max) and the hole z tan(theta_min).
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

__all__ = ["Cone", "cone_shell"]


def _wall(
    d: NDArray[np.float64], o: NDArray[np.float64], radius_at_zero: float, slope: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances at which rays enter and leave an infinite cone (its half with R > 0); (inf, -inf) for a miss."""
    ox, oy = o[0], o[1]
    rho = radius_at_zero + slope * o[2]
    steep = slope * d[2]
    across, out = np.hypot(d[0], d[1]), np.hypot(ox, oy)
    a = (across - np.abs(steep)) * (across + np.abs(steep))
    b = d[0] * ox + d[1] * oy - steep * rho
    c = (out - rho) * (out + rho)
    cross = d[0] * oy - d[1] * ox
    ux, uy = rho * d[0] - steep * ox, rho * d[1] - steep * oy
    discriminant = ux * ux + uy * uy - cross * cross
    q = -(b + np.copysign(np.sqrt(np.maximum(discriminant, 0.0)), b))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = q / a, c / q
    low, high = np.fmin(first, second), np.fmax(first, second)
    parallel = (a == 0.0) & (q == 0.0)
    steeper = a < 0.0
    enter = np.where(steeper & (steep > 0.0), high, np.where(steeper | parallel, -np.inf, low))
    leave = np.where(steeper & (steep < 0.0), low, np.where(steeper | parallel, np.inf, high))
    miss = np.where(parallel, c > 0.0, ~steeper & (discriminant <= 0.0))
    return np.where(miss, np.inf, enter), np.where(miss, -np.inf, leave)


@dataclass(frozen=True)
class Cone:
    """Truncated circular cone along z, with an optional concentric conical hole.

    Attributes
    ----------
    z_min, length : float
        Upstream end and length, m.
    radius_upstream, radius_downstream : float
        Radii of the two ends, m; one of them may be 0.
    x, y : float
        Position of the axis, m.
    hole_upstream, hole_downstream : float
        Radii of the hole at the two ends, m; no hole if both are 0.
    """

    z_min: float
    length: float
    radius_upstream: float
    radius_downstream: float
    x: float = 0.0
    y: float = 0.0
    hole_upstream: float = 0.0
    hole_downstream: float = 0.0

    @property
    def z_max(self) -> float:
        """Downstream end, m."""
        return self.z_min + self.length

    @property
    def has_hole(self) -> bool:
        """Whether anything is cut out."""
        return max(self.hole_upstream, self.hole_downstream) > 0.0

    @property
    def volume(self) -> float:
        """Volume, m^3."""
        a, b = self.radius_upstream, self.radius_downstream
        p, q = self.hole_upstream, self.hole_downstream
        return float(np.pi * self.length * (a * a + a * b + b * b - p * p - p * q - q * q) / 3.0)

    def _line(self, upstream: float, downstream: float) -> tuple[float, float]:
        """(R_0, s) of a radius that is linear in z."""
        slope = (downstream - upstream) / self.length
        return upstream - slope * self.z_min, slope

    def chord(self, direction: ArrayLike, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Segments:
        """Return the pieces of the rays inside: (1, n), or (2, n) before and behind a hole."""
        d, o = rays(direction, origin)
        o = o - np.array([[self.x], [self.y], [0.0]])
        enter, leave = _wall(d, o, *self._line(self.radius_upstream, self.radius_downstream))
        clip_half_space(o[2] - self.z_min, -d[2], enter, leave)
        clip_half_space(self.z_max - o[2], d[2], enter, leave)
        if not self.has_hole:
            return segments((enter, leave))
        hole_in, hole_out = _wall(d, o, *self._line(self.hole_upstream, self.hole_downstream))
        clip_half_space(o[2] - self.z_min, -d[2], hole_in, hole_out)
        clip_half_space(self.z_max - o[2], d[2], hole_in, hole_out)
        hit = hole_in < hole_out
        before = enter, np.where(hit, np.minimum(leave, hole_in), leave)
        behind = np.maximum(enter, np.where(hit, hole_out, np.inf)), leave
        return segments(before, behind)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return which points, shape (3, n), are inside."""
        r = np.asarray(points, dtype=np.float64)
        inside = (r[2] >= self.z_min) & (r[2] <= self.z_max)
        out = np.hypot(r[0] - self.x, r[1] - self.y)
        at_zero, slope = self._line(self.radius_upstream, self.radius_downstream)
        inside &= out <= at_zero + slope * r[2]
        if self.has_hole:
            at_zero, slope = self._line(self.hole_upstream, self.hole_downstream)
            inside &= out >= at_zero + slope * r[2]
        return np.asarray(inside)

    def _ends(self, upstream: float, downstream: float) -> tuple[tuple[float, float, float, float], ...]:
        return (self.x, self.y, self.z_min, upstream), (self.x, self.y, self.z_max, downstream)

    def angular_window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle seen from the origin, rad.

        (distance of the wall) / z is linear in 1 / z: both are reached at an end.
        """
        off = float(np.hypot(self.x, self.y))
        outer = self._ends(self.radius_upstream, self.radius_downstream)
        hole = self._ends(self.hole_upstream, self.hole_downstream)
        nearest = max(
            min((off - r) / z for _, _, z, r in outer), min((r - off) / z for _, _, z, r in hole), 0.0
        )
        return float(np.arctan(nearest)), float(np.arctan(max((off + r) / z for _, _, z, r in outer)))

    def shadow_support(self, psi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return max of (x cos psi + y sin psi) / z over the solid, shape of psi."""
        along = self.x * np.cos(psi) + self.y * np.sin(psi)
        ends = self._ends(self.radius_upstream, self.radius_downstream)
        return np.asarray(np.max([(along + r) / z for _, _, z, r in ends], axis=0))

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which cells between edges in theta and phi may hit."""
        return upright_azimuths(self.shadow_support, theta, phi)

    def extent(self, normal: ArrayLike) -> float:
        """Return max of normal.r over the solid, m."""
        return disc_extent(self._ends(self.radius_upstream, self.radius_downstream), normal)

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the outline and the hole."""
        outer = discs(self._ends(self.radius_upstream, self.radius_downstream))
        holes = (discs(self._ends(self.hole_upstream, self.hole_downstream)),) if self.has_hole else ()
        return (Leaf(outer, holes),)


def cone_shell(z_min: float, length: float, theta_min: float, theta_max: float) -> Cone:
    """All points between two polar angles (rad) seen from the production point, z_min <= z <= z_min + length."""
    z = (z_min, z_min + length)
    outer, inner = np.tan(theta_max), np.tan(theta_min)
    return Cone(
        z_min,
        length,
        float(z[0] * outer),
        float(z[1] * outer),
        0.0,
        0.0,
        float(z[0] * inner),
        float(z[1] * inner),
    )
