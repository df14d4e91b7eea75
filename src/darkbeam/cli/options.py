"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "Brem",
    "FormFactors",
    "Hadrons",
    "Json",
    "Lumi",
    "Mass",
    "Model",
    "Normalisation",
    "Nuclear",
    "Overlap",
    "Pot",
    "Preset",
    "Scheme",
    "Seed",
    "Smearing",
    "Sources",
    "Spin",
    "split_names",
]

Sources = Annotated[
    str | None,
    typer.Option(
        "--sources",
        help="Comma-separated: meson, meson:eta, bremsstrahlung, mixing, drell-yan, quarkonium, cascade, shower, all, "
        "flux:FILE, dilepton:FILE.",
        metavar="LIST",
    ),
]
Brem = Annotated[str | None, typer.Option("--brem", help="Bremsstrahlung: fr (default), baseline or ap.")]
FormFactors = Annotated[
    str | None,
    typer.Option("--form-factors", help="Of meson decays: default, vmd, or none (as in most other tools)."),
]
Normalisation = Annotated[
    str | None,
    typer.Option(
        "--normalisation", help="Per inelastic collision (default), or averaged over all collisions."
    ),
]
Nuclear = Annotated[
    str | None,
    typer.Option("--nuclear", help="Target of the meson decays: none (protons, default) or a-dependence."),
]
Overlap = Annotated[
    str | None,
    typer.Option("--overlap", help="matched (default), sum, brem-only, mixing-only, max or none."),
]
Preset = Annotated[str | None, typer.Option("--preset", help="Conventions of another tool: senscalc.")]
Pot = Annotated[float | None, typer.Option("--pot", help="Protons on target instead of the card's.")]
Lumi = Annotated[float | None, typer.Option("--lumi", help="Luminosity in fb^-1 instead of the card's.")]
Model = Annotated[
    str,
    typer.Option(
        "--model", help="dark-photon, B, B-L, B-3L_mu, L_mu-L_tau, ..., a card of charges, or millicharged."
    ),
]
Scheme = Annotated[str, typer.Option("--scheme", help="Hadronic width: default, deliver or naive.")]
Hadrons = Annotated[
    list[str] | None,
    typer.Option(
        "--hadrons",
        help="Hadronic decays at rest made elsewhere (JSON, HepMC3, or a folder).",
        metavar="FILE",
    ),
]
Spin = Annotated[str, typer.Option("--spin", help="Of millicharged particles: dirac or scalar.")]
Smearing = Annotated[
    bool, typer.Option("--smearing", help="Smear measured momenta with the card's resolutions.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all random streams.")]
Mass = Annotated[float, typer.Option("--mass", help="Dark-photon mass in GeV.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def split_names(text: str | None) -> tuple[str, ...] | None:
    """Names of a comma-separated list; None stays None.

    Examples
    --------
    >>> split_names("meson:pi0, bremsstrahlung")
    ('meson:pi0', 'bremsstrahlung')
    """
    return None if text is None else tuple(s.strip() for s in text.split(",") if s.strip())
