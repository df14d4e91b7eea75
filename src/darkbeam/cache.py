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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cache_dir", "card_hash", "clear", "info", "lookup", "store"]


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
