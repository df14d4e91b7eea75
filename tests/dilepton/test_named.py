"""Measured sources by name, and the file behind them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.card import DileptonCard, Normalisation
from darkbeam.dilepton.compare import label_of, split_sources
from darkbeam.dilepton.fit import chosen_back_end
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.model_file import ModelFile, load_model
from darkbeam.dilepton.named import measured_file, measured_source
from darkbeam.dilepton.prepare import Prepared
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.source import Source


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sample = mock_sample(20_000)
    card = DileptonCard(mass_resolution=0.0, normalisation=Normalisation("pairs", 3.4e-4))
    spectrum = fit_spectrum(sample, 0.0)
    path = tmp_path_factory.mktemp("named") / "mine.npz"
    kinematics = fit_bootstrap(sample, np.random.default_rng(1), members=2)
    ModelFile.of(Prepared(sample, card, ("a note",)), spectrum, kinematics).save(path)
    return path


def test_file_holds_everything(model: Path) -> None:
    found = load_model(model)
    assert found.training["notes"] == ["a note"]
    assert found.summary()["pairs"] == 20_000
    assert found.card.normalisation == Normalisation("pairs", 3.4e-4)
    value, error = found.spectrum.rate(0.35)
    assert value[0] > 5.0 * error[0]


def test_file_is_read_without_pickle(model: Path) -> None:
    with np.load(model, allow_pickle=False) as arrays:
        assert str(arrays["format"]) == "darkbeam-dilepton-1"
        assert all(arrays[k].dtype != object for k in arrays.files)


def test_source_of_a_name(model: Path) -> None:
    source = measured_source(f"dilepton:{model}", get_facility("SPS"))
    assert isinstance(source, Source)
    assert source.name == "dilepton:mine.npz"
    flux = source.flux(0.3, 4000, np.random.default_rng(2))
    assert flux.total() == pytest.approx(source.total(0.3), rel=1e-9)
    assert source.valid[0] < 0.1  # with the analytic part below the muon threshold


def test_source_at_another_beam_is_carried_over(model: Path) -> None:
    source = measured_source(f"dilepton:{model}", get_facility("Fermilab"))
    assert source.transport is not None
    assert 0.0 < source.total(0.4) < measured_source(f"dilepton:{model}", get_facility("SPS")).total(0.4)


def test_analytic_part_at_another_beam_is_that_of_its_mesons(model: Path) -> None:
    """Below the data both beams have r times their own generated mesons, with the same r."""
    from darkbeam.production.mesons import MesonDecay
    from darkbeam.spectra import load_spectra

    here, there = (measured_source(f"dilepton:{model}", get_facility(b)) for b in ("SPS", "Fermilab"))
    assert there.valid[0] < 0.1
    pions = [MesonDecay("meson:pi0", load_spectra(b)).total(0.05) for b in ("SPS", "Fermilab")]
    assert there.total(0.05) / here.total(0.05) == pytest.approx(pions[1] / pions[0], rel=0.05)


def test_data_that_begin_above_the_threshold_get_no_analytic_part(model: Path) -> None:
    found = load_model(model)
    sample = mock_sample(20_000)
    high = fit_spectrum(replace(sample.select(sample.mass > 0.3), normalisation=1e-4), 0.0)
    assert replace(found, spectrum=high).source("dilepton:high").below is None
    assert found.source("dilepton:all").below is not None


def test_refusals(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueRangeError, match="no model"):
        measured_file("dilepton:absent.npz")
    with pytest.raises(ValueRangeError, match="per inelastic collision"):
        measured_source(f"dilepton:{model}", get_facility("SPS"), "all")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(ValueRangeError, match="is not a model"):
        load_model(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ValueRangeError, match="is not a model"):
        load_model(tmp_path / "text.npz")
    with pytest.raises(UnknownNameError):
        chosen_back_end("forest", 1e5)


def test_back_end_by_size() -> None:
    assert chosen_back_end("auto", 2e6) == "bootstrap"
    assert chosen_back_end("histogram", 1e3) == "histogram"


def test_sources_of_a_comparison() -> None:
    assert split_sources(None) == (("dilepton:mock",), None)
    assert split_sources(("meson", "dilepton:a.npz")) == (("dilepton:a.npz",), ("meson",))
    assert "mock" in label_of(("dilepton:mock",))
    assert label_of(("dilepton:data/na60.npz",)) == "from lepton pairs (na60)"
