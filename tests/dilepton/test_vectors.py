"""A source of another vector from labelled pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.dilepton.card import read_card
from darkbeam.dilepton.fit import fit_kinematics, fit_prepared
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.mock_card import mock_card
from darkbeam.dilepton.model_file import ModelFile
from darkbeam.dilepton.named import measured_source
from darkbeam.dilepton.prepare import prepare
from darkbeam.dilepton.readers import write_sample
from darkbeam.dilepton.vectors import VectorSource
from darkbeam.errors import ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.models import get_model
from darkbeam.production.assembly import choose_sources

SPS = get_facility("SPS")


def _saved(folder: Path, model: str) -> str:
    file = folder / "pairs.npz"
    if not file.is_file():
        write_sample(mock_sample(60_000, 1), file)
        (folder / "pairs.toml").write_text(mock_card(60_000, 1, 0.0), encoding="utf-8")
    prepared = prepare(file, read_card(folder / "pairs.toml"), model=get_model(model))
    kinematics = fit_kinematics(prepared, "bootstrap", members=0)
    target = folder / f"{model}.npz"
    ModelFile.of(prepared, fit_prepared(prepared), kinematics).save(target)
    return f"dilepton:{target}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


def test_phi_and_omega_couple_to_baryon_number(folder: Path) -> None:
    """R of U(1)_B in units of the dark photon: 1 at the phi, 4 at the omega where the rho is gone."""
    photon = choose_sources("SPS", [_saved(folder, "dark-photon")]).sources[0]
    baryonic = choose_sources("SPS", [_saved(folder, "B")], model=get_model("B")).sources[0]
    assert baryonic.total(1.019461) / photon.total(1.019461) == pytest.approx(1.0, abs=0.1)
    assert 3.0 < baryonic.total(0.78266) / photon.total(0.78266) < 4.2
    assert baryonic.valid[0] > 0.2  # no analytic part


def test_refuses_to_stand_for_dark_photons(folder: Path) -> None:
    source = measured_source(_saved(folder, "B"), SPS)
    assert isinstance(source, VectorSource)
    with pytest.raises(ValueRangeError, match="give --model B"):
        source.total(0.5)
    with pytest.raises(ValueRangeError, match="give --model B"):
        source.flux(0.5, 100, np.random.default_rng(1))
    with pytest.raises(ValueRangeError, match="give --model B"):
        source.charged(get_model("B-L"))


def test_labels_and_constant_charges_are_needed(folder: Path, tmp_path: Path) -> None:
    _saved(folder, "dark-photon")
    with pytest.raises(ValueRangeError, match="run with the mass"):
        prepare(folder / "pairs.npz", model=get_model("L_mu-L_tau"))
    with np.load(folder / "pairs.npz") as file:
        np.savez(tmp_path / "plain.npz", **{k: file[k] for k in ("mass", "pt", "y")})
    with pytest.raises(ValueRangeError, match="need the column label"):
        prepare(tmp_path / "plain.npz", model=get_model("B"))
