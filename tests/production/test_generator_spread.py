"""Other generators and nuclear targets as weights on the mothers of meson decays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.generator_spread import mother_ratios
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.nuclear import NuclearTarget, nuclear_target
from darkbeam.spectra import load_spectra


def source(name, facility="SPS", **options):
    return MesonDecay(f"meson:{name}", load_spectra(facility), **options)


def test_names():
    assert not source("eta").variation_names
    assert set(source("eta", spread=True).variation_names) >= {"gen-tune-4c", "gen-sibyll", "gen-na27"}
    assert "gen-sibyll" not in source("etap", spread=True).variation_names
    assert source("omega", spread=True).variation_names[0] == "omega-vmd"
    lhc = source("eta", "LHC", spread=True).variation_names
    assert {"gen-kt-low", "gen-kt-high", "gen-tune-monash"} <= set(lhc)
    assert set(source("eta", "LHC_13p6", spread=True).variation_names) == set(lhc)


@pytest.mark.parametrize(("name", "facility"), [("eta", "SPS"), ("Delta", "Fermilab"), ("omega", "LHC")])
def test_totals_are_those_of_the_points(name, facility):
    s = source(name, facility, spread=True)
    flux = s.flux(0.2, 40_000, np.random.default_rng(1))
    for variation in s.variation_names:
        assert flux.total(variation) == pytest.approx(s.total(0.2, variation), rel=0.01), variation
    plain = source(name, facility).flux(0.2, 40_000, np.random.default_rng(1))
    np.testing.assert_array_equal(plain.weight, flux.weight)


def test_total_is_the_ratio_of_multiplicities():
    s = source("pi0", spread=True)
    for name, ratio in mother_ratios(load_spectra("SPS").species("pi0")).items():
        assert s.total(0.05, name) / s.total(0.05) == pytest.approx(ratio.total, rel=1e-12)
    assert s.total(0.05, "gen-na27") / s.total(0.05) == pytest.approx(
        3.87 / load_spectra("SPS").species("pi0").multiplicity, rel=1e-9
    )


def test_several_decays_of_one_mother_share_its_weight():
    flux = source("eta", spread=True, n_decays=4).flux(0.2, 4000, np.random.default_rng(2))
    ratio = (flux.weights("gen-tune-4c") / flux.weight).reshape(-1, 4)
    assert np.all(ratio == ratio[:, :1])
    assert np.ptp(ratio) > 0.1


def test_ratios_of_another_table_are_not_used():
    spectrum = load_spectra("SPS").species("eta")
    other = replace(spectrum, table=replace(spectrum.table, multiplicity=0.9 * spectrum.multiplicity))
    assert set(mother_ratios(other)) <= {"gen-na27"}
    assert not mother_ratios(object())


def test_exponent_of_published_parametrisation():
    target = NuclearTarget(96)
    x = np.array([0.0, 0.3, 0.6, -0.5, 2.0])
    pt = np.array([0.0, 0.5, 1.0, 0.0, 0.0])
    alpha = (0.74 - 0.55 * x + 0.26 * x**2) * (0.98 + 0.21 * pt**2)
    np.testing.assert_allclose(target.exponent(x, pt)[:3], alpha[:3], rtol=1e-14)
    assert target.exponent(x, pt)[3] == target.exponent(x, pt)[0]
    assert target.exponent(np.array([0.0]), np.array([9.0]))[0] == 1.0
    assert np.all(np.diff(target.exponent(np.linspace(0.0, 0.9, 50), np.zeros(50))) < 0.0)


def test_x_f_is_that_of_a_boost_to_the_centre_of_mass():
    site = get_facility("SPS")
    m = load_spectra("SPS").species("eta").sample(500, np.random.default_rng(3))
    beta = site.beam_momentum / (site.beam_energy + 0.93827209)
    gamma = 1.0 / np.sqrt(1.0 - beta**2)
    x_f = 2.0 * gamma * (m.pz - beta * m.energy) / np.sqrt(site.s)
    target = NuclearTarget(50)
    wanted = 50.0 ** (target.exponent(x_f, m.pt) - 0.71)
    np.testing.assert_allclose(target.weight(site, m.energy, m.pt, m.pz), wanted, rtol=1e-5)


def test_hydrogen_changes_nothing_and_heavy_nuclei_soften():
    plain = source("eta").flux(0.2, 20_000, np.random.default_rng(4))
    hydrogen = source("eta", nuclear=NuclearTarget(1)).flux(0.2, 20_000, np.random.default_rng(4))
    np.testing.assert_array_equal(plain.weight, hydrogen.weight)
    s = source("eta", nuclear=NuclearTarget(95.95), spread=True)
    heavy = s.flux(0.2, 40_000, np.random.default_rng(4))
    assert heavy.total() == pytest.approx(s.total(0.2), rel=0.005)
    assert heavy.total("gen-tune-4c") == pytest.approx(s.total(0.2, "gen-tune-4c"), rel=0.005)
    mean = [f.weight @ f.energy / f.total() for f in (plain, heavy)]
    assert mean[1] < 0.95 * mean[0]


def test_choice_of_target():
    sps = get_facility("SPS")
    assert nuclear_target(sps) is None
    assert nuclear_target(sps, "a-dependence") == NuclearTarget(95.95)
    assert nuclear_target(sps, "a-dependence", 184) == NuclearTarget(184)
    with pytest.raises(UnknownNameError, match="a-dependence"):
        nuclear_target(sps, "a-dependent")
    with pytest.raises(ValueRangeError, match="collides protons"):
        nuclear_target(get_facility("LHC"), "a-dependence")
    with pytest.raises(ValueRangeError, match="not known"):
        nuclear_target(replace(sps, name="mine"), "a-dependence")
    with pytest.raises(ValueRangeError, match="between 1 and 250"):
        NuclearTarget(0)
