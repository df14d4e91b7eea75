"""Merging event files.

Each file says which chunks of which run it holds (`info.RunPart`), and its weights are those of the whole run.

* **Chunks of one run** (same seed): events are put one behind the other in the order of their chunks and keep their
  weights.  With all chunks the weights add up to the expected number of events, and the file is the one that a
  single job would have written.  Some chunks may still be missing; the summary says how many.
* **Independent runs** of one card (other seeds): the runs are averaged with the numbers of events that they drew.  A
  run of N_r events out of N = sum N_r gets its weights multiplied by N_r/N, so that they again add up to the expected
  number of events; expected number and error are averaged likewise.  Events are numbered anew, run after run.

Cards must agree in everything but the seed and the number of events; no chunk and no event may be there twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import CardError, OutputError, ValueRangeError

from .info import FileInfo, RunPart, sample_hash, without_draws
from .readers import iter_events, read_info, read_numbers
from .writers import check_target, open_writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Merged", "merge_files"]


@dataclass(frozen=True)
class Merged:
    """What a merge made.

    Attributes
    ----------
    events : int
    runs : tuple of RunPart
        Runs and their chunks in the file.
    expected, expected_error : float
        Expected events of the whole runs.
    """

    events: int
    runs: tuple[RunPart, ...]
    expected: float
    expected_error: float

    @property
    def missing(self) -> int:
        """Chunks that were planned and are not there."""
        return sum(run.planned - run.chunks for run in self.runs)


@dataclass(frozen=True)
class _Input:
    path: Path
    info: FileInfo

    @property
    def identity(self) -> tuple[tuple[int, int, int], ...]:
        """Runs, without the chunks."""
        return tuple(run.run for run in self.info.runs)

    @property
    def drawn(self) -> int:
        """Events that its runs draw."""
        return sum(run.events for run in self.info.runs)


def merge_files(files: Sequence[Path], out: Path, *, force: bool = False) -> Merged:
    """Merge Parquet files of one card into one file, of any format.

    Parameters
    ----------
    files : sequence of Path
        In any order.
    out : Path
        Its ending chooses the format.
    force : bool
        Overwrite it.

    Raises
    ------
    CardError
        If cards differ; names the entry.
    ValueRangeError
        If a file cannot be read, or chunks or events are there twice.
    OutputError
        If ``out`` exists and ``force`` is not set, is one of the files, or cannot be written.
    """
    _check_names(files, out, force=force)
    inputs = sorted((_Input(f, read_info(f)) for f in files), key=lambda x: (x.identity, x.info.runs[0].held))
    _same_card(inputs)
    groups = [list(group) for _, group in groupby(inputs, key=lambda x: x.identity)]
    _distinct(groups)
    share = [group[0].drawn / sum(g[0].drawn for g in groups) for group in groups]
    info = _head(groups, share)
    with open_writer(
        out, info.card, expected=info.expected, expected_error=info.expected_error, force=force, runs=info.runs,
        totals=info.totals,
    ) as writer:  # fmt: skip
        first = 0
        for group, part in zip(groups, share, strict=True):
            for events in (e for x in group for e in iter_events(x.path)):
                weights = {name: part * w for name, w in events.variations.items()}
                number, weight = events.number + first, part * events.weight
                writer.write(replace(events, number=number, weight=weight, variations=weights))
            first += group[0].drawn
    return Merged(writer.written, info.runs, info.expected, info.expected_error)


def _head(groups: Sequence[Sequence[_Input]], share: Sequence[float]) -> FileInfo:
    """Header of the merged file."""
    heads = [group[0].info for group in groups]

    def mean(values: Iterable[float]) -> float:
        return float(sum(s * x for s, x in zip(share, values, strict=True)))

    error = np.sqrt(sum((s * h.expected_error) ** 2 for s, h in zip(share, heads, strict=True)))
    keys = [key for key in heads[0].totals if all(key in h.totals for h in heads)]
    return FileInfo(
        heads[0].card, mean(h.expected for h in heads), float(error),
        tuple(run for group in groups for run in _union(group)),
        {key: mean(h.totals[key] for h in heads) for key in keys},
    )  # fmt: skip


def _check_names(files: Sequence[Path], out: Path, *, force: bool) -> None:
    if not files:
        raise ValueRangeError("merge needs at least one file")
    for path in files:
        if path.suffix != ".parquet":
            raise ValueRangeError(
                f"{path}: only .parquet files can be merged, not {path.suffix or 'no ending'}"
            )
    if any(path.resolve() == out.resolve() for path in files):
        raise OutputError(f"{out} is one of the files to merge")
    check_target(out, force=force)


def _same_card(inputs: Sequence[_Input]) -> None:
    first = inputs[0]
    for other in inputs[1:]:
        if sample_hash(first.info.card) != sample_hash(other.info.card):
            key, a, b = _difference(
                without_draws(dict(first.info.card)), without_draws(dict(other.info.card))
            )
            raise CardError(str(other.path), key, f"{b} differs from {a} in {first.path}")


def _difference(a: Any, b: Any, key: str = "") -> tuple[str, str, str]:
    """First entry in which two cards differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted({*a, *b}):
            if name not in a or name not in b or a[name] != b[name]:
                return _difference(a.get(name), b.get(name), f"{key}.{name}".lstrip("."))
    texts = [str(x) if len(str(x)) < 60 else str(x)[:57] + "..." for x in (a, b)]
    return key, texts[0], texts[1]


def _distinct(groups: Sequence[Sequence[_Input]]) -> None:
    """Refuse chunks, seeds or events that are there twice."""
    seen: dict[int, Path] = {}
    for group in groups:
        for run in group[0].info.runs:
            if run.seed in seen:
                raise ValueRangeError(
                    f"{group[0].path} and {seen[run.seed]} have the seed {run.seed} and plans that differ: their "
                    "events are not independent (merge the chunks of each run first)"
                )
            seen[run.seed] = group[0].path
        for k in range(len(group[0].info.runs)):
            ranges = sorted((held, x.path) for x in group for held in x.info.runs[k].held)
            for (a, path), (b, other) in pairwise(ranges):
                if b[0] < a[1]:
                    seed = group[0].info.runs[k].seed
                    raise ValueRangeError(
                        f"{path} and {other} both hold chunk {b[0]} of the run with seed {seed}"
                    )
        numbers = np.concatenate([read_numbers(x.path) for x in group])
        if len(np.unique(numbers)) != len(numbers):
            raise ValueRangeError(f"events are there twice in {', '.join(str(x.path) for x in group)}")


def _union(group: Sequence[_Input]) -> Iterator[RunPart]:
    """Runs of a group with the chunks of all its files."""
    for k, run in enumerate(group[0].info.runs):
        held = _joined(held for x in group for held in x.info.runs[k].held)
        yield replace(run, held=held)


def _joined(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, neighbours joined.

    Examples
    --------
    >>> _joined([(4, 6), (0, 2), (2, 3)])
    ((0, 3), (4, 6))
    """
    out: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if out and out[-1][1] == first:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return tuple(out)
