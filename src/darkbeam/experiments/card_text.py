"""Where the keys of a card stand in its text, and the comments beside them.

The standard TOML parser gives values without positions.  A statement (a header, or ``key = value``, perhaps over
several lines) is the shortest run of lines that this parser accepts on its own, so that brackets, quotes and ``#``
inside strings need no second grammar here.  Key paths are dotted; the tables of an array are counted from 0, as in
``detector.planes[0].y_m``.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Place", "head_comment", "key_paths", "line_of", "places"]

_STEP = re.compile(r"(\.[^.\[\]]*|\[\d+\]|^[^.\[\]]*)$")


class Place(NamedTuple):
    """Line of a key, counted from 1, and the comment behind its value."""

    line: int
    comment: str


def key_paths(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return every key of a table and of its sub-tables with its value.

    Examples
    --------
    >>> list(key_paths({"a": 1, "b": {"c": 2}, "d": [{"e": 3}]}))
    ['a', 'b', 'b.c', 'd', 'd[0]', 'd[0].e']
    """
    found: dict[str, Any] = {}
    for key, value in table.items():
        path = f"{prefix}{key}"
        found[path] = value
        if isinstance(value, dict):
            found |= key_paths(value, f"{path}.")
        elif isinstance(value, list):
            for number, entry in enumerate(value):
                if isinstance(entry, dict):
                    found[f"{path}[{number}]"] = entry
                    found |= key_paths(entry, f"{path}[{number}].")
    return found


def places(text: str) -> dict[str, Place]:
    r"""Return the place of every key and table of a TOML text, by key path.

    Examples
    --------
    >>> places("a = 1\n[b]\nc = 2  # two\n")["b.c"]
    Place(line=3, comment='two')
    """
    found: dict[str, Place] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for line, statement in _statements(text):
        content = tomllib.loads(statement)
        place = Place(line, _comment(statement))
        if statement.lstrip().startswith("["):
            prefix = _header(content, counts) + "."
            for table in _around(prefix):
                found.setdefault(table, place)
        else:
            for path in key_paths(content, prefix):
                found.setdefault(path, place)
    return found


def line_of(where: Mapping[str, Place], key: str) -> int | None:
    r"""Return the line of a key, or of the nearest table around it; None if neither is in the text.

    Examples
    --------
    >>> line_of(places("[b]\nc = 2\n"), "b.missing")
    1
    """
    return next((where[outer].line for outer in (key, *_around(key)) if outer in where), None)


def _around(path: str) -> Iterator[str]:
    """Paths of the tables around a path, the nearest first."""
    while path := _STEP.sub("", path):
        yield path


def head_comment(text: str) -> str:
    """Return the comment lines before the first statement, as one line of prose."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(lines)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each statement of a valid TOML text."""
    pending: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not pending:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            start = number
        pending.append(line)
        statement = "\n".join(pending)
        if _valid(statement):
            yield start, statement
            pending = []


def _valid(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _header(content: Mapping[str, Any], counts: dict[str, int]) -> str:
    """Path of the table that a header opens; ``counts`` holds the arrays of tables seen so far."""
    path, value = "", content
    while value:
        name, inner = next(iter(value.items()))
        path = f"{path}.{name}" if path else name
        if isinstance(inner, list):
            counts[path] = counts.get(path, -1) + 1
            return f"{path}[{counts[path]}]"
        if path in counts:
            path = f"{path}[{counts[path]}]"
        value = inner
    return path


def _comment(statement: str) -> str:
    """Comment at the end of a statement: what follows the first ``#`` that is not part of the value."""
    last = statement.rpartition("\n")[2]
    rest = statement[: len(statement) - len(last)]
    value = tomllib.loads(statement)
    for match in re.finditer("#", last):
        head = rest + last[: match.start()]
        if _valid(head) and tomllib.loads(head) == value:
            return last[match.end() :].strip()
    return ""
