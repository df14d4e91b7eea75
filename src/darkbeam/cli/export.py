"""``darkbeam export``: grids of N(m, epsilon) with decay spectra, pyhf workspaces, HEPData submissions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, progress_bar
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from darkbeam.experiments import Experiment
    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.result import Reach

__all__ = ["export"]


def export(
    target: Annotated[
        str,
        typer.Argument(help="A contour.json, an experiment, or a TOML card.", metavar="FILE.json|EXPERIMENT"),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Grid of N(m, epsilon) with spectra: .npz, or .csv.")
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option("--grid", help="Masses (GeV) and couplings of the grid.", metavar="LO:HI:N[,LO:HI:N]"),
    ] = None,
    pyhf: Annotated[
        Path | None,
        typer.Option("--pyhf", help="pyhf workspace at --mass and --epsilon.", metavar="FILE.json"),
    ] = None,
    mass: Annotated[float | None, typer.Option("--mass", help="Mass in GeV, for --pyhf.")] = None,
    epsilon: Annotated[float | None, typer.Option("--epsilon", help="Kinetic mixing, for --pyhf.")] = None,
    hepdata: Annotated[
        Path | None, typer.Option("--hepdata", help="HEPData submission (extra 'hepdata').", metavar="DIR")
    ] = None,
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    model: opt.Model = "dark-photon",
    pot: opt.Pot = None,
    lumi: opt.Lumi = None,
    seed: opt.Seed = 1,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write what others need to recompute, to fit or to publish a result.

    The physics options are for an experiment; a contour.json is exported with its own.
    """
    from darkbeam.sensitivity.options import Options  # slow to import
    from darkbeam.sensitivity.rerun import calculation_of, is_millicharged

    _check(output, pyhf, hepdata, mass, epsilon, force=force)
    result = _saved(target)
    if result is not None:
        if any(x is not None for x in (sources, brem, pot, lumi)) or model != "dark-photon" or seed != 1:
            raise ValueRangeError(f"{target} has its own options; give the experiment to choose others")
        if is_millicharged(result.card) and output is None and pyhf is None and hepdata is not None:
            from darkbeam.report.hepdata_files import write_hepdata

            for path in write_hepdata(result, hepdata, force=force):
                typer.echo(str(path))
            return
        experiment, options = calculation_of(result.card)
    else:
        experiment = _experiment(target, pot, lumi)
        options = Options(sources=opt.split_names(sources), brem=brem, model=model, seed=seed)
    count = default_workers() if workers is None else workers
    if output is not None:
        typer.echo(str(_write_grid(experiment, options, result, output, grid, count, force=force)))
    if pyhf is not None and mass is not None and epsilon is not None:
        _write_workspace(experiment, options, pyhf, mass, epsilon)
        typer.echo(str(pyhf))
    if hepdata is not None:
        for path in _write_hepdata(experiment, options, result, hepdata, count, force=force):
            typer.echo(str(path))


def _check(
    output: Path | None,
    pyhf: Path | None,
    hepdata: Path | None,
    mass: float | None,
    epsilon: float | None,
    *,
    force: bool,
) -> None:
    """Refuse what cannot be done before anything is computed."""
    from darkbeam.report.grid_files import GRID_SUFFIXES
    from darkbeam.report.targets import check_new_file

    if output is None and pyhf is None and hepdata is None:
        raise ValueRangeError(
            "nothing to export: give -o FILE.npz, -o FILE.csv, --pyhf FILE.json or --hepdata DIR"
        )
    if (pyhf is not None) != (mass is not None) or (pyhf is not None) != (epsilon is not None):
        raise ValueRangeError("--pyhf FILE.json, --mass and --epsilon belong together")
    if output is not None:
        check_new_file(output, GRID_SUFFIXES, force=force)
    if pyhf is not None:
        check_new_file(pyhf, (".json",), force=force)


def _saved(target: str) -> Reach | None:
    """Return a saved contour, None for an experiment."""
    from darkbeam.sensitivity.result import Reach

    if Path(target).suffix == ".json":
        return Reach.load(target)
    return Reach.load(Path(target) / "contour.json") if (Path(target) / "contour.json").is_file() else None


def _experiment(name: str, pot: float | None, lumi: float | None) -> Experiment:
    from darkbeam.experiments import load_experiment

    found = load_experiment(name)
    return found if pot is None and lumi is None else found.with_exposure(pot=pot, lumi_fb=lumi)


def _write_grid(
    experiment: Experiment,
    options: Options,
    result: Reach | None,
    output: Path,
    text: str | None,
    workers: int,
    *,
    force: bool,
) -> Path:
    """Masses of the contour, or of ``--grid``, or of the default scan."""
    from darkbeam.report.grid_files import save_grid
    from darkbeam.sensitivity.grid import DEFAULT_EPSILON, event_grid, parse_epsilon
    from darkbeam.sensitivity.masses import mass_grid, parse_masses

    parts = text.split(",") if text else []
    if len(parts) > 2:
        raise ValueRangeError(f"--grid {text} has {len(parts)} ranges; give masses, or masses and couplings")
    if parts and parts[0]:
        options = replace(options, masses=parse_masses(parts[0]))
        masses = mass_grid(*options.masses, refine=False).tolist()
    else:
        masses = mass_grid(*options.masses).tolist() if result is None else result.masses_GeV.tolist()
    couplings = parse_epsilon(parts[1]) if len(parts) == 2 else DEFAULT_EPSILON
    with progress_bar(f"export {experiment.name}", "masses") as progress:
        made = event_grid(experiment, masses, couplings, options=options, workers=workers, progress=progress)
    return save_grid(made, output, force=force)


def _write_workspace(
    experiment: Experiment, options: Options, target: Path, mass: float, epsilon: float
) -> None:
    from darkbeam.output import dump_json
    from darkbeam.report.pyhf_file import counting_workspace
    from darkbeam.report.targets import write_text
    from darkbeam.sensitivity.single import rate

    write_text(target, dump_json(counting_workspace(rate(experiment, mass, epsilon, options=options))))


def _write_hepdata(
    experiment: Experiment, options: Options, result: Reach | None, folder: Path, workers: int, *, force: bool
) -> list[Path]:
    from darkbeam.cache import card_hash
    from darkbeam.report.hepdata_files import check_hepdata_folder, write_hepdata
    from darkbeam.sensitivity.api import prepare, reach

    if result is None:
        check_hepdata_folder(folder, card_hash(prepare(experiment, options)[2]), force=force)
        with progress_bar(f"reach {experiment.name}", "masses") as progress:
            result = reach(experiment, options=options, workers=workers, progress=progress)
    return write_hepdata(result, folder, force=force)
