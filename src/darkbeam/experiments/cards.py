"""Finding and reading cards.

A card is a TOML file.  ``based_on = "NAME"`` (a shipped experiment, or the path of a card relative to this
one) takes everything from another card and changes what the card itself says.  The exposure, and a table
whose ``shape``, ``section`` or ``is_decay_volume`` differs, replace the inherited table as a whole.
"""

from __future__ import annotations

import copy
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.errors import CardError, UnknownNameError

from .build import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .experiment import Experiment

__all__ = ["experiment_from_card", "list_experiments", "load_experiment"]

_FOLDER = resources.files("darkbeam.experiments") / "cards"
_ALIASES = {
    "darkquest": "DarkQuest_phase1",
    "faser": "FASER_2022",
    "faser2": "FASER2_FPF_2022",
    "faser2fpf": "FASER2_FPF_2022",
    "na62": "NA62_dump_2021",
    "na622021": "NA62_dump_2021",
    "na62dump": "NA62_dump_2021",
}
_KIND_KEYS = ("shape", "section", "is_decay_volume")


def list_experiments() -> tuple[str, ...]:
    """Names of the shipped experiments.

    Examples
    --------
    >>> "SHiP" in list_experiments()
    True
    """
    stems = (entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(stems, key=str.lower))


def load_experiment(name_or_path: str | Path) -> Experiment:
    """Experiment of a shipped card or of a user's TOML file.

    Parameters
    ----------
    name_or_path : str or Path
        Name or alias (case, ``-``, ``_`` and blanks do not matter), or a path: anything that ends in
        ``.toml`` or contains a directory separator.

    Raises
    ------
    UnknownNameError
        No such shipped experiment.
    CardError
        The card cannot be read or is malformed.

    Examples
    --------
    >>> load_experiment("ship").decay_volume.z_min
    32.0
    """
    if isinstance(name_or_path, Path) or _is_path(name_or_path):
        path = Path(name_or_path)
        return build(_resolve(_read(path, str(path)), path, ()), path.name)
    name = _known_name(name_or_path)
    return build(_shipped(name, ()), f"{name}.toml")


def experiment_from_card(card: Mapping[str, Any]) -> Experiment:
    """Experiment of a resolved card, as stored in `Experiment.card` and in every output."""
    return build(copy.deepcopy(dict(card)), f"{card.get('name', 'card')}.toml")


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or "/" in text or "\\" in text


def _plain(name: str) -> str:
    """Name without case, dashes, underscores and blanks."""
    return "".join(name.lower().replace("-", " ").replace("_", " ").split())


def _known_name(name: str) -> str:
    """Shipped name that is meant."""
    names = list_experiments()
    found = {_plain(known): known for known in names} | _ALIASES
    if _plain(name) not in found:
        raise UnknownNameError("experiment", name, names)
    return found[_plain(name)]


def _shipped(name: str, chain: tuple[str, ...]) -> dict[str, Any]:
    """Return the resolved card of a shipped experiment."""
    file = f"{name}.toml"
    text = (_FOLDER / file).read_text(encoding="utf-8")
    return _resolve(_parse(text, file), None, (*chain, file))


def _read(path: Path, file: str) -> dict[str, Any]:
    """Content of a user's card."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CardError(file, "", "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(file, "", f"cannot be read ({error})") from None
    return _parse(text, file)


def _parse(text: str, file: str) -> dict[str, Any]:
    """TOML to a dictionary; the parser's message names line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CardError(file, "", f"is not valid TOML: {error}") from None


def _resolve(card: dict[str, Any], path: Path | None, chain: tuple[str, ...]) -> dict[str, Any]:
    """Follow ``based_on``; ``path`` is where the card lies, None for a shipped one."""
    if "based_on" not in card:
        return card
    file = path.name if path else chain[-1]
    base = card["based_on"]
    if not isinstance(base, str):
        raise CardError(file, "based_on", "must be the name of an experiment or the path of a card")
    if path is not None:
        chain = (*chain, str(path.resolve()))
    if _is_path(base) and path is not None:
        base_path = path.parent / base
        if str(base_path.resolve()) in chain:
            raise CardError(file, "based_on", f"{base!r} leads back to this card")
        parent = _resolve(_read(base_path, str(base_path)), base_path, chain)
    else:
        parent = _shipped_base(base, file, chain)
    return _merge(parent, {key: value for key, value in card.items() if key != "based_on"})


def _shipped_base(base: str, file: str, chain: tuple[str, ...]) -> dict[str, Any]:
    """Return the resolved shipped card that another is based on."""
    try:
        name = _known_name(base)
    except UnknownNameError as error:
        raise CardError(file, "based_on", str(error)) from None
    if f"{name}.toml" in chain:
        raise CardError(file, "based_on", f"{base!r} leads back to this card")
    return _shipped(name, chain)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes``, tables merged (module docstring)."""
    merged = copy.deepcopy(base)
    for key, value in changes.items():
        old = merged.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and not _replaces(key, value, old):
            merged[key] = _merge(old, value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _replaces(key: str, new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Whether a table takes the place of the inherited one."""
    return key == "exposure" or any(kind in new and new[kind] != old.get(kind) for kind in _KIND_KEYS)
