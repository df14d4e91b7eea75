"""An event run in chunks, those of `darkbeam.events.run`; a part is a Parquet file.

The plan of every point (totals, weights, pilot) is made once, when the batch is written, and travels in its card: jobs
start sampling at once and cannot differ in their normalisation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.batch.card import BatchCard, check_same
from darkbeam.cache import card_hash
from darkbeam.decays.imported import ImportedDecays
from darkbeam.errors import OutputError
from darkbeam.events.chunks import write_events
from darkbeam.events.join import concatenate
from darkbeam.events.plan import Lifetime, PointPlan
from darkbeam.events.readers import iter_events, read_info
from darkbeam.events.run import ChunkWork, EventRun
from darkbeam.events.settings import CHUNK, EventSettings
from darkbeam.events.totals import Totals
from darkbeam.events.writers import open_writer
from darkbeam.experiments import experiment_from_card
from darkbeam.production.user_flux import PREFIX, is_user_flux
from darkbeam.sensitivity import api
from darkbeam.sensitivity.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from darkbeam.events.record import Events

__all__ = ["EventsTask"]


@dataclass(frozen=True, eq=False)
class EventsTask:
    """A planned run of events."""

    events: EventRun
    kind = "events"
    suffix = ".parquet"

    @classmethod
    def from_card(cls, batch: BatchCard) -> EventsTask:
        """Make again what a card file describes, with the plan that it holds."""
        recipe = batch.recipe
        chosen = Options(**_tuples(batch.card["options"]))
        _, setup, card = api.prepare(experiment_from_card(batch.card["experiment"]), chosen)
        settings = EventSettings(**_tuples(recipe["settings"]))
        ours = {
            **batch.card,
            **card,
            "events": {**settings.to_card(), "pythia": batch.card["events"]["pythia"]},
        }
        check_same(batch.card, ours)
        hadrons = ImportedDecays.read(*settings.hadrons) if settings.hadrons else None
        plans = tuple(
            PointPlan(Lifetime(**p["where"]), p["passing"], p["unit"], Totals(**_tuples(p["totals"])))
            for p in recipe["plans"]
        )
        work = ChunkWork(setup, settings, plans, hadrons, pythia=recipe["pythia"])
        return cls(EventRun(work, batch.card, tuple(recipe["notes"]), 0.0))

    @property
    def card(self) -> dict[str, Any]:
        """What defines the run."""
        return self.events.card

    @property
    def recipe(self) -> dict[str, Any]:
        """Plan of every point."""
        work = self.events.work
        plans = [
            {"where": asdict(p.where), "passing": p.passing, "unit": p.unit, "totals": asdict(p.totals)}
            for p in work.plans
        ]
        return {
            "settings": asdict(work.settings), "pythia": work.pythia, "notes": list(self.events.notes), "plans": plans,
        }  # fmt: skip

    @property
    def n_chunks(self) -> int:
        """Chunks of all points."""
        return self.events.n_chunks

    @property
    def inputs(self) -> tuple[str, ...]:
        """Fluxes, model card and decays of the user."""
        options = self.card["options"]
        fluxes = [name[len(PREFIX) :] for name in options["sources"] or () if is_user_flux(name)]
        model = [options["model"]] if options["model"].endswith(".toml") else []
        return (*fluxes, *model, *self.events.work.settings.hadrons)

    def run(
        self,
        first: int,
        last: int,
        output: Path,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Make the events of the chunks first <= k < last."""
        write_events(
            self.events, output, chunks=(first, last), workers=workers, force=True, progress=progress
        )

    def chunks_of(self, part: Path) -> range:
        """Chunks of a part."""
        info = read_info(part)
        whole = self.events.part(0, self.n_chunks)
        if card_hash(dict(info.card)) != card_hash(self.card) or [r.run for r in info.runs] != [whole.run]:
            raise OutputError(f"{part} is a part of another calculation")
        held = info.runs[0].held
        if len(held) != 1:
            raise OutputError(f"{part} holds chunks with gaps; use darkbeam merge")
        return range(*held[0])

    def collect(self, parts: Sequence[Path], output: Path, *, force: bool) -> list[Path]:
        """Put the parts together in the format of the file's ending, as a single run would have written it."""
        run, plans = self.events, self.events.work.plans
        totals = plans[0].totals.for_files() if len(plans) == 1 else {}
        with open_writer(
            output, run.card, expected=run.expected, expected_error=run.expected_error, force=force,
            runs=(run.part(0, self.n_chunks),), totals=totals,
        ) as writer:  # fmt: skip
            for chunk in self._chunks(parts):
                writer.write(chunk)
        return [output]

    def _chunks(self, parts: Sequence[Path]) -> Iterator[Events]:
        """Every chunk once, in order, whole."""
        settings = self.events.work.settings
        following = 0
        for part in sorted(parts, key=lambda p: self.chunks_of(p).start):
            held = self.chunks_of(part)
            ready: list[Events] = []
            stream = iter_events(part, CHUNK)
            for k in held:
                size = settings.size(k % settings.chunks)
                while sum(map(len, ready)) < size:
                    ready.append(next(stream))
                joined = concatenate(ready)
                head = np.arange(len(joined)) < size
                if k == following:  # parts may overlap
                    yield replace(joined.select(head), card=self.card)
                    following += 1
                ready = [joined.select(~head)] if len(joined) > size else []


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments from JSON, which has lists for tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
