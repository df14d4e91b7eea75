"""``darkbeam yield --model millicharged``: pairs of millicharged particles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from darkbeam.cli.console import echo_json, echo_table

if TYPE_CHECKING:
    from darkbeam.production.assembly import Choice

__all__ = ["pairs_of_one_mass"]


def pairs_of_one_mass(choice: Choice, mass: float, spin: str, variation: str, *, json: bool) -> None:
    """Print the pairs per collision at epsilon = 1."""
    from darkbeam.production.pairs_yields import pair_yields  # slow to import

    result = pair_yields(choice, mass, spin, variation)
    if json:
        echo_json(result)
        return
    per = "inelastic collision" if result["normalisation"] == "inelastic" else "collision"
    typer.echo(
        f"{result['facility']}: m = {mass:g} GeV: {result['total']:.4g} millicharged pairs ({spin}) per {per} "
        f"at epsilon = 1 ({variation}, overlap {result['overlap']})\n"
    )
    echo_table(["source", "pairs"], [[n, f"{x:.4g}"] for n, x in result["by_source"].items()])
    if len(result["variations"]) > 1:
        typer.echo("")
        echo_table(["variation", "total"], [[n, f"{x:.4g}"] for n, x in result["variations"].items()])
    for note in result["notes"]:
        typer.echo(f"note: {note}")
