"""``darkbeam plot event`` and ``darkbeam plot events``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.errors import OutputError, ValueRangeError

__all__ = ["plot_event", "plot_events"]

ENDINGS = (".png", ".pdf")
File = Annotated[Path, typer.Argument(help="Events in Parquet, of darkbeam events.", metavar="FILE")]


def plot_event(
    file: File,
    number: Annotated[
        int | None, typer.Option("-n", "--number", help="Number of the event (default: the first).")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="PNG or PDF file (default: FILE_event.png).")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write an interactive page (extra 'html').")
    ] = None,
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="Instead of the experiment of the file.")
    ] = None,
) -> None:
    """Draw one event in its experiment: side, top and front views, and its momenta."""
    from darkbeam.plotting.event import draw_event, experiment_of, find_event  # slow to import
    from darkbeam.plotting.geometry import save_geometry

    target = _target(output, file, "event")
    event = find_event(file, number)
    chosen = experiment_of(event, experiment)
    if html is not None:  # first: it may ask for an extra
        from darkbeam.plotting.event_html import write_event_html

        _make_folder(html.parent)
        write_event_html(chosen, event, html)
    typer.echo(str(save_geometry(draw_event(chosen, event), target)))
    if html is not None:
        typer.echo(str(html))


def plot_events(
    file: File,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="PNG or PDF file (default: FILE_events.png).")
    ] = None,
) -> None:
    """Draw distributions: energy, angle, vertex, multiplicity, visible mass, shares of the channels."""
    from darkbeam.events.readers import iter_events  # slow to import
    from darkbeam.plotting.event_distributions import Distributions, draw_distributions
    from darkbeam.plotting.geometry import save_geometry

    target = _target(output, file, "events")
    data = Distributions.of(iter_events(file))
    figure = draw_distributions(data, file.stem)
    typer.echo(str(save_geometry(figure, target)))


def _target(output: Path | None, file: Path, what: str) -> Path:
    """File to write: beside the events unless it is given."""
    target = output or file.with_name(f"{file.stem}_{what}.png")
    if target.suffix not in ENDINGS:
        raise ValueRangeError(f"-o {target} must end in {' or '.join(ENDINGS)}")
    _make_folder(target.parent)
    return target


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {folder}: {error.strerror}") from error
