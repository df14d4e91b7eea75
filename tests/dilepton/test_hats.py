"""The map from mass to network input."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.dilepton.hats import MIN_PAIRS, fit_context, weighted_quantile
from darkbeam.dilepton.mock import mock_sample
from darkbeam.errors import ValueRangeError


def test_hats_are_a_partition_of_unity_and_linear_between_nodes() -> None:
    data = mock_sample(20_000, 3)
    context, _ = fit_context(data.mass, data.weight, 12)
    mass = np.geomspace(*context.support, 501)
    columns = context.columns(mass)
    assert columns.shape == (context.size, 501)
    k = context.rank_nodes.size
    for part in (columns[2 : 2 + k], columns[2 + k :]):
        assert np.allclose(np.sum(part, axis=0), 3.0, atol=1e-6)
        assert np.all(part >= 0.0)
        assert np.max(np.sum(part > 0.0, axis=0)) == 2
    slow = [max(0.0, 1.0 - abs(u * 11 - j)) for u in context.rank(mass[:50]) for j in range(12)]
    assert np.allclose(3.0 * np.reshape(slow, (50, 12)).T, columns[2:14, :50], atol=1e-5)


def test_first_two_inputs_have_mean_0_and_width_1() -> None:
    data = mock_sample(20_000, 3)
    context, _ = fit_context(data.mass, data.weight, 12)
    columns = context.columns(data.mass)[:2]
    assert np.allclose(np.mean(columns, axis=1), 0.0, atol=1e-3)
    assert np.allclose(np.std(columns, axis=1), 1.0, atol=1e-3)


def test_thin_hats_are_widened_and_reported() -> None:
    rng = np.random.default_rng(1)
    mass = np.concatenate([rng.uniform(0.3, 1.0, 9000), rng.uniform(2.5, 4.0, 9000)])
    weight = np.ones(mass.size)
    context, notes = fit_context(mass, weight, 24)
    nodes = context.knots[0] * (context.knots[-1] / context.knots[0]) ** context.log_nodes
    assert np.sum((nodes > 1.15) & (nodes < 2.2)) == 0
    assert len(notes) == 1
    assert "fewer than 200" in notes[0]
    carried = np.sum(context.columns(mass)[2:], axis=1) / 3.0
    assert np.min(carried) >= MIN_PAIRS


def test_weights_count() -> None:
    """A pair of weight 2 is two pairs."""
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=500), rng.integers(1, 4, 500)
    q = np.array([0.1, 0.5, 0.9])
    assert np.allclose(
        weighted_quantile(x, w.astype(float), q),
        weighted_quantile(np.repeat(x, w), np.ones(w.sum()), q),
        atol=0.02,
    )


def test_refusals() -> None:
    with pytest.raises(ValueRangeError, match="200 effective pairs"):
        fit_context(np.linspace(0.3, 1.0, 150), np.ones(150), 12)
    with pytest.raises(ValueRangeError, match="all pairs have the mass"):
        fit_context(np.full(1000, 0.5), np.ones(1000), 12)
