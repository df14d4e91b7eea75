"""``darkbeam reach --model millicharged`` and ``darkbeam reach all-mcp``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from darkbeam.sensitivity.result import Reach

__all__ = ["DEFAULT_MASSES", "is_millicharged", "reach_mcp"]

DEFAULT_MASSES = "0.01:50:40"
MILLICHARGED, ALL = "millicharged", "all-mcp"


def is_millicharged(experiments: Sequence[str], model: str) -> bool:
    """Whether millicharged particles are asked for, by model or by the group of their experiments."""
    if model not in (MILLICHARGED, "dark-photon") and ALL in experiments:
        raise ValueRangeError(f"{ALL} is a group of searches for millicharged particles, not for {model}")
    return model == MILLICHARGED or ALL in experiments


def reach_mcp(
    experiments: Sequence[str],
    choices: Mapping[str, Any],
    masses: str | None,
    output: Path | None,
    refused: Mapping[str, bool],
    run: Mapping[str, Any],
    *,
    json: bool,
    report: bool = False,
) -> None:
    """Compute and print the reach for millicharged particles.

    Parameters
    ----------
    experiments : sequence of str
        Names, cards, or ``all-mcp``.
    choices : mapping
        Fields of `darkbeam.millicharged.reach.McpOptions`.
    masses : str or None
        LO:HI:N in GeV.
    output : Path or None
    refused : mapping of str to bool
        Options that have no meaning here, and whether they were given.
    run : mapping
        Further arguments of `darkbeam.millicharged.files.reach_mcp_to_files`.
    json, report : bool
        Print JSON; write ``report.html`` beside each result.
    """
    from darkbeam.millicharged.files import (
        check_mcp_target,
        expand_mcp_names,
        reach_mcp_to_files,
        summary_mcp_to_files,
    )
    from darkbeam.millicharged.reach import McpOptions
    from darkbeam.sensitivity.masses import parse_masses

    if given := [name for name, is_given in refused.items() if is_given]:
        raise ValueRangeError(f"{', '.join(given)}: not for millicharged particles")
    start = time.perf_counter()
    options = McpOptions(**choices, masses=parse_masses(masses or DEFAULT_MASSES))
    names = expand_mcp_names(experiments)
    base = output or Path("darkbeam-out")
    results: list[Reach] = []
    written: list[Path] = []
    folders = {n: output if len(names) == 1 else base / f"{Path(n).stem}-millicharged" for n in names}
    changes = {k: run.get(k) for k in ("pot", "lumi_fb", "events")}
    for name, folder in folders.items():
        check_mcp_target(name, folder, options, force=bool(run.get("force")), **changes)
    for name, folder in folders.items():
        with progress_bar(f"reach {name}", "masses") as progress:
            saved = reach_mcp_to_files(
                name, folder, options, progress=progress, **{"workers": default_workers(), **run}
            )
        results.append(saved.result)
        written += saved.written
        if report:
            from darkbeam.report.reach_report import write_report  # slow to import

            written.append(write_report(saved.result, saved.written[0].parent, force=True))
    if len(names) > 1:
        stem = ALL if ALL in experiments else "summary-millicharged"
        written = summary_mcp_to_files(base, stem, results)
    if json:
        echo_json(results[0].to_dict() if len(names) == 1 else {"results": [r.to_dict() for r in results]})
        return
    _print(results)
    typer.echo(", ".join(str(p) for p in written))
    typer.echo(f"{time.perf_counter() - start:.1f} s in all")


def _print(results: Sequence[Reach]) -> None:
    """One line for each experiment; for a single one also its edges and notes."""
    rows = []
    for r in results:
        lower = [row[1] for island in r.islands for row in island]
        tip = "no region" if r.max_mass_GeV is None else f"{r.max_mass_GeV:.4g}"
        rows.append([r.experiment, tip, f"{min(lower):.2e}" if lower else "-", f"{r.threshold:g}"])
    echo_table(["millicharged", "largest mass [GeV]", "least charge", "events"], rows)
    if len(results) == 1:
        r = results[0]
        inside = [k for k in range(len(r.masses_GeV)) if r.epsilon_lower[k] == r.epsilon_lower[k]]
        shown = inside[:: max(len(inside) // 7, 1)]
        cells = [
            [f"{r.masses_GeV[k]:.4g}", f"{r.epsilon_lower[k]:.3e}", f"{100 * r.error_lower[k]:.1f}",
             f"{r.epsilon_upper[k]:.3e}"]
            for k in shown
        ]  # fmt: skip
        echo_table(["mass [GeV]", "lower charge", "+-%", "upper charge"], cells)
    for r in results:
        for note in r.notes:
            typer.echo(f"note: {r.experiment}: {note}")
