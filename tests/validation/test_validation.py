"""Comparison with contours: a curve of our own must compare as equal, a shifted one as shifted."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from darkbeam.cli.main import app
from darkbeam.errors import OutputError, UnknownNameError
from darkbeam.validation import CASES, compare
from darkbeam.validation.compare import build
from darkbeam.validation.published import read_published
from darkbeam.validation.run import run_cases, select_cases
from darkbeam.validation.tables import summary_table, to_csv, to_html

MASSES = (0.02, 0.05, 0.1)
CASE = replace(next(c for c in CASES if c.name == "NuCal pi0"), masses=MASSES, second=None, file="own.csv")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with our own contour, the lower edge raised by 10 %."""
    from darkbeam.sensitivity.contour import Curve, intervals
    from darkbeam.sensitivity.point import compute_point

    setup, threshold = build(CASE, CASE.first)
    rows = []
    for mass in (0.019, *MASSES, 0.125):
        found = intervals(Curve.of(compute_point(setup, mass).by_variation["central"], threshold), threshold)
        rows.append(f"{mass},{1.1 * found[0].lower.epsilon:.8e},{found[-1].upper.epsilon:.8e}")
    folder = tmp_path_factory.mktemp("curves")
    (folder / "own.csv").write_text(
        "# made here\nm_GeV,epsilon_lower,epsilon_upper\n" + "\n".join(rows) + "\n"
    )
    return folder


def test_own_curve_compares_as_it_was_made(own: Path) -> None:
    found = compare(CASE, own)
    run = found.runs[0]
    np.testing.assert_allclose([r[0] for r in run.ratios], 1.0 / 1.1, rtol=1e-6)
    np.testing.assert_allclose([r[1] for r in run.ratios], 1.0, rtol=1e-6)
    # eps^4 law of the lower edge, with a small correction from decays before the volume
    np.testing.assert_allclose([e[0] for e in run.events], 1.1**-4, rtol=0.05)
    assert found.agrees(run) == (True, True, True)
    assert found.worst(run)[0] == pytest.approx(np.log(1.1), rel=1e-5)


def test_tables(own: Path) -> None:
    found = compare(CASE, own)
    rows = list(csv.DictReader(to_csv([found]).splitlines()))
    assert [float(r["mass_GeV"]) for r in rows] == list(MASSES)
    assert {r["ratio_lower"] for r in rows} == {"0.90909"}
    assert summary_table([found])[1][0][2] == "0.91-0.91"
    html = to_html([found], [("Lost curve", "no file")])
    assert "Lost curve" in html
    assert "BdNMC" in html


def test_polyline_and_table_give_the_same_edges(tmp_path: Path) -> None:
    mass, low, high = np.geomspace(0.01, 0.1, 30), 1e-7, 1e-5
    table = "\n".join(f"{m:.10g},{low * m:.10g},{high / m:.10g}" for m in mass)
    line = "\n".join(
        [f"{m:.10g},{low * m:.10g}" for m in mass] + [f"{m:.10g},{high / m:.10g}" for m in mass[::-1]]
    )
    (tmp_path / "t.csv").write_text("m_GeV,epsilon_lower,epsilon_upper\n" + table)
    (tmp_path / "l.csv").write_text("m_GeV,epsilon\n" + line)
    first, second = (read_published(tmp_path / f, (0.02, 0.07, 0.5)) for f in ("t.csv", "l.csv"))
    np.testing.assert_allclose(first.lower, second.lower, rtol=5e-3)
    np.testing.assert_allclose(first.upper, second.upper, rtol=5e-3)
    assert np.isnan(first.lower[-1])
    assert first.tip == pytest.approx(0.1)


@pytest.mark.parametrize("text", ["m_GeV,epsilon\n0.1\n", "0.1,abc\n", "0.1,-1\n", ""])
def test_bad_curves_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(OutputError, match=r"x\.csv"):
        read_published(tmp_path / "x.csv", (0.1,))


def test_cases_are_selected_by_word_and_all_have_a_reason() -> None:
    assert [c.name for c in select_cases(["faser", "charm eta"])] == ["CHARM eta", "FASER 2022"]
    assert all(len(c.reason) > 20 for c in CASES)
    with pytest.raises(UnknownNameError, match="comparison"):
        select_cases(["belle"])


def test_a_missing_curve_is_a_failure_not_a_zero(tmp_path: Path) -> None:
    done, failures = run_cases([CASE], tmp_path)
    assert done == []
    assert failures[0][0] == "NuCal pi0"
    assert "own.csv" in failures[0][1]


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        app, ["validate", "faser", "--reference", str(tmp_path), "--json", "--workers", "1"]
    )
    assert result.exception is not None
    assert "1 of 1 not compared" in str(result.exception)
    assert json.loads(result.stdout)["failures"][0]["name"] == "FASER 2022"
    assert (tmp_path / "darkbeam-out" / "validate" / "validate.html").is_file()


@pytest.mark.reference
@pytest.mark.slow
def test_published_curves(shared: Path) -> None:
    names = ("SHiP ECN4 bremsstrahlung, VMD", "NuCal pi0", "CHARM Tsai", "Joined dumps, baseline: NuCal")
    for case in (c for c in CASES if c.name in names):
        found = compare(case, shared / "reference" / "contours")
        lower, upper, _ = found.agrees(found.runs[-1])
        assert upper, case.name
        assert lower or case.name == "NuCal pi0", case.name
