"""Progress bars and small tables; plain lines when the output is not a terminal."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ShowProgress", "default_workers", "echo_json", "echo_table", "progress_bar"]


class ShowProgress(Protocol):
    """What a progress bar is told; a note takes the place of the rate."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Show that ``done`` of ``total`` steps are made."""


def default_workers() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def echo_json(data: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    typer.echo(json.dumps(data, indent=1, allow_nan=False))


@contextmanager
def progress_bar(label: str, unit: str) -> Iterator[ShowProgress]:
    """Give a callback that shows a bar with rate (or a note) and time left on a terminal, and nothing else."""
    # imported here: rich costs a tenth of a second and most commands show no bar
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        console=console, disable=not console.is_terminal, transient=True,
    )  # fmt: skip
    with bar:
        task: TaskID = bar.add_task(label, total=1, rate="")

        def update(done: int, total: int, note: str = "") -> None:
            speed = bar.tasks[0].speed
            rate = note or (f"{speed:.3g} {unit}/s" if speed else "")
            bar.update(task, completed=done, total=total, rate=rate)

        yield update


def echo_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Right-aligned columns, the first one left-aligned."""
    widths = [max(len(str(r[k])) for r in (header, *rows)) for k in range(len(header))]
    for row in (header, *rows):
        cells = [f"{row[0]:<{widths[0]}}", *[f"{c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True)]]
        typer.echo("  ".join(cells).rstrip())
