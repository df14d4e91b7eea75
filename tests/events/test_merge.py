"""Merging files: chunks of a run, independent runs, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyhepmc
import pytest
import typer
from typer.testing import CliRunner

from darkbeam.cli.merge import merge
from darkbeam.errors import CardError, OutputError, ValueRangeError
from darkbeam.events import Events
from darkbeam.events.info import RunPart
from darkbeam.events.merge import merge_files
from darkbeam.events.readers import read_events, read_info
from darkbeam.events.writers import open_writer

CHUNK, CHUNKS = 10, 5


def part(
    path: Path, make_events, held: tuple[int, int], seed: int = 1, chunks: int = CHUNKS, card: dict | None = None,
    expected: float = 20.0,
) -> Path:  # fmt: skip
    """A file with some chunks of a run whose weights add up to ``expected``."""
    batches = [make_events(CHUNK, seed=seed, first=k * CHUNK) for k in range(chunks)]
    unit = expected / sum(b.weight.sum() for b in batches)
    run = RunPart(seed, chunks, chunks * CHUNK, (held,))
    base = batches[0].card | {"seed": seed}
    with open_writer(path, card or base, expected=expected, expected_error=0.3, runs=(run,)) as writer:
        for b in batches[held[0] : held[1]]:
            weights = {k: unit * w for k, w in b.variations.items()}
            writer.write(replace(b, weight=unit * b.weight, variations=weights))
    return path


def test_chunks_give_the_file_of_a_single_job(tmp_path: Path, make_events) -> None:
    whole = part(tmp_path / "whole.parquet", make_events, (0, 5))
    files = [part(tmp_path / f"{a}.parquet", make_events, (a, b)) for a, b in ((3, 5), (0, 1), (1, 3))]
    done = merge_files(files, tmp_path / "m.parquet")
    assert (done.events, done.missing, done.expected, done.expected_error) == (50, 0, 20.0, 0.3)
    assert done.runs == (RunPart(1, 5, 50, ((0, 5),)),)
    assert (tmp_path / "m.parquet").read_bytes() == whole.read_bytes()
    assert read_events(tmp_path / "m.parquet").weight.sum() == pytest.approx(20.0)


def test_missing_chunks_are_counted_and_can_come_later(tmp_path: Path, make_events) -> None:
    a, b, c = (
        part(tmp_path / f"{x[0]}.parquet", make_events, x) for x in ((0, 1), (3, 5), (1, 3))
    )  # fmt: skip
    some = merge_files([a, b], tmp_path / "some.parquet")
    assert (some.missing, some.runs[0].held) == (2, ((0, 1), (3, 5)))
    info = read_info(tmp_path / "some.parquet")
    assert (info.expected, info.runs) == (20.0, some.runs)
    assert read_events(tmp_path / "some.parquet").weight.sum() < 20.0
    done = merge_files([c, tmp_path / "some.parquet"], tmp_path / "all.parquet")
    assert (done.missing, done.events) == (0, 50)
    assert read_events(tmp_path / "all.parquet").weight.sum() == pytest.approx(20.0)


def test_independent_runs_are_averaged_by_their_size(tmp_path: Path, make_events) -> None:
    a = part(tmp_path / "a.parquet", make_events, (0, 5), seed=1, expected=20.0)
    b = part(tmp_path / "b.parquet", make_events, (0, 15), seed=2, chunks=15, expected=24.0)
    done = merge_files([b, a], tmp_path / "m.parquet")
    assert done.expected == pytest.approx(0.25 * 20.0 + 0.75 * 24.0)
    assert done.expected_error == pytest.approx(0.3 * np.hypot(0.25, 0.75))
    merged = read_events(tmp_path / "m.parquet")
    assert merged.weight.sum() == pytest.approx(done.expected)
    np.testing.assert_array_equal(merged.number, np.arange(200))
    first = read_events(a)
    np.testing.assert_allclose(merged.weight[:50], 0.25 * first.weight, rtol=1e-14)
    for name, w in first.variations.items():
        np.testing.assert_allclose(merged.variations[name][:50], 0.25 * w, rtol=1e-14)
    np.testing.assert_array_equal(merged.p4[:, : first.p4.shape[1]], first.p4)


def test_the_order_of_merging_does_not_matter(tmp_path: Path, make_events) -> None:
    """Runs merged in two steps equal the same runs merged in one."""
    runs = [
        part(tmp_path / f"{s}.parquet", make_events, (0, 5), seed=s, expected=18.0 + s) for s in (1, 2, 3)
    ]
    merge_files(runs, tmp_path / "one.parquet")
    merge_files(runs[:2], tmp_path / "step.parquet")
    merge_files([runs[2], tmp_path / "step.parquet"], tmp_path / "two.parquet")
    a, b = read_events(tmp_path / "one.parquet"), read_events(tmp_path / "two.parquet")
    np.testing.assert_allclose(a.weight, b.weight, rtol=1e-14)
    np.testing.assert_array_equal(a.p4, b.p4)
    assert read_info(tmp_path / "one.parquet").runs == read_info(tmp_path / "two.parquet").runs
    assert read_info(tmp_path / "two.parquet").expected == pytest.approx(20.0)


def test_incomplete_independent_runs_keep_their_shares(tmp_path: Path, make_events) -> None:
    """With 2 of 5 chunks of one run the sum of weights falls short by the three that are missing."""
    a = part(tmp_path / "a.parquet", make_events, (0, 2), seed=1)
    b = part(tmp_path / "b.parquet", make_events, (0, 5), seed=2)
    done = merge_files([a, b], tmp_path / "m.parquet")
    assert (done.missing, done.events) == (3, 70)
    total = 0.5 * read_events(a).weight.sum() + 0.5 * read_events(b).weight.sum()
    assert read_events(tmp_path / "m.parquet").weight.sum() == pytest.approx(total)


def test_another_format_comes_out(tmp_path: Path, make_events) -> None:
    files = [part(tmp_path / f"{k}.parquet", make_events, (k, k + 1)) for k in range(5)]
    merge_files(files, tmp_path / "m.hepmc3")
    with pyhepmc.open(str(tmp_path / "m.hepmc3")) as file:
        weights = [event.weight() for event in file]
    np.testing.assert_allclose(
        weights, read_events(part(tmp_path / "w.parquet", make_events, (0, 5))).weight, rtol=1e-12
    )


def test_refusals(tmp_path: Path, make_events, events: Events) -> None:
    a = part(tmp_path / "a.parquet", make_events, (0, 2))
    b = part(tmp_path / "b.parquet", make_events, (1, 3))
    out = tmp_path / "m.parquet"
    with pytest.raises(
        ValueRangeError, match=r"a\.parquet and .*b\.parquet both hold chunk 1 of the run with seed 1"
    ):
        merge_files([a, b], out)
    with pytest.raises(ValueRangeError, match="both hold chunk 0"):
        merge_files([a, a], out)
    other = part(tmp_path / "c.parquet", make_events, (2, 3), card=events.card | {"epsilon": 2e-6})
    with pytest.raises(
        CardError, match=r"c\.parquet: key 'epsilon': 2e-06 differs from 1e-06 in .*a\.parquet"
    ):
        merge_files([a, other], out)
    longer = part(tmp_path / "d.parquet", make_events, (5, 6), chunks=8)
    with pytest.raises(ValueRangeError, match="not independent"):
        merge_files([a, longer], out)
    with pytest.raises(OutputError, match="is one of the files"):
        merge_files([a, b], a, force=True)
    with pytest.raises(ValueRangeError, match=r"only \.parquet files can be merged, not \.root"):
        merge_files([a, tmp_path / "x.root"], out)
    with pytest.raises(ValueRangeError, match="no such file"):
        merge_files([a, tmp_path / "x.parquet"], out)
    with pytest.raises(ValueRangeError, match="at least one"):
        merge_files([], out)
    assert not out.exists()


def test_events_that_are_there_twice(tmp_path: Path, make_events) -> None:
    """Disjoint chunks that hold the same events cannot be right."""
    a = part(tmp_path / "a.parquet", make_events, (0, 1))
    run = RunPart(1, CHUNKS, CHUNKS * CHUNK, ((1, 2),))
    card = read_info(a).card
    with open_writer(tmp_path / "b.parquet", card, expected=20.0, expected_error=0.3, runs=(run,)) as writer:
        writer.write(read_events(a))
    with pytest.raises(ValueRangeError, match="events are there twice"):
        merge_files([a, tmp_path / "b.parquet"], tmp_path / "m.parquet")


def test_command(tmp_path: Path, make_events) -> None:
    app = typer.Typer()
    app.command()(merge)
    a, b = (part(tmp_path / f"{k}.parquet", make_events, (k, k + 2)) for k in (0, 2))
    out = tmp_path / "m.parquet"
    result = CliRunner().invoke(app, [str(a), str(b), "-o", str(out), "--json"], catch_exceptions=False)
    data = json.loads(result.stdout)
    assert data == {
        "file": str(out), "written": 40, "expected_events": 20.0, "expected_error": 0.3, "seeds": [1],
        "missing_chunks": 1,
    }  # fmt: skip
    with pytest.raises(OutputError, match="give --force"):
        CliRunner().invoke(app, [str(a), "-o", str(out)], catch_exceptions=False)
    result = CliRunner().invoke(app, [str(a), "-o", str(out), "--force"], catch_exceptions=False)
    assert "20 events, 20 +- 0.3 expected" in result.stdout
    assert "3 of 5 planned chunks are missing" in result.stdout
