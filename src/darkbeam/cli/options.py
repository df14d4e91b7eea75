"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DARK_PHOTON",
    "LIGHT_DARK_MATTER",
    "MILLICHARGED",
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
    "ReachModel",
    "Scheme",
    "Seed",
    "Smearing",
    "Sources",
    "Spin",
    "SpinOfModel",
    "VectorModel",
    "looks_like_file",
    "refuse_file",
    "refuse_millicharged_options",
    "split_names",
]

FILE_ENDINGS = (".csv", ".html", ".json", ".pdf", ".png", ".svg", ".txt")
DARK_PHOTON, MILLICHARGED, LIGHT_DARK_MATTER = "dark-photon", "millicharged", "light-dark-matter"
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
ReachModel = Annotated[
    str,
    typer.Option(
        "--model", help="dark-photon, B, B-L, ..., a card of charges, millicharged, or light-dark-matter."
    ),
]
VectorModel = Annotated[
    str, typer.Option("--model", help="dark-photon, B, B-L, B-3L_mu, L_mu-L_tau, ..., or a card of charges.")
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
SpinOfModel = Annotated[
    str | None,
    typer.Option("--spin", help="dirac or scalar (default: millicharged dirac, light-dark-matter scalar)."),
]
Smearing = Annotated[
    bool, typer.Option("--smearing", help="Smear measured momenta with the card's resolutions.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all random streams.")]
Mass = Annotated[float, typer.Option("--mass", help="Dark-photon mass in GeV.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def refuse_millicharged_options(*, spin: str, light: str | None = None) -> None:
    """Refuse what only millicharged particles have, where the decays of a vector are asked for.

    Raises
    ------
    ValueRangeError
        For a spin that is not the default, or a description of the light of bars.
    """
    given = [
        name
        for name, is_given in {"--spin": spin != "dirac", "--light": light is not None}.items()
        if is_given
    ]
    if given:
        raise ValueRangeError(f"{', '.join(given)}: only with --model millicharged")


def looks_like_file(output: Path | None) -> bool:
    """Whether an output has the ending of a file and is not a folder already.

    Examples
    --------
    >>> from pathlib import Path
    >>> looks_like_file(Path("reach.png")), looks_like_file(Path("run.v2")), looks_like_file(None)
    (True, False, False)
    """
    return output is not None and output.suffix.lower() in FILE_ENDINGS and not output.is_dir()


def refuse_file(output: Path | None) -> None:
    """Refuse an output with the ending of a file where a folder is filled.

    Raises
    ------
    ValueRangeError
    """
    if looks_like_file(output):
        raise ValueRangeError(f"-o {output} looks like a file; several files are written: give a folder")


def split_names(text: str | None) -> tuple[str, ...] | None:
    """Names of a comma-separated list; None stays None.

    Examples
    --------
    >>> split_names("meson:pi0, bremsstrahlung")
    ('meson:pi0', 'bremsstrahlung')
    """
    return None if text is None else tuple(s.strip() for s in text.split(",") if s.strip())
