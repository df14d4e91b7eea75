"""``darkbeam reach``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar

if TYPE_CHECKING:
    from darkbeam.sensitivity.result import Reach

__all__ = ["reach"]

SHOWN = 8
"""Masses in the printed table."""


def reach(
    experiments: Annotated[list[str], typer.Argument(help="Names, or TOML cards.", metavar="EXPERIMENT...")],
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    model: opt.Model = "dark-photon",
    scheme: opt.Scheme = "default",
    variation: Annotated[
        str, typer.Option("--variation", help="band, central, lower, upper or a name.")
    ] = "band",
    masses: Annotated[str, typer.Option("--masses", help="LO:HI:N in GeV.")] = "0.01:3:60",
    refine: Annotated[
        bool, typer.Option("--refine/--no-refine", help="Add masses at thresholds, resonances and tips.")
    ] = True,
    pot: opt.Pot = None,
    lumi: opt.Lumi = None,
    events: Annotated[float | None, typer.Option("--events", help="Events that make the contour.")] = None,
    precision: Annotated[
        float, typer.Option("--precision", help="Relative error of epsilon on the lower edge to aim at.")
    ] = 0.004,
    seed: opt.Seed = 1,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: darkbeam-out/NAME.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another card's results.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Compute even if the result is known.")
    ] = False,
    json: opt.Json = False,
) -> None:
    """Couplings that an experiment would exclude, against the mass: table, CSV, JSON and figure."""
    # imported here so that other commands and --help do not pay for it
    from darkbeam.sensitivity.files import reach_to_files
    from darkbeam.sensitivity.masses import parse_masses
    from darkbeam.sensitivity.options import Options

    chosen = Options(
        sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
        nuclear=nuclear, overlap=overlap, preset=preset, model=model, scheme=scheme, variation=variation,
        masses=parse_masses(masses), refine=refine, precision=precision, seed=seed,
    )  # fmt: skip
    for name in experiments:
        start = time.perf_counter()
        folder = output if output is None or len(experiments) == 1 else output / Path(name).stem
        with progress_bar(f"reach {name}", "masses") as progress:
            result, written, cached = reach_to_files(
                name, folder, chosen, pot=pot, lumi_fb=lumi, events=events, force=force, cache=not no_cache,
                workers=default_workers() if workers is None else workers, progress=progress,
            )  # fmt: skip
        if json:
            echo_json(result.to_dict())
        else:
            _report(result, written, time.perf_counter() - start, cached=cached)


def _report(result: Reach, written: list[Path], seconds: float, *, cached: bool) -> None:
    """Print the short table."""
    tip = "no region" if result.max_mass_GeV is None else f"mass tip {result.max_mass_GeV:.4g} GeV"
    typer.echo(f"{result.experiment}: {tip}, contour at {result.threshold:g} events")
    tips = {n: b.max_mass_GeV for n, b in result.band.items() if n in ("lower", "upper")}
    if tips:
        text = ", ".join(f"{n} {'no region' if m is None else f'{m:.4g} GeV'}" for n, m in tips.items())
        typer.echo(f"bremsstrahlung band, mass tip: {text}")
    inside = [k for k in range(len(result.masses_GeV)) if result.epsilon_lower[k] == result.epsilon_lower[k]]
    rows = [
        [
            f"{result.masses_GeV[k]:.4g}",
            f"{result.epsilon_lower[k]:.3e}", f"{100 * result.error_lower[k]:.2f}",
            f"{result.epsilon_upper[k]:.3e}", f"{100 * result.error_upper[k]:.2f}",
            f"{result.peak_events[k]:.3g}",
        ]
        for k in inside[:: max(len(inside) // (SHOWN - 1), 1)]
    ]  # fmt: skip
    if rows:
        echo_table(["mass [GeV]", "lower eps", "+-%", "upper eps", "+-%", "peak events"], rows)
    for note in result.notes:
        typer.echo(f"note: {note}")
    where = "from the cache" if cached else f"computed in {result.seconds:.1f} s"
    typer.echo(f"{', '.join(str(p) for p in written)}")
    typer.echo(f"{where}, {seconds:.1f} s in all")
