"""Comparisons as text: tables for the terminal, CSV and HTML."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

import darkbeam
from darkbeam.report import Page
from darkbeam.validation.compare import AIMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.validation.compare import Comparison, Run

__all__ = ["detail_table", "span", "summary_table", "to_csv", "to_html"]

_SIDES = ("lower", "upper")


def span(values: Sequence[float]) -> str:
    """Smallest and largest of the ratios that exist."""
    finite = [v for v in values if np.isfinite(v)]
    return f"{min(finite):.2f}-{max(finite):.2f}" if finite else "none"


def _tip(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def summary_table(comparisons: Sequence[Comparison]) -> tuple[list[str], list[list[str]]]:
    """One row for each curve and way of running: spans of the ratios of epsilon, mass tips, agreement."""
    columns = ["curve", "run", "lower edge", "upper edge", "tip [GeV]", "published", "within aims"]
    rows = []
    for c in comparisons:
        for run in c.runs:
            edges = [span([r[k] for r in run.ratios]) for k in (0, 1)]
            good = ["yes" if ok else "no" for ok in c.agrees(run)]
            rows.append(
                [c.case.name, run.name, *edges, _tip(run.tip), f"{c.published_tip:.3g}", ", ".join(good)]
            )
    return columns, rows


def detail_table(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """One row for each mass: published edge, ratios of both edges for each run, factors in events of the last."""
    names = [f"{side}, {run.name}" for run in comparison.runs for side in _SIDES]
    columns = ["m [GeV]", "published lower", *names, "events, lower", "events, upper"]
    rows = []
    for k, (mass, edges) in enumerate(zip(comparison.case.masses, comparison.published, strict=True)):
        ratios = [f"{r:.2f}" for run in comparison.runs for r in run.ratios[k]]
        factors = [f"{f:.2g}" for f in comparison.runs[-1].events[k]]
        rows.append([f"{mass:g}", f"{edges[0]:.2e}", *ratios, *factors])
    return columns, rows


def to_csv(comparisons: Sequence[Comparison]) -> str:
    """Every number, one row for each curve, run and mass."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["curve", "run", "mass_GeV", "published_lower", "published_upper", "ratio_lower", "ratio_upper",
         "events_lower", "events_upper", "tip_GeV", "published_tip_GeV"]
    )  # fmt: skip
    for c in comparisons:
        for run in c.runs:
            for k, mass in enumerate(c.case.masses):
                numbers = (*c.published[k], *run.ratios[k], *run.events[k])
                cells = [f"{x:.5g}" if np.isfinite(x) else "" for x in numbers]
                tip = "" if run.tip is None else f"{run.tip:.5g}"
                writer.writerow([c.case.name, run.name, f"{mass:g}", *cells, tip, f"{c.published_tip:.5g}"])
    return text.getvalue()


def to_html(comparisons: Sequence[Comparison], failures: Sequence[tuple[str, str]]) -> str:
    """Report with the summary, every table and the reason for each difference."""
    page = Page(f"darkbeam {darkbeam.__version__}: comparison with published contours")
    page.text(
        "Ratios of epsilon, darkbeam divided by the published curve. 'card' is the shipped experiment card, 'source' "
        "the conventions of the source as far as they are public. Nothing was fitted. Aims: lower edge within "
        f"{AIMS[0]:.0%}, upper edge within {AIMS[1]:.0%}, mass tip within {AIMS[2]:.0%}."
    )
    columns, rows = summary_table(comparisons)
    marks = [_marks(c, run, len(columns)) for c in comparisons for run in c.runs]
    page.table(columns, rows, marks)
    for name, problem in failures:
        page.heading(name).text(f"not compared: {problem}")
    for c in comparisons:
        page.heading(c.case.name).text(f"{c.case.file}, run with {c.case.experiment}: {c.case.reason}.")
        page.table(*detail_table(c))
    return page.html()


def _marks(comparison: Comparison, run: Run, columns: int) -> list[str]:
    """Colours of the cells of one row of the summary."""
    lower, upper, tip = ("good" if ok else "bad" for ok in comparison.agrees(run))
    return ["", "", lower, upper, tip, *[""] * (columns - 5)]
