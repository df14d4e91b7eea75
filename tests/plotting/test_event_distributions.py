"""Distributions of events: sums, errors, masses, shares."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.plotting.event_distributions import Distributions, draw_distributions, histogram, visible_mass

NAMES = tuple(f"channel {k}" for k in range(12))


def random_data(n=4000, seed=1, channels=3):
    rng = np.random.default_rng(seed)
    return Distributions(
        rng.exponential(50.0, n) + 1.0, rng.rayleigh(0.01, n), rng.uniform(32.0, 82.0, n), rng.uniform(0.0, 1.0, n),
        rng.integers(2, 6, n), rng.integers(0, channels, n), NAMES, rng.uniform(0.0, 2.0, n),
    )  # fmt: skip


def test_no_weight_is_lost_in_the_bins():
    data = random_data()
    h = histogram(data.energy, data.weight, np.linspace(data.energy.min(), data.energy.max(), 30))
    assert h.content.sum() == pytest.approx(data.weight.sum(), rel=1e-12)
    assert np.sum(h.error**2) == pytest.approx(np.sum(data.weight**2), rel=1e-12)


def test_errors_are_those_of_repeated_samples():
    edges = np.array([0.0, 0.5, 1.0])
    rng = np.random.default_rng(3)
    found, errors = [], []
    for _ in range(400):
        n = rng.poisson(300)
        h = histogram(rng.random(n), rng.uniform(0.0, 2.0, n), edges)
        found.append(h.content)
        errors.append(h.error)
    # the spread of 400 samples is known to 3.5 per cent
    assert np.std(found, axis=0) == pytest.approx(np.mean(errors, axis=0), rel=0.14)


def test_errors_of_shares_are_those_of_repeated_samples():
    samples = [random_data(300, seed).shares() for seed in range(400)]
    first = [next((share, error) for name, share, error in s if name == "channel 0") for s in samples]
    values, errors = np.array(first).T
    assert values.mean() == pytest.approx(1.0 / 3.0, abs=4.0 * values.std() / 20.0)
    assert values.std() == pytest.approx(errors.mean(), rel=0.14)


def test_rare_channels_are_put_together():
    data = random_data(channels=12)
    shares = data.shares(8)
    assert len(shares) == 8
    assert shares[-1][0] == "5 others"
    assert sum(share for _, share, _ in shares) == pytest.approx(1.0)
    assert [s for _, s, _ in shares[:-1]] == sorted((s for _, s, _ in shares[:-1]), reverse=True)


def events(pdg, status, p4, offset):
    """What `visible_mass` reads of events."""
    offset = np.array(offset)
    return type("E", (SimpleNamespace,), {"__len__": lambda self: len(offset) - 1})(
        pdg=np.array(pdg), status=np.array(status), p4=np.array(p4, dtype=float).T,
        event_of=np.repeat(np.arange(len(offset) - 1), np.diff(offset)),
    )  # fmt: skip


def test_visible_mass_is_exact_for_light_fast_pairs():
    m, gamma = 0.01, 3e4
    beta = np.sqrt(1.0 - gamma**-2)
    k = 0.5 * m
    first, second = [gamma * k, k, 0.0, gamma * beta * k], [gamma * k, -k, 0.0, gamma * beta * k]
    pair = events([22, 22], [1, 1], [first, second], [0, 2])
    assert visible_mass(pair) == pytest.approx([m], rel=1e-6)


def test_visible_mass_leaves_out_neutrinos_and_what_decayed():
    at_rest = [[2.0, 0.0, 0.0, 0.0], [5.0, 0.0, 0.0, 5.0], [9.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    both = events([13, -14, 310, 12], [1, 1, 2, 1], at_rest, [0, 3, 4])
    assert visible_mass(both).tolist() == [2.0, 0.0]  # the second event shows nothing


def test_the_figure_states_the_sum_of_weights():
    from matplotlib import pyplot as plt

    data = random_data(channels=12)
    figure = draw_distributions(data, "run")
    assert f"{data.weight.sum():.4g} events expected, 4000 drawn" in figure.get_suptitle()
    assert len(figure.axes) == 6
    plt.close(figure)


def test_equal_values_and_single_events_can_be_drawn():
    from matplotlib import pyplot as plt

    one = Distributions(*(np.array([x]) for x in (10.0, 0.0, 50.0, 0.0)), np.array([2]), np.array([0]), NAMES,
                        np.array([1.0]))  # fmt: skip
    plt.close(draw_distributions(one, "one"))


def test_no_events_are_an_error():
    with pytest.raises(ValueRangeError, match="no events"):
        Distributions.of(iter(()))
