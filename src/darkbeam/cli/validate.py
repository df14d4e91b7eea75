"""``darkbeam validate``."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.errors import ComparisonError, OutputError
from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from darkbeam.validation import Comparison

__all__ = ["validate"]


def validate(
    reference: Annotated[
        Path, typer.Option("--reference", help="Folder of published contours (dp_past/, dp_darkcast/, ...).")
    ],
    only: Annotated[
        list[str] | None,
        typer.Argument(help="Words; only curves whose name has one of them.", metavar="[WORD]..."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the reports.")] = Path(
        "darkbeam-out/validate"
    ),
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    json: opt.Json = False,
) -> None:
    """Compare contours with published ones: ratios of both edges, mass tips, reasons; writes HTML and CSV."""
    from darkbeam.validation.run import run_cases, select_cases
    from darkbeam.validation.tables import summary_table, to_csv, to_html

    cases = select_cases(only or ())
    if not reference.is_dir():
        raise OutputError(f"{reference} is not a folder; --reference takes the folder of published contours")
    count = default_workers() if workers is None else workers
    with progress_bar("validate", "curves") as progress:
        done, failures = run_cases(cases, reference, count, progress)
    output.mkdir(parents=True, exist_ok=True)
    texts = {"validate.csv": to_csv(done), "validate.html": to_html(done, failures)}
    for name, text in texts.items():
        with atomic_path(output / name) as part:
            part.write_text(text, encoding="utf-8")
    if json:
        echo_json(_json(done, failures))
    else:
        columns, rows = summary_table(done)
        if rows:
            echo_table(columns, rows)
        for c in done:
            typer.echo(f"{c.case.name}: {c.case.reason}")
        typer.echo(", ".join(str(output / name) for name in texts))
    if failures:
        raise ComparisonError(
            f"{len(failures)} of {len(cases)} not compared: {failures[0][0]}: {failures[0][1]}"
        )


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
