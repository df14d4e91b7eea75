"""``darkbeam experiments``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json
from darkbeam.cli.options import DARK_PHOTON, MILLICHARGED
from darkbeam.errors import UnknownNameError

__all__ = ["app"]

Model = Annotated[
    str | None,
    typer.Option(
        "--model", help="millicharged: searches for millicharged particles, which have cards of their own."
    ),
]
app = typer.Typer(
    help="Experiments that come with darkbeam, and cards of your own.", invoke_without_command=True
)


@app.callback()
def _list(context: typer.Context, model: Model = None, json: opt.Json = False) -> None:
    """List the experiments, show one, check a card of your own or write a template."""
    if context.invoked_subcommand is not None:
        return
    if _is_millicharged(model):
        _list_millicharged(json=json)
        return
    from darkbeam.experiments.card_view import table_of_cards  # slow to import
    from darkbeam.experiments.cards import list_cards, load_card

    if json:
        echo_json({"experiments": [load_card(name) for name in list_cards()]})
        return
    _print_table(table_of_cards())


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[-1]]).rstrip())


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name, or TOML card.", metavar="EXPERIMENT")],
    model: Model = None,
    json: opt.Json = False,
) -> None:
    """Print the resolved card of an experiment: every number with its source, and what the geometry amounts to.

    Names that only searches for millicharged particles have, such as FORMOSA, need no --model.
    """
    if _is_millicharged(model) or _only_millicharged(name):
        _show_millicharged(name, json=json)
        return
    from darkbeam.experiments.card_view import describe, resolved  # slow to import

    if json:
        echo_json(resolved(name))
        return
    for line in describe(name):
        typer.echo(line)


def _is_millicharged(model: str | None) -> bool:
    """Whether the other cards are asked for."""
    if model not in (None, MILLICHARGED, DARK_PHOTON):
        raise UnknownNameError("model with cards of its own", model, (MILLICHARGED, DARK_PHOTON))
    return model == MILLICHARGED


def _only_millicharged(name: str) -> bool:
    """Whether only a search for millicharged particles has this name."""
    from darkbeam.experiments.card_lookup import plain_name  # slow to import
    from darkbeam.experiments.cards import list_cards
    from darkbeam.millicharged.card import card_names

    own, others = ({plain_name(n) for n in names} for names in (card_names(), list_cards()))
    return plain_name(name) in own - others


def _list_millicharged(*, json: bool) -> None:
    from darkbeam.millicharged.card import card_names, load_mcp_experiment  # slow to import

    found = [load_mcp_experiment(name) for name in card_names()]
    if json:
        echo_json({"experiments": [e.card for e in found]})
        return
    rows = [["name", "status", "facility", "exposure", "N", "not verified", "title"]]
    for e in found:
        exposure = f"{e.pot:.3g} POT" if e.pot is not None else f"{e.lumi_fb:g} fb^-1"
        rows.append(
            [e.name, e.status, e.facility, exposure, f"{e.n_events:.3g}", str(len(e.unverified)), e.title]
        )
    _print_table(rows)


def _show_millicharged(name: str, *, json: bool) -> None:
    from darkbeam.millicharged.card import describe, load_mcp_experiment  # slow to import

    if json:
        echo_json(load_mcp_experiment(name).card)
        return
    rows = describe(name)
    width = max(len(key) for key, _ in rows)
    for key, value in rows:
        typer.echo(f"{key:<{width}}  {value}")
    doubts = load_mcp_experiment(name).unverified
    typer.echo(f"not verified: {', '.join(doubts) or 'none'}")


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
