"""``darkbeam validate``."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.cli.options import DARK_PHOTON, MILLICHARGED
from darkbeam.errors import ComparisonError, OutputError, UnknownNameError
from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.validation import Comparison

__all__ = ["validate"]


def validate(
    reference: Annotated[
        Path,
        typer.Option("--reference", help="Folder of published contours (dp_past/, dp_darkcast/, mcp/, ...)."),
    ],
    only: Annotated[
        list[str] | None,
        typer.Argument(help="Words; only curves whose name has one of them.", metavar="[WORD]..."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="dark-photon, or millicharged: the lower edge of its curves.")
    ] = DARK_PHOTON,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the reports.")] = Path(
        "darkbeam-out/validate"
    ),
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    json: opt.Json = False,
) -> None:
    """Compare contours with published ones: ratios of both edges, mass tips, reasons; writes HTML and CSV."""
    if model not in (DARK_PHOTON, MILLICHARGED):
        raise UnknownNameError("model with published curves", model, (DARK_PHOTON, MILLICHARGED))
    if not reference.is_dir():
        raise OutputError(f"{reference} is not a folder; --reference takes the folder of published contours")
    count = default_workers() if workers is None else workers
    run = _millicharged if model == MILLICHARGED else _dark_photon
    report = run(only or (), reference, count)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in report.texts.items():
        with atomic_path(output / name) as part:
            part.write_text(text, encoding="utf-8")
    if json:
        echo_json(report.data)
    else:
        columns, rows = report.summary
        if rows:
            echo_table(columns, rows)
        for name, reason in report.reasons:
            typer.echo(f"{name}: {reason}")
        typer.echo(", ".join(str(output / name) for name in report.texts))
    if report.failures:
        total = len(report.failures) + len(report.reasons)
        name, problem = report.failures[0]
        raise ComparisonError(f"{len(report.failures)} of {total} not compared: {name}: {problem}")


@dataclass(frozen=True)
class _Report:
    """What is written and shown: files by name, the summary, reasons and failures by curve, all of it as JSON."""

    texts: dict[str, str]
    summary: tuple[list[str], list[list[str]]]
    reasons: list[tuple[str, str]]
    failures: list[tuple[str, str]]
    data: dict[str, object]


def _dark_photon(words: Sequence[str], reference: Path, workers: int) -> _Report:
    from darkbeam.validation.run import run_cases, select_cases
    from darkbeam.validation.tables import summary_table, to_csv, to_html

    cases = select_cases(words)
    with progress_bar("validate", "curves") as progress:
        done, failures = run_cases(cases, reference, workers, progress)
    texts = {"validate.csv": to_csv(done), "validate.html": to_html(done, failures)}
    reasons = [(c.case.name, c.case.reason) for c in done]
    return _Report(texts, summary_table(done), reasons, failures, _json(done, failures))


def _millicharged(words: Sequence[str], reference: Path, workers: int) -> _Report:
    from darkbeam.validation import millicharged_tables as tables
    from darkbeam.validation.run import run_mcp_cases, select_mcp_cases

    cases = select_mcp_cases(words)
    with progress_bar("validate", "curves") as progress:
        done, failures = run_mcp_cases(cases, reference, workers, progress)
    texts = {
        "validate-millicharged.csv": tables.mcp_to_csv(done),
        "validate-millicharged.html": tables.mcp_to_html(done, failures),
    }
    reasons = [(c.case.name, c.case.reason) for c in done]
    return _Report(texts, tables.mcp_summary_table(done), reasons, failures, tables.mcp_json(done, failures))


def _json(done: list[Comparison], failures: list[tuple[str, str]]) -> dict[str, object]:
    """Every ratio; null where one of the two curves has no region."""

    def plain(x: float | None) -> float | None:
        return x if x is not None and isfinite(x) else None

    return {
        "comparisons": [
            {
                "name": c.case.name, "file": c.case.file, "experiment": c.case.experiment,
                "masses_GeV": list(c.case.masses), "published_tip_GeV": c.published_tip, "reason": c.case.reason,
                "runs": {
                    run.name: {
                        "ratio_lower": [plain(r[0]) for r in run.ratios],
                        "ratio_upper": [plain(r[1]) for r in run.ratios],
                        "tip_GeV": plain(run.tip),
                        "within_aims": dict(zip(("lower", "upper", "tip"), c.agrees(run), strict=True)),
                    }
                    for run in c.runs
                },
            }
            for c in done
        ],
        "failures": [{"name": name, "problem": problem} for name, problem in failures],
    }  # fmt: skip
