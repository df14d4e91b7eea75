"""``darkbeam recast``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, progress_bar

__all__ = ["recast"]


def recast(
    limit: Annotated[
        Path, typer.Argument(help="CSV with m,epsilon or m,lower,upper (GeV).", metavar="LIMIT.csv")
    ],
    experiment: Annotated[str, typer.Option("--experiment", help="Who set the limit: name, or TOML card.")],
    to: Annotated[str, typer.Option("--to", help="Model to translate to: a name, or a card of charges.")],
    model: Annotated[str, typer.Option("--from", help="Model of the limit.")] = "dark-photon",
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    scheme: opt.Scheme = "default",
    pot: opt.Pot = None,
    lumi: opt.Lumi = None,
    seed: opt.Seed = 1,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="CSV file (default: darkbeam-out/recast/LIMIT_MODEL.csv)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    json: opt.Json = False,
) -> None:
    """Translate a published limit on one vector model to another through N(epsilon)."""
    from darkbeam.models import get_model  # slow to import
    from darkbeam.report.targets import check_new_file, write_text
    from darkbeam.sensitivity import recast as library
    from darkbeam.sensitivity.limits import read_limit
    from darkbeam.sensitivity.options import Options

    target = output or Path("darkbeam-out") / "recast" / f"{limit.stem}_{get_model(to).name}.csv"
    check_new_file(target, (".csv",), force=force)
    chosen = Options(
        sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
        nuclear=nuclear, overlap=overlap, preset=preset, scheme=scheme, variation="central", seed=seed,
    )  # fmt: skip
    with progress_bar(f"recast {limit.name}", "masses") as progress:
        result = library.recast(
            read_limit(limit), experiment, to, from_model=model, pot=pot, lumi_fb=lumi, options=chosen,
            workers=default_workers() if workers is None else workers, progress=progress,
        )  # fmt: skip
    write_text(target, result.to_csv())
    if json:
        echo_json(result.to_dict() | {"file": str(target)})
        return
    for note in result.notes():
        typer.echo(f"note: {note}")
    typer.echo(str(target))
