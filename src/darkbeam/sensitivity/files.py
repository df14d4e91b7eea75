"""Reach calculations that end in files, served whole from the cache where they can be."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from darkbeam import cache as store
from darkbeam.output import atomic_path, prepare_directory
from darkbeam.sensitivity.many import reach_requests, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from darkbeam.sensitivity.many import Request
    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.result import Reach

__all__ = ["Saved", "reach_to_files", "reaches_to_files", "summary_to_files"]


class Saved(NamedTuple):
    """A result, its files, and whether it came from the cache."""

    result: Reach
    written: list[Path]
    cached: bool


def reach_to_files(
    experiment: str,
    folder: Path | None,
    options: Options,
    **choices: Any,  # of `reaches_to_files`
) -> Saved:
    """Compute (or find) a reach and write its tables, JSON and figure.

    Parameters
    ----------
    experiment : str
        Name or card.
    folder : Path or None
        Output folder; ``darkbeam-out/NAME`` if None.
    options : Options
    **choices
        As for `reaches_to_files`.
    """
    place = (lambda name: Path("darkbeam-out") / name) if folder is None else (lambda _: folder)
    return reaches_to_files([experiment], place, options, **choices)[0][0]


def reaches_to_files(
    experiments: Sequence[str],
    place: Callable[[str], Path],
    options: Options,
    *,
    joined: Sequence[str] = (),
    behind: Sequence[str] = (),
    force: bool = False,
    cache: bool = True,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
    **changes: Any,  # of `darkbeam.sensitivity.many.changed`
) -> tuple[list[Saved], list[Reach]]:
    """Compute (or find) several reaches together and write the files of each.

    Parameters
    ----------
    experiments : sequence of str
        Names or cards.
    place : callable
        Output folder of a name.
    options, joined, cache, workers, progress, scheduler, **changes
        As for `darkbeam.sensitivity.many.reach_many`.
    behind : sequence of str
        Experiments that are computed, as their cards say, but not written.
    force : bool
        Overwrite another card's results.

    Returns
    -------
    saved : list of Saved
        Of the experiments, then of what they are joined to.
    behind : list of Reach
    """
    wanted = requests(experiments, options, joined, **changes)
    # before the long work, so that nobody waits for a result that cannot be written
    for request in wanted:
        prepare_directory(place(request.name), request.key, force=force)
    cached = [cache and store.lookup(r.key) is not None for r in wanted]
    results = reach_requests(
        [*wanted, *requests(behind, options)],
        workers=workers,
        cache=cache,
        progress=progress,
        scheduler=scheduler,
    )
    saved = [
        Saved(result, _save(request, result, place(request.name), force=force, cache=cache), was)
        for request, result, was in zip(wanted, results, cached, strict=False)
    ]
    return saved, results[len(wanted) :]


def _save(request: Request, result: Reach, target: Path, *, force: bool, cache: bool) -> list[Path]:
    """Files of one result; its figures are kept in the cache."""
    written = result.save(target, force=force, figure=False)
    return written + store.keep_figures(request.key, target, lambda: result.save_figure(target), cache=cache)


def summary_to_files(
    folder: Path, stem: str, results: Sequence[Reach], behind: Sequence[Reach]
) -> list[Path]:
    """Figures of several experiments, ``STEM`` and ``STEM-bremsstrahlung``, and their table ``STEM.csv``."""
    from darkbeam.plotting.summary import draw_bremsstrahlung, draw_summary, save_figure  # matplotlib is slow

    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{stem}.csv"
    with atomic_path(table) as part:
        part.write_text(_table(results), encoding="utf-8")
    written = [table, *save_figure(lambda: draw_summary(results, behind), folder, stem)]
    if any("upper" in r.band for r in results):
        written += save_figure(lambda: draw_bremsstrahlung(results, behind), folder, f"{stem}-bremsstrahlung")
    return written


def _table(results: Sequence[Reach]) -> str:
    """Mass tips and the smallest coupling of each experiment; an empty cell stands for "no region"."""
    text = io.StringIO()
    text.write("# mass tip with lower, central and upper bremsstrahlung; smallest coupling and its mass\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["experiment", "tip_lower_GeV", "tip_GeV", "tip_upper_GeV", "least_epsilon", "mass_GeV"])
    for r in results:
        tips = [r.band[n].max_mass_GeV if n in r.band else None for n in ("lower", "upper")]
        least: list[float | None] = [None, None]
        if np.any(np.isfinite(r.epsilon_lower)):
            k = int(np.nanargmin(r.epsilon_lower))
            least = [float(r.epsilon_lower[k]), float(r.masses_GeV[k])]
        row = [tips[0], r.max_mass_GeV, tips[1], *least]
        writer.writerow([r.experiment, *["" if x is None else f"{x:.5g}" for x in row]])
    return text.getvalue()
