"""Runs: files, workers, resuming, scans; totals against the other commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from darkbeam.cli import events as command
from darkbeam.errors import DarkbeamError, OutputError, ValueRangeError
from darkbeam.events import EventRun, EventSettings, chunks, write_events
from darkbeam.events.readers import read_events, read_info
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.single import rate

pytest.importorskip("pyarrow")

MASS, EPS = 0.3, 1e-6
OPTIONS = Options(sources=("meson:eta",))
N = 20_000  # three chunks


def _run(n: int = N, masses=(MASS,), **choices) -> EventRun:
    return EventRun.plan("SHiP", list(masses), [EPS], EventSettings(n, **choices), options=OPTIONS)


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("straight") / "a.parquet"
    assert write_events(_run(), path) == N
    return path


def test_file_has_all_events_and_their_sum(straight):
    events, info = read_events(straight), read_info(straight)
    np.testing.assert_array_equal(events.number, np.arange(N))
    assert events.weight.sum() == pytest.approx(info.expected, rel=1e-9)
    assert info.runs[0].planned == 3
    assert info.runs[0].held == ((0, 3),)


def test_same_file_with_two_workers(straight, tmp_path):
    path = tmp_path / "b.parquet"
    write_events(_run(), path, workers=2)
    assert path.read_bytes() == straight.read_bytes()


class _StopError(Exception):
    """An interruption."""


def test_resume_after_an_interruption(straight, tmp_path, monkeypatch):
    path = tmp_path / "c.parquet"

    def stop(done: int, _total: int) -> None:
        if done > 10_000:
            raise _StopError

    with pytest.raises(_StopError):
        write_events(_run(), path, resume=True, progress=stop)
    folder = chunks.parts_folder(path)
    kept = sorted(folder.glob("*.parquet"))
    assert len(kept) == 2
    assert not path.exists()
    with pytest.raises(OutputError, match="--resume"):
        write_events(_run(), path)
    with pytest.raises(OutputError, match="another card"):
        write_events(_run(n=N + 1), path, resume=True)
    made: list[int] = []
    call = type(_run().work).__call__
    monkeypatch.setattr(type(_run().work), "__call__", lambda self, k: made.append(k) or call(self, k))
    assert write_events(_run(), path, resume=True) == N
    assert made == [2]
    assert path.read_bytes() == straight.read_bytes()
    assert not folder.exists()


def test_an_interrupted_run_leaves_nothing(tmp_path):
    def stop(_done: int, _total: int) -> None:
        raise _StopError

    with pytest.raises(_StopError):
        write_events(_run(), tmp_path / "d.parquet", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_chunks_of_a_run_make_the_same_events(straight, tmp_path):
    path = tmp_path / "part.parquet"
    write_events(_run(), path, chunks=(1, 3))
    part, whole = read_events(path), read_events(straight)
    np.testing.assert_array_equal(part.p4, whole.select(whole.number >= 8192).p4)
    assert read_info(path).runs[0].held == ((1, 3),)
    with pytest.raises(ValueRangeError, match="outside 0:3"):
        write_events(_run(), tmp_path / "x.parquet", chunks=(1, 4))


def test_points_of_a_scan_are_those_of_single_runs():
    both = _run(500, (0.1, MASS))
    batches = list(both.batches())
    alone = next(_run(500).batches())
    np.testing.assert_array_equal(batches[1].p4, alone.p4)
    np.testing.assert_array_equal(batches[1].weight, alone.weight)
    np.testing.assert_array_equal(batches[1].number, alone.number + 500)
    assert batches[0].mass[0] == 0.1
    left = _run(100, (MASS, 0.6))
    assert left.n_events == 100
    assert "left out: no source produces at 0.6 GeV" in left.notes[0]
    with pytest.raises(DarkbeamError, match="none of the 2 points"):
        EventRun.plan("SHiP", [0.2, 0.3], [0.1], EventSettings(100), options=OPTIONS)


@pytest.mark.parametrize(
    ("name", "mass", "epsilon", "weighted"),
    [("SHiP", 0.05, 3e-5, False), ("SHiP", 0.05, 3e-5, True), ("NuCal", 0.1, 1e-6, False)],
)
def test_totals_equal_rate(name, mass, epsilon, weighted):
    direct = rate(name, mass, epsilon, options=Options(variation="central"))
    totals = EventRun.plan(name, [mass], [epsilon], EventSettings(10, weighted=weighted)).work.plans[0].totals
    error = np.hypot(direct.error, totals.expected_error)
    assert totals.expected_events == pytest.approx(direct.events, abs=3 * error)
    assert totals.accepted_events == pytest.approx(totals.expected_events, rel=1e-9 if weighted else 0.02)
    assert totals.produced == pytest.approx(direct.cut_flow["produced"], rel=1e-12)
    assert totals.in_volume == pytest.approx(direct.cut_flow["aimed at the decay volume"], rel=0.02)
    product = totals.in_volume * totals.mean_decay_probability * totals.visible_branching * totals.acceptance
    assert product == pytest.approx(totals.accepted_events, rel=1e-9)
    assert totals.produced > totals.in_polar_window >= totals.in_volume * (1.0 - 1e-12)


def test_selections_are_nested():
    expected = {
        s: EventRun.plan("NuCal", [0.1], [1e-6], EventSettings(10, s)).work.plans[0].totals
        for s in ("none", "geometry", "full")
    }
    numbers = [t.expected_events for t in expected.values()]
    assert numbers[0] > numbers[1] >= numbers[2]
    accepted = [t.accepted_events for t in expected.values()]
    np.testing.assert_allclose(accepted, accepted[0], rtol=0.05)
    events = next(_run(2000, select="none").batches())
    assert 0.0 < events.passed.mean() <= 1.0


def test_edges_of_a_contour_have_the_threshold():
    from darkbeam.sensitivity.api import reach

    choices = {"sources": ("meson:eta",), "variation": "central"}
    found = reach("NuCal", masses=(0.2, 0.2001, 2), refine=False, cache=False, **choices)
    for edge, error in (
        (found.epsilon_lower[0], found.error_lower[0]),
        (found.epsilon_upper[0], found.error_upper[0]),
    ):
        totals = [
            EventRun.plan("NuCal", [0.2], [edge * f], EventSettings(10), options=Options(**choices)).expected
            for f in (1.0 - 3.0 * error - 0.01, 1.0 + 3.0 * error + 0.01)
        ]
        assert min(totals) < found.threshold < max(totals)


def test_command_line(tmp_path, capsys):
    app = typer.Typer()
    app.command()(command.events)
    out = tmp_path / "e.parquet"
    arguments = ["SHiP", "--mass", "0.1,0.3", "--epsilon", "1e-6", "-n", "300", "-o", str(out), "--json"]
    app([*arguments, "--sources", "meson:eta", "--select", "none"], standalone_mode=False)
    summary = json.loads(capsys.readouterr().out)
    assert {
        "requested", "written", "expected_events", "expected_error", "produced", "acceptance",
        "mean_decay_probability", "visible_branching", "seconds",
    } <= set(summary)  # fmt: skip
    assert summary["written"] == summary["requested"] == 600
    assert read_events(out).weight.sum() == pytest.approx(summary["expected_events"], rel=1e-9)
    with pytest.raises(OutputError, match="--force"):
        app(arguments, standalone_mode=False)
    app([*arguments[:-1], "--sources", "meson:eta", "--force"], standalone_mode=False)
    assert "600 events" in capsys.readouterr().out
    with pytest.raises(ValueRangeError, match=r"--mass '0\.1:0\.3'"):
        app(
            ["SHiP", "--mass", "0.1:0.3", "--epsilon", "1e-6", "-o", str(tmp_path / "f.txt")],
            standalone_mode=False,
        )


def test_stored_hadrons_that_are_used_again_are_told():
    run = EventRun.plan("SHiP", [2.5], [1e-7], EventSettings(10**7, pythia="off"))
    assert any("stored hadronised decays are used" in note for note in run.notes)
    assert run.card["events"]["pythia"] == "off"
