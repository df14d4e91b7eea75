"""``darkbeam decays`` and ``darkbeam plot decays``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json, echo_table
from darkbeam.errors import OutputError, ValueRangeError

if TYPE_CHECKING:
    from darkbeam.models import VectorModel

__all__ = ["app", "plot_decays"]

Model = Annotated[
    str, typer.Option("--model", help="dark-photon, B, B-L, B-3L_e, L_mu-L_tau, ... or a card FILE.toml.")
]
Scheme = Annotated[
    str, typer.Option("--scheme", help="Hadronic width: default, deliver or naive.", metavar="NAME")
]

app = typer.Typer(help="Widths, lifetimes and branching ratios; sampled decays.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def decays(
    context: typer.Context,
    mass: Annotated[float | None, typer.Option("--mass", help="Mass of the vector in GeV.")] = None,
    model: Model = "dark-photon",
    scheme: Scheme = "default",
    epsilon: Annotated[float, typer.Option("--epsilon", help="Coupling; g = epsilon e.")] = 1.0,
    variation: Annotated[
        str, typer.Option("--variation", help="central, width-low, width-high, width-1.6-2.0-low, ...")
    ] = "central",
    json: opt.Json = False,
) -> None:
    """Width, lifetime and branching ratios of a vector."""
    if context.invoked_subcommand is not None:
        return
    if mass is None:
        raise ValueRangeError("give --mass M (GeV), or a subcommand (see darkbeam decays --help)")
    from darkbeam.models import decays_json, get_model  # slow to import

    chosen = get_model(model).with_scheme(scheme).with_variation(variation)
    if json:
        echo_json(decays_json(mass, chosen, epsilon))
    else:
        _report(mass, chosen, epsilon)


def _report(mass: float, model: VectorModel, epsilon: float) -> None:
    from darkbeam.models.families import group_by_family  # needs NumPy

    width, ctau = float(model.width(mass, epsilon)), float(model.ctau(mass, epsilon))
    typer.echo(
        f"{model.name}, m = {mass:g} GeV: width {width:.5g} GeV, c tau {ctau:.5g} m at epsilon = {epsilon:g}\n"
    )
    open_ = {name: float(b) for name, b in model.branching(mass, epsilon).items() if b > 0.0}
    rows = []
    for family, members in sorted(group_by_family(open_).items(), key=lambda item: -sum(item[1].values())):
        if len(members) > 1:
            rows.append([family, f"{sum(members.values()):.4g}"])
        indent = "  " if len(members) > 1 else ""
        ordered = sorted(members.items(), key=lambda item: -item[1])
        rows += [[f"{indent}{name}", f"{b:.4g}"] for name, b in ordered]
    echo_table(["decay", "branching ratio"], rows)


def plot_decays(
    model: Model = "dark-photon",
    masses: Annotated[str, typer.Option("--masses", help="LO:HI:N in GeV.")] = "0.2:10:1500",
    scheme: Scheme = "default",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="PNG or PDF file.")] = None,
) -> None:
    """Branching ratios by family and lifetime against mass, with the band of the hadronic width."""
    from darkbeam.models import get_model  # slow to import
    from darkbeam.plotting.decays import decay_masses, draw_decays
    from darkbeam.plotting.style import save_figure
    from darkbeam.sensitivity.masses import parse_masses

    chosen = get_model(model).with_scheme(scheme)
    target = output or Path("darkbeam-out") / "decays" / f"{chosen.name}.png"
    if target.suffix.lower() not in (".png", ".pdf"):
        raise ValueRangeError(f"-o {target}: the figure is written as .png and .pdf")
    grid = decay_masses(chosen, *parse_masses(masses))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {target.parent}: {error.strerror}") from error
    for path in save_figure(lambda: draw_decays(chosen, grid), target.parent, target.stem):
        typer.echo(str(path))
