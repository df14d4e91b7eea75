"""``darkbeam experiments``: list, show, check, template."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from darkbeam.cli.main import run
from darkbeam.experiments import experiment_from_card, load_experiment
from darkbeam.experiments.cards import list_cards

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)

    def _call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["darkbeam", "experiments", *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return _call


def test_list(call: Call) -> None:
    code, out, _ = call()
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert set(rows) == {"name", *list_cards()}
    assert rows["E137"].split()[:6] == ["E137", "past", "SLAC", "1.86e+20", "EOT", "no"]
    assert rows["SHiP"].split()[:6] == ["SHiP", "approved", "SPS", "6e+20", "POT", "yes"]
    cards = json.loads(call("--json")[1])["experiments"]
    assert {card["name"] for card in cards} == set(list_cards())


def test_show_prints_sources_doubts_and_geometry(call: Call) -> None:
    code, out, _ = call("show", "FASER")
    assert code == 0
    assert "exposure.lumi_fb" in out
    assert "# arXiv:2308.05587 (abstract)" in out
    assert "solid angle" in out
    assert "volume" in out
    doubts = out.split("not verified:")[1]
    assert "selection.calorimeter_energy_min_GeV: recollection" in doubts
    code, out, _ = call("show", "E137")
    assert code == 0
    assert "not computable: its beam is 20 GeV electrons" in out
    assert "detector.planes[2].y_m" in call("show", "ANUBIS_shaft")[1]


def test_show_json_makes_the_same_experiment(call: Call) -> None:
    for name in ("NuCal", "NA62_dump_full", "MATHUSLA_40", "DUNE_ND"):
        card = json.loads(call("show", name, "--json")[1])
        assert experiment_from_card(card) == load_experiment(name)
    assert json.loads(call("show", "KOTO_dump", "--json")[1])["computable"] is False


def test_check_and_template(call: Call) -> None:
    code, out, _ = call("template", "-o", "mine.toml")
    assert code == 0
    assert call("template")[1] == Path("mine.toml").read_text(encoding="utf-8")
    code, _, err = call("template", "-o", "mine.toml")
    assert code == 2
    assert "exists already" in err
    code, out, err = call("check", "mine.toml")
    assert (code, err) == (0, "")
    assert "exposure.pot" in out
    text = Path("mine.toml").read_text(encoding="utf-8")
    line = 1 + next(k for k, row in enumerate(text.splitlines()) if row.startswith("length_m"))
    text = text.replace("length_m", "length_mm").replace("pot = 1.0e19", "pot = -1.0")
    Path("mine.toml").write_text(text, encoding="utf-8")
    code, out, err = call("check", "mine.toml")
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.endswith("exposure.pot: must be above 0, not -1")
    assert second.startswith(f"darkbeam: mine.toml:{line}: decay_volume.length_mm: unknown key")


def test_what_is_not_computable_is_refused_in_one_line(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["darkbeam", "reach", "NuTeV"])
    with pytest.raises(SystemExit) as stop:
        run()
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith(
        "darkbeam: NuTeV cannot be computed: there are no meson spectra"
    )
