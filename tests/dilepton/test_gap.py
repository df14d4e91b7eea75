"""Masses without a rate: a narrow state that the resolution hides and that was not fitted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import darkbeam
from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.card import DileptonCard, Normalisation
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.model_file import ModelFile, load_model
from darkbeam.dilepton.prepare import Prepared
from darkbeam.dilepton.source import OffShellPhoton
from darkbeam.errors import MassRangeError
from darkbeam.production.source import gap_at

M_PHI, RESOLUTION = 1.019461, 0.02


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sample = mock_sample(30_000, 1, RESOLUTION)
    card = DileptonCard(mass_resolution=RESOLUTION, normalisation=Normalisation("pairs", 3.4e-4))
    spectrum = fit_spectrum(sample, RESOLUTION, line_shapes=False)
    kinematics = fit_bootstrap(sample, np.random.default_rng(1), members=1)
    path = tmp_path_factory.mktemp("gap") / "hidden.npz"
    ModelFile.of(Prepared(sample, card, ()), spectrum, kinematics).save(path)
    return path


@pytest.fixture(scope="module")
def source(model: Path) -> OffShellPhoton:
    return load_model(model).source("dilepton:hidden.npz")


@pytest.mark.parametrize(
    ("sigmas", "hidden"), [(-3.1, False), (-2.9, True), (0.0, True), (2.9, True), (3.1, False)]
)
def test_gap_is_where_the_rate_is_refused(source: OffShellPhoton, sigmas: float, hidden: bool) -> None:
    mass = M_PHI * (1.0 + sigmas * RESOLUTION)
    assert bool(source.gap(mass)) == hidden
    assert gap_at([source], mass) == source.gap(mass)
    if hidden:
        with pytest.raises(MassRangeError, match="without a line shape"):
            source.total(mass)
    else:
        assert source.total(mass) > 0.0


def test_no_gap_below_the_data_or_with_a_line(source: OffShellPhoton) -> None:
    assert source.gap(0.1) == ""
    fitted = fit_spectrum(replace(mock_sample(30_000, 1, RESOLUTION), normalisation=1e-3), RESOLUTION)
    assert "phi" in {line.name for line in fitted.lines}
    assert OffShellPhoton("a", fitted, source.model).gap(M_PHI) == ""


def test_nodes_stand_on_both_sides_of_the_ends(source: OffShellPhoton) -> None:
    nodes = np.array(source.mass_nodes)
    for end in (M_PHI * (1.0 - 3.0 * RESOLUTION), M_PHI * (1.0 + 3.0 * RESOLUTION)):
        near = np.abs(nodes / end - 1.0) < 0.002
        assert {bool(source.gap(m)) for m in nodes[near]} == {True, False}


def test_scan_leaves_the_gap_out_and_says_so(model: Path) -> None:
    result = darkbeam.reach(
        "SHiP", sources=(f"dilepton:{model}",), masses=(0.9, 1.2, 3), n_draws=2000, widths=(), precision=0.1
    )
    hidden = np.abs(result.masses_GeV - M_PHI) < 3.0 * RESOLUTION * M_PHI
    assert np.sum(hidden) > 2
    assert np.all(np.isnan(result.epsilon_lower[hidden]))
    assert np.all(np.isnan(result.peak_events[hidden]))
    assert np.all(np.isfinite(result.epsilon_lower[~hidden]))
    assert len(result.islands) == 2
    assert any("no rate at phi" in note for note in result.notes)
    with pytest.raises(MassRangeError, match="without a line shape"):
        darkbeam.rate("SHiP", mass=M_PHI, epsilon=1e-7, sources=(f"dilepton:{model}",))
