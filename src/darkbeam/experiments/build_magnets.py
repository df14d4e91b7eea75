"""Dipoles of a card: ``[magnet]``, or each of ``[[detector.magnets]]``.

Keys: ``z_min_m``, ``z_max_m``, ``field_T``, ``field_axis``, ``enabled``, and an ``aperture`` with a section, asked all
along the arc.  Without an aperture of its own ``[magnet]`` has the common section of the detector at both its ends;
a magnet of ``detector.magnets`` then has no yoke.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from .build_section import SIZES, centre_names, centre_of, common_section, section_of
from .build_volume import beam_spot
from .layout import Magnet

if TYPE_CHECKING:
    from darkbeam.card_tables import Table

    from .sections import Section

__all__ = ["magnets_of"]

_MAGNET = ("enabled", "z_min_m", "z_max_m", "field_T", "field_axis", "aperture")
_LARGEST_FIELD = 10.0


def magnets_of(top: Table) -> tuple[Magnet, ...]:
    """Dipoles of ``magnet`` or of ``detector.magnets``, in order of z."""
    detector, spot = top.table("detector"), beam_spot(top)
    if "magnets" not in detector:
        return (
            (_magnet(top.table("magnet"), spot, common_section(detector, spot)),) if "magnet" in top else ()
        )
    if "magnet" in top:
        raise top.error("magnet", "is given beside detector.magnets; put all dipoles into one of them")
    tables = detector.tables("magnets")
    pairs = sorted(((_magnet(table, spot, None), table) for table in tables), key=lambda pair: pair[0].z_min)
    for (first, _), (second, table) in pairwise(pairs):
        if second.z_min < first.z_max:
            raise table.error(
                "z_min_m",
                f"{second.z_min:g} lies inside another magnet, {first.z_min:g} to {first.z_max:g} m",
            )
    return tuple(magnet for magnet, _ in pairs)


def _magnet(table: Table, spot: tuple[float, float], section: Section | None) -> Magnet:
    """One dipole; ``section`` is the aperture at both ends where the card has none."""
    table.only(_MAGNET)
    z_min, z_max = table.positive("z_min_m"), table.positive("z_max_m")
    for name in ("z_min_m", "z_max_m"):
        table.position(name)
    if z_max <= z_min:
        raise table.error("z_max_m", f"must be above z_min_m = {z_min:g}, not {z_max:g}")
    field = table.plausible("field_T", table.number("field_T"), _LARGEST_FIELD, "T", "gauss")
    axis = table.string("field_axis", ("x", "y")) if "field_axis" in table else "y"
    enabled = table.boolean("enabled") if "enabled" in table else True
    if "aperture" not in table:
        return Magnet(z_min, z_max, field, enabled, axis, section)
    opening = table.table("aperture")
    kind = opening.string("section", SIZES)
    opening.only(("section", *SIZES[kind], *centre_names(2)))
    aperture = section_of(opening, kind, SIZES[kind], centre_of(opening, 2, spot))
    return Magnet(z_min, z_max, field, enabled, axis, aperture, followed=True)
