"""Edges, tips and islands of spectra whose contour is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import lambertw

from darkbeam.sensitivity.contour import Curve, intervals, join_islands, peak
from darkbeam.sensitivity.spectrum import DecaySpectrum


def line(lam: float, weight: float) -> DecaySpectrum:
    """One decay rate: N = weight eps^4 exp(-eps^2 lam), on a lattice point so that the histogram is exact."""
    snapped = np.exp(0.01 * np.round(np.log(lam) / 0.01) + 1e-12)
    return DecaySpectrum.fill(np.full(20, snapped), np.full(20, weight / 20), np.arange(20))


def test_edges_against_lambert_w() -> None:
    lam, weight, threshold = 1e10, 1e25, 2.3
    spectrum = line(lam, weight)
    at = float(spectrum.lam[spectrum.counts.sum(axis=0) > 0.5 * weight][0])
    # x^2 exp(-x) = threshold at^2/weight with x = eps^2 at
    arg = -0.5 * np.sqrt(threshold * at**2 / weight)
    x = [-2.0 * lambertw(arg, k).real for k in (0, -1)]
    (found,) = intervals(Curve.of(spectrum, threshold), threshold)
    assert found.lower.epsilon == pytest.approx(np.sqrt(x[0] / at), rel=1e-6)
    assert found.upper.epsilon == pytest.approx(np.sqrt(x[1] / at), rel=1e-6)
    assert found.lower.slope == pytest.approx(4.0 - 2.0 * x[0], rel=0.02)
    assert found.lower.error == pytest.approx(0.0, abs=1e-9)


def test_peak_by_hand() -> None:
    eps, n = peak(Curve.of(line(1e10, 1e25), 2.3))
    # eps^4 exp(-eps^2 lam) is largest at eps^2 lam = 2
    assert eps == pytest.approx(np.sqrt(2e-10), rel=0.01)
    assert n == pytest.approx(1e25 * 4e-20 * np.exp(-2.0), rel=0.02)


def test_two_separate_regions_at_one_mass() -> None:
    spectrum = line(1e8, 1e18) + line(1e14, 1e30)
    found = intervals(Curve.of(spectrum, 2.3), 2.3)
    assert len(found) == 2
    assert found[0].upper.epsilon < found[1].lower.epsilon


def test_nothing_above_threshold() -> None:
    assert intervals(Curve.of(line(1e10, 1e10), 2.3), 2.3) == []
    assert intervals(Curve.of(DecaySpectrum.empty(), 2.3), 2.3) == []
    assert peak(Curve.of(DecaySpectrum.empty(), 2.3))[1] == 0.0


def test_islands_split_and_join() -> None:
    islands = join_islands(
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [[(1, 9)], [(1, 3), (5, 9)], [(1, 9)], [], [(2, 4)], [(5, 6)]],
    )
    assert islands == [
        [[1.0, 1, 9], [2.0, 1, 3], [2.0, 5, 9], [3.0, 1, 9]],
        [[5.0, 2, 4]],
        [[6.0, 5, 6]],
    ]


def test_islands_that_grow_together() -> None:
    islands = join_islands([1.0, 2.0], [[(1, 2), (4, 5)], [(1, 5)]])
    assert islands == [[[1.0, 1, 2], [1.0, 4, 5], [2.0, 1, 5]]]
