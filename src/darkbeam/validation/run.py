"""Running several comparisons, on one or several processes."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from darkbeam.errors import DarkbeamError, UnknownNameError
from darkbeam.validation.cases import CASES
from darkbeam.validation.compare import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from darkbeam.validation.cases import Case

__all__ = ["run_cases", "select_cases"]


def select_cases(words: Sequence[str]) -> list[Case]:
    """Cases whose name contains one of the words, case ignored; all of them without words.

    Raises
    ------
    UnknownNameError
        If a word is in no name.
    """
    chosen: list[Case] = []
    for word in words:
        found = [c for c in CASES if word.lower() in c.name.lower()]
        if not found:
            raise UnknownNameError("comparison", word, [c.name for c in CASES])
        chosen += [c for c in found if c not in chosen]
    return sorted(chosen, key=CASES.index) if words else list(CASES)


def _attempt(case: Case, folder: Path) -> Comparison | str:
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
    done: list[Comparison] = []
    failures: list[tuple[str, str]] = []
    with ExitStack() as stack:
        results: Iterator[Comparison | str]
        if workers > 1:
            context = multiprocessing.get_context("spawn")
            pool = stack.enter_context(ProcessPoolExecutor(min(workers, len(cases)), mp_context=context))
            results = pool.map(_attempt, cases, [folder] * len(cases))
        else:
            results = (_attempt(case, folder) for case in cases)
        for k, (case, result) in enumerate(zip(cases, results, strict=True), start=1):
            if isinstance(result, str):
                failures.append((case.name, result))
            else:
                done.append(result)
            if progress is not None:
                progress(k, len(cases))
    return done, failures
