"""From the table ``selection`` of a card to its cuts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from darkbeam.facilities import FACILITIES

from .build_detector import check_plane
from .detector_planes import Plane
from .layout import CHANNEL_CLASSES
from .selection import Requirement, Selection, Thresholds

if TYPE_CHECKING:
    from darkbeam.card_tables import Table

    from .geometry import Solid
    from .layout import Detector, Magnet

__all__ = ["selection_of"]

_ENERGIES = (
    "energy_each_min_GeV", "momentum_each_min_GeV", "transverse_momentum_each_min_GeV", "energy_sum_min_GeV",
    "pair_mass_min_GeV", "pair_mass_max_GeV", "calorimeter_energy_min_GeV",
)  # fmt: skip
_LENGTHS = ("impact_parameter_max_m",)
_ANGLES = ("opening_angle_min_rad",)
_SEPARATIONS = ("separation_mumu", "separation_other", "photon_separation")
_KINDS = ("charged", "muon", "electron", "photon", "any")
_THRESHOLDS = ("electron", "muon", "photon", "hadron")
_LARGEST_LENGTH = 50.0
_LARGEST_SEPARATION = 10.0


def selection_of(
    top: Table, volume: Solid, detector: Detector, magnets: tuple[Magnet, ...]
) -> tuple[Selection, tuple[str, ...]]:
    """Cuts and counted final states of the table ``selection``."""
    table = top.table("selection")
    pairs = [f"{name}_{end}" for name in _SEPARATIONS for end in ("min_m", "z_m", "plane")]
    known = (*_ENERGIES, *_LENGTHS, *_ANGLES, *pairs)
    table.only(("final_states", "required_products", "require", "thresholds", *known))
    beam = FACILITIES[top.string("facility", FACILITIES)].beam_energy
    cuts: dict[str, Any] = {name.removesuffix("_GeV"): _energy(table, name, beam) for name in _ENERGIES}
    for name, largest, unit, instead in (
        *((name, _LARGEST_LENGTH, "m", "mm") for name in _LENGTHS),
        *((name, math.pi, "rad", "mrad or degrees") for name in _ANGLES),
    ):
        if (value := table.optional(name)) is not None:
            cuts[name.rpartition("_")[0]] = table.plausible(name, value, largest, unit, instead)
    for name in _SEPARATIONS:
        cuts[f"{name}_min"], cuts[f"{name}_at"] = _separation(table, name, volume, detector, magnets)
    _check_consistent(table, cuts, detector)
    require = _requirements(table, detector)
    if require and "required_products" not in table:
        number = max(need.count for need in require)
    else:
        number = table.integer("required_products", 1)
    selection = Selection(number, thresholds=_thresholds(table, beam), require=require, **cuts)
    return selection, _final_states(table)


def _energy(table: Table, name: str, beam: float) -> float | None:
    """Energy, momentum or mass in GeV, which the beam can provide."""
    value = table.optional(name)
    return None if value is None else table.plausible(name, value, beam, "GeV", "MeV")


def _check_consistent(table: Table, cuts: dict[str, Any], detector: Detector) -> None:
    """Refuse cuts that contradict each other or the detector."""
    if "calorimeter_energy_min_GeV" in table and not detector.has_ecal:
        raise table.error("calorimeter_energy_min_GeV", "needs detector.has_ecal = true")
    low, high = cuts["pair_mass_min"], cuts["pair_mass_max"]
    if low is not None and high is not None and high <= low:
        raise table.error("pair_mass_max_GeV", f"must be above pair_mass_min_GeV = {low:g}, not {high:g}")


def _separation(
    table: Table, kind: str, volume: Solid, detector: Detector, magnets: tuple[Magnet, ...]
) -> tuple[float | None, Plane | None]:
    """Smallest distance and the plane at which it is measured: across the beam, or a named plane of the detector."""
    least, z, named = f"{kind}_min_m", f"{kind}_z_m", f"{kind}_plane"
    given = [name for name in (z, named) if name in table]
    if len(given) == 2:
        raise table.error(named, f"is given beside {z}")
    if (least in table) != bool(given):
        missing = z if least in table else least
        raise table.error(missing, "is missing: a separation needs a distance and a plane")
    if not given:
        return None, None
    if detector.is_decay_volume:
        raise table.error(given[0], "has no meaning where the decay volume is the detector")
    minimum = table.plausible(least, table.number(least, 0.0), _LARGEST_SEPARATION, "m", "mm")
    if given == [named]:
        planes = {plane.name: plane for plane in detector.planes if plane.name}
        return minimum, planes[table.string(named, planes)]
    plane = Plane(2, table.position(z))
    check_plane(table, z, plane, volume, magnets, detector.required)
    return minimum, plane


def _requirements(table: Table, detector: Detector) -> tuple[Requirement, ...]:
    """Tables ``selection.require``."""
    return tuple(_requirement(one, detector) for one in table.tables("require")) if "require" in table else ()


def _requirement(table: Table, detector: Detector) -> Requirement:
    table.only(("kind", "count", "charge"))
    kind, count = table.string("kind", _KINDS), table.integer("count", 1)
    opposite = "charge" in table and table.string("charge", ("opposite", "any")) == "opposite"
    if kind == "photon" and not detector.has_ecal:
        raise table.error("kind", "photons need detector.has_ecal = true")
    if opposite and kind == "photon":
        raise table.error("charge", "photons have no charge")
    if opposite and count < 2:
        raise table.error("count", f"opposite charges need at least 2 products, not {count}")
    return Requirement(kind, count, opposite)


def _thresholds(top: Table, beam: float) -> Thresholds | None:
    """Table ``selection.thresholds``."""
    if "thresholds" not in top:
        return None
    table = top.table("thresholds")
    names = [f"{kind}_min_GeV" for kind in _THRESHOLDS]
    table.only(names)
    return Thresholds(*(_energy(table, name, beam) for name in names))


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
