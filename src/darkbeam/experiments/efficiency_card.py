"""The table ``efficiency`` of a card: a number for each class, or a table inline or in a CSV file next to the card.

Inline: ``ee = { momentum_GeV = [1, 10, 100], efficiency = [0.1, 0.5, 0.9] }``; with two variables ``efficiency`` is
a list of rows, nested in the order in which the variables are written.  File: ``ee = { file = "x.csv" }`` with a first
line of column names, ``efficiency`` and the variables in any order, and one line for each point of a full grid;
lines with # are comments.  `inline_files` puts the files into the card, so that a stored card needs none.
"""

from __future__ import annotations

import csv
import itertools
import math
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table

from .efficiency import VARIABLES, EfficiencyTable
from .layout import CHANNEL_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

__all__ = ["efficiency_of", "inline_files"]

_VALUE = "efficiency"


def efficiency_of(top: Table, final_states: tuple[str, ...]) -> dict[str, float | EfficiencyTable]:
    """Efficiency of each counted class."""
    table = top.table("efficiency")
    table.only(CHANNEL_CLASSES)
    return {name: _one(table, name) for name in final_states}


def _one(table: Table, name: str) -> float | EfficiencyTable:
    """Number between 0 and 1, or a table."""
    if isinstance(table.data.get(name), dict):
        return _inline(table.table(name))
    return _fraction(table, name, table.number(name, 0.0))


def _fraction(table: Table, name: str, value: float) -> float:
    if value > 1.0:
        raise table.error(name, f"must be at most 1, not {value:g}; is this in percent?")
    return value


def _inline(table: Table) -> EfficiencyTable:
    """Table written into the card."""
    if "file" in table:
        raise table.error("file", "can be read only for a card that is a file itself")
    table.only((*VARIABLES, _VALUE))
    names = tuple(name for name in table.data if name != _VALUE)
    if not names:
        raise table.error(_VALUE, f"needs a variable: one of {', '.join(VARIABLES)}")
    axes = tuple(table.numbers(name, -math.inf if name == "z_m" else 0.0) for name in names)
    for name, axis in zip(names, axes, strict=True):
        if not axis or any(b <= a for a, b in itertools.pairwise(axis)):
            raise table.error(name, "must be a list of ascending numbers")
    values = _flat(table, table.data.get(_VALUE), [len(axis) for axis in axes])
    return EfficiencyTable(names, axes, values)


def _flat(table: Table, nested: Any, shape: list[int]) -> tuple[float, ...]:
    """Nested lists of the given shape, one after the other."""
    if not isinstance(nested, list) or len(nested) != shape[0]:
        raise table.error(_VALUE, f"must be nested lists with {' x '.join(map(str, shape))} numbers")
    if len(shape) > 1:
        return tuple(itertools.chain.from_iterable(_flat(table, row, shape[1:]) for row in nested))
    numbers = Table(table.file, table.path, {_VALUE: nested}).numbers(_VALUE, 0.0)
    return tuple(_fraction(table, _VALUE, value) for value in numbers)


def inline_files(card: Mapping[str, Any], folder: Path | Traversable, file: str) -> dict[str, Any]:
    """Return the card with each ``efficiency.* = { file = ... }`` replaced by the content of the file.

    Parameters
    ----------
    card : mapping
        One card as written, before ``based_on`` is followed.
    folder : Path or Traversable
        Where the card lies.
    file : str
        Name of the card for messages.
    """
    table = card.get("efficiency")
    if not isinstance(table, dict):
        return dict(card)
    changed = dict(table)
    for name, value in table.items():
        if isinstance(value, dict) and "file" in value:
            one = Table(file, f"efficiency.{name}", value)
            one.only(("file",))
            changed[name] = _from_csv(one, folder)
    return {**card, "efficiency": changed}


def _from_csv(table: Table, folder: Path | Traversable) -> dict[str, Any]:
    """Inline form of a CSV file."""
    given = table.string("file")
    try:
        text = folder.joinpath(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise table.error("file", f"{given!r} cannot be read ({reason})") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    rows = list(csv.reader(lines, skipinitialspace=True))
    header = [name.strip() for name in rows[0]] if rows else []
    names = [name for name in header if name != _VALUE]
    if sorted(header) != sorted({*names, _VALUE}) or not names or not set(names) <= set(VARIABLES):
        raise table.error("file", f"{given!r} needs the columns {_VALUE} and some of {', '.join(VARIABLES)}")
    points: dict[tuple[float, ...], float] = {}
    for row in rows[1:]:
        cells = dict(zip(header, _numbers(table, given, row, len(header)), strict=True))
        place = tuple(cells[name] for name in names)
        if place in points:
            raise table.error("file", f"{given!r} has two lines for {_place(names, place)}")
        points[place] = cells[_VALUE]
    axes = [sorted({place[i] for place in points}) for i in range(len(names))]
    for place in itertools.product(*axes):
        if place not in points:
            raise table.error("file", f"{given!r} is no full grid: no line for {_place(names, place)}")
    nested = _nest([points[place] for place in itertools.product(*axes)], [len(axis) for axis in axes])
    return {**dict(zip(names, axes, strict=True)), _VALUE: nested}


def _place(names: list[str], place: tuple[float, ...]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in zip(names, place, strict=True))


def _numbers(table: Table, given: str, row: list[str], number: int) -> list[float]:
    """Cells of one line."""
    try:
        values = [float(cell) for cell in row]
    except ValueError:
        values = []
    if len(values) != number or not all(math.isfinite(value) for value in values):
        raise table.error("file", f"{given!r}: {','.join(row)!r} is no line of {number} numbers")
    return values


def _nest(values: list[float], shape: list[int]) -> list[Any]:
    """Nested lists from one after the other."""
    if len(shape) == 1:
        return values
    step = len(values) // shape[0]
    return [_nest(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
