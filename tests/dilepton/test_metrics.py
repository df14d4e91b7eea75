"""Distances of samples and their floors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from darkbeam.dilepton.metrics import auc, auc_floor, cells_for, kl, kl_floor, ks, ks_floor


def test_ks_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=900), rng.normal(0.1, 1.0, 700)
    assert ks(a, b) == pytest.approx(ks_2samp(a, b).statistic, abs=1e-12)


def test_weights_are_multiplicities() -> None:
    rng = np.random.default_rng(1)
    a, b, w = rng.normal(size=900), rng.normal(size=700), rng.integers(1, 4, 900)
    assert ks(a, b, w.astype(float)) == pytest.approx(ks(np.repeat(a, w), b), abs=1e-12)


@pytest.mark.parametrize(("truth", "model"), [(2000, 20_000), (8000, 4000)])
def test_floors_are_the_means_of_equal_samples(truth: int, model: int) -> None:
    rng = np.random.default_rng(2)
    pairs = [(rng.exponential(size=truth), rng.exponential(size=model)) for _ in range(30)]
    values = np.array([[kl(a, b), ks(a, b)] for a, b in pairs])
    mean, error = values.mean(axis=0), values.std(axis=0) / np.sqrt(30)
    assert kl_floor(truth, model) == pytest.approx(mean[0], abs=4 * error[0])
    assert ks_floor(truth, model) == pytest.approx(mean[1], abs=4 * error[1])
    first_order = 0.5 * (cells_for(truth) - 1) * (1 / truth + 1 / model)
    assert kl_floor(truth, model) == pytest.approx(first_order, rel=0.2)


def test_kl_of_a_known_difference() -> None:
    """Two exponentials of means 1 and 1.25: KL = ln r + 1/r - 1; cells lose little of it."""
    rng = np.random.default_rng(3)
    a, b = rng.exponential(1.0, 400_000), rng.exponential(1.25, 400_000)
    exact = np.log(1.25) + 1 / 1.25 - 1
    assert 0.93 * exact < kl(a, b) < 1.02 * exact


@pytest.mark.flow
def test_classifier() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(4)
    a, b, c = rng.normal(size=(3, 4000, 3))
    same, floor = auc(a, b)
    assert abs(same - 0.5) < 5.0 * (floor - 0.5)
    shifted, _ = auc(a, c + np.array([0.0, 1.0, 0.0]))
    # the best classifier of normal distributions one width apart reaches Phi(1/sqrt 2) = 0.760; trees lose some
    assert 0.69 < shifted < 0.77
    assert floor == pytest.approx(auc_floor(4000 / 2, 4000 / 2))


def test_auc_floor_is_the_spread_of_the_rank_sum() -> None:
    rng = np.random.default_rng(5)
    x = rng.random((400, 500))
    areas = [np.mean(v[:200, None] > v[None, 200:]) for v in x]
    assert auc_floor(200, 300) - 0.5 == pytest.approx(np.std(areas), rel=0.12)
