"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from darkbeam.errors import UnknownNameError

__all__ = ["Brem", "FormFactors", "Json", "Lumi", "Mass", "Normalisation", "Pot", "Seed", "Sources", "choose"]

Sources = Annotated[
    str,
    typer.Option("--sources", help="Comma-separated: meson, meson:eta, ..., bremsstrahlung.", metavar="LIST"),
]
Brem = Annotated[str, typer.Option("--brem", help="Bremsstrahlung: fr, baseline or ap.")]
FormFactors = Annotated[
    str,
    typer.Option("--form-factors", help="Of meson decays: default, vmd, or none (as in most other tools)."),
]
Normalisation = Annotated[
    str,
    typer.Option("--normalisation", help="Yields per inelastic collision, or averaged over all collisions."),
]
Pot = Annotated[float | None, typer.Option("--pot", help="Protons on target instead of the card's.")]
Lumi = Annotated[float | None, typer.Option("--lumi", help="Luminosity in fb^-1 instead of the card's.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all random streams.")]
Mass = Annotated[float, typer.Option("--mass", help="Dark-photon mass in GeV.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def choose(kind: str, value: str, valid: tuple[str, ...]) -> str:
    """Return ``value`` if it is valid.

    Raises
    ------
    UnknownNameError
    """
    if value not in valid:
        raise UnknownNameError(kind, value, valid)
    return value
