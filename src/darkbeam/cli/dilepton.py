"""``darkbeam dilepton``: mock, fit, check, yield."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import echo_json, echo_table, progress_bar
from darkbeam.errors import MassRangeError, OutputError, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.cli.console import ShowProgress
    from darkbeam.dilepton.flow_train import Epoch
    from darkbeam.dilepton.prepare import Prepared
    from darkbeam.dilepton.source import OffShellPhoton
    from darkbeam.dilepton.vectors import VectorSource

__all__ = ["app"]

app = typer.Typer(
    help="Dark photons and millicharged pairs from measured lepton pairs.", no_args_is_help=True
)

Data = Annotated[Path, typer.Argument(help="Pairs: .csv, .parquet, .root or .npz.", metavar="DATA")]
Model = Annotated[str, typer.Argument(help="MODEL.npz of `fit`, or mock (the shipped one).", metavar="MODEL")]
Card = Annotated[
    Path | None,
    typer.Option("--card", help="TOML card of the data (default: DATA with the ending .toml, if there)."),
]
Drop = Annotated[bool, typer.Option("--drop", help="Drop impossible rows instead of refusing the file.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files.")]
VARIABLES = ("pT", "y")


@app.command()
def mock(
    output: Annotated[Path, typer.Option("-o", "--output", help=".csv, .parquet or .npz.")] = Path(
        "darkbeam-out/dilepton/mock.parquet"
    ),
    n: Annotated[int, typer.Option("-n", "--pairs", help="Number of pairs.")] = 100_000,
    seed: opt.Seed = 1,
    resolution: Annotated[float, typer.Option("--resolution", help="Relative mass resolution.")] = 0.0,
    force: Force = False,
) -> None:
    """Make an NA60-like mock cocktail at 400 GeV, and its card beside it."""
    from darkbeam.dilepton.mock import mock_sample
    from darkbeam.dilepton.mock_card import mock_card
    from darkbeam.dilepton.readers import write_sample

    if n < 1 or seed < 0 or not 0.0 <= resolution < 0.5:
        raise ValueRangeError(
            "-n must be at least 1, --seed at least 0, and --resolution at least 0 and below 0.5"
        )
    card = output.with_suffix(".toml")
    for path in (output, card):
        _new(path, force=force)
    write_sample(mock_sample(n, seed, resolution), output)
    card.write_text(mock_card(n, seed, resolution), encoding="utf-8")
    for path in (output, card):
        typer.echo(str(path))


@app.command()
def fit(
    data: Data,
    output: Annotated[Path, typer.Option("-o", "--output", help="MODEL.npz.")] = Path("model.npz"),
    card: Card = None,
    back_end: Annotated[
        str, typer.Option("--back-end", help="auto, flow, table, bootstrap or histogram.")
    ] = "auto",
    members: Annotated[
        int | None, typer.Option("--members", help="Bootstrap replicas, for the band.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Of the flow.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="Directory from which an interrupted fit continues.")
    ] = None,
    lines: Annotated[
        bool,
        typer.Option("--lines/--no-lines", help="Fit omega, phi, J/psi where the resolution hides them."),
    ] = True,
    vector: Annotated[
        str, typer.Option("--model", help="Weigh labelled pairs for another vector: B, B-L, ..., or a card.")
    ] = "dark-photon",
    drop: Drop = False,
    seed: opt.Seed = 1,
    force: Force = False,
    json: opt.Json = False,
) -> None:
    """Fit mass spectrum and kinematics of lepton pairs; one .npz without pickle."""
    from darkbeam.dilepton.fit import fit_kinematics, fit_prepared
    from darkbeam.dilepton.model_file import ModelFile

    if output.suffix != ".npz":
        raise OutputError(f"a model is an .npz file, not {output.name}")
    if min(members or 0, seed) < 0 or (epochs is not None and epochs < 1):
        raise ValueRangeError("--members and --seed must be 0 or more, --epochs 1 or more")
    _new(output, force=force)
    prepared = _prepared(data, card, drop=drop, vector=vector)
    spectrum = fit_prepared(prepared, line_shapes=lines)
    with progress_bar("fit", "epochs") as bar:
        model = fit_kinematics(
            prepared,
            back_end,
            seed=seed,
            members=members,
            epochs=epochs,
            progress=_epochs(bar),
            checkpoint=checkpoint,
        )
    bundle = ModelFile.of(prepared, spectrum, model)
    bundle.save(output)
    facts = bundle.summary() | {"file": str(output), "notes": list(bundle.notes)}
    if json:
        echo_json(facts)
        return
    for key, value in facts.items():
        if key != "notes":
            typer.echo(f"{key}: {_fact(value)}")
    for note in bundle.notes:
        typer.echo(f"note: {note}")


@app.command()
def check(
    model: Model,
    data: Data,
    card: Card = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for table and figures.")
    ] = None,
    classifier: Annotated[
        bool, typer.Option("--classifier/--no-classifier", help="Two-sample test (needs the extra `flow`).")
    ] = True,
    windows: Annotated[
        bool, typer.Option("--windows", help="Also train without mass windows (minutes for a flow).")
    ] = False,
    drop: Drop = False,
    seed: opt.Seed = 1,
    json: opt.Json = False,
) -> None:
    """Compare a model with pairs it has not seen, beside the bootstrap: divergences, classifier, acceptance."""
    from darkbeam.dilepton.check import check_model
    from darkbeam.dilepton.check_files import check_to_files
    from darkbeam.dilepton.model_file import load_model
    from darkbeam.dilepton.named import measured_file, source_name

    bundle = load_model(measured_file(source_name(model)))
    prepared = _prepared(data, card, drop=drop)
    result = check_model(
        bundle.model, prepared.sample, spectrum=bundle.spectrum, classifier=classifier, seed=seed,
        refit=_refit(bundle.model.name, prepared, seed) if windows else None,
    )  # fmt: skip
    written = check_to_files(result, bundle.model, prepared.sample, output, seed) if output else []
    if json:
        echo_json(result.to_json())
        return
    _report_check(result.to_json())
    for path in written:
        typer.echo(str(path))


@app.command("yield")
def yields(
    model: Model,
    mass: Annotated[float | None, typer.Option("--mass", help="Dark-photon mass in GeV.")] = None,
    masses: Annotated[str | None, typer.Option("--masses", help="LO:HI:N in GeV.")] = None,
    particle: Annotated[
        float | None, typer.Option("--particle", help="Mass of a millicharged particle in GeV instead.")
    ] = None,
    spin: Annotated[
        str, typer.Option("--spin", help="Of the millicharged particle: dirac or scalar.")
    ] = "dirac",
    facility: Annotated[
        str | None, typer.Option("--facility", help="Another beam, by generator ratios.")
    ] = None,
    json: opt.Json = False,
) -> None:
    """Dark photons per collision at epsilon = 1, or millicharged pairs at charge 1, with their errors."""
    from darkbeam.dilepton.named import beam_of, measured_source, source_name
    from darkbeam.facilities import get_facility

    if sum(x is not None for x in (mass, masses, particle)) != 1:
        raise ValueRangeError("give one of --mass M, --masses LO:HI:N and --particle M")
    name = source_name(model)
    site = get_facility(facility or beam_of(name))
    source, vector = _made(measured_source(name, site))
    notes: list[str] = []
    if particle is not None:
        if vector:
            raise ValueRangeError(f"{source.name} is made for {vector} vectors, not for millicharged pairs")
        rows = [_pairs_row(source, particle, spin)]
    elif mass is not None:
        rows = [_photon_row(source, mass)]
    else:
        rows, notes = _scan_rows(source, str(masses))
    if source.transport is not None:
        notes.append(source.transport.note)
    made = f"{vector} vectors" if vector else "dark photons"
    what = f"{made} at epsilon = 1" if particle is None else f"{spin} pairs at charge 1"
    if json:
        echo_json(
            {"facility": site.name, "source": source.name, "quantity": what, "rows": rows, "notes": notes}
        )
        return
    typer.echo(f"{site.name}, {source.name}: {what}, per inelastic collision")
    header = list(rows[0])
    echo_table(header, [[_cell(r[k]) for k in header] for r in rows])
    for note in notes:
        typer.echo(f"note: {note}")


def _new(path: Path, *, force: bool) -> None:
    """Make the folder of a file, and refuse to overwrite."""
    if path.exists() and not force:
        raise OutputError(f"{path} exists; give --force to overwrite it, or -o FILE")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


def _prepared(data: Path, card: Path | None, *, drop: bool, vector: str = "dark-photon") -> Prepared:
    from darkbeam.dilepton.card import read_card
    from darkbeam.dilepton.prepare import prepare
    from darkbeam.models import get_model

    if data.is_dir():
        raise ValueRangeError(f"pairs {data}: a folder, not a file")
    beside = data.with_suffix(".toml")
    chosen = card or (beside if beside.is_file() else None)
    return prepare(data, read_card(chosen) if chosen else None, drop=drop, model=get_model(vector))


def _made(source: OffShellPhoton | VectorSource) -> tuple[OffShellPhoton, str]:
    """Source to ask, and the name of its vector if that is not the dark photon."""
    from darkbeam.dilepton.vectors import VectorSource

    return (source.made, source.vector) if isinstance(source, VectorSource) else (source, "")


def _epochs(bar: ShowProgress) -> Callable[[Epoch], None]:
    """Progress of the training over all members, with the loss of the pairs held out."""

    def update(e: Epoch) -> None:
        bar((e.member * e.epochs) + e.epoch, e.members * e.epochs, f"loss {e.validation:.5f}")

    return update


def _refit(back_end: str, prepared: Prepared, seed: int) -> Any:
    from dataclasses import replace

    from darkbeam.dilepton.fit import fit_kinematics

    return lambda sample: fit_kinematics(replace(prepared, sample=sample), back_end, seed=seed, members=0)


def _report_check(c: dict[str, Any]) -> None:
    typer.echo(
        f"{c['back_end']} against {c['n_data']} pairs; baseline: bootstrap of {c['n_bootstrap']} pairs\n"
    )
    rows = [
        [f"mean KL {v}", *(f"{c[k][v]:.4f}" for k in ("kl_mean", "kl_mean_bootstrap", "kl_floor"))]
        for v in VARIABLES
    ]
    rows += [
        [f"mean KS {v}", *(f"{c[k][v]:.4f}" for k in ("ks_mean", "ks_mean_bootstrap")), "-"]
        for v in VARIABLES
    ]
    if c["auc"] is not None:
        rows.insert(0, ["AUC", *(f"{c[k]:.4f}" for k in ("auc", "auc_bootstrap", "auc_floor"))])
    if c["mass_kl"] is not None:
        rows.append(["mass KL", f"{c['mass_kl']:.4f}", "-", f"{c['mass_kl_floor']:.4f}"])
    echo_table(["", "model", "bootstrap", "floor"], rows)
    keys = ("lo", "hi", "n", "ks_pT", "ks_y", "kl_pT", "kl_y", "kl_floor")
    typer.echo("")
    echo_table(["mass from", "to [GeV]", *keys[2:]], [[_cell(b[k]) for k in keys] for b in c["mass_bins"]])
    for title, table in (("forward acceptance", c["forward"]), ("held-out windows", c["windows"])):
        if table:
            typer.echo(f"\n{title}")
            echo_table(list(table[0]), [[_cell(x) for x in row.values()] for row in table])
    for note in c["notes"]:
        typer.echo(f"note: {note}")


def _cell(x: float | str | None) -> str:
    return "-" if x is None else x if isinstance(x, str) else f"{x:.4g}"


def _fact(value: object) -> str:
    """Text of one fact about a model."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        text = (f"{k} {100.0 * x:+.2g} +- {100.0 * e:.2g} %" for k, (x, e) in value.items())
        return ", ".join(text) or "none"
    return "unknown" if value is None else str(value)


def _masses(text: str) -> list[float]:
    import numpy as np

    from darkbeam.sensitivity.masses import parse_masses

    low, high, n = parse_masses(text)
    return [float(m) for m in np.geomspace(low, high, n)]


Row = dict[str, "float | str | None"]


def _scan_rows(source: OffShellPhoton, masses: str) -> tuple[list[Row], list[str]]:
    """Rows of a range of masses, and why some have no rate."""
    rows: list[Row] = []
    notes: list[str] = []
    for mass in _masses(masses):
        low, high = source.valid
        why = (
            source.gap(mass)
            if low < mass < high
            else f"{source.name} reaches from {low:.4g} to {high:.4g} GeV"
        )
        if why:
            notes.append(why)
            rows.append(
                {"mass_GeV": mass, "total": None, "error": None, "member_spread": None, "part": "no rate"}
            )
        else:
            rows.append(_photon_row(source, mass))
    if all(r["total"] is None for r in rows):
        raise MassRangeError(f"no rate at any of the masses: {'; '.join(dict.fromkeys(notes))}")
    header = list(next(r for r in rows if r["total"] is not None))
    return [{k: r.get(k) for k in header} for r in rows], list(dict.fromkeys(notes))


def _photon_row(source: OffShellPhoton, mass: float) -> Row:
    """Yield with the error of the rate, the spread of the bootstrap members and that of the generators."""
    if not 0.0 < mass < float("inf"):
        raise MassRangeError(f"--mass needs a positive mass in GeV, not {mass:g}")
    total = source.total(mass)
    found = {n: source.total(mass, n) - total for n in source.variation_names}
    row: Row = {"mass_GeV": mass, "total": total}
    templates = [abs(x) for n, x in found.items() if "-background-" in n]
    row["error"] = max(
        abs(x) for n, x in found.items() if n.endswith(("-up", "-down")) and "-background-" not in n
    )
    if templates:
        row["background_error"] = max(templates)
    members = [x for n, x in found.items() if "-member-" in n]
    row["member_spread"] = (sum(d * d for d in members) / len(members)) ** 0.5 if members else 0.0
    if source.transport is not None:
        spread = max((abs(x) for n, x in found.items() if "-transport-" in n), default=0.0)
        row["transport_spread"] = spread or None  # without a second generator at this mass it is not known
    row["part"] = "measured" if mass > source.spectrum.support[0] else "analytic"
    return row


def _pairs_row(source: OffShellPhoton, particle: float, spin: str) -> Row:
    made = source.pair_source(spin)
    parts = made.parts(particle)
    error = made.parts(particle, "dilepton-rate-up")["measured"] - parts["measured"]
    row: Row = {"mass_GeV": particle, "total": sum(parts.values()), **parts, "measured_error": error}
    if source.spectrum.shift is not None:
        row["background_error"] = abs(
            made.parts(particle, "dilepton-background-up")["measured"] - parts["measured"]
        )
    return row
