"""Named errors.  Each carries one sentence for the person who meets it.

Everything that a user can cause derives from `DarkbeamError`; the command line prints its message
on one line and exits with 2.  Anything else that escapes is a bug in darkbeam.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CardError",
    "ComparisonError",
    "DarkbeamError",
    "MassRangeError",
    "MissingExtraError",
    "OutputError",
    "UnknownNameError",
    "ValueRangeError",
]


class DarkbeamError(Exception):
    """Base class of everything a user can cause."""


class UnknownNameError(DarkbeamError):
    """A name that is not in a list of known names; proposes the nearest."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        names = list(valid)
        lower = {n.lower(): n for n in names}
        near = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.5)
        hint = f" Did you mean {lower[near[0]]!r}?" if near else ""
        super().__init__(f"unknown {kind} {name!r}.{hint} Valid: {', '.join(names)}.")


class ValueRangeError(DarkbeamError):
    """A number outside what an option or a model allows."""


class MassRangeError(ValueRangeError):
    """A mass outside the validity of a model or of every requested source."""


class CardError(DarkbeamError):
    """A malformed card: says which file, which key and what is wrong."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file, self.key, self.problem = file, key, problem
        where = f"{file}: key '{key}': " if key else f"{file}: "
        super().__init__(f"card {where}{problem}")


class MissingExtraError(DarkbeamError):
    """An optional dependency is not installed; names the pip line."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}': pip install 'darkbeam[{extra}]'")


class OutputError(DarkbeamError):
    """An output that cannot be written, or must not be overwritten."""


class ComparisonError(DarkbeamError):
    """A comparison with published results that could not be made."""
