"""Opening event files for writing; the ending of the name chooses the format.

    .parquet     one row per event with lists, card in the metadata; the native format      extra ``io`` (pyarrow)
    .hepmc3      HepMC3 text                                                                extra ``io`` (pyhepmc)
    .root        TTree with jagged branches                                                 extra ``io`` (uproot)
    .lhe         Les Houches events, version 3
    .txt, .dat   the text format of EventCalc, for FairShip

Events stream: memory does not grow with their number.  A file appears under its name only when it is complete.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from darkbeam.errors import OutputError, UnknownNameError
from darkbeam.extras import require
from darkbeam.output import atomic_path

from .info import FileInfo, Labels, RunPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from .record import Events

__all__ = ["SUFFIXES", "Writer", "check_target", "open_writer"]


class EventFile(Protocol):
    """A format: opened with ``(path, info, labels)``."""

    def write(self, events: Events) -> None:
        """Append a batch."""

    def close(self) -> None:
        """Finish the file."""

    def discard(self) -> None:
        """Let go of it unfinished."""


class _Format(NamedTuple):
    module: str
    name: str
    needs: tuple[str, ...] = ()


_TEXT = _Format("eventcalc", "EventCalcFile")
_FORMATS = {
    ".parquet": _Format("parquet", "ParquetFile", ("pyarrow.parquet",)),
    ".hepmc3": _Format("hepmc", "HepMCFile", ("pyhepmc",)),
    ".root": _Format("root", "RootFile", ("uproot", "awkward")),
    ".lhe": _Format("lhe", "LHEFile"),
    ".txt": _TEXT,
    ".dat": _TEXT,
}
SUFFIXES = tuple(_FORMATS)


class Writer:
    """Writes batches of events of one run to one file."""

    def __init__(self, opener: Callable[[Labels], EventFile]) -> None:
        self._opener = opener
        self._file: EventFile | None = None
        self._labels: Labels | None = None
        self.written = 0
        """Events so far."""

    def write(self, events: Events) -> None:
        """Append events.

        Raises
        ------
        ValueError
            If names of sources, channels or variations, or the id of the parent, differ from the first batch.
        """
        labels = Labels.of(events)
        if self._file is None:
            self._labels, self._file = labels, self._opener(labels)
        elif labels != self._labels:
            raise ValueError(f"batches of one file differ: {labels} after {self._labels}")
        self._file.write(events)
        self.written += len(events)

    def _finish(self, path: Path) -> None:
        if self._file is None:
            raise OutputError(f"no events for {path}; nothing was written")
        self._file.close()

    def _give_up(self) -> None:
        if self._file is not None:
            with suppress(Exception):  # the error that led here is the one to tell
                self._file.discard()


@contextmanager
def open_writer(
    path: Path,
    card: Mapping[str, Any],
    *,
    expected: float,
    expected_error: float,
    force: bool = False,
    runs: tuple[RunPart, ...] | None = None,
    totals: Mapping[str, float] | None = None,
) -> Iterator[Writer]:
    """Open an event file; it replaces ``path`` when the block ends without an error, whole or not at all.

    Parameters
    ----------
    path : Path
        Its ending chooses the format, one of `SUFFIXES`.
    card : mapping
        What defines the run, JSON-serialisable.
    expected, expected_error : float
        Expected events of the whole run for the exposure of the card.
    force : bool
        Overwrite an existing file.
    runs : tuple of RunPart, optional
        Chunks that the file will hold; default: the only chunk of a run.
    totals : mapping of str to float, optional
        Factors of the expected number, see `FileInfo`.

    Raises
    ------
    UnknownNameError
        For another ending.
    OutputError
        If the file exists and ``force`` is not set, cannot be written, or got no events.
    MissingExtraError
        If the library of the format is not installed.
    """
    check_target(path, force=force)
    chosen = _FORMATS[path.suffix]
    kind: Any = getattr(importlib.import_module(f"darkbeam.events.{chosen.module}"), chosen.name)
    if runs is None:
        runs = (RunPart(_seed(card), 1, 0, ((0, 1),)),)
    info = FileInfo(card, expected, expected_error, runs, totals or {})
    with atomic_path(path) as part:
        writer = Writer(lambda labels: kind(part, info, labels))
        try:
            yield writer
            writer._finish(path)
        except BaseException:
            writer._give_up()
            raise


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be written, before anything is computed."""
    if path.suffix not in _FORMATS:
        raise UnknownNameError("ending of an event file", path.suffix, SUFFIXES)
    if path.exists() and not force:
        raise OutputError(f"{path} exists; give --force to overwrite it")
    for module in _FORMATS[path.suffix].needs:
        require(module, f"writing {path.suffix} files")


def _seed(card: Any) -> int:
    """Seed of a card, 0 if it has none."""
    options = card.get("options", {})
    return int(card.get("seed", options.get("seed", 0)))
