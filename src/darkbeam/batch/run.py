"""Run some chunks of a batch, and assemble the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darkbeam.batch.card import BatchCard, Task, parse_range, read_card, text_of_ranges
from darkbeam.batch.submit import CARD, PARTS
from darkbeam.errors import CardError, OutputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["KINDS", "collect", "load_task", "run_chunks"]

KINDS = ("reach", "events")


def load_task(path: Path) -> Task:
    """Make the calculation of a card file.

    Raises
    ------
    CardError
        If this installation would compute something else than the card says.
    """
    batch = read_card(path)
    task = _task(batch)
    if task.n_chunks != batch.n_chunks:
        raise CardError(
            path.name, "chunks", f"{batch.n_chunks} is not {task.n_chunks}, the number of its chunks"
        )
    return task


def _task(batch: BatchCard) -> Task:
    if batch.kind == "reach":
        from darkbeam.batch.reach import ReachTask

        return ReachTask.from_card(batch)
    if batch.kind == "events":
        from darkbeam.batch.events import EventsTask

        return EventsTask.from_card(batch)
    raise UnknownNameError("kind of batch", batch.kind, KINDS)


def run_chunks(
    card: Path,
    chunks: str,
    output: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> range:
    """Compute chunks ``I:J`` of a card file and write them as one part; returns their numbers."""
    task = load_task(card)
    if output.suffix != task.suffix:
        raise OutputError(f"a part of this card is a {task.suffix} file, not {output.name}")
    wanted = parse_range(chunks, task.n_chunks)
    task.run(wanted.start, wanted.stop, output, workers, progress)
    return wanted


def collect(folder: Path, output: Path | None = None, *, force: bool = False) -> list[Path]:
    """Assemble the result of a batch from the parts in its folder.

    Parameters
    ----------
    folder : Path
        With ``card.json`` and ``parts/``.
    output : Path, optional
        Folder of the contour, or file of the events in any format; ``result`` or ``events.parquet`` in ``folder``.
    force : bool
        Overwrite other results.

    Returns
    -------
    list of Path
        Files written.

    Raises
    ------
    OutputError
        If chunks are missing, or a part belongs to another calculation.
    """
    task = load_task(folder / CARD)
    parts = sorted(p for p in (folder / PARTS).glob(f"*{task.suffix}") if not p.name.startswith("."))
    done: set[int] = set()
    used = []
    for part in parts:
        chunks = set(task.chunks_of(part))
        if chunks - done:
            used.append(part)
        done |= chunks
    missing = [k for k in range(task.n_chunks) if k not in done]
    if missing:
        raise OutputError(
            f"chunks {text_of_ranges(missing)} of {task.n_chunks} are missing in {folder / PARTS}; submit their jobs "
            f"again, or in {folder}: darkbeam batch run {CARD} --chunk I:J -o {PARTS}/NAME{task.suffix}"
        )
    default = folder / {"reach": "result", "events": "events.parquet"}[task.kind]
    return task.collect(used, output or default, force=force)
