"""Strong coupling and inclusive R."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.hadrons import inclusive
from darkbeam.hadrons.strong_coupling import alpha_s


def test_alpha_s_published_scales() -> None:
    """Four-loop values from alpha_s(m_Z) = 0.1180."""
    mu = np.array([1.77693, 2.0, 3.0, 5.0, 8.0, 91.1876])
    np.testing.assert_allclose(alpha_s(mu), [0.3195, 0.3014, 0.2534, 0.2131, 0.1881, 0.1180], rtol=3e-4)


def test_frozen_inclusive_ratio() -> None:
    m = np.array([2.0, 2.5, 3.0, 3.6, 3.8, 4.04, 4.2, 4.5, 5.0, 6.0, 8.0, 10.0])
    frozen = [2.1858, 2.1728, 2.1628, 2.1816, 2.9595, 4.8200, 4.2954, 3.4639, 3.3651, 3.4644, 3.5133, 3.5189]
    np.testing.assert_allclose(inclusive.ratio(m, narrow=False), frozen, rtol=2e-4)


def test_parton_limit() -> None:
    """Without QCD corrections R is 2 (uds) and 10/3 (udsc); the corrections add 8 and 5 %."""
    low, high = inclusive.ratio_continuum([2.5, 9.0])
    assert 2.0 < low < 2.0 * 1.10
    assert 10.0 / 3.0 < high < 10.0 / 3.0 * 1.07


@pytest.mark.parametrize(("delta", "excess"), [(0.010, 0.2), (0.003, 2.4), (0.001, 22.0)])
def test_jpsi_notch(delta: float, excess: float) -> None:
    r = inclusive.ratio_resonances([3.0969 + delta])[0]
    assert r == pytest.approx(excess, rel=0.15)


def test_resonance_area() -> None:
    """Narrow-width area: integral of R dm = (9 pi/(2 alpha^2)) G_ee (hadronic fraction 1)."""
    M, G, G_ee = inclusive.NARROW["psi(2S)"]
    m = M + G * np.tan(np.linspace(-1.55, 1.55, 20001)) / 2.0
    height = inclusive.ratio_resonances(m) - inclusive.ratio_resonances([M - 0.04])[0]
    area = np.sum(0.5 * (height[1:] + height[:-1]) * np.diff(m))
    assert area == pytest.approx(9.0 * np.pi / (2.0 * 7.2973525643e-3**2) * G_ee, rel=0.03)


def test_singlet_term_of_equal_charges() -> None:
    """eta = 0 for the photon below charm and 1 for baryon number: terms -1.240 a^3 and -(17.828 - 0.575 nf) a^4."""
    m = np.array([2.5, 3.5])
    a = alpha_s(m) / np.pi
    photon = inclusive.ratio_continuum(m) / 2.0
    baryon = inclusive.ratio_continuum(m, dict.fromkeys("udscb", 1 / 3)) / 1.0
    np.testing.assert_allclose(photon - baryon, 1.240 * a**3 + (17.828 - 0.575 * 3) * a**4, rtol=1e-9)


def test_free_partons() -> None:
    low, high = inclusive.ratio_partons([2.5, 100.0])
    assert low == pytest.approx(2.0)
    assert high == pytest.approx(10.0 / 3.0, rel=1e-5)


def test_charges_may_depend_on_the_mass() -> None:
    m = np.array([2.5, 5.0])
    scale = np.array([1.0, 2.0])
    arrays = {q: scale * x for q, x in inclusive.CHARGE.items()}
    np.testing.assert_allclose(inclusive.ratio(m, arrays), scale**2 * inclusive.ratio(m), rtol=1e-12)
