"""``darkbeam cite``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from darkbeam.cli import options as opt

__all__ = ["cite"]


def cite(
    target: Annotated[
        str, typer.Argument(help="A contour.json, or an experiment.", metavar="FILE|EXPERIMENT")
    ],
    sources: opt.Sources = None,
    brem: opt.Brem = None,
) -> None:
    """BibTeX of the formulas, fits and data behind a result."""
    from darkbeam.citations import bibliography  # slow to import
    from darkbeam.sensitivity.api import prepare
    from darkbeam.sensitivity.options import Options
    from darkbeam.sensitivity.result import Reach

    if Path(target).suffix == ".json":
        card = Reach.load(target).card
    else:
        card = prepare(target, Options(sources=opt.split_names(sources), brem=brem))[2]
    typer.echo(bibliography(card), nl=False)
