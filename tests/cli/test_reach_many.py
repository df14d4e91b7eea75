"""``darkbeam reach`` with several experiments, groups and statistics."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from darkbeam.cli.main import run
from darkbeam.sensitivity.result import Reach

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., tuple[int, str, str]]

QUICK = (
    "--sources", "meson:pi0", "--masses", "0.05:0.09:2", "--no-refine", "--precision", "1", "--workers", "1",
)  # fmt: skip


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


def test_a_list_gives_each_its_folder_and_one_summary(call: Call) -> None:
    code, out, _ = call("reach", "CHARM", "NuCal", *QUICK, "--combine", "--envelope")
    assert code == 0
    folder = Path("darkbeam-out")
    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == [
        "CHARM",
        "NuCal",
        "combination",
        "envelope",
    ]
    assert (folder / "summary.png").is_file()
    assert (folder / "CHARM" / "contributions.csv").is_file()
    assert [line.split()[0] for line in out.splitlines()[1:5]] == [
        "CHARM",
        "NuCal",
        "combination",
        "envelope",
    ]
    joint = Reach.load(folder / "combination" / "contour.json")
    best = [Reach.load(folder / n / "contour.json").epsilon_lower[0] for n in ("CHARM", "NuCal", "envelope")]
    assert joint.epsilon_lower[0] < min(best)


def test_a_group_takes_its_name(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darkbeam.experiments.card_groups.group_names", lambda _: ("CHARM", "NuCal"))
    code, out, _ = call("reach", "all-past", *QUICK, "--json", "-o", "x")
    assert code == 0
    assert [r["experiment"] for r in json.loads(out)["results"]] == ["CHARM", "NuCal"]
    assert Path("x/all-past.pdf").is_file()


def test_the_table_of_contributions_is_printed(call: Call) -> None:
    code, out, _ = call("reach", "CHARM", *QUICK)
    assert code == 0
    assert "shift in %" in out
    assert "monte-carlo" in out


def test_statistics(call: Call) -> None:
    code, out, _ = call("reach", "CHARM", *QUICK, "--confidence-level", "0.95", "--json")
    assert code == 0
    assert json.loads(out)["events"] == pytest.approx(2.9957, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("CHARM", "--events", "3", "--background", "1"), ("number of events",)),
        (("CHARM", "--stat-method", "bayes"), ("poisson", "cls", "feldman-cousins")),
        (("CHARM", "--confidence-level", "95"), ("confidence level", "95")),
        (("CHARM", "--background", "-1"), ("background", "at least 0")),
        (("CHARM", "--combine"), ("at least two",)),
        (("CHARM", "--widths", "wide"), ("width-high", "scheme-deliver")),
    ],
)
def test_errors(call: Call, words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    code, _, err = call("reach", *words, *QUICK)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    for part in parts:
        assert part in err
