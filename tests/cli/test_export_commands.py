"""``export``, ``recast`` and ``plot reach`` on the command line: files, refusals before any work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from darkbeam.cli.export import export
from darkbeam.cli.plot_reach import plot_reach
from darkbeam.cli.recast import recast
from darkbeam.errors import DarkbeamError
from darkbeam.report.grid_files import load_grid
from darkbeam.sensitivity.api import reach
from darkbeam.sensitivity.limits import read_limit
from darkbeam.sensitivity.result import Reach


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = reach(
        "NuCal", sources=("meson:pi0",), masses=(0.03, 0.1, 2), n_draws=3000, refine=False, cache=False
    )
    folder = tmp_path_factory.mktemp("saved")
    result.save(folder, figure=False)
    return folder / "contour.json"


def call(*arguments: object) -> str:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("export")(export)
    app.command("recast")(recast)
    app.command("plot-reach")(plot_reach)
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    if done.exception is not None:
        raise done.exception
    return done.output


def test_grid_of_a_saved_contour(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "g.npz"
    assert call("export", saved, "-o", target, "--workers", 1).split() == [str(target)]
    grid, result = load_grid(target), Reach.load(saved)
    assert grid.masses_GeV.tolist() == result.masses_GeV.tolist()
    for k in range(2):
        assert grid.edges(k)[0] == pytest.approx((result.epsilon_lower[k], result.epsilon_upper[k]), rel=1e-8)


def test_grid_of_an_experiment(tmp_path: Path) -> None:
    target = tmp_path / "g.csv"
    call(
        "export",
        "nucal",
        "--sources",
        "meson:pi0",
        "--grid",
        "0.05:0.1:2,1e-7:1e-5:5",
        "-o",
        target,
        "--workers",
        1,
    )
    assert load_grid(target).events["central"].shape == (2, 5)


def test_workspace(saved: Path, tmp_path: Path) -> None:
    call("export", saved, "--pyhf", tmp_path / "w.json", "--mass", 0.05, "--epsilon", 1e-6)
    spec = json.loads((tmp_path / "w.json").read_text())
    assert spec["channels"][0]["samples"][0]["data"][0] > 2.3


def test_recast(tmp_path: Path) -> None:
    limit = tmp_path / "limit.csv"
    limit.write_text("m,lower,upper\n0.08,3e-7,9e-6\n")
    target = tmp_path / "r.csv"
    out = call("recast", limit, "--experiment", "NuCal", "--to", "B-L", "--sources", "meson:pi0", "-o", target,
               "--workers", 1)  # fmt: skip
    assert str(target) in out
    assert "note: dark-photon events at the limit" in out
    assert read_limit(target).masses.tolist() == [0.08]


def test_overlay(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "o.png"
    bound = tmp_path / "bound.csv"
    bound.write_text("0.02 1e-6\n0.1 2e-6\n")
    assert str(target) in call("plot-reach", saved.parent, "--bounds", bound, "--labels", "a,b", "-o", target)
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "NuCal"], "nothing to export"),
        (["export", "NuCal", "--pyhf", "w.json"], "belong together"),
        (["export", "NuCal", "-o", "g.root"], "valid: .npz, .csv"),
        (["export", "NuCal", "-o", "old.csv"], "old.csv exists; give --force"),
        (["export", "NuCal", "-o", "g.csv", "--grid", "a:b:c"], "--masses"),
        (["export", "NuCal", "-o", "g.csv", "--grid", "1:2:3,4:5:6,7:8:9"], "3 ranges"),
        (["export", "none.json", "-o", "g.csv"], "cannot read none.json"),
        (["export", "old.json", "-o", "g.csv"], "old.json is not a contour.json"),
        (["plot-reach", "old.csv"], "old.csv is not a contour.json; published bounds go to --bounds"),
        (["plot-reach", "old.json"], "old.json is not a contour.json"),
        (["plot-reach", "old.json", "-o", "a.txt"], "valid: .png, .pdf"),
        (["recast", "old.csv", "--experiment", "NuCal", "--to", "B-L"], "old.csv has no point"),
        (["recast", "old.csv", "--experiment", "NuCal", "--to", "B-M"], "unknown model"),
    ],
)
def test_refusals(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.csv").write_text("")
    Path("old.json").write_text("{}")
    with pytest.raises(DarkbeamError) as error:
        call(*arguments)
    assert message in str(error.value)


def test_options_of_a_saved_contour_are_its_own(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(DarkbeamError, match="has its own options"):
        call("export", saved, "-o", tmp_path / "g.csv", "--seed", 3)
