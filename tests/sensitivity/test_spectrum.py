"""The decay spectrum against plain sums over its draws."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.spectrum import DecaySpectrum


def draws(n: int = 4000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(3.0, 1.5, n)), rng.exponential(size=n), rng.integers(0, N_BLOCKS, n)


def slow_events(lam: np.ndarray, weight: np.ndarray, eps: float) -> float:
    return float(sum(eps**4 * w * np.exp(-(eps**2) * x) for x, w in zip(lam, weight, strict=True)))


@pytest.mark.parametrize("eps", [0.001, 0.05, 0.2, 1.0])
def test_histogram_equals_the_sum_over_draws(eps: float) -> None:
    lam, weight, block = draws()
    spectrum = DecaySpectrum.fill(lam, weight, block)
    assert spectrum.events(eps)[0] == pytest.approx(slow_events(lam, weight, eps), rel=1e-4)


def test_bias_at_large_decay_probability() -> None:
    lam = np.full(1, 3.3337)
    spectrum = DecaySpectrum.fill(lam, np.ones(1), np.zeros(1, dtype=np.int64))
    for x in (1.0, 5.0, 20.0):
        eps = np.sqrt(x / lam[0])
        ratio = spectrum.events(eps)[0] / (eps**4 * np.exp(-x))
        assert 0.0 <= ratio - 1.0 < x**2 * 0.01**2 / 8.0 + 1e-12


def test_sum_and_scale() -> None:
    a, b = (DecaySpectrum.fill(*draws(500, seed)) for seed in (1, 2))
    b = DecaySpectrum(b.first + 300, b.counts)
    eps = [0.01, 0.3]
    np.testing.assert_allclose((a + 2.0 * b).events(eps), a.events(eps) + 2.0 * b.events(eps), rtol=1e-12)
    np.testing.assert_allclose((a + DecaySpectrum.empty()).events(eps), a.events(eps), rtol=1e-12)
    np.testing.assert_allclose(a.transform(eps).sum(axis=0), a.events(eps), rtol=1e-12)


def test_jackknife_error_of_independent_draws() -> None:
    lam = np.full(20000, 1.0)
    rng = np.random.default_rng(5)
    block = rng.integers(0, N_BLOCKS, 20000)
    spectrum = DecaySpectrum.fill(lam, np.ones(20000), block)
    # N = 20000 e^-1: a Poisson number, known to sqrt(20000) e^-1 within the scatter of a 20-block estimate
    expected = np.sqrt(20000.0) * np.exp(-1.0)
    assert spectrum.events_error(1.0)[0] == pytest.approx(expected, rel=0.5)


def test_empty_spectrum_has_no_events() -> None:
    assert DecaySpectrum.fill(np.ones(3), np.zeros(3), np.zeros(3, dtype=np.int64)).events(1.0)[0] == 0.0


def test_sum_of_many_is_the_sum_of_transforms() -> None:
    rng = np.random.default_rng(5)
    parts = [DecaySpectrum.empty()]
    parts += [
        DecaySpectrum.fill(rng.uniform(10.0**k, 10.0 ** (k + 2), 300), rng.random(300), np.arange(300) % 20)
        for k in range(3)
    ]
    eps = np.array([0.01, 0.03, 0.3])
    total = DecaySpectrum.sum(parts)
    assert total.transform(eps) == pytest.approx(sum(p.transform(eps) for p in parts))
    assert total.events(eps) == pytest.approx(total.transform(eps).sum(axis=0))
    assert DecaySpectrum.sum([]).events(0.1)[0] == 0.0
