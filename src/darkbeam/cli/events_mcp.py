"""``darkbeam events --model millicharged``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.cli.reach_pairs import refuse
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from darkbeam.events.settings import EventSettings

__all__ = ["events_mcp"]

WORTH_PROCESSES = 256
"""Chunks from which on several processes are started unless the number is given: each makes the photons again."""


def events_mcp(
    experiment: str,
    masses: Sequence[float],
    epsilons: Sequence[float] | None,
    output: Path,
    settings: EventSettings,
    choices: Mapping[str, Any],
    refused: Mapping[str, bool],
    run: Mapping[str, Any],
    how: Mapping[str, Any] | None = None,
    *,
    force: bool,
    json: bool,
) -> None:
    """Write events of millicharged particles and print the totals.

    Parameters
    ----------
    experiment : str
        Name or card.
    masses, epsilons : sequence of float
        GeV; charges.
    output : Path
    settings : EventSettings
    choices : mapping
        Fields of `darkbeam.millicharged.reach.McpOptions`.
    refused : mapping of str to bool
        Options that have no meaning here, and whether they were given.
    run : mapping
        Exposure: ``pot``, ``lumi_fb``.
    how : mapping, optional
        Execution, as for `darkbeam.events.chunks.write_events`: ``chunks``, ``workers`` (None: as many as make sense),
        ``scheduler``, ``resume``.
    force, json : bool
    """
    from darkbeam.events.chunks import check_output, write_events  # slow to import
    from darkbeam.millicharged.events import McpEventRun
    from darkbeam.millicharged.reach import McpOptions

    refuse(refused, "millicharged particles")
    if epsilons is None:
        raise ValueRangeError("events of millicharged particles need --epsilon")
    start = time.perf_counter()
    how = {"workers": None, **(how or {})}
    check_output(output, resume=bool(how.get("resume")), force=force)
    planned = McpEventRun.plan(experiment, masses, epsilons, settings, McpOptions(**choices), **run)
    if how["workers"] is None:
        how["workers"] = default_workers() if planned.n_chunks >= WORTH_PROCESSES else 1
    with progress_bar("events", "events") as progress:
        written = write_events(planned, output, force=force, progress=progress, **how)
    summary = {"file": str(output), **planned.summary(written, time.perf_counter() - start)}
    if json:
        echo_json(summary)
        return
    header = [
        "mass [GeV]", "epsilon", "pairs made", "crossings", "mean P", "detections", "sum of weights",
        "eff. crossings",
    ]  # fmt: skip
    rows = [
        [
            f"{t['mass_GeV']:g}", f"{t['epsilon']:g}", f"{t['produced']:.4g}",
            f"{t['crossings']:.4g} +- {t['crossings_error']:.2g}", f"{t['mean_probability']:.3g}",
            f"{t['detections']:.4g} +- {t['detections_error']:.2g}",
            f"{t['expected_events']:.4g}", f"{t['effective_crossings']:.0f}",
        ]
        for t in summary["points"]
    ]  # fmt: skip
    echo_table(header, rows)
    for note in summary["notes"]:
        typer.echo(f"note: {note}")
    typer.echo(f"{output}: {written} events in {summary['seconds']:.1f} s")
