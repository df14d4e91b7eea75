"""Cross-sections of detector planes and magnets: rectangle, circle, ring, polygon.

A section lies in a plane with coordinates (u, v) in m; its centre is (x, y) in these coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Section"]


@dataclass(frozen=True)
class Section:
    """Rectangle (dx, dy), circle or ring (radius, hole_radius), or polygon (vertices around the centre), m.

    ``radius`` None and no vertices means a rectangle.
    """

    dx: float = 0.0
    dy: float = 0.0
    radius: float | None = None
    hole_radius: float = 0.0
    x: float = 0.0
    y: float = 0.0
    vertices: tuple[tuple[float, ...], ...] = ()

    def contains(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points (m) are inside; NaN is outside."""
        u, v = x - self.x, y - self.y
        if self.vertices:
            return self._in_polygon(u, v)
        if self.radius is None:
            return np.asarray((np.abs(u) <= 0.5 * self.dx) & (np.abs(v) <= 0.5 * self.dy))
        rho2 = u * u + v * v
        inside = rho2 <= self.radius**2
        return np.asarray(inside & (rho2 >= self.hole_radius**2) if self.hole_radius else inside)

    def _in_polygon(self, u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Even-odd rule: the half line towards +u crosses an odd number of edges."""
        inside = np.zeros(np.shape(u), dtype=np.bool_)
        for (u1, v1), (u2, v2) in zip(self.vertices, self.vertices[1:] + self.vertices[:1], strict=True):
            if v1 != v2:
                inside ^= ((v1 > v) != (v2 > v)) & (u < u1 + (v - v1) * ((u2 - u1) / (v2 - v1)))
        return inside

    def outline(self, n: int = 64) -> NDArray[np.float64]:
        """Points (2, k) around the outer edge, not closed, m; ``n`` of them on a circle."""
        if self.vertices:
            corners = np.array(self.vertices).T
        elif self.radius is not None:
            turn = 2.0 * np.pi * np.arange(n) / n
            corners = self.radius * np.stack([np.cos(turn), np.sin(turn)])
        else:
            half_u, half_v = 0.5 * self.dx, 0.5 * self.dy
            corners = np.array([[-half_u, half_u, half_u, -half_u], [-half_v, -half_v, half_v, half_v]])
        return np.asarray(corners + np.array([[self.x], [self.y]]))
