r"""Outlines of solids seen from the production point.

**Upright solids** (z > 0 everywhere): the outline in (x/z, y/z) lies inside the half planes
(cos psi, sin psi).(x, y)/z <= h(psi) of its support function.

**Any convex piece**, given by points v whose hull contains it: if the origin is outside the hull there is a
direction c with c.v > 0 for every v.  In the plane c.r = 1 (gnomonic projection) the outline is the convex
polygon of v / c.v; each side, with the origin, spans a plane with outward normal n, and

    the cone over the piece = { d : n_i . d <= 0 for all sides i }.

A cell of directions, d = (sin t cos p, sin t sin p, cos t), t in [t_0, t_1], p in [p_0, p_1], is left out if

    min n.d = min_t [ n_z cos t + n_T sin t min_p cos(p - p_n) ] > 0    for some side.

The polar angle is extreme at a corner of the polygon, at the point of a side nearest to +z or -z, or it is 0
(or pi) if the axis lies in the cone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .solid import dot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["View", "disc_extent", "discs", "upright_azimuths", "view_of"]

_N_NORMALS = 24
_N_SIDES = 48
_TOLERANCE = 1e-12


def _least_cosine(phi: NDArray[np.float64], normal: float) -> NDArray[np.float64]:
    """Least cos(p - normal) over each azimuth cell; at an edge, except in the cells around the antipode."""
    at_edges = np.cos(phi - normal)
    least = np.minimum(at_edges[:-1], at_edges[1:])
    antipode = np.cos(0.5 * (phi[:-1] + phi[1:]) - normal) < -np.cos(0.5 * (phi[1] - phi[0]))
    return np.where(antipode, -1.0, least)


def upright_azimuths(
    support: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    theta: NDArray[np.float64],
    phi: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Cells (n_theta, n_phi) that no half plane of an upright solid excludes.

    Parameters
    ----------
    support : callable
        h(psi), the largest (x cos psi + y sin psi) / z of the solid.
    theta, phi : arrays
        Edges of the cells, rad.
    """
    radius = np.tan(theta)
    near, far = radius[:-1, None], radius[1:, None]
    psi = 2.0 * np.pi * np.arange(_N_NORMALS) / _N_NORMALS
    mask = np.ones((theta.size - 1, phi.size - 1), dtype=np.bool_)
    for normal, reach in zip(psi, support(psi), strict=True):
        least = _least_cosine(phi, normal)
        mask &= np.where(least > 0.0, near * least, far * least) <= reach + _TOLERANCE
    return mask


def discs(ends: Iterable[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    """Corners (3, m) of polygons around discs (x, y, z, radius) perpendicular to z."""
    angle = 2.0 * np.pi * np.arange(_N_SIDES) / _N_SIDES
    stretch = 1.0 / np.cos(np.pi / _N_SIDES)
    rings = [
        (x + r * stretch * np.cos(angle), y + r * stretch * np.sin(angle), np.full(_N_SIDES, z))
        for x, y, z, r in ends
    ]
    return np.concatenate(rings, axis=1)


def disc_extent(ends: Iterable[tuple[float, float, float, float]], normal: ArrayLike) -> float:
    """Largest normal.r over discs (x, y, z, radius) perpendicular to z."""
    a, b, c = np.asarray(normal, dtype=np.float64)
    return float(max(a * x + b * y + c * z + r * np.hypot(a, b) for x, y, z, r in ends))


@dataclass(frozen=True)
class View:
    """Cone of directions from the origin over the convex hull of points.

    Attributes
    ----------
    normals : array, shape (3, m)
        Outward unit normals of its sides; none if the origin is not outside the hull.
    corners : array, shape (3, m)
        Unit vectors to its corners, in order around the cone.
    """

    normals: NDArray[np.float64]
    corners: NDArray[np.float64]

    def azimuths(self, theta: NDArray[np.float64], phi: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Cells (n_theta, n_phi) between the edges that no side excludes."""
        mask = np.ones((theta.size - 1, phi.size - 1), dtype=np.bool_)
        low, high = theta[:-1, None], theta[1:, None]
        for nx, ny, nz in self.normals.T:
            across = np.hypot(nx, ny) * _least_cosine(phi, float(np.arctan2(ny, nx)))
            ends = [nz * np.cos(t) + across * np.sin(t) for t in (low, high)]
            # nz cos t + across sin t = A cos(t - t_a): the least value -A at t_a +- pi, if that is in the row
            at = np.arctan2(across, nz)
            bottom = at + np.where(at > 0.0, -np.pi, np.pi)
            inside = (bottom > low) & (bottom < high)
            least = np.where(inside, -np.hypot(across, nz), np.minimum(ends[0], ends[1]))
            mask &= least <= _TOLERANCE
        return mask

    def contains(self, direction: ArrayLike) -> bool:
        """Return whether a direction, shape (3,), lies in the cone."""
        return bool(np.all(dot(direction, self.normals) <= 0.0))

    def window(self) -> tuple[float, float]:
        """Return the smallest and largest polar angle, rad."""
        if self.normals.shape[1] == 0:
            return 0.0, float(np.pi)
        along = np.concatenate([self.corners, *self._nearest_on_sides()], axis=1)
        angle = np.arctan2(np.hypot(along[0], along[1]), along[2])
        low = 0.0 if self.contains((0.0, 0.0, 1.0)) else float(np.min(angle))
        return low, float(np.pi) if self.contains((0.0, 0.0, -1.0)) else float(np.max(angle))

    def _nearest_on_sides(self) -> list[NDArray[np.float64]]:
        """Points of the sides nearest to +z and to -z, where they lie between the corners."""
        a, b = self.corners, np.roll(self.corners, -1, axis=1)
        n = np.cross(a, b, axis=0)
        n = n / np.sqrt(dot(n, n))
        found = []
        for sign in (1.0, -1.0):
            p = -sign * n[2] * n
            p[2] += sign
            length = np.sqrt(dot(p, p))
            between = (dot(np.cross(a, p, axis=0), n) > 0.0) & (dot(np.cross(p, b, axis=0), n) > 0.0)
            keep = between & (length > 1e-9)
            found.append(p[:, keep] / length[keep])
        return found


def view_of(points: NDArray[np.float64]) -> View:
    """Cone over the convex hull of points (3, m) seen from the origin."""
    return _view(np.ascontiguousarray(points, dtype=np.float64).tobytes())


@lru_cache(maxsize=256)
def _view(raw: bytes) -> View:
    """`view_of`, kept: aiming and the angular window ask for the same one."""
    from scipy.spatial import ConvexHull

    points = np.frombuffer(raw, dtype=np.float64).reshape(3, -1)
    forward = _forward(points)
    if forward is None:
        return View(np.empty((3, 0)), np.empty((3, 0)))
    first = np.cross(forward, np.eye(3)[int(np.argmin(np.abs(forward)))])
    first /= np.sqrt(np.sum(first * first))
    second = np.cross(forward, first)
    depth = dot(forward, points)
    plane = np.stack([dot(first, points) / depth, dot(second, points) / depth], axis=1)
    hull = ConvexHull(plane)
    around = points[:, hull.vertices]
    corners = around / np.sqrt(dot(around, around))
    # outward in the plane, a.q + b <= 0 with q = (first, second).r / forward.r
    a, b, c = hull.equations.T
    normals = first[:, None] * a + second[:, None] * b + forward[:, None] * c
    return View(normals / np.sqrt(dot(normals, normals)), corners)


def _forward(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Unit vector with the largest least cosine to all points, or None if the origin is in their hull.

    A linear programme: maximise t with c.v/|v| >= t and |c_i| <= 1.
    """
    from scipy.optimize import linprog

    distance = np.sqrt(dot(points, points))
    if not np.all(distance > 0.0):
        return None
    unit = points / distance
    rows = np.concatenate([-unit, np.ones((1, unit.shape[1]))]).T
    found = linprog(
        [0.0, 0.0, 0.0, -1.0],
        A_ub=rows,
        b_ub=np.zeros(unit.shape[1]),
        bounds=[(-1.0, 1.0)] * 3 + [(None, 1.0)],
    )
    # None stands for a programme that was not solved
    if found.x is None or found.x[3] < 1e-6:
        return None
    c = np.asarray(found.x[:3], dtype=np.float64)
    return np.asarray(c / np.sqrt(np.sum(c * c)))
