"""Solids with exact chords, and the aiming of rays at them."""

from __future__ import annotations

from .aim import Aim
from .cylinders import AnnularCylinder, Cylinder
from .polyhedra import Box, Frustum
from .solid import Segments, Solid

__all__ = ["Aim", "AnnularCylinder", "Box", "Cylinder", "Frustum", "Segments", "Solid"]
