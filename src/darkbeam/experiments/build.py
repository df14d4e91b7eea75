"""From the tables of a card to the objects of an experiment, with every check of consistency."""

from __future__ import annotations

import copy
from typing import Any

from darkbeam.card_tables import Table
from darkbeam.facilities import FACILITIES

from .build_detector import detector_of
from .build_magnets import magnets_of
from .build_selection import selection_of
from .build_volume import decay_volume
from .efficiency_card import efficiency_of
from .experiment import Experiment
from .smearing import Smearing
from .statistics_card import statistics_of

__all__ = ["build"]

_STATUS = ("past", "running", "approved", "proposed", "future", "study")
_TOP = (
    "name", "title", "status", "citations", "facility", "based_on", "exposure", "beam_spot", "decay_volume",
    "detector", "magnet", "selection", "efficiency", "smearing", "statistics",
)  # fmt: skip


def build(card: dict[str, Any], file: str) -> Experiment:
    """Make the experiment of a resolved card (no ``based_on`` left)."""
    top = Table(file, "", card)
    top.only(_TOP)
    facility = top.string("facility", FACILITIES)
    volume = decay_volume(top)
    magnets = magnets_of(top)
    detector = detector_of(top, volume, magnets)
    selection, final_states = selection_of(top, volume, detector, magnets)
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
        magnets=magnets,
        selection=selection,
        final_states=final_states,
        efficiency=efficiency_of(top, final_states),
        smearing=_smearing(top),
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


def _smearing(top: Table) -> Smearing | None:
    """Resolution of the table ``smearing``, if there is one."""
    if "smearing" not in top:
        return None
    table = top.table("smearing")
    table.only(("momentum", "angle_rad"))
    terms = table.numbers("momentum", 0.0) if "momentum" in table else (0.0, 0.0)
    if len(terms) != 2:
        raise table.error(
            "momentum", f"must be two numbers [a, b] of sigma_p/p = a (+) b p, not {len(terms)}"
        )
    if terms[0] > 1.0:
        raise table.error(
            "momentum", f"a = {terms[0]:g} is more than the momentum itself; is this in percent?"
        )
    angle = table.number("angle_rad", 0.0) if "angle_rad" in table else 0.0
    return Smearing(*terms, table.plausible("angle_rad", angle, 0.5, "rad", "mrad"))
