"""Cross-sections of planes and apertures, as cards write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sections import Section

if TYPE_CHECKING:
    from darkbeam.card_tables import Table

__all__ = ["AXES", "COMMON_SIZES", "SIZES", "centre_names", "centre_of", "common_section", "section_of"]

AXES = ("x", "y", "z")
COMMON_SIZES = {"rectangle": ("dx_m", "dy_m"), "circle": ("radius_m",), "ring": ("radius_m", "hole_radius_m")}
"""Keys of the section that all planes across the beam share."""
SIZES = COMMON_SIZES | {"rectangle": ("width_m", "height_m"), "polygon": ("vertices_m",)}
"""Keys of a section of its own, of a plane or an aperture."""


def centre_names(axis: int) -> tuple[str, ...]:
    """Keys of the centre of a section in a plane across an axis."""
    return tuple(f"{name}_center_m" for i, name in enumerate(AXES) if i != axis)


def centre_of(table: Table, axis: int, spot: tuple[float, float]) -> tuple[float, float]:
    """Centre of a section in the coordinates of its plane, relative to the production point."""
    shift = [value for i, value in enumerate((*spot, 0.0)) if i != axis]
    names = centre_names(axis)
    first, second = (table.position(name) if name in table else 0.0 for name in names)
    return first - shift[0], second - shift[1]


def section_of(table: Table, kind: str, sizes: tuple[str, ...], centre: tuple[float, float]) -> Section:
    """Section of a kind around a centre."""
    x, y = centre
    if kind == "polygon":
        vertices = table.points("vertices_m", 2, 3)
        turned = vertices[1:] + vertices[:1]
        if abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(vertices, turned, strict=True))) < 1e-12:
            raise table.error("vertices_m", "the polygon has no area")
        return Section(x=x, y=y, vertices=vertices)
    found = [table.size(name) for name in sizes]
    if kind == "rectangle":
        return Section(dx=found[0], dy=found[1], x=x, y=y)
    hole = found[1] if kind == "ring" else 0.0
    if hole >= found[0]:
        raise table.error("hole_radius_m", f"must be below radius_m = {found[0]:g}, not {hole:g}")
    return Section(radius=found[0], hole_radius=hole, x=x, y=y)


def common_section(table: Table, spot: tuple[float, float]) -> Section | None:
    """The one section of a detector without planes of their own."""
    if "section" not in table:
        return None
    kind = table.string("section", COMMON_SIZES)
    return section_of(table, kind, COMMON_SIZES[kind], centre_of(table, 2, spot))
