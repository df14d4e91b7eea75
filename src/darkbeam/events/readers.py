"""Reading event files back (Parquet)."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.extras import require

from .info import FORMAT_VERSION, FileInfo, RunPart
from .join import concatenate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from .record import Events

__all__ = ["BATCH", "iter_events", "read_events", "read_info", "read_numbers"]

BATCH = 1 << 16
"""Events read at a time."""


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Parquet file and its metadata."""
    pq = require("pyarrow.parquet", "reading .parquet files")
    pa = require("pyarrow", "reading .parquet files")
    if not path.is_file():
        raise ValueRangeError(f"events {path}: no such file")
    try:
        with pq.ParquetFile(path) as file:
            text = (file.schema_arrow.metadata or {}).get(b"darkbeam")
            if text is None:
                raise ValueRangeError(f"events {path}: not written by darkbeam events")
            data = json.loads(text)
            if data.get("format_version") != FORMAT_VERSION:
                found = data.get("format_version")
                raise ValueRangeError(f"events {path}: format version {found}, not {FORMAT_VERSION}")
            yield file, data
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueRangeError(f"events {path}: cannot be read: {error}") from error


def read_info(path: Path) -> FileInfo:
    """Header of a Parquet file: card, expected events, chunks that it holds.

    Raises
    ------
    ValueRangeError
        If it is not a file of events in Parquet.
    """
    with _opened(path) as (file, data):
        info = FileInfo.from_metadata(data)
        rows = int(file.metadata.num_rows)
    known = tuple(r if r.events else RunPart(r.seed, r.planned, rows, r.held) for r in info.runs)
    return FileInfo(info.card, info.expected, info.expected_error, known, info.totals)


def iter_events(path: Path, batch: int = BATCH) -> Iterator[Events]:
    """Events of a Parquet file, at most ``batch`` at a time; memory does not grow with the file."""
    from .parquet import from_batch  # needs the extra

    with _opened(path) as (file, data):
        for part in file.iter_batches(batch):
            yield from_batch(part, data)


def read_numbers(path: Path) -> NDArray[np.int64]:
    """Event numbers of a Parquet file, shape (n,)."""
    with _opened(path) as (file, _):
        return np.asarray(file.read(["number"]).column("number").to_numpy())


def read_events(path: Path) -> Events:
    """All events of a Parquet file.

    Raises
    ------
    ValueRangeError
        If it is not a file of events in Parquet, or holds none.
    """
    parts = list(iter_events(path))
    if not parts:
        raise ValueRangeError(f"events {path}: the file holds no events")
    return concatenate(parts)
