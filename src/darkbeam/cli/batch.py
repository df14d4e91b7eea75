"""``darkbeam batch``: one calculation as many jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from darkbeam.cli import options as opt
from darkbeam.cli.console import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.batch.card import Task

__all__ = ["app"]

app = typer.Typer(
    help="Large scans on a batch system: write the jobs, run one, assemble the result.", no_args_is_help=True
)
app.callback()(lambda: None)

Jobs = Annotated[int, typer.Option("--jobs", help="Number of jobs (at most one per chunk).")]
Folder = Annotated[Path, typer.Option("-o", "--output", help="Folder of the batch.", metavar="DIR")]
Lines = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Line for the submit file: 'KEY = VALUE' (HTCondor), '--option=value' (Slurm)."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite another calculation.")]


@app.command("run")
def run(
    card: Annotated[Path, typer.Argument(help="card.json of a batch.", metavar="CARD")],
    chunk: Annotated[str, typer.Option("--chunk", help="Chunks I:J, without J.", metavar="I:J")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File of this part.", metavar="PART")],
    workers: Annotated[int, typer.Option("--workers", help="Processes.")] = 1,
) -> None:
    """Compute some chunks of a batch."""
    from darkbeam.batch.run import run_chunks  # slow to import

    with progress_bar(f"chunks {chunk}", "chunks") as progress:
        done = run_chunks(card, chunk, output, workers=workers, progress=progress)
    typer.echo(f"{output}: chunks {done.start}:{done.stop}")


@app.command("collect")
def collect(
    folder: Annotated[Path, typer.Argument(help="Folder of a batch.", metavar="DIR")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder (reach) or FILE (events); default: in DIR.")
    ] = None,
    force: Force = False,
) -> None:
    """Assemble the result of a batch; says which chunks are missing."""
    from darkbeam.batch.run import collect as assemble  # slow to import

    for path in assemble(folder, output, force=force):
        typer.echo(str(path))


def _reach_command(system: str) -> Callable[..., None]:
    def reach(
        experiment: Annotated[str, typer.Argument(help="Name, or a TOML card.", metavar="EXPERIMENT")],
        jobs: Jobs,
        output: Folder,
        sources: opt.Sources = None,
        brem: opt.Brem = None,
        form_factors: opt.FormFactors = None,
        normalisation: opt.Normalisation = None,
        nuclear: opt.Nuclear = None,
        overlap: opt.Overlap = None,
        preset: opt.Preset = None,
        model: opt.Model = "dark-photon",
        scheme: opt.Scheme = "default",
        variation: Annotated[
            str,
            typer.Option(
                "--variation", help="band, full (with generators), central, lower, upper or a name."
            ),
        ] = "band",
        widths: Annotated[
            str, typer.Option("--widths", help="Variations of the decay width: default, none, all or names.")
        ] = "default",
        masses: Annotated[str, typer.Option("--masses", help="LO:HI:N in GeV.")] = "0.01:3:60",
        refine: Annotated[
            bool, typer.Option("--refine/--no-refine", help="Add masses at thresholds, resonances and tips.")
        ] = True,
        pot: opt.Pot = None,
        lumi: opt.Lumi = None,
        events: Annotated[
            float | None, typer.Option("--events", help="Events that make the contour.")
        ] = None,
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
        precision: Annotated[
            float, typer.Option("--precision", help="Relative error of epsilon on the lower edge to aim at.")
        ] = 0.004,
        seed: opt.Seed = 1,
        lines: Lines = None,
        force: Force = False,
    ) -> None:
        """Write the jobs of a reach scan."""
        from darkbeam.batch.reach import ReachTask  # slow to import
        from darkbeam.sensitivity.masses import parse_masses
        from darkbeam.sensitivity.options import Options
        from darkbeam.sensitivity.widths import check_widths

        chosen = Options(
            sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
            nuclear=nuclear, overlap=overlap, preset=preset, model=model, scheme=scheme, variation=variation,
            widths=check_widths(opt.split_names(widths) or ()), masses=parse_masses(masses), refine=refine,
            precision=precision, seed=seed,
        )  # fmt: skip
        given = {
            "method": stat_method, "confidence_level": confidence_level, "background": background,
            "observed": observed, "signal_error": signal_error,
        }  # fmt: skip
        statistics = {k: v for k, v in given.items() if v is not None}
        task = ReachTask.make(experiment, chosen, pot=pot, lumi_fb=lumi, events=events, statistics=statistics)
        _write(task, system, output, jobs, lines, force=force)

    return reach


def _events_command(system: str) -> Callable[..., None]:
    def events(
        experiment: Annotated[str, typer.Argument(help="Name, or a TOML card.", metavar="EXPERIMENT")],
        mass: Annotated[
            str, typer.Option("--mass", help="GeV: one, a list A,B,..., or LO:HI:N.", metavar="M")
        ],
        jobs: Jobs,
        output: Folder,
        epsilon: Annotated[
            str | None,
            typer.Option("--epsilon", help="Kinetic mixing: one, a list, or LO:HI:N.", metavar="E"),
        ] = None,
        ctau: Annotated[
            float | None,
            typer.Option(
                "--ctau", help="Proper decay length in m; production then still goes with --epsilon."
            ),
        ] = None,
        n: Annotated[int, typer.Option("-n", help="Events written for each mass and coupling.")] = 1000,
        select: Annotated[
            str, typer.Option("--select", help="Write decays that pass: full, geometry, or none (all).")
        ] = "full",
        weighted: Annotated[
            bool, typer.Option("--weighted/--unweighted", help="Weights that serve every variation.")
        ] = False,
        channels: Annotated[
            str | None, typer.Option("--channels", help="Comma-separated, 'hadrons' or 'all'.")
        ] = None,
        sources: opt.Sources = None,
        brem: opt.Brem = None,
        form_factors: opt.FormFactors = None,
        normalisation: opt.Normalisation = None,
        nuclear: opt.Nuclear = None,
        overlap: opt.Overlap = None,
        preset: opt.Preset = None,
        model: opt.Model = "dark-photon",
        scheme: opt.Scheme = "default",
        pot: opt.Pot = None,
        lumi: opt.Lumi = None,
        hadrons: Annotated[
            list[Path] | None, typer.Option("--hadrons", help="Decays made elsewhere (repeat, or a folder).")
        ] = None,
        pythia: Annotated[
            str, typer.Option("--pythia", help="Hadronise on the fly: on, off (stored decays), auto.")
        ] = "auto",
        ks_in_flight: Annotated[
            bool, typer.Option("--ks-in-flight", help="Let K_S and hyperons decay where they fly to.")
        ] = False,
        pdg: Annotated[int, typer.Option("--pdg", help="PDG id of the dark photon.")] = 4900022,
        seed: opt.Seed = 1,
        lines: Lines = None,
        force: Force = False,
    ) -> None:
        """Write the jobs of an event run."""
        from darkbeam.batch.events import EventsTask  # slow to import
        from darkbeam.cli.events import numbers
        from darkbeam.events import EventRun, EventSettings
        from darkbeam.sensitivity.options import Options

        files = tuple(map(str, hadrons or ()))
        settings = EventSettings(
            n, select, weighted, opt.split_names(channels), files, pythia, ks_in_flight, pdg
        )
        chosen = Options(
            sources=opt.split_names(sources), brem=brem, form_factors=form_factors, normalisation=normalisation,
            nuclear=nuclear, overlap=overlap, preset=preset, model=model, scheme=scheme, seed=seed,
        )  # fmt: skip
        couplings: list[float | None] = [None] if epsilon is None else [*numbers(epsilon, "--epsilon")]
        planned = EventRun.plan(
            experiment, numbers(mass, "--mass"), couplings, settings, ctau=ctau, pot=pot, lumi_fb=lumi,
            options=chosen,
        )  # fmt: skip
        for note in planned.notes:
            typer.echo(f"note: {note}")
        _write(EventsTask(planned), system, output, jobs, lines, force=force)

    return events


def _write(task: Task, system: str, folder: Path, jobs: int, lines: list[str] | None, *, force: bool) -> None:
    """Write the folder and say what to do with it."""
    from darkbeam.batch.submit import job_lines, write_batch  # slow to import

    submit = write_batch(task, system, folder, jobs, lines or (), force=force)
    send = {"condor": "condor_submit", "slurm": "sbatch"}[system]
    typer.echo(f"{folder}: {task.n_chunks} chunks in {len(job_lines(folder))} jobs")
    typer.echo(f"(cd {folder} && {send} {submit.name})")
    typer.echo(f"then: darkbeam batch collect {folder}")


for _system, _title in (("condor", "HTCondor"), ("slurm", "Slurm")):
    _group = typer.Typer(help=f"Write a folder for {_title}.", no_args_is_help=True)
    _group.callback()(lambda: None)
    _group.command("reach")(_reach_command(_system))
    _group.command("events")(_events_command(_system))
    app.add_typer(_group, name=_system)
