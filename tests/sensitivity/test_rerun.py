"""A stored card makes the same calculation again."""

from __future__ import annotations

import shlex

import pytest

from darkbeam.cache import card_hash
from darkbeam.errors import OutputError
from darkbeam.experiments import load_experiment
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.rerun import calculation_of, command_of
from darkbeam.statistics import Counting

OPTIONS = Options(sources=("meson:pi0",), masses=(0.02, 0.1, 3), seed=2, refine=False, precision=0.01)


def test_card_gives_its_own_calculation() -> None:
    card = prepare("NuCal", OPTIONS, pot=1e18, events=10.0)[2]
    experiment, options = calculation_of(card)
    assert options == OPTIONS
    assert card_hash(prepare(experiment, options)[2]) == card_hash(card)


def test_command_names_what_differs_from_the_defaults() -> None:
    assert command_of(prepare("NuCal", Options())[2]) == "darkbeam reach NuCal"
    words = shlex.split(command_of(prepare("NuCal", OPTIONS, pot=1e18, events=10.0)[2]))
    assert words[:3] == ["darkbeam", "reach", "NuCal"]
    assert words[-3:] == ["--no-refine", "--pot=1e+18", "--events=10"]
    assert dict(zip(words[3:-3:2], words[4:-3:2], strict=True)) == {
        "--sources": "meson:pi0", "--masses": "0.02:0.1:3", "--precision": "0.01", "--seed": "2",
    }  # fmt: skip


def test_command_names_statistics_and_widths() -> None:
    experiment = load_experiment("NuCal").with_statistics(Counting("cls", 0.95, background=2.0, observed=3))
    words = shlex.split(command_of(prepare(experiment, Options(widths=()))[2]))
    assert words[3:] == [
        "--widths", "none", "--stat-method=cls", "--confidence-level=0.95", "--background=2", "--observed=3",
        "--signal-error=0",
    ]  # fmt: skip


def test_command_of_a_combination() -> None:
    cards = [prepare(name, Options())[2] for name in ("NuCal", "CHARM")]
    joint = {"kind": "envelope", "members": cards, "experiment": {"title": "envelope of NuCal, CHARM"}}
    assert command_of(joint) == "darkbeam reach NuCal CHARM --envelope"
    with pytest.raises(OutputError, match="envelope of NuCal, CHARM is not a single calculation"):
        calculation_of(joint)


def test_other_cards_are_refused() -> None:
    card = prepare("NuCal", Options())[2]
    with pytest.raises(OutputError, match="not of a single calculation: 'options'"):
        calculation_of({k: v for k, v in card.items() if k != "options"})
    with pytest.raises(OutputError, match="does not know: newer"):
        calculation_of({**card, "options": {**card["options"], "newer": 1}})
