"""The command line, called in this process: output, files, exit codes, one-line errors."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from darkbeam.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., tuple[int, str, str]]

QUICK = ("--masses", "0.02:0.1:3", "--sources", "meson:pi0", "--workers", "1")


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)

    def _call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["darkbeam", *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return _call


def test_reach_writes_table_and_files(call: Call) -> None:
    code, out, _ = call("reach", "nucal", *QUICK)
    assert code == 0
    assert "mass [GeV]" in out
    assert "mass tip >= 0.1 GeV" in out  # the scan ends inside the region
    folder = Path("darkbeam-out/NuCal")
    assert sorted(p.name for p in folder.iterdir()) == [
        "contour.csv",
        "contour.json",
        "contributions.csv",
        "reach.pdf",
        "reach.png",
    ]
    data = json.loads((folder / "contour.json").read_text())
    assert set(data) >= {
        "card", "experiment", "sources", "events", "pot", "masses_GeV", "epsilon_lower", "epsilon_upper",
        "islands", "peak_events", "error_lower", "error_upper", "n_effective", "max_mass_GeV", "band",
    }  # fmt: skip
    assert data["card"]["experiment"]["name"] == "NuCal"


def test_json_is_the_only_output(call: Call) -> None:
    code, out, err = call("reach", "NuCal", *QUICK, "--json")
    assert code == 0
    assert json.loads(out)["experiment"] == "NuCal"
    assert err == ""


def test_second_run_comes_from_the_cache_and_is_equal(call: Call) -> None:
    call("reach", "NuCal", *QUICK, "-o", "a")
    _, out, _ = call("reach", "NuCal", *QUICK, "-o", "b")
    assert "from the cache" in out
    for name in ("contour.csv", "contour.json", "reach.png", "reach.pdf"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes()


def test_workers_do_not_change_the_result(call: Call) -> None:
    call("reach", "NuCal", *QUICK, "-o", "a", "--no-cache")
    call("reach", "NuCal", *QUICK[:-1], "2", "-o", "b", "--no-cache")
    assert Path("a/contour.csv").read_bytes() == Path("b/contour.csv").read_bytes()


def test_seed_changes_the_result_within_its_error(call: Call) -> None:
    _, one, _ = call("reach", "NuCal", *QUICK, "--json", "-o", "a")
    _, two, _ = call("reach", "NuCal", *QUICK, "--json", "-o", "b", "--seed", "2")
    a, b = (json.loads(x) for x in (one, two))
    for edge in ("lower", "upper"):
        for x, y, error in zip(a[f"epsilon_{edge}"], b[f"epsilon_{edge}"], a[f"error_{edge}"], strict=True):
            assert x != y
            assert abs(x / y - 1.0) < 6.0 * error


def test_another_card_needs_force(call: Call) -> None:
    call("reach", "NuCal", *QUICK, "-o", "a")
    code, _, err = call("reach", "NuCal", *QUICK, "-o", "a", "--pot", "1e18")
    assert code == 2
    assert "another card" in err
    assert call("reach", "NuCal", *QUICK, "-o", "a", "--pot", "1e18", "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reach", "SHip2"), ("unknown experiment", "Did you mean", "SHiP")),
        (("reach", "NuCal", "--sources", "meson:pion"), ("unknown source", "meson:pi0")),
        (("reach", "NuCal", "--sources", ","), ("no source",)),
        (("reach", "NuCal", "--brem", "xx"), ("fr", "baseline", "ap")),
        (("reach", "NuCal", "--form-factors", "xx"), ("default", "none")),
        (("reach", "NuCal", "--normalisation", "xx"), ("inelastic", "all")),
        (("reach", "NuCal", "--variation", "uper"), ("unknown variation", "upper")),
        (("reach", "NuCal", "--masses", "1:0.5:10"), ("empty mass range",)),
        (("reach", "NuCal", "--masses", "0.0001:0.5:10"), ("outside dark-photon's",)),
        (
            ("reach", "NuCal", "--masses", "0.2:0.5:10", "--sources", "meson:pi0"),
            ("no source produces", "meson:pi0"),
        ),
        (("reach", "NuCal", "--lumi", "10"), ("pot",)),
        (("reach", "NuCal", "--pot", "-1"), ("positive",)),
        (("reach", "NuCal", "--events", "0"), ("positive",)),
        (("reach", "NuCal", "--seed", "-1"), ("negative",)),
        (("reach", "missing.toml"), ("missing.toml",)),
        (("rate", "NuCal", "--mass", "0.05", "--epsilon", "2"), ("epsilon",)),
        (("rate", "NuCal", "--mass", "7", "--epsilon", "1e-7"), ("no source produces",)),
        (("rate", "NuCal", "--mass", "-1", "--epsilon", "1e-7"), ("positive mass",)),
        (("decays", "--mass", "0.0005"), ("GeV",)),
        (("spectra", "show", "XYZ"), ("unknown facility", "SPS")),
        (("cite", "nothing.json"), ("cannot read",)),
        (("cite", "table.csv"), ("contour.json", "TOML card")),
        (("cite", "FORMOSA"), ("--model millicharged",)),
        (("rate", "FORMSA", "--mass", "0.1", "--epsilon", "1e-6"), ("Did you mean 'FORMOSA'",)),
        (("reach", "all-pst"), ("Did you mean 'all-past'", "all-future", "all-variants", "all-mcp")),
        (("rate", "all_past", "--mass", "0.1", "--epsilon", "1e-6"), ("darkbeam reach all-past",)),
        (("rate", "all-mcp", "--mass", "0.1", "--epsilon", "1e-6"), ("darkbeam reach all-mcp",)),
        (("reach", "NuCal", "--model", "milicharged"), ("Did you mean 'millicharged'",)),
        (("decays", "--mass", "1", "--model", "millicharged"), ("not a vector",)),
        (("reach", "NuCal", "--spin", "scalar"), ("--spin", "--model millicharged")),
        (("reach", "NuCal", "-o", "contour.png"), ("contour.png looks like a file", "folder")),
        (("reach", "NuCal", "--light", "mean"), ("--light", "--model millicharged")),
        (
            ("events", "NuCal", "--mass", "0.1", "--epsilon", "1e-6", "-o", "x.lhe", "--spin", "scalar"),
            ("--spin", "--model millicharged"),
        ),
        (("yield", "SPS", "--mass", "0.1", "--spin", "scalar"), ("--spin", "--model millicharged")),
        (("reach",), ("Missing argument",)),
        (("reach", "NuCal", "--massses", "1"), ("No such option", "--masses")),
        (("reech", "NuCal"), ("No such command",)),
    ],
)
def test_user_errors_are_one_line_and_exit_2(
    call: Call, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err
    assert not Path("darkbeam-out").exists()


def test_unwritable_output(call: Call) -> None:
    Path("file").write_text("")
    code, _, err = call("reach", "NuCal", *QUICK, "-o", "file/sub")
    assert code == 2
    assert "cannot make the directory" in err


def test_interruption_leaves_nothing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("darkbeam.sensitivity.scan.compute_point", interrupt)
    code, _, err = call("reach", "NuCal", *QUICK, "-o", "a")
    assert code == 130
    assert "interrupted" in err
    assert list(Path("a").iterdir()) == []


def test_user_card(call: Call) -> None:
    _, out, _ = call("experiments", "show", "NuCal", "--json")
    assert json.loads(out)["name"] == "NuCal"
    Path("mine.toml").write_text('based_on = "NuCal"\nname = "Mine"\n[exposure]\npot = 1e19\n')
    code, out, _ = call("reach", "mine.toml", *QUICK, "--json")
    assert code == 0
    data = json.loads(out)
    assert (data["experiment"], data["pot"]) == ("Mine", 1e19)
    Path("mine.toml").write_text('based_on = "NuCal"\n[exposure]\npott = 1e19\n')
    code, _, err = call("reach", "mine.toml", *QUICK)
    assert code == 2
    assert "mine.toml" in err
    assert "pott" in err


def test_rate_by_source_and_cut_flow(call: Call) -> None:
    code, out, _ = call("rate", "SHiP", "--mass", "0.05", "--epsilon", "1e-7", "--json")
    assert code == 0
    data = json.loads(out)
    assert data["events"] == pytest.approx(sum(s["events"] for s in data["by_source"].values()))
    assert data["events"] == pytest.approx(sum(data["by_decay"].values()))
    flow = list(data["cut_flow"].values())
    assert all(a >= b * 0.999 for a, b in pairwise(flow))
    assert flow[-1] == pytest.approx(data["events"])
    code, out, _ = call("rate", "SHiP", "--mass", "0.05", "--epsilon", "1e-7")
    assert "meson:pi0" in out
    assert "produced" in out


def test_decays_json(call: Call) -> None:
    code, out, _ = call("decays", "--mass", "0.5", "--json")
    assert code == 0
    data = json.loads(out)
    assert sum(data["branching"].values()) == pytest.approx(1.0, abs=1e-9)
    assert set(data) >= {"mass_GeV", "width_GeV", "ctau_m", "branching"}
    assert "pi+pi-" in call("decays", "--mass", "0.5")[1]


def test_lists(call: Call) -> None:
    _, out, _ = call("experiments")
    for name in (
        "SHiP",
        "NuCal",
        "CHARM",
        "BEBC",
        "NA62_dump_2021",
        "DarkQuest_phase1",
        "FASER_2022",
        "FASER2_FPF_2022",
    ):
        assert name in out
    _, out, _ = call("spectra", "list")
    for name in ("SPS", "Fermilab", "Serpukhov", "LHC", "LHC_13p6"):
        assert name in out
    assert "SoftQCD:inelastic" in call("spectra", "show", "sps")[1]
    assert "polar window" in call("experiments", "show", "ship")[1]


def test_cite(call: Call) -> None:
    _, out, _ = call("cite", "FASER2")
    for number in ("2409.11096", "2409.09123", "2309.08604", "2203.11601"):
        assert f"arXiv:{number}," in out
    assert out.count("{") == out.count("}")
    call("reach", "NuCal", *QUICK, "-o", "a")
    _, out, _ = call("cite", "a/contour.json")
    assert "2409.09123" not in out  # no bremsstrahlung in this result
    assert call("cite", "a")[1] == out
    _, out, _ = call("cite", "NuCal", "--model", "B-L")
    assert "1801.04847" in out
    _, out, _ = call("cite", "FORMOSA", "--model", "millicharged")
    assert "2512.04153" in out
    assert "hadronic decays" not in out


def test_cache_commands(call: Call) -> None:
    call("reach", "NuCal", *QUICK, "-o", "a")
    assert json.loads(call("cache", "info", "--json")[1])["entries"] == 1
    assert "removed 1" in call("cache", "clear")[1]


def test_version_from_a_fresh_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "darkbeam.cli.main", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("darkbeam ")
