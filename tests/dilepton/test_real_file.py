"""A real file of muon pairs (CMS open data, mostly Z), from the package ``scikit-hep-testdata`` 0.3.0: formats only.

Later versions of the package ship no files and download them, which a test must not.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from darkbeam.dilepton.card import DileptonCard
from darkbeam.dilepton.readers import read_sample


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
