"""Entry point of the command line and the one place where errors become an exit code.

A user error prints one line and exits with 2; an interruption prints one line and exits with 130; anything else
is a bug and shows its traceback.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import darkbeam
from darkbeam.cli import (
    batch,
    cache,
    cite,
    decays,
    decays_sample,
    dilepton,
    events,
    experiments,
    plot_event,
    rate,
    reach,
    spectra,
    validate,
    yields,
)
from darkbeam.cli.export import export
from darkbeam.cli.merge import merge
from darkbeam.cli.plot_geometry import plot_geometry
from darkbeam.cli.plot_reach import plot_reach
from darkbeam.cli.recast import recast
from darkbeam.errors import DarkbeamError

__all__ = ["app", "run"]

app = typer.Typer(
    name="darkbeam",
    help="Dark photons from proton beams: production, decay, acceptance and reach.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("reach")(reach.reach)
app.command("rate")(rate.rate)
app.command("yield")(yields.yields)
decays.app.command("sample")(decays_sample.sample)
app.add_typer(decays.app, name="decays")
app.command("cite")(cite.cite)
app.command("validate")(validate.validate)
app.command("events")(events.events)
app.command("merge")(merge)
app.add_typer(dilepton.app, name="dilepton")
app.add_typer(batch.app, name="batch")
app.command("export")(export)
app.command("recast")(recast)
app.add_typer(experiments.app, name="experiments")
app.add_typer(spectra.app, name="spectra")
app.add_typer(cache.app, name="cache")
plots = typer.Typer(help="Figures.", no_args_is_help=True)
plots.callback()(lambda: None)
plots.command("yield")(yields.plot_yield)
plots.command("event")(plot_event.plot_event)
plots.command("events")(plot_event.plot_events)
plots.command("geometry")(plot_geometry)
plots.command("reach")(plot_reach)
plots.command("decays")(decays.plot_decays)
app.add_typer(plots, name="plot")

# typer carries its own copy of click in recent versions and uses the package in older ones; the base
# class of its usage errors is the same thing in both
USAGE_ERROR: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
INTERRUPTED = 130
"""Exit code of a command that ends with Ctrl-C: 128 + SIGINT."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"darkbeam {darkbeam.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Dark photons from proton beams: production, decay, acceptance and reach."""


def run() -> None:
    """Run the command line."""
    try:
        code = app(standalone_mode=False)
    except DarkbeamError as error:
        _fail(str(error), 2)
    except USAGE_ERROR as error:
        describe = getattr(error, "format_message", error.__str__)
        _fail(describe(), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.exit(0)
    if code == INTERRUPTED:  # recent versions of typer turn an interruption into this code themselves
        _fail("interrupted; nothing was written", INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    text = " ".join(message.split())
    if text:
        typer.echo(f"darkbeam: {text}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    run()
