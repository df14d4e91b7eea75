"""``darkbeam decays`` and ``darkbeam plot decays``, called in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer

from darkbeam.cli.decays import app, plot_decays
from darkbeam.errors import DarkbeamError, UnknownNameError, ValueRangeError
from darkbeam.models import DarkPhoton, get_model
from darkbeam.models.families import FAMILIES, group_by_family

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Call = Callable[..., str]

plots = typer.Typer()
plots.command("decays")(plot_decays)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)

    def _call(*arguments: str, program: typer.Typer = app) -> str:
        program(list(arguments), standalone_mode=False)
        return capsys.readouterr().out

    return _call


def test_json_keys_and_values(call: Call) -> None:
    data = json.loads(call("--mass", "0.5", "--json"))
    assert list(data) == ["mass_GeV", "width_GeV", "ctau_m", "branching"]
    assert data["ctau_m"] == DarkPhoton().ctau(0.5)
    assert sum(data["branching"].values()) == pytest.approx(1.0)


def test_model_scheme_and_epsilon(call: Call) -> None:
    data = json.loads(
        call("--mass", "1.8", "--model", "b-l", "--scheme", "deliver", "--epsilon", "1e-3", "--json")
    )
    model = get_model("B-L").with_scheme("deliver")
    assert data["width_GeV"] == float(model.width(1.8, 1e-3))
    assert data["branching"]["pi+pi-"] == 0.0
    assert data["branching"]["nunu"] > 0.2
    varied = json.loads(call("--mass", "1.8", "--variation", "width-1.6-2.0-high", "--json"))
    assert varied["width_GeV"] > float(DarkPhoton().width(1.8))


def test_card(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\n[charges]\ne = 1.0\n', encoding="utf-8")
    assert json.loads(call("--mass", "1.8", "--model", "mine.toml", "--json"))["branching"]["e+e-"] == 1.0


def test_table_is_grouped_and_sorted(call: Call) -> None:
    out = call("--mass", "1.5")
    assert "dark-photon, m = 1.5 GeV" in out
    lines = out.splitlines()[3:]
    families = [line for line in lines if not line.startswith("  ")]
    values = [float(line.split()[-1]) for line in families]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1.0, abs=2e-3)
    at = next(k for k, line in enumerate(lines) if line.startswith("4 pions"))
    members = [line.split() for line in lines[at + 1 : at + 3]]
    assert {name for name, _ in members} == {"pi+pi-2pi0", "2pi+2pi-"}
    assert sum(float(x) for _, x in members) == pytest.approx(float(lines[at].split()[-1]), rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((), ValueRangeError, "--mass"),
        (("--mass", "1", "--model", "dark-foton"), UnknownNameError, "Did you mean 'dark-photon'"),
        (("--mass", "1", "--scheme", "delivr"), UnknownNameError, "deliver"),
        (("--mass", "1", "--epsilon", "0"), ValueRangeError, "epsilon"),
        (("--mass", "11"), DarkbeamError, "10 GeV"),
    ],
)
def test_errors(call: Call, arguments: tuple[str, ...], error: type[DarkbeamError], match: str) -> None:
    with pytest.raises(error, match=match):
        call(*arguments)


def test_plot(call: Call, tmp_path: Path) -> None:
    out = call("--model", "B-L", "--masses", "0.5:3:40", "-o", "figures/bl.png", program=plots)
    assert out.split() == ["figures/bl.png", "figures/bl.pdf"]
    assert (tmp_path / "figures/bl.png").stat().st_size > 10_000
    with pytest.raises(ValueRangeError, match=r"\.png and \.pdf"):
        call("-o", "bl.gif", program=plots)
    with pytest.raises(DarkbeamError, match="10 GeV"):
        call("--masses", "0.5:30:40", program=plots)


def test_families_cover_every_channel_once() -> None:
    named = [channel for channels in FAMILIES.values() for channel in channels]
    assert len(named) == len(set(named))
    grouped = group_by_family(dict.fromkeys((*get_model("B-L").channels, "3gamma", "invisible"), 1.0))
    assert set(named) == {c for family, members in grouped.items() if family in FAMILIES for c in members}
