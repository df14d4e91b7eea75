"""Running several comparisons, on one or several processes."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from darkbeam.errors import DarkbeamError, UnknownNameError
from darkbeam.validation.cases import CASES
from darkbeam.validation.compare import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from darkbeam.validation.cases import Case
    from darkbeam.validation.compare import Comparison
    from darkbeam.validation.curve import PublishedCurve
    from darkbeam.validation.millicharged import McpComparison
    from darkbeam.validation.millicharged_case import McpCase

__all__ = ["run_cases", "run_mcp_cases", "select_cases", "select_mcp_cases"]


_C = TypeVar("_C", bound="PublishedCurve")
_R = TypeVar("_R")


def select_cases(words: Sequence[str]) -> list[Case]:
    """Cases whose name contains one of the words, case ignored; all of them without words.

    Raises
    ------
    UnknownNameError
        If a word is in no name.
    """
    return _select(words, CASES)


def select_mcp_cases(words: Sequence[str]) -> list[McpCase]:
    """Cases of millicharged particles, as `select_cases`."""
    from darkbeam.validation.mcp_cases import MCP_CASES

    return _select(words, MCP_CASES)


def _select(words: Sequence[str], cases: Sequence[_C]) -> list[_C]:
    chosen: list[_C] = []
    for word in words:
        found = [c for c in cases if word.lower() in c.name.lower()]
        if not found:
            raise UnknownNameError("comparison", word, [c.name for c in cases])
        chosen += [c for c in found if c not in chosen]
    return sorted(chosen, key=cases.index) if words else list(cases)


def _attempt(compare: Callable[[_C, Path], _R], folder: Path, case: _C) -> _R | str:
    """Comparison, or what was in its way."""
    try:
        return compare(case, folder)
    except DarkbeamError as error:
        return str(error)


def run_cases(
    cases: Sequence[Case], folder: Path, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Comparison], list[tuple[str, str]]]:
    """Compare all cases.

    Parameters
    ----------
    cases : sequence of Case
    folder : path
        Published curves.
    workers : int
        Processes; the result does not depend on it.
    progress : callable, optional
        Called with (cases done, cases).

    Returns
    -------
    comparisons : list of Comparison
    failures : list of (str, str)
        Name and problem of the cases that could not be compared.
    """
    return _run(compare, cases, folder, workers, progress)


def run_mcp_cases(
    cases: Sequence[McpCase],
    folder: Path,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[McpComparison], list[tuple[str, str]]]:
    """Compare all cases of millicharged particles, as `run_cases`."""
    from darkbeam.validation.millicharged import compare_millicharged

    return _run(compare_millicharged, cases, folder, workers, progress)


def _run(
    compare: Callable[[_C, Path], _R],
    cases: Sequence[_C],
    folder: Path,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[_R], list[tuple[str, str]]]:
    one = partial(_attempt, compare, folder)
    done: list[_R] = []
    failures: list[tuple[str, str]] = []
    with ExitStack() as stack:
        results: Iterator[_R | str]
        if workers > 1:
            context = multiprocessing.get_context("spawn")
            pool = stack.enter_context(ProcessPoolExecutor(min(workers, len(cases)), mp_context=context))
            results = pool.map(one, cases)
        else:
            results = (one(case) for case in cases)
        for k, (case, result) in enumerate(zip(cases, results, strict=True), start=1):
            if isinstance(result, str):
                failures.append((case.name, result))
            else:
                done.append(result)
            if progress is not None:
                progress(k, len(cases))
    return done, failures
