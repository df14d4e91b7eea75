"""The measured contour beside that of the theory sources."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from darkbeam.dilepton.compare import compare_to_files
from darkbeam.errors import ValueRangeError
from darkbeam.sensitivity.options import Options

FAST = {"masses": (0.3, 0.6, 3), "refine": False, "n_draws": 4000, "widths": ()}


def test_comparison_writes_both_contours_table_and_figure(tmp_path: Path) -> None:
    options = Options(sources=("dilepton:mock", "meson:eta", "bremsstrahlung"), **FAST)
    found = compare_to_files("SHiP", tmp_path, options)
    assert {p.name for p in found.written} == {"compare.csv", "compare.png", "compare.pdf"}
    assert found.measured.result.sources == ("dilepton:mock",)
    assert set(found.theory.result.sources) <= {"meson:eta", "bremsstrahlung"}
    rows = list(csv.DictReader((tmp_path / "compare.csv").read_text().splitlines()))
    assert [float(r["mass_GeV"]) for r in rows] == pytest.approx(found.measured.result.masses_GeV)
    for row in rows:
        assert 0.0 < float(row["measured_lower_error"]) < 0.2
        assert 0.3 < float(row["measured_lower"]) / float(row["theory_lower"]) < 3.0
    for kind in ("measured", "theory"):
        assert json.loads((tmp_path / kind / "contour.json").read_text())["experiment"] == "SHiP"


def test_comparison_refuses_a_preset(tmp_path: Path) -> None:
    with pytest.raises(ValueRangeError, match="preset"):
        compare_to_files("SHiP", tmp_path, Options(preset="senscalc"))
