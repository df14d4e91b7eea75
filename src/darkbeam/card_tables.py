"""Strict reading of a table of a card: every key known, of the right type and range, or a named error."""

from __future__ import annotations

import difflib
import math
import tomllib
from typing import TYPE_CHECKING, Any

from darkbeam.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

__all__ = ["Table"]

_LARGEST_SIZE = 1000.0
_FARTHEST = 5000.0


class Table:
    """One table of a card, with the file and path that its errors name.

    Parameters
    ----------
    file : str
        Name of the card for messages.
    path : str
        Dotted path of the table, empty at the top.
    data : mapping
        Its content.
    """

    def __init__(self, file: str, path: str, data: Mapping[str, Any]) -> None:
        self.file, self.path, self.data = file, path, data

    @classmethod
    def read(cls, file: Path | Traversable) -> Table:
        """Top table of a TOML file.

        Raises
        ------
        CardError
            If it cannot be read or is not TOML.
        """
        try:
            return cls(file.name, "", tomllib.loads(file.read_text(encoding="utf-8")))
        except tomllib.TOMLDecodeError as error:
            raise CardError(file.name, "", f"is not TOML: {error}") from error
        except UnicodeDecodeError as error:
            raise CardError(file.name, "", f"cannot be read: {error}") from error
        except OSError as error:
            raise CardError(file.name, "", f"cannot be read: {error.strerror}") from error

    def key(self, name: str) -> str:
        """Dotted path of a key."""
        return f"{self.path}.{name}" if self.path else name

    def error(self, name: str, problem: str) -> CardError:
        """Error about one key of this table."""
        return CardError(self.file, self.key(name), problem)

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def only(self, valid: Iterable[str]) -> None:
        """Refuse keys that are not in ``valid``."""
        names = list(valid)
        for name in self.data:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
                hint = f"; did you mean '{near[0]}'?" if near else f"; valid: {', '.join(names)}"
                raise self.error(name, f"unknown key{hint}")

    def _get(self, name: str) -> Any:
        if name not in self.data:
            raise self.error(name, "is missing")
        return self.data[name]

    def table(self, name: str) -> Table:
        """Sub-table."""
        value = self._get(name)
        if not isinstance(value, dict):
            raise self.error(name, f"must be a table, not {_kind(value)}")
        return Table(self.file, self.key(name), value)

    def tables(self, name: str) -> tuple[Table, ...]:
        """Array of tables, written ``[[name]]``; messages count them from 0."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.error(name, f"must be an array of tables [[{self.key(name)}]], not {_kind(value)}")
        return tuple(Table(self.file, f"{self.key(name)}[{i}]", v) for i, v in enumerate(value))

    def string(self, name: str, valid: Iterable[str] | None = None) -> str:
        """Return a string, one of ``valid`` if given."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self.error(name, f"must be a string, not {_kind(value)}")
        if valid is not None and value not in (names := list(valid)):
            near = difflib.get_close_matches(value.lower(), names, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise self.error(name, f"{value!r} is not one of {', '.join(names)}{hint}")
        return value

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.error(name, f"must be a list of strings, not {_kind(value)}")
        return tuple(value)

    def boolean(self, name: str) -> bool:
        """Return true or false."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self.error(name, f"must be true or false, not {_kind(value)}")
        return value

    def number(
        self, name: str, low: float = -math.inf, high: float = math.inf, *, strict: bool = False
    ) -> float:
        """Return a finite number in [low, high], or in (low, high] if ``strict``."""
        return self._check(name, self._get(name), low, high, strict=strict)

    def positive(self, name: str) -> float:
        """Return a number above 0."""
        return self.number(name, 0.0, strict=True)

    def optional(self, name: str, *, positive: bool = False) -> float | None:
        """Return a number of at least 0 (above 0 if ``positive``), or None if the key is absent."""
        return self.number(name, 0.0, strict=positive) if name in self.data else None

    def centre(self, name: str) -> float:
        """Return a coordinate, 0 if the key is absent."""
        return self.number(name) if name in self.data else 0.0

    def numbers(self, name: str, low: float) -> tuple[float, ...]:
        """Return a list of numbers of at least ``low``."""
        value = self._get(name)
        if not isinstance(value, list):
            raise self.error(name, f"must be a list of numbers, not {_kind(value)}")
        return tuple(self._check(name, v, low, math.inf, strict=False) for v in value)

    def points(self, name: str, dimension: int, least: int) -> tuple[tuple[float, ...], ...]:
        """Return a list of at least ``least`` points, each a list of ``dimension`` coordinates in m."""
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(v, list) and len(v) == dimension for v in value):
            raise self.error(name, f"must be a list of points of {dimension} numbers each")
        if len(value) < least:
            raise self.error(name, f"must hold at least {least} points, not {len(value)}")
        points = [tuple(self._check(name, x, -math.inf, math.inf, strict=False) for x in v) for v in value]
        for x in (x for point in points for x in point):
            self.plausible(name, x, _FARTHEST, "m", "mm")
        return tuple(points)

    def size(self, name: str) -> float:
        """Return a length above 0 in m, refused where it can only be in mm."""
        return self.plausible(name, self.positive(name), _LARGEST_SIZE, "m", "mm")

    def position(self, name: str) -> float:
        """Return a coordinate in m, refused where it can only be in mm."""
        return self.plausible(name, self.number(name), _FARTHEST, "m", "mm")

    def plausible(self, name: str, value: float, largest: float, unit: str, instead: str) -> float:
        """Return ``value``, or refuse what is above ``largest`` with a hint at another unit."""
        if abs(value) > largest:
            raise self.error(name, f"{value:g} {unit} is beyond {largest:g} {unit}; is this in {instead}?")
        return value

    def integer(self, name: str, low: int) -> int:
        """Return a whole number of at least ``low``."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"must be a whole number, not {_kind(value)}")
        if value < low:
            raise self.error(name, f"must be at least {low}, not {value}")
        return value

    def _check(self, name: str, value: Any, low: float, high: float, *, strict: bool) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(name, f"must be a number, not {_kind(value)}")
        if not math.isfinite(value):
            raise self.error(name, f"must be finite, not {value}")
        if strict and value <= low:
            raise self.error(name, f"must be above {low:g}, not {value:g}")
        if not low <= value <= high:
            bound = f"at least {low:g}" if value < low else f"at most {high:g}"
            raise self.error(name, f"must be {bound}, not {value:g}")
        return float(value)


def _kind(value: Any) -> str:
    """Name a TOML value for a message."""
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), f"a {type(value).__name__}") + (
        f" ({value!r})" if isinstance(value, str) else ""
    )
