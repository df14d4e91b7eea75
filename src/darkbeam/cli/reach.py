"""``darkbeam reach``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.cli.reach_ldm import reach_ldm
from darkbeam.cli.reach_mcp import is_millicharged, reach_mcp
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.sensitivity.files import Saved
    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.result import Reach

__all__ = ["reach"]

DEFAULT_MASSES = "0.01:3:60"
SHOWN = 8
"""Masses in the printed table."""


def reach(
    experiments: Annotated[
        list[str],
        typer.Argument(help="Names, TOML cards, all-past, all-future, all-mcp.", metavar="EXPERIMENT..."),
    ],
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    form_factors: opt.FormFactors = None,
    normalisation: opt.Normalisation = None,
    nuclear: opt.Nuclear = None,
    overlap: opt.Overlap = None,
    preset: opt.Preset = None,
    model: opt.ReachModel = "dark-photon",
    scheme: opt.Scheme = "default",
    variation: Annotated[
        str,
        typer.Option("--variation", help="band, full (with generators), central, lower, upper or a name."),
    ] = "band",
    widths: Annotated[
        str, typer.Option("--widths", help="Variations of the decay width: default, none, all or names.")
    ] = "default",
    masses: Annotated[
        str | None,
        typer.Option(
            "--masses", help="LO:HI:N in GeV (default 0.01:3:60; millicharged 0.01:50:40; of chi 0.001:1:40)."
        ),
    ] = None,
    spin: opt.SpinOfModel = None,
    alpha_d: Annotated[
        float | None, typer.Option("--alpha-d", help="Coupling alpha_D (light-dark-matter, default 0.1).")
    ] = None,
    mass_ratio: Annotated[
        float | None, typer.Option("--mass-ratio", help="m_A'/m_chi (light-dark-matter, default 3).")
    ] = None,
    axis: Annotated[
        str | None, typer.Option("--axis", help="Of the figure (light-dark-matter): y or epsilon.")
    ] = None,
    light: Annotated[
        str | None,
        typer.Option("--light", help="Light of bars (millicharged): compound-poisson, mean or bethe."),
    ] = None,
    refine: Annotated[
        bool, typer.Option("--refine/--no-refine", help="Add masses at thresholds, resonances and tips.")
    ] = True,
    hadrons: opt.Hadrons = None,
    smearing: opt.Smearing = False,
    pot: opt.Pot = None,
    lumi: opt.Lumi = None,
    events: Annotated[float | None, typer.Option("--events", help="Events that make the contour.")] = None,
    stat_method: Annotated[
        str | None, typer.Option("--stat-method", help="poisson, cls or feldman-cousins.")
    ] = None,
    confidence_level: Annotated[
        float | None, typer.Option("--confidence-level", help="Between 0 and 1.")
    ] = None,
    background: Annotated[
        float | None, typer.Option("--background", help="Expected background, events.")
    ] = None,
    observed: Annotated[
        int | None, typer.Option("--observed", help="Events seen (default: median expected).")
    ] = None,
    signal_error: Annotated[
        float | None, typer.Option("--signal-error", help="Relative error of the signal.")
    ] = None,
    combine: Annotated[bool, typer.Option("--combine", help="Also the joint exclusion by all.")] = False,
    envelope: Annotated[
        bool, typer.Option("--envelope", help="Also the couplings that at least one excludes.")
    ] = False,
    past: Annotated[
        bool | None,
        typer.Option("--past/--no-past", help="Fill what past searches exclude (default with all-future)."),
    ] = None,
    precision: Annotated[
        float, typer.Option("--precision", help="Relative error of epsilon on the lower edge to aim at.")
    ] = 0.004,
    seed: opt.Seed = 1,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes (default: all cores).")] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Address of a running Dask cluster (extra dask).")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: darkbeam-out/NAME.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another card's results.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Compute even if the result is known.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Measured lepton pairs (dilepton:FILE) over the theory sources.")
    ] = False,
    report: Annotated[bool, typer.Option("--report", help="Also write report.html of each result.")] = False,
    json: opt.Json = False,
) -> None:
    """Couplings that an experiment would exclude, against the mass: tables, JSON and figures."""
    # imported here so that other commands and --help do not pay for it
    from darkbeam.sensitivity.masses import parse_masses
    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.widths import check_widths

    opt.refuse_file(output)
    statistics = {
        "method": stat_method, "confidence_level": confidence_level, "background": background,
        "observed": observed, "signal_error": signal_error,
    }  # fmt: skip
    common = {
        "pot": pot, "lumi_fb": lumi, "events": events, "force": force, "cache": not no_cache,
        "workers": default_workers() if workers is None else workers,
    }  # fmt: skip
    dark_matter = {
        "--alpha-d": alpha_d is not None, "--mass-ratio": mass_ratio is not None, "--axis": axis is not None,
    }  # fmt: skip
    if model == opt.LIGHT_DARK_MATTER:
        given: dict[str, Any] = {
            "spin": spin, "alpha_d": alpha_d, "ratio": mass_ratio, "sources": opt.split_names(sources), "brem": brem,
            "form_factors": form_factors, "normalisation": normalisation, "overlap": overlap, "nuclear": nuclear,
            "seed": seed,
        }  # fmt: skip
        refused = {
            "--preset": preset is not None, "--scheme": scheme != "default", "--variation": variation != "band",
            "--widths": widths != "default", "--hadrons": bool(hadrons), "--smearing": smearing,
            "--compare": compare, "--combine": combine, "--envelope": envelope, "--past": past is not None,
            "--light": light is not None, "--report": report, "--scheduler": scheduler is not None,
        }  # fmt: skip
        own = {k: v for k, v in given.items() if v is not None}
        counting = {k: v for k, v in statistics.items() if v is not None}
        reach_ldm(
            experiments, own, masses, output, refused, {**common, "statistics": counting}, axis=axis or "y", json=json
        )  # fmt: skip
        return
    if is_millicharged(experiments, model):
        choices = {
            "spin": spin or "dirac", "sources": opt.split_names(sources), "brem": brem, "form_factors": form_factors,
            "normalisation": normalisation, "overlap": overlap, "nuclear": nuclear, "light": light, "seed": seed,
        }  # fmt: skip
        refused = {
            "--preset": preset is not None, "--scheme": scheme != "default", "--variation": variation != "band",
            "--widths": widths != "default", "--hadrons": bool(hadrons), "--smearing": smearing,
            "--compare": compare, "--combine": combine, "--envelope": envelope,
            "--scheduler": scheduler is not None, "--no-refine": not refine, "--precision": precision != 0.004,
            "--past": past is not None,
            "statistics": any(v is not None for v in statistics.values()), **dark_matter,
        }  # fmt: skip
        reach_mcp(experiments, choices, masses, output, refused, common, json=json, report=report)
        return
    opt.refuse_millicharged_options(spin=spin or "dirac", light=light)
    if only := [name for name, is_given in dark_matter.items() if is_given]:
        raise ValueRangeError(f"{', '.join(only)}: only with --model {opt.LIGHT_DARK_MATTER}")
    chosen = Options(
        sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
        nuclear=nuclear, overlap=overlap, preset=preset, model=model, scheme=scheme, variation=variation,
        widths=check_widths(opt.split_names(widths) or ()), masses=parse_masses(masses or DEFAULT_MASSES),
        refine=refine, precision=precision, seed=seed, hadrons=tuple(hadrons or ()), smearing=smearing,
    )  # fmt: skip
    run = common | {
        "statistics": {k: v for k, v in statistics.items() if v is not None}, "scheduler": scheduler,
    }  # fmt: skip
    if compare:
        _compare(experiments, chosen, output, run, json=json)
        return
    joined = [kind for kind, wanted in (("combination", combine), ("envelope", envelope)) if wanted]
    _run(experiments, chosen, output, joined, run, past=past, report=report, json=json)


def _compare(
    experiments: list[str], options: Options, output: Path | None, run: dict[str, Any], *, json: bool
) -> None:
    """Measured and theory sources of one experiment in one figure."""
    from darkbeam.dilepton.compare import compare_to_files

    if len(experiments) != 1:
        raise ValueRangeError("--compare takes one experiment")
    start = time.perf_counter()
    with progress_bar(f"compare {experiments[0]}", "masses") as progress:
        compared = compare_to_files(experiments[0], output, options, progress=progress, **run)
    if json:
        pair = {"measured": compared.measured, "theory": compared.theory}
        echo_json({name: saved.result.to_dict() for name, saved in pair.items()})
        return
    for name, saved in (("measured", compared.measured), ("theory", compared.theory)):
        typer.echo(f"{name}: {_tip(saved.result)}, sources {', '.join(saved.result.sources)}")
        for note in saved.result.notes:
            typer.echo(f"note: {name}: {note}")
    typer.echo(", ".join(str(path) for path in compared.written))
    typer.echo(f"{time.perf_counter() - start:.1f} s in all")


def _run(
    experiments: list[str],
    options: Options,
    output: Path | None,
    joined: list[str],
    run: dict[str, Any],
    *,
    past: bool | None,
    report: bool,
    json: bool,
) -> None:
    """One experiment, or several with their summary."""
    from darkbeam.experiments.card_groups import GROUPS, group_names
    from darkbeam.sensitivity.files import reach_to_files, reaches_to_files, summary_to_files
    from darkbeam.sensitivity.many import expand_names

    start = time.perf_counter()
    groups = [name for name in experiments if name in GROUPS]
    names = expand_names(experiments)
    if len(names) == 1 and not joined and not past:
        with progress_bar(f"reach {names[0]}", "masses") as progress:
            saved = reach_to_files(names[0], output, options, progress=progress, **run)
        if report:
            saved = _with_report(saved)
        if json:
            echo_json(saved.result.to_dict())
        else:
            _report(saved, time.perf_counter() - start)
        return
    base = output or Path("darkbeam-out")
    behind = group_names("all-past") if past or (past is None and "all-future" in groups) else ()
    with progress_bar("reach", "masses") as progress:
        several, grey = reaches_to_files(
            names, lambda name: base / name, options, joined=joined, behind=behind, progress=progress, **run
        )
    if report:
        several = [_with_report(s) for s in several]
    stem = groups[0] if len(experiments) == 1 and groups else "summary"
    written = summary_to_files(base, stem, [s.result for s in several], grey)
    if json:
        echo_json({"results": [s.result.to_dict() for s in several]})
    else:
        _summarise(several, written, time.perf_counter() - start)


def _with_report(saved: Saved) -> Saved:
    """The same with its report written beside the contour."""
    from darkbeam.report.reach_report import write_report

    path = write_report(saved.result, saved.written[0].parent, force=True)
    return saved._replace(written=[*saved.written, path])


def _report(saved: Saved, seconds: float) -> None:
    """Print the short tables."""
    result = saved.result
    typer.echo(f"{result.experiment}: {_tip(result)}, contour at {result.threshold:.4g} events")
    tips = {n: b.max_mass_GeV for n, b in result.band.items() if n in ("lower", "upper")}
    if tips:
        text = ", ".join(f"{n} {_mass(m, result, ' GeV')}" for n, m in tips.items())
        typer.echo(f"bremsstrahlung band, mass tip: {text}")
    inside = [k for k in range(len(result.masses_GeV)) if result.epsilon_lower[k] == result.epsilon_lower[k]]
    rows = [
        [
            f"{result.masses_GeV[k]:.4g}",
            f"{result.epsilon_lower[k]:.3e}", f"{100 * result.error_lower[k]:.2f}",
            f"{result.epsilon_upper[k]:.3e}", f"{100 * result.error_upper[k]:.2f}",
            f"{result.peak_events[k]:.3g}",
        ]
        for k in inside[:: max(len(inside) // (SHOWN - 1), 1)]
    ]  # fmt: skip
    if rows:
        echo_table(["mass [GeV]", "lower eps", "+-%", "upper eps", "+-%", "peak events"], rows)
        _contributions(result)
    for note in result.notes:
        typer.echo(f"note: {note}")
    if result.card["options"]["sources"] is None and result.card["options"]["preset"] is None:
        typer.echo("note: mesons and bremsstrahlung; --sources all adds mixing, Drell-Yan and quarkonium")
    where = "from the cache" if saved.cached else f"computed in {result.seconds:.1f} s"
    typer.echo(f"{', '.join(str(p) for p in saved.written)}")
    typer.echo(f"{where}, {seconds:.1f} s in all")


def _tip(result: Reach) -> str:
    if result.max_mass_GeV is None:
        return "no region"
    return f"mass tip {_mass(result.max_mass_GeV, result, ' GeV')}"


def _mass(tip: float | None, result: Reach, unit: str = "") -> str:
    """Mass of a tip; the region may go on where the scan ends."""
    if tip is None:
        return "no region"
    return f"{'>= ' if tip >= result.masses_GeV[-1] else ''}{tip:.4g}{unit}"


def _contributions(result: Reach) -> None:
    """What each variation does, in percent."""
    from darkbeam.sensitivity.contributions import contributions_dict

    table = contributions_dict(result)
    rows = [
        [row["name"], "no region" if row["tip_GeV"] is None else _percent(row["tip_shift"])]
        + [_percent(x) for x in row["lower_shift"]]
        for row in table["rows"]
    ]
    typer.echo("shift in %: mass tip, and lower eps at a mass in GeV (monte-carlo: error)")
    echo_table(["variation", "tip", *[f"{m:.3g}" for m in table["masses_GeV"]]], rows)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.2f}" if abs(value) < 1 else f"{100 * value:+.0f}"


def _summarise(several: Sequence[Saved], written: list[Path], seconds: float) -> None:
    """Print one line for each result."""
    rows = []
    for saved in several:
        result = saved.result
        tips = [result.band[n].max_mass_GeV if n in result.band else None for n in ("lower", "upper")]
        low, high = ("-" if m is None else _mass(m, result) for m in tips)
        tip = _mass(result.max_mass_GeV, result)
        inside = [row[1] for island in result.islands for row in island]
        least = f"{min(inside):.2e}" if inside else "-"
        rows.append([result.experiment, low, tip, high, least, "cache" if saved.cached else "computed"])
    echo_table(["mass tip [GeV]", "lower", "central", "upper", "least eps", ""], rows)
    for saved in several:
        for note in saved.result.notes:
            typer.echo(f"note: {saved.result.experiment}: {note}")
    typer.echo(", ".join(str(p) for p in written))
    typer.echo(f"{seconds:.1f} s in all")
