"""Writing files: whole or not at all, and never over another card's results."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["atomic_path", "dump_json", "prepare_directory"]


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside ``target`` that replaces it only if the block succeeds."""
    try:
        handle, name = tempfile.mkstemp(prefix=".part-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}") from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        part.replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def dump_json(data: dict[str, Any]) -> str:
    """JSON text with NaN refused, floats as short as they round-trip."""
    return json.dumps(data, indent=1, allow_nan=False)


def prepare_directory(directory: Path, card_hash: str, *, force: bool) -> None:
    """Make the output directory; refuse one that holds another card's results.

    Raises
    ------
    OutputError
        If it cannot be made, or holds results of another card and ``force`` is not set.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {directory}: {error.strerror}") from error
    if not os.access(directory, os.W_OK):
        raise OutputError(f"cannot write into {directory}: permission denied")
    old = directory / "contour.json"
    if force or not old.exists():
        return
    try:
        same = json.loads(old.read_text(encoding="utf-8"))["card_hash"] == card_hash
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        message = f"{directory} holds results of another card; give --force to overwrite, or -o DIR"
        raise OutputError(message)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file atomically."""
    with atomic_path(target) as part:
        shutil.copyfile(source, part)
