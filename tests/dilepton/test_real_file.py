"""A real file of muon pairs (CMS open data, mostly Z), from the package ``scikit-hep-testdata`` 0.3.0: formats only.

To run these tests, in an environment of darkbeam (54 MB; otherwise they are skipped):

    pip install 'scikit-hep-testdata==0.3.0' uproot && pytest tests/dilepton/test_real_file.py

Later versions of the package ship no files and download them, which a test must not.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from darkbeam.dilepton.card import DileptonCard, read_card
from darkbeam.dilepton.fit import fit_kinematics, fit_prepared
from darkbeam.dilepton.model_file import ModelFile, load_model
from darkbeam.dilepton.prepare import prepare
from darkbeam.dilepton.readers import read_sample
from darkbeam.errors import ValueRangeError

pytestmark = pytest.mark.real


@pytest.fixture
def path() -> Path:
    pytest.importorskip("uproot")
    spec = importlib.util.find_spec("skhep_testdata")
    if spec is None or spec.origin is None:
        pytest.skip("scikit-hep-testdata is not installed")
    file = Path(spec.origin).parent / "data" / "uproot-Zmumu.root"
    if not file.is_file():
        pytest.skip("this version of scikit-hep-testdata ships no files")
    return file


def test_masses_of_real_muon_pairs(path: Path) -> None:
    """Masses from the momenta of the leptons are those stored in the file; charges give like-sign pairs."""
    import uproot

    columns = {"q1": "Q1", "q2": "Q2"}
    sample = read_sample(path, DileptonCard(beam="LHC", columns=columns), drop=True)
    assert len(sample) > 2200
    with uproot.open(path) as file:
        stored = file["events"]["M"].array(library="np")
    assert np.median(np.abs(np.sort(sample.mass) / np.sort(stored)[-len(sample) :] - 1.0)) < 1e-3
    assert sample.charge is not None
    assert set(np.unique(sample.charge)) <= {-2.0, 0.0, 2.0}
    assert np.mean(sample.charge == 0.0) > 0.5
    as_stored = read_sample(
        path, DileptonCard(beam="LHC", columns={"mass": "M", "pt": "pt1", "y": "eta1"}), drop=True
    )
    assert np.median(as_stored.mass) == pytest.approx(float(np.median(stored)), rel=1e-6)


def test_chain_from_the_file_to_a_model(path: Path, tmp_path: Path) -> None:
    """Card, like-sign subtraction, fit, file; a yield is refused, because nothing is normalised."""
    card = tmp_path / "cms.toml"
    card.write_text(
        '[data]\nbeam = "LHC"\ntree = "events"\n[data.columns]\nq1 = "Q1"\nq2 = "Q2"\n'
        "[detector]\nmass_resolution = 0.01\nmass = [1.0, 120.0]\n"
    )
    prepared = prepare(path, read_card(card))
    assert any("like-sign pairs" in note for note in prepared.notes)
    assert np.all(prepared.sample.weight >= 0.0)
    assert np.average(prepared.sample.mass > 70.0, weights=prepared.sample.weight) > 0.8
    ModelFile.of(prepared, fit_prepared(prepared), fit_kinematics(prepared, "bootstrap", members=2)).save(
        tmp_path / "cms.npz"
    )
    model = load_model(tmp_path / "cms.npz")
    assert model.summary()["beam"] == "LHC"
    pt, _ = model.model.sample(np.full(1000, 91.0), np.random.default_rng(1))
    assert 2.0 < np.median(pt) < 30.0
    with pytest.raises(ValueRangeError, match="no normalisation"):
        model.source("dilepton:cms")
