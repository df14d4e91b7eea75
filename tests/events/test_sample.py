"""Events: vertices, spectra, conservation, weights."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from darkbeam.decays.particles import CTAU, mass_of
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.events import EventRun, EventSettings, generate
from darkbeam.events.join import concatenate
from darkbeam.events.mothers import gather
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.options import Options

MASS, EPS = 0.3, 1e-6
START = 33.0  # m, about where SHiP's volume begins


def _options(mass=MASS, **choices):
    return Options(masses=(mass, mass * 1.0001, 2), **choices)


def _mothers(ctau, **choices):
    setup = prepare("SHiP", _options(sources=("meson:eta",)))[1]
    return gather(setup, MASS, ctau, 1000, **choices)


def _truncated(lam, low, high):
    """Distribution function of the exponential truncated to (low, high)."""
    return np.expm1(-(lam - low)) / np.expm1(-(high - low))


@pytest.mark.parametrize("ratio", [0.01, 1.0, 1000.0])
def test_vertices_follow_the_truncated_exponential(ratio):
    # lengths beta gamma c tau of a typical 60 GeV particle from far below to far above the baseline
    mothers = _mothers(ratio * START * MASS / 60.0)
    ray, lam = mothers.draw(4000, np.random.default_rng(3))
    single = mothers.lam_in.shape[0] == 1
    assert single
    u = _truncated(lam, mothers.lam_in[0, ray], mothers.lam_out[0, ray])
    assert u.min() >= 0.0
    assert u.max() <= 1.0
    # stratified, so closer to uniform than independent numbers would be: the test must still hold
    assert stats.kstest(u, "uniform").pvalue > 0.01
    # and rays in proportion to what decays
    share = np.bincount(mothers.block[ray], minlength=20) / len(ray)
    np.testing.assert_allclose(share, mothers.by_block() / mothers.total, atol=4 * np.sqrt(0.05 / 4000))


def test_vertices_agree_with_a_literal_simulation():
    mothers = _mothers(START * MASS / 60.0)
    rng = np.random.default_rng(4)
    ray, lam = mothers.draw(20_000, rng)
    z = (mothers.parent[3] / np.linalg.norm(mothers.parent[1:], axis=0) * mothers.length)[ray] * lam
    # literally: pick by production weight, fly an exponential length, keep what ends inside
    picked = rng.choice(len(mothers.drawing), 400_000, p=mothers.drawing / mothers.drawing.sum())
    flown = rng.standard_exponential(len(picked))
    inside = (flown > mothers.lam_in[0, picked]) & (flown < mothers.lam_out[0, picked])
    picked, flown = picked[inside], flown[inside]
    z_literal = (mothers.parent[3] / np.linalg.norm(mothers.parent[1:], axis=0) * mothers.length)[
        picked
    ] * flown
    assert len(picked) > 10_000
    assert stats.ks_2samp(z, z_literal).pvalue > 0.01
    assert stats.ks_2samp(mothers.parent[0, ray], mothers.parent[0, picked]).pvalue > 0.01
    # the yield of the literal simulation
    expected = mothers.total / mothers.drawing.sum()
    assert inside.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / 400_000))


@pytest.mark.parametrize("weighted", [False, True])
def test_spectra_follow_the_weighted_flux(weighted):
    run = EventRun.plan("SHiP", [MASS], [EPS], EventSettings(8192, "none", weighted), options=Options())
    events = concatenate(list(run.batches()))
    mothers = run.work._points[0].mothers
    w = mothers.drawing * mothers.relative["central"] * mothers.probability
    for value, all_values in (
        (events.parent[0], mothers.parent[0]),
        (events.parent[3] / events.parent[0], mothers.parent[3] / mothers.parent[0]),
    ):
        edges = np.quantile(value, np.linspace(0.0, 1.0, 11)[1:-1])
        found = np.bincount(np.digitize(value, edges), events.weight, 10) / events.weight.sum()
        true = np.bincount(np.digitize(all_values, edges), w, 10) / w.sum()
        np.testing.assert_allclose(found, true, atol=0.02)
    assert events.weight.sum() == pytest.approx(run.expected, rel=1e-9 if not weighted else 0.02)
    sources = np.bincount(events.source, events.weight, len(events.source_names))
    for name, number in run.work.plans[0].totals.by_source.items():
        assert sources[events.source_names.index(name)] == pytest.approx(number, abs=0.02 * run.expected)


def _check_history(events):
    """Four-momentum at every vertex, and the geometry of the links."""
    assert np.all(np.bincount(events.event_of, minlength=len(events)) == events.multiplicity)
    first = events.offset[:-1][events.event_of]
    mother = np.where(events.mother >= 0, first + events.mother, -1)
    assert np.all(mother < np.arange(len(mother)))
    total = np.zeros((4, len(mother)))
    for i in range(4):
        total[i] = np.bincount(mother[mother >= 0], events.p4[i][mother >= 0], len(mother))
    decayed = events.status == 2
    off = np.abs(total[:, decayed] - events.p4[:, decayed]) / events.p4[0][decayed]
    assert np.all(off < 1e-6)
    top = np.zeros((4, len(events)))
    for i in range(4):
        top[i] = np.bincount(events.event_of[mother < 0], events.p4[i][mother < 0], len(events))
    assert np.all(np.abs(top - events.parent).max(axis=0) < 1e-6 * events.parent[0])
    return mother, decayed


@pytest.mark.parametrize("mass", [0.9, 2.5])
def test_four_momentum_is_conserved_at_every_vertex(mass):
    events = generate("SHiP", mass, 1e-7, 2000, select="none", pythia="off")
    _, decayed = _check_history(events)
    assert decayed.sum() > 30
    # everything is made at the decay vertex, at the time of the decay
    np.testing.assert_array_equal(events.vertex, events.decay[:, events.event_of])
    beta = np.linalg.norm(events.parent[1:], axis=0) / events.parent[0]
    np.testing.assert_allclose(events.decay_time * beta, np.linalg.norm(events.decay, axis=0), rtol=1e-9)
    shell = np.sum(events.parent[1:] ** 2, axis=0) + mass**2
    np.testing.assert_allclose(events.parent[0] ** 2, shell, rtol=1e-9)


def test_kaons_fly():
    events = generate("SHiP", 1.2, 1e-7, 3000, select="none", channels=("K0K0bar",), in_flight=True)
    mother, _ = _check_history(events)
    short = np.flatnonzero(np.abs(events.pdg) == 310)
    assert len(short) == 3000
    daughters = np.flatnonzero((mother >= 0) & np.isin(mother, short))
    path = np.linalg.norm(events.vertex[:, daughters] - events.vertex[:, mother[daughters]], axis=0)
    gamma_beta = np.linalg.norm(events.p4[1:, mother[daughters]], axis=0) / mass_of(310)
    _, one = np.unique(mother[daughters], return_index=True)
    proper = (path / gamma_beta)[one] / CTAU[310]
    assert stats.kstest(proper, "expon").pvalue > 0.01


def test_chosen_channels_and_their_branching_ratios():
    events = generate("SHiP", 0.9, 1e-7, 4000, channels=("e+e-", "mu+mu-"), select="none")
    setup = prepare("SHiP", _options(0.9))[1]
    ratios = setup.branching(0.9)
    part = (events.channel == events.channel_names.index("e+e-")).mean()
    assert part == pytest.approx(ratios["e+e-"] / (ratios["e+e-"] + ratios["mu+mu-"]), abs=1e-3)
    with pytest.raises(UnknownNameError, match="e\\+e-"):
        generate("SHiP", 0.9, 1e-7, 10, channels=("ee",))
    with pytest.raises(ValueRangeError, match=r"tau\+tau- is closed at 0.9"):
        generate("SHiP", 0.9, 1e-7, 10, channels=("tau+tau-",))


@pytest.mark.pythia
def test_pythia_makes_the_quark_decays():
    pytest.importorskip("pythia8mc")
    events = generate("SHiP", 2.5, 1e-7, 60, select="none", pythia="on")
    _check_history(events)
    again = generate("SHiP", 2.5, 1e-7, 60, select="none", pythia="on")
    np.testing.assert_array_equal(events.p4, again.p4)
    stored = generate("SHiP", 2.5, 1e-7, 60, select="none", pythia="off")
    assert stored.channel_names == events.channel_names
    assert stored.p4.shape != events.p4.shape


def test_imported_hadrons(tmp_path):
    p = float(np.sqrt(0.45**2 - mass_of(211) ** 2))
    rows = [[0.0, 0.0, p, 0.45, mass_of(211), 211], [0.0, 0.0, -p, 0.45, mass_of(211), -211]]
    file = tmp_path / "list.json"
    file.write_text(json.dumps({"mass_gev": 0.9, "events": [rows, rows]}))
    settings = EventSettings(400, "none", hadrons=(str(file),))
    run = EventRun.plan("SHiP", [0.9], [1e-7], settings)
    events = concatenate(list(run.batches()))
    _check_history(events)
    assert set(np.abs(events.pdg).tolist()) == {11, 13, 211}
    assert events.channel_names[events.channel.max()] == "hadrons"
    assert any("repeat another one" in note for note in run.notes)
    with pytest.raises(ValueRangeError, match="exclude each other"):
        EventSettings(1, hadrons=(str(file),), pythia="on")


def test_user_errors():
    for kwargs, text in (({"epsilon": 2.0}, "epsilon"), ({"epsilon": EPS, "ctau": -1.0}, "ctau")):
        with pytest.raises(ValueRangeError, match=text):
            generate("SHiP", MASS, n=10, **kwargs)
    with pytest.raises(ValueRangeError, match="--epsilon or --ctau"):
        generate("SHiP", MASS, n=10)
    with pytest.raises(MassRangeError, match="no source produces"):
        generate("SHiP", 0.6, EPS, 10, options=Options(sources=("meson:eta",), masses=(0.6, 0.61, 2)))
    with pytest.raises(ValueRangeError, match=r"SHiP: fewer than 1e-140 decays .* too few to compute"):
        generate("SHiP", MASS, 0.1, 10)
    with pytest.raises(ValueRangeError, match="-n needs"):
        EventSettings(0)
    with pytest.raises(UnknownNameError, match="geometry"):
        EventSettings(1, "geom")


def test_points_that_underflow_are_refused_as_by_rate():
    from darkbeam.sensitivity.single import rate

    options = Options(sources=("meson:omega",), masses=(0.3, 0.31, 2))
    messages = []
    for make in (
        lambda: rate("CODEX_b", 0.3, 1e-5, options=options),
        lambda: generate("CODEX_b", 0.3, 1e-5, 10, options=options),
    ):
        with pytest.raises(ValueRangeError, match="too few to compute") as error:
            make()
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    few = EventRun.plan("CODEX_b", [0.3], [7e-6], EventSettings(100, "none"), options=options)
    totals = few.work.plans[0].totals  # beyond that numbers are small, but numbers
    assert 0.0 < totals.expected_events < 1e-90
    assert 0.0 < totals.expected_error < np.inf
    assert sum(e.weight.sum() for e in few.batches()) == pytest.approx(totals.expected_events, rel=1e-9)


def test_variation_weights_equal_a_run_with_that_variation():
    options = _options(0.9)
    run = EventRun.plan("SHiP", [0.9], [1e-7], EventSettings(8192, weighted=True), options=options)
    events = concatenate(list(run.batches()))
    from darkbeam.sensitivity.single import rate

    direct = rate("SHiP", 0.9, 1e-7, options=options).variations
    for name in ("brem-upper", "brem-pauli", "width-low"):
        weight = events.variations[name]
        # n events drawn with unequal weights, and the mothers' own error
        error = np.sqrt(np.square(weight).sum()) + 0.005 * direct[name]
        assert weight.sum() == pytest.approx(direct[name], abs=3 * error)
        assert run.work.plans[0].totals.variations[name] == pytest.approx(direct[name], rel=0.03)


def test_fixed_lifetime():
    both = generate("SHiP", MASS, n=500, ctau=2.0)
    setup = prepare("SHiP", _options())[1]
    np.testing.assert_allclose(both.epsilon**2 * 2.0, setup.ctau(MASS), rtol=1e-12)
    same = generate("SHiP", MASS, float(both.epsilon[0]), 500)
    np.testing.assert_allclose(both.weight.sum(), same.weight.sum(), rtol=1e-9)
    # with a coupling ten times as large, a hundred times as many are made, and the same part of them decays
    more = generate("SHiP", MASS, 10.0 * float(both.epsilon[0]), 500, ctau=2.0)
    np.testing.assert_allclose(more.weight.sum(), 100.0 * both.weight.sum(), rtol=0.02)
    assert more.ctau[0] == 2.0
    assert "width-low" not in more.variations


def test_same_seed_same_events():
    a, b = (generate("SHiP", MASS, EPS, 300) for _ in range(2))
    np.testing.assert_array_equal(a.p4, b.p4)
    other = generate("SHiP", MASS, EPS, 300, options=replace(_options(), seed=2))
    assert not np.array_equal(a.parent, other.parent)
    assert a.passed.all()
    assert len(np.unique(a.number)) == 300
