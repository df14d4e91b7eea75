"""Solids with exact chords, and the aiming of rays at them."""

from __future__ import annotations

from .aim import Aim
from .composite import Difference, Union
from .cones import Cone, cone_shell
from .convex import Polyhedron
from .cylinders import AnnularCylinder, Cylinder
from .placed import Placed, rotation_matrix
from .polyhedra import Box, Frustum
from .solid import Leaf, Segments, Solid
from .summary import GeometrySummary, geometry_summary

__all__ = [
    "Aim", "AnnularCylinder", "Box", "Cone", "Cylinder", "Difference", "Frustum", "GeometrySummary", "Leaf",
    "Placed", "Polyhedron", "Segments", "Solid", "Union", "cone_shell", "geometry_summary", "rotation_matrix",
]  # fmt: skip
