"""Batches of events: parts put together are the file of the direct run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from darkbeam.batch.events import EventsTask
from darkbeam.batch.run import collect, load_task, run_chunks
from darkbeam.batch.submit import job_lines, write_batch
from darkbeam.errors import CardError, OutputError
from darkbeam.events import EventRun, EventSettings, write_events
from darkbeam.events.readers import read_events
from darkbeam.sensitivity.options import Options


@pytest.fixture(scope="module")
def run():
    """Two points of two chunks, the second one short."""
    settings = EventSettings(9000, select="none", weighted=True, channels=("e+e-",))
    return EventRun.plan("NuCal", [0.03, 0.05], [1e-6], settings, options=Options(sources=("meson:pi0",)))


@pytest.fixture(scope="module")
def done(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("events")
    write_batch(EventsTask(run), "condor", folder, 3)
    for chunks, part in job_lines(folder):
        run_chunks(folder / "card.json", chunks, folder / "parts" / part)
    return folder


def test_the_collected_file_is_the_direct_one(run, done, tmp_path):
    (written,) = collect(done)
    write_events(run, tmp_path / "direct.parquet")
    assert written.read_bytes() == (tmp_path / "direct.parquet").read_bytes()


def test_the_plan_travels_with_the_card(run, done):
    again = load_task(done / "card.json").events
    assert [(p.where, p.passing, p.unit, p.totals) for p in again.work.plans] == [
        (p.where, p.passing, p.unit, p.totals) for p in run.work.plans
    ]
    assert again.expected == run.expected


def test_another_format_is_collected_and_nothing_overwritten(done, tmp_path):
    collect(done, tmp_path / "events.txt")
    with pytest.raises(OutputError, match="--force"):
        collect(done, tmp_path / "events.txt")


def test_overlapping_parts_count_once(run, done, tmp_path):
    task = load_task(done / "card.json")
    run_chunks(done / "card.json", "1:4", done / "parts" / "again.parquet")
    try:
        task.collect(sorted((done / "parts").iterdir()), tmp_path / "all.parquet", force=False)
    finally:
        (done / "parts" / "again.parquet").unlink()
    events = read_events(tmp_path / "all.parquet")
    assert np.array_equal(events.number, np.arange(run.n_events))


def test_parts_of_another_run_are_refused(run, done, tmp_path):
    other = EventRun.plan(
        "NuCal", [0.03], [1e-6], replace(run.work.settings, n=100), options=Options(sources=("meson:pi0",))
    )
    write_events(other, tmp_path / "other.parquet")
    with pytest.raises(OutputError, match="another calculation"):
        load_task(done / "card.json").chunks_of(tmp_path / "other.parquet")


def test_changed_decays_are_another_card(run, done, tmp_path):
    card = (done / "card.json").read_text().replace('"select": "none"', '"select": "full"', 1)
    (tmp_path / "card.json").write_text(card)
    with pytest.raises(CardError, match="events"):
        load_task(tmp_path / "card.json")
