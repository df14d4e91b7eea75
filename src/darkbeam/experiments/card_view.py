"""Cards for people: the table of all of them, one with the sources beside its numbers, and the template."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.errors import OutputError
from darkbeam.output import atomic_path

from .build_volume import decay_volume
from .card_status import standing_of
from .card_text import head_comment, key_paths, places
from .cards import card_texts, experiment_from_card, list_cards, load_card
from .geometry import geometry_summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "comments",
    "describe",
    "exposure_text",
    "resolved",
    "table_of_cards",
    "template_text",
    "write_template",
]

_TEMPLATE = resources.files("darkbeam.experiments") / "template.toml"
_UNITS = {"pot": "POT", "eot": "EOT", "lumi_fb": "fb^-1"}


def resolved(name_or_path: str | Path) -> dict[str, Any]:
    """Resolved card as results store it; that of an experiment that cannot be computed as it was written."""
    card = load_card(name_or_path)
    if not standing_of(card, str(name_or_path)).computable:
        return card
    return experiment_from_card(card).card


def exposure_text(card: dict[str, Any]) -> str:
    """Exposure of a resolved card with its unit.

    Examples
    --------
    >>> exposure_text({"exposure": {"pot": 6e20}})
    '6e+20 POT'
    """
    (kind, value), *_ = card["exposure"].items()
    return f"{value:.3g} {_UNITS[kind]}" if kind != "lumi_fb" else f"{value:g} {_UNITS[kind]}"


def table_of_cards() -> list[list[str]]:
    """Rows name, status, facility, exposure, computable, threshold, title of all shipped cards, with a header."""
    rows = [["name", "status", "facility", "exposure", "computable", "N", "title"]]
    for name in list_cards():
        card = load_card(name)
        computable = standing_of(card, f"{name}.toml").computable
        threshold = f"{experiment_from_card(card).n_events:.3g}" if computable else "-"
        rows.append([
            name, card["status"], card["facility"], exposure_text(card), "yes" if computable else "no",
            threshold, card["title"],
        ])  # fmt: skip
    return rows


def comments(name_or_path: str | Path) -> dict[str, str]:
    """Return the comment behind each key of a resolved card, from the card that sets the key last."""
    found: dict[str, str] = {}
    for _, text in card_texts(name_or_path):
        found |= {key: place.comment for key, place in places(text).items()}
    return found


def describe(name_or_path: str | Path) -> Iterator[str]:
    """Yield the lines of ``darkbeam experiments show``."""
    card = resolved(name_or_path)
    standing = standing_of(card, str(name_or_path))
    yield f"{card['name']}: {card['title']}"
    if head := head_comment(card_texts(name_or_path)[-1][1]):
        yield head
    if not standing.computable:
        yield f"not computable: {standing.reason}"
    yield ""
    yield from _entries(card, comments(name_or_path))
    yield ""
    solid = decay_volume(Table(card["name"], "", card))
    yield "decay volume and its polar window, from rays of the production point:"
    yield from (f"  {label:<20}{value}" for label, value in geometry_summary(solid).rows())
    if standing.unverified:
        yield ""
        yield "not verified:"
        yield from (f"  {key}: {remark}" for key, remark in standing.unverified)


def _entries(card: dict[str, Any], sources: dict[str, str]) -> Iterator[str]:
    """One line for each value, with its comment."""
    hidden = ("name", "title", "unverified", "computable", "reason")
    rows = [
        (key, _text(value), sources.get(key, ""))
        for key, value in key_paths(card).items()
        if key not in hidden and not isinstance(value, dict) and not _is_array_of_tables(value)
    ]
    wide = max(len(key) for key, _, _ in rows)
    mid = max((len(value) for _, value, source in rows if source), default=0)
    for key, value, source in rows:
        yield f"{key:<{wide}}  {value:<{mid}}  # {source}" if source else f"{key:<{wide}}  {value}"


def _text(value: object) -> str:
    """Value without brackets and quotes."""
    if isinstance(value, list):
        return ", ".join(_text(entry) for entry in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def template_text() -> str:
    """Text of the documented template card."""
    return _TEMPLATE.read_text(encoding="utf-8")


def write_template(path: Path) -> None:
    """Write the template to a file that does not exist yet."""
    if path.exists():
        raise OutputError(f"{path} exists already; choose another name")
    with atomic_path(path) as temporary:
        temporary.write_text(template_text(), encoding="utf-8")
