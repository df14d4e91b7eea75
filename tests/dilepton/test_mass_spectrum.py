"""Rates from the mass spectrum: nearest-k, and lines that the resolution hides."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import M_MU, M_OMEGA, M_PHI
from darkbeam.dilepton.line_shapes import unresolved
from darkbeam.dilepton.mass_spectrum import MassSpectrum, fit_spectrum
from darkbeam.dilepton.mock import PAIRS_PER_COLLISION, mock_density, mock_sample
from darkbeam.dilepton.sample import DileptonSample
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.production.pairs import pair_factor

MASSES = np.array([0.25, 0.35, 0.5, 0.6, 0.72, M_OMEGA, 0.8, 0.85, 0.95, M_PHI, 1.3, 1.8, 2.5])
SETS, SIZE = 6, 180_000


@pytest.fixture(scope="module")
def deviations() -> np.ndarray:
    """Rate over truth minus 1, by data set and mass."""
    truth = mock_density(MASSES)
    return np.array(
        [fit_spectrum(mock_sample(SIZE, k), 0.0).rate(MASSES)[0] / truth - 1.0 for k in range(SETS)]
    )


def test_bias_of_nearest_k(deviations: np.ndarray) -> None:
    """Bias below 3 standard errors of 5 % plus 4 %; 8 % more beside the phi, where the window reaches the line."""
    allowed = np.full(MASSES.size, 0.04 + 3.0 * 0.05 / np.sqrt(SETS))
    allowed[8] += 0.08
    assert np.all(np.abs(np.mean(deviations, axis=0)) < allowed)


def test_error_of_nearest_k(deviations: np.ndarray) -> None:
    """400 pairs: 5 %; rms of all masses and sets near it, none beyond 12 %."""
    rms = np.sqrt(np.mean(deviations**2, axis=0))
    assert 0.04 < np.sqrt(np.mean(rms**2)) < 0.075
    assert np.max(rms) < 0.12
    _, error = fit_spectrum(mock_sample(SIZE, 1), 0.0).rate(MASSES)
    value, _ = fit_spectrum(mock_sample(SIZE, 1), 0.0).rate(MASSES)
    np.testing.assert_allclose(error / value, 0.05, rtol=0.05)


def slow_nearest(mass: np.ndarray, m: float, k: int) -> float:
    """Density at m from the k nearest pairs within 15 %, one by one, with the threshold law divided out."""

    def law(x: float) -> float:
        return x * float(pair_factor(np.array(x), M_MU, "dirac"))

    distance = sorted(abs(x - m) for x in mass.tolist())
    h = min(distance[k], 0.15 * m)
    a, b = max(m - h, mass.min()), min(m + h, mass.max())
    return law(m) * sum(1.0 / law(x) for x in mass.tolist() if a <= x <= b) / ((b - a) * len(mass))


@pytest.mark.parametrize("m", [0.24, 0.5, M_OMEGA, 1.4])
def test_against_slow_estimator(m: float) -> None:
    sample = mock_sample(20_000, 7)
    fast = float(fit_spectrum(sample, 0.0).counted(m)[0][0])
    assert fast == pytest.approx(slow_nearest(sample.mass, m, 400), rel=0.01)


def test_smeared_spectrum_needs_line_shapes() -> None:
    """At 2 % resolution counting is off by factors at omega and phi; the lines restore the truth to 10 %."""
    peaks = np.array([0.775, M_OMEGA, 0.79, 1.0, M_PHI, 1.04])
    truth = mock_density(peaks)
    ratios, pulls = [], []
    for seed in range(5):
        sample = mock_sample(SIZE, seed, 0.02)
        spectrum = fit_spectrum(sample, 0.02)
        assert {"omega", "phi"} <= {line.name for line in spectrum.lines}
        assert all(line.chi2 < 2.0 * line.bins for line in spectrum.lines)
        rate, error = spectrum.rate(peaks)
        ratios.append(rate / truth)
        pulls.append((rate - truth)[[1, 4]] / error[[1, 4]])
        naive = fit_spectrum(sample, 0.0).rate(np.array([M_OMEGA, M_PHI]))[0] / mock_density([M_OMEGA, M_PHI])
        assert np.all(naive < [0.45, 0.25])
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1.0, atol=0.1)
    assert np.mean(ratios, axis=0)[[1, 4]] == pytest.approx([1.0, 1.0], abs=0.03)
    assert 0.6 < np.std(pulls) < 1.5


def test_pole_without_line_shape_is_refused() -> None:
    sample = mock_sample(20_000, 1, 0.02)
    bare = fit_spectrum(sample, 0.02, line_shapes=False)
    with pytest.raises(MassRangeError, match="narrower than the mass resolution"):
        bare.rate(M_PHI)
    assert bare.rate(0.6)[0] > 0.0
    with pytest.raises(MassRangeError, match="unknown"):
        fit_spectrum(sample, None).rate(M_OMEGA)
    assert unresolved(0.02) == ("omega", "phi", "jpsi", "psi2s")
    assert unresolved(0.0) == ()


def test_outside_the_data_is_refused() -> None:
    spectrum = fit_spectrum(mock_sample(20_000, 1), 0.0)
    for mass in (0.2, 4.5):
        with pytest.raises(MassRangeError, match="the data reach from"):
            spectrum.rate(mass)


def test_no_normalisation_no_rate() -> None:
    from dataclasses import replace

    spectrum = fit_spectrum(replace(mock_sample(2000, 1), normalisation=None), 0.0)
    assert spectrum.density(0.5)[0] > 0.0
    with pytest.raises(ValueRangeError, match="normalisation"):
        spectrum.rate(0.5)


def test_quantiles_and_weights() -> None:
    sample = mock_sample(50_000, 2)
    weight = np.random.default_rng(1).uniform(0.5, 1.5, len(sample))
    spectrum = fit_spectrum(sample.reweighted(weight), 0.0)
    assert spectrum.total == pytest.approx(float(np.sum(weight)), rel=1e-9)
    assert float(np.sum(spectrum.square)) == pytest.approx(float(np.sum(weight**2)), rel=1e-9)
    u = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(spectrum.rank(spectrum.quantile(u)), u, atol=1e-9)
    order = np.argsort(sample.mass)
    exact = sample.mass[order][np.searchsorted(np.cumsum(weight[order]), 0.5 * np.sum(weight))]
    assert float(spectrum.quantile(0.5)) == pytest.approx(exact, rel=1e-4)


def test_few_knots_change_little() -> None:
    sample = mock_sample(100_000, 2)
    fine, coarse = (fit_spectrum(sample, 0.0, knots=k).rate(MASSES)[0] for k in (20_000, 2000))
    np.testing.assert_allclose(coarse / fine, 1.0, atol=0.06)


def test_replicas_spread_as_the_error() -> None:
    spectrum = fit_spectrum(mock_sample(100_000, 2), 0.0)
    rng = np.random.default_rng(4)
    at = np.array([0.3, M_OMEGA, 1.5])
    rates = np.array([spectrum.replica(rng).rate(at)[0] for _ in range(60)])
    value, error = spectrum.rate(at)
    np.testing.assert_allclose(np.std(rates, axis=0) / error, 1.0, atol=0.45)
    np.testing.assert_allclose(np.mean(rates, axis=0) / value, 1.0, atol=0.03)


def test_arrays_round_trip() -> None:
    spectrum = fit_spectrum(mock_sample(20_000, 1, 0.02), 0.02)
    again = MassSpectrum.from_arrays(spectrum.arrays())
    np.testing.assert_array_equal(again.rate(MASSES)[0], spectrum.rate(MASSES)[0])
    assert again.lines == spectrum.lines
    assert again.normalisation == pytest.approx(PAIRS_PER_COLLISION, rel=0.01)


def test_few_pairs_beside_a_peak_stay_apart() -> None:
    """400 pairs per GeV, and 2000 at 3.1 GeV in a line smeared by 2 %: the line is not counted at 2.2 and 2.8 GeV."""
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rest, line = rng.uniform(0.3, 4.0, 1500), 3.0969 * (1.0 + 0.02 * rng.standard_normal(2000))
        mass = np.concatenate([rest, line, rng.uniform(0.3, 1.0, 4000)])
        n = mass.size
        sample = DileptonSample(mass, np.full(n, 0.3), np.full(n, 3.0), np.ones(n), normalisation=float(n))
        value, error = fit_spectrum(sample, 0.02).rate([2.2, 2.8])
        found.append(np.stack([value, error]))
    value, error = np.mean(found, axis=0)
    true = 1500.0 / 3.7
    assert np.all(np.abs(value / true - 1.0) < 0.2)
    assert 0.05 < error[0] / value[0] < 0.12
    pulls = np.array([(v[0] - true) / e[0] for v, e in found])
    assert 0.6 < np.sqrt(np.mean(pulls**2)) < 1.4


def unweighted(mass: np.ndarray) -> DileptonSample:
    n = mass.size
    return DileptonSample(mass, np.full(n, 0.3), np.full(n, 3.0), np.ones(n))


def test_a_sharp_state_does_not_reach_into_other_windows() -> None:
    """J/psi at perfect resolution: rates beside it are those without it, and at its edge there is none."""
    rng = np.random.default_rng(4)
    smooth = 0.3 - np.log1p(-rng.random(40_000) * (1.0 - np.exp(-4.0)))
    peak = rng.normal(3.0969, 1e-4, 2_000)
    m = np.array([2.5, 2.9, 3.05, 3.09, 3.2])
    for knots in (400, 20_000):
        with_peak = fit_spectrum(unweighted(np.concatenate([smooth, peak])), 0.0, knots=knots)
        without = fit_spectrum(unweighted(smooth), 0.0, knots=knots)
        found, wanted = (s.density(m)[0] * s.total for s in (with_peak, without))
        np.testing.assert_allclose(found, wanted, rtol=0.05)
        assert with_peak.blind(np.array([3.0980]))[0]
        with pytest.raises(MassRangeError, match="without a line shape"):
            with_peak.density(3.0980)
        assert with_peak.density(3.0969)[0][0] * with_peak.total > 100.0 * wanted[3]


def test_kinks_of_a_table_of_the_resolution_do_not_show() -> None:
    """A table is interpolated linearly; at its rows the rate is that beside them."""
    rng = np.random.default_rng(5)
    mass = 0.3 - np.log1p(-rng.random(200_000) * (1.0 - np.exp(-2.0)))
    mass *= 1.0 + 0.02 * rng.standard_normal(mass.size)
    table = ((0.3, 0.02), (0.65, 0.022), (1.0, 0.012), (2.5, 0.02))
    spectrum = fit_spectrum(unweighted(mass), table, line_shapes=False, nearest=20_000)
    at, beside = (spectrum.density(m)[0] for m in (0.65, [0.64, 0.66]))
    assert at[0] == pytest.approx(np.mean(beside), rel=0.02)
