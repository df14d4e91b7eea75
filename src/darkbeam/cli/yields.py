"""``darkbeam yield`` and ``darkbeam plot yield``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json, echo_table
from darkbeam.cli.yield_pairs import pairs_of_one_mass
from darkbeam.errors import MassRangeError, OutputError, ValueRangeError
from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from darkbeam.production.assembly import Choice
    from darkbeam.production.yields import Yield, YieldScan

__all__ = ["plot_yield", "yields"]

Facility = Annotated[
    str, typer.Argument(help="SPS, Fermilab, Serpukhov, LHC, ... or a facility card.", metavar="FACILITY")
]
Table = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder, or CSV file (default: folder darkbeam-out/yield/NAME)."),
]
Figure = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="Folder, or PNG or PDF file (default: folder darkbeam-out/yield/NAME)."
    ),
]
TABLES, FIGURES = (".csv",), (".png", ".pdf")
Force = Annotated[bool, typer.Option("--force", help="Overwrite results of other choices.")]


def _choose(facility: str, sources: str | None, model: str, **settings: str | None) -> Choice:
    from darkbeam.models import get_model
    from darkbeam.production.assembly import choose_sources  # slow to import

    return choose_sources(
        facility, opt.split_names(sources), model=get_model(model), spread=True,
        brem=settings["brem"], form_factors=settings["form_factors"], normalisation=settings["normalisation"],
        overlap=settings["overlap"], preset=settings["preset"], nuclear=settings["nuclear"],
    )  # fmt: skip


def yields(
    facility: Facility,
    mass: Annotated[float | None, typer.Option("--mass", help="Dark-photon mass in GeV.")] = None,
    masses: Annotated[
        str | None, typer.Option("--masses", help="LO:HI:N in GeV: write a CSV instead.")
    ] = None,
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    variation: Annotated[
        str, typer.Option("--variation", help="central, lower, upper or a name of --list-variations.")
    ] = "central",
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    model: opt.Model = "dark-photon",
    spin: opt.Spin = "dirac",
    saturation: Annotated[
        bool, typer.Option("--saturation", help="Compare implied e+e- pairs with V -> e+e-.")
    ] = False,
    list_variations: Annotated[
        bool, typer.Option("--list-variations", help="Print the variations of every source.")
    ] = False,
    output: Table = None,
    force: Force = False,
    json: opt.Json = False,
) -> None:
    """Dark photons (or millicharged pairs) per collision at epsilon = 1, by source and by variation."""
    pairs = model == opt.MILLICHARGED
    if not pairs:
        opt.refuse_millicharged_options(spin=spin)
    choice = _choose(
        facility, sources, brem=brem, form_factors=form_factors, normalisation=normalisation, overlap=overlap,
        preset=preset, nuclear=nuclear, model=opt.DARK_PHOTON if pairs else model,
    )  # fmt: skip
    if pairs and (mass is None or saturation or list_variations):
        raise ValueRangeError("millicharged pairs are given at one mass: --mass M, without other tables")
    if list_variations:
        _report_variations(choice, json=json)
    elif masses is not None:
        if mass is not None:
            raise ValueRangeError("give either --mass or --masses")
        _scan_to_file(choice, masses, output, force=force, json=json)
    elif mass is not None and pairs:
        pairs_of_one_mass(choice, mass, spin, variation, json=json)
    elif mass is not None:
        _one_mass(choice, mass, variation, saturation=saturation, json=json)
    elif saturation:
        _report_saturation(choice, json=json)
    else:
        raise ValueRangeError("give --mass M, --masses LO:HI:N, --saturation or --list-variations")


def plot_yield(
    facility: Facility,
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="Add what crosses its decay volume.")
    ] = None,
    masses: Annotated[str, typer.Option("--masses", help="LO:HI:N in GeV.")] = "0.01:5:60",
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    model: opt.VectorModel = "dark-photon",
    seed: opt.Seed = 1,
    output: Figure = None,
    force: Force = False,
) -> None:
    """Yield against mass by source, and the part of it that crosses a decay volume."""
    from darkbeam.experiments import load_experiment  # slow to import
    from darkbeam.plotting.report_figures import save_one
    from darkbeam.plotting.style import save_figure
    from darkbeam.plotting.yields import aimed_yields, draw_yields

    choice = _choose(
        facility, sources, brem=brem, form_factors=form_factors, normalisation=normalisation, overlap=overlap,
        preset=preset, nuclear=nuclear, model=model,
    )  # fmt: skip
    chosen = load_experiment(experiment) if experiment else None
    if chosen is not None and chosen.facility != choice.facility.name:
        raise ValueRangeError(f"{chosen.name} is at {chosen.facility}, not at {choice.facility.name}")
    single = _is_file(output, FIGURES)
    scan = _scan(choice, masses)
    table = _write_table(scan, single.with_suffix(".csv") if single else _table(choice, output), force=force)
    inside = aimed_yields(choice, chosen, scan.masses_GeV, seed) if chosen else None

    def draw() -> Axes:
        return draw_yields(scan, inside, chosen)

    stem = f"yield_{chosen.name}" if chosen else "yield"
    figures = [save_one(draw, single)] if single else save_figure(draw, table.parent, stem)
    for path in (table, *figures):
        typer.echo(str(path))


def _one_mass(choice: Choice, mass: float, variation: str, *, saturation: bool, json: bool) -> None:
    from darkbeam.production import yields as library  # slow to import

    if not 0.0 < mass < float("inf"):
        raise MassRangeError(f"--mass needs a positive mass in GeV, not {mass:g}")
    result = library.yield_at(choice, mass, variation)
    test = library.saturation(choice) if saturation else None
    if json:
        echo_json(result.to_dict() | ({"saturation": test} if test else {}))
        return
    _report(result)
    if test:
        typer.echo("")
        _echo_saturation(test)


def _report(result: Yield) -> None:
    per = "inelastic collision" if result.normalisation == "inelastic" else "collision"
    typer.echo(
        f"{result.facility}: m = {result.mass_GeV:g} GeV: {result.total:.4g} dark photons per {per} "
        f"at epsilon = 1 ({result.variation}, overlap {result.overlap})\n"
    )
    echo_table(["source", "yield"], [[n, f"{x:.4g}"] for n, x in result.by_source.items()])
    if len(result.variations) > 1:
        typer.echo("")
        echo_table(["variation", "total"], [[n, f"{x:.4g}"] for n, x in result.variations.items()])
    if result.preset:
        _echo_preset(result.preset)
    for note in result.notes:
        typer.echo(f"note: {note}")


def _echo_preset(name: str) -> None:
    from darkbeam.production.presets import get_preset  # slow to import

    typer.echo(f"\npreset {name}:")
    for switch, text in get_preset(name).switches.items():
        typer.echo(f"  {switch}: {text}")


def _report_variations(choice: Choice, *, json: bool) -> None:
    from darkbeam.production.catalogue import variation_labels  # slow to import
    from darkbeam.production.yields import list_variations

    found = list_variations(choice)
    labels = variation_labels(choice.sources)
    if json:
        data = {name: list(v) for name, v in found.items()}
        echo_json({"facility": choice.facility.name, "variations": data, "labels": dict(labels)})
        return
    echo_table(["source", "variations"], [[n, ", ".join(v) or "-"] for n, v in found.items()])
    for short, full in labels.items():
        typer.echo(f"{short}: {full}")


def _report_saturation(choice: Choice, *, json: bool) -> None:
    from darkbeam.production import yields as library  # slow to import

    test = library.saturation(choice)
    if json:
        echo_json({"facility": choice.facility.name, "overlap": choice.overlap, "saturation": test})
    else:
        _echo_saturation(test)


def _echo_saturation(test: dict[str, dict[str, Any]]) -> None:
    typer.echo("e+e- pairs per collision that the sources imply, over inclusive V -> e+e-")
    rows = []
    for window, row in test.items():
        low, high = row["range_GeV"]
        lines = [*row["pairs_by_source"].items(), ("sum", row["pairs"])]
        for source, n in lines:
            cells = [
                "-" if row[key] is None else f"{n / row[key]:.3g}"
                for key in ("inclusive", "measured_unverified")
            ]
            rows.append([f"{window} {low:.4g}-{high:.4g} GeV", source, f"{n:.3g}", *cells])
    echo_table(["window", "source", "pairs", "/ spectra", "/ measured*"], rows)
    if any(row["measured_unverified"] is not None for row in test.values()):
        typer.echo("* multiplicities of NA27 (Z. Phys. C 50 (1991) 405), not checked against the paper")


def _scan(choice: Choice, text: str) -> YieldScan:
    from darkbeam.plotting.yields import yield_masses  # slow to import
    from darkbeam.production.yields import yield_scan
    from darkbeam.sensitivity.masses import parse_masses

    return yield_scan(choice, yield_masses(choice, *parse_masses(text)))


def _scan_to_file(choice: Choice, text: str, output: Path | None, *, force: bool, json: bool) -> None:
    target = _is_file(output, TABLES) or _table(choice, output)
    scan = _scan(choice, text)
    path = _write_table(scan, target, force=force)
    if json:
        echo_json({"facility": choice.facility.name, "file": str(path), "masses_GeV": list(scan.masses_GeV)})
    else:
        typer.echo(str(path))


def _is_file(output: Path | None, endings: Sequence[str]) -> Path | None:
    """Return the output if its ending says that it is a file of this kind, None for a folder.

    Raises
    ------
    ValueRangeError
        For the ending of another kind of file.
    """
    if output is None or not opt.looks_like_file(output):
        return None
    if output.suffix not in endings:
        raise ValueRangeError(f"-o {output} must be a folder, or a file that ends in {' or '.join(endings)}")
    return output


def _table(choice: Choice, output: Path | None) -> Path:
    return (output or Path("darkbeam-out") / "yield" / choice.facility.name) / "yield.csv"


def _write_table(scan: YieldScan, target: Path, *, force: bool) -> Path:
    """Write the table; one of other choices is not overwritten without ``force``."""
    text = scan.to_csv()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not force and _head(target.read_text(encoding="utf-8")) != _head(text):
            raise OutputError(f"{target} holds other choices; give --force to overwrite, or another -o")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"cannot write {target}: {error}") from error
    with atomic_path(target) as part:
        part.write_text(text, encoding="utf-8")
    return target


def _head(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]
