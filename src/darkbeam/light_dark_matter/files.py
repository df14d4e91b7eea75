"""Reach calculations for light dark matter that end in files: tables, JSON, figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam import cache as store
from darkbeam.errors import UnknownNameError
from darkbeam.millicharged.files import Saved
from darkbeam.output import prepare_directory

from .card import load_dark_matter_search
from .prepare import prepare
from .reach import reach_light_dark_matter

if TYPE_CHECKING:
    from collections.abc import Callable

    from .prepare import DarkMatterOptions
    from .result import DarkMatterReach

__all__ = ["AXES", "reach_dark_matter_to_files"]

AXES = ("y", "epsilon")
"""What the figure shows against the mass, the default first."""


def reach_dark_matter_to_files(
    search: str,
    folder: Path | None,
    options: DarkMatterOptions,
    *,
    axis: str = "y",
    force: bool = False,
    cache: bool = True,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,  # pot, lumi_fb, events, statistics
) -> Saved[DarkMatterReach]:
    """Compute (or find) a reach and write its table, JSON and figure.

    Parameters
    ----------
    search : str
        Name or card.
    folder : Path or None
        Output folder; ``darkbeam-out/NAME-light-dark-matter`` if None.
    options : DarkMatterOptions
    axis : {"y", "epsilon"}
        Of the figure.
    force : bool
        Overwrite another card's results.
    cache, workers, progress, **changes
        As for `darkbeam.light_dark_matter.reach.reach_light_dark_matter`.

    Raises
    ------
    DarkbeamError
        A named error for anything that the caller can cause.
    """
    if axis not in AXES:
        raise UnknownNameError("axis", axis, AXES)
    target = folder or Path("darkbeam-out") / f"{load_dark_matter_search(search).name}-light-dark-matter"
    # before the long work, so that nobody waits for a result that cannot be written
    prepare_directory(target, store.card_hash(prepare(search, options, **changes)[1]), force=force)
    result = reach_light_dark_matter(
        search, options=options, cache=cache, workers=workers, progress=progress, **changes
    )
    from darkbeam.plotting.light_dark_matter import draw_dark_matter_reach, save_figure  # matplotlib is slow

    written = result.save(target, force=force)
    return Saved(result, written + save_figure(lambda: draw_dark_matter_reach(result, axis), target, "reach"))
