"""Files of a check: JSON, a table of the mass bins, and two figures."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from darkbeam.errors import OutputError
from darkbeam.output import atomic_path, dump_json
from darkbeam.rng import stream

if TYPE_CHECKING:
    from pathlib import Path

    from darkbeam.dilepton.check import CheckResult
    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.sample import DileptonSample

__all__ = ["check_to_files"]


def check_to_files(
    result: CheckResult, model: KinematicModel, data: DileptonSample, folder: Path, seed: int = 1
) -> list[Path]:
    """Write ``check.json``, ``check.csv``, ``check.png|pdf`` and ``slices.png|pdf``.

    Parameters
    ----------
    result : CheckResult
    model : KinematicModel
    data : DileptonSample
        The pairs that the model was compared with.
    folder : Path
    seed : int

    Raises
    ------
    OutputError
    """
    from darkbeam.plotting.dilepton import draw_check, draw_slices  # matplotlib is slow
    from darkbeam.plotting.style import save_figure

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {folder}: {error.strerror}") from error
    numbers = result.to_json()
    text = io.StringIO()
    writer = csv.DictWriter(text, list(numbers["mass_bins"][0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(numbers["mass_bins"])
    written = []
    for name, content in (("check.json", dump_json(numbers) + "\n"), ("check.csv", text.getvalue())):
        with atomic_path(folder / name) as part:
            part.write_text(content, encoding="utf-8")
        written.append(folder / name)
    rng = stream(seed, "dilepton/slices")
    written += save_figure(lambda: draw_check(numbers), folder, "check")
    return written + save_figure(lambda: draw_slices(model, data, rng), folder, "slices")
