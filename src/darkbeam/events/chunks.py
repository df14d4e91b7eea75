"""From chunks to one file, with or without parts that survive an interruption.

Straight: chunks are written as they come; an interrupted run leaves nothing.  With ``resume`` every finished chunk
becomes a Parquet file in the folder FILE.parts, beside ``card.json``; a later call with the same card makes only those
that are missing, writes the file from the parts, in order and in the same batches as a straight run, and removes
the folder.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from darkbeam.cache import card_hash
from darkbeam.errors import OutputError, ValueRangeError
from darkbeam.events.readers import read_events
from darkbeam.events.writers import check_target, open_writer
from darkbeam.output import atomic_path, dump_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from darkbeam.events.planned import PlannedRun
    from darkbeam.events.record import Events

    Progress = Callable[[int, int], None]

__all__ = ["check_output", "parts_folder", "write_events"]

CARD = "card.json"


def parts_folder(path: Path) -> Path:
    """Folder of the finished chunks of a file."""
    return path.with_name(f"{path.name}.parts")


def check_output(path: Path, *, resume: bool = False, force: bool = False) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    OutputError, UnknownNameError, MissingExtraError
    """
    check_target(path, force=force)
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no folder {path.parent}")
    folder = parts_folder(path)
    if resume:
        check_target(folder / "part.parquet", force=True)
    elif folder.exists() and not force:
        raise OutputError(f"{folder} holds chunks of an interrupted run; give --resume to go on, or --force")


def write_events(
    run: PlannedRun[Any],
    path: Path,
    *,
    chunks: tuple[int, int] | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> int:
    """Make the events of a run and write them.

    Parameters
    ----------
    run : PlannedRun
    path : Path
        Its ending chooses the format, see `darkbeam.events.writers`.
    chunks : (int, int), optional
        Only chunks first <= k < last; such files are put together with ``darkbeam merge``.
    workers : int
        Processes; the file does not depend on it.
    scheduler : str, optional
        Address of a Dask cluster instead.
    resume : bool
        Keep finished chunks, and use those that are there.
    force : bool
        Overwrite the file, and chunks of another card.
    progress : callable, optional
        Called with (events done, events in all).

    Returns
    -------
    int
        Events written.
    """
    check_output(path, resume=resume, force=force)
    first, last = (0, run.n_chunks) if chunks is None else chunks
    if not 0 <= first < last <= run.n_chunks:
        raise ValueRangeError(f"chunks {first}:{last} are outside 0:{run.n_chunks}")
    folder = parts_folder(path)
    if not resume:
        if force and folder.exists():
            shutil.rmtree(folder)
        made = run.batches(range(first, last), workers=workers, scheduler=scheduler)
        return _write(run, path, made, (first, last), force=force, progress=progress)
    _open_folder(run, folder, force=force)
    missing = [k for k in range(first, last) if not _part(folder, k).exists()]
    done = (last - first - len(missing)) * run.work.settings.n // run.work.settings.chunks
    fresh = run.batches(missing, workers=workers, scheduler=scheduler)
    for k, events in zip(missing, fresh, strict=True):
        _write(run, _part(folder, k), iter([events]), (k, k + 1), force=True, progress=None)
        done += len(events)
        if progress is not None:
            progress(min(done, run.n_events), run.n_events)
    stored = (read_events(_part(folder, k)) for k in range(first, last))
    written = _write(run, path, stored, (first, last), force=force, progress=None)
    shutil.rmtree(folder)
    return written


def _part(folder: Path, chunk: int) -> Path:
    return folder / f"{chunk:07d}.parquet"


def _open_folder(run: PlannedRun[Any], folder: Path, *, force: bool) -> None:
    """Make the folder of parts, or check that it belongs to this run."""
    wanted = card_hash(run.card)
    card = folder / CARD
    if folder.exists():
        try:
            same = card_hash(json.loads(card.read_text(encoding="utf-8"))) == wanted
        except (OSError, ValueError):
            same = False
        if same:
            return
        if not force:
            raise OutputError(
                f"{folder} holds chunks of another card; give --force to drop them, or another -o"
            )
        shutil.rmtree(folder)
    try:
        folder.mkdir()
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from error
    with atomic_path(card) as part:
        part.write_text(dump_json(run.card), encoding="utf-8")


def _write(
    run: PlannedRun[Any], path: Path, batches: Iterator[Events], held: tuple[int, int], *, force: bool,
    progress: Progress | None,
) -> int:  # fmt: skip
    """Write batches to one file; returns the number of events."""
    totals = run.work.plans[0].totals.for_files() if len(run.work.plans) == 1 else {}
    written = 0
    with open_writer(
        path, run.card, expected=run.expected, expected_error=run.expected_error, force=force,
        runs=(run.part(*held),), totals=totals,
    ) as writer:  # fmt: skip
        for events in batches:
            writer.write(events)
            written += len(events)
            if progress is not None:
                progress(written, run.n_events)
    return written
