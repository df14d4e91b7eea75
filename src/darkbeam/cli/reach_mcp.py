"""``darkbeam reach --model millicharged`` and ``darkbeam reach all-mcp``."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.cli.console import echo_table
from darkbeam.cli.reach_pairs import compute_each, echo_notes, echo_results, folders_of, refuse
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from darkbeam.millicharged.files import Saved
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

    refuse(refused, "millicharged particles")
    start = time.perf_counter()
    options = McpOptions(**choices, masses=parse_masses(masses or DEFAULT_MASSES))
    folders = folders_of(expand_mcp_names(experiments), output, MILLICHARGED)
    changes = {k: run.get(k) for k in ("pot", "lumi_fb", "events")}
    for name, folder in folders.items():
        check_mcp_target(name, folder, options, force=bool(run.get("force")), **changes)
    compute = partial(reach_mcp_to_files, options=options)
    results, written = compute_each(folders, _with_report(compute) if report else compute, run)
    if len(folders) > 1:
        stem = ALL if ALL in experiments else "summary-millicharged"
        written = summary_mcp_to_files(output or Path("darkbeam-out"), stem, results)
    echo_results(results, written, start, _print, json=json)


def _with_report(compute: Callable[..., Saved[Reach]]) -> Callable[..., Saved[Reach]]:
    """The same calculation, with ``report.html`` beside its files."""
    from darkbeam.report.reach_report import write_report  # slow to import

    def computed(*args: Any, **kwargs: Any) -> Saved[Reach]:
        saved = compute(*args, **kwargs)
        page = write_report(saved.result, saved.written[0].parent, force=True)
        return saved._replace(written=[*saved.written, page])

    return computed


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
        echo_notes(r)
