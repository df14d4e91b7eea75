"""Comparisons of millicharged particles as text: tables for the terminal, CSV, HTML and JSON."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

import darkbeam
from darkbeam.report import Page
from darkbeam.validation.millicharged import AIM
from darkbeam.validation.tables import span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.validation.millicharged import McpComparison, McpRun

__all__ = ["mcp_detail_table", "mcp_json", "mcp_summary_table", "mcp_to_csv", "mcp_to_html"]


def _verdict(run: McpRun) -> str:
    inside = run.within()
    return "yes" if inside and all(inside) else f"{sum(inside)} of {len(inside)}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "none"


def mcp_summary_table(comparisons: Sequence[McpComparison]) -> tuple[list[str], list[list[str]]]:
    """One row for each curve and convention: masses, ratios, the worst one, agreement."""
    columns = ["curve", "convention", "masses [GeV]", "lower edge", "worst", f"within {AIM:g}"]
    rows = []
    for c in comparisons:
        known = [m for m, p in zip(c.case.masses, c.published, strict=True) if np.isfinite(p)]
        masses = f"{known[0]:g}-{known[-1]:g}" if known else "none"
        rows += [
            [c.case.name, run.convention.name, masses, span(run.ratios), _ratio(run.worst), _verdict(run)]
            for run in c.runs
        ]
    return columns, rows


def mcp_detail_table(comparison: McpComparison) -> tuple[list[str], list[list[str]]]:
    """One row for each mass: published edge, ratio of every convention, missing events and source of the last."""
    names = [run.convention.name for run in comparison.runs]
    columns = ["m [GeV]", "published", *names, "events needed", "largest source"]
    last = comparison.runs[-1]
    rows = []
    for k, (mass, edge) in enumerate(zip(comparison.case.masses, comparison.published, strict=True)):
        ratios = [_ratio(run.ratios[k]) for run in comparison.runs]
        source, share = last.leading[k]
        rows.append([f"{mass:g}", f"{edge:.2e}", *ratios, f"{last.needed[k]:.2g}", f"{source} {share:.0%}"])
    return columns, rows


def mcp_to_csv(comparisons: Sequence[McpComparison]) -> str:
    """Every number, one row for each curve, convention and mass."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["curve", "convention", "mass_GeV", "published", "lower", "ratio", "events_needed", "largest_source", "share"]
    )  # fmt: skip
    for c in comparisons:
        for run in c.runs:
            for k, mass in enumerate(c.case.masses):
                numbers = (c.published[k], run.lower[k], run.ratios[k], run.needed[k])
                cells = [f"{x:.5g}" if np.isfinite(x) else "" for x in numbers]
                source, share = run.leading[k]
                writer.writerow(
                    [c.case.name, run.convention.name, f"{mass:g}", *cells, source, f"{share:.3f}"]
                )
    return text.getvalue()


def mcp_to_html(comparisons: Sequence[McpComparison], failures: Sequence[tuple[str, str]]) -> str:
    """Report with the summary, every table, the conventions and the reason for each difference."""
    page = Page(
        f"darkbeam {darkbeam.__version__}: millicharged particles, comparison with published contours"
    )
    page.text(
        "Ratios of the lower edge in epsilon, darkbeam divided by the published curve: above 1 darkbeam sees less. "
        f"Nothing was fitted. Aim: within a factor {AIM:g}. 'Events needed' is the factor in events that would bring "
        "our edge onto the published one."
    )
    columns, rows = mcp_summary_table(comparisons)
    marks = [
        [*[""] * (len(columns) - 1), "good" if all(run.within()) else "bad"]
        for c in comparisons
        for run in c.runs
    ]
    page.table(columns, rows, marks)
    for name, problem in failures:
        page.heading(name).text(f"not compared: {problem}")
    for c in comparisons:
        page.heading(c.case.name).text(f"{c.case.file}, run with {c.case.experiment}: {c.case.reason}.")
        for run in c.runs:
            page.text(f"{run.convention.name}: {run.convention.words}.")
        page.table(*mcp_detail_table(c))
    return page.html()


def mcp_json(comparisons: Sequence[McpComparison], failures: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Every ratio; null where one of the two curves has no region."""

    def plain(x: float) -> float | None:
        return x if np.isfinite(x) else None

    return {
        "comparisons": [
            {
                "name": c.case.name, "file": c.case.file, "experiment": c.case.experiment, "reason": c.case.reason,
                "masses_GeV": list(c.case.masses), "published": [plain(p) for p in c.published],
                "conventions": {
                    run.convention.name: {
                        "words": run.convention.words,
                        "ratio_lower": [plain(r) for r in run.ratios],
                        "events_needed": [plain(n) for n in run.needed],
                        "worst": plain(run.worst),
                        "within_aim": bool(run.within()) and all(run.within()),
                    }
                    for run in c.runs
                },
            }
            for c in comparisons
        ],
        "failures": [{"name": name, "problem": problem} for name, problem in failures],
    }  # fmt: skip
