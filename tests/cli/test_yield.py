"""``darkbeam yield`` and ``darkbeam plot yield``, called in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from darkbeam.cli import yields
from darkbeam.errors import DarkbeamError, MassRangeError, OutputError, UnknownNameError, ValueRangeError

PAIR = ("--sources", "meson,bremsstrahlung")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> typer.Typer:
    monkeypatch.chdir(tmp_path)
    made = typer.Typer()
    made.command("yield")(yields.yields)
    made.command("plot")(yields.plot_yield)
    return made


def call(app: typer.Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_json_is_one_object_with_the_contracted_keys(app: typer.Typer) -> None:
    data = json.loads(call(app, "yield", "SPS", "--mass", "0.05", *PAIR, "--json"))
    assert set(data) >= {"facility", "mass_GeV", "normalisation", "total", "by_source", "variations"}
    assert data["total"] == pytest.approx(sum(data["by_source"].values()))
    assert data["variations"]["central"] == pytest.approx(data["total"])


def test_text_says_what_was_left_out(app: typer.Typer) -> None:
    out = call(app, "yield", "SPS", "--mass", "0.7", *PAIR[:1], "meson", "--variation", "central")
    assert "per inelastic collision" in out
    assert "note: meson:pi0 left out" in out


def test_variation_and_normalisation(app: typer.Typer) -> None:
    base = ("yield", "SPS", "--mass", "0.5", *PAIR, "--json")
    upper = json.loads(call(app, *base, "--variation", "upper"))
    assert upper["total"] == pytest.approx(upper["variations"]["brem-upper"])
    every = json.loads(call(app, *base, "--normalisation", "all"))
    assert every["total"] / json.loads(call(app, *base))["total"] == pytest.approx(32.82 / 39.86, rel=1e-3)


def test_list_variations(app: typer.Typer) -> None:
    data = json.loads(call(app, "yield", "SPS", *PAIR, "--list-variations", "--json"))
    assert "brem-saturated" in data["variations"]["bremsstrahlung"]
    assert data["labels"]["upper"] == "brem-upper"
    assert "brem-lower" in call(app, "yield", "SPS", *PAIR, "--list-variations")


def test_saturation(app: typer.Typer) -> None:
    data = json.loads(call(app, "yield", "SPS", "--sources", "bremsstrahlung", "--saturation", "--json"))
    assert data["saturation"]["phi"]["ratio"] > 10.0
    out = call(app, "yield", "SPS", "--mass", "0.5", "--sources", "bremsstrahlung", "--saturation")
    assert "not checked against the paper" in out
    both = json.loads(
        call(app, "yield", "SPS", "--mass", "0.5", "--sources", "bremsstrahlung", "--saturation", "--json")
    )
    assert both["saturation"]["jpsi"]["ratio"] is None


def test_preset_lists_its_switches(app: typer.Typer) -> None:
    out = call(app, "yield", "SPS", "--mass", "0.05", "--preset", "senscalc")
    assert "per collision at epsilon = 1" in out
    assert "conjugation: bremsstrahlung with Re(F1 F2)" in out


def test_scan_writes_a_table_and_guards_it(app: typer.Typer) -> None:
    base = ("yield", "SPS", "--sources", "meson:eta", "--masses", "0.05:0.4:4", "-o", "out")
    assert call(app, *base).strip() == str(Path("out") / "yield.csv")
    first = Path("out/yield.csv").read_bytes()
    call(app, *base)
    assert Path("out/yield.csv").read_bytes() == first
    with pytest.raises(OutputError, match="--force"):
        call(app, *base, "--form-factors", "none")
    call(app, *base, "--form-factors", "none", "--force")
    assert Path("out/yield.csv").read_bytes() != first
    data = json.loads(call(app, *base, "--force", "--json"))
    assert data["masses_GeV"][0] == 0.05
    assert sorted(p.name for p in Path("out").iterdir()) == ["yield.csv"]


def test_plot_writes_table_and_figure(app: typer.Typer) -> None:
    arguments = ("--sources", "meson:eta", "--masses", "0.05:0.4:3", "--experiment", "nucal", "-o", "f")
    out = call(app, "plot", "Serpukhov", *arguments)
    assert out.splitlines() == [
        str(Path("f") / n) for n in ("yield.csv", "yield_NuCal.png", "yield_NuCal.pdf")
    ]
    assert Path("f/yield_NuCal.png").read_bytes().startswith(b"\x89PNG")


def test_output_with_the_ending_of_a_file_is_a_file(app: typer.Typer) -> None:
    base = ("SPS", "--sources", "meson:eta", "--masses", "0.05:0.4:3", "-o")
    assert call(app, "yield", *base, "a/t.csv").split() == [str(Path("a/t.csv"))]
    assert call(app, "plot", *base, "a/y.png").split() == [str(Path("a") / n) for n in ("y.csv", "y.png")]
    assert Path("a/y.csv").read_bytes() == Path("a/t.csv").read_bytes()
    assert Path("a/y.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in Path("a").iterdir()) == ["t.csv", "y.csv", "y.png"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("yield", "SPSS", "--mass", "0.1"), UnknownNameError, "SPS"),
        (("yield", "SPS", "--mass", "0.1", "--sources", "meson:pion"), UnknownNameError, "meson:pi0"),
        (("yield", "SPS", "--mass", "0.1", "--sources", ","), ValueRangeError, "no source"),
        (("yield", "SPS", "--mass", "0.1", "--overlap", "matchd"), UnknownNameError, "matched"),
        (("yield", "SPS", "--mass", "0.1", "--preset", "x"), UnknownNameError, "senscalc"),
        (("yield", "SPS", "--mass", "0.1", "--variation", "x"), UnknownNameError, "brem-lower"),
        (("yield", "SPS", "--mass", "0.1", "--normalisation", "x"), UnknownNameError, "inelastic"),
        (("yield", "SPS", "--mass", "0.1", "--brem", "x"), UnknownNameError, "baseline"),
        (("yield", "SPS", "--mass", "-1"), MassRangeError, "positive mass"),
        (("yield", "SPS", "--mass", "0.7", "--sources", "meson:pi0"), MassRangeError, "meson:pi0 at SPS"),
        (("yield", "SPS"), ValueRangeError, "--list-variations"),
        (("yield", "SPS", "--mass", "0.1", "--masses", "0.1:1:3"), ValueRangeError, "either"),
        (("yield", "SPS", "--masses", "0.1-1"), MassRangeError, "LO:HI:N"),
        (("yield", "SPS", "--mass", "0.1", "--sources", "flux:no.csv"), ValueRangeError, "no such file"),
        (("yield", "no.toml", "--mass", "0.1"), DarkbeamError, "no such file"),
        (("yield", "SPS", "--masses", "0.1:1:3", "-o", "y.png"), ValueRangeError, r"\.csv"),
        (("plot", "SPS", "--masses", "0.1:1:3", "-o", "y.csv"), ValueRangeError, r"\.png or \.pdf"),
        (("yield", "SPS", "--mass", "0.1", "--spin", "scalar"), ValueRangeError, "millicharged"),
        (("plot", "SPS", "--model", "millicharged"), ValueRangeError, "not a vector"),
        (("plot", "SPS", "--experiment", "nucal"), ValueRangeError, "NuCal is at Serpukhov"),
        (("plot", "SPS", "--experiment", "nuucal"), UnknownNameError, "NuCal"),
    ],
)
def test_bad_input_is_one_line(
    app: typer.Typer, arguments: tuple[str, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "\n" not in str(caught.value)


def test_millicharged_pairs(app: typer.Typer) -> None:
    arguments = (
        "yield",
        "SPS",
        "--model",
        "millicharged",
        "--mass",
        "0.05",
        "--sources",
        "meson:eta,quarkonium",
    )
    data = json.loads(call(app, *arguments, "--json"))
    assert data["by_source"]["meson:eta"] == pytest.approx(0.578 * 1.062e-3, rel=0.01)
    assert data["total"] == pytest.approx(sum(data["by_source"].values()))
    scalar = json.loads(call(app, *arguments, "--spin", "scalar", "--json"))
    assert scalar["by_source"]["meson:eta"] / data["by_source"]["meson:eta"] == pytest.approx(0.146, abs=2e-3)
    assert "millicharged pairs (dirac)" in call(app, *arguments)
    with pytest.raises(ValueRangeError, match="one mass"):
        call(app, *arguments, "--saturation")
