"""``darkbeam decays``."""

from __future__ import annotations

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json, echo_table

__all__ = ["decays"]


def decays(mass: opt.Mass, json: opt.Json = False) -> None:
    """Width, lifetime and branching ratios of a dark photon at epsilon = 1."""
    import typer

    from darkbeam.models import DarkPhoton, decays_json  # slow to import

    data = decays_json(mass)
    if json:
        echo_json(data)
        return
    branching = DarkPhoton().branching(mass)
    typer.echo(
        f"m = {mass:g} GeV: width {data['width_GeV']:.5g} GeV, c tau {data['ctau_m']:.5g} m at epsilon = 1"
    )
    shown = sorted(((n, b) for n, b in branching.items() if b > 0.0), key=lambda item: -item[1])
    echo_table(["decay", "branching ratio"], [[n, f"{b:.4g}"] for n, b in shown])
