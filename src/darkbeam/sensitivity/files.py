"""A reach calculation that ends in files, served whole from the cache where it can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darkbeam import cache as store
from darkbeam.output import copy_whole, prepare_directory
from darkbeam.sensitivity import api

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.result import Reach

__all__ = ["reach_to_files"]

FIGURES = ("reach.png", "reach.pdf")


def reach_to_files(
    experiment: str,
    folder: Path | None,
    options: Options,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    events: float | None = None,
    force: bool = False,
    cache: bool = True,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Reach, list[Path], bool]:
    """Compute (or find) a reach and write its table, JSON and figure.

    Parameters
    ----------
    experiment : str
        Name or card.
    folder : Path or None
        Output folder; ``darkbeam-out/NAME`` if None.
    options, pot, lumi_fb, events, workers, progress
        As for `darkbeam.reach`.
    force : bool
        Overwrite another card's results.
    cache : bool
        Use and fill the cache.

    Returns
    -------
    result : Reach
    written : list of Path
    cached : bool
        Whether the result came from the cache.
    """
    chosen, _, card = api.prepare(experiment, options, pot=pot, lumi_fb=lumi_fb, events=events)
    key = store.card_hash(card)
    target = folder or Path("darkbeam-out") / chosen.name
    # before the long work, so that nobody waits for a result that cannot be written
    prepare_directory(target, key, force=force)
    cached = cache and store.lookup(key) is not None
    result = api.reach(
        chosen, options=options, cache=cache, workers=workers, progress=progress,
    )  # fmt: skip
    written = result.save(target, force=force, figure=False)
    entry = store.lookup(key) if cache else None
    if entry is not None and all((entry / name).is_file() for name in FIGURES):
        for name in FIGURES:
            copy_whole(entry / name, target / name)
            written.append(target / name)
        return result, written, cached
    figures = result.save_figure(target)
    if entry is not None:
        for figure in figures:
            copy_whole(figure, entry / figure.name)
    return result, written + figures, cached
