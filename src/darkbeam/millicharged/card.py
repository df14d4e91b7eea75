"""Cards of experiments that look for millicharged particles.

A card is a TOML file: facility, exposure, threshold, one detector that looks at the production point, matter and a
magnet in front of it, variants of the detector, signal regions, and the list of its keys that were not checked against
a paper.  `darkbeam.millicharged.card_parts` reads its tables.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from darkbeam.card_tables import Table
from darkbeam.errors import UnknownNameError
from darkbeam.experiments.card_lookup import plain_name
from darkbeam.experiments.statistics_card import statistics_of
from darkbeam.facilities import FACILITIES

from .card_parts import (
    KINDS,
    PLACE,
    leaves,
    read_detector,
    read_efficiency,
    read_face,
    read_magnet,
    read_regions,
    read_shield,
    read_variants,
    straight_share,
    unverified_keys,
)
from .experiment import Magnet, McpExperiment, Region, Shield

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = [
    "ALL", "Magnet", "McpExperiment", "Region", "Shield", "card_names", "describe", "experiment_from_table",
    "load_mcp_experiment", "straight_share",
]  # fmt: skip

ALL = "all-mcp"
"""Name of the group of all shipped cards."""
TOP = (
    "name", "title", "status", "citations", "facility", "exposure", "statistics", "detector", "shielding", "magnet",
    "variants", "regions", "unverified",
)  # fmt: skip
STATUS = ("past", "running", "approved", "proposed")


def _folder() -> Traversable:
    return resources.files("darkbeam.millicharged") / "cards"


def card_names() -> tuple[str, ...]:
    """Names of the shipped cards."""
    return tuple(sorted(f.name[:-5] for f in _folder().iterdir() if f.name.endswith(".toml")))


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
        return experiment_from_table(Table.read(Path(text)))
    known = {plain_name(n): n for n in card_names()}
    if plain_name(text) not in known:
        raise UnknownNameError("millicharged-particle experiment", text, (*card_names(), ALL, "FILE.toml"))
    return experiment_from_table(Table.read(_folder() / f"{known[plain_name(text)]}.toml"))


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
    detector, length = read_detector(place, kind)
    regions = read_regions(top, place, kind) if "regions" in top else ()
    limit = regions[0].limit if regions else statistics_of(top.table("statistics"))[0]
    shielding = tuple(read_shield(t, distance) for t in top.tables("shielding")) if "shielding" in top else ()
    unverified = unverified_keys(top)
    return McpExperiment(
        top.string("name"), top.string("title"), top.string("status", STATUS), top.strings("citations"), facility,
        exposure.positive("pot") if unit == "pot" else None,
        exposure.positive("lumi_fb") if unit == "lumi_fb" else None,
        limit, distance,
        place.number("angle_rad", 0.0, 3.1416) if "angle_rad" in place else 0.0, read_face(place), length,
        read_efficiency(place, distance), detector, shielding, read_magnet(top, distance),
        read_variants(top, place, kind), regions, unverified, dict(top.data),
    )  # fmt: skip


def describe(name_or_path: str | Path) -> list[tuple[str, str]]:
    """Rows (key, value) of a card for people; unverified numbers are marked."""
    experiment = load_mcp_experiment(name_or_path)
    rows = []
    for key, value in leaves(experiment.card):
        if key != "unverified":
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            rows.append((key, text + (" (not verified)" if key in experiment.unverified else "")))
    return rows
