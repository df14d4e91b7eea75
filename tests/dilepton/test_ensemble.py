"""Weights of the training: only their ratios at one mass matter."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.dilepton.ensemble import NEAR, _levelled, fit_flow
from darkbeam.dilepton.metrics import ks
from darkbeam.dilepton.mock import mock_kinematics, mock_sample
from darkbeam.dilepton.sample import DileptonSample

EDGE, PRESCALE = 0.9, 100.0


def prescaled(n: int) -> DileptonSample:
    """Mock with the weights of a trigger that keeps one in a hundred below EDGE, without dropping the others."""
    sample = mock_sample(n, 1)
    return sample.reweighted(np.where(sample.mass < EDGE, PRESCALE, 1.0))


def test_equal_weights_stay_what_they_are() -> None:
    np.testing.assert_array_equal(_levelled(mock_sample(3000, 1)).weight, 1.0)


def test_a_prescale_is_taken_out_away_from_its_edge() -> None:
    sample = prescaled(20_000)
    levelled = _levelled(sample)
    rank = np.empty(len(sample))
    rank[np.argsort(sample.mass)] = np.arange(len(sample))
    away = np.abs(rank - np.sum(sample.mass < EDGE)) > NEAR
    np.testing.assert_allclose(levelled.weight[away], 1.0)
    assert sample.effective_size < 0.9 * len(sample) < levelled.effective_size


def test_each_neighbourhood_counts_with_its_effective_number() -> None:
    rng = np.random.default_rng(2)
    sample = mock_sample(20_000, 2)
    sample = sample.reweighted(rng.exponential(1.0, len(sample)) * sample.mass**3)
    levelled = _levelled(sample)
    for low, high in ((0.3, 0.4), (0.77, 0.79), (1.0, 1.5)):
        here = sample.select((sample.mass > low) & (sample.mass < high))
        there = levelled.select((sample.mass > low) & (sample.mass < high))
        assert np.sum(there.weight) == pytest.approx(here.effective_size, rel=0.15)
        ratio = there.weight / here.weight * here.mass**3
        assert np.std(ratio) < 0.2 * np.mean(ratio)


@pytest.mark.flow
@pytest.mark.parametrize("mass", [0.35, 2.0])
def test_a_flow_of_prescaled_data_knows_both_sides(mass: float) -> None:
    pytest.importorskip("torch")
    flow = fit_flow(prescaled(30_000), members=0)
    rng = np.random.default_rng(3)
    at = np.full(20_000, mass)
    for truth, model in zip(mock_kinematics(at, rng), flow.sample(at, rng), strict=True):
        assert ks(truth, model) < 0.08
