"""Yields of pairs: sums, variations, notes, refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.production.assembly import choose_sources
from darkbeam.production.pairs import of_sources
from darkbeam.production.pairs_yields import pair_sources_at, pair_yields


@pytest.fixture(scope="module")
def choice():
    return choose_sources("SPS", ["meson", "mixing", "drell-yan", "quarkonium"])


def test_result_is_the_sum_of_the_sources() -> None:
    choice = choose_sources("SPS", ["meson", "quarkonium"])
    result = pair_yields(replace(choice, named=frozenset()), 0.2)
    assert set(result) >= {"facility", "mass_GeV", "normalisation", "total", "by_source", "variations"}
    assert json.loads(json.dumps(result)) == result
    assert result["per"] == "pair"
    assert result["total"] == pytest.approx(sum(result["by_source"].values()))
    assert result["variations"]["central"] == result["total"]
    assert "meson:pi0" not in result["by_source"]
    assert "meson:pi0 left out: used below 0.06749 GeV" in result["notes"]
    for s in of_sources(choice.sources):
        if s.name in result["by_source"]:
            assert result["by_source"][s.name] == pytest.approx(s.total(0.2))


def test_omega_matters() -> None:
    """omega -> pi0 chi chibar adds a fifth or more to the pairs of the other light mesons at 0.1 to 0.2 GeV."""
    choice = choose_sources("SPS", ["meson"])
    for mass, low, high in ((0.1, 0.15, 0.35), (0.2, 0.15, 2.5)):
        by = pair_yields(choice, mass)["by_source"]
        assert low < by["meson:omega"] / sum(x for n, x in by.items() if n != "meson:omega") < high


def test_variation_of_one_source_changes_it_alone() -> None:
    choice = choose_sources("SPS", ["meson:eta", "meson:omega", "bremsstrahlung"])
    every = of_sources(choice.sources)
    central = pair_yields(choice, 0.1, every=every)
    for name, full, only in (
        ("omega-vmd", "omega-vmd", "meson:omega"),
        ("upper", "brem-upper", "bremsstrahlung"),
    ):
        other = pair_yields(choice, 0.1, variation=name, every=every)
        changed = [n for n in central["by_source"] if central["by_source"][n] != other["by_source"][n]]
        assert changed == [only]
        assert other["total"] == pytest.approx(central["variations"][full])
        assert other["variations"] == central["variations"]


def test_scalars() -> None:
    choice = choose_sources("SPS", ["meson"])
    dirac, scalar = (pair_yields(choice, 0.01, spin)["total"] for spin in ("dirac", "scalar"))
    assert 0.15 < scalar / dirac < 0.25


def test_pairs_are_normalised_like_dark_photons() -> None:
    ratio = [
        pair_yields(choose_sources("SPS", ["meson"], normalisation=n), 0.05)["total"]
        for n in ("inelastic", "all")
    ]
    assert 0.75 < ratio[1] / ratio[0] < 0.9


def test_refusals(choice) -> None:
    with pytest.raises(MassRangeError, match="no source makes pairs of 30 GeV; largest masses"):
        pair_yields(choose_sources("SPS"), 30.0)
    named = choose_sources("SPS", ["meson:pi0", "meson:eta"])
    with pytest.raises(
        MassRangeError, match=r"meson:pi0 at SPS makes pairs of masses below 0\.06749 GeV, not 0\.1"
    ):
        pair_yields(named, 0.1)
    for mass in (0.0, -1.0, 1e-5):
        with pytest.raises(MassRangeError, match="electron"):
            pair_yields(choice, mass)
    with pytest.raises(UnknownNameError, match="spin"):
        pair_yields(choice, 0.1, "vector")
    with pytest.raises(UnknownNameError, match="variation"):
        pair_yields(choice, 0.1, variation="omega-vdm")


def test_notes_about_light_pairs(choice) -> None:
    _, notes = pair_sources_at(choice, 0.002)
    assert any(n == "mixing: pairs of masses below 0.02 GeV are left out" for n in notes)


FACILITIES = ("SPS", "Fermilab", "Serpukhov", "JPARC", "LHC", "LHC_13p6")
MASSES = (0.00052, 0.01, 0.0674, 0.146, 0.3, 0.44, 0.9, 1.54, 1.84, 3.0, 4.9, 5.1, 20.0, 60.0, 99.0)


@pytest.mark.parametrize("facility", FACILITIES)
def test_every_facility_mass_and_spin(facility: str) -> None:
    """Sources up to their own thresholds, finite and positive; scalars are fewer, by a fourth at most."""
    choice = choose_sources(facility)
    dirac, scalar = (of_sources(choice.sources, s) for s in ("dirac", "scalar"))
    top = max(s.valid[1] for s in dirac)
    for mass in MASSES:
        if mass >= top:
            with pytest.raises(MassRangeError, match=f"no source makes pairs of {mass:g} GeV"):
                pair_sources_at(choice, mass, every=dirac)
            continue
        one, two = (
            {s.name: s.total(mass) for s in pair_sources_at(choice, mass, every=every)[0]}
            for every in (dirac, scalar)
        )
        assert set(one) == set(two) == {s.name for s in dirac if mass < s.valid[1]}
        for name, rate in one.items():
            assert 0.0 <= two[name] <= 0.251 * rate < 1.0, (name, mass)
        assert sum(one.values()) > 0.0


@pytest.mark.parametrize("facility", ["SPS", "LHC"])
@pytest.mark.parametrize("spin", ["dirac", "scalar"])
def test_generator_rate_of_every_source(facility: str, spin: str) -> None:
    for s in of_sources(choose_sources(facility).sources, spin):
        mass = 0.8 * s.valid[1] if s.valid[1] < 0.5 else 0.3
        flux = s.pairs(mass, 500, np.random.default_rng(2))
        assert flux.weight.sum() == pytest.approx(s.total(mass), rel=2e-3), s.name
