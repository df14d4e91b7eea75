"""From the table ``detector`` of a card to planes, with every check of where they stand.

Two ways to write a detector:

one section    ``section`` with its sizes, ``plane_muon_z_m``, ``plane_other_z_m``, optional ``inside_at_z_m``: planes
               across the beam, all with this section, which is also the aperture of ``[magnet]``
planes         ``[[detector.planes]]``, each with exactly one of ``x_m``, ``y_m``, ``z_m``, a ``section`` of its own,
               optional ``tilt_deg``, ``for``, ``name``; ``required`` = "all" or "any" of them

All of the decay volume must lie before each plane, taken as endless; where any of the planes is enough, some of it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from .build_section import AXES, COMMON_SIZES, SIZES, centre_names, centre_of, section_of
from .build_volume import beam_spot
from .detector_planes import KINDS, DetectorPlane, Plane
from .layout import Detector

if TYPE_CHECKING:
    from darkbeam.card_tables import Table

    from .geometry import Solid
    from .layout import Magnet

__all__ = ["check_plane", "detector_of"]

_PLANES = ("plane_muon_z_m", "plane_other_z_m", "inside_at_z_m")
_MEETS = {
    "all": {"muon", "track", "photon", "neutral"},
    "muon": {"muon"},
    "other": {"track", "photon", "neutral"},
    "charged": {"muon", "track"},
    "photon": {"photon"},
}


def detector_of(top: Table, volume: Solid, magnets: tuple[Magnet, ...]) -> Detector:
    """Detector of the table ``detector``."""
    table = top.table("detector")
    has_ecal = table.boolean("has_ecal")
    if table.boolean("is_decay_volume"):
        table.only(("is_decay_volume", "has_ecal", "magnets"))
        return Detector(is_decay_volume=True, has_ecal=has_ecal)
    ecal = table.position("ecal_z_m") if "ecal_z_m" in table else None
    required = "all"
    if "planes" in table:
        table.only(("is_decay_volume", "has_ecal", "planes", "required", "ecal_z_m", "magnets"))
        required = table.string("required", ("all", "any")) if "required" in table else "all"
        planes = _planes(table, beam_spot(top), volume, magnets, required)
    else:
        planes = _one_section(table, beam_spot(top), volume, magnets)
    if ecal is not None:
        check_plane(table, "ecal_z_m", Plane(2, ecal), volume, magnets)
    return Detector(is_decay_volume=False, has_ecal=has_ecal, planes=planes, required=required, ecal=ecal)


def _one_section(
    table: Table, spot: tuple[float, float], volume: Solid, magnets: tuple[Magnet, ...]
) -> tuple[DetectorPlane, ...]:
    """Planes across the beam that share a section."""
    kind = table.string("section", COMMON_SIZES)
    sizes = COMMON_SIZES[kind]
    table.only(
        ("is_decay_volume", "has_ecal", "section", *sizes, *centre_names(2), *_PLANES, "ecal_z_m", "magnets")
    )
    section = section_of(table, kind, sizes, centre_of(table, 2, spot))
    muon, other = (table.positive(name) for name in _PLANES[:2])
    inside_at = table.numbers("inside_at_z_m", 0.0) if "inside_at_z_m" in table else ()
    at = [(_PLANES[0], muon), (_PLANES[1], other), *(("inside_at_z_m", z) for z in inside_at)]
    for name, z in at:
        table.plausible(name, z, 5000.0, "m", "mm")
        check_plane(table, name, Plane(2, z), volume, magnets)
    last = [("all", other)] if muon == other else [("other", other), ("muon", muon)]
    return tuple(
        DetectorPlane(2, z, section=section, kind=k) for k, z in (*last, *(("all", z) for z in inside_at))
    )


def _planes(
    table: Table, spot: tuple[float, float], volume: Solid, magnets: tuple[Magnet, ...], required: str
) -> tuple[DetectorPlane, ...]:
    """Planes of ``detector.planes``."""
    tables = table.tables("planes")
    if not tables:
        raise table.error("planes", "must hold at least one plane")
    planes = [_plane(one, spot) for one in tables]
    for one, plane in zip(tables, planes, strict=True):
        check_plane(one, _position_name(one), plane, volume, magnets, required)
    for (i, first), (j, second) in combinations(enumerate(planes), 2):
        same = (first.axis, first.position, first.tilt) == (second.axis, second.position, second.tilt)
        if same and required == "all" and _MEETS[first.kind] & _MEETS[second.kind]:
            name = _position_name(tables[j])
            raise tables[j].error(name, f'overlaps planes[{i}], and both are required; see required = "any"')
        if first.name and first.name == second.name:
            raise tables[j].error("name", f"{second.name!r} is the name of planes[{i}] too")
    return tuple(planes)


def _plane(table: Table, spot: tuple[float, float]) -> DetectorPlane:
    """One plane, relative to the production point."""
    name = _position_name(table)
    axis = AXES.index(name[0])
    kind = table.string("section", SIZES)
    table.only((name, "section", *SIZES[kind], *centre_names(axis), "tilt_deg", "for", "name"))
    if axis != 2 and kind != "polygon" and "z_center_m" not in table:
        raise table.error("z_center_m", "is missing: where along the beam the plane is")
    centre = centre_of(table, axis, spot)
    tilt = table.numbers("tilt_deg", -360.0) if "tilt_deg" in table else (0.0, 0.0, 0.0)
    if len(tilt) != 3:
        raise table.error("tilt_deg", f"must be three angles, about x, y and z, not {len(tilt)}")
    return DetectorPlane(
        axis,
        table.position(name) - (*spot, 0.0)[axis],
        centre,
        (tilt[0], tilt[1], tilt[2]),
        section_of(table, kind, SIZES[kind], centre),
        table.string("for", KINDS) if "for" in table else "all",
        table.string("name") if "name" in table else "",
    )


def _position_name(table: Table) -> str:
    """Return the one key out of x_m, y_m, z_m that a plane has."""
    names = [f"{axis}_m" for axis in AXES if f"{axis}_m" in table]
    if len(names) != 1:
        problem = "is missing: give one of x_m, y_m, z_m" if not names else f"is given beside {names[0]}"
        raise table.error("z_m" if not names else names[1], problem)
    return names[0]


def check_plane(
    table: Table, name: str, plane: Plane, volume: Solid, magnets: tuple[Magnet, ...], required: str = "all"
) -> None:
    """Refuse a plane through the production point, upstream of the decay volume, or inside a field."""
    if plane.distance < 1e-6:
        raise table.error(name, "the plane contains the production point")
    near, far = -volume.extent(-plane.normal), volume.extent(plane.normal)
    if plane.across_beam and plane.position < 0.0:
        raise table.error(name, f"{plane.position:g} lies upstream of the production point")
    if (far if required == "all" else near) > plane.distance + 1e-9:
        raise table.error(name, _upstream(plane, far if required == "all" else near, required))
    z_low, z_high = plane.position, plane.position
    if isinstance(plane, DetectorPlane):
        z = plane.outline()[2]
        z_low, z_high = float(z.min()), float(z.max())
    for magnet in magnets:
        if z_low < magnet.z_max and z_high > magnet.z_min:
            where = (
                f"{plane.position:g} lies inside the magnet"
                if plane.across_beam
                else "the plane meets the magnet"
            )
            raise table.error(name, f"{where}, {magnet.z_min:g} to {magnet.z_max:g} m")


def _upstream(plane: Plane, end: float, required: str) -> str:
    """Say that a plane lies before the decay volume."""
    what = "end" if required == "all" else "beginning"
    if plane.across_beam:
        return f"{plane.position:g} lies upstream of the {what} of the decay volume at {end:g} m"
    return (
        f"the plane, {plane.distance:g} m from the production point, lies upstream of the {what} of the decay volume "
        f"at {end:g} m along its normal"
    )
