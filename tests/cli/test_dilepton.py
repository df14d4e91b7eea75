"""``darkbeam dilepton``, called in this process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from darkbeam.cli.dilepton import app
from darkbeam.constants import M_MU
from darkbeam.dilepton.mock import PAIRS_PER_COLLISION, mock_density
from darkbeam.dilepton.model_file import load_model
from darkbeam.dilepton.rate import photons_per_pair
from darkbeam.errors import DarkbeamError, MassRangeError, OutputError, UnknownNameError, ValueRangeError


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mock in two formats, and a model of it."""
    where = tmp_path_factory.mktemp("dilepton")
    call("mock", "-n", "20000", "-o", str(where / "pairs.npz"))
    call("mock", "-n", "4000", "--seed", "2", "-o", str(where / "other.csv"))
    call(
        "fit",
        str(where / "pairs.npz"),
        "-o",
        str(where / "model.npz"),
        "--back-end",
        "bootstrap",
        "--members",
        "3",
    )
    return where


def test_mock_writes_pairs_and_a_card(folder: Path) -> None:
    assert "pairs_per_collision = 0.00034" in (folder / "pairs.toml").read_text()
    assert len(np.load(folder / "pairs.npz")["mass"]) == 20000


def test_fit_keeps_spectrum_kinematics_and_card(folder: Path) -> None:
    model = load_model(folder / "model.npz")
    assert model.model.name == "bootstrap"
    assert len(model.model.members) == 3
    assert model.spectrum.normalisation == PAIRS_PER_COLLISION
    assert model.card.beam == "SPS"


def test_yield_is_the_true_rate_of_the_mock(folder: Path) -> None:
    data = json.loads(call("yield", str(folder / "model.npz"), "--masses", "0.3:0.45:3", "--json"))
    assert data["facility"] == "SPS"
    for row in data["rows"]:
        true = float(mock_density(row["mass_GeV"]) * photons_per_pair(row["mass_GeV"], M_MU))
        assert row["part"] == "measured"
        assert abs(row["total"] - true) < 4.0 * row["error"]
        assert row["member_spread"] > 0.0


def test_yield_of_pairs_reports_the_analytic_part_apart(folder: Path) -> None:
    (row,) = json.loads(call("yield", str(folder / "model.npz"), "--particle", "0.05", "--json"))["rows"]
    assert row["below"] > 0.0
    assert row["total"] == pytest.approx(row["measured"] + row["below"])
    assert "dirac pairs" in call("yield", str(folder / "model.npz"), "--particle", "0.3")


def test_yield_below_threshold_says_that_it_is_analytic(folder: Path) -> None:
    assert "analytic" in call("yield", str(folder / "model.npz"), "--mass", "0.1")


def test_masses_without_a_rate_are_listed_as_such(folder: Path) -> None:
    data = json.loads(call("yield", str(folder / "model.npz"), "--masses", "0.3:9:3", "--json"))
    assert [row["part"] for row in data["rows"]] == ["measured", "measured", "no rate"]
    assert data["rows"][2]["total"] is None
    assert "reaches from" in data["notes"][0]
    table = call("yield", str(folder / "model.npz"), "--masses", "0.3:9:3")
    assert "no rate" in table
    assert "note: dilepton:model.npz reaches" in table


def test_yield_at_another_beam_says_so_and_has_the_spread(folder: Path) -> None:
    data = json.loads(
        call("yield", str(folder / "model.npz"), "--mass", "0.3", "--facility", "LHC", "--json")
    )
    (row,) = data["rows"]
    assert 0.0 < row["transport_spread"] < row["total"]
    assert "moved to LHC" in data["notes"][0]


def test_fit_for_another_vector(folder: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "b.npz")
    out = call(
        "fit",
        str(folder / "pairs.npz"),
        "-o",
        file,
        "--back-end",
        "bootstrap",
        "--members",
        "0",
        "--model",
        "B",
    )
    assert "note: pairs weighted for B vectors" in out
    assert "B vectors at epsilon = 1" in call("yield", file, "--mass", "1.0")
    with pytest.raises(ValueRangeError, match="not for millicharged pairs"):
        call("yield", file, "--particle", "0.1")


def test_check_has_the_contracted_keys_and_files(folder: Path, tmp_path: Path) -> None:
    out = call(
        "check",
        str(folder / "model.npz"),
        str(folder / "other.csv"),
        "--no-classifier",
        "--json",
        "-o",
        str(tmp_path),
    )
    data = json.loads(out)
    assert set(data) >= {
        "n_data",
        "auc",
        "auc_bootstrap",
        "auc_floor",
        "kl_mean",
        "kl_floor",
        "kl_mean_bootstrap",
    }
    assert set(data["mass_bins"][0]) >= {"lo", "hi", "n", "ks_pT", "ks_y", "kl_pT", "kl_y"}
    assert data["kl_mean"]["pT"] < 5.0 * data["kl_floor"]["pT"]
    assert json.loads((tmp_path / "check.json").read_text())["n_data"] == data["n_data"]
    for name in ("check.csv", "check.png", "check.pdf", "slices.png", "slices.pdf"):
        assert (tmp_path / name).stat().st_size > 500


def test_check_prints_model_baseline_and_floor(folder: Path) -> None:
    out = call("check", str(folder / "model.npz"), str(folder / "other.csv"), "--no-classifier")
    assert "mean KL pT" in out
    assert "forward acceptance" in out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("yield", "MODEL"), ValueRangeError),
        (("yield", "MODEL", "--mass", "0.3", "--particle", "0.1"), ValueRangeError),
        (("yield", "MODEL", "--mass", "9"), MassRangeError),
        (("yield", "MODEL", "--mass", "-1"), MassRangeError),
        (("yield", "MODEL", "--particle", "0.1", "--spin", "vector"), UnknownNameError),
        (("yield", "absent.npz", "--mass", "0.3"), ValueRangeError),
        (("yield", "PAIRS", "--mass", "0.3"), ValueRangeError),
        (("fit", "PAIRS", "-o", "model.txt"), OutputError),
        (("fit", "PAIRS", "-o", "MODEL"), OutputError),
        (("fit", "PAIRS", "-o", "new.npz", "--back-end", "forest"), UnknownNameError),
        (("fit", "PAIRS", "-o", "new.npz", "--back-end", "bootstrap", "--epochs", "3"), ValueRangeError),
        (("fit", "PAIRS", "-o", "new.npz", "--back-end", "bootstrap", "--members", "-1"), ValueRangeError),
        (("fit", "PAIRS", "-o", "new.npz", "--model", "L_mu-L_tau"), ValueRangeError),
        (("fit", ".", "-o", "new.npz"), ValueRangeError),
        (("yield", "MODEL", "--masses", "5:9:3"), MassRangeError),
        (("mock", "-n", "0", "-o", "new.csv"), ValueRangeError),
        (("mock", "-n", "10", "--seed", "-1", "-o", "new.csv"), ValueRangeError),
    ],
)
def test_refusals(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    error: type[DarkbeamError],
) -> None:
    monkeypatch.chdir(tmp_path)
    known = {"MODEL": str(folder / "model.npz"), "PAIRS": str(folder / "pairs.npz")}
    with pytest.raises(error):
        CliRunner().invoke(app, [known.get(a, a) for a in arguments], catch_exceptions=False)
    assert not list(tmp_path.iterdir())


def test_a_yield_needs_a_normalisation(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.csv"
    bare.write_text((folder / "other.csv").read_text())
    call("fit", str(bare), "-o", str(tmp_path / "bare.npz"), "--back-end", "bootstrap")
    with pytest.raises(ValueRangeError, match="normalisation"):
        CliRunner().invoke(
            app, ["yield", str(tmp_path / "bare.npz"), "--mass", "0.3"], catch_exceptions=False
        )
