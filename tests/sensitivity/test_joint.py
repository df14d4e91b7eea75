"""Combination and envelope."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.experiments import Experiment, load_experiment
from darkbeam.sensitivity.api import prepare, reach
from darkbeam.sensitivity.contour import Curve, intervals
from darkbeam.sensitivity.joint import JointSetup
from darkbeam.sensitivity.many import reach_many
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.point import compute_point
from darkbeam.sensitivity.shared import Shared
from darkbeam.statistics import Counting

QUICK = Options(
    sources=("meson:pi0",), masses=(0.05, 0.09, 2), refine=False, n_draws=2000, n_decays=512, n_rays=1000,
    precision=1.0, widths=(),
)  # fmt: skip


def counted(name: str = "CHARM", **fields: float) -> Experiment:
    return load_experiment(name).with_statistics(Counting(**fields))  # type: ignore[arg-type]


def test_two_copies_are_twice_the_protons() -> None:
    one = counted()
    (double,) = reach_many([one, one], joined=("combination",), options=QUICK)[2:]
    assert one.pot is not None
    twice = reach(one, pot=2.0 * one.pot, options=QUICK, cache=False)
    # other draws: the couplings of the mixture follow the exposure; the shift itself is 19 %
    np.testing.assert_allclose(double.epsilon_lower, twice.epsilon_lower, rtol=0.01)
    np.testing.assert_allclose(double.epsilon_upper, twice.epsilon_upper, rtol=0.01)
    assert double.threshold == pytest.approx(log(10.0))


def test_a_card_with_a_number_counts_with_its_own_number() -> None:
    """Two copies of a card with 10 events exclude where the expected events of both reach 10."""
    high = prepare(load_experiment("CHARM").with_threshold(10.0), QUICK)[1]
    joint = JointSetup((high, high), "combination").result(0.05, Shared())
    twice = compute_point(high, 0.05).by_variation["central"] * 2.0
    (ours,), (exact,) = joint.found["central"], intervals(Curve.of(twice, 10.0), 10.0)
    for edge in ("lower", "upper"):
        assert getattr(ours, edge).epsilon == pytest.approx(getattr(exact, edge).epsilon, rel=1e-8)
        assert getattr(ours, edge).error == pytest.approx(getattr(exact, edge).error, rel=1e-6)


def test_background_makes_the_combination_weaker_but_not_weaker_than_a_member() -> None:
    clean = counted()
    dirty = counted(method="cls", background=3.0)
    results = reach_many([clean, dirty], joined=("combination",), options=QUICK)
    joint, both = results[2], reach_many([clean, clean], joined=("combination",), options=QUICK)[2]
    for k in range(len(joint.masses_GeV)):
        assert both.epsilon_lower[k] < joint.epsilon_lower[k] < results[0].epsilon_lower[k]
        assert both.epsilon_upper[k] > joint.epsilon_upper[k] > results[0].epsilon_upper[k]


def test_the_envelope_is_the_best_of_its_members() -> None:
    results = reach_many(["CHARM", "NuCal"], joined=("envelope",), options=QUICK, events=log(10.0))
    envelope = results[2]
    lower = np.fmin(results[0].epsilon_lower, results[1].epsilon_lower)
    upper = np.fmax(results[0].epsilon_upper, results[1].epsilon_upper)
    np.testing.assert_allclose(envelope.epsilon_lower, lower, rtol=1e-6)
    np.testing.assert_allclose(envelope.epsilon_upper, upper, rtol=1e-6)
    assert envelope.card["experiment"]["members"] == ["CHARM", "NuCal"]
    assert len(envelope.card["members"]) == 2
    assert set(envelope.shares) == {"CHARM", "NuCal"}


def test_different_confidence_levels_are_refused() -> None:
    a, b = counted(), counted(confidence_level=0.95)
    with pytest.raises(ValueRangeError, match="--confidence-level"):
        reach_many([a, b], joined=("combination",), options=QUICK)


def test_one_experiment_cannot_be_joined() -> None:
    with pytest.raises(ValueRangeError, match="two"):
        reach_many(["CHARM"], joined=("envelope",), options=QUICK)


def test_statistics_replace_those_of_the_card() -> None:
    result = reach("CHARM", options=QUICK, statistics={"confidence_level": 0.95}, cache=False)
    assert result.threshold == pytest.approx(log(20.0))
    assert result.card["experiment"]["statistics"]["confidence_level"] == 0.95
    with pytest.raises(ValueRangeError, match="number of events"):
        reach("CHARM", options=QUICK, events=3.0, statistics={"background": 1.0})
