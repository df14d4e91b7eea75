"""Checking a user's card: every problem with its line.

The readers of a card stop at the first problem.  To look further, an unknown key is left out, and a table with another
problem is replaced by one that is right.  What depends on that table is replaced with it, so that no problem is made
up: geometry and selection count as one, of which the first problem comes out beside those of the other tables.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from darkbeam.errors import CardError, DarkbeamError
from darkbeam.facilities import FACILITIES

from .card_status import NotComputableError, check_unverified
from .card_text import Place, line_of, places
from .cards import experiment_from_card, load_card
from .layout import CHANNEL_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Problem", "check_card"]

_GEOMETRY = ("beam_spot", "decay_volume", "detector", "magnet", "selection", "smearing")
_RIGHT: dict[str, dict[str, Any]] = {
    "decay_volume": {"shape": "box", "z_min_m": 10.0, "length_m": 1.0, "dx_m": 1.0, "dy_m": 1.0},
    "detector": {"is_decay_volume": True, "has_ecal": True},
    "selection": {"final_states": ["ee"], "required_products": 2},
    "efficiency": dict.fromkeys(CHANNEL_CLASSES, 1.0),
    "statistics": {"n_events_threshold": 2.3},
}
"""Tables without a problem."""
_LINE = re.compile(r"line (\d+)")


class Problem(NamedTuple):
    """What is wrong with a card.

    Attributes
    ----------
    file : str
        The card, or the one it is based on.
    line : int or None
        Line of the key, of its table where it is missing, or of the syntax error.
    key : str
        Key path, empty for the whole file.
    text : str
        One sentence.
    """

    file: str
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.text}" if self.key else f"{where}: {self.text}"


def check_card(path: str | Path) -> list[Problem]:
    """Return everything wrong with a card that can be found without mending it; empty for a good card.

    Parameters
    ----------
    path : str or Path
        TOML file of a user.
    """
    path = Path(path)
    try:
        card = load_card(path)
    except CardError as error:
        return [_unreadable(path, error)]
    where = places(path.read_text(encoding="utf-8"))
    problems: list[Problem] = []
    remarks = _stray_remark(card)  # of the card as it was written: mending takes keys away
    while (found := _first_problem(card)) is not None:
        if not _misspelt(problems, found):
            problems.append(_placed(path, where, found))
        unknown = found.problem.startswith("unknown key") and _removed(card, found.key)
        if not unknown and not _mended(card, found.key):
            break
    if remarks is not None and not any(problem.key == remarks.key for problem in problems):
        problems.append(_placed(path, where, remarks))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _first_problem(card: dict[str, Any]) -> CardError | None:
    """Return the error that reading the card meets first."""
    try:
        experiment_from_card(copy.deepcopy(card))
    except NotComputableError:
        return None
    except CardError as error:
        return error
    except DarkbeamError as error:  # of a solid or a flux: no key to blame
        return CardError("", "", str(error))
    return None


def _stray_remark(card: dict[str, Any]) -> CardError | None:
    """Return the error about a remark on a key that is not there."""
    try:
        check_unverified(card, "")
    except CardError as error:
        return error
    return None


def _misspelt(problems: list[Problem], found: CardError) -> bool:
    """Whether a missing key was found under another name before."""
    table, _, name = found.key.rpartition(".")
    hint = f"did you mean '{name}'"
    return found.problem == "is missing" and any(
        hint in problem.text and problem.key.rpartition(".")[0] == table for problem in problems
    )


def _placed(path: Path, where: Mapping[str, Place], error: CardError) -> Problem:
    line = line_of(where, error.key)
    text = error.problem
    if line is None and "based_on" in where:
        line, text = where["based_on"].line, f"{text} (taken from the card it is based on)"
    return Problem(str(path), line, error.key, text)


def _unreadable(path: Path, error: CardError) -> Problem:
    """Problem of a file that is missing, no TOML, or refers to one that is."""
    if error.file not in (str(path), path.name):
        return Problem(error.file, _line_of_syntax(error), error.key, error.problem)
    if error.key:
        where = places(path.read_text(encoding="utf-8"))
        return Problem(str(path), line_of(where, error.key), error.key, error.problem)
    line = _line_of_syntax(error)
    if line is None and "end of document" in error.problem:
        line = len(path.read_text(encoding="utf-8").splitlines())
    return Problem(str(path), line, "", error.problem)


def _line_of_syntax(error: CardError) -> int | None:
    found = _LINE.search(error.problem)
    return int(found[1]) if found else None


def _mended(card: dict[str, Any], key: str) -> bool:
    """Replace the table of a key by one that is right; False if there is none, or it was replaced before."""
    name = re.split(r"[.\[]", key)[0]
    if name in _GEOMETRY:
        right = {table: _RIGHT[table] for table in _RIGHT if table in _GEOMETRY}
        gone = set(_GEOMETRY)
    elif name in _RIGHT:
        right, gone = {name: _RIGHT[name]}, {name}
    elif name == "exposure" and card.get("facility") in FACILITIES:
        right = {name: {"lumi_fb" if FACILITIES[card["facility"]].collider else "pot": 1.0}}
        gone = {name}
    else:
        return False
    if all(card.get(table) == right.get(table) for table in gone):
        return False
    for table in gone:
        card.pop(table, None)
    card.update(copy.deepcopy(right))
    return True


def _removed(card: dict[str, Any], key: str) -> bool:
    """Take a key path out of a card; False if it is not there."""
    *tables, last = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", key)]
    at: Any = card
    try:
        for step in tables:
            at = at[step]
        del at[last]
    except (KeyError, IndexError, TypeError):
        return False
    return True
