"""The table ``statistics`` of a card: a number of events, or a counting experiment that gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.errors import DarkbeamError
from darkbeam.statistics import METHODS, Counting

if TYPE_CHECKING:
    from darkbeam.card_tables import Table

__all__ = ["statistics_of"]

_KEYS = ("method", "confidence_level", "background", "background_error", "observed", "signal_error")


def statistics_of(table: Table) -> tuple[float, Counting | None]:
    """Return the number of events that is excluded, and the counting experiment behind it (None: a given number)."""
    table.only(("n_events_threshold", *_KEYS))
    if "n_events_threshold" in table:
        if extra := [k for k in _KEYS if k in table]:
            raise table.error(extra[0], "has no meaning beside n_events_threshold, which fixes the number")
        return table.positive("n_events_threshold"), None
    if "method" not in table:
        raise table.error("n_events_threshold", "is missing; give it, or method and background")
    numbers = {k: table.number(k, 0.0) for k in _KEYS[1:] if k in table and k != "observed"}
    observed = table.integer("observed", 0) if "observed" in table else None
    try:
        count = Counting(table.string("method", METHODS), observed=observed, **numbers)
        return count.upper_limit(), count
    except DarkbeamError as error:
        raise table.error("method", str(error)) from None
