"""Ratios of other generators to the shipped spectra: the fit, the tables, the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.facilities import get_facility
from darkbeam.spectra import load_spectra
from darkbeam.spectra.generator_ratios import (
    V_EDGES,
    Z_EDGES,
    Ratio,
    RatioTables,
    load_ratios,
    read_ratios,
    table_key,
    write_ratios,
)
from darkbeam.spectra.generator_ratios_make import (
    ALTERNATIVES,
    chromo_momenta,
    count,
    fit_ratio,
    pythia_momenta,
)
from darkbeam.spectra.species import SPECIES

FACILITIES = ("SPS", "Fermilab", "Serpukhov", "JPARC", "LHC")
SHAPE = len(Z_EDGES) - 1, len(V_EDGES) - 1


def sampled(spectrum, n, seed=3):
    """Mesons of the spectrum itself, with unit weights: independent ranks through its quantile functions."""
    rng = np.random.default_rng(seed)
    s, v = rng.random(n), rng.random(n)
    _, pt, pz = spectrum.momenta(s, v)
    return s, v, pt, pz


def slow_ratio(ratio, survival, rank):
    """One point at a time, by the definition of bilinear interpolation."""
    zc, vc = 0.5 * (Z_EDGES[1:] + Z_EDGES[:-1]), 0.5 * (V_EDGES[1:] + V_EDGES[:-1])
    out = []
    for s, v in zip(survival, rank, strict=True):
        z = min(max(np.log((1.0 - s) / s), zc[0]), zc[-1])
        y = min(max(v, vc[0]), vc[-1])
        i = min(int(np.searchsorted(zc, z, side="right")) - 1, len(zc) - 2)
        j = min(int(np.searchsorted(vc, y, side="right")) - 1, len(vc) - 2)
        a, b = (z - zc[i]) / (zc[i + 1] - zc[i]), (y - vc[j]) / (vc[j + 1] - vc[j])
        f = ratio.log_ratio[i : i + 2, j : j + 2]
        out.append(
            np.exp((1 - a) * ((1 - b) * f[0, 0] + b * f[0, 1]) + a * ((1 - b) * f[1, 0] + b * f[1, 1]))
        )
    return np.array(out)


def test_weight_is_bilinear_in_the_logarithm():
    rng = np.random.default_rng(1)
    ratio = Ratio(rng.normal(size=SHAPE), np.zeros(SHAPE), 1.0, 0.0)
    s, v = rng.random(300) ** 3, rng.random(300)
    np.testing.assert_allclose(ratio(s, v), slow_ratio(ratio, s, v), rtol=1e-12)


def test_normalised_integral_is_the_total():
    rng = np.random.default_rng(2)
    ratio = Ratio(0.3 * rng.normal(size=SHAPE), np.zeros(SHAPE), 1.37, 0.0).normalised()
    assert ratio.integral() == pytest.approx(1.37, rel=1e-12)
    s, v = rng.random((2, 400_000))
    assert np.mean(ratio(s, v)) == pytest.approx(1.37, rel=4e-3)


@pytest.mark.parametrize(("facility", "species"), [("SPS", "eta"), ("LHC", "pi0"), ("Serpukhov", "phi")])
def test_spectrum_over_itself_is_one(facility, species):
    """The cells invert the quantile functions: a sample of the spectrum fills them evenly."""
    spectrum = load_spectra(facility).species(species)
    s, v, pt, pz = sampled(spectrum, 60_000)
    cells = count(spectrum, pt, pz)
    z = np.clip(np.log1p(-s) - np.log(s), Z_EDGES[0] + 1e-9, Z_EDGES[-1] - 1e-9)
    wanted, _, _ = np.histogram2d(z, v, bins=(Z_EDGES, V_EDGES))
    assert np.abs(cells - wanted).sum() < 0.01 * len(s)
    ratio = fit_ratio(cells, 60_000, replace_multiplicity(spectrum))
    assert np.all(np.abs(ratio.log_ratio) < 4.5 * np.maximum(ratio.error, 0.01))
    assert ratio.total == pytest.approx(1.0)


def replace_multiplicity(spectrum):
    """The same spectrum with one meson in each collision."""
    return replace(spectrum, table=replace(spectrum.table, multiplicity=1.0))


def test_known_tilt_is_found():
    """A sample thinned by a known function of z and v: the fit returns it within its errors."""
    spectrum = replace_multiplicity(load_spectra("SPS").species("omega"))
    s, v, pt, pz = sampled(spectrum, 200_000, seed=5)
    z = np.log1p(-s) - np.log(s)

    def truth(z, v):
        return 0.6 * np.exp(0.08 * np.clip(z, -3, 5) - 0.3 * (v - 0.5))

    kept = np.random.default_rng(6).random(len(s)) < truth(z, v)
    ratio = fit_ratio(count(spectrum, pt[kept], pz[kept]), 200_000, spectrum)
    z_c, v_c = 0.5 * (Z_EDGES[1:] + Z_EDGES[:-1]), 0.5 * (V_EDGES[1:] + V_EDGES[:-1])
    inner = (z_c > -2.5) & (z_c < 4.5)
    expected = np.log(truth(z_c[:, None], v_c[None, :]))
    pull = ((ratio.log_ratio - expected) / np.hypot(ratio.error, 0.01))[inner]
    assert np.abs(pull).max() < 4.0
    assert np.sqrt(np.mean(pull**2)) < 1.5
    assert ratio.total == pytest.approx(np.mean(truth(z, v)), rel=0.01)


def test_few_mesons_give_a_smooth_ratio_with_a_large_error():
    spectrum = replace_multiplicity(load_spectra("SPS").species("phi"))
    _, _, pt, pz = sampled(spectrum, 500, seed=7)
    ratio = fit_ratio(count(spectrum, pt, pz), 500, spectrum)
    assert np.all(np.isfinite(ratio.log_ratio))
    assert np.ptp(ratio.log_ratio) < 1.5
    assert ratio.error.max() > 0.05


def test_write_and_read_back(tmp_path):
    rng = np.random.default_rng(8)
    ratio = Ratio(rng.normal(size=SHAPE), rng.random(SHAPE), 0.9, 0.01).normalised()
    tables = RatioTables("SPS", {"gen-x": {"eta": ratio}}, {"eta": (0.5, 10)}, {"gen-x": {"seed": 1}})
    write_ratios(tmp_path / "SPS.npz", tables)
    back = read_ratios((tmp_path / "SPS.npz").read_bytes())
    np.testing.assert_allclose(back.ratios["gen-x"]["eta"].log_ratio, ratio.log_ratio, atol=1e-6)
    assert back.reference == tables.reference
    assert back.samples == {"gen-x": {"seed": 1}}


@pytest.mark.parametrize("facility", FACILITIES)
def test_shipped_tables_belong_to_the_shipped_spectra(facility):
    tables, spectra = load_ratios(facility), load_spectra(facility)
    assert tables.ratios
    assert tables.reference == {n: table_key(spectra.species(n)) for n in SPECIES}
    for name, by in tables.ratios.items():
        about = tables.samples[name]
        for species, ratio in by.items():
            made = about["multiplicity"][species] / spectra.species(species).multiplicity
            assert ratio.total == pytest.approx(made, rel=1e-12), (name, species)
            assert ratio.integral() == pytest.approx(ratio.total, rel=1e-5)
            assert np.all(ratio.error > 0.0)


def test_one_table_serves_both_lhc_energies():
    assert load_ratios("LHC_13p6").ratios.keys() == load_ratios("LHC").ratios.keys()
    assert not load_ratios("elsewhere").ratios


def test_forward_tune_against_monash_in_the_forward_cone():
    """theta < 1 mrad, E > 100 GeV: Monash makes 1.20, 1.18, 1.19, 1.20 times the pi0, eta, rho0, omega of the tune
    (an independent run at 13.6 TeV)."""
    spectra = load_spectra("LHC")
    for species, published in (("pi0", 1.20), ("eta", 1.18), ("rho0", 1.19), ("omega", 1.20)):
        m = spectra.species(species).sample(100_000, np.random.default_rng(9))
        inside = (m.theta < 1e-3) & (m.energy > 100.0)
        ratio = load_ratios("LHC").of(species)["gen-tune-monash"](m.survival, m.rank)
        found = np.sum((m.weight * ratio)[inside]) / np.sum(m.weight[inside])
        assert found == pytest.approx(published, abs=0.04), species


@pytest.mark.slow
@pytest.mark.pythia
def test_other_tune_reproduces_its_stored_ratio():
    """2000 collisions with tune 4C make the multiplicity that the table says, within five standard errors."""
    site, spectra = get_facility("SPS"), load_spectra("SPS")
    momenta, generator = pythia_momenta(site, ALTERNATIVES["gen-tune-4c"], 2000, 31)
    assert generator.startswith("pythia8mc")
    for species in ("pi0", "eta"):
        stored = load_ratios("SPS").of(species)["gen-tune-4c"].total
        n = len(momenta[species][0])
        found = n / 2000 / spectra.species(species).multiplicity
        assert abs(found - stored) < 5.0 * 2.0 * stored / np.sqrt(n)  # mesons of an event are correlated
    pt, pz = momenta["pi0"]
    assert count(spectra.species("pi0"), pt, pz).sum() == len(pt)


@pytest.mark.slow
def test_sibyll_reproduces_its_stored_ratio():
    pytest.importorskip("chromo")
    site, spectra = get_facility("SPS"), load_spectra("SPS")
    momenta, _ = chromo_momenta(site, ALTERNATIVES["gen-sibyll"], 1000, 32)
    assert "etap" not in momenta
    n = len(momenta["pi0"][0])
    stored = load_ratios("SPS").of("pi0")["gen-sibyll"].total
    found = n / 1000 / spectra.species("pi0").multiplicity
    assert abs(found - stored) < 5.0 * 2.0 * stored / np.sqrt(n)
