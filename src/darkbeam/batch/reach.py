"""A reach scan in chunks: chunk k is the k-th mass of the first grid.

The masses that bisect the ends of a region are known only when all of these are; they are few, and `collect`
computes them.  A part is a JSON file with the results at its masses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from darkbeam.batch.card import FORMAT, BatchCard, check_same
from darkbeam.batch.executors import collect, open_executor
from darkbeam.batch.plain import from_plain, to_plain
from darkbeam.cache import card_hash
from darkbeam.errors import OutputError
from darkbeam.experiments import experiment_from_card
from darkbeam.output import atomic_path, dump_json
from darkbeam.production import resonance_nodes
from darkbeam.production.user_flux import PREFIX, is_user_flux
from darkbeam.sensitivity import api
from darkbeam.sensitivity.contour import Interval
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.scan import MassResult, MassWork, first_masses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from darkbeam.experiments import Experiment
    from darkbeam.sensitivity.setup import Setup

__all__ = ["ReachTask"]


@dataclass(frozen=True)
class ReachTask:
    """A reach scan of one experiment with all of its choices."""

    experiment: Experiment
    setup: Setup
    card: dict[str, Any]
    options: Options
    kind = "reach"
    suffix = ".json"

    @classmethod
    def make(
        cls,
        experiment: str | Path | Experiment,
        options: Options,
        *,
        pot: float | None = None,
        lumi_fb: float | None = None,
        events: float | None = None,
        statistics: Mapping[str, Any] | None = None,
    ) -> ReachTask:
        """Resolve names; parameters as for `darkbeam.reach`."""
        chosen, setup, card = api.prepare(
            experiment, options, pot=pot, lumi_fb=lumi_fb, events=events, statistics=statistics
        )
        return cls(chosen, setup, card, options)

    @classmethod
    def from_card(cls, batch: BatchCard) -> ReachTask:
        """Make again what a card file describes."""
        choices: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in batch.card["options"].items()
        }
        task = cls.make(experiment_from_card(batch.card["experiment"]), Options(**choices))
        check_same(batch.card, task.card)
        return replace(task, card=batch.card)

    @cached_property
    def masses(self) -> list[float]:
        """Mass of each chunk, GeV."""
        nodes = resonance_nodes(self.setup.sources, *self.options.masses[:2])
        return first_masses(self.setup, self.options.masses, nodes, refine=self.options.refine)

    @property
    def n_chunks(self) -> int:
        """Masses of the first grid."""
        return len(self.masses)

    @property
    def recipe(self) -> dict[str, Any]:
        """Nothing: the card says it all."""
        return {}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Fluxes and model card of the user."""
        fluxes = [name[len(PREFIX) :] for name in self.options.sources or () if is_user_flux(name)]
        return (*fluxes, *([self.options.model] if self.options.model.endswith(".toml") else []))

    def run(
        self,
        first: int,
        last: int,
        output: Path,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Compute the masses first <= k < last and write them."""
        masses = self.masses[first:last]
        with open_executor(MassWork(self.setup), min(workers, max(len(masses), 1))) as executor:
            results = collect(executor, masses, progress)
        data = {
            "darkbeam_part": FORMAT,
            "kind": self.kind,
            "card_hash": card_hash(self.card),
            "chunks": [first, last],
            "results": [to_plain(r) for r in results],
        }
        with atomic_path(output) as part:
            part.write_text(dump_json(data) + "\n", encoding="utf-8")

    def chunks_of(self, part: Path) -> range:
        """Chunks of a part."""
        return range(*self._read(part)["chunks"])

    def collect(self, parts: Sequence[Path], output: Path, *, force: bool) -> list[Path]:
        """Assemble the contour, computing the masses that bisect its ends, and write what ``reach`` writes."""
        rows = [
            from_plain(MassResult, row, Interval=Interval)
            for path in parts
            for row in self._read(path)["results"]
        ]
        found = {row.mass: row for row in rows}
        known = [found[m] for m in self.masses]
        result = api.compute(self.experiment, self.setup, self.card, self.options, known=known)
        return result.save(output, force=force)

    def _read(self, path: Path) -> dict[str, Any]:
        """Content of a part of this card."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            ours = data["darkbeam_part"] == FORMAT and data["card_hash"] == card_hash(self.card)
            complete = len(data["results"]) == len(range(*data["chunks"]))
        except OSError as error:
            raise OutputError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise OutputError(f"{path} is not a part of a reach scan") from None
        if not (ours and complete):
            raise OutputError(f"{path} is a part of another calculation")
        return dict(data)
