"""``darkbeam experiments``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json

__all__ = ["app"]

app = typer.Typer(
    help="Experiments that come with darkbeam, and cards of your own.", invoke_without_command=True
)


@app.callback()
def _list(context: typer.Context, json: opt.Json = False) -> None:
    """List the experiments, show one, check a card of your own or write a template."""
    if context.invoked_subcommand is not None:
        return
    from darkbeam.experiments.card_view import table_of_cards  # slow to import
    from darkbeam.experiments.cards import list_cards, load_card

    if json:
        echo_json({"experiments": [load_card(name) for name in list_cards()]})
        return
    rows = table_of_cards()
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[-1]]).rstrip())


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name, or TOML card.", metavar="EXPERIMENT")],
    json: opt.Json = False,
) -> None:
    """Print the resolved card of an experiment: every number with its source, and what the geometry amounts to."""
    from darkbeam.experiments.card_view import describe, resolved  # slow to import

    if json:
        echo_json(resolved(name))
        return
    for line in describe(name):
        typer.echo(line)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="TOML card.", metavar="FILE")],
) -> None:
    """Check a card of your own; prints what it says, or every problem with its line (exit code 2)."""
    from darkbeam.experiments.card_check import check_card  # slow to import
    from darkbeam.experiments.card_view import describe

    problems = check_card(file)
    for problem in problems:
        typer.echo(f"darkbeam: {problem}", err=True)
    if problems:
        raise typer.Exit(2)
    for line in describe(file):
        typer.echo(line)


@app.command()
def template(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file; it must not exist.", metavar="FILE"),
    ] = None,
) -> None:
    """Print or write a documented card to start from."""
    from darkbeam.experiments.card_view import template_text, write_template  # slow to import

    if output is None:
        typer.echo(template_text(), nl=False)
        return
    write_template(output)
    typer.echo(f"wrote {output}; change it, then run: darkbeam experiments check {output}")
