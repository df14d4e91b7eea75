"""The reach from measured pairs beside that of the theory sources: two contours, a table and the figure.

Both contours use the same experiment, decays, masses and seed; they differ in the sources alone.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.model_file import load_model
from darkbeam.dilepton.named import MOCK_NAME, PREFIX, is_measured, measured_file
from darkbeam.errors import ValueRangeError
from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from darkbeam.sensitivity.files import Saved
    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.result import Reach

__all__ = ["Compared", "compare_to_files", "comparison_csv"]


@dataclass(frozen=True)
class Compared:
    """Results of both source sets, and the files of the comparison."""

    measured: Saved
    theory: Saved
    written: list[Path]


def split_sources(names: tuple[str, ...] | None) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Measured sources and theory sources among names; the shipped mock, and the default, if there are none.

    Examples
    --------
    >>> split_sources(("dilepton:my.npz", "meson"))
    (('dilepton:my.npz',), ('meson',))
    """
    chosen = names or ()
    measured = tuple(n for n in chosen if is_measured(n))
    theory = tuple(n for n in chosen if not is_measured(n))
    return measured or (f"{PREFIX}{MOCK_NAME}",), theory or None


def compare_to_files(experiment: str, folder: Path | None, options: Options, **run: Any) -> Compared:
    """Compute both contours and write them, ``compare.csv``, ``compare.png`` and ``compare.pdf``.

    Parameters
    ----------
    experiment : str
        Name or card.
    folder : Path or None
        ``darkbeam-out/NAME-compare`` if None; the contours go to ``measured`` and ``theory`` in it.
    options : Options
        Measured and theory sources are told apart by name; without a measured one the shipped mock is taken.
    **run
        As for `darkbeam.sensitivity.files.reach_to_files`.

    Raises
    ------
    ValueRangeError
        With a preset, which fixes the sources.
    """
    from darkbeam.plotting.dilepton import draw_comparison  # matplotlib is slow
    from darkbeam.plotting.style import save_figure
    from darkbeam.sensitivity.files import reach_to_files

    if options.preset is not None:
        raise ValueRangeError("a comparison chooses its sources itself; leave --preset out")
    measured, theory = split_sources(options.sources)
    base = folder or Path("darkbeam-out") / f"{Path(experiment).stem}-compare"
    found = reach_to_files(experiment, base / "measured", replace(options, sources=measured), **run)
    other = reach_to_files(experiment, base / "theory", replace(options, sources=theory), **run)
    table = base / "compare.csv"
    with atomic_path(table) as part:
        part.write_text(comparison_csv(found.result, other.result), encoding="utf-8")
    label, start = label_of(measured), data_from(measured)
    written = [
        table,
        *save_figure(lambda: draw_comparison(found.result, other.result, label, start), base, "compare"),
    ]
    return Compared(found, other, written)


def label_of(names: tuple[str, ...]) -> str:
    """Legend of the measured contour; the mock is called one."""
    if names == (f"{PREFIX}{MOCK_NAME}",):
        return "from lepton pairs (mock data)"
    return f"from lepton pairs ({', '.join(Path(n.removeprefix(PREFIX)).stem for n in names)})"


def data_from(names: tuple[str, ...]) -> float:
    """Mass (GeV) from which the measured sources rest on pairs, below it on their analytic part."""
    return min(load_model(measured_file(n)).spectrum.support[0] for n in names)


def comparison_csv(measured: Reach, theory: Reach) -> str:
    """Edges of both contours at the masses of the measured one, with its error in ln epsilon."""
    from darkbeam.plotting.dilepton import at_masses, measured_band

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("lower", "upper")
    head = ["mass_GeV", *(f"measured_{n}" for n in names), *(f"measured_{n}_error" for n in names)]
    writer.writerow([*head, *(f"theory_{n}" for n in names)])
    sigma = measured_band(measured)
    columns = [measured.epsilon_lower, measured.epsilon_upper, *sigma]
    columns += [at_masses(measured.masses_GeV, theory, getattr(theory, f"epsilon_{n}")) for n in names]
    for mass, *row in zip(measured.masses_GeV, *columns, strict=True):
        writer.writerow([f"{mass:.6g}", *("" if not np.isfinite(x) else f"{x:.5g}" for x in row)])
    return text.getvalue()
