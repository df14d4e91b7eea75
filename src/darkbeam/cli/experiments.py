"""``darkbeam experiments``."""

from __future__ import annotations

from typing import Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json

__all__ = ["app"]

app = typer.Typer(help="Experiments that come with darkbeam.", invoke_without_command=True)


@app.callback()
def _list(context: typer.Context, json: opt.Json = False) -> None:
    """List the experiments, or show one."""
    if context.invoked_subcommand is not None:
        return
    from darkbeam.experiments import list_experiments, load_experiment  # slow to import

    found = [load_experiment(name) for name in list_experiments()]
    if json:
        echo_json({"experiments": [e.card for e in found]})
        return
    rows = [
        [e.name, e.status, e.facility, _exposure(e.pot, e.lumi_fb), f"{e.n_events:g}", e.title] for e in found
    ]
    widths = [max(len(r[k]) for r in rows) for k in range(5)]
    for row in rows:
        cells = [f"{c:<{w}}" for c, w in zip(row[:5], widths, strict=True)]
        typer.echo("  ".join([*cells, row[5]]).rstrip())


def _exposure(pot: float | None, lumi_fb: float | None) -> str:
    return f"{pot:.3g} POT" if pot is not None else f"{lumi_fb:g} fb^-1"


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name, or TOML card.", metavar="EXPERIMENT")],
    json: opt.Json = False,
) -> None:
    """Print the resolved card of an experiment."""
    from darkbeam.experiments import load_experiment  # slow to import

    experiment = load_experiment(name)
    if json:
        echo_json(experiment.card)
        return
    rows = [[key, str(value)] for key, value in _flatten(experiment.card)]
    width = max(len(key) for key, _ in rows)
    for key, value in rows:
        typer.echo(f"{key:<{width}}  {value}")
    low, high = experiment.decay_volume.angular_window()
    typer.echo(f"{'(polar window)':<{width}}  {1e3 * low:.3g} to {1e3 * high:.3g} mrad")


def _flatten(card: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for key, value in card.items():
        if isinstance(value, dict):
            rows += _flatten(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, value))
    return rows
