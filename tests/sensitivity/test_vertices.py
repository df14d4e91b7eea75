"""The mixture of couplings against exact sums over rays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.couplings import spread_couplings
from darkbeam.sensitivity.spectrum import DecaySpectrum
from darkbeam.sensitivity.vertices import Rays, decay_probability, draw_vertices


def some_rays(n: int = 5000) -> Rays:
    """Steeply falling boosts, path 30 to 80 m, some with a second segment."""
    rng = np.random.default_rng(2)
    length = 1e-13 * rng.pareto(1.5, n) + 1e-14
    enter = np.array([np.full(n, 30.0), np.full(n, 90.0)])
    exit_ = np.array([np.full(n, 80.0), np.where(rng.random(n) < 0.3, 95.0, 90.0)])
    return Rays(rng.exponential(size=n), enter / length, exit_ / length)


def exact(rays: Rays, eps: float) -> float:
    """eps^2 sum_i w_i P_i, one ray and one segment at a time."""
    total = 0.0
    for k in range(2):
        for w, a, b in zip(rays.weight, rays.lam_in[k], rays.lam_out[k], strict=True):
            total += w * (np.exp(-(eps**2) * a) - np.exp(-(eps**2) * b))
    return eps**2 * total


def test_draws_of_all_couplings_give_the_exact_yield_at_each() -> None:
    rays = some_rays()
    couplings = np.geomspace(3e-9, 3e-6, 12)
    result = draw_vertices(rays, couplings, np.full(12, 3400), np.random.default_rng(3))
    block = np.arange(len(result.ray)) % N_BLOCKS
    spectrum = DecaySpectrum.fill(result.lam, result.weight, block)
    for eps in (4e-9, 1e-7, 7e-7, 2e-6):
        assert spectrum.events(eps)[0] == pytest.approx(exact(rays, eps), rel=0.02)


def test_vertices_follow_the_truncated_exponential() -> None:
    rays = Rays(np.ones(1), np.array([[10.0]]), np.array([[14.0]]))
    result = draw_vertices(rays, np.array([1.0]), np.array([20000]), np.random.default_rng(4))
    law = stats.truncexpon(b=4.0, loc=10.0)
    assert stats.kstest(result.lam[::7], law.cdf).pvalue > 0.01


def test_long_lived_limit_is_uniform_on_the_path() -> None:
    rays = Rays(np.ones(1), np.array([[10.0]]), np.array([[14.0]]))
    result = draw_vertices(rays, np.array([1e-9]), np.array([20000]), np.random.default_rng(4))
    assert stats.kstest(result.lam[::7], stats.uniform(10.0, 4.0).cdf).pvalue > 0.01


def test_probability_without_cancellation() -> None:
    rays = Rays(np.ones(1), np.array([[1.0]]), np.array([[1.0 + 1e-9]]))
    assert decay_probability(rays, 1e-3)[0, 0] == pytest.approx(1e-15, rel=1e-6)


def test_couplings_cover_the_edges() -> None:
    rays = some_rays()
    couplings = spread_couplings([rays], 2e-12)
    yields = np.array([exact(rays, float(e)) for e in couplings])
    assert yields[0] < 2e-12
    assert yields[-1] < 2e-12
    assert yields.max() > 2e-12
    assert spread_couplings([Rays(np.empty(0), np.empty((1, 0)), np.empty((1, 0)))], 1.0).size == 0


def test_couplings_without_probability_get_no_draws() -> None:
    rays = some_rays(500)
    tiny = Rays(rays.weight * 1e-300, rays.lam_in, rays.lam_out)
    with np.errstate(all="raise", under="ignore"):
        assert not len(draw_vertices(tiny, np.array([1e-7]), np.array([100]), np.random.default_rng(1)).ray)
        far = draw_vertices(rays, np.array([1e-7, 1e-3]), np.array([100, 100]), np.random.default_rng(1))
    assert len(far.ray) == 100
    assert np.isfinite(far.weight).all()
