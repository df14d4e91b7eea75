r"""Planes in any orientation, with their cross-sections.

A plane stands perpendicular to the axis a (x, y or z) at a position p on it.  Its coordinates (u, v) are the two
other coordinates, in the order x, y, z.  A tilt by (r_x, r_y, r_z) turns it about the centre C of its section:

    n = +-R e_a,    R = R_z(r_z) R_y(r_y) R_x(r_x),    (u, v) of C + R^T (r - C)

The normal n points away from the production point at the origin, n.C > 0.  A particle crosses the plane if it flies
along n (n.p > 0) and has the plane ahead of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .geometry import rotation_matrix
from .sections import Section

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tracks import Tracks

__all__ = ["KINDS", "DetectorPlane", "Plane"]

KINDS = ("all", "muon", "other", "charged", "photon")
"""Kinds of products that a plane can be for; "other" is everything but muons."""


@dataclass(frozen=True)
class Plane:
    """A plane in space.

    Attributes
    ----------
    axis : int
        0, 1, 2: perpendicular to x, y, z before the tilt.
    position : float
        Coordinate on that axis, m.
    centre : tuple of float
        The point C about which the plane is tilted, in its own coordinates, m.
    tilt : tuple of float
        Angles about x, y, z, degrees.
    """

    axis: int
    position: float
    centre: tuple[float, float] = (0.0, 0.0)
    tilt: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def across_beam(self) -> bool:
        """Perpendicular to the beam."""
        return self.axis == 2 and not any(self.tilt)

    @property
    def _rest(self) -> list[int]:
        return [i for i in range(3) if i != self.axis]

    @cached_property
    def pivot(self) -> NDArray[np.float64]:
        """The point C, shape (3,), m."""
        return np.insert(np.array(self.centre), self.axis, self.position)

    @cached_property
    def rotation(self) -> NDArray[np.float64]:
        """Matrix R."""
        return rotation_matrix(self.tilt) if any(self.tilt) else np.eye(3)  # saves the import of scipy

    @cached_property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector n away from the production point, shape (3,)."""
        normal = self.rotation[:, self.axis]
        return -normal if np.sum(normal * self.pivot) < 0.0 else normal

    @cached_property
    def distance(self) -> float:
        """Distance of the plane from the production point, n.C, m."""
        return float(np.sum(self.normal * self.pivot))

    def coordinates(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(u, v) of points (3, m) in the plane, m."""
        if any(self.tilt):
            pivot = self.pivot[:, None]
            points = pivot + np.einsum("ji,jm->im", self.rotation, points - pivot)
        first, second = self._rest
        return points[first], points[second]

    def points(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points in space, shape (3, k), of coordinates (2, k), m."""
        pivot = self.pivot[:, None]
        flat = np.insert(uv, self.axis, self.position, axis=0)
        return np.asarray(pivot + np.einsum("ij,jm->im", self.rotation, flat - pivot))


@dataclass(frozen=True)
class DetectorPlane(Plane):
    """A plane with the section to be hit, the kind of products it is for, and a name for the cuts."""

    section: Section = field(default_factory=Section)
    kind: str = "all"
    name: str = ""

    def applies(self, tracks: Tracks) -> NDArray[np.bool_] | None:
        """Which tracks the plane is for; None for all."""
        if self.kind == "all":
            return None
        if self.kind == "other":
            return ~tracks.muon
        return tracks.of_kind(self.kind)

    def outline(self, n: int = 64) -> NDArray[np.float64]:
        """Points (3, k) around the edge of the section, m, for figures and checks."""
        return self.points(self.section.outline(n))
