"""The tables of a card for millicharged particles.

Bars are parallel and a particle is not: at x from the axis of the detector it moves on by x t over the depth d of the
bars, t = d/L.  The share of particles that are still in the row of bars in which they started is, in one direction with
n bars of width w (outer edges at e_k of the axis),

    1 - sum_k |e_k| t/(1 + t)/(n w)                    (flat illumination)

and the product of both directions multiplies the efficiency where the card has ``bar_width_m`` and ``depth_m``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.detection import LIGHT_YIELDS, SLAB_HITS, RecoilDetector, ScintillatorBars, SkipperCCD, Slabs
from darkbeam.errors import CardError, ValueRangeError
from darkbeam.experiments.statistics_card import statistics_of
from darkbeam.propagation import MATERIALS, get_material

from .experiment import Magnet, Region, Shield

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from darkbeam.detection import Detector

__all__ = [
    "KINDS", "PLACE", "leaves", "read_detector", "read_efficiency", "read_face", "read_magnet", "read_regions",
    "read_shield", "read_variants", "straight_share", "unverified_keys",
]  # fmt: skip

KINDS = {
    "scintillator-bars": {
        "layers", "bar_length_m", "photons_per_mev", "collection", "photo_electrons", "photo_electrons_max", "light",
        "slabs", "slab_thickness_m", "slab_collection", "slab_hits", "bar_width_m", "depth_m",
    },
    "recoil": {"material", "length_m", "low_GeV", "high_GeV", "hits"},
    "skipper-ccd": {"thickness_m", "ccds", "accepted"},
}  # fmt: skip
"""Kinds of detectors, and their keys beside `PLACE`."""
PLACE = ("kind", "distance_m", "angle_rad", "face_m", "efficiency")
REGION = ("photo_electrons", "photo_electrons_max", "slab_hits")
"""Keys of the detector that a signal region may change."""
COUNTS = ("background", "background_error", "observed")


def read_face(place: Table) -> tuple[float, float]:
    """Width and height, m."""
    sides = place.numbers("face_m", 1e-6)
    if len(sides) != 2:
        raise place.error("face_m", f"must hold width and height, not {len(sides)} numbers")
    return sides[0], sides[1]


def read_efficiency(place: Table, distance: float) -> float:
    """Efficiency of the card times the share of straight paths."""
    given = place.number("efficiency", 0.0, 1.0, strict=True) if "efficiency" in place else 1.0
    if ("bar_width_m" in place) != ("depth_m" in place):
        raise place.error("bar_width_m", "and depth_m belong together")
    if "bar_width_m" not in place:
        return given
    width, slope = place.size("bar_width_m"), place.size("depth_m") / distance
    return given * straight_share(read_face(place), width, slope)


def straight_share(face: tuple[float, float], width: float, slope: float) -> float:
    """Share of particles that stay in their row of bars.

    Parameters
    ----------
    face : (float, float)
        Width and height, m.
    width : float
        Of one bar, m.
    slope : float
        Depth of the bars over their distance from the production point.

    Examples
    --------
    >>> round(straight_share((0.1, 0.1), 0.05, 0.1), 4)
    0.8264
    """
    share = 1.0
    for side in face:
        bars = max(round(side / width), 1)
        centres = [abs(k + 0.5 - 0.5 * bars) for k in range(bars)]
        # the bar on the axis loses half as much on either side
        edges = [c + 0.5 if c > 0.0 else 1.0 for c in centres]
        lost = sum(min(e * slope / (1.0 + slope), 1.0) for e in edges) / bars
        share *= 1.0 - lost
    return share


def read_regions(top: Table, place: Table, kind: str) -> tuple[Region, ...]:
    """Signal regions, whose counts are read with the method of ``statistics``."""
    common = top.table("statistics")
    found = []
    for table in top.tables("regions"):
        table.only(("name", *REGION, *COUNTS))
        changes = {k: table.data[k] for k in REGION if k in table}
        detector, _ = read_detector(Table(place.file, table.path, {**place.data, **changes}), kind)
        counts = {k: table.data[k] for k in COUNTS if k in table}
        limit, _ = statistics_of(Table(top.file, table.path, {**common.data, **counts}))
        found.append(Region(table.string("name"), detector, limit))
    if not found:
        raise top.error("regions", "is empty")
    return tuple(found)


def _slabs(place: Table) -> Slabs | None:
    """Slabs beside the bars, if the card has any."""
    keys = ("slabs", "slab_thickness_m", "slab_collection")
    given = [k for k in keys if k in place]
    if not given:
        if "slab_hits" in place:
            raise place.error("slab_hits", "needs slabs, slab_thickness_m and slab_collection")
        return None
    hits = place.string("slab_hits", SLAB_HITS) if "slab_hits" in place else SLAB_HITS[0]
    thickness = place.size("slab_thickness_m") / place.size("bar_length_m")
    return Slabs(place.integer("slabs", 1), thickness, place.positive("slab_collection"), hits)


def read_detector(place: Table, kind: str) -> tuple[Detector, float]:
    """Detector, and the path of a particle along its axis, m."""
    try:
        if kind == "scintillator-bars":
            given = {k: place.positive(k) for k in ("photons_per_mev", "collection") if k in place}
            least = place.integer("photo_electrons", 1) if "photo_electrons" in place else 1
            light = place.string("light", LIGHT_YIELDS) if "light" in place else LIGHT_YIELDS[0]
            most = place.integer("photo_electrons_max", 1) if "photo_electrons_max" in place else None
            bars = ScintillatorBars(
                place.integer("layers", 1), photo_electrons=least, light=light, photo_electrons_max=most,
                slabs=_slabs(place), **given,
            )  # fmt: skip
            return bars, place.size("bar_length_m")
        if kind == "recoil":
            high = place.positive("high_GeV") if "high_GeV" in place else float("inf")
            material = get_material(place.string("material", MATERIALS))
            hits = place.integer("hits", 1) if "hits" in place else 1
            recoils = RecoilDetector(material, place.positive("low_GeV"), high, hits)
            return recoils, place.size("length_m")
        accepted = place.number("accepted", 0.0, 1.0, strict=True) if "accepted" in place else 1.0
        ccds = place.integer("ccds", 1)
        return SkipperCCD(1, accepted), ccds * place.size("thickness_m")
    except ValueRangeError as error:
        raise CardError(place.file, place.path, str(error)) from error


def read_shield(table: Table, distance: float) -> Shield:
    """Matter in front of a detector at ``distance`` (m)."""
    table.only(("material", "thickness_m", "start_m"))
    shield = Shield(
        get_material(table.string("material", MATERIALS)), table.size("thickness_m"),
        table.number("start_m", 0.0),
    )  # fmt: skip
    if shield.start + shield.thickness > distance:
        raise table.error("thickness_m", f"reaches behind the detector at {distance:g} m")
    return shield


def read_magnet(top: Table, distance: float) -> Magnet | None:
    """Magnet in front of a detector at ``distance`` (m), if there is one."""
    if "magnet" not in top:
        return None
    table = top.table("magnet")
    table.only(("field_integral_Tm", "position_m"))
    return Magnet(table.positive("field_integral_Tm"), table.number("position_m", 0.0, distance))


def read_variants(top: Table, place: Table, kind: str) -> dict[str, tuple[Detector, float]]:
    """Detectors with some keys changed, and lengths (m); bars always have the other description of their light."""
    found = {}
    tables = top.table("variants") if "variants" in top else Table(top.file, "variants", {})
    for name in tables.data:
        changes = tables.table(name)
        changes.only(sorted(KINDS[kind]))
        found[name] = read_detector(Table(place.file, changes.path, {**place.data, **changes.data}), kind)
    detector, length = read_detector(place, kind)
    if isinstance(detector, ScintillatorBars):
        for light in LIGHT_YIELDS[:2]:
            if light != detector.light:
                found[f"light-{light}"] = replace(detector, light=light), length
    return found


def unverified_keys(top: Table) -> tuple[str, ...]:
    """Keys whose numbers were not checked against a paper; each must exist."""
    keys = top.strings("unverified") if "unverified" in top else ()
    known = {dotted for dotted, _ in leaves(top.data)}
    for key in keys:
        if key not in known:
            raise top.error("unverified", f"names {key!r}, which this card does not have")
    return keys


def leaves(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names of all keys that hold no table, with their values; entries of an array share their names."""
    for key, value in data.items():
        tables = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
        for entry in tables:
            if isinstance(entry, dict):
                yield from leaves(entry, f"{path}{key}.")
            else:
                yield f"{path}{key}", value
