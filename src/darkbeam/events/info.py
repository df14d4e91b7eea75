"""What an event file says about its events, and which part of a run it holds.

**Weights.**  The weights in a file are those of the whole run: over all planned chunks of one seed they add up to the
expected number of events.  A file with some of the chunks holds that share of the sum.  `RunPart` says which chunks a
file holds, of how many that were planned; `merge` needs nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import darkbeam
from darkbeam.cache import card_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .record import Events

__all__ = ["FORMAT_VERSION", "NOMINAL", "FileInfo", "Labels", "RunPart", "sample_hash", "without_draws"]

FORMAT_VERSION = 1
NOMINAL = "nominal"
"""Name of the first weight where weights have names."""
_DRAWS = frozenset({"seed", "workers", "n"})
"""Entries of a card that change the random draws and not the distributions."""


def without_draws(card: Any) -> Any:
    """Return a card without what only changes the random draws.

    Examples
    --------
    >>> without_draws({"mass": 1.0, "options": {"seed": 3, "brem": "fr"}})
    {'mass': 1.0, 'options': {'brem': 'fr'}}
    """
    if isinstance(card, dict):
        return {key: without_draws(value) for key, value in card.items() if key not in _DRAWS}
    return card


def sample_hash(card: Mapping[str, Any]) -> str:
    """Hash that samples of one card have in common, whatever their seed."""
    return card_hash(without_draws(dict(card)))


@dataclass(frozen=True)
class RunPart:
    """Chunks of one run that a file holds.

    Attributes
    ----------
    seed : int
    planned : int
        Chunks of the whole run.
    events : int
        Events that the whole run draws; independent runs are averaged with these numbers.
    held : tuple of (int, int)
        Ranges first <= chunk < last that are in the file, in order.
    """

    seed: int
    planned: int
    events: int
    held: tuple[tuple[int, int], ...]

    @property
    def run(self) -> tuple[int, int, int]:
        """What tells runs apart."""
        return self.seed, self.planned, self.events

    @property
    def chunks(self) -> int:
        """How many chunks are held."""
        return sum(last - first for first, last in self.held)


@dataclass(frozen=True)
class Labels:
    """What all batches of a file have in common."""

    source_names: tuple[str, ...]
    channel_names: tuple[str, ...]
    variations: tuple[str, ...]
    parent_pdg: int

    @classmethod
    def of(cls, events: Events) -> Labels:
        """Labels of a batch."""
        return cls(events.source_names, events.channel_names, tuple(events.variations), events.parent_pdg)

    @property
    def weight_names(self) -> list[str]:
        """The nominal weight first, then the variations."""
        return [NOMINAL, *self.variations]


@dataclass(frozen=True)
class FileInfo:
    """Header of an event file.

    Attributes
    ----------
    card : mapping
        What defines the run.
    expected, expected_error : float
        Events of the whole run for the exposure of the card, with the Monte Carlo error.
    runs : tuple of RunPart
        Independent runs in the file; one unless files were merged.
    totals : mapping of str to float
        Factors of the expected number, if known: ``produced``, ``polar_acceptance``, ``azimuthal_acceptance``,
        ``mean_decay_probability``, ``visible_branching``.
    """

    card: Mapping[str, Any]
    expected: float
    expected_error: float
    runs: tuple[RunPart, ...]
    totals: Mapping[str, float] = field(default_factory=dict)

    def metadata(self, labels: Labels) -> dict[str, Any]:
        """Entries that formats with metadata carry, JSON-serialisable."""
        return {
            "format": "darkbeam events", "format_version": FORMAT_VERSION,
            "generator": f"darkbeam {darkbeam.__version__}", "units": "GeV; metres; times are c t in metres",
            "card": dict(self.card), "card_hash": sample_hash(self.card),
            "expected_events": self.expected, "expected_error": self.expected_error,
            "runs": [asdict(run) for run in self.runs], "totals": dict(self.totals), **asdict(labels),
        }  # fmt: skip

    def json(self, labels: Labels) -> str:
        """One line of JSON."""
        return json.dumps(self.metadata(labels), allow_nan=False)

    @classmethod
    def from_metadata(cls, data: Mapping[str, Any]) -> FileInfo:
        """Inverse of `metadata`."""
        runs = tuple(
            RunPart(r["seed"], r["planned"], r["events"], tuple((first, last) for first, last in r["held"]))
            for r in data["runs"]
        )
        return cls(data["card"], data["expected_events"], data["expected_error"], runs, data["totals"])
