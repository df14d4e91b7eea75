"""Excluded signals against closed forms, published tables and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, poisson

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.statistics import Counting
from darkbeam.statistics.poisson import Mixture


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_poisson_without_background_is_a_quantile_of_chi_squared(n: int, level: float) -> None:
    limit = Counting("poisson", level, observed=n).upper_limit()
    assert limit == pytest.approx(0.5 * chi2.ppf(level, 2 * (n + 1)), abs=1e-8)


@pytest.mark.parametrize(("n", "b"), [(0, 0.0), (0, 3.0), (2, 0.5), (3, 4.2)])
def test_cls_is_the_flat_prior_limit(n: int, b: float) -> None:
    # Review of Particle Physics, "Statistics": s_up = F^-1(p; 2(n+1))/2 - b, p = 1 - alpha [1 - F(2b; 2(n+1))]
    f = chi2(2 * (n + 1))
    expected = 0.5 * f.ppf(1.0 - 0.1 * (1.0 - f.cdf(2.0 * b))) - b
    assert Counting("cls", background=b, observed=n).upper_limit() == pytest.approx(expected, abs=1e-7)


# physics/9711021, tables II and IV (90 %) and VI (95 %)
@pytest.mark.parametrize(
    ("level", "n", "b", "low", "high"),
    [
        (0.90, 0, 0.0, 0.00, 2.44), (0.90, 0, 1.0, 0.00, 1.61), (0.90, 0, 3.0, 0.00, 1.08),
        (0.90, 1, 0.0, 0.11, 4.36), (0.90, 1, 2.0, 0.00, 2.53), (0.90, 3, 0.0, 1.10, 7.42),
        (0.90, 3, 3.0, 0.00, 4.42), (0.90, 5, 2.0, 0.44, 7.99), (0.95, 0, 0.0, 0.00, 3.09),
        (0.95, 1, 0.0, 0.05, 5.14),
    ],
)  # fmt: skip
def test_feldman_cousins_reproduces_the_published_tables(
    level: float, n: int, b: float, low: float, high: float
) -> None:
    found = Counting("feldman-cousins", level, b, observed=n).interval()
    assert found == pytest.approx((low, high), abs=0.011)


def test_feldman_cousins_covers() -> None:
    b, level = 1.3, 0.9
    ends = [Counting("feldman-cousins", level, b, observed=n).interval() for n in range(14)]
    for s in (0.4, 1.1, 2.7, 5.2):
        covered = sum(poisson.pmf(n, s + b) for n, (low, high) in enumerate(ends) if low <= s <= high)
        assert covered >= level - 2e-3


def test_a_projection_takes_the_median() -> None:
    assert Counting(background=2.5).events_seen == int(poisson.median(2.5))
    assert (
        Counting("cls", background=2.5).upper_limit()
        == Counting("cls", background=2.5, observed=2).upper_limit()
    )


def test_errors_against_brute_force() -> None:
    rng = np.random.default_rng(7)
    mixture = Mixture.of(2.0, 0.6, 0.3)
    x, y = rng.standard_normal((2, 400_000))
    sigma_s, sigma_b = np.sqrt(np.log1p(0.3**2)), np.sqrt(np.log1p(0.3**2))
    mean = 3.0 * np.exp(sigma_s * x - sigma_s**2 / 2) + 2.0 * np.exp(sigma_b * y - sigma_b**2 / 2)
    assert mixture.cumulative(2, 3.0) == pytest.approx(poisson.cdf(2, mean).mean(), abs=1e-3)
    assert mixture.probability(np.array([4]), np.array([3.0]))[0, 0] == pytest.approx(
        poisson.pmf(4, mean).mean(), abs=1e-3
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 6), st.floats(0.0, 5.0), st.floats(0.0, 0.4))
def test_more_events_and_larger_errors_exclude_less(n: int, b: float, error: float) -> None:
    limit = Counting("cls", background=b, observed=n).upper_limit()
    assert Counting("cls", background=b, observed=n + 1).upper_limit() > limit
    assert Counting("cls", background=b, observed=n, signal_error=error).upper_limit() >= limit - 1e-8
    assert limit >= -np.log(0.1) - 1e-9


def test_limit_is_where_the_confidence_is_reached() -> None:
    count = Counting("cls", 0.95, 1.0, 0.2, 2, 0.15)
    assert count.confidence(count.upper_limit()) == pytest.approx(0.95, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"confidence_level": 1.0}, "confidence level"),
        ({"background": -1.0}, "background"),
        ({"signal_error": 2.0}, "signal_error"),
        ({"observed": -1}, "observed"),
    ],
)
def test_bad_numbers(arguments: dict[str, float], text: str) -> None:
    with pytest.raises(ValueRangeError, match=text):
        Counting(**arguments)  # type: ignore[arg-type]


def test_bad_method_and_impossible_limit() -> None:
    with pytest.raises(UnknownNameError, match="feldman-cousins"):
        Counting("fc")
    with pytest.raises(ValueRangeError, match="use cls"):
        Counting("poisson", background=10.0, observed=0).upper_limit()
    with pytest.raises(ValueRangeError, match="interval"):
        Counting("feldman-cousins").confidence(1.0)
