"""Events at the face: kinematics, weights, selections and files."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from darkbeam.cli.main import run
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.events.chunks import parts_folder, write_events
from darkbeam.events.join import concatenate
from darkbeam.events.merge import merge_files
from darkbeam.events.readers import read_events
from darkbeam.events.settings import EventSettings
from darkbeam.millicharged.card import Shield, load_mcp_experiment
from darkbeam.millicharged.events import McpEventRun
from darkbeam.millicharged.reach import McpOptions, prepare
from darkbeam.propagation import get_material

MASS = 0.1
OPTIONS = McpOptions(sources=("meson:eta",), photons=20_000)


def plan(experiment="ArgoNeuT", epsilon=0.01, options=OPTIONS, **choices):
    return McpEventRun.plan(experiment, [MASS], [epsilon], EventSettings(**({"n": 3000} | choices)), options)


def wide():
    """A large face near by behind iron, so that the statistics are good."""
    iron = Shield(get_material("iron"), 3.0, 5.0)
    card = load_mcp_experiment("BEBC")
    return replace(card, distance=50.0, face=(4.0, 3.0), shielding=(iron,), magnet=None, variants={})


@pytest.fixture(scope="module")
def crossings():
    planned = plan(wide(), select="none", pdg=52)
    return planned, concatenate(list(planned.batches()))


def squared(p4):
    return p4[0] ** 2 - np.sum(p4[1:] ** 2, axis=0)


def test_kinematics_and_place(crossings):
    _, e = crossings
    p4, pdg, status, mother = e.p4.reshape(4, -1, 3), *(v.reshape(-1, 3) for v in (e.pdg, e.status, e.mother))
    assert e.parent == pytest.approx(p4[:, :, 0] + p4[:, :, 1], rel=1e-12)
    assert np.sqrt(squared(e.parent)) == pytest.approx(e.mass, rel=1e-6)
    assert np.all((e.mass > 2 * MASS) & (e.mass < 0.548))
    assert np.sqrt(squared(p4)) == pytest.approx(np.full((3000, 3), MASS), rel=1e-4)
    assert np.all(pdg[:, 0] == 52)
    assert np.all(pdg[:, 1] == -52)
    # the crossing particle comes twice: where it is made, and at the face
    row = np.arange(len(e))
    which = mother[:, 2]
    assert np.all(status[row, which] == 2)
    assert np.all(status[row, 1 - which] == 1)
    assert np.all(pdg[row, which] == pdg[:, 2])
    assert np.mean(which) == pytest.approx(0.5, abs=0.05)
    card = wide()
    point = e.vertex.reshape(3, -1, 3)[:, :, 2]
    z = point[0] * np.sin(card.angle) + point[2] * np.cos(card.angle)
    assert z == pytest.approx(card.distance)
    assert np.all(np.abs(point[1]) <= 0.5 * card.face[1] * (1 + 1e-9))
    before = p4[1:, row, which]
    assert np.all(p4[0, :, 2] < p4[0, row, which])
    cos = np.sum(before * point, axis=0) / np.sqrt(np.sum(before**2, axis=0) * np.sum(point**2, axis=0))
    assert np.all(cos > 1.0 - 1e-3)


def test_free_flight():
    e = concatenate(list(plan(replace(wide(), shielding=()), select="none", n=500).batches()))
    p4, which = e.p4.reshape(4, -1, 3), e.mother.reshape(-1, 3)[:, 2]
    assert p4[:, :, 2] == pytest.approx(p4[:, np.arange(500), which], rel=1e-9)
    r = np.sqrt(np.sum(e.vertex.reshape(3, -1, 3)[:, :, 2] ** 2, axis=0))
    beta = np.sqrt(1.0 - np.square(MASS / p4[0, :, 2]))
    assert e.time.reshape(-1, 3)[:, 2] == pytest.approx(r / beta)


def test_weights_add_up_to_the_reach_calculation(crossings):
    planned, e = crossings
    totals = planned.work.plans[0].totals
    assert np.sum(e.weight) == pytest.approx(totals.crossings)
    assert np.ptp(e.weight) == pytest.approx(0.0, abs=1e-9 * e.weight[0])
    assert np.mean(e.passed) == pytest.approx(totals.mean_probability, abs=4 * np.sqrt(0.25 / len(e)))
    expected = prepare(wide(), OPTIONS)[1].at(MASS).events(0.01)
    assert totals.detections == pytest.approx(float(expected), rel=0.1)
    seen = plan(wide())
    events = concatenate(list(seen.batches()))
    assert np.sum(events.weight) == pytest.approx(seen.expected)
    assert seen.expected == pytest.approx(totals.detections)
    assert events.passed.all()
    mean = np.average(e.probability)
    assert np.average(events.probability) == pytest.approx(np.average(e.probability**2) / mean, rel=0.1)


def test_weighted_events_serve_every_variation():
    options = replace(OPTIONS, sources=("bremsstrahlung",))
    planned = plan(options=options, weighted=True, select="geometry", n=5000)
    e = concatenate(list(planned.batches()))
    assert set(e.variations) == set(planned.work.simulation.variations)
    totals = planned.work.plans[0].totals
    # drawn from the mean of the variations, in strata
    assert np.sum(e.weight) == pytest.approx(totals.crossings, rel=0.05)
    for name in ("brem-lower", "brem-upper"):
        assert np.sum(e.variations[name]) == pytest.approx(totals.variations[name], rel=0.05)


def test_scalars_are_rarer():
    scalar = plan(wide(), options=replace(OPTIONS, spin="scalar"), n=100)
    assert scalar.expected < 0.5 * plan(wide(), n=100).expected


def test_particles_that_stop():
    iron = replace(wide(), shielding=(Shield(get_material("iron"), 44.0, 5.0),))
    with pytest.raises(
        ValueRangeError, match=r"no particle reaches .* epsilon = 1 \(matter stops those below"
    ):
        plan(replace(iron, distance=50.0, angle=1.0), epsilon=1.0)


@pytest.mark.parametrize(
    ("masses", "epsilons", "error", "message"),
    [
        ([20.0], [0.1], MassRangeError, "no source at Fermilab makes pairs"),
        ([0.1], [2.0], ValueRangeError, "outside 0 < epsilon <= 1"),
        ([-1.0], [0.1], MassRangeError, "not a positive mass"),
        ([0.5], [0.1], MassRangeError, r"no source .* makes pairs of 0.5 GeV"),
    ],
)
def test_bad_input(masses, epsilons, error, message):
    with pytest.raises(error, match=message):
        McpEventRun.plan("ArgoNeuT", masses, epsilons, EventSettings(10), OPTIONS)


def test_points_without_events_are_left_out():
    planned = McpEventRun.plan("ArgoNeuT", [0.1, 0.5], [0.1], EventSettings(10), OPTIONS)
    assert len(planned.work.plans) == 1
    assert any(n.startswith("left out: no source makes pairs of 0.5 GeV") for n in planned.notes)


def command(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["darkbeam", *arguments])
    with pytest.raises(SystemExit) as stop:
        run()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


CALL = (
    "events", "ArgoNeuT", "--model", "millicharged", "--mass", "0.1", "--epsilon", "0.01,0.02", "-n", "40",
    "--sources", "meson:eta",
)  # fmt: skip


def test_files(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyarrow")
    hep = pytest.importorskip("pyhepmc")
    monkeypatch.chdir(tmp_path)
    code, out, _ = command(monkeypatch, capsys, *CALL, "-o", "a.parquet", "--json")
    assert code == 0
    summary = json.loads(out)
    assert (summary["written"], len(summary["points"])) == (80, 2)
    first = read_events(tmp_path / "a.parquet")
    assert first.parent_pdg == 22
    assert np.sum(first.weight) == pytest.approx(summary["expected_events"])
    assert set(first.epsilon) == {0.01, 0.02}
    assert first.card["model"]["name"] == "millicharged"
    assert command(monkeypatch, capsys, *CALL, "-o", "b.parquet")[0] == 0
    again = read_events(tmp_path / "b.parquet")
    assert np.array_equal(first.p4, again.p4)
    assert np.array_equal(first.weight, again.weight)
    for ending in ("hepmc3", "lhe", "txt"):
        assert command(monkeypatch, capsys, *CALL, "-o", f"c.{ending}", "--pdg", "5000521")[0] == 0
    with hep.open("c.hepmc3") as file:
        events = list(file)
    assert len(events) == 80
    assert sum(e.weights[0] for e in events) == pytest.approx(summary["expected_events"])
    ids = sorted(abs(p.pid) for p in events[0].particles)
    assert ids == [22, 5000521, 5000521, 5000521]
    (arrived,) = [p for p in events[0].particles if p.production_vertex.position.z > 1e5]
    assert arrived.generated_mass == pytest.approx(MASS, rel=1e-4)


def test_command_refuses(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for more, message in (
        (("--ctau", "1", "--smearing"), "--ctau, --smearing: not for millicharged particles"),
        (("--spin", "vector"), "unknown spin"),
    ):
        code, _, err = command(monkeypatch, capsys, *CALL, "-o", "a.lhe", *more)
        assert code == 2
        assert message in err
    code, _, err = command(monkeypatch, capsys, *CALL[:6], "-o", "a.lhe")
    assert code == 2
    assert "need --epsilon" in err


LONG = 8192 + 300
"""Two chunks for each point."""


@pytest.fixture
def two_points():
    pytest.importorskip("pyarrow")
    return McpEventRun.plan("ArgoNeuT", [MASS], [0.01, 0.02], EventSettings(LONG), OPTIONS)


def test_file_does_not_depend_on_workers_chunks_or_interruptions(tmp_path, two_points):
    paths = [tmp_path / f"{name}.parquet" for name in ("whole", "first", "last", "merged", "resumed")]
    whole, first, last, merged, resumed = paths
    assert two_points.n_chunks == 4
    assert write_events(two_points, whole) == 2 * LONG
    write_events(two_points, first, chunks=(0, 1))
    # in another process, which makes photons and crossings again
    write_events(two_points, last, chunks=(1, 4), workers=2)
    assert merge_files([last, first], merged).missing == 0
    assert merged.read_bytes() == whole.read_bytes()

    class PowerCut(Exception):
        pass

    def cut(done, _total):
        if done > LONG:
            raise PowerCut

    with pytest.raises(PowerCut):
        write_events(two_points, resumed, resume=True, progress=cut)
    assert len(list(parts_folder(resumed).glob("*.parquet"))) == 3
    assert not resumed.exists()
    seen = []
    assert write_events(two_points, resumed, resume=True, progress=lambda *n: seen.append(n)) == 2 * LONG
    assert len(seen) == 1
    assert resumed.read_bytes() == whole.read_bytes()
    assert not parts_folder(resumed).exists()


def test_weights_of_chunks_are_those_of_the_whole_run(two_points):
    events = list(two_points.batches())
    assert [len(e) for e in events] == [8192, 300] * 2
    numbers = np.concatenate([e.number for e in events])
    assert np.array_equal(numbers, np.arange(2 * LONG))
    assert sum(e.weight.sum() for e in events) == pytest.approx(two_points.expected)
    one = concatenate(list(two_points.batches([3])))
    assert np.array_equal(one.p4, events[3].p4)
    assert np.array_equal(one.weight, events[3].weight)


def test_runs_of_different_seeds_merge(tmp_path):
    pytest.importorskip("pyarrow")
    expected = []
    for seed in (1, 2):
        run = plan(options=replace(OPTIONS, seed=seed), n=100 * seed)
        write_events(run, tmp_path / f"{seed}.parquet")
        expected.append(run.expected)
    done = merge_files([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "both.parquet")
    assert done.events == 300
    assert done.expected == pytest.approx((expected[0] + 2.0 * expected[1]) / 3.0)
    assert expected[0] != expected[1]
