"""``darkbeam reach --model light-dark-matter``."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from darkbeam.cli.console import echo_table
from darkbeam.cli.options import LIGHT_DARK_MATTER
from darkbeam.cli.reach_pairs import compute_each, echo_notes, echo_results, folders_of, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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

    refuse(refused, "light dark matter")
    start = time.perf_counter()
    options = DarkMatterOptions(**choices, masses=parse_masses(masses or DEFAULT_MASSES))
    folders = folders_of(list(dict.fromkeys(experiments)), output, LIGHT_DARK_MATTER)
    compute = partial(reach_dark_matter_to_files, options=options, axis=axis)
    results, written = compute_each(folders, compute, run)
    echo_results(results, written, start, _print, json=json)


def _print(results: Sequence[DarkMatterReach]) -> None:
    """Short table and notes of each search."""
    for r in results:
        _print_one(r)


def _print_one(result: DarkMatterReach) -> None:
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
    echo_notes(result)
