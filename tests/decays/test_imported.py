"""Decays made elsewhere: reading, sampling, and every refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from darkbeam.decays import DecaySetting, sample_rest
from darkbeam.decays.files import DecayInfo, write_decays
from darkbeam.decays.imported import ImportedDecays, is_hadronic
from darkbeam.decays.particles import STABLE, mass_of
from darkbeam.errors import DarkbeamError, MassRangeError, MissingExtraError, ValueRangeError
from darkbeam.kinematics import mass_squared
from darkbeam.models import DarkPhoton

MODEL = DarkPhoton()


def _particle(pdg: int, px: float, py: float, pz: float) -> list[float]:
    m = mass_of(pdg)
    return [px, py, pz, float(np.sqrt(px * px + py * py + pz * pz + m * m)), m, pdg]


def _pair(mass: float, a: int = 211, b: int = -211) -> list[list[float]]:
    p = float(np.sqrt(mass**2 / 4 - mass_of(a) ** 2))
    return [_particle(a, 0.0, 0.0, p), _particle(b, 0.0, 0.0, -p)]


def _write(path: Path, mass: float, events: list[Any], **more: Any) -> Path:
    path.write_text(json.dumps({"mass_gev": mass, "events": events, **more}))
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file of our own decays, with K_S and pi0 left."""
    channels = [
        name for name in MODEL.channels if is_hadronic(name) and float(MODEL.branching(1.7)[name]) > 0.0
    ]
    products = sample_rest(
        MODEL, 1.7, 60, np.random.default_rng(1), channels, stable=frozenset({111, 310, 221, 223})
    )
    write_decays(tmp_path / "own.json", products, DecayInfo(1.7))
    return tmp_path / "own.json"


def test_replaces_all_hadronic_channels(own: Path) -> None:
    hadrons = ImportedDecays.read(own)
    n = 2000
    p = sample_rest(MODEL, 1.7, n, np.random.default_rng(2), None, DecaySetting(hadrons=hadrons))
    total = p.p4_sum()
    total[0] -= 1.7
    assert np.abs(total).max() < 1e-12
    assert p.names[-1] == "hadrons"
    branching = MODEL.branching(1.7)
    share = np.mean(p.channel == len(p.names) - 1)
    assert share == pytest.approx(
        sum(float(b) for c, b in branching.items() if is_hadronic(c)), abs=1.1e-3 * 20
    )
    assert set(np.unique(np.abs(p.pdg))) - {0} <= STABLE
    masses = np.vectorize(lambda i: mass_of(int(i)) if i else 0.0, otypes=[float])(p.pdg)
    np.testing.assert_allclose(mass_squared(p.p4), masses**2, atol=1e-12)
    leptons = p.channel == 1
    assert set(np.unique(np.abs(p.pdg[leptons]))) == {0, 13}
    assert hadrons.repeats(1.7, 100) == 40
    assert hadrons.repeats(1.7, 60) == 0


def test_every_decay_is_used_before_one_repeats(tmp_path: Path) -> None:
    events = [_pair(1.0), _pair(1.0, 321, -321), _pair(1.0, 130, 310)]
    hadrons = ImportedDecays.read(_write(tmp_path / "a.json", 1.0, events))
    pool = hadrons(1.0, np.arange(6), np.random.default_rng(1))
    counts = {pdg: sum(len(b.events) for b in blocks) for pdg, blocks in pool.blocks.items()}
    assert counts == {211: 2, -211: 2, 321: 2, -321: 2, 130: 2, 310: 2}


def test_directions_are_isotropic(tmp_path: Path) -> None:
    hadrons = ImportedDecays.read(_write(tmp_path / "a.json", 1.0, [_pair(1.0)]))
    n = 20000
    p4 = hadrons(1.0, np.arange(n), np.random.default_rng(1)).blocks[211][0].p4
    unit = p4[1:] / np.linalg.norm(p4[1:], axis=0)
    for component in unit:
        counts = np.histogram(component, 20, (-1.0, 1.0))[0]
        assert np.sum((counts - n / 20) ** 2 / (n / 20)) < 45.0


def test_a_neighbouring_mass_is_closed_again(tmp_path: Path) -> None:
    three = [
        _particle(211, 0.3, 0.1, 0.0),
        _particle(-211, -0.3, 0.05, 0.2),
        _particle(111, 0.0, -0.15, -0.2),
    ]
    mass = sum(row[3] for row in three)
    hadrons = ImportedDecays.read(_write(tmp_path / "a.json", mass, [three]))
    for factor in (1.0, 0.992, 1.008):
        p = sample_rest(
            MODEL, factor * mass, 4000, np.random.default_rng(1), None, DecaySetting(hadrons=hadrons)
        )
        np.testing.assert_allclose(p.p4_sum()[0], factor * mass, rtol=1e-13)
    with pytest.raises(MassRangeError, match=rf"there are: {mass:g} GeV"):
        hadrons.list_for(1.02 * mass)


def test_rounded_numbers_are_closed(tmp_path: Path) -> None:
    rounded = [[round(x, 4) for x in row[:5]] + [row[5]] for row in _pair(1.3)]
    hadrons = ImportedDecays.read(_write(tmp_path / "a.json", 1.3, [rounded]))
    p4 = hadrons.lists[0].at(1.3, np.array([0]))
    np.testing.assert_allclose(p4.sum(axis=2)[:, 0], [1.3, 0.0, 0.0, 0.0], atol=1e-13)


def test_several_masses_and_folders(tmp_path: Path) -> None:
    for mass in (1.0, 1.5):
        _write(tmp_path / f"m{mass}.json", mass, [_pair(mass)])
    hadrons = ImportedDecays.read(tmp_path)
    assert [one.mass for one in hadrons.lists] == [1.0, 1.5]
    assert hadrons.list_for(1.495).mass == 1.5
    with pytest.raises(MassRangeError, match=r"1\.2 GeV; there are: 1, 1\.5 GeV"):
        hadrons.list_for(1.2)
    with pytest.raises(ValueRangeError, match="same mass"):
        ImportedDecays.read(tmp_path, tmp_path / "m1.0.json")


def test_part_of_the_hadronic_channels_is_refused(own: Path) -> None:
    setting = DecaySetting(hadrons=ImportedDecays.read(own))
    with pytest.raises(ValueRangeError, match="cannot be left out"):
        sample_rest(MODEL, 1.7, 10, np.random.default_rng(1), ["e+e-", "pi+pi-"], setting)
    p = sample_rest(MODEL, 1.7, 10, np.random.default_rng(1), ["e+e-"], setting)
    assert np.all(p.channel == 0)


GOOD = _pair(1.0)
BAD = {
    "unknown PDG id 9999": [[*GOOD[0][:5], 9999], GOOD[1]],
    "charges do not add up": [GOOD[0], [*GOOD[1][:5], 211]],
    "do not add up to a particle of 1 GeV at rest": [GOOD[0], _particle(-211, 0.0, 0.1, -0.4)],
    "fewer than two products": [GOOD[0]],
    "no hadrons": _pair(1.0, 11, -11),
    "every product must be": [GOOD[0], GOOD[1][:5]],
    "a number is not finite": [[float("nan"), *GOOD[0][1:]], GOOD[1]],
    "E, p and mass of a product": [[*GOOD[0][:4], 0.3, 211], GOOD[1]],
    "mass of a product is not that": [
        [0.0, 0.0, 0.4, 0.5, 0.3, 211], [0.0, 0.0, -0.4, 0.5, 0.3, -211],
    ],
}  # fmt: skip


@pytest.mark.parametrize("words", BAD)
def test_bad_events_are_refused(tmp_path: Path, words: str) -> None:
    path = _write(tmp_path / "bad.json", 1.0, [GOOD, BAD[words]])
    with pytest.raises(ValueRangeError, match=words) as caught:
        ImportedDecays.read(path)
    text = str(caught.value)
    assert "bad.json: event 2: " in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "keys mass_gev and events"),
        ('{"mass_gev": 1.0}', "keys mass_gev and events"),
        ('{"mass_gev": 1.0, "events": []}', "no events"),
        ('{"mass_gev": "x", "events": []}', "must be a number"),
        ('{"mass_gev": -1.0, "events": [[]]}', "not a positive number"),
        ('{"mass_gev": 1.0, "events": [[]], "decay_scope": "all"}', "only hadronic"),
        ('{"mass_gev": 1.0, "events": [[]], "weights": [1]}', "weighted"),
        ('{"mass_gev": 1.0, "events": [[]]}', "fewer than two"),
        ('{"mass_gev": 1.0, "events": [5]}', "every product must be"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueRangeError, match=words) as caught:
        ImportedDecays.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueRangeError, match="no such file"):
        ImportedDecays.read(tmp_path / "x.json")
    with pytest.raises(ValueRangeError, match="in this folder"):
        ImportedDecays.read(tmp_path)
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(ValueRangeError, match=r"valid: \.json, \.hepmc3"):
        ImportedDecays.read(tmp_path / "x.txt")
    (tmp_path / "x.hepmc3").write_text("nonsense")
    with pytest.raises(DarkbeamError, match=r"x\.hepmc3"):
        ImportedDecays.read(tmp_path / "x.hepmc3")
    monkeypatch.setitem(__import__("sys").modules, "pyhepmc", None)
    with pytest.raises(MissingExtraError, match="'io'"):
        ImportedDecays.read(tmp_path / "x.hepmc3")
