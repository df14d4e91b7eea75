"""Photo-electrons in clusters: the recursion against its generating function, and intervals of signal regions."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.detection import ScintillatorBars
from darkbeam.detection.detectors import Slabs
from darkbeam.detection.photo_electrons import at_least
from darkbeam.errors import ValueRangeError

LOGARITHM = 15.75


def slow_at_least(count, clusters, logarithm, size=2**17):
    """Probabilities by the inverse Fourier transform of the generating function on the unit circle."""
    z = np.exp(-2j * np.pi * np.arange(size) / size)
    z[0] = 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        mu = clusters / logarithm * (1.0 - z) * (logarithm - np.log(1.0 - z))
    mu[0] = 0.0
    p = np.fft.ifft(np.exp(-mu)).real
    return 1.0 - np.sum(p[:count])


@pytest.mark.parametrize("clusters", [0.05, 0.7, 3.0, 25.0])
@pytest.mark.parametrize("count", [1, 2, 3, 6, 21, 31])
def test_recursion_has_the_generating_function(count, clusters):
    # the transform wraps the tail beyond its size around: clusters/size/l
    expected = slow_at_least(count, clusters, LOGARITHM)
    assert float(at_least(count, np.array(clusters), LOGARITHM)) == pytest.approx(
        expected, rel=1e-4, abs=1e-5
    )


def test_few_clusters_need_one_large_one():
    found = at_least(5, np.array([1e-8, 1e-5, 1e-4]), LOGARITHM) / np.array([1e-8, 1e-5, 1e-4])
    np.testing.assert_allclose(found, 1.0 / (4.0 * LOGARITHM), rtol=2e-3)


def test_clusters_pass_a_high_threshold_more_often_than_a_low_mean_says():
    clusters = np.array([0.3])
    bars = ScintillatorBars(1, photo_electrons=6)
    poisson = ScintillatorBars(1, photo_electrons=6, light="mean")
    assert bars.efficiency(clusters[None], 1.0)[0] > 10.0 * poisson.efficiency(clusters[None], 1.0)[0]


@pytest.mark.parametrize("light", ["mean", "compound-poisson"])
def test_intervals_and_slabs_add_up(light):
    signals = np.broadcast_to(np.geomspace(0.01, 1e4, 50), (3, 50))
    low, high, everything = (
        ScintillatorBars(3, photo_electrons=k, photo_electrons_max=m, light=light)
        for k, m in ((2, 20), (21, None), (2, None))
    )
    np.testing.assert_allclose(
        low.efficiency(signals, 0.5) + high.efficiency(signals, 0.5),
        everything.efficiency(signals, 0.5),
        rtol=1e-9,
    )
    parts = [
        ScintillatorBars(3, light=light, slabs=Slabs(4, 0.03, 0.006, hits)).efficiency(signals, 0.5)
        for hits in ("none", "one", "two-or-more")
    ]
    np.testing.assert_allclose(
        np.sum(parts, axis=0), ScintillatorBars(3, light=light).efficiency(signals, 0.5)
    )


def test_slabs_count_as_binomials():
    rng = np.random.default_rng(7)
    hit = rng.poisson(0.3, (400_000, 4)) > 0
    expected = [np.mean(hit.sum(axis=1) == 0), np.mean(hit.sum(axis=1) == 1), np.mean(hit.sum(axis=1) > 1)]
    found = [
        float(Slabs(4, 0.03, 0.006, h).probability(np.array(0.3))) for h in ("none", "one", "two-or-more")
    ]
    np.testing.assert_allclose(found, expected, atol=4e-3)
    assert float(Slabs(4, 0.03, 0.006, "some").probability(np.array(0.3))) == pytest.approx(1.0 - found[0])


def test_an_empty_interval_is_refused():
    with pytest.raises(ValueRangeError, match="between 5 and 4"):
        ScintillatorBars(3, photo_electrons=5, photo_electrons_max=4)
