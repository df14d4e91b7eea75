"""Yields: dark photons per collision at epsilon = 1, by source and by variation, at one mass or many.

Per inelastic collision (``normalisation = "inelastic"``), or per collision of any kind (``"all"``).  A source is
left out at masses outside its validity, and the result says so; if the source was asked for by name, one mass
outside is an error.  Totals come from quadrature or from tables, without Monte Carlo noise.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.production.catalogue import SECONDARY, variation_labels
from darkbeam.production.saturation import saturation_report
from darkbeam.production.source import gap_at
from darkbeam.production.weighted import innermost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from darkbeam.production.assembly import Choice
    from darkbeam.production.source import Source

    Array = NDArray[np.float64]

__all__ = ["Yield", "YieldScan", "list_variations", "saturation", "yield_at", "yield_scan"]

CENTRAL = "central"


@dataclass(frozen=True)
class Yield:
    """Dark photons per collision at one mass.

    Attributes
    ----------
    facility, normalisation, overlap : str
    preset : str or None
    mass_GeV : float
    variation : str
        What ``total`` and ``by_source`` show.
    by_source : mapping of str to float
    variations : mapping of str to float
        Total of the central value and of each variation.
    notes : tuple of str
    """

    facility: str
    mass_GeV: float
    normalisation: str
    overlap: str
    preset: str | None
    variation: str
    by_source: Mapping[str, float]
    variations: Mapping[str, float]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """Sum over the sources."""
        return sum(self.by_source.values())

    def to_dict(self) -> dict[str, Any]:
        """Return what ``darkbeam yield --json`` prints."""
        return {
            "facility": self.facility, "mass_GeV": self.mass_GeV, "normalisation": self.normalisation,
            "total": self.total, "by_source": dict(self.by_source), "variations": dict(self.variations),
            "variation": self.variation, "overlap": self.overlap, "preset": self.preset, "notes": list(self.notes),
        }  # fmt: skip


@dataclass(frozen=True)
class YieldScan:
    """Dark photons per collision at many masses.

    Attributes
    ----------
    choice : Choice
    masses_GeV : array, shape (n,)
    by_source : mapping of str to mapping of str to array, shape (n,)
        Yield by source and by variation (``central`` first); NaN outside the validity of a source.
    notes : tuple of str
    """

    choice: Choice
    masses_GeV: Array
    by_source: Mapping[str, Mapping[str, Array]]
    notes: tuple[str, ...] = field(default=())

    @property
    def variations(self) -> tuple[str, ...]:
        """``central`` and the variations of any source."""
        return tuple(dict.fromkeys(v for rows in self.by_source.values() for v in rows))

    def total(self, variation: str = CENTRAL) -> Array:
        """Sum over the sources; central where a source does not have the variation.  NaN where no source is valid."""
        rows = [by.get(variation, by[CENTRAL]) for by in self.by_source.values()]
        table = np.array(rows)
        return np.where(np.all(np.isnan(table), axis=0), np.nan, np.nansum(table, axis=0))

    def to_csv(self) -> str:
        """Return the table: mass, totals by variation, central yield by source; empty cells where not valid."""
        out = io.StringIO()
        out.writelines(f"# {line}\n" for line in self.header())
        writer = csv.writer(out, lineterminator="\n")
        names = list(self.by_source)
        totals = {v: self.total(v) for v in self.variations}
        writer.writerow(["mass_GeV", *(v if v == CENTRAL else f"total[{v}]" for v in totals), *names])
        columns = [*totals.values(), *(self.by_source[n][CENTRAL] for n in names)]
        for k, mass in enumerate(self.masses_GeV):
            cells = ["" if np.isnan(c[k]) else f"{c[k]:.8g}" for c in columns]
            writer.writerow([f"{mass:.8g}", *cells])
        return out.getvalue()

    def header(self) -> list[str]:
        """Lines that say what the table is, the same for the same choices."""
        c = self.choice
        lines = [
            f"dark photons per {'inelastic ' if c.normalisation == 'inelastic' else ''}collision at epsilon = 1",
            f"facility {c.facility.name}: {c.facility.description}",
            ", ".join(f"{key} {value}" for key, value in c.settings.items()),
            f"overlap {c.overlap}, preset {c.preset or '-'}",
            f"sources {', '.join(s.name for s in c.sources)}",
        ]
        return lines + [f"note: {n}" for n in (*c.notes, *self.notes)]


def list_variations(choice: Choice) -> dict[str, tuple[str, ...]]:
    """Named variations by source, beside ``central``."""
    return {s.name: s.variation_names for s in choice.sources}


def _variation(choice: Choice, name: str) -> str:
    """Full name of a variation: ``lower`` and ``upper`` are short names.

    Raises
    ------
    UnknownNameError
    """
    labels = variation_labels(choice.sources)
    known = tuple(dict.fromkeys(v for s in choice.sources for v in s.variation_names))
    if name not in (CENTRAL, *labels, *known):
        raise UnknownNameError("variation", name, (CENTRAL, *labels, *known))
    return labels.get(name, name)


def _sources_at(choice: Choice, mass: float) -> tuple[list[Source], list[str]]:
    """Sources that are valid at a mass, and notes about the others."""
    valid, notes = [], []
    for s in choice.sources:
        low, high = s.valid
        if low < mass < high:
            valid.append(s)
        elif s.name in choice.named and not any(i.valid[0] < mass < i.valid[1] for i in innermost(s)):
            raise MassRangeError(
                f"{s.name} at {choice.facility.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )
        else:  # by its own range, or because the overlap policy leaves this mass to another source
            notes.append(f"{s.name} left out: used from {low:.4g} to {high:.4g} GeV")
    if not valid:
        spans = ", ".join(f"{s.name} {s.valid[0]:.3g}-{s.valid[1]:.3g}" for s in choice.sources)
        raise MassRangeError(f"no source produces at {mass:g} GeV; valid (GeV): {spans}")
    return valid, notes


def _own_notes(sources: Sequence[Source], mass: float) -> list[str]:
    """What the sources themselves say about a mass, e.g. "extrapolated"."""
    found: list[str] = []
    for s in sources:
        for inner in innermost(s):
            say = getattr(inner, "notes", None)
            found += say(mass) if callable(say) else ()
    return list(dict.fromkeys(found))


def yield_at(choice: Choice, mass: float, variation: str = CENTRAL) -> Yield:
    """Return the yield at one mass in GeV.

    Raises
    ------
    MassRangeError
        No source is valid, or one that was asked for by name is not.
    UnknownNameError
        For a variation that no source has.

    Examples
    --------
    >>> from darkbeam.production.assembly import choose_sources
    >>> result = yield_at(choose_sources("SPS", ["meson"]), 0.05)
    >>> round(result.by_source["meson:eta"] / result.total, 2)
    0.07
    """
    shown = _variation(choice, variation)
    sources, notes = _sources_at(choice, mass)
    names = dict.fromkeys(v for s in sources for v in s.variation_names)
    table = {v: {s.name: s.total(mass, v) for s in sources} for v in (CENTRAL, *names)}
    totals = {v: sum(rows.values()) for v, rows in table.items()}
    return Yield(
        choice.facility.name, mass, choice.normalisation, choice.overlap, choice.preset, variation,
        table.get(shown, table[CENTRAL]), totals, (*choice.notes, *notes, *_own_notes(sources, mass)),
    )  # fmt: skip


def yield_scan(choice: Choice, masses: ArrayLike) -> YieldScan:
    """Return the yield at many masses in GeV.

    Raises
    ------
    MassRangeError
        No source is valid at any of the masses.
    """
    grid = np.asarray(masses, dtype=np.float64)
    by_source: dict[str, dict[str, Array]] = {}
    for s in choice.sources:
        low, high = s.valid
        inside = (grid > low) & (grid < high)
        inside &= np.array([not gap_at([s], float(m)) for m in grid])
        if not np.any(inside):
            continue
        rows = by_source.setdefault(s.name, {})
        for v in (CENTRAL, *s.variation_names):
            values = rows.setdefault(v, np.full(grid.shape, np.nan))
            values[inside] = [s.total(float(m), v) for m in grid[inside]]
    notes = [f"{s.name} is valid from {s.valid[0]:.4g} to {s.valid[1]:.4g} GeV" for s in choice.sources]
    if not by_source:
        raise MassRangeError(
            f"no source produces between {grid.min():g} and {grid.max():g} GeV; {'; '.join(notes)}"
        )
    return YieldScan(choice, grid, by_source, tuple(notes))


def saturation(choice: Choice) -> dict[str, dict[str, object]]:
    """Return the dilepton-saturation test of the chosen sources and of their sum.

    Raises
    ------
    ValueRangeError
        For a vector that is not a dark photon: the test compares virtual photons.
    """
    if choice.model != "dark-photon":
        raise ValueRangeError(f"the saturation test compares virtual photons, not {choice.model} vectors")
    # secondary production is not in the multiplicities of the first collision
    first = [s for s in choice.sources if s.name not in SECONDARY]
    # the measured multiplicities are per inelastic collision
    name = choice.facility.name if choice.normalisation == "inelastic" else ""
    return saturation_report(first, choice.multiplicities, name)
