"""Cards of searches for light dark matter by its scattering off electrons.

A card is one of millicharged particles (`darkbeam.millicharged.card`) with a detector of the kind ``recoil``, or names
such a card as its ``base`` and changes it.  Beyond that it has

* ``statistics``: a number of events, or the counting experiment that gives it, as in cards of long-lived particles
* ``electron_angle_rad`` in ``detector``: window of the electron's angle to the dark matter; all angles if absent

Dark matter neither loses energy nor bends: matter and magnets of the base are left out.  One scattered electron is
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.detection import RecoilDetector
from darkbeam.errors import UnknownNameError
from darkbeam.experiments.card_lookup import plain_name
from darkbeam.experiments.statistics_card import statistics_of
from darkbeam.millicharged.card import (
    McpExperiment,
    card_names,
    experiment_from_table,
    load_mcp_experiment,
)
from darkbeam.millicharged.card_parts import leaves, unverified_keys

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from darkbeam.statistics import Counting

__all__ = ["DarkMatterSearch", "load_dark_matter_search", "search_names"]

_MISSING = ("shielding", "magnet", "variants", "regions")
"""Tables of the base that mean nothing here."""
_OWN = ("base", "statistics")
_HALF_TURN = 3.1416


@dataclass(frozen=True)
class DarkMatterSearch:
    """A search for light dark matter.

    Attributes
    ----------
    place : McpExperiment
        Exposure and geometry; ``n_events`` makes the contour.
    detector : RecoilDetector
        Material and window of the electron's energy.
    angles : (float, float) or None
        Window of the electron's angle, rad.
    counting : Counting or None
        Where ``n_events`` comes from; None for a given number.
    """

    place: McpExperiment
    detector: RecoilDetector
    angles: tuple[float, float] | None
    counting: Counting | None

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.place.name


def _folder() -> Traversable:
    return resources.files("darkbeam.light_dark_matter") / "cards"


def search_names() -> tuple[str, ...]:
    """Names of the shipped cards."""
    return tuple(sorted(f.name[:-5] for f in _folder().iterdir() if f.name.endswith(".toml")))


def load_dark_matter_search(name_or_path: str | Path) -> DarkMatterSearch:
    """Load a shipped card by name, or a file that ends in ``.toml``.

    Raises
    ------
    UnknownNameError, CardError

    Examples
    --------
    >>> load_dark_matter_search("dune nd").detector.hits
    1
    """
    text = str(name_or_path)
    if text.endswith(".toml"):
        return _search(Table.read(Path(text)))
    known = {plain_name(n): n for n in search_names()}
    if plain_name(text) not in known:
        if plain_name(text) in {plain_name(n) for n in card_names()}:
            raise UnknownNameError(
                "search for light dark matter (that one is for millicharged particles only)",
                text,
                known.values(),
            )
        raise UnknownNameError("search for light dark matter", text, (*known.values(), "FILE.toml"))
    return _search(Table.read(_folder() / f"{known[plain_name(text)]}.toml"))


def _search(top: Table) -> DarkMatterSearch:
    """Search of a card."""
    file = top.file
    for name in _MISSING:
        if name in top:
            raise top.error(name, "has no meaning for light dark matter")
    whole = _over_base(top)
    n_events, counting = statistics_of(Table(file, "statistics", whole["statistics"]))
    place = Table(file, "detector", dict(whole["detector"]))
    if place.string("kind") != "recoil":
        raise place.error(
            "kind", "must be 'recoil': dark matter is seen by the electrons that it scatters off"
        )
    angles = _angles(place)
    plain = {k: v for k, v in place.data.items() if k != "electron_angle_rad"}
    experiment = experiment_from_table(
        Table(file, "", {
            **{k: v for k, v in whole.items() if k not in ("unverified", *_OWN)},
            "detector": {**plain, "hits": 1}, "statistics": {"n_events_threshold": n_events},
        })
    )  # fmt: skip
    detector = experiment.detector
    if not isinstance(detector, RecoilDetector):  # the kind was checked
        raise place.error("kind", "must be 'recoil'")
    experiment = replace(experiment, unverified=unverified_keys(Table(file, "", whole)), card=whole)
    return DarkMatterSearch(experiment, detector, angles, counting)


def _over_base(top: Table) -> dict[str, Any]:
    """Content of a card over that of its base; tables are merged key by key, statistics are the card's own."""
    top.table("statistics")
    if "base" not in top:
        return dict(top.data)
    base = load_mcp_experiment(top.string("base")).card
    whole = {k: v for k, v in base.items() if k not in _MISSING}
    for key, value in top.data.items():
        old = whole.get(key)
        merge = isinstance(value, dict) and isinstance(old, dict) and key != "statistics"
        whole[key] = {**old, **value} if merge and isinstance(old, dict) else value
    # what the card says itself it lists itself
    own, known = ({key for key, _ in leaves(data)} for data in (top.data, whole))
    inherited = (set(base.get("unverified", ())) & known) - own
    whole["unverified"] = sorted({*inherited, *top.data.get("unverified", ())} - {"detector.hits"})
    return whole


def _angles(place: Table) -> tuple[float, float] | None:
    if "electron_angle_rad" not in place:
        return None
    window = place.numbers("electron_angle_rad", 0.0)
    if len(window) != 2 or not window[0] < window[1] <= 0.5 * _HALF_TURN:
        raise place.error("electron_angle_rad", "must hold a smaller and a larger angle, at most pi/2")
    return window[0], window[1]
