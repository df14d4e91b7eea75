"""Four-pion current and its phase-space matrix."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.hadrons import four_pion
from darkbeam.hadrons.four_pion_current import currents_charged, currents_neutral, lorentz_dot
from darkbeam.kinematics import breakup_momentum, mass_squared
from darkbeam.kinematics.phase_space import n_body


@pytest.mark.parametrize(
    ("ratio", "values"),
    [
        (four_pion.ratio_charged, [1.1713e-02, 1.5490e-01, 5.6412e-01]),
        (four_pion.ratio_neutral, [6.2806e-02, 2.9340e-01, 7.0210e-01]),
    ],
)
def test_frozen_values(ratio, values) -> None:
    """Numbers of an independent Monte Carlo with 0.3-0.5 % errors."""
    np.testing.assert_allclose(ratio(np.array([1.0, 1.2, 1.7]), n=2**13), values, rtol=0.012)


@pytest.mark.parametrize("mode", [four_pion.CHARGED, four_pion.NEUTRAL])
def test_matrix_is_hermitian_and_positive(mode: four_pion.Mode) -> None:
    W = four_pion.phase_space_matrix(1.4, mode, n=2**9)
    np.testing.assert_allclose(W, W.conj().T, rtol=1e-12)
    assert np.linalg.eigvalsh(W).min() > -1e-9 * np.abs(W).max()


def test_matrix_vanishes_below_threshold() -> None:
    assert not four_pion.phase_space_matrix(0.5, four_pion.NEUTRAL, n=8).any()


def _events(masses: tuple[float, ...]) -> list[np.ndarray]:
    return list(n_body(1.5, masses, 200, np.random.default_rng(4)))


def test_currents_are_conserved_and_bose_symmetric() -> None:
    p = _events(four_pion.NEUTRAL.masses)
    Q = sum(p)
    currents = currents_neutral(*p)
    swapped = currents_neutral(p[1], p[0], p[2], p[3])
    for j, k in zip(currents, swapped, strict=True):
        scale = np.abs(j).max()
        assert np.abs(lorentz_dot(Q, j)).max() < 1e-9 * scale
        np.testing.assert_allclose(j, k, atol=1e-9 * scale)


def test_omega_part_cancels_in_the_charged_mode() -> None:
    a, b, c, d = _events(four_pion.CHARGED.masses)
    parts = [currents_neutral(*q)[1] for q in ((b, d, a, c), (a, d, b, c), (b, c, a, d), (a, c, b, d))]
    assert np.abs(np.sum(parts, axis=0)).max() < 1e-9 * np.abs(parts[0]).max()
    assert not currents_charged([a, b, c, d])[1].any()


def test_matrix_agrees_with_flat_phase_space() -> None:
    """Slow twin: plain flat phase space instead of the mixture of maps."""
    m, n = 1.2, 20000
    p = list(n_body(m, four_pion.CHARGED.masses, n, np.random.default_rng(8)))
    j = currents_charged(p)
    volume = _four_body_volume(m, four_pion.CHARGED.masses)
    W = four_pion.phase_space_matrix(m, four_pion.CHARGED, n=2**12)
    for i in (0, 2, 3):
        x = -np.real(lorentz_dot(j[i], j[i].conj()))
        error = volume * x.std() / np.sqrt(n) * 0.25
        assert abs(volume * x.mean() * 0.25 - W[i, i].real) < 4.0 * error + 0.01 * W[i, i].real
    assert np.all(mass_squared(sum(p)) > 0.0)


def _four_body_volume(m: float, masses: tuple[float, ...]) -> float:
    """Phi_4 by nested Gauss-Legendre quadrature over the two intermediate masses."""
    x, w = np.polynomial.legendre.leggauss(200)
    m1, m2, m3, m4 = masses

    def span(lo, hi):
        return 0.5 * (hi + lo) + 0.5 * (hi - lo) * x, 0.5 * (hi - lo) * w

    outer, wo = span(m2 + m3 + m4, m - m1)
    total = 0.0
    for M, weight in zip(outer, wo, strict=True):
        inner, wi = span(m3 + m4, M - m2)
        density = breakup_momentum(M, m2, inner) * breakup_momentum(inner, m3, m4)
        total += weight * float(breakup_momentum(m, m1, M)) * float(np.sum(wi * density))
    return 4.0 * total / (m * (4.0 * np.pi) ** 3 * (2.0 * np.pi) ** 2)
