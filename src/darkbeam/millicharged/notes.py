"""Remarks of results with pairs, for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from darkbeam.production.pairs import PairSource

__all__ = ["by_mass", "of_sources", "unverified"]


def of_sources(sources: Iterable[PairSource], mass: float) -> list[str]:
    """Remarks of the sources that make pairs at a mass (GeV)."""
    return [n for s in sources if s.valid[0] < mass < s.valid[1] for n in s.notes(mass)]


def by_mass(found: Iterable[tuple[float, Iterable[str]]]) -> list[str]:
    """Each remark once, with the range of masses (GeV) that it is about.

    Examples
    --------
    >>> by_mass([(0.1, ["rough"]), (0.2, []), (0.4, ["rough"])])
    ['rough (0.1-0.4 GeV)']
    """
    where: dict[str, list[float]] = {}
    for mass, texts in found:
        for text in texts:
            where.setdefault(text, []).append(mass)
    return [f"{text} ({min(m):.4g}-{max(m):.4g} GeV)" for text, m in where.items()]


def unverified(keys: Sequence[str]) -> list[str]:
    """Remark about keys of a card; none without any."""
    return [f"numbers of the card that were not verified: {', '.join(keys)}"] if keys else []
