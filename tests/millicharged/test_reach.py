"""The reach: result, files, errors, and published curves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from darkbeam.errors import MassRangeError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.millicharged.card import load_mcp_experiment
from darkbeam.millicharged.command import mcp_command
from darkbeam.millicharged.files import reach_mcp_to_files, summary_mcp_to_files
from darkbeam.millicharged.reach import McpOptions, prepare, reach_millicharged
from darkbeam.sensitivity.result import Reach

FAST = {"masses": (0.1, 0.2, 2), "sources": ("meson:eta",), "photons": 5000, "cache": False}


@pytest.fixture(scope="module")
def argoneut():
    return reach_millicharged("ArgoNeuT", **FAST)


def test_result(argoneut):
    assert np.all(argoneut.epsilon_lower < argoneut.epsilon_upper)
    assert argoneut.epsilon_lower[1] > argoneut.epsilon_lower[0]
    assert {"central", "low-0.3MeV"} <= set(argoneut.band)
    # two hits: N ~ epsilon^6, and the number of recoils goes like 1/threshold
    ratio = argoneut.epsilon_lower / argoneut.band["low-0.3MeV"].epsilon_lower
    assert ratio == pytest.approx((1.0 / 0.3) ** (1.0 / 3.0), rel=0.05)
    assert any("not verified" in n for n in argoneut.notes)
    again = Reach.from_dict(argoneut.to_dict())
    assert again.epsilon_lower == pytest.approx(argoneut.epsilon_lower)


def test_exposure_and_threshold(argoneut):
    more = reach_millicharged("ArgoNeuT", pot=64e20, **FAST)
    # N ~ epsilon^6, less where slow particles always give two hits
    ratio = argoneut.epsilon_lower / more.epsilon_lower
    assert np.all((ratio > 1.99) & (ratio < 2.3))
    fewer = reach_millicharged("ArgoNeuT", events=3.0 / 64.0, **FAST)
    assert fewer.epsilon_lower == pytest.approx(more.epsilon_lower, rel=1e-4)


def test_scalars_are_rarer(argoneut):
    scalar = reach_millicharged("ArgoNeuT", spin="scalar", **FAST)
    assert np.all(scalar.epsilon_lower > argoneut.epsilon_lower)


def test_light_yield_by_name():
    first = reach_millicharged("SUBMET", **FAST)
    mean = reach_millicharged("SUBMET", light="mean", **FAST)
    assert mean.epsilon_lower == pytest.approx(first.band["light-mean"].epsilon_lower, rel=1e-3)
    assert np.all(mean.epsilon_lower < first.epsilon_lower)


def test_mass_above_every_threshold():
    with pytest.raises(MassRangeError, match=r"no source at Fermilab makes pairs of 10 GeV"):
        reach_millicharged("ArgoNeuT", masses=(10.0, 20.0, 2), cache=False)
    partly = reach_millicharged("ArgoNeuT", **(FAST | {"masses": (0.2, 0.5, 2)}))
    assert np.isnan(partly.epsilon_lower[-1])
    # bisection between the masses of the grid; the eta ends at half its mass
    assert partly.max_mass_GeV <= 0.548 / 2
    k = int(np.flatnonzero(partly.masses_GeV == partly.max_mass_GeV)[0])
    assert np.isnan(partly.epsilon_lower[k + 1])
    assert partly.masses_GeV[k + 1] < 1.02 * partly.max_mass_GeV
    assert any(n.startswith("no source makes pairs above 0.27") for n in partly.notes)


def test_region_that_never_opens_says_so():
    closed = reach_millicharged("ArgoNeuT", pot=1.0, **FAST)
    assert np.all(np.isnan(closed.epsilon_lower))
    assert closed.islands == []
    assert any("no charge below 1" in n for n in closed.notes)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"spin": "majorana"}, UnknownNameError, "unknown spin"),
        ({"light": "median"}, UnknownNameError, "Did you mean 'mean'"),
        ({"masses": (1e-4, 0.1, 3)}, MassRangeError, "electron"),
        ({"masses": (0.2, 0.1, 3)}, MassRangeError, "empty mass range"),
        ({"seed": -1}, ValueRangeError, "negative"),
        ({"lumi_fb": 3.0}, ValueRangeError, "takes its exposure as pot"),
        ({"pot": -1.0}, ValueRangeError, "positive exposure"),
        ({"events": 0.0}, ValueRangeError, "positive"),
    ],
)
def test_bad_input(choices, error, message):
    with pytest.raises(error, match=message):
        reach_millicharged("ArgoNeuT", **(FAST | choices))


def test_files(tmp_path):
    options = McpOptions(**{k: v for k, v in FAST.items() if k != "cache"})
    saved = reach_mcp_to_files("ArgoNeuT", tmp_path / "a", options, cache=False)
    names = {p.name for p in saved.written}
    assert {"contour.csv", "contour.json", "contributions.csv", "reach.png", "reach.pdf"} == names
    with pytest.raises(OutputError):
        reach_mcp_to_files("ArgoNeuT", tmp_path / "a", replace(options, seed=2), cache=False)
    written = summary_mcp_to_files(tmp_path, "all-mcp", [saved.result])
    assert [p.name for p in written] == ["all-mcp.csv", "all-mcp.png", "all-mcp.pdf"]
    assert "ArgoNeuT,past," in written[0].read_text()


def test_second_run_takes_all_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DARKBEAM_CACHE", str(tmp_path / "cache"))
    options = McpOptions(**{k: v for k, v in FAST.items() if k != "cache"})
    first = reach_mcp_to_files("ArgoNeuT", tmp_path / "a", options)
    monkeypatch.setattr("darkbeam.millicharged.reach._scan", None)
    monkeypatch.setattr("darkbeam.plotting.millicharged.draw_mcp_reach", None)
    second = reach_mcp_to_files("ArgoNeuT", tmp_path / "b", options)
    assert [p.name for p in first.written] == [p.name for p in second.written]
    assert all(p.read_bytes() == q.read_bytes() for p, q in zip(first.written, second.written, strict=True))


def test_command_that_repeats_a_result(argoneut):
    assert mcp_command(argoneut.card) == (
        "darkbeam reach ArgoNeuT --model millicharged --sources meson:eta --masses 0.1:0.2:2"
    )
    card = prepare("SUBMET", McpOptions(spin="scalar", light="mean"), pot=1e21, events=5.0)[2]
    assert mcp_command(card) == (
        "darkbeam reach SUBMET --model millicharged --spin scalar --light mean --pot=1e+21 --events=5"
    )


def test_signal_regions():
    e = load_mcp_experiment("milliQan_demonstrator")
    assert len(e.regions) > 1
    sim = prepare(e, McpOptions(sources=("meson:eta",), photons=5000))[1]
    point = sim.at(0.1)
    found = [float(point.events(eps)) for eps in (0.01, 0.3)]
    alone = [
        [
            float(replace(sim, experiment=replace(e, detector=r.detector, regions=())).at(0.1).events(eps))
            / r.limit
            for r in e.regions
        ]
        for eps in (0.01, 0.3)
    ]
    assert found == pytest.approx([e.n_events * max(row) for row in alone], rel=1e-6)
    assert np.argmax(alone[0]) != np.argmax(alone[1])
    with pytest.raises(ValueRangeError, match="signal regions with limits of their own"):
        prepare(e, McpOptions(), events=3.0)


def test_matter_that_stops_everything_ends_the_region():
    # 240 m of rock cost 126 GeV at charge 1, the beam has 120
    result = reach_millicharged("ArgoNeuT", masses=(0.05, 0.06, 2), photons=20_000, cache=False)
    assert np.all((result.epsilon_upper > 0.8) & (result.epsilon_upper < 0.96))


def published(folder, name, masses):
    """Lowest published charge at each mass."""
    lines = (folder / "reference" / "contours" / "mcp" / name).read_text().splitlines()
    rows = np.array([[float(x) for x in s.split(",")] for s in lines if s[:1].isdigit()])
    x = np.log(rows)
    found = np.full(len(masses), np.nan)
    for (a, p), (b, q) in pairwise(x):
        t = (np.log(masses) - a) / (b - a) if a != b else np.full(len(masses), np.nan)
        found = np.fmin(found, np.exp(np.where((t >= 0.0) & (t <= 1.0), p + t * (q - p), np.nan)))
    return found


@pytest.mark.reference
def test_formosa_with_the_conventions_of_its_paper(shared):
    e = load_mcp_experiment("FORMOSA")
    # arXiv:2010.07941: 500 m, mean light yield of 2.5e5 photo-electrons in a bar of 1 m
    bars = replace(e.detector, light="mean", collection=0.1 * 2.5e5 / 2.27e5)
    e = replace(e, detector=bars, distance=500.0, shielding=(), magnet=None, variants={})
    result = reach_millicharged(e, masses=(0.02, 20.0, 7), photons=20_000, cache=False)
    ratio = result.epsilon_lower / published(shared, "formosa_projection.csv", result.masses_GeV)
    assert np.all((ratio > 1.0 / 1.4) & (ratio < 1.4))
    assert np.exp(np.mean(np.log(ratio))) == pytest.approx(1.0, abs=0.2)


@pytest.mark.reference
def test_argoneut_without_bremsstrahlung(shared):
    e = load_mcp_experiment("ArgoNeuT")
    e = replace(e, detector=replace(e.detector, low=3e-4), variants={})
    result = reach_millicharged(e, masses=(0.011, 0.2, 4), overlap="mixing-only", photons=20_000, cache=False)
    ratio = result.epsilon_lower / published(shared, "argoneut.csv", result.masses_GeV)
    assert np.all((ratio > 1.0 / 1.3) & (ratio < 1.3))


def ratios(shared, name, curve, masses, **choices):
    """Our lower edge over the published one: no matter in front, 3 events."""
    e = replace(load_mcp_experiment(name), shielding=(), magnet=None, variants={}, n_events=3.0)
    result = reach_millicharged(e, masses=masses, photons=20_000, cache=False, **choices)
    return result.epsilon_lower / published(shared, curve, result.masses_GeV)


@pytest.mark.reference
def test_bebc(shared):
    ratio = ratios(shared, "BEBC", "bebc.csv", (0.07, 0.8, 4))
    # 1.24 to 0.68: threshold and number of events of the card are not verified
    assert np.all((ratio > 1.0 / 1.6) & (ratio < 1.35))


@pytest.mark.reference
def test_fermini_without_bremsstrahlung(shared):
    ratio = ratios(shared, "FerMINI", "fermini_projection.csv", (0.011, 0.075, 3), overlap="mixing-only")
    assert np.all((ratio > 1.0 / 1.35) & (ratio < 1.1))


@pytest.mark.reference
def test_flare():
    # events at 2 GeV and charge 1e-3 as computed by others for recoils of 0.03-1 GeV at 620 m; N goes like epsilon^4
    e = replace(load_mcp_experiment("FLArE"), shielding=(), magnet=None, variants={})
    events = prepare(e, McpOptions(photons=20_000))[1].at(2.0).events(1e-3)
    assert 1.0 / 1.4 < (float(events) / 0.01425) ** 0.25 < 1.1
