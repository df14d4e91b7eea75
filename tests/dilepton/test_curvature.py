"""Curvature of a spectrum: what the mean over a window and the resolution add, and the error of taking it away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.dilepton.curvature import bend, blur, drift, growth
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.sample import DileptonSample


def test_exponential_is_exact() -> None:
    """exp(-x/0.4) with H = 0.5, h = 0.125: the mean over the window by quadrature."""
    wide, narrow, scale = 0.5, 0.125, 0.4
    mean = [quad(lambda x, j=j: x**j * np.exp(-x / scale), -wide, wide)[0] for j in (0, 2)]
    window = quad(lambda x: np.exp(-x / scale), -narrow, narrow)[0] / (2.0 * narrow)
    moment = mean[1] / mean[0] / wide**2
    assert bend(np.array([moment]), np.array([4.0]), np.array([0.0]))[0] == pytest.approx(window, rel=1e-4)


def test_cosine_is_exact_and_flat_is_untouched() -> None:
    wide, narrow, scale = 0.5, 0.125, 0.4
    mean = [quad(lambda x, j=j: x**j * np.cos(x / scale), -wide, wide)[0] for j in (0, 2)]
    window = quad(lambda x: np.cos(x / scale), -narrow, narrow)[0] / (2.0 * narrow)
    moment = np.array([mean[1] / mean[0] / wide**2, 1.0 / 3.0])
    found = bend(moment, np.full(2, 4.0), np.zeros(2))
    np.testing.assert_allclose(found, [window, 1.0], rtol=1e-4)


def test_no_correction_without_room() -> None:
    assert bend(np.array([0.5]), np.array([1.0]), np.array([0.1]))[0] == 1.0
    assert growth(np.array([1.0]), np.array([0.1]))[0] == 1.0


def test_growth_of_the_error_of_a_flat_spectrum() -> None:
    """Toys: counts in the window over the bend of the moment, H = 4h, sigma = H/5."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-1.0, 1.0, (4000, 1600))
    counted = np.sum(np.abs(x) < 0.25, axis=1)
    ratio, smear = np.full(4000, 4.0), np.full(4000, 0.2)
    corrected = counted / bend(np.mean(x**2, axis=1), ratio, smear)
    # the 1600 pairs are fixed here: add the Poisson fluctuation of their number
    found = np.sqrt(np.var(corrected) / np.mean(corrected) ** 2 + 1.0 / 1600.0) * np.sqrt(400.0)
    assert found == pytest.approx(growth(ratio, smear)[0], rel=0.04)


def test_bias_of_the_counted_rate_is_gone() -> None:
    """Steep exponential from 1 to 4 GeV: nearest-k counts over 3 % too much at 2 GeV, the density about half."""
    rng = np.random.default_rng(4)
    biases = []
    for _ in range(40):
        mass = 1.0 - 0.4 * np.log(1.0 - rng.random(20_000) * (1.0 - np.exp(-3.0 / 0.4)))
        mass = mass * (1.0 + 0.01 * rng.standard_normal(mass.size))
        n = mass.size
        sample = DileptonSample(mass, np.full(n, 0.5), np.full(n, 4.0), np.ones(n))
        spectrum = fit_spectrum(sample, 0.01, nearest=1600)
        true = np.exp(-(2.0 - 1.0) / 0.4) / 0.4
        biases.append([spectrum.counted(2.0)[0][0] / true - 1.0, spectrum.density(2.0)[0][0] / true - 1.0])
    counted, density = np.mean(biases, axis=0)
    assert counted > 0.03
    assert abs(density) < 0.55 * counted


def test_resolution_that_grows_with_the_mass() -> None:
    """exp(-m/0.4) at m = 1.5 GeV smeared by 1.5 % of the true mass, by quadrature; to the second order."""
    m, scale, r, wide = 1.5, 0.4, 0.015, 0.4

    def smeared(x: float) -> float:
        gauss = np.exp(-0.5 * ((m - x) / (r * x)) ** 2) / (np.sqrt(2.0 * np.pi) * r * x)
        return float(gauss * np.exp(-(x - m) / scale))

    true = quad(smeared, m - 0.2, m + 0.2, epsabs=1e-12)[0]
    mean = [quad(lambda t, j=j: t**j * np.exp(-t * wide / scale), -1.0, 1.0)[0] for j in range(3)]
    moment, first = np.array([mean[2] / mean[0]]), np.array([mean[1] / mean[0]])
    moved = drift(moment, first, np.array([2.0 * r * r * m / wide]), np.array([2.0 * r * r]))
    full, smear = np.array([4.0]), np.array([r * m / wide])
    assert blur(moment, full, smear, moved)[0] == pytest.approx(true, abs=1e-4)
    assert blur(moment, full, smear)[0] > true + 1.2e-3
    flat = drift(np.array([1.0 / 3.0]), np.zeros(1), np.array([0.1]), np.array([0.02]))
    assert flat[0] == pytest.approx(0.01)


def test_number_of_pairs_above_a_threshold() -> None:
    """Sum over a steep spectrum smeared by 3 %: nearly 1 % too many pairs above 1.4 GeV as measured, half gone."""
    found = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        mass = 0.9 + rng.exponential(0.25, 60_000)
        true = mass + 0.0
        mass = mass * (1.0 + 0.03 * rng.standard_normal(mass.size))
        sample = DileptonSample(mass, np.full(mass.size, 0.3), np.full(mass.size, 3.0), np.ones(mass.size))
        spectrum = fit_spectrum(sample, 0.03, line_shapes=False)
        above = mass > 1.4
        number = float(np.sum(true > 1.4))
        found.append(
            [np.sum(above) / number - 1.0, np.sum(1.0 / spectrum.smeared(mass[above])) / number - 1.0]
        )
    raw, corrected = np.mean(found, axis=0)
    assert raw > 0.006
    assert abs(corrected) < 0.5 * raw
