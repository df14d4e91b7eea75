"""The reach for light dark matter: limits, scaling, files, errors, and published curves."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from darkbeam.cli.reach_ldm import reach_ldm
from darkbeam.constants import ALPHA
from darkbeam.errors import MassRangeError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.light_dark_matter.card import load_dark_matter_search
from darkbeam.light_dark_matter.files import reach_dark_matter_to_files
from darkbeam.light_dark_matter.reach import DarkMatterOptions, prepare, reach_light_dark_matter
from darkbeam.light_dark_matter.result import DarkMatterReach
from darkbeam.light_dark_matter.simulate import KEPT
from darkbeam.millicharged.crossing import cross
from darkbeam.plotting.light_dark_matter import draw_dark_matter_reach
from darkbeam.rng import stream
from darkbeam.statistics import Counting

FAST = {"masses": (0.05, 0.1, 2), "sources": ("meson:eta",), "photons": 4000}


@pytest.fixture(scope="module")
def bebc():
    return reach_light_dark_matter("BEBC", **FAST, cache=False)


def test_result(bebc):
    assert np.all(bebc.epsilon[1:] > bebc.epsilon[:-1])
    np.testing.assert_allclose(bebc.y, bebc.epsilon**2 * 0.1 / 81.0)
    assert np.all(bebc.near_pole > 0.9)
    assert np.all((bebc.error > 0.0) & (bebc.error < 0.1))
    assert any("not verified" in n for n in bebc.notes)
    again = DarkMatterReach.from_dict(json.loads(json.dumps(bebc.to_dict())))
    np.testing.assert_allclose(again.y, bebc.y)
    assert again.model == bebc.model


def test_events_go_like_the_fourth_power(bebc):
    more = reach_light_dark_matter("BEBC", pot=16.0 * 2.72e18, **FAST, cache=False)
    np.testing.assert_allclose(more.epsilon, bebc.epsilon / 2.0, rtol=1e-9)
    fewer = reach_light_dark_matter("BEBC", events=16.0 * bebc.threshold, **FAST, cache=False)
    np.testing.assert_allclose(fewer.epsilon, bebc.epsilon * 2.0, rtol=1e-9)


def test_statistics_replace_those_of_the_card(bebc):
    given = {"method": "cls", "background": 100.0, "background_error": 5.0, "observed": 100}
    changed = reach_light_dark_matter("BEBC", statistics=given, **FAST, cache=False)
    limit = Counting("cls", 0.9, 100.0, 5.0, 100).upper_limit()
    assert changed.threshold == pytest.approx(limit)
    np.testing.assert_allclose(changed.epsilon / bebc.epsilon, (limit / bebc.threshold) ** 0.25, rtol=1e-9)


def test_weakly_coupled_narrow_mediator_goes_like_the_scattering():
    # production by the decay of every A', scattering with alpha_D: N ~ epsilon^4 alpha_D
    one, two = (reach_light_dark_matter("BEBC", alpha_d=a, **FAST, cache=False) for a in (1e-3, 1.6e-2))
    np.testing.assert_allclose(one.epsilon / two.epsilon, 2.0, rtol=0.02)


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("name", ["meson:eta", "quarkonium:jpsi"])
def test_light_mediator_gives_millicharged_particles(spin, name):
    """The same crossings with the recoils of millicharged particles."""
    options = DarkMatterOptions(spin=spin, alpha_d=ALPHA, ratio=1e-4, sources=(name,), photons=4000)
    simulation, _ = prepare("DUNE_ND", options)
    place, (source,), mass = simulation.search.place, simulation.sources, 0.1
    aim = stream(simulation.seed, f"dark-matter/aim/{name}/0")
    found = cross(simulation.photons(source).all, place, mass, spin, aim, n=KEPT)
    each = place.detector.response(place.length * found.slope, found.energy, mass, spin)
    expected = simulation.collisions * place.efficiency * float(np.sum(found.weight * each))
    rate = simulation.rate(mass)
    assert rate.near == 0.0
    assert rate.rows[0] == pytest.approx(expected, rel=1e-4)


def test_angular_window_takes_its_share():
    search = load_dark_matter_search("BEBC")
    options = DarkMatterOptions(**FAST)
    rates = {}
    for name, angles in {"all": None, "near": (0.0, 0.01), "far": (0.01, 1.5)}.items():
        rates[name] = prepare(replace(search, angles=angles), options)[0].rate(0.05).rows[0]
    assert rates["near"] + rates["far"] == pytest.approx(rates["all"], rel=1e-9)
    assert 0.0 < rates["near"] < rates["all"]


def test_masses_on_vector_mesons_are_added():
    r = reach_light_dark_matter(
        "BEBC", masses=(0.25, 0.27, 2), sources=("mixing",), photons=2000, cache=False
    )
    at = r.masses_GeV[np.argmin(r.epsilon)]
    assert 3.0 * at == pytest.approx(0.78266, rel=0.01)  # the omega


def test_off_shell_only_says_so():
    r = reach_light_dark_matter("BEBC", ratio=1.5, **FAST, cache=False)
    assert np.all(r.near_pole == 0.0)
    assert any("off the mass shell only" in n for n in r.notes)


def test_end_of_the_sources():
    r = reach_light_dark_matter("BEBC", **(FAST | {"masses": (0.1, 0.3, 2)}), cache=False)
    assert np.isnan(r.epsilon[-1])
    assert any(n.startswith("no source makes pairs above 0.27") for n in r.notes)
    with pytest.raises(MassRangeError, match="no source at SPS makes pairs of 1 GeV"):
        reach_light_dark_matter("BEBC", **(FAST | {"masses": (1.0, 2.0, 2)}), cache=False)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"spin": "majorana"}, UnknownNameError, "spin"),
        ({"ratio": 2.0}, ValueRangeError, "threshold"),
        ({"masses": (1e-4, 0.1, 3)}, MassRangeError, "electron"),
        ({"masses": (0.2, 0.1, 3)}, MassRangeError, "empty mass range"),
        ({"seed": -1}, ValueRangeError, "negative"),
        ({"photons": 10}, ValueRangeError, "photons"),
        ({"lumi_fb": 3.0}, ValueRangeError, "takes its exposure as pot"),
        ({"events": 0.0}, ValueRangeError, "positive"),
        ({"events": 3.0, "statistics": {"background": 1.0}}, ValueRangeError, "give it, or statistics"),
    ],
)
def test_bad_input(choices, error, message):
    with pytest.raises(error, match=message):
        reach_light_dark_matter("BEBC", **(FAST | choices), cache=False)


def test_files(tmp_path, bebc):
    options = DarkMatterOptions(**FAST)
    saved = reach_dark_matter_to_files("BEBC", tmp_path / "a", options, cache=False)
    assert {p.name for p in saved.written} == {"contour.csv", "contour.json", "reach.png", "reach.pdf"}
    rows = [line.split(",") for line in (tmp_path / "a" / "contour.csv").read_text().splitlines()[2:]]
    assert rows[0][:5] == ["mass_GeV", "epsilon", "y", "error", "near_pole"]
    assert float(rows[1][2]) == pytest.approx(bebc.y[0], rel=1e-5)
    np.testing.assert_allclose(DarkMatterReach.load(tmp_path / "a" / "contour.json").epsilon, bebc.epsilon)
    with pytest.raises(OutputError, match="another"):
        reach_dark_matter_to_files("BEBC", tmp_path / "a", replace(options, seed=2), cache=False)
    with pytest.raises(UnknownNameError, match="axis"):
        reach_dark_matter_to_files("BEBC", tmp_path / "b", options, axis="z", cache=False)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(OutputError, match="not a result"):
        DarkMatterReach.load(tmp_path / "x.json")


def test_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("darkbeam.plotting.light_dark_matter.save_figure", lambda *_: [])
    choices = {"alpha_d": 0.1, "sources": ("meson:eta",), "photons": 2000}
    run = {"cache": False, "workers": 1}
    reach_ldm(["BEBC"], choices, "0.05:0.1:2", tmp_path / "c", {}, run, json=False)
    text = capsys.readouterr().out
    assert "alpha_D = 0.1, m_A' = 3 m_chi" in text
    assert "meson:eta 100 %" in text
    reach_ldm(["BEBC"], choices, "0.05:0.1:2", tmp_path / "c", {}, run, json=True)
    assert set(json.loads(capsys.readouterr().out)) >= {"epsilon", "y", "masses_GeV", "model"}
    with pytest.raises(ValueRangeError, match="--light: not for light dark matter"):
        reach_ldm(["BEBC"], choices, None, None, {"--light": True}, run, json=False)


@pytest.mark.parametrize("axis", ["y", "epsilon"])
def test_figure(bebc, axis):
    from matplotlib import pyplot as plt

    ax = draw_dark_matter_reach(bebc, axis)
    assert ("alpha_D" in ax.get_ylabel()) == (axis == "y")
    line = ax.get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), bebc.coupling(axis))
    low, high = ax.get_ylim()
    assert low < np.min(bebc.coupling(axis)) < np.max(bebc.coupling(axis)) < high
    plt.close("all")


# FLArE of arXiv:2203.05090, figure 5.2, as digitised in the repository ESPP2026-PPG/Quasi-elastic-DM: m_chi (GeV), y
FLARE = ((0.00196, 2.04e-12), (0.00886, 7.05e-12), (0.0411, 1.727e-10), (0.0981, 9.90e-10))


def test_flare_below_100_MeV():
    """Above, scattering off nuclei makes the curve; alpha_D = 0.5 and 10 events are assumed, the file does not say."""
    options = DarkMatterOptions(alpha_d=0.5, sources=("meson:pi0", "meson:eta"), photons=8000)
    simulation, _ = prepare("FLArE", options, events=10.0)
    for mass, y in FLARE:
        ours = float(simulation.model.y((10.0 / simulation.rate(mass).rows[0]) ** 0.25))
        assert 0.7 < ours / y < 1.6, mass


# y of the scalar thermal relic, same repository (data/relic-target-scalar.csv)
RELIC = ((0.0101, 1.17e-11), (0.0303, 1.33e-10), (0.101, 1.34e-9))


def test_bebc_excludes_the_scalar_relic():
    """arXiv:1912.09346: BEBC and NOvA rule it out from 10 to 100 MeV for alpha_D = 0.1, m_A' = 3 m_chi."""
    simulation, _ = prepare("BEBC", DarkMatterOptions(sources=("meson:pi0", "meson:eta"), photons=8000))
    for mass, y in RELIC:
        ours = float(
            simulation.model.y((simulation.search.place.n_events / simulation.rate(mass).rows[0]) ** 0.25)
        )
        assert 0.1 < ours / y < 1.0, mass
