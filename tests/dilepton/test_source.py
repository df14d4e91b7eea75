"""The measured source of dark photons and of pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from darkbeam.constants import M_MU
from darkbeam.dilepton.below import below_threshold, dalitz_pairs, measured_etas
from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.mock import PAIRS_PER_COLLISION, mock_density, mock_sample
from darkbeam.dilepton.pairs import decayed
from darkbeam.dilepton.rate import pair_ratio, photons_per_pair
from darkbeam.dilepton.source import OffShellPhoton
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.production.pairs_flux import PairSource
from darkbeam.production.source import N_BLOCKS, Source


@pytest.fixture(scope="module")
def source() -> OffShellPhoton:
    sample = mock_sample(100_000, 3)
    spectrum = fit_spectrum(sample, 0.0)
    model = fit_bootstrap(sample, np.random.default_rng(1))
    return OffShellPhoton(
        "dilepton:mock", spectrum, model, below=below_threshold("dilepton:mock", "SPS", spectrum)
    )


def test_photons_of_the_mock(source: OffShellPhoton) -> None:
    assert isinstance(source, Source)
    masses = np.array([0.25, 0.3, 0.45, 0.6, 0.72, 0.78, 1.02, 1.5, 2.0])
    truth = mock_density(masses) * photons_per_pair(masses, M_MU)
    ratio = np.array([source.total(m) for m in masses]) / truth
    np.testing.assert_allclose(ratio, 1.0, atol=0.2)
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("mass", [0.1, 0.4, 0.78])
def test_points_sum_to_the_total_in_every_variation(source: OffShellPhoton, mass: float) -> None:
    flux = source.flux(mass, 4000, np.random.default_rng(1))
    for name in ("central", *source.variation_names):
        assert flux.total(name) == pytest.approx(source.total(mass, name), rel=1e-9 if mass > 0.3 else 0.02)
    assert set(flux.block) == set(range(N_BLOCKS))
    assert np.all(flux.energy > mass)
    assert np.all(flux.energy < 400.0)


def test_members_spread_as_the_rate_error(source: OffShellPhoton) -> None:
    masses = (0.3, 0.4, 0.5, 0.6, 0.7, 0.78, 1.5, 2.0)
    members = [name for name in source.variation_names if "member" in name]
    assert len(members) == 8
    pulls = []
    for m in masses:
        error = source.total(m, "dilepton-rate-up") / source.total(m) - 1.0
        pulls += [(source.total(m, k) / source.total(m) - 1.0) / error for k in members]
    assert 0.7 < np.std(pulls) < 1.4


def test_ranges_and_refusals(source: OffShellPhoton) -> None:
    assert replace(source, below=None).valid[0] == pytest.approx(2.02 * M_MU)
    for mass in (1e-4, 4.5):
        with pytest.raises(MassRangeError, match="valid from"):
            source.total(mass)
    with pytest.raises(ValueRangeError, match="normalisation"):
        OffShellPhoton("x", replace(source.spectrum, normalisation=None), source.model)
    with pytest.raises(ValueRangeError, match="longitudinal share"):
        replace(source, polarisation=1.5)
    with pytest.raises(UnknownNameError, match="spin"):
        source.pair_source("vector")
    with pytest.raises(MassRangeError, match="makes pairs of masses above 0 and below"):
        source.pairs(2.5, "dirac", 100, np.random.default_rng(1))


def test_measured_etas_of_the_mock() -> None:
    m = np.linspace(2.0 * M_MU * (1.0 + 1e-6), 0.5478, 4001)
    branching = float(np.sum(dalitz_pairs("eta", m, M_MU)) * (m[1] - m[0]))
    truth = 0.27 * PAIRS_PER_COLLISION / branching
    fits = [measured_etas(fit_spectrum(mock_sample(180_000, k), 0.0)) for k in range(1, 5)]
    pulls = [(n - truth) / np.hypot(error, 0.03 * truth) for n, error in fits]
    assert abs(np.mean(pulls)) < 2.0
    assert all(0.005 < error / n < 0.06 for n, error in fits)


def test_below_threshold_follows_the_eta(source: OffShellPhoton) -> None:
    """Twice the eta, twice the photons; at 0.15 GeV they are eta and omega decays alone."""
    assert source.below is not None
    n, _ = measured_etas(source.spectrum)
    double = below_threshold("x", "SPS", source.spectrum, (2.0 * n, 0.0))
    assert double.total(0.15) == pytest.approx(2.0 * source.below.total(0.15))
    assert "analytic" in source.flux(0.15, 100, np.random.default_rng(1)).notes[0]
    # eta -> gamma A': 2 BR(gamma gamma) (1 - m^2/M^2)^3 |F|^2 with 0.3936
    eta = 2.0 * 0.3936 * n * (1.0 - (0.15 / 0.547862) ** 2) ** 3 * (1.0 - 1.95 * 0.15**2) ** -2
    assert 1.0 < source.below.total(0.15) / eta < 1.3


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("mass", [0.12, 0.2, 0.3, 0.45])
def test_pairs_of_the_mock(source: OffShellPhoton, mass: float, spin: str) -> None:
    m = np.geomspace(2.0 * mass * (1.0 + 1e-7), 4.0, 200_001)
    density = mock_density(m) * pair_ratio(m, mass, spin, M_MU)
    truth = float(np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(m)))
    pairs = source.pair_source(spin)
    error = pairs.total(mass, "dilepton-rate-up") / pairs.total(mass) - 1.0
    assert abs(pairs.total(mass) / truth - 1.0) < 3.5 * error
    assert error < 0.03


@pytest.mark.parametrize("mass", [0.02, 0.08, 0.3])
def test_pairs_conserve_momentum(source: OffShellPhoton, mass: float) -> None:
    pairs = source.pair_source("dirac")
    flux = pairs.pairs(mass, 4000, np.random.default_rng(2))
    assert np.sum(flux.weight) == pytest.approx(pairs.total(mass), rel=0.02)
    for name in ("dilepton-member-2", "dilepton-rate-up"):
        assert np.sum(flux.weights(name)) == pytest.approx(pairs.total(mass, name), rel=0.02)
    assert np.sum(flux.weights("dilepton-transverse")) == pytest.approx(pairs.total(mass), rel=0.05)
    E, px, py, pz = flux.p4
    np.testing.assert_allclose(E**2 - px**2 - py**2 - pz**2, mass**2, atol=1e-9 * np.max(E) ** 2)
    E, px, py, pz = np.sum(flux.p4, axis=1)
    np.testing.assert_allclose(np.sqrt(E**2 - px**2 - py**2 - pz**2), flux.q, rtol=1e-6)
    assert set(pairs.parts(mass)) == {"measured", "below"}
    assert (pairs.parts(mass)["below"] > 0.0) == (mass < M_MU * 1.01)


def test_lepton_pairs_close(source: OffShellPhoton) -> None:
    """Pairs of muons from the source are the measured ones above the cut at threshold."""
    parts = replace(source, below=None).pair_source("dirac").parts(M_MU)
    above = 1.0 - float(source.spectrum.rank(source.spectrum.support[0]))
    assert parts["measured"] == pytest.approx(above * source.spectrum.per_collision, rel=1e-9)
    assert parts["below"] == 0.0


@pytest.mark.parametrize("f0", [0.0, 1.0 / 3.0, 0.8])
@pytest.mark.parametrize("spin", ["dirac", "scalar"])
def test_decay_angles(f0: float, spin: str) -> None:
    """Cosines follow W = 1 + lambda x^2 with the lambda of the formulas."""
    n, mass, q = 20_000, 0.1, 0.5
    rng = np.random.default_rng(3)
    _, x = decayed(np.full(n, q), rng.exponential(0.3, n), rng.normal(0.0, 1.0, n), 3.37, mass, spin, f0, rng)
    b2 = 1.0 - 4.0 * (mass / q) ** 2
    lam = b2 * (1 - 3 * f0) / (2 - b2 * (1 - f0)) if spin == "dirac" else (3 * f0 - 1) / (1 - f0)
    assert kstest(x, lambda c: (c + 1.0 + lam * (c**3 + 1.0) / 3.0) / (2.0 + 2.0 * lam / 3.0)).pvalue > 1e-3


def test_pairs_say_what_is_not_measured(source: OffShellPhoton) -> None:
    """Every member of the protocol of pair sources is there: the yield command asks for all of them."""
    made = source.pair_source()
    members = {name for name in vars(PairSource) if not name.startswith("_")}
    assert {"notes", "pairs", "total", "valid", "variation_names"} <= members
    assert all(hasattr(made, name) for name in members)
    assert made.notes(0.3) == ()
    assert "normalised to the measured eta" in made.notes(0.05)[0]
    assert "left out" in replace(source, below=None).pair_source().notes(0.05)[0]


@pytest.mark.parametrize(("mass", "spin"), [(0.15, "dirac"), (0.3, "scalar"), (0.6, "dirac"), (1.2, "dirac")])
def test_photons_of_every_mass_make_the_pairs_of_each(source: OffShellPhoton, mass: float, spin: str) -> None:
    """The pool that serves all masses gives the yield of the source, with its variations."""
    made = source.pair_source(spin)
    pool = made.photon_pool(60_000, np.random.default_rng(3))
    per_photon = pool.pairs(mass, spin)
    parts = made.parts(mass)
    assert np.sum(per_photon) == pytest.approx(sum(parts.values()), rel=0.02)
    up = np.sum(per_photon / np.maximum(pool.weight, 1e-300) * pool.variations["dilepton-rate-up"])
    error = made.parts(mass, "dilepton-rate-up")["measured"] - parts["measured"]
    assert up - np.sum(per_photon) == pytest.approx(error, rel=0.6)
    members = [
        np.sum(per_photon / np.maximum(pool.weight, 1e-300) * w)
        for k, w in pool.variations.items()
        if "member" in k
    ]
    spread = np.std([sum(made.parts(mass, k).values()) for k, _, _ in source.members])
    assert 0.4 * spread < np.std(members) < 2.5 * spread
    assert np.all(pool.momentum > 0.0)
