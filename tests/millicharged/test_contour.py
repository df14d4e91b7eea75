"""Edges of analytic N(epsilon)."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.millicharged.contour import EPSILON_MAX, find_edges


def test_power_law_that_stops():
    def events(eps):
        # rows: central, twice, nothing
        n = (eps / 1e-3) ** 6 * np.exp(-((eps / 0.1) ** 2))
        return np.array([3.0 * n, 6.0 * n, 0.0 * n])

    edges = find_edges(events, 3.0)
    assert edges.lower[0] == pytest.approx(1e-3 * np.exp(1e-4 / 6.0), rel=1e-5)
    assert edges.lower[1] / edges.lower[0] == pytest.approx(0.5 ** (1.0 / 6.0), rel=2e-3)
    assert np.isnan(edges.lower[2])
    assert edges.slopes[0] == pytest.approx(6.0, rel=1e-3)
    assert 0.1 < edges.upper[0] < 1.0
    assert events(edges.upper[0])[0] == pytest.approx(3.0, rel=1e-3)


def test_region_that_goes_on_ends_at_one():
    edges = find_edges(lambda eps: np.array([(eps / 0.01) ** 4]), 1.0)
    assert edges.lower[0] == pytest.approx(0.01, rel=1e-5)
    assert edges.upper[0] == EPSILON_MAX


def test_no_region():
    edges = find_edges(lambda eps: np.array([1e-3 * eps]), 1.0)
    assert np.isnan(edges.lower[0])
    assert edges.peak == pytest.approx(1e-3)
