"""``darkbeam rate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json, echo_table

if TYPE_CHECKING:
    from darkbeam.sensitivity.single import Rate, SourceRate

__all__ = ["rate"]


def rate(
    experiment: Annotated[str, typer.Argument(help="Name, or TOML card.", metavar="EXPERIMENT")],
    mass: opt.Mass,
    epsilon: Annotated[float, typer.Option("--epsilon", help="Kinetic mixing.")],
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    model: opt.VectorModel = "dark-photon",
    scheme: opt.Scheme = "default",
    variation: Annotated[
        str, typer.Option("--variation", help="central, lower, upper or a name.")
    ] = "central",
    hadrons: opt.Hadrons = None,
    smearing: opt.Smearing = False,
    pot: opt.Pot = None,
    lumi: opt.Lumi = None,
    seed: opt.Seed = 1,
    json: opt.Json = False,
) -> None:
    """Expected events at one mass and coupling, by channel, with the cut flow."""
    from darkbeam.sensitivity.options import Options  # slow to import
    from darkbeam.sensitivity.single import rate as compute

    chosen = Options(
        sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
        nuclear=nuclear, overlap=overlap, preset=preset, model=model, scheme=scheme, variation=variation,
        hadrons=tuple(hadrons or ()), smearing=smearing, seed=seed,
    )  # fmt: skip
    result = compute(experiment, mass, epsilon, pot=pot, lumi_fb=lumi, options=chosen)
    if json:
        echo_json(result.to_dict())
    else:
        _report(result)


def _events(source: SourceRate) -> str:
    """Events of a source, or that they are too few to compute."""
    return "below range" if source.below_range else f"{source.events:.4g}"


def _report(result: Rate) -> None:
    typer.echo(
        f"{result.experiment}: m = {result.mass_GeV:g} GeV, epsilon = {result.epsilon:g}, "
        f"c tau = {result.ctau_m:.4g} m: N = {result.events:.4g} +- {result.error:.2g} (statistical)"
    )
    names = list(result.by_source)
    typer.echo("")
    rows = [[n, _events(s), f"{s.error:.1g}", f"{s.n_effective:.0f}"] for n, s in result.by_source.items()]
    echo_table(["source", "events", "+-", "effective mothers"], rows)
    typer.echo("")
    rows = [[n, f"{x:.4g}"] for n, x in sorted(result.by_decay.items(), key=lambda item: -item[1])]
    echo_table(["decay", "events"], rows)
    typer.echo("")
    rows = []
    for step, total in result.cut_flow.items():
        rows.append(
            [step, f"{total:.4g}", *[f"{result.by_source[n].cut_flow.get(step, 0.0):.3g}" for n in names]]
        )
    echo_table(["dark photons left", "all", *names], rows)
    if len(result.variations) > 1:
        typer.echo("")
        echo_table(["variation", "events"], [[n, f"{x:.4g}"] for n, x in result.variations.items()])
