"""Results kept between runs, found by the hash of the card that made them.

The folder is ``$DARKBEAM_CACHE`` if set, else ``$XDG_CACHE_HOME/darkbeam`` or ``~/.cache/darkbeam``.  An entry is a
folder named by the hash with the files of one result; it is made under a temporary name and moved into
place, so a reader sees a whole entry or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from darkbeam.output import copy_whole, dump_json

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "cache_dir",
    "card_hash",
    "clear",
    "find_result",
    "info",
    "keep_figures",
    "keep_result",
    "lookup",
    "result_of_card",
    "store",
]

RESULT = "contour.json"
FIGURES = ("reach.png", "reach.pdf")


class _Contour(Protocol):
    """A result that is written as JSON and read again."""

    def to_dict(self) -> dict[str, Any]: ...

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self: ...

    @classmethod
    def load(cls, file: str | Path) -> Self: ...


_R = TypeVar("_R", bound=_Contour)


def cache_dir() -> Path:
    """Folder of the cache (not necessarily existing)."""
    if own := os.environ.get("DARKBEAM_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "darkbeam"


def card_hash(card: dict[str, Any]) -> str:
    """Content hash of a card: the first 20 hexadecimal digits of SHA-256 of its canonical JSON."""
    text = json.dumps(card, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def lookup(key: str) -> Path | None:
    """Folder of an entry, or None."""
    entry = cache_dir() / key
    return entry if entry.is_dir() else None


def store(key: str, write: Callable[[Path], None]) -> Path | None:
    """Make an entry with ``write(folder)``; None where the cache cannot be written (never an error)."""
    try:
        root = cache_dir()
        root.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=root))
    except OSError:
        return None
    try:
        write(part)
        entry = root / key
        shutil.rmtree(entry, ignore_errors=True)
        part.rename(entry)
    except OSError:
        return None
    else:
        return entry
    finally:
        shutil.rmtree(part, ignore_errors=True)


def find_result(key: str, kind: type[_R]) -> _R | None:
    """Result of an entry, or None."""
    entry = lookup(key)
    return kind.load(entry / RESULT) if entry is not None and (entry / RESULT).is_file() else None


def keep_result(key: str, result: _Contour) -> str:
    """Make the entry of a result; returns its JSON."""
    text = dump_json(result.to_dict())

    def write(folder: Path) -> None:
        (folder / RESULT).write_text(text, encoding="utf-8")

    store(key, write)
    return text


def result_of_card(card: dict[str, Any], kind: type[_R], compute: Callable[[], _R], *, cache: bool) -> _R:
    """Result of a card, found or computed.

    Parameters
    ----------
    card : dict
    kind : type
        Class of the result.
    compute : callable
    cache : bool
        Use and fill the cache.  What was just computed then has the digits of its JSON, like what is found later.
    """
    if not cache:
        return compute()
    key = card_hash(card)
    if (known := find_result(key, kind)) is not None:
        return known
    return kind.from_dict(json.loads(keep_result(key, compute())))


def keep_figures(key: str, folder: Path, draw: Callable[[], list[Path]], *, cache: bool) -> list[Path]:
    """Write the figures of a result: copies of those of its entry, or drawn ones, which the entry then keeps.

    Parameters
    ----------
    key : str
    folder : Path
        Where they are written.
    draw : callable
        Writes `FIGURES` there and returns their paths.
    cache : bool
    """
    entry = lookup(key) if cache else None
    if entry is not None and all((entry / name).is_file() for name in FIGURES):
        for name in FIGURES:
            copy_whole(entry / name, folder / name)
        return [folder / name for name in FIGURES]
    figures = draw()
    if entry is not None:
        for figure in figures:
            copy_whole(figure, entry / figure.name)
    return figures


def info() -> dict[str, Any]:
    """Place, number of entries and size in bytes."""
    root = cache_dir()
    files = [f for f in root.rglob("*") if f.is_file()] if root.is_dir() else []
    entries = sum(1 for d in root.iterdir() if d.is_dir()) if root.is_dir() else 0
    return {"directory": str(root), "entries": entries, "bytes": sum(f.stat().st_size for f in files)}


def clear() -> int:
    """Remove every entry; returns how many there were."""
    count = int(info()["entries"])
    shutil.rmtree(cache_dir(), ignore_errors=True)
    return count
