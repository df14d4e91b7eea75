"""The card of a batch: what all of its jobs compute, in one JSON file.

A batch is a calculation in numbered chunks.  Each chunk is the same whoever computes it, so any division into jobs
gives the same result.  The file holds the card of the result (`darkbeam.sensitivity.options.make_card` and its
relatives), the number of chunks and what else the jobs need.  A job makes the card again on its own machine and refuses
to run if the two differ, because another version or other tables would make other numbers.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from darkbeam.errors import CardError, OutputError, ValueRangeError
from darkbeam.output import atomic_path, dump_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Progress = Callable[[int, int], None]

__all__ = [
    "FORMAT",
    "BatchCard",
    "Task",
    "job_ranges",
    "parse_range",
    "read_card",
    "text_of_ranges",
    "write_card",
]

FORMAT = 1
"""Version of the layout of card and part files."""
ROUNDING = 1e-9


class Task(Protocol):
    """A calculation in chunks."""

    kind: str
    suffix: str
    """File name extension of a part."""

    @property
    def card(self) -> dict[str, Any]:
        """What defines the result, JSON-serialisable."""
        ...

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        ...

    @property
    def recipe(self) -> dict[str, Any]:
        """What the jobs need beside the card, JSON-serialisable."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Files of the user that the calculation reads, as they were named."""
        ...

    def run(
        self, first: int, last: int, output: Path, workers: int = 1, progress: Progress | None = None
    ) -> None:
        """Compute the chunks first <= k < last and write them as one part."""
        ...

    def chunks_of(self, part: Path) -> range:
        """Chunks that a part holds; an error if it belongs to another card."""
        ...

    def collect(self, parts: Sequence[Path], output: Path, *, force: bool) -> list[Path]:
        """Assemble the result from parts that hold every chunk; returns the files written."""
        ...


@dataclass(frozen=True)
class BatchCard:
    """Content of a card file."""

    kind: str
    n_chunks: int
    card: dict[str, Any]
    recipe: dict[str, Any]


def write_card(task: Task, path: Path) -> None:
    """Write the card file of a calculation."""
    data = {
        "darkbeam_batch": FORMAT,
        "kind": task.kind,
        "chunks": task.n_chunks,
        "card": task.card,
        "recipe": task.recipe,
    }
    with atomic_path(path) as part:
        part.write_text(dump_json(data) + "\n", encoding="utf-8")


def read_card(path: Path) -> BatchCard:
    """Read a card file.

    Raises
    ------
    OutputError, CardError
        It cannot be read, or is not one.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise CardError(path.name, "", "is not JSON") from None
    if not isinstance(data, dict) or data.get("darkbeam_batch") != FORMAT:
        raise CardError(path.name, "darkbeam_batch", f"is not {FORMAT}: no batch card of this version")
    for name, kind in (("kind", str), ("chunks", int), ("card", dict), ("recipe", dict)):
        if not isinstance(data.get(name), kind):
            raise CardError(path.name, name, f"must be of type {kind.__name__}")
    return BatchCard(data["kind"], data["chunks"], data["card"], data["recipe"])


def check_same(card: dict[str, Any], ours: dict[str, Any]) -> None:
    """Refuse a card that this installation would not make itself.

    Numbers may differ by `ROUNDING`: another processor rounds the last digit in another way.

    Raises
    ------
    CardError
        Names the first key that differs.
    """
    plain = json.loads(json.dumps(ours))
    for key in {**card, **plain}:
        if not _equal(card.get(key), plain.get(key)):
            raise CardError(
                "card.json",
                key,
                "is not what this installation makes: use the same version, tables and files",
            )


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=ROUNDING)
    return bool(a == b)


def parse_range(text: str, n_chunks: int) -> range:
    """Read ``I:J``, the chunks I <= k < J, or one number.

    Examples
    --------
    >>> parse_range("2:5", 10)
    range(2, 5)
    >>> parse_range("7", 10)
    range(7, 8)
    """
    first, colon, last = text.partition(":")
    try:
        low = int(first)
        high = int(last) if colon else low + 1
    except ValueError:
        raise ValueRangeError(f"--chunk {text!r} is not I:J, e.g. 0:8 for the chunks 0 to 7") from None
    if not 0 <= low < high <= n_chunks:
        raise ValueRangeError(
            f"--chunk {text}: the card has the chunks 0 to {n_chunks - 1}, I:J leaves out J"
        )
    return range(low, high)


def job_ranges(n_chunks: int, jobs: int) -> list[range]:
    """Divide chunks into jobs of nearly equal size.

    Examples
    --------
    >>> job_ranges(7, 3)
    [range(0, 3), range(3, 5), range(5, 7)]
    """
    if jobs < 1:
        raise ValueRangeError(f"--jobs needs a number of at least 1, not {jobs}")
    jobs = min(jobs, n_chunks)
    small, extra = divmod(n_chunks, jobs)
    starts = [k * small + min(k, extra) for k in range(jobs + 1)]
    return [range(a, b) for a, b in pairwise(starts)]


def text_of_ranges(numbers: Sequence[int]) -> str:
    """Increasing numbers as ranges ``I:J``.

    Examples
    --------
    >>> text_of_ranges([0, 1, 2, 5, 7, 8])
    '0:3, 5:6, 7:9'
    """
    ranges: list[list[int]] = []
    for k in numbers:
        if ranges and ranges[-1][1] == k:
            ranges[-1][1] = k + 1
        else:
            ranges.append([k, k + 1])
    return ", ".join(f"{a}:{b}" for a, b in ranges)
