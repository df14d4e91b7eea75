"""Folders that a batch system can run as they are.

    card.json    what is computed            job.sh       one job: darkbeam batch run
    jobs.txt     chunks and part of each job  parts/       what the jobs write
    submit.sub   for HTCondor, or            slurm.sh     for Slurm (an array job)

Jobs know nothing of each other.  The command is ``darkbeam`` on the path of the worker machine; set DARKBEAM to
another one, e.g. ``/path/to/venv/bin/darkbeam`` or ``singularity exec image.sif darkbeam``.  Files of the user that are
named by a relative path are copied into the folder; those with an absolute path must be visible to the jobs.
"""

from __future__ import annotations

import shutil
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from darkbeam.batch.card import job_ranges, read_card, write_card
from darkbeam.cache import card_hash
from darkbeam.errors import OutputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darkbeam.batch.card import Task

__all__ = ["CARD", "JOBS", "PARTS", "SYSTEMS", "job_lines", "write_batch"]

CARD, JOBS, PARTS = "card.json", "jobs.txt", "parts"

_JOB = """#!/bin/sh
# one job: job.sh CHUNKS PART
set -eu
${DARKBEAM:-darkbeam} batch run card.json --chunk "$1" -o "$2"
"""

_CONDOR = """# condor_submit submit.sub
universe = vanilla
executable = job.sh
arguments = $(chunks) $(part)
getenv = DARKBEAM
should_transfer_files = YES
when_to_transfer_output = ON_EXIT
preserve_relative_paths = True
transfer_input_files = @INPUTS@
transfer_output_files = $(part)
transfer_output_remaps = "$(part)=parts/$(part)"
output = logs/$(part).out
error = logs/$(part).err
log = logs/condor.log
request_cpus = 1
request_memory = 2 GB
max_retries = 3
@LINES@queue chunks, part from jobs.txt
"""

_SLURM = """#!/bin/sh
# sbatch slurm.sh, from this folder
#SBATCH --job-name=darkbeam
#SBATCH --array=1-@JOBS@
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --output=logs/%a.out
#SBATCH --requeue
@LINES@set -eu
# Slurm runs a copy of this script from its spool directory: the folder is where sbatch was called
cd "${SLURM_SUBMIT_DIR:?}"
line=$(sed -n "${SLURM_ARRAY_TASK_ID:?}p" jobs.txt)
exec sh job.sh "${line%% *}" "parts/${line##* }"
"""


def _condor(folder: Path, inputs: Sequence[str], lines: Sequence[str]) -> Path:
    text = _CONDOR.replace("@INPUTS@", ", ".join([CARD, *inputs]))
    path = folder / "submit.sub"
    path.write_text(text.replace("@LINES@", "".join(f"{line}\n" for line in lines)), encoding="utf-8")
    return path


def _slurm(folder: Path, _inputs: Sequence[str], lines: Sequence[str]) -> Path:
    jobs = len((folder / JOBS).read_text(encoding="utf-8").splitlines())
    text = _SLURM.replace("@JOBS@", str(jobs))
    path = folder / "slurm.sh"
    path.write_text(text.replace("@LINES@", "".join(f"#SBATCH {line}\n" for line in lines)), encoding="utf-8")
    return path


SYSTEMS = {"condor": _condor, "slurm": _slurm}
"""Writer of the submit file of each batch system."""


def write_batch(
    task: Task, system: str, folder: Path, jobs: int, lines: Sequence[str] = (), *, force: bool = False
) -> Path:
    """Write the folder of a batch.

    Parameters
    ----------
    task : Task
    system : {"condor", "slurm"}
    folder : Path
        Made if needed.
    jobs : int
        At most one per chunk.
    lines : sequence of str
        Further settings of the site: ``KEY = VALUE`` for HTCondor, ``--option=value`` for Slurm.
    force : bool
        Overwrite the folder of another calculation, and remove its parts.

    Returns
    -------
    Path
        The submit file.
    """
    if system not in SYSTEMS:
        raise UnknownNameError("batch system", system, SYSTEMS)
    ranges = job_ranges(task.n_chunks, jobs)
    inputs = _checked_inputs(task.inputs)
    _prepare(folder, task, force=force)
    width = len(str(task.n_chunks))
    rows = [f"{r.start}:{r.stop} {r.start:0{width}}-{r.stop:0{width}}{task.suffix}" for r in ranges]
    try:
        for name in inputs:
            _copy(Path(name), folder / name)
        write_card(task, folder / CARD)
        (folder / JOBS).write_text("\n".join(rows) + "\n", encoding="utf-8")
        script = folder / "job.sh"
        script.write_text(_JOB, encoding="utf-8")
        script.chmod(0o755)
        return SYSTEMS[system](folder, inputs, lines)
    except OSError as error:
        raise OutputError(f"cannot write into {folder}: {error.strerror}") from error


def _copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder of them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def _checked_inputs(names: Sequence[str]) -> list[str]:
    """Files to copy: those named by a relative path below this directory."""
    relative = [name for name in names if not PurePath(name).is_absolute()]
    for name in relative:
        if ".." in PurePath(name).parts:
            raise OutputError(f"{name} lies outside this directory; name it by its absolute path in a batch")
    return relative


def _prepare(folder: Path, task: Task, *, force: bool) -> None:
    """Make the folder; one that holds another calculation is refused unless ``force``."""
    old = folder / CARD
    if old.exists() and card_hash(read_card(old).card) != card_hash(task.card):
        if not force:
            raise OutputError(f"{folder} holds another calculation; give --force to overwrite, or -o DIR")
        shutil.rmtree(folder / PARTS, ignore_errors=True)
    try:
        for name in (PARTS, "logs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {folder}: {error.strerror}") from error


def job_lines(folder: Path) -> list[tuple[str, str]]:
    """(chunks, part) of each job of a folder."""
    text = (folder / JOBS).read_text(encoding="utf-8")
    return [(row.split()[0], row.split()[1]) for row in text.splitlines()]
