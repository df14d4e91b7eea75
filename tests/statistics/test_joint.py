"""Joint exclusion against closed forms and toy experiments."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.statistics import Counting, joint_confidence


def test_events_add_without_background() -> None:
    counts = [Counting(), Counting(), Counting()]
    assert joint_confidence(counts, [0.5, 0.25, 0.75]) == pytest.approx(1.0 - np.exp(-1.5), abs=1e-12)


def test_one_experiment_is_its_own_cls() -> None:
    count = Counting("cls", background=2.0, observed=3)
    assert joint_confidence([count], [4.0]) == pytest.approx(count.confidence(4.0), abs=1e-12)


def test_equal_experiments_are_one_with_summed_counts() -> None:
    parts = [Counting("cls", background=1.0, observed=1), Counting("cls", background=1.0, observed=2)]
    whole = Counting("cls", background=2.0, observed=3)
    assert joint_confidence(parts, [1.5, 1.5]) == pytest.approx(whole.confidence(3.0), abs=1e-12)


def test_against_toy_experiments() -> None:
    rng = np.random.default_rng(3)
    b, s, seen = np.array([0.4, 3.0]), np.array([2.0, 2.5]), np.array([0, 4])
    w = np.log1p(s / b)
    q = {
        name: rng.poisson(mean[:, None], (2, 400_000)).T @ w for name, mean in (("both", s + b), ("alone", b))
    }
    cut = seen @ w + 1e-9
    expected = 1.0 - np.mean(q["both"] <= cut) / np.mean(q["alone"] <= cut)
    counts = [Counting("cls", background=x, observed=int(n)) for x, n in zip(b, seen, strict=True)]
    assert joint_confidence(counts, s.tolist()) == pytest.approx(expected, abs=4e-3)


def test_no_signal_and_bad_input() -> None:
    assert joint_confidence([Counting()], [0.0]) == 0.0
    with pytest.raises(ValueRangeError, match="one non-negative signal"):
        joint_confidence([Counting()], [1.0, 2.0])
