"""Cards of experiments that look for millicharged particles.

A card is a TOML file: facility, exposure, threshold, one detector that looks at the production point, matter and a
magnet in front of it, variants of the detector, signal regions, and the list of its keys that were not checked against
a paper.

Bars are parallel and a particle is not: at x from the axis of the detector it moves on by x t over the depth d of the
bars, t = d/L.  The share of particles that are still in the row of bars in which they started is, in one direction with
n bars of width w (outer edges at e_k of the axis),

    1 - sum_k |e_k| t/(1 + t)/(n w)                    (flat illumination)

and the product of both directions multiplies the efficiency where the card has ``bar_width_m`` and ``depth_m``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from importlib import resources
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.detection import LIGHT_YIELDS, SLAB_HITS, RecoilDetector, ScintillatorBars, SkipperCCD, Slabs
from darkbeam.errors import CardError, UnknownNameError, ValueRangeError
from darkbeam.experiments.card_lookup import plain_name
from darkbeam.experiments.statistics_card import statistics_of
from darkbeam.facilities import FACILITIES
from darkbeam.propagation import MATERIALS, get_material

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from darkbeam.detection import Detector
    from darkbeam.propagation import Material

__all__ = [
    "ALL", "Magnet", "McpExperiment", "Region", "Shield", "card_names", "describe", "experiment_from_table",
    "load_mcp_experiment", "straight_share",
]  # fmt: skip

ALL = "all-mcp"
"""Name of the group of all shipped cards."""
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
TOP = (
    "name", "title", "status", "citations", "facility", "exposure", "statistics", "detector", "shielding", "magnet",
    "variants", "regions", "unverified",
)  # fmt: skip
REGION = ("photo_electrons", "photo_electrons_max", "slab_hits")
"""Keys of the detector that a signal region may change."""
COUNTS = ("background", "background_error", "observed")
STATUS = ("past", "running", "approved", "proposed")


@dataclass(frozen=True)
class Shield:
    """Matter between production and detector, from ``start`` over ``thickness`` (m)."""

    material: Material
    thickness: float
    start: float

    def lever(self, distance: float) -> float:
        """Root mean square of (L - s)/L over the matter."""
        a, b = distance - self.start, distance - self.start - self.thickness
        return sqrt((a * a + a * b + b * b) / 3.0) / distance


@dataclass(frozen=True)
class Magnet:
    """Field integral (T m) at a distance ``position`` (m) from the production point."""

    field_integral: float
    position: float


@dataclass(frozen=True)
class Region:
    """One of several signal regions: its detector, and the signal events that are excluded in it alone."""

    name: str
    detector: Detector
    limit: float


@dataclass(frozen=True)
class McpExperiment:
    """An experiment.

    Attributes
    ----------
    name, title, status, citations, facility
        As in `darkbeam.experiments.Experiment`.
    pot, lumi_fb : float or None
        Exactly one is given.
    n_events : float
        Expected events that make the contour; with signal regions, the limit of the first.
    distance, angle : float
        Of the centre of the face, m and rad from the beam.
    face : (float, float)
        Width and height, m.
    length : float
        Path of a particle along the axis: of one bar, of the volume, of one CCD; m.
    efficiency : float
        Share of signals that is kept, that of straight paths included.
    detector : Detector
    shielding : tuple of Shield
    magnet : Magnet or None
    variants : mapping of str to (Detector, float)
        Other detectors with their lengths.
    regions : tuple of Region
        Signal regions; a charge is excluded where one of them excludes it.
    unverified : tuple of str
        Keys of the card whose numbers were not checked against a paper.
    card : dict
        The content of the card.
    """

    name: str
    title: str
    status: str
    citations: tuple[str, ...]
    facility: str
    pot: float | None
    lumi_fb: float | None
    n_events: float
    distance: float
    angle: float
    face: tuple[float, float]
    length: float
    efficiency: float
    detector: Detector
    shielding: tuple[Shield, ...]
    magnet: Magnet | None
    variants: Mapping[str, tuple[Detector, float]] = field(hash=False)
    regions: tuple[Region, ...]
    unverified: tuple[str, ...]
    card: dict[str, Any] = field(hash=False, compare=False, repr=False)

    @property
    def bends(self) -> bool:
        """Whether anything in front changes directions."""
        return bool(self.shielding) or self.magnet is not None

    def exposed(self, pot: float | None, lumi_fb: float | None) -> McpExperiment:
        """Return the same experiment with another exposure; None and None leave it.

        Raises
        ------
        ValueRangeError
            For the exposure of the other kind of facility.
        """
        if pot is None and lumi_fb is None:
            return self
        kind, value, other = ("pot", pot, lumi_fb) if self.pot is not None else ("lumi_fb", lumi_fb, pot)
        if value is None or other is not None:
            raise ValueRangeError(f"{self.name} at {self.facility} takes its exposure as {kind}")
        return replace(self, pot=pot, lumi_fb=lumi_fb)

    def asking_for(self, events: float | None) -> McpExperiment:
        """Return the same experiment with another number of events; None leaves it.

        Raises
        ------
        ValueRangeError
            For a number that is not positive, and for signal regions, which have limits of their own.
        """
        if events is None:
            return self
        if not 0.0 < events < float("inf"):
            raise ValueRangeError(f"the number of events must be positive and finite, not {events:g}")
        if self.regions:
            raise ValueRangeError(
                f"{self.name} has signal regions with limits of their own: --events has no meaning"
            )
        return replace(self, n_events=float(events))


def card_names() -> tuple[str, ...]:
    """Names of the shipped cards."""
    folder = resources.files("darkbeam.millicharged") / "cards"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def load_mcp_experiment(name_or_path: str | Path) -> McpExperiment:
    """Load a shipped card by name, or a file that ends in ``.toml``.

    Raises
    ------
    UnknownNameError, CardError

    Examples
    --------
    >>> load_mcp_experiment("formosa").detector.layers
    4
    """
    text = str(name_or_path)
    if text.endswith(".toml"):
        path = Path(text)
        try:
            data = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CardError(path.name, "", f"cannot be read: {error.strerror}") from error
        return _parse(path.name, data)
    known = {plain_name(n): n for n in card_names()}
    if plain_name(text) not in known:
        raise UnknownNameError("millicharged-particle experiment", text, (*card_names(), ALL, "FILE.toml"))
    file = f"{known[plain_name(text)]}.toml"
    folder = resources.files("darkbeam.millicharged") / "cards"
    return _parse(file, (folder / file).read_text(encoding="utf-8"))


def _parse(file: str, text: str) -> McpExperiment:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CardError(file, "", f"is not TOML: {error}") from error
    return experiment_from_table(Table(file, "", data))


def experiment_from_table(top: Table) -> McpExperiment:
    """Experiment of a card.

    Raises
    ------
    CardError
    """
    top.only(TOP)
    facility = top.string("facility", FACILITIES)
    exposure = top.table("exposure")
    unit = "lumi_fb" if FACILITIES[facility].collider else "pot"
    exposure.only((unit,))
    place = top.table("detector")
    kind = place.string("kind", KINDS)
    place.only((*PLACE, *sorted(KINDS[kind])))
    distance = place.position("distance_m")
    if not distance > 0.0:
        raise place.error("distance_m", "must be above 0")
    detector, length = _detector(place, kind)
    regions = _regions(top, place, kind) if "regions" in top else ()
    limit = regions[0].limit if regions else statistics_of(top.table("statistics"))[0]
    shielding = tuple(_shield(t, distance) for t in top.tables("shielding")) if "shielding" in top else ()
    unverified = top.strings("unverified") if "unverified" in top else ()
    _check_keys(top, unverified)
    return McpExperiment(
        top.string("name"), top.string("title"), top.string("status", STATUS), top.strings("citations"), facility,
        exposure.positive("pot") if unit == "pot" else None,
        exposure.positive("lumi_fb") if unit == "lumi_fb" else None,
        limit, distance,
        place.number("angle_rad", 0.0, 3.1416) if "angle_rad" in place else 0.0, _face(place), length,
        _efficiency(place, distance), detector, shielding, _magnet(top, distance), _variants(top, place, kind), regions,
        unverified, dict(top.data),
    )  # fmt: skip


def _face(place: Table) -> tuple[float, float]:
    sides = place.numbers("face_m", 1e-6)
    if len(sides) != 2:
        raise place.error("face_m", f"must hold width and height, not {len(sides)} numbers")
    return sides[0], sides[1]


def _efficiency(place: Table, distance: float) -> float:
    """Efficiency of the card times the share of straight paths."""
    given = place.number("efficiency", 0.0, 1.0, strict=True) if "efficiency" in place else 1.0
    if ("bar_width_m" in place) != ("depth_m" in place):
        raise place.error("bar_width_m", "and depth_m belong together")
    if "bar_width_m" not in place:
        return given
    width, slope = place.size("bar_width_m"), place.size("depth_m") / distance
    return given * straight_share(_face(place), width, slope)


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


def _regions(top: Table, place: Table, kind: str) -> tuple[Region, ...]:
    """Signal regions, whose counts are read with the method of ``statistics``."""
    common = top.table("statistics")
    found = []
    for table in top.tables("regions"):
        table.only(("name", *REGION, *COUNTS))
        changes = {k: table.data[k] for k in REGION if k in table}
        detector, _ = _detector(Table(place.file, table.path, {**place.data, **changes}), kind)
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


def _detector(place: Table, kind: str) -> tuple[Detector, float]:
    """Detector, and the path of a particle along its axis."""
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


def _shield(table: Table, distance: float) -> Shield:
    table.only(("material", "thickness_m", "start_m"))
    shield = Shield(
        get_material(table.string("material", MATERIALS)), table.size("thickness_m"),
        table.number("start_m", 0.0),
    )  # fmt: skip
    if shield.start + shield.thickness > distance:
        raise table.error("thickness_m", f"reaches behind the detector at {distance:g} m")
    return shield


def _magnet(top: Table, distance: float) -> Magnet | None:
    if "magnet" not in top:
        return None
    table = top.table("magnet")
    table.only(("field_integral_Tm", "position_m"))
    return Magnet(table.positive("field_integral_Tm"), table.number("position_m", 0.0, distance))


def _variants(top: Table, place: Table, kind: str) -> dict[str, tuple[Detector, float]]:
    """Detectors with some keys changed; bars always have the other description of their light."""
    found = {}
    tables = top.table("variants") if "variants" in top else Table(top.file, "variants", {})
    for name in tables.data:
        changes = tables.table(name)
        changes.only(sorted(KINDS[kind]))
        found[name] = _detector(Table(place.file, changes.path, {**place.data, **changes.data}), kind)
    detector, length = _detector(place, kind)
    if isinstance(detector, ScintillatorBars):
        for light in LIGHT_YIELDS[:2]:
            if light != detector.light:
                found[f"light-{light}"] = replace(detector, light=light), length
    return found


def _check_keys(top: Table, keys: tuple[str, ...]) -> None:
    """Every unverified key must exist."""
    known = {dotted for dotted, _ in _leaves(top.data)}
    for key in keys:
        if key not in known:
            raise top.error("unverified", f"names {key!r}, which this card does not have")


def _leaves(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names of all keys that hold no table, with their values; entries of an array share their names."""
    for key, value in data.items():
        tables = value if isinstance(value, list) and value and isinstance(value[0], dict) else [value]
        for entry in tables:
            if isinstance(entry, dict):
                yield from _leaves(entry, f"{path}{key}.")
            else:
                yield f"{path}{key}", value


def describe(name_or_path: str | Path) -> list[tuple[str, str]]:
    """Rows (key, value) of a card for people; unverified numbers are marked."""
    experiment = load_mcp_experiment(name_or_path)
    rows = []
    for key, value in _leaves(experiment.card):
        if key != "unverified":
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            rows.append((key, text + (" (not verified)" if key in experiment.unverified else "")))
    return rows
