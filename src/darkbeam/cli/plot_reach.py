"""``darkbeam plot reach``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt

__all__ = ["plot_reach"]

ENDINGS = (".png", ".pdf")


def plot_reach(
    files: Annotated[
        list[Path],
        typer.Argument(help="contour.json files, or the folders that hold them.", metavar="FILE..."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="PNG or PDF file.")] = Path(
        "darkbeam-out/overlay.png"
    ),
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels", help="Comma-separated names: of the contours, then of the bounds.", metavar="LIST"
        ),
    ] = None,
    bounds: Annotated[
        list[Path] | None,
        typer.Option(
            "--bounds", help="CSV with m,epsilon or m,lower,upper (GeV); repeat for several.", metavar="CSV"
        ),
    ] = None,
    band: Annotated[
        bool, typer.Option("--band", help="Shade the bremsstrahlung band of each contour.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Overlay saved contours and published bounds in one figure; nothing is computed."""
    from darkbeam.errors import OutputError  # slow to import
    from darkbeam.plotting.overlay import draw_overlay
    from darkbeam.plotting.report_figures import save_one
    from darkbeam.report.targets import check_new_file
    from darkbeam.sensitivity.limits import read_limit
    from darkbeam.sensitivity.result import Reach

    check_new_file(output, ENDINGS, force=force)
    paths = [f / "contour.json" if f.is_dir() else f for f in files]
    for path in paths:
        if path.suffix != ".json":
            raise OutputError(f"{path} is not a contour.json; published bounds go to --bounds")
    contours = [Reach.load(path) for path in paths]
    limits = [read_limit(path) for path in bounds or ()]
    names = opt.split_names(labels)
    typer.echo(str(save_one(lambda: draw_overlay(contours, limits, names, band=band), output)))
