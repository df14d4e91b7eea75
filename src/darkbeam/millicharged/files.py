"""Reach calculations for millicharged particles that end in files: tables, JSON, figures."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from darkbeam import cache as store
from darkbeam.output import atomic_path, prepare_directory

from .card import ALL, card_names, load_mcp_experiment
from .prepare import prepare
from .reach import reach_millicharged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from darkbeam.sensitivity.result import Reach

    from .prepare import McpOptions

__all__ = ["Saved", "check_mcp_target", "expand_mcp_names", "reach_mcp_to_files", "summary_mcp_to_files"]

R = TypeVar("R")


class Saved(NamedTuple, Generic[R]):
    """A result and its files."""

    result: R
    written: list[Path]


def expand_mcp_names(names: Sequence[str]) -> list[str]:
    """Names with ``all-mcp`` spelled out, each once.

    Examples
    --------
    >>> "FORMOSA" in expand_mcp_names(["all-mcp"])
    True
    """
    return list(dict.fromkeys(n for name in names for n in (card_names() if name == ALL else (name,))))


def reach_mcp_to_files(
    experiment: str,
    folder: Path | None,
    options: McpOptions,
    *,
    force: bool = False,
    cache: bool = True,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,  # pot, lumi_fb, events
) -> Saved[Reach]:
    """Compute (or find) a reach and write its tables, JSON and figure.

    Parameters
    ----------
    experiment : str
        Name or card.
    folder : Path or None
        Output folder; ``darkbeam-out/NAME-millicharged`` if None.
    options : McpOptions
    force : bool
        Overwrite another card's results.
    cache, workers, progress, **changes
        As for `darkbeam.millicharged.reach.reach_millicharged`.
    """
    target = check_mcp_target(experiment, folder, options, force=force, **changes)
    result = reach_millicharged(
        experiment, options=options, cache=cache, workers=workers, progress=progress, **changes
    )
    written = result.save(target, force=force, figure=False)
    figures = store.keep_figures(
        store.card_hash(result.card), target, lambda: _draw(result, target), cache=cache
    )
    return Saved(result, written + figures)


def _draw(result: Reach, target: Path) -> list[Path]:
    from darkbeam.plotting.millicharged import draw_mcp_reach, save_figure  # matplotlib is slow to import

    return save_figure(lambda: draw_mcp_reach(result), target, "reach")


def check_mcp_target(
    experiment: str, folder: Path | None, options: McpOptions, *, force: bool = False, **changes: Any
) -> Path:
    """Folder of a result; refuses what cannot be computed or written, before the long work.

    Parameters
    ----------
    experiment, folder, options, force, **changes
        As for `reach_mcp_to_files`.
    """
    target = folder or Path("darkbeam-out") / f"{load_mcp_experiment(experiment).name}-millicharged"
    key = store.card_hash(prepare(experiment, options, **changes)[2])
    prepare_directory(target, key, force=force)
    return target


def summary_mcp_to_files(folder: Path, stem: str, results: Sequence[Reach]) -> list[Path]:
    """Figure of bounds and projections, ``STEM``, and its table ``STEM.csv``."""
    from darkbeam.plotting.millicharged import draw_mcp_summary, save_figure  # matplotlib is slow to import

    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{stem}.csv"
    with atomic_path(table) as part:
        part.write_text(_table(results), encoding="utf-8")
    return [table, *save_figure(lambda: draw_mcp_summary(results), folder, stem)]


def _table(results: Sequence[Reach]) -> str:
    """Smallest charge of each experiment and the largest mass; an empty cell stands for "no region"."""
    text = io.StringIO()
    text.write("# smallest charge epsilon = Q/e that is seen, its mass, and the largest mass with a region\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["experiment", "status", "least_epsilon", "mass_GeV", "largest_mass_GeV"])
    for r in results:
        row: list[float | None] = [None, None, r.max_mass_GeV]
        if np.any(np.isfinite(r.epsilon_lower)):
            k = int(np.nanargmin(r.epsilon_lower))
            row[:2] = [float(r.epsilon_lower[k]), float(r.masses_GeV[k])]
        status = r.card["experiment"]["status"]
        writer.writerow([r.experiment, status, *["" if x is None else f"{x:.5g}" for x in row]])
    return text.getvalue()
