"""pyhf workspaces: structure, and the same limit as our own count."""

from __future__ import annotations

import json
import warnings

import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.statistics import Counting, workspace
from darkbeam.statistics.workspace import cls_with_pyhf


def test_structure() -> None:
    spec = workspace(
        Counting("cls", background=2.0, background_error=0.5, observed=3, signal_error=0.2), 4.0, "SHiP"
    )
    assert json.loads(json.dumps(spec)) == spec
    signal, background = spec["channels"][0]["samples"]
    assert [m["type"] for m in signal["modifiers"]] == ["normfactor", "normsys"]
    assert background["data"] == [2.0]
    assert background["modifiers"][0]["data"]["hi"] == pytest.approx(1.25)
    assert spec["observations"] == [{"name": "SHiP", "data": [3]}]
    assert len(workspace(Counting(), 1.0)["channels"][0]["samples"]) == 1
    with pytest.raises(ValueRangeError, match="positive signal"):
        workspace(Counting(), 0.0)


def test_pyhf_agrees_where_its_asymptotic_formulae_hold() -> None:
    pytest.importorskip("pyhf")
    # half the probability of the observed count separates the exact tail from the asymptotic one: 0.003 at 400
    count = Counting("cls", 0.95, background=400.0, background_error=10.0, observed=410)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside pyhf
        found = cls_with_pyhf(workspace(count, count.upper_limit(), "x"))
    assert found == pytest.approx(0.05, abs=0.005)
