"""The table ``statistics`` of a card."""

from __future__ import annotations

from typing import Any

import pytest

from darkbeam.errors import CardError
from darkbeam.experiments import experiment_from_card, load_experiment
from darkbeam.statistics import Counting


def _with(statistics: dict[str, Any]) -> dict[str, Any]:
    return {**load_experiment("SHiP").card, "statistics": statistics}


def test_a_counting_experiment_gives_the_threshold() -> None:
    made = experiment_from_card(
        _with(
            {"method": "cls", "background": 0.8, "observed": 1, "signal_error": 0.2, "confidence_level": 0.95}
        )
    )
    assert made.counting == Counting("cls", 0.95, 0.8, 0.0, 1, 0.2)
    assert made.n_events == made.counting.upper_limit() > 3.0
    assert made.with_threshold(3.0).counting is None


def test_a_card_without_background_is_as_before() -> None:
    assert load_experiment("SHiP").counting is None
    assert experiment_from_card(_with({"method": "poisson"})).n_events == pytest.approx(2.302585)


@pytest.mark.parametrize(
    ("statistics", "text"),
    [
        ({}, "is missing; give it, or method"),
        ({"n_events_threshold": 2.3, "background": 1.0}, "no meaning beside"),
        ({"method": "bayes"}, "not one of"),
        ({"method": "cls", "backgrund": 1.0}, "did you mean 'background'"),
        ({"method": "cls", "observed": 1.5}, "whole number"),
        ({"method": "poisson", "background": 9.0, "observed": 0}, "use cls"),
    ],
)
def test_refusals(statistics: dict[str, Any], text: str) -> None:
    with pytest.raises(CardError, match=text):
        experiment_from_card(_with(statistics))
