"""Files that a command is about to write: checked before the long work, written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.errors import OutputError, ValueRangeError
from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["check_new_file", "write_text"]


def check_new_file(path: Path, suffixes: Sequence[str] = (), *, force: bool = False) -> None:
    """Refuse a file that must not or cannot be written; make its folder.

    Raises
    ------
    ValueRangeError
        For an ending that is not in ``suffixes`` (if any are given).
    OutputError
        If the file exists and ``force`` is not set, or its folder cannot be made.
    """
    if suffixes and path.suffix not in suffixes:
        raise ValueRangeError(f"{path} ends in {path.suffix!r}; valid: {', '.join(suffixes)}")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file")
    if path.exists() and not force:
        raise OutputError(f"{path} exists; give --force to overwrite it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {path.parent}: {error.strerror}") from error


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")
