"""``darkbeam reach --model light-dark-matter``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from darkbeam.cli.console import default_workers, echo_json, echo_table, progress_bar
from darkbeam.cli.options import LIGHT_DARK_MATTER
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from darkbeam.light_dark_matter.result import DarkMatterReach

__all__ = ["DEFAULT_MASSES", "reach_ldm"]

DEFAULT_MASSES = "0.001:1:40"
SHOWN = 8
"""Masses in the printed table."""


def reach_ldm(
    experiments: Sequence[str],
    choices: Mapping[str, Any],
    masses: str | None,
    output: Path | None,
    refused: Mapping[str, bool],
    run: Mapping[str, Any],
    *,
    axis: str = "y",
    json: bool,
) -> None:
    """Compute and print the reach for light dark matter.

    Parameters
    ----------
    experiments : sequence of str
        Names or cards.
    choices : mapping
        Fields of `darkbeam.light_dark_matter.reach.DarkMatterOptions`.
    masses : str or None
        LO:HI:N in GeV.
    output : Path or None
    refused : mapping of str to bool
        Options that have no meaning here, and whether they were given.
    run : mapping
        Further arguments of `darkbeam.light_dark_matter.files.reach_dark_matter_to_files`.
    axis : {"y", "epsilon"}
        Of the figure.
    json : bool
    """
    from darkbeam.light_dark_matter.files import reach_dark_matter_to_files
    from darkbeam.light_dark_matter.reach import DarkMatterOptions
    from darkbeam.sensitivity.masses import parse_masses

    if given := [name for name, is_given in refused.items() if is_given]:
        raise ValueRangeError(f"{', '.join(given)}: not for light dark matter")
    start = time.perf_counter()
    options = DarkMatterOptions(**choices, masses=parse_masses(masses or DEFAULT_MASSES))
    base = output or Path("darkbeam-out")
    results: list[DarkMatterReach] = []
    written: list[Path] = []
    for name in dict.fromkeys(experiments):
        folder = output if len(experiments) == 1 else base / f"{Path(name).stem}-{LIGHT_DARK_MATTER}"
        with progress_bar(f"reach {name}", "masses") as progress:
            saved = reach_dark_matter_to_files(
                name, folder, options, axis=axis, progress=progress, **{"workers": default_workers(), **run}
            )
        results.append(saved.result)
        written += saved.written
    if json:
        echo_json(results[0].to_dict() if len(results) == 1 else {"results": [r.to_dict() for r in results]})
        return
    for r in results:
        _print(r)
    typer.echo(", ".join(str(p) for p in written))
    typer.echo(f"{time.perf_counter() - start:.1f} s in all")


def _print(result: DarkMatterReach) -> None:
    """Short table and notes of one search."""
    m = result.model
    typer.echo(
        f"{result.experiment}: {m.spin}, alpha_D = {m.alpha_d:g}, m_A' = {m.ratio:g} m_chi, contour at "
        f"{result.threshold:.4g} events"
    )
    inside = [k for k, seen in enumerate(result.epsilon < 1.0) if seen]
    rows = []
    for k in inside[:: max(len(inside) // (SHOWN - 1), 1)]:
        share, first = max((float(s[k]), name) for name, s in result.shares.items())
        rows.append([
            f"{result.masses_GeV[k]:.4g}", f"{result.epsilon[k]:.3e}", f"{100 * result.error[k]:.1f}",
            f"{result.y[k]:.3e}", f"{first} {100 * share:.0f} %",
        ])  # fmt: skip
    if rows:
        echo_table(["mass [GeV]", "epsilon", "+-%", "y", "first source"], rows)
    for note in result.notes:
        typer.echo(f"note: {result.experiment}: {note}")
