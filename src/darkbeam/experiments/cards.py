"""Finding and reading cards.

A card is a TOML file.  ``based_on = "NAME"`` (a shipped experiment, or the path of a card relative to this
one) takes everything from another card and changes what the card itself says.  The exposure, and a table
whose ``shape``, ``section`` or ``is_decay_volume`` differs, replace the inherited table as a whole.

A card with ``computable = false`` can be read (`load_card`), but `load_experiment` refuses it with its reason.
"""

from __future__ import annotations

import copy
import tomllib
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.card_tables import Table
from darkbeam.errors import CardError, UnknownNameError

from .build import build
from .card_lookup import NotOneExperimentError, known_name
from .card_status import STATUS_KEYS, check_unverified, inherited_unverified, require_computable, standing_of
from .efficiency_card import inline_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .experiment import Experiment

__all__ = [
    "card_texts",
    "experiment_from_card",
    "list_cards",
    "list_experiments",
    "load_card",
    "load_experiment",
]

_FOLDER = resources.files("darkbeam.experiments") / "cards"
_KIND_KEYS = ("shape", "section", "is_decay_volume")


def list_cards() -> tuple[str, ...]:
    """Names of all shipped cards, those that cannot be computed too.

    Examples
    --------
    >>> "E137" in list_cards(), "E137" in list_experiments()
    (True, False)
    """
    stems = (entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(stems, key=str.lower))


@cache
def list_experiments() -> tuple[str, ...]:
    """Names of the shipped experiments that can be computed.

    Examples
    --------
    >>> "SHiP" in list_experiments()
    True
    """
    return tuple(name for name in list_cards() if standing_of(_shipped(name, ()), f"{name}.toml").computable)


def load_experiment(name_or_path: str | Path) -> Experiment:
    """Experiment of a shipped card or of a user's TOML file.

    Parameters
    ----------
    name_or_path : str or Path
        Name or alias (case, ``-``, ``_`` and blanks do not matter), or a path: anything that ends in
        ``.toml`` or contains a directory separator.

    Raises
    ------
    UnknownNameError, NotOneExperimentError
        No such shipped experiment; a group, or a search for millicharged particles.
    CardError
        The card cannot be read or is malformed.
    NotComputableError
        The card says that there is no flux for it.

    Examples
    --------
    >>> load_experiment("ship").decay_volume.z_min
    32.0
    """
    card, file = load_card(name_or_path), _file(name_or_path)
    experiment = _built(card, file)
    check_unverified(card, file)
    return experiment


def load_card(name_or_path: str | Path) -> dict[str, Any]:
    """Resolved card, without ``based_on``, of a shipped experiment or of a user's TOML file.

    Only TOML syntax and ``based_on`` are checked.

    Examples
    --------
    >>> load_card("e137")["computable"]
    False
    """
    if isinstance(name_or_path, Path) or _is_path(name_or_path):
        path = Path(name_or_path)
        return _resolve(_read(path, str(path)), path, ())
    return copy.deepcopy(_shipped(_known_name(name_or_path), ()))


def card_texts(name_or_path: str | Path) -> tuple[tuple[str, str], ...]:
    """Return (file, text) of a card and of the cards that it is based on, the deepest first."""
    load_card(name_or_path)  # whatever is wrong is said there
    found: list[tuple[str, str]] = []
    next_one: str | Path | None = name_or_path
    while next_one is not None:
        if isinstance(next_one, Path) or _is_path(next_one):
            path = Path(next_one)
            file, text = str(path), path.read_text(encoding="utf-8")
        else:
            path = None
            file = f"{_known_name(next_one)}.toml"
            text = (_FOLDER / file).read_text(encoding="utf-8")
        found.append((file, text))
        base = tomllib.loads(text).get("based_on")
        next_one = path.parent / base if path and base and _is_path(base) else base
    return tuple(reversed(found))


def experiment_from_card(card: Mapping[str, Any]) -> Experiment:
    """Experiment of a resolved card, as stored in `Experiment.card` and in every output."""
    return _built(copy.deepcopy(dict(card)), f"{card.get('name', 'card')}.toml")


def _built(card: dict[str, Any], file: str) -> Experiment:
    """Experiment of a resolved card; what the card says about itself stays in `Experiment.card`."""
    require_computable(card, file)
    about = {key: card[key] for key in STATUS_KEYS if key in card}
    experiment = build({key: value for key, value in card.items() if key not in about}, file)
    return replace(experiment, card=experiment.card | about)


def _file(name_or_path: str | Path) -> str:
    """Name of the card for messages."""
    if isinstance(name_or_path, Path) or _is_path(name_or_path):
        return Path(name_or_path).name
    return f"{_known_name(name_or_path)}.toml"


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or "/" in text or "\\" in text


def _known_name(name: str) -> str:
    """Shipped name that is meant."""
    return known_name(name, list_cards())


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
    file = path.name if path else chain[-1]
    card = inline_files(card, path.parent if path else _FOLDER, file)
    if "based_on" not in card:
        return card
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
    merged = _merge(parent, {key: value for key, value in card.items() if key != "based_on"})
    merged["unverified"] = [*_own_unverified(card, file), *inherited_unverified(parent, card, merged)]
    if not merged["unverified"]:
        del merged["unverified"]
    return merged


def _own_unverified(card: dict[str, Any], file: str) -> tuple[str, ...]:
    return Table(file, "", card).strings("unverified") if "unverified" in card else ()


def _shipped_base(base: str, file: str, chain: tuple[str, ...]) -> dict[str, Any]:
    """Return the resolved shipped card that another is based on."""
    try:
        name = _known_name(base)
    except (UnknownNameError, NotOneExperimentError) as error:
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
    if key == "exposure" or "efficiency" in new:  # the latter: a table of efficiencies
        return True
    return any(kind in new and new[kind] != old.get(kind) for kind in _KIND_KEYS)
