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


def random_spectrum(seed: int) -> DecaySpectrum:
    """Some hundred decay rates in up to three groups far apart."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(1, 4)
    lam = np.exp(np.concatenate([rng.normal(18.0 + 9.0 * k, 1.5, 200) for k in range(groups)]))
    weight = np.square(lam) * 10.0 ** rng.uniform(-2.0, 3.0) * rng.exponential(size=len(lam)) / len(lam)
    return DecaySpectrum.fill(lam, weight, np.arange(len(lam)) % 20)


@pytest.mark.parametrize("seed", range(8))
def test_coarse_search_misses_nothing(seed: int) -> None:
    spectrum = random_spectrum(seed)
    found = intervals(Curve.of(spectrum, 2.3), 2.3)
    eps = np.exp(np.arange(-25.0, 0.0, 0.002))
    n = np.concatenate([spectrum.events(part) for part in np.array_split(eps, 20)])
    flips = np.flatnonzero((n[1:] > 2.3) != (n[:-1] > 2.3))
    edges = [e.epsilon for i in found for e in (i.lower, i.upper)]
    assert np.log(edges) == pytest.approx(np.log(eps[flips]), abs=0.0021)
    top = peak(Curve.of(spectrum, 2.3))
    assert top[1] == pytest.approx(n.max(), rel=2e-4)
