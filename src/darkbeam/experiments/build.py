"""From the tables of a card to the objects of an experiment, with every check of consistency."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.facilities import FACILITIES

from .experiment import Experiment
from .geometry import AnnularCylinder, Box, Cylinder, Frustum
from .layout import CHANNEL_CLASSES, Detector, Magnet, Section, Selection
from .statistics_card import statistics_of

if TYPE_CHECKING:
    from .geometry import Solid

__all__ = ["build"]

_STATUS = ("past", "running", "approved", "proposed", "future", "study")
_TOP = (
    "name", "title", "status", "citations", "facility", "based_on", "exposure", "beam_spot", "decay_volume",
    "detector", "magnet", "selection", "efficiency", "statistics",
)  # fmt: skip
_VOLUME = {
    "box": ("dx_m", "dy_m"),
    "cylinder": ("radius_m",),
    "annular_cylinder": ("radius_m", "hole_radius_m"),
    "frustum": ("dx_upstream_m", "dy_upstream_m", "dx_downstream_m", "dy_downstream_m"),
}
_SECTION = {"rectangle": ("dx_m", "dy_m"), "circle": ("radius_m",), "ring": ("radius_m", "hole_radius_m")}
_CENTRE = ("x_center_m", "y_center_m")
_PLANES = ("plane_muon_z_m", "plane_other_z_m", "inside_at_z_m", "ecal_z_m")
_CUTS = (
    "energy_each_min_GeV", "momentum_each_min_GeV", "energy_sum_min_GeV", "calorimeter_energy_min_GeV",
    "impact_parameter_max_m", "separation_mumu_min_m", "separation_mumu_z_m", "separation_other_min_m",
    "separation_other_z_m", "photon_separation_min_m", "photon_separation_z_m",
)  # fmt: skip


def build(card: dict[str, Any], file: str) -> Experiment:
    """Make the experiment of a resolved card (no ``based_on`` left)."""
    top = Table(file, "", card)
    top.only(_TOP)
    facility = top.string("facility", FACILITIES)
    volume = _decay_volume(top)
    magnet = _magnet(top)
    detector = _detector(top, volume, magnet)
    selection, final_states = _selection(top, volume, detector, magnet)
    pot, lumi_fb = _exposure(top, facility)
    n_events, counting = statistics_of(top.table("statistics"))
    return Experiment(
        name=top.string("name"),
        title=top.string("title"),
        status=top.string("status", _STATUS),
        citations=top.strings("citations"),
        facility=facility,
        pot=pot,
        lumi_fb=lumi_fb,
        decay_volume=volume,
        detector=detector,
        magnet=magnet,
        selection=selection,
        final_states=final_states,
        efficiency=_efficiency(top, final_states),
        n_events=n_events,
        counting=counting,
        card=_resolved(card, final_states),
    )


def _resolved(card: dict[str, Any], final_states: tuple[str, ...]) -> dict[str, Any]:
    """Copy of the card with "all" spelled out."""
    copied = copy.deepcopy(card)
    copied["selection"]["final_states"] = list(final_states)
    return copied


def _exposure(top: Table, facility: str) -> tuple[float | None, float | None]:
    """(pot, lumi_fb), one of them None."""
    table = top.table("exposure")
    kind = "lumi_fb" if FACILITIES[facility].collider else "pot"
    table.only((kind,))
    value = table.positive(kind)
    return (None, value) if kind == "lumi_fb" else (value, None)


def _beam_spot(top: Table) -> tuple[float, float]:
    """Where the beam hits, in the transverse frame of the card; darkbeam's origin is there."""
    if "beam_spot" not in top:
        return 0.0, 0.0
    spot = top.table("beam_spot")
    spot.only(("x_m", "y_m"))
    return spot.centre("x_m"), spot.centre("y_m")


def _decay_volume(top: Table) -> Solid:
    """Solid of the table ``decay_volume``, shifted so that the production point is the origin."""
    table = top.table("decay_volume")
    shape = table.string("shape", _VOLUME)
    table.only(("shape", "z_min_m", "length_m", *_VOLUME[shape], *_CENTRE))
    z_min, length = table.positive("z_min_m"), table.positive("length_m")
    spot = _beam_spot(top)
    x, y = table.centre("x_center_m") - spot[0], table.centre("y_center_m") - spot[1]
    sizes = [table.positive(name) for name in _VOLUME[shape]]
    if shape == "box":
        return Box(z_min, length, sizes[0], sizes[1], x, y)
    if shape == "frustum":
        return Frustum(z_min, length, sizes[0], sizes[1], sizes[2], sizes[3], x, y)
    if shape == "cylinder":
        return Cylinder(z_min, length, sizes[0], x, y)
    if sizes[1] >= sizes[0]:
        raise table.error("hole_radius_m", f"must be below radius_m = {sizes[0]:g}, not {sizes[1]:g}")
    return AnnularCylinder(z_min, length, sizes[0], x, y, sizes[1])


def _magnet(top: Table) -> Magnet | None:
    """Dipole of the table ``magnet``, if there is one."""
    if "magnet" not in top:
        return None
    table = top.table("magnet")
    table.only(("enabled", "z_min_m", "z_max_m", "field_T"))
    z_min, z_max = table.positive("z_min_m"), table.positive("z_max_m")
    if z_max <= z_min:
        raise table.error("z_max_m", f"must be above z_min_m = {z_min:g}, not {z_max:g}")
    return Magnet(z_min, z_max, table.number("field_T"), table.boolean("enabled"))


def _detector(top: Table, volume: Solid, magnet: Magnet | None) -> Detector:
    """Detector of the table ``detector``."""
    table = top.table("detector")
    has_ecal = table.boolean("has_ecal")
    if table.boolean("is_decay_volume"):
        table.only(("is_decay_volume", "has_ecal"))
        return Detector(is_decay_volume=True, has_ecal=has_ecal)
    section = table.string("section", _SECTION)
    table.only(("is_decay_volume", "has_ecal", "section", *_SECTION[section], *_CENTRE, *_PLANES))
    muon, other = (_plane(table, name, volume, magnet) for name in _PLANES[:2])
    inside_at = table.numbers("inside_at_z_m", 0.0) if "inside_at_z_m" in table else ()
    for z in inside_at:
        _check_plane(table, "inside_at_z_m", z, volume, magnet)
    ecal = _plane(table, "ecal_z_m", volume, magnet) if "ecal_z_m" in table else None
    return Detector(False, has_ecal, _section(top, table, section), muon, other, inside_at, ecal)


def _section(top: Table, table: Table, kind: str) -> Section:
    """Cross-section, relative to the production point."""
    spot = _beam_spot(top)
    x, y = table.centre("x_center_m") - spot[0], table.centre("y_center_m") - spot[1]
    sizes = [table.positive(name) for name in _SECTION[kind]]
    if kind == "rectangle":
        return Section(dx=sizes[0], dy=sizes[1], x=x, y=y)
    hole = sizes[1] if kind == "ring" else 0.0
    if hole >= sizes[0]:
        raise table.error("hole_radius_m", f"must be below radius_m = {sizes[0]:g}, not {hole:g}")
    return Section(radius=sizes[0], hole_radius=hole, x=x, y=y)


def _plane(table: Table, name: str, volume: Solid, magnet: Magnet | None) -> float:
    """Position of a plane behind the decay volume and outside the field."""
    z = table.positive(name)
    _check_plane(table, name, z, volume, magnet)
    return z


def _check_plane(table: Table, name: str, z: float, volume: Solid, magnet: Magnet | None) -> None:
    if z < volume.z_max - 1e-9:
        raise table.error(name, f"{z:g} lies upstream of the end of the decay volume at {volume.z_max:g} m")
    if magnet is not None and magnet.z_min < z < magnet.z_max:
        raise table.error(name, f"{z:g} lies inside the magnet, {magnet.z_min:g} to {magnet.z_max:g} m")


def _selection(
    top: Table, volume: Solid, detector: Detector, magnet: Magnet | None
) -> tuple[Selection, tuple[str, ...]]:
    """Cuts and counted final states of the table ``selection``."""
    table = top.table("selection")
    table.only(("final_states", "required_products", *_CUTS))
    cuts = {name.rsplit("_", 1)[0]: table.optional(name) for name in _CUTS}
    for kind in ("separation_mumu", "separation_other", "photon_separation"):
        minimum, plane = f"{kind}_min_m", f"{kind}_z_m"
        if (minimum in table) != (plane in table):
            raise table.error(
                plane if minimum in table else minimum, "is missing: a separation needs both keys"
            )
        if plane in table:
            if detector.is_decay_volume:
                raise table.error(plane, "has no meaning where the decay volume is the detector")
            _check_plane(table, plane, table.positive(plane), volume, magnet)
    if "calorimeter_energy_min_GeV" in table and not detector.has_ecal:
        raise table.error("calorimeter_energy_min_GeV", "needs detector.has_ecal = true")
    return Selection(table.integer("required_products", 1), **cuts), _final_states(table)


def _final_states(table: Table) -> tuple[str, ...]:
    """Return the counted classes, in the order of `CHANNEL_CLASSES`."""
    if table.data.get("final_states") == "all":
        return CHANNEL_CLASSES
    names = table.strings("final_states")
    for name in names:
        if name not in CHANNEL_CLASSES:
            raise table.error(
                "final_states", f'{name!r} is not one of {", ".join(CHANNEL_CLASSES)}, or "all"'
            )
    if not names:
        raise table.error("final_states", "must name at least one class")
    return tuple(name for name in CHANNEL_CLASSES if name in names)


def _efficiency(top: Table, final_states: tuple[str, ...]) -> dict[str, float]:
    """Efficiency of each counted class."""
    table = top.table("efficiency")
    table.only(CHANNEL_CLASSES)
    return {name: table.number(name, 0.0, 1.0) for name in final_states}
