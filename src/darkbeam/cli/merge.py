"""``darkbeam merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json

__all__ = ["merge"]


def merge(
    files: Annotated[list[Path], typer.Argument(help="Parquet files of one card.", metavar="FILES")],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="FILE.parquet, .hepmc3, .root, .lhe or .txt.", metavar="FILE"),
    ],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    json: opt.Json = False,
) -> None:
    """Merge event files of one card: chunks of a run, or runs with different seeds."""
    from darkbeam.events.merge import merge_files  # slow to import

    done = merge_files(files, output, force=force)
    if json:
        echo_json({
            "file": str(output), "written": done.events, "expected_events": done.expected,
            "expected_error": done.expected_error, "seeds": [run.seed for run in done.runs],
            "missing_chunks": done.missing,
        })  # fmt: skip
        return
    typer.echo(f"{output}: {done.events} events, {done.expected:.4g} +- {done.expected_error:.2g} expected")
    if done.missing:
        planned = sum(run.planned for run in done.runs)
        typer.echo(
            f"note: {done.missing} of {planned} planned chunks are missing; weights are those of the whole run"
        )
