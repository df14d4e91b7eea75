"""``darkbeam cite``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from darkbeam.cli import options as opt
from darkbeam.errors import OutputError

__all__ = ["cite"]

CONTOUR = "contour.json"


def cite(
    target: Annotated[
        str,
        typer.Argument(
            help="A contour.json, the folder that holds it, an experiment, or a TOML card.",
            metavar="FILE|EXPERIMENT",
        ),
    ],
    sources: opt.Sources = None,
    brem: opt.Brem = None,
    model: opt.Model = "dark-photon",
) -> None:
    """BibTeX of the formulas, fits and data behind a result."""
    from darkbeam.citations import bibliography, stored_card  # slow to import

    path = Path(target)
    if path.is_dir():
        path = path / CONTOUR
    if path.suffix == ".json":
        card = stored_card(path)
    elif path.suffix and path.suffix != ".toml":
        raise OutputError(
            f"{target} does not say what it was made from: give {CONTOUR}, an experiment or a TOML card"
        )
    else:
        card = _card(target, opt.split_names(sources), brem, model)
    typer.echo(bibliography(card), nl=False)


def _card(experiment: str, sources: tuple[str, ...] | None, brem: str | None, model: str) -> dict[str, Any]:
    """Card of the result that `darkbeam reach` would compute."""
    if model == opt.MILLICHARGED:
        from darkbeam.millicharged.reach import McpOptions
        from darkbeam.millicharged.reach import prepare as prepare_mcp

        return prepare_mcp(experiment, McpOptions(sources=sources, brem=brem))[2]
    from darkbeam.sensitivity.api import prepare
    from darkbeam.sensitivity.options import Options

    return prepare(experiment, Options(sources=sources, brem=brem, model=model))[2]
