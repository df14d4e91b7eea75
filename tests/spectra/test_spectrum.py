"""The table of a species: coordinates, quantiles, sampling, and how it is built."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import M_P
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.spectra import FACILITIES, SPECIES, MesonSpectrum, get_facility, load_spectra
from darkbeam.spectra.build import build_table, light_cone_log
from darkbeam.spectra.generator import Block
from darkbeam.spectra.quasi import kronecker

TOY_POWER, TOY_SCALE = 4.0, 0.25


@pytest.fixture(scope="module")
def eta():
    return load_spectra("SPS").species("eta")


def toy_spectrum(per_block):
    """S(x) = ((0.99 - x)/0.98)^4 and exponential pT^2: every number of the table is known."""
    facility, species = FACILITIES["SPS"], SPECIES["eta"]
    rng = np.random.default_rng(4)
    blocks = []
    for seed in range(20):
        x = 0.01 + 0.98 * (1.0 - rng.random(per_block) ** (1.0 / TOY_POWER))
        pt = np.sqrt(TOY_SCALE * rng.exponential(size=per_block))
        plus = x * facility.light_cone
        pz = 0.5 * (plus - (species.mass**2 + pt**2) / plus)
        momenta = {"eta": np.array([pt, pz], dtype=np.float32)}
        blocks.append(Block(seed, 2 * per_block, 0, 32.0, momenta, {"eta": 0}))
    return MesonSpectrum(facility, species, build_table(facility, species, blocks))


@pytest.fixture(scope="module")
def toy():
    return toy_spectrum(5000)


@pytest.mark.parametrize("name", FACILITIES)
def test_collision_momentum(name):
    facility = FACILITIES[name]
    e, m = facility.beam_energy, M_P
    expected = 4 * e * e if facility.collider else 2 * m * (m + e)
    assert facility.s == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["SPS", "LHC"])
def test_coordinates_are_one_to_one(name):
    """(pT, pz) -> ln x -> (E, pz), forward and backward."""
    facility, species = FACILITIES[name], SPECIES["phi"]
    rng = np.random.default_rng(1)
    pt = rng.exponential(0.5, 1000)
    pz = np.concatenate([-np.geomspace(1e-3, 7000.0, 500), np.geomspace(1e-3, 7000.0, 500)])
    plus = np.exp(light_cone_log(facility, species, pt, pz)) * facility.light_cone
    minus = (species.mass**2 + pt**2) / plus
    np.testing.assert_allclose(0.5 * (plus - minus), pz, rtol=1e-9)
    np.testing.assert_allclose(0.5 * (plus + minus), np.sqrt(species.mass**2 + pt**2 + pz**2), rtol=1e-12)


def test_quantiles_are_monotone(eta):
    s = np.geomspace(1e-12, 1.0, 4000)
    x = eta.x(s)
    assert np.all(np.diff(x) <= 0.0)
    assert x[0] < eta.table.tail[2] < 1.0
    rank = np.linspace(0.0, 0.99999, 500)
    for survival in (1e-7, 1e-3, 0.5, 0.999):
        assert np.all(np.diff(eta.pt(np.full(500, survival), rank)) >= 0.0)
    np.testing.assert_array_equal(eta.pt(s, np.zeros(4000)), 0.0)


def test_tail_joins_smoothly(eta):
    s_c, x_c, x_max, power = eta.table.tail
    assert eta.x(np.array([s_c * (1 + 1e-9)])) == pytest.approx(x_c, rel=2e-3)
    half = eta.x(np.array([s_c / 2]))
    assert (x_max - half) / (x_max - x_c) == pytest.approx(0.5 ** (1 / power), rel=1e-9)


def test_pt_against_a_bilinear_twin(eta):
    t = eta.table
    rng = np.random.default_rng(2)
    for _ in range(300):
        z, w = rng.uniform(t.pt_z[0], t.pt_z[-1]), rng.uniform(0.0, 8.9)
        i = np.flatnonzero(t.pt_z <= z)[-1]
        j = np.flatnonzero(t.pt_w <= w)[-1]
        a = (z - t.pt_z[i]) / (t.pt_z[i + 1] - t.pt_z[i])
        b = (w - t.pt_w[j]) / (t.pt_w[j + 1] - t.pt_w[j])
        low = (1 - b) * t.pt2[i, j] + b * t.pt2[i, j + 1]
        high = (1 - b) * t.pt2[i + 1, j] + b * t.pt2[i + 1, j + 1]
        expected = np.sqrt((1 - a) * low + a * high)
        found = eta.pt(np.array([1 / (1 + np.exp(z))]), np.array([-np.expm1(-w)]))
        assert found[0] == pytest.approx(expected, rel=1e-9)


def test_pt_continues_exponentially(eta):
    """Beyond the last node pT grows linearly in w, that is, the density falls exponentially in pT."""
    last = eta.table.pt_w[-1]
    pt = eta.pt(np.full(3, 0.3), -np.expm1(-(last + np.array([1.0, 2.0, 3.0]))))
    assert np.diff(pt)[0] > 0.0
    assert np.diff(pt)[1] == pytest.approx(np.diff(pt)[0], rel=1e-3)


def test_toy_is_recovered(toy):
    """Power of the hard tail, moments, and quantiles far out of a spectrum known in closed form."""
    assert toy.multiplicity == pytest.approx(0.5)
    assert toy.table.tail[3] == pytest.approx(TOY_POWER, rel=0.2)
    for survival in (0.9, 0.1, 1e-2, 1e-3):
        expected = 0.01 + 0.98 * (1.0 - survival ** (1.0 / TOY_POWER))
        assert toy.x(np.array([survival]))[0] == pytest.approx(expected, rel=0.02)
    rank = np.array([0.01, 0.5, 0.99])
    np.testing.assert_allclose(
        toy.pt(np.full(3, 0.3), rank), np.sqrt(-TOY_SCALE * np.log1p(-rank)), rtol=0.08
    )
    assert toy.moments()["mean_pT_GeV"] == pytest.approx(0.5 * np.sqrt(np.pi * TOY_SCALE), rel=0.01)


@pytest.mark.parametrize("per_block", [50, 77, 150, 600])
def test_small_samples(per_block):
    """The least sample that makes a table, and some above: finite, monotone, normalised."""
    made = toy_spectrum(per_block)
    assert np.all(np.isfinite(made.table.pt2))
    assert np.all(np.diff(made.table.pt_z) > 0.0)
    assert np.all(np.diff(made.table.cell_z) > 0.0)
    assert made.table.n_block.sum() == 20 * per_block
    total = made.sample(5000, np.random.default_rng(1)).weight.sum()
    assert total == pytest.approx(made.multiplicity, rel=0.05)


def test_cells_count_every_meson(toy):
    assert toy.table.n_block.sum() == toy.table.n_raw == 100_000
    np.testing.assert_array_equal(toy.table.n_block.sum(axis=0), 5000)
    assert toy.table.n_block.sum(axis=1).min() >= 200


def test_sampling_agrees_with_quadrature(eta):
    moments = eta.moments()
    mothers = eta.sample(60_000, np.random.default_rng(3))
    total = mothers.weight.sum()
    assert total == pytest.approx(moments["multiplicity"], rel=0.003)
    assert mothers.weight @ mothers.momentum / total == pytest.approx(moments["mean_p_GeV"], rel=0.005)
    assert mothers.weight @ mothers.pt / total == pytest.approx(moments["mean_pT_GeV"], rel=0.005)


def test_sampling_enriches_the_tail_and_respects_the_limit(eta):
    mothers = eta.sample(20_000, np.random.default_rng(3))
    kept = mothers.weight > 0.0
    assert kept.mean() > 0.98
    assert mothers.energy[kept].max() <= 400.0
    hard = eta.x(np.array([1e-5]))[0] * eta.facility.light_cone
    assert np.mean(mothers.energy + mothers.pz > hard) > 0.05
    share = mothers.weight[mothers.energy + mothers.pz > hard].sum() / eta.multiplicity
    assert share == pytest.approx(1e-5, rel=0.05)


def test_blocks_carry_the_generator_error(eta):
    """The scatter over blocks in the hardest cells is that of the raw mesons there, not of the points."""
    mothers = eta.sample(200_000, np.random.default_rng(3))
    s_cut = 1.0 / (1.0 + np.exp(eta.table.cell_z[-1]))
    hard = mothers.energy + mothers.pz > eta.x(np.array([s_cut]))[0] * eta.facility.light_cone
    sums = np.bincount(mothers.block[hard], mothers.weight[hard], 20)
    raw = eta.table.n_block[-4:].sum(axis=0)
    np.testing.assert_allclose(sums / sums.mean(), raw / raw.mean(), rtol=0.25, atol=0.12)
    scatter = sums.std(ddof=1) / sums.mean() / np.sqrt(20)
    assert scatter == pytest.approx(1.0 / np.sqrt(raw.sum()), rel=0.6)


def test_blocks_carry_the_error_of_the_fitted_power(toy):
    """Jackknife error of the hardest S_c/5 against that of a power fitted to 400 mesons, and their number."""
    table = toy.table
    assert table.tail_block.sum() == pytest.approx(0.0, abs=1e-12)
    assert table.tail_block.std() / np.sqrt(20) == pytest.approx(1.0 / np.sqrt(400), rel=0.5)
    mothers = toy.sample(400_000, np.random.default_rng(3))
    s = table.tail[0] / 5.0
    hard = mothers.energy + mothers.pz > toy.x(np.array([s]))[0] * toy.facility.light_cone
    sums = np.bincount(mothers.block[hard], mothers.weight[hard], 20)
    scatter = sums.std(ddof=1) / sums.mean() / np.sqrt(20)
    # S ~ r^p: relative error ln(5) dp/p from the power, 1/sqrt(800) from the number in the hardest strip
    expected = np.hypot(np.log(5.0) / np.sqrt(400), 1.0 / np.sqrt(table.n_block[-4:].sum()))
    assert scatter == pytest.approx(expected, rel=0.5)


def test_low_discrepancy_points():
    points = kronecker(4096, 4, np.random.default_rng(1))
    assert points.min() >= 0.0
    assert points.max() < 1.0
    for row in points:
        gap = np.abs(np.sort(row) - (np.arange(4096) + 0.5) / 4096).max()
        assert gap < 10.0 / 4096
    assert abs(np.prod(points, axis=0).mean() - 1 / 16) < 1e-3


def test_points_are_reproducible(eta):
    a, b = (eta.sample(100, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(a.energy, b.energy)
    np.testing.assert_array_equal(a.weight, b.weight)


def test_too_few_mesons():
    few = Block(1, 10, 0, 32.0, {"eta": np.ones((2, 40), dtype=np.float32)}, {"eta": 0})
    with pytest.raises(ValueRangeError, match="only 800 eta in the sample"):
        build_table(FACILITIES["SPS"], SPECIES["eta"], [few] * 20)


def test_names():
    assert get_facility("fermilab BD").name == "Fermilab"
    with pytest.raises(UnknownNameError, match="Did you mean 'Serpukhov'"):
        get_facility("Serpukow")
    with pytest.raises(UnknownNameError, match="species 'J/psi'"):
        load_spectra("SPS").species("J/psi")


def test_collider_hemispheres_are_alike():
    """A fifth of the points goes backward and carries half of the mesons, with the same momenta."""
    spectrum = load_spectra("LHC").species("omega")
    mothers = spectrum.sample(60_000, np.random.default_rng(3))
    back = mothers.pz < -0.5
    ahead = mothers.pz > 0.5
    assert back.mean() < 0.25 < ahead.mean()
    shares = [mothers.weight[side].sum() / spectrum.multiplicity for side in (back, ahead)]
    assert shares[0] == pytest.approx(shares[1], rel=0.02)
    means = [
        mothers.weight[side] @ mothers.momentum[side] / mothers.weight[side].sum() for side in (back, ahead)
    ]
    assert means[0] == pytest.approx(means[1], rel=0.03)
    assert mothers.weight.sum() == pytest.approx(spectrum.multiplicity, rel=0.005)
