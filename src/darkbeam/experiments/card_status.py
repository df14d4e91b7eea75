"""What a card says about itself: whether it can be computed, and which of its numbers nobody has checked.

``computable = false`` with ``reason = "..."`` marks an experiment that is listed and shown, but has no flux here.
``unverified = ["key: remark", ...]`` names the numbers that rest on a recollection or an assumption; an entry of
a card that this one is based on stays as long as this one does not set the key itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.errors import DarkbeamError

from .card_text import key_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "STATUS_KEYS", "NotComputableError", "Standing", "check_unverified", "inherited_unverified", "require_computable",
    "standing_of",
]  # fmt: skip

STATUS_KEYS = ("computable", "reason", "unverified")
"""Top-level keys that this module reads."""


class NotComputableError(DarkbeamError):
    """An experiment that is listed for reference, without a flux in darkbeam."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be computed: {reason}")


@dataclass(frozen=True)
class Standing:
    """Standing of a card.

    Attributes
    ----------
    computable : bool
        There is a flux for it.
    reason : str
        Why not; empty where it can.
    unverified : tuple of (str, str)
        Key path and remark of each number that was not checked.
    """

    computable: bool
    reason: str
    unverified: tuple[tuple[str, str], ...]


def standing_of(card: Mapping[str, Any], file: str) -> Standing:
    """Read the keys `STATUS_KEYS` of a resolved card.

    Raises
    ------
    CardError
        One of them is malformed.

    Examples
    --------
    >>> standing_of({"computable": False, "reason": "no beam"}, "x.toml").reason
    'no beam'
    """
    top = Table(file, "", card)
    computable = top.boolean("computable") if "computable" in top else True
    if computable and "reason" in top:
        raise top.error("reason", "goes with computable = false only")
    reason = "" if computable else top.string("reason")
    remarks = top.strings("unverified") if "unverified" in top else ()
    return Standing(computable, reason, tuple(_split(top, remark) for remark in remarks))


def require_computable(card: Mapping[str, Any], file: str) -> None:
    """Refuse a resolved card that says it cannot be computed, with its reason."""
    standing = standing_of(card, file)
    if not standing.computable:
        raise NotComputableError(str(card.get("name", file)), standing.reason)


def check_unverified(card: Mapping[str, Any], file: str) -> None:
    """Refuse entries of ``unverified`` for keys that a resolved card does not have."""
    there = key_paths(card)
    for key, _ in standing_of(card, file).unverified:
        if key not in there:
            raise Table(file, "", card).error("unverified", f"{key!r} is not a key of this card")


def inherited_unverified(
    base: Mapping[str, Any], changes: Mapping[str, Any], merged: Mapping[str, Any]
) -> list[str]:
    """Return the entries that a card takes over: those for keys that it keeps and does not set itself."""
    touched, there = key_paths(changes), key_paths(merged)
    keys = [(entry, entry.partition(":")[0].strip()) for entry in base.get("unverified", [])]
    return [entry for entry, key in keys if key in there and key not in touched]


def _split(top: Table, remark: str) -> tuple[str, str]:
    """(key, remark) of an entry."""
    key, colon, text = remark.partition(":")
    if not colon or not text.strip():
        raise top.error("unverified", f"{remark!r} must read 'key: remark'")
    return key.strip(), text.strip()
