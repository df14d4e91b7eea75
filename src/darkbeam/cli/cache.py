"""``darkbeam cache``."""

from __future__ import annotations

import typer

from darkbeam import cache
from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json

__all__ = ["app"]

app = typer.Typer(help="Results kept between runs.", no_args_is_help=True)


@app.command()
def info(json: opt.Json = False) -> None:
    """Where the cache is and how large."""
    data = cache.info()
    if json:
        echo_json(data)
    else:
        typer.echo(f"{data['directory']}: {data['entries']} results, {data['bytes'] / 1e6:.1f} MB")


@app.command()
def clear() -> None:
    """Remove every kept result."""
    typer.echo(f"removed {cache.clear()} results")
