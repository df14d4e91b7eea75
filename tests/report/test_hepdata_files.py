"""HEPData submissions: accepted by HEPData's validator, and the numbers are those of the contour."""

from __future__ import annotations

import importlib
import json
import tarfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from darkbeam.errors import MissingExtraError, OutputError
from darkbeam.report import hepdata_files
from darkbeam.report.hepdata_files import write_hepdata
from darkbeam.sensitivity.contributions import total_band
from darkbeam.sensitivity.result import Reach


@pytest.fixture(scope="module")
def yaml() -> Any:
    pytest.importorskip("hepdata_lib", exc_type=ImportError)
    return importlib.import_module("yaml")


def test_submission_is_valid_and_complete(small_reach: Reach, tmp_path: Path, yaml: Any) -> None:
    folder = tmp_path / "hep"
    written = write_hepdata(small_reach, folder)
    names = {p.name for p in written}
    assert names >= {"submission.yaml", "contour.yaml", "region_1.yaml", "card.json", "submission.tar.gz"}
    assert {p.name for p in folder.iterdir()} == names
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validator = importlib.import_module(
            "hepdata_validator.full_submission_validator"
        ).FullSubmissionValidator()
        assert validator.validate(archive=str(folder / "submission.tar.gz")), validator.get_messages()
    head = next(iter(yaml.safe_load_all((folder / "submission.yaml").read_text())))
    assert "NuCal" in head["comment"]
    assert json.loads((folder / "card.json").read_text()) == json.loads(json.dumps(small_reach.card))
    with tarfile.open(folder / "submission.tar.gz") as tar:
        assert {"submission.yaml", "contour.yaml", "card.json"} <= set(tar.getnames())


def test_numbers(small_reach: Reach, tmp_path: Path, yaml: Any) -> None:
    write_hepdata(small_reach, tmp_path)
    table = yaml.safe_load((tmp_path / "contour.yaml").read_text())
    inside = np.isfinite(small_reach.epsilon_lower)
    masses = [v["value"] for v in table["independent_variables"][0]["values"]]
    np.testing.assert_allclose(masses, small_reach.masses_GeV[inside], rtol=1e-4)
    for k, side in enumerate(("lower", "upper")):
        column = table["dependent_variables"][k]
        assert column["header"]["name"] == f"epsilon, {side} edge"
        edge = getattr(small_reach, f"epsilon_{side}")[inside]
        np.testing.assert_allclose([v["value"] for v in column["values"]], edge, rtol=1e-4)
        errors = column["values"][0]["errors"]
        assert errors[0]["symerror"] == pytest.approx(
            edge[0] * getattr(small_reach, f"error_{side}")[inside][0], rel=1e-3
        )
        down, up = errors[1]["asymerror"]["minus"], errors[1]["asymerror"]["plus"]
        ends = sorted(getattr(b, f"epsilon_{side}")[inside][0] for b in total_band(small_reach).values())
        assert edge[0] + down == pytest.approx(min(ends[0], edge[0]), rel=1e-3)
        assert edge[0] + up == pytest.approx(max(ends[1], edge[0]), rel=1e-3)


def test_other_contents_are_kept(small_reach: Reach, tmp_path: Path, yaml: Any) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="holds other files"):
        write_hepdata(small_reach, tmp_path)
    write_hepdata(small_reach, tmp_path, force=True)
    write_hepdata(small_reach, tmp_path)  # its own submission again
    other = replace(small_reach, card={**small_reach.card, "seed": "other"})
    with pytest.raises(OutputError, match="another card"):
        write_hepdata(other, tmp_path)
    with pytest.raises(OutputError, match="is a file"):
        write_hepdata(small_reach, tmp_path / "mine.txt")


def test_no_region_is_refused(small_reach: Reach, tmp_path: Path, yaml: Any) -> None:
    with pytest.raises(OutputError, match="no region"):
        write_hepdata(replace(small_reach, islands=[]), tmp_path)


def test_missing_extra_is_named(small_reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> Any:
        raise ModuleNotFoundError

    monkeypatch.setattr(hepdata_files.importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"darkbeam\[hepdata\]"):
        write_hepdata(small_reach, tmp_path)
