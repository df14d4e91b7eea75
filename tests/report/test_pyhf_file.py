"""Workspaces of a rate."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.report.pyhf_file import counting_workspace
from darkbeam.sensitivity.single import Rate


def _rate(**changes: Any) -> Rate:
    from darkbeam.experiments import load_experiment

    card = {"experiment": load_experiment("NuCal").card}
    variations = {
        "central": 10.0,
        "brem-lower": 5.0,
        "brem-upper": 14.0,
        "scheme": 11.0,
        "same": 10.0,
        "none": 0.0,
    }
    rate = Rate("NuCal", 0.1, 1e-6, 1.0, 10.0, 0.2, {}, {}, {}, variations, card, 0.0)
    return replace(rate, **changes)


def test_errors_of_the_signal() -> None:
    spec = counting_workspace(_rate())
    signal = spec["channels"][0]["samples"][0]
    assert signal["data"] == [10.0]
    found = {m["name"]: m["data"] for m in signal["modifiers"]}
    assert found.pop("mu") is None
    assert found == {
        "monte_carlo": {"hi": pytest.approx(1.02), "lo": pytest.approx(1.0 / 1.02)},
        "brem": {"hi": 1.4, "lo": 0.5},
        "scheme": {"hi": 1.1, "lo": pytest.approx(1.0 / 1.1)},
    }


def test_statistics_of_the_card() -> None:
    card = _rate().card["experiment"]
    card = {
        **card,
        "statistics": {"method": "cls", "background": 2.0, "background_error": 0.5, "observed": 3},
    }
    spec = counting_workspace(_rate(card={"experiment": card}))
    assert spec["channels"][0]["samples"][1]["data"] == [2.0]
    assert spec["observations"][0]["data"] == [3]


def test_no_signal_is_refused() -> None:
    with pytest.raises(ValueRangeError, match="expects no events"):
        counting_workspace(_rate(events=0.0))


def test_pyhf_takes_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside pyhf
        pyhf = pytest.importorskip("pyhf")
        model = pyhf.Workspace(counting_workspace(_rate())).model()
        expected = model.expected_actualdata(model.config.suggested_init())
    assert expected.tolist() == pytest.approx([10.0])
