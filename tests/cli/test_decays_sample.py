"""``darkbeam decays sample``, called in this process."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from darkbeam import decays
from darkbeam.cli.decays_sample import sample
from darkbeam.errors import (
    DarkbeamError,
    MassRangeError,
    OutputError,
    UnknownNameError,
    ValueRangeError,
)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> typer.Typer:
    monkeypatch.chdir(tmp_path)
    made = typer.Typer()
    made.command("sample")(sample)
    return made


def call(app: typer.Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_one_channel(app: typer.Typer) -> None:
    assert call(app, "--mass", "0.5", "-C", "mu+mu-", "-n", "20", "-o", "a.json").strip() == "a.json"
    data = json.loads(Path("a.json").read_text())
    assert len(data["events"]) == 20
    for event in data["events"]:
        assert sorted(row[5] for row in event) == [-13, 13]
        assert sum(row[3] for row in event) == pytest.approx(0.5)
        assert math.hypot(*(sum(row[i] for row in event) for i in range(3))) < 1e-12


def test_same_seed_same_bytes(app: typer.Typer) -> None:
    base = ("--mass", "0.9", "-n", "50", "-o", "a.csv")
    call(app, *base)
    first = Path("a.csv").read_bytes()
    call(app, *base, "--force")
    assert Path("a.csv").read_bytes() == first
    call(app, *base, "--force", "--seed", "2")
    assert Path("a.csv").read_bytes() != first


def test_stable_and_history(app: typer.Typer) -> None:
    call(app, "--mass", "1.5", "-C", "K_LK_Spi0", "-n", "10", "-o", "a.csv", "--stable", "310,111")
    lines = Path("a.csv").read_text().splitlines()[1:]
    assert {line.split(",")[3] for line in lines} == {"310", "130", "111"}
    call(app, "--mass", "1.5", "-C", "K_LK_Spi0", "-n", "10", "-o", "b.csv", "--history")
    rows = [line.split(",") for line in Path("b.csv").read_text().splitlines()[1:]]
    assert {row[3] for row in rows if row[8] == "2"} >= {"310", "111"}


def test_hadrons_round_trip_and_repeats(app: typer.Typer) -> None:
    call(app, "--mass", "1.2", "-C", "hadrons", "-n", "40", "-o", "a.json")
    out = call(app, "--mass", "1.2", "-C", "hadrons", "-n", "100", "-o", "b.json", "--hadrons", "a.json")
    assert "100 hadronic decays from a.json (40 decays at 1.2 GeV)" in out
    assert "60 of them repeat another one" in out
    assert set(json.loads(Path("b.json").read_text())["channel_labels"]) == {"hadrons"}
    data = json.loads(call(app, "--mass", "1.2", "-n", "30", "-o", "c.json", "--hadrons", "a.json", "--json"))
    assert data["decays"] == 30
    assert sum(data["by_channel"].values()) == 30
    assert len(data["notes"]) == 1


def test_other_models(app: typer.Typer) -> None:
    call(app, "--mass", "0.5", "-C", "e+e-", "-n", "5", "-o", "a.json", "--model", "B-L")
    assert json.loads(Path("a.json").read_text())["model"] == "B-L"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("--mass", "0.1", "-C", "mu+mu-"), ValueRangeError, r"mu\+mu- is closed at 0.1 GeV"),
        (("--mass", "0.5", "-C", "mumu"), UnknownNameError, r"Did you mean 'mu\+mu-'"),
        (("--mass", "0.1", "-C", "hadrons"), ValueRangeError, "no hadronic channel is open"),
        (("--mass", "0.5", "-C", ","), ValueRangeError, "at least one channel"),
        (("--mass", "50"), MassRangeError, "50 GeV"),
        (("--mass", "0.5", "-n", "0"), ValueRangeError, "-n needs a number"),
        (("--mass", "0.5", "--seed", "-1"), ValueRangeError, "--seed"),
        (("--mass", "0.5", "--stable", "x"), ValueRangeError, "'x' is not the PDG id"),
        (("--mass", "0.5", "--stable", "211"), ValueRangeError, "'211' is not the PDG id"),
        (("--mass", "0.5", "--model", "B-l-x"), DarkbeamError, "B-L"),
        (("--mass", "0.5", "--hadrons", "no.json"), ValueRangeError, "no such file"),
        (("--mass", "0.5", "-o", "a.root"), ValueRangeError, r"valid: \.json"),
        (("--mass", "0.5", "-o", "old.json"), OutputError, "--force"),
    ],
)
def test_bad_input_is_one_line(
    app: typer.Typer, arguments: tuple[str, ...], error: type[Exception], words: str
) -> None:
    Path("old.json").write_text("mine")
    target = () if "-o" in arguments else ("-o", "a.json")
    with pytest.raises(error, match=words) as caught:
        CliRunner().invoke(app, (*arguments, *target), catch_exceptions=False)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in Path().iterdir()) == ["old.json"]


def test_heavy_quarks_couple_like_the_model(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = decays.sample_rest

    def spy(*arguments: Any, **more: Any) -> Any:
        seen.append(next(a for a in (*arguments, *more.values()) if isinstance(a, decays.DecaySetting)))
        return original(*arguments, **more)

    monkeypatch.setattr(decays, "sample_rest", spy)
    monkeypatch.setattr("darkbeam.decays.sampling.sample_rest", spy)
    call(app, "--mass", "5", "-C", "quarks", "-n", "10", "-o", "x.csv", "--model", "B-L")
    assert seen[0].quarks == pytest.approx({"c": 1 / 3, "b": 1 / 3})
