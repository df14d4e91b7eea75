"""Lines in a smeared spectrum, with a resolution that is not quite that of the card."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.special import voigt_profile

from darkbeam.dilepton.line_shapes import DEGREE, REACH, STATES, Line, fit_line

M, G = STATES["omega"]
SIGMA = 0.012 * M
PAIRS = 60_000


def masses(seed: int, pairs: int = PAIRS) -> np.ndarray:
    """A line of ``pairs`` smeared with SIGMA, and as many pairs spread evenly over 0.5 to 1.05 GeV."""
    rng = np.random.default_rng(seed)
    line = M + 0.5 * G * rng.standard_cauchy(pairs) + SIGMA * rng.standard_normal(pairs)
    return np.concatenate([line, rng.uniform(0.5, 1.05, pairs)])


def fitted(seed: int, off: float, **options: float) -> Line:
    m = masses(seed)
    line = fit_line("omega", m, np.ones(m.size), 0.012 * off, **options)
    assert line is not None
    return line


def test_a_wrong_resolution_is_covered_by_the_error() -> None:
    """3 % wrong: yield beyond three standard deviations if the resolution is fixed, within two with its error."""
    fixed, free = fitted(1, 1.03, resolution_error=0.0), fitted(1, 1.03)
    assert fixed.delta == fixed.delta_error == 0.0
    assert fixed.pairs - PAIRS > 3.0 * fixed.error
    assert abs(free.pairs - PAIRS) < 2.0 * free.error
    assert free.error > 1.5 * fixed.error
    assert -0.06 < free.delta < 0.0
    assert 0.005 < free.delta_error < 0.02


def test_pulls_over_cards() -> None:
    """Cards with resolutions off by 2 % at random: pulls of yield and resolution of unit width, without bias."""
    rng = np.random.default_rng(2)
    offs = 1.0 + 0.02 * rng.standard_normal(40)
    lines = [fitted(k, off) for k, off in enumerate(offs.tolist())]
    pulls = np.array([(x.pairs - PAIRS) / x.error for x in lines])
    shifts = np.array([(x.sigma - SIGMA) / (x.delta_error * SIGMA) for x in lines])
    for p in (pulls, shifts):
        assert abs(np.mean(p)) < 3.0 / np.sqrt(p.size)
        assert 0.7 < np.std(p) < 1.35


def test_against_a_general_minimiser() -> None:
    """The same sum of squares, with the errors of the fitted contents, minimised by scipy."""
    m = masses(3)
    line = fit_line("omega", m, np.ones(m.size), 0.012 * 1.02)
    assert line is not None
    card = 0.012 * 1.02 * M
    edges = np.linspace(M - REACH * card, M + REACH * card, line.bins + 1)
    content = np.histogram(m, edges)[0]
    d, step = 0.5 * (edges[1:] + edges[:-1]) - M, edges[1] - edges[0]
    basis = (d / line.half)[:, None] ** np.arange(DEGREE + 1)

    def model(p: np.ndarray) -> np.ndarray:
        sigma = np.hypot(card * (1.0 + p[1]), step / np.sqrt(12.0))
        return step * (p[0] * PAIRS * voigt_profile(d, sigma, 0.5 * G) + basis @ p[2:] * PAIRS)

    start = np.array([line.pairs / PAIRS, line.delta, *(c / PAIRS for c in line.rest)])
    errors = np.sqrt(model(start))

    def residuals(p: np.ndarray) -> np.ndarray:
        return np.concatenate([(content - model(p)) / errors, [p[1] / 0.02]])

    found = least_squares(residuals, np.array([0.9, 0.0, 2.0, 0.0, 0.0, 0.0]), xtol=1e-12, ftol=1e-12)
    assert line.pairs == pytest.approx(found.x[0] * PAIRS, rel=1e-4)
    assert line.delta == pytest.approx(found.x[1], abs=1e-4)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    assert line.error == pytest.approx(np.sqrt(covariance[0, 0]) * PAIRS, rel=0.01)
    assert line.delta_error == pytest.approx(np.sqrt(covariance[1, 1]), rel=0.01)
