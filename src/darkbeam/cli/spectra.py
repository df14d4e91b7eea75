"""``darkbeam spectra``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar

if TYPE_CHECKING:
    from darkbeam.spectra import Spectra
    from darkbeam.spectra.mixing import MixingSpectra

__all__ = ["app"]

app = typer.Typer(help="Meson spectra per inelastic collision.", no_args_is_help=True)
Facility = Annotated[
    str, typer.Argument(help="SPS, Fermilab, Serpukhov, LHC or LHC_13p6.", metavar="FACILITY")
]


@app.command("list")
def list_spectra(json: opt.Json = False) -> None:
    """Multiplicities of the shipped spectra."""
    from darkbeam.spectra import FACILITIES, summary  # slow to import

    found = {name: summary(name) for name in FACILITIES}
    if json:
        echo_json(found)
        return
    species = list(next(iter(found.values()))["species"])
    rows = [
        [name, f"{s['n_events']:.3g}", f"{s['sigma_gen_mb']:.2f}"]
        + [f"{s['species'][p]['multiplicity']:.4g}" for p in species]
        for name, s in found.items()
    ]
    echo_table(["per inelastic collision", "events", "sigma [mb]", *species], rows)


@app.command()
def show(facility: Facility, json: opt.Json = False) -> None:
    """Moments, settings, seeds and version of one table."""
    from darkbeam.spectra import summary  # slow to import

    data = summary(facility)
    if json:
        echo_json(data)
        return
    typer.echo(f"{data['facility']}: {data['description']}")
    seeds = data["seeds"]
    typer.echo(f"{data['generator']}, {data['n_events']} collisions, seeds {seeds[0]}..{seeds[-1]}")
    typer.echo(f"sigma = {data['sigma_gen_mb']:.3f} mb\n")
    rows = [
        [
            name,
            *[
                f"{row[key]:.4g}"
                for key in ("multiplicity", "multiplicity_error", "mean_p_GeV", "mean_pT_GeV")
            ],
        ]
        for name, row in data["species"].items()
    ]
    echo_table(["species", "multiplicity", "+-", "<p> [GeV]", "<pT> [GeV]"], rows)
    typer.echo("\nsettings:")
    for setting in data["settings"]:
        typer.echo(f"  {setting}")


@app.command()
def make(
    facility: Facility,
    events: Annotated[int, typer.Option("--events", help="Inelastic collisions.")] = 200_000,
    seed: opt.Seed = 1,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder.")] = Path("darkbeam-out/spectra"),
    mixing: Annotated[
        bool, typer.Option("--mixing", help="Vector mesons of any mass instead, for the source `mixing`.")
    ] = False,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="Hadronic cascade in an absorber instead; events are protons.")
    ] = False,
    isr: Annotated[
        bool, typer.Option("--isr/--no-isr", help="Initial-state radiation (with --mixing).")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Make a table with Pythia 8 (needs the extra `pythia`)."""
    from darkbeam.spectra.cascade_make import make_cascade  # slow to import
    from darkbeam.spectra.make import make_spectra
    from darkbeam.spectra.mixing_make import make_mixing

    count = default_workers() if workers is None else workers
    made: MixingSpectra | Spectra
    with progress_bar(f"spectra {facility}", "events") as progress:
        if cascade:
            made = make_cascade(facility, events, seed, count, progress, output, force)
        elif mixing:
            made = make_mixing(facility, events, seed, count, progress, output, force, isr=isr)
        else:
            made = make_spectra(facility, events, seed, count, progress, output, force)
    typer.echo(f"{output / made.facility.name}.npz")
