"""What ``darkbeam reach`` does for every model whose particles are made in pairs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer

from darkbeam.cli.console import default_workers, echo_json, progress_bar
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from darkbeam.millicharged.files import Saved

__all__ = ["compute_each", "echo_notes", "echo_results", "folders_of", "refuse"]


class _Result(Protocol):
    @property
    def experiment(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def to_dict(self) -> dict[str, Any]: ...


_R = TypeVar("_R", bound=_Result)


def refuse(options: Mapping[str, bool], particles: str) -> None:
    """Refuse options that have no meaning for ``particles``; each says whether it was given.

    Raises
    ------
    ValueRangeError
    """
    if given := [name for name, is_given in options.items() if is_given]:
        raise ValueRangeError(f"{', '.join(given)}: not for {particles}")


def folders_of(names: Sequence[str], output: Path | None, model: str) -> dict[str, Path | None]:
    """Output folder of each name; None is left to the calculation."""
    base = output or Path("darkbeam-out")
    return {n: output if len(names) == 1 else base / f"{Path(n).stem}-{model}" for n in names}


def compute_each(
    folders: Mapping[str, Path | None], compute: Callable[..., Saved[_R]], run: Mapping[str, Any]
) -> tuple[list[_R], list[Path]]:
    """Results and files of all experiments, one after the other.

    Parameters
    ----------
    folders : mapping of str to Path or None
        Names or cards, see `folders_of`.
    compute : callable
        Takes a name, its folder, ``progress``, ``workers`` and what ``run`` holds.
    run : mapping
    """
    results: list[_R] = []
    written: list[Path] = []
    for name, folder in folders.items():
        with progress_bar(f"reach {name}", "masses") as progress:
            saved = compute(name, folder, progress=progress, **{"workers": default_workers(), **run})
        results.append(saved.result)
        written += saved.written
    return results, written


def echo_results(
    results: Sequence[_R],
    written: Sequence[Path],
    start: float,
    show: Callable[[Sequence[_R]], None],
    *,
    json: bool,
) -> None:
    """Print results as one JSON object, or as ``show`` does, with files and the seconds since ``start``."""
    if json:
        echo_json(results[0].to_dict() if len(results) == 1 else {"results": [r.to_dict() for r in results]})
        return
    show(results)
    typer.echo(", ".join(str(p) for p in written))
    typer.echo(f"{time.perf_counter() - start:.1f} s in all")


def echo_notes(result: _Result) -> None:
    """Print what the user should know."""
    for note in result.notes:
        typer.echo(f"note: {result.experiment}: {note}")
