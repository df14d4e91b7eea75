"""Lower edges of millicharged particles: a curve of our own must compare as equal, conventions as what they change."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from darkbeam.cli.main import app
from darkbeam.errors import OutputError, UnknownNameError, ValueRangeError
from darkbeam.validation.mcp_cases import MCP_CASES
from darkbeam.validation.millicharged import AIM, compare_millicharged, experiment_of, lower_edges
from darkbeam.validation.millicharged_case import Convention, McpCase
from darkbeam.validation.millicharged_tables import mcp_summary_table, mcp_to_csv, mcp_to_html
from darkbeam.validation.published import read_lower_edge
from darkbeam.validation.run import select_mcp_cases

if TYPE_CHECKING:
    from pathlib import Path

JPSI = {"sources": ("quarkonium:jpsi",), "photons": 4000}
CARD = Convention(without=("shielding",), options=JPSI)
CASE = McpCase("Own", "ArgoNeuT", "own.csv", (0.4, 1.0), (CARD,), reason="written by ourselves")
ONE_HIT = Convention("one hit", "a single recoil", "[detector]\nhits = 1\n", ("shielding",), JPSI)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with our own lower edge, raised by a tenth, as an open polyline."""
    masses = (0.3, *CASE.masses, 1.2)
    edges = lower_edges(replace(CASE, masses=masses), CARD)
    folder = tmp_path_factory.mktemp("curves")
    rows = "\n".join(f"{m},{1.1 * e:.8e}" for m, e in zip(masses, edges, strict=True))
    (folder / "own.csv").write_text(f"# made here\nm_GeV,epsilon\n{rows}\n")
    return folder


def test_own_curve_compares_as_it_was_made(own: Path) -> None:
    run = compare_millicharged(CASE, own).runs[0]
    np.testing.assert_allclose(run.ratios, 1.0 / 1.1, rtol=1e-3)
    # two hits: N ~ epsilon^6
    np.testing.assert_allclose(run.needed, 1.1**-6, rtol=0.02)
    assert run.leading[0] == ("quarkonium:jpsi", pytest.approx(1.0))
    assert run.worst == pytest.approx(1.1, rel=1e-3)
    assert run.within() == (True, True)


def test_conventions_change_the_card_and_the_yields(own: Path) -> None:
    doubled = Convention("twice", "J/psi twice", "", ("shielding",), JPSI, {"quarkonium:jpsi": 2.0})
    found = compare_millicharged(replace(CASE, conventions=(CARD, doubled, ONE_HIT)), own)
    card, twice, single = found.runs
    np.testing.assert_allclose(np.array(twice.ratios) / card.ratios, 2.0 ** (-1.0 / 6.0), rtol=2e-3)
    assert max(single.ratios) < 0.5 * min(card.ratios)
    assert single.within() == (False, False)
    assert mcp_summary_table([found])[1][0][-1] == "yes"
    assert mcp_summary_table([found])[1][2][-1] == "0 of 2"
    rows = list(csv.DictReader(mcp_to_csv([found]).splitlines()))
    assert [r["convention"] for r in rows[::2]] == ["card", "twice", "one hit"]
    html = mcp_to_html([found], [("Lost curve", "no file")])
    assert "a single recoil" in html
    assert "Lost curve" in html


def test_regions_exclude_where_one_of_them_does() -> None:
    """The edge of several regions is the lowest of their own edges."""
    first, second = (
        f'[[regions]]\nname = "{n}"\nphoto_electrons = {k}\nobserved = {o}\n'
        for n, k, o in (("a", 1, 5), ("b", 9, 0))
    )
    common = '[statistics]\nmethod = "poisson"\nconfidence_level = 0.95\n'
    case = McpCase("x", "FORMOSA", "", (0.8, 1.5), reason="none")

    def edges(regions: str) -> list[float]:
        return lower_edges(case, Convention("c", "", common + regions, ("shielding", "magnet"), JPSI))

    a, b, both = edges(first), edges(second), edges(first + second)
    np.testing.assert_allclose(both, np.minimum(a, b), rtol=1e-3)
    assert np.isfinite(a).all()


def test_what_a_convention_cannot_change_is_said(own: Path) -> None:
    with pytest.raises(ValueRangeError, match="no table 'roof'"):
        experiment_of("ArgoNeuT", Convention("x", without=("roof",)))
    wrong = Convention("x", options=JPSI, yields={"meson:pi": 2.0})
    with pytest.raises(ValueRangeError, match="no source 'meson:pi'"):
        compare_millicharged(replace(CASE, conventions=(wrong,)), own)
    with pytest.raises(OutputError, match=r"gone\.csv"):
        compare_millicharged(replace(CASE, file="gone.csv"), own)


def test_lower_edges_of_open_and_closed_curves(tmp_path: Path) -> None:
    mass = np.geomspace(0.01, 1.0, 5)
    low, high = 1e-3 * mass**0.5, np.full(5, 0.5)
    line = [f"{m},{e}" for m, e in zip(mass, low, strict=True)]
    closed = line + [f"{m},{e}" for m, e in zip(mass[::-1], high, strict=True)] + [line[0]]
    for name, rows in (("open.csv", line), ("closed.csv", closed)):
        (tmp_path / name).write_text("m_GeV,epsilon\n" + "\n".join(rows))
        found = read_lower_edge(tmp_path / name, (0.02, 0.3, 2.0))
        np.testing.assert_allclose(found[:2], 1e-3 * np.sqrt([0.02, 0.3]), rtol=1e-9)
        assert np.isnan(found[2])


def test_cases_have_reasons_and_loadable_cards() -> None:
    assert len({c.name for c in MCP_CASES}) == len(MCP_CASES)
    for case in MCP_CASES:
        assert list(case.masses) == sorted(case.masses), case.name
        assert len(case.reason) > 20, case.name
        for convention in case.conventions:
            assert len(convention.words) > 10, case.name
            assert experiment_of(case.experiment, convention).name == case.experiment
    assert [c.name for c in select_mcp_cases(["demonstrator"])] == ["milliQan demonstrator"]
    with pytest.raises(UnknownNameError, match="comparison"):
        select_mcp_cases(["belle"])


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call = ["validate", "demonstrator", "--reference", str(tmp_path), "--json", "--workers", "1"]
    result = CliRunner().invoke(app, [*call, "--model", "millicharged"])
    assert "1 of 1 not compared" in str(result.exception)
    assert json.loads(result.stdout)["failures"][0]["name"] == "milliQan demonstrator"
    assert (tmp_path / "darkbeam-out" / "validate" / "validate-millicharged.html").is_file()
    result = CliRunner().invoke(app, [*call, "--model", "millicharge"])
    assert isinstance(result.exception, UnknownNameError)


@pytest.mark.reference
@pytest.mark.slow
def test_published_curves_at_the_lhc(shared: Path) -> None:
    wanted = {"FORMOSA": ("source", (0.1, 1.2, 20.0)), "milliQan demonstrator": ("card", (0.3, 1.4, 3.0)),
              "milliQan Run 3": ("source", (0.3, 2.0, 20.0))}  # fmt: skip
    for case in (c for c in MCP_CASES if c.name in wanted):
        name, masses = wanted[case.name]
        chosen = tuple(c for c in case.conventions if c.name == name)
        found = compare_millicharged(
            replace(case, masses=masses, conventions=chosen), shared / "reference" / "contours"
        )
        assert found.runs[0].worst < AIM, case.name
