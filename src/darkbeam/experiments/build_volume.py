"""From the table ``decay_volume`` of a card to a solid.

Lengths in metres.  A card speaks in coordinates of its own; ``beam_spot`` says where the beam hits in them, and
the solid is shifted so that the production point is the origin.  Keys by shape:

=================  =====================================================================================
box                dx_m, dy_m (full widths)
cylinder           radius_m
annular_cylinder   radius_m, hole_radius_m
frustum            dx_upstream_m, dy_upstream_m, dx_downstream_m, dy_downstream_m
cone               radius_upstream_m, radius_downstream_m, optional hole_radius_upstream_m, _downstream_m
cone_shell         eta_min, eta_max or theta_min_rad, theta_max_rad; apex at the production point
polyhedron         vertices_m = [[x, y, z], ...], convex
union              [[decay_volume.parts]], may overlap
difference         [[decay_volume.parts]], the first without all others
=================  =====================================================================================

All but the last three have z_min_m and length_m, and all but the last four x_center_m and y_center_m.  Those
five may lie along another ``axis``: with axis = "y" the keys are y_min_m, length_m, x_center_m, z_center_m and
the widths dx_m and dz_m ("upstream" is the low end of the axis).  ``rotation_deg`` = [rx, ry, rz] turns a
solid about its centre (of a polyhedron: the mean of its corners), about the fixed axes x, then y, then z.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .geometry import (
    AnnularCylinder,
    Box,
    Cone,
    Cylinder,
    Difference,
    Frustum,
    Placed,
    Polyhedron,
    Union,
    cone_shell,
    rotation_matrix,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.card_tables import Table

    from .geometry import Solid

__all__ = ["SHAPES", "beam_spot", "decay_volume"]

_ALONG_AXIS = ("box", "cylinder", "annular_cylinder", "frustum", "cone")
SHAPES = (*_ALONG_AXIS, "cone_shell", "polyhedron", "union", "difference")
"""Shapes that a card may name."""

_HOLES = ("hole_radius_upstream_m", "hole_radius_downstream_m")
_ETA, _THETA = ("eta_min", "eta_max"), ("theta_min_rad", "theta_max_rad")
_SMALLEST = 1e-9
"""Volume (m^3) below which corners are taken to lie in one plane."""


def beam_spot(top: Table) -> tuple[float, float]:
    """Where the beam hits, in the transverse frame of the card; darkbeam's origin is there."""
    if "beam_spot" not in top:
        return 0.0, 0.0
    spot = top.table("beam_spot")
    spot.only(("x_m", "y_m"))
    return spot.centre("x_m"), spot.centre("y_m")


def decay_volume(top: Table) -> Solid:
    """Make the solid of the table ``decay_volume``.

    Parameters
    ----------
    top : Table
        The whole card.

    Raises
    ------
    CardError
        Names the key and the reason.
    """
    table = top.table("decay_volume")
    solid = _solid(table, (*beam_spot(top), 0.0))
    if solid.contains([[0.0], [0.0], [0.0]])[0]:
        name = next(key for key in ("z_min_m", "y_min_m", "x_min_m", "vertices_m", "parts") if key in table)
        raise table.error(name, "the production point lies inside the decay volume")
    return solid


def _solid(table: Table, spot: tuple[float, float, float]) -> Solid:
    """Solid of one table, a part or the whole."""
    shape = table.string("shape", SHAPES)
    if shape in ("union", "difference"):
        return _composite(table, shape, spot)
    if shape == "polyhedron":
        return _polyhedron(table, spot)
    if shape == "cone_shell":
        return _cone_shell(table)
    return _along_axis(table, shape, spot)


def _composite(table: Table, shape: str, spot: tuple[float, float, float]) -> Solid:
    """Union or difference of the tables ``parts``."""
    table.only(("shape", "parts"))
    parts = table.tables("parts")
    if len(parts) < 2:
        raise table.error("parts", f"a {shape} needs at least two parts, not {len(parts)}")
    solids = tuple(_solid(part, spot) for part in parts)
    if shape == "union":
        return Union(solids)
    found = Difference(solids[0], solids[1:])
    if found.volume <= _SMALLEST:
        raise table.error("parts", "nothing is left: the other parts cover the first")
    return found


def _polyhedron(table: Table, spot: tuple[float, float, float]) -> Solid:
    """Convex polyhedron of ``vertices_m``."""
    table.only(("shape", "vertices_m", "rotation_deg"))
    vertices = np.array(_vertices(table))
    if np.linalg.matrix_rank(vertices - vertices[0], tol=1e-6) < 3:
        raise table.error("vertices_m", "all corners lie in one plane")
    centre = np.mean(vertices, axis=0)
    turned = np.einsum("ij,nj->ni", _rotation(table), vertices - centre) + centre - np.array(spot)
    solid = Polyhedron(tuple((float(x), float(y), float(z)) for x, y, z in turned))
    if solid.hidden():
        number = solid.hidden()[0]
        raise table.error(
            "vertices_m", f"corner {number + 1}, {_text(vertices[number])}, is no corner of the convex hull"
        )
    return solid


def _vertices(table: Table) -> tuple[tuple[float, ...], ...]:
    """Corners, all different."""
    rows = table.points("vertices_m", 3, 4)
    for row in rows:
        if rows.count(row) > 1:
            raise table.error("vertices_m", f"corner {_text(row)} is given twice")
    return rows


def _text(point: NDArray[np.float64] | tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{v:g}" for v in point) + "]"


def _rotation(table: Table) -> NDArray[np.float64]:
    """Rotation of ``rotation_deg``, the identity if absent."""
    if "rotation_deg" not in table:
        return np.eye(3)
    angles = table.numbers("rotation_deg", -360.0)
    if len(angles) != 3:
        raise table.error("rotation_deg", f"must hold three angles [rx, ry, rz], not {len(angles)}")
    return rotation_matrix((angles[0], angles[1], angles[2]))


def _cone_shell(table: Table) -> Solid:
    """Shell between two polar angles or pseudorapidities seen from the production point."""
    table.only(("shape", "z_min_m", "length_m", *_ETA, *_THETA))
    given = [pair for pair in (_ETA, _THETA) if any(name in table for name in pair)]
    if len(given) != 1:
        raise table.error(
            "eta_min", "give either eta_min and eta_max, or theta_min_rad and theta_max_rad, and not both"
        )
    low_name, high_name = given[0]
    if low_name == "eta_min":
        low = table.number(low_name, 0.0, strict=True)
        high = table.number(high_name) if high_name in table else math.inf
        # tanh(eta) = cos(theta)
        theta = 2.0 * math.atan(math.exp(-high)), 2.0 * math.atan(math.exp(-low))
    else:
        low = table.number(low_name, 0.0) if low_name in table else 0.0
        high = table.positive(high_name)
        theta = low, high
        if high >= 0.5 * math.pi:
            raise table.error(high_name, f"must be below pi / 2, not {high:g}")
    if high <= low:
        raise table.error(high_name, f"must be above {low_name} = {low:g}, not {high:g}")
    return cone_shell(table.size("z_min_m"), table.size("length_m"), *theta)


def _centre(table: Table, name: str) -> float:
    """Coordinate of a centre, 0 if absent."""
    return table.position(name) if name in table else 0.0


def _sizes(shape: str, across: tuple[str, str]) -> tuple[str, ...]:
    """Names of the sizes of a shape whose two transverse coordinates are ``across``."""
    a, b = across
    return {
        "box": (f"d{a}_m", f"d{b}_m"),
        "cylinder": ("radius_m",),
        "annular_cylinder": ("radius_m", "hole_radius_m"),
        "frustum": tuple(f"d{k}_{end}_m" for end in ("upstream", "downstream") for k in (a, b)),
        "cone": ("radius_upstream_m", "radius_downstream_m"),
    }[shape]


def _along_axis(table: Table, shape: str, spot: tuple[float, float, float]) -> Solid:
    """Solid with an axis of its own, along x, y or z, and perhaps turned."""
    axis = table.string("axis", ("x", "y", "z")) if "axis" in table else "z"
    along = "xyz".index(axis)
    across = [k for k in range(3) if k != along]
    names = _sizes(shape, ("xyz"[across[0]], "xyz"[across[1]]))
    centres = tuple(f"{'xyz'[k]}_center_m" for k in across)
    start = f"{axis}_min_m"
    optional = _HOLES if shape == "cone" else ()
    table.only(("shape", start, "length_m", *names, *centres, *optional, "axis", "rotation_deg"))
    low, length = table.position(start) - spot[along], table.size("length_m")
    sizes = _checked_sizes(table, shape, names)
    middle = [_centre(table, name) - spot[k] for name, k in zip(centres, across, strict=True)]
    if axis == "z" and low > 0.0 and "rotation_deg" not in table:
        return _upright(shape, low, length, sizes, middle[0], middle[1])
    if axis != "z" and shape == "box" and "rotation_deg" not in table:
        found = _lying_box(low, length, sizes, middle, along)
        if found is not None:
            return found
    local = _upright(shape, -0.5 * length, length, sizes, 0.0, 0.0)
    # columns: where the local x, y, z point
    frame = np.eye(3)[:, [*across, along]]
    turned = np.einsum("ij,jk->ik", _rotation(table), frame)
    shift = [0.0, 0.0, 0.0]
    shift[across[0]], shift[across[1]], shift[along] = middle[0], middle[1], low + 0.5 * length
    a, b, c = ((float(x), float(y), float(z)) for x, y, z in turned)
    return Placed(local, (a, b, c), (shift[0], shift[1], shift[2]))


def _lying_box(low: float, length: float, sizes: list[float], middle: list[float], along: int) -> Box | None:
    """Box along x or y written as one along z, if it lies downstream of the production point."""
    # the transverse coordinates of x are (y, z), those of y are (x, z): z is the second one
    z_min = middle[1] - 0.5 * sizes[1]
    if z_min <= 0.0:
        return None
    centre = low + 0.5 * length
    if along == 0:
        return Box(z_min, sizes[1], length, sizes[0], centre, middle[0])
    return Box(z_min, sizes[1], sizes[0], length, middle[0], centre)


def _checked_sizes(table: Table, shape: str, names: tuple[str, ...]) -> list[float]:
    """Sizes in the order of the constructors, holes smaller than what they are in."""
    if shape != "cone":
        sizes = [table.size(name) for name in names]
        if shape == "annular_cylinder" and sizes[1] >= sizes[0]:
            raise table.error("hole_radius_m", f"must be below radius_m = {sizes[0]:g}, not {sizes[1]:g}")
        return sizes
    radii = [table.number(name, 0.0) for name in names]
    if max(radii) <= 0.0:
        raise table.error(names[1], "one of the two radii of a cone must be above 0")
    holes = [table.optional(name) or 0.0 for name in _HOLES]
    for name, hole, radius in zip(_HOLES, holes, radii, strict=True):
        if hole > radius or (hole > 0.0 and hole == radius):
            raise table.error(name, f"must be below the radius {radius:g} at that end, not {hole:g}")
    return [*radii, *holes]


def _upright(
    shape: str, z_min: float, length: float, sizes: list[float], x: float, y: float
) -> AnnularCylinder | Box | Cone | Cylinder | Frustum:
    """Solid along z."""
    if shape == "box":
        return Box(z_min, length, sizes[0], sizes[1], x, y)
    if shape == "frustum":
        return Frustum(z_min, length, sizes[0], sizes[1], sizes[2], sizes[3], x, y)
    if shape == "cylinder":
        return Cylinder(z_min, length, sizes[0], x, y)
    if shape == "cone":
        return Cone(z_min, length, sizes[0], sizes[1], x, y, sizes[2], sizes[3])
    return AnnularCylinder(z_min, length, sizes[0], x, y, sizes[1])
