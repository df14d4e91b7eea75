"""``darkbeam events``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.cli.events_mcp import events_mcp
from darkbeam.cli.reach_mcp import is_millicharged
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from darkbeam.events.run import EventRun

__all__ = ["events"]

WORTH_PROCESSES = 64
"""Chunks from which on several processes are started unless the number is given."""


def events(
    experiment: Annotated[str, typer.Argument(help="Name, or TOML card.", metavar="EXPERIMENT")],
    mass: Annotated[str, typer.Option("--mass", help="GeV: one, a list A,B,..., or LO:HI:N.", metavar="M")],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="FILE.parquet, .hepmc3, .root, .lhe or .txt.", metavar="FILE"),
    ],
    epsilon: Annotated[
        str | None,
        typer.Option("--epsilon", help="Kinetic mixing (or charge): one, a list, or LO:HI:N.", metavar="E"),
    ] = None,
    ctau: Annotated[
        float | None,
        typer.Option("--ctau", help="Proper decay length in m; production then still goes with --epsilon."),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Events written for each mass and coupling.")] = 1000,
    select: Annotated[
        str, typer.Option("--select", help="Write decays that pass: full, geometry, or none (all).")
    ] = "full",
    weighted: Annotated[
        bool, typer.Option("--weighted/--unweighted", help="Weights that serve every variation.")
    ] = False,
    channels: Annotated[
        str | None,
        typer.Option(
            "--channels", help="Comma-separated, 'hadrons' or 'all'; default: what the card counts."
        ),
    ] = None,
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    model: opt.Model = "dark-photon",
    spin: opt.Spin = "dirac",
    scheme: opt.Scheme = "default",
    pot: opt.Pot = None,
    lumi: opt.Lumi = None,
    hadrons: opt.Hadrons = None,
    smearing: opt.Smearing = False,
    pythia: Annotated[
        str, typer.Option("--pythia", help="Hadronise on the fly: on, off (stored decays), auto.")
    ] = "auto",
    ks_in_flight: Annotated[
        bool, typer.Option("--ks-in-flight", help="Let K_S and hyperons decay where they fly to.")
    ] = False,
    pdg: Annotated[
        int | None,
        typer.Option(
            "--pdg",
            help="PDG id of the dark photon (4900022), or of the millicharged particle (52, scalar 51).",
        ),
    ] = None,
    seed: opt.Seed = 1,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes (default: all cores for long runs).")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Dask cluster that computes.", metavar="ADDRESS")
    ] = None,
    chunks: Annotated[
        str | None, typer.Option("--chunks", help="Only these chunks of the run, for jobs.", metavar="LO:HI")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep finished chunks in FILE.parts and go on from there.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    json: opt.Json = False,
) -> None:
    """Decay events in an experiment, with full final states, for a detector simulation."""
    # slow to import
    from darkbeam.events.chunks import check_output, write_events
    from darkbeam.events.run import EventRun
    from darkbeam.events.settings import DARK_PHOTON, EventSettings
    from darkbeam.millicharged.events import default_pdg
    from darkbeam.sensitivity.options import Options

    start = time.perf_counter()
    millicharged = is_millicharged([], model)
    usual = default_pdg(spin) if millicharged else DARK_PHOTON
    settings = EventSettings(
        n,
        select,
        weighted,
        opt.split_names(channels),
        tuple(hadrons or ()),
        pythia,
        ks_in_flight,
        usual if pdg is None else pdg,
    )
    if millicharged:
        charges = None if epsilon is None else numbers(epsilon, "--epsilon")
        choices = {
            "spin": spin, "sources": opt.split_names(sources), "brem": brem, "form_factors": form_factors,
            "normalisation": normalisation, "overlap": overlap, "nuclear": nuclear, "seed": seed,
        }  # fmt: skip
        refused = {
            "--ctau": ctau is not None, "--channels": channels is not None, "--preset": preset is not None,
            "--scheme": scheme != "default", "--hadrons": bool(hadrons), "--smearing": smearing,
            "--pythia": pythia != "auto", "--ks-in-flight": ks_in_flight,
        }  # fmt: skip
        how = {"chunks": _range(chunks), "workers": workers, "scheduler": scheduler, "resume": resume}
        events_mcp(
            experiment, numbers(mass, "--mass"), charges, output, settings, choices, refused,
            {"pot": pot, "lumi_fb": lumi}, how, force=force, json=json,
        )  # fmt: skip
        return
    opt.refuse_millicharged_options(spin=spin)
    check_output(output, resume=resume, force=force)
    chosen = Options(
        sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
        nuclear=nuclear, overlap=overlap, preset=preset, model=model, scheme=scheme, seed=seed,
        smearing=smearing,
    )  # fmt: skip
    couplings: list[float | None] = [None] if epsilon is None else [*numbers(epsilon, "--epsilon")]
    run = EventRun.plan(
        experiment,
        numbers(mass, "--mass"),
        couplings,
        settings,
        ctau=ctau,
        pot=pot,
        lumi_fb=lumi,
        options=chosen,
    )
    if workers is None:
        workers = default_workers() if run.n_chunks >= WORTH_PROCESSES else 1
    with progress_bar("events", "events") as progress:
        written = write_events(
            run, output, chunks=_range(chunks), workers=workers, scheduler=scheduler, resume=resume, force=force,
            progress=progress,
        )  # fmt: skip
    summary = {"file": str(output), **run.summary(written, time.perf_counter() - start)}
    if json:
        echo_json(summary)
    else:
        _report(run, summary)


def numbers(text: str, option: str) -> list[float]:
    """Numbers of a list A,B,... or of a range LO:HI:N with equal ratios.

    Examples
    --------
    >>> numbers("0.1,0.2", "--mass"), numbers("1e-8:1e-6:3", "--epsilon")
    ([0.1, 0.2], [1e-08, 1e-07, 1e-06])
    """
    try:
        if ":" not in text:
            return [float(word) for word in text.split(",")]
        low, high, count = text.split(":")
        first, last, size = float(low), float(high), int(count)
    except ValueError:
        first, last, size = 0.0, 0.0, 0
    if not 0.0 < first < last < np.inf or size < 2:
        raise ValueRangeError(
            f"{option} {text!r} is neither a number, a list A,B,... nor a range LO:HI:N with 0 < LO < HI, N >= 2"
        )
    return [float(f"{x:.12g}") for x in np.geomspace(first, last, size)]


def _range(text: str | None) -> tuple[int, int] | None:
    """First chunk, and the one behind the last."""
    if text is None:
        return None
    low, colon, high = text.partition(":")
    if not (colon and low.isdigit() and high.isdigit()):
        raise ValueRangeError(f"--chunks {text!r} is not LO:HI")
    return int(low), int(high)


def _report(run: EventRun, summary: dict[str, Any]) -> None:
    """Print the totals."""
    rows = []
    for plan in run.work.plans:
        t = plan.totals
        rows.append([
            f"{t.mass_GeV:g}", f"{t.epsilon:g}", f"{t.ctau_m:.4g}", f"{t.produced:.4g}", f"{t.in_polar_window:.4g}",
            f"{t.in_volume:.4g}", f"{t.mean_decay_probability:.3g}", f"{t.visible_branching:.4g}",
            f"{t.acceptance:.4g}", f"{t.expected_events:.4g} +- {t.expected_error:.2g}",
            f"{t.effective_mothers:.0f}",
        ])  # fmt: skip
    header = [
        "mass [GeV]", "epsilon", "c tau [m]", "produced", "in polar window", "in volume", "mean P", "visible BR",
        "acceptance", "expected events", "eff. mothers",
    ]  # fmt: skip
    echo_table(header, rows)
    for note in summary["notes"]:
        typer.echo(f"note: {note}")
    rate = summary["written"] / max(summary["seconds"], 1e-9)
    typer.echo(f"{summary['file']}: {summary['written']} events in {summary['seconds']:.1f} s ({rate:.3g}/s)")
