"""``darkbeam plot geometry``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.errors import MassRangeError, OutputError, ValueRangeError

__all__ = ["plot_geometry"]

_ENDINGS = (".png", ".pdf")


def plot_geometry(
    experiment: Annotated[str, typer.Argument(help="Name, or TOML card.", metavar="EXPERIMENT")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="PNG or PDF file (default: darkbeam-out/geometry/NAME.png)."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write an interactive page (extra 'html').")
    ] = None,
    mass: Annotated[float, typer.Option("--mass", help="Mass of the example event in GeV.")] = 0.5,
    event: Annotated[bool, typer.Option("--event/--no-event", help="Draw an example event.")] = True,
    model: opt.VectorModel = "dark-photon",
    seed: opt.Seed = 1,
) -> None:
    """Side, top and front views of an experiment with an example event."""
    from darkbeam.experiments import load_experiment  # slow to import
    from darkbeam.models import get_model
    from darkbeam.plotting.geometry import draw_geometry, save_geometry
    from darkbeam.plotting.geometry_scene import example_event, scene_of
    from darkbeam.rng import stream

    if not 0.0 < mass < float("inf"):
        raise MassRangeError(f"--mass needs a positive mass in GeV, not {mass:g}")
    found = load_experiment(experiment)
    target = output or Path("darkbeam-out") / "geometry" / f"{found.name}.png"
    if target.suffix not in _ENDINGS:
        raise ValueRangeError(f"-o {target} must end in {' or '.join(_ENDINGS)}")
    shown = example_event(found, get_model(model), mass, stream(seed, "geometry")) if event else None
    scene = scene_of(found, shown)
    for path in (target, *([html] if html else [])):
        _make_folder(path.parent)
    if html:  # first: it may ask for an extra
        from darkbeam.plotting.geometry_html import write_geometry_html

        write_geometry_html(scene, html)
    typer.echo(str(save_geometry(draw_geometry(scene), target)))
    if html:
        typer.echo(str(html))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {folder}: {error.strerror}") from error
