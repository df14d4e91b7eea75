"""Bootstrap and histogram back ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import ks_2samp

from darkbeam.dilepton.bootstrap import BootstrapModel, fit_bootstrap, inside
from darkbeam.dilepton.histogram import HistogramModel, fit_histogram
from darkbeam.dilepton.mock import mock_kinematics, mock_sample
from darkbeam.dilepton.model import KinematicModel
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from pathlib import Path

MODELS = {"bootstrap": (fit_bootstrap, BootstrapModel), "histogram": (fit_histogram, HistogramModel)}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("mass", [0.25, 0.5, 0.72, 1.3])
def test_kinematics_at_fixed_mass(name: str, mass: float) -> None:
    """Within the error of 400 pairs (KS 0.068 at 5 %) of the truth; cells of the histogram are wider in mass."""
    rng = np.random.default_rng(2)
    model = MODELS[name][0](mock_sample(180_000, 3), rng, members=0)
    m = np.full(20_000, mass)
    for drawn, true in zip(model.sample(m, rng), mock_kinematics(m, rng), strict=True):
        assert ks_2samp(drawn, true).statistic < (0.08 if name == "bootstrap" else 0.11)


@pytest.mark.parametrize("name", MODELS)
def test_moments_of_the_whole_sample(name: str) -> None:
    data, rng = mock_sample(100_000, 3), np.random.default_rng(2)
    pt, y = MODELS[name][0](data, rng, members=0).sample(data.mass, rng)
    assert np.mean(pt) == pytest.approx(float(np.mean(data.pt)), rel=0.02)
    assert np.std(y) == pytest.approx(float(np.std(data.y)), rel=0.02)
    assert np.mean(inside(data.mass, pt, y, "SPS")) > 0.9999


@pytest.mark.parametrize("name", MODELS)
def test_saved_model_samples_the_same(name: str, tmp_path: Path) -> None:
    fit, kind = MODELS[name]
    model = fit(mock_sample(5000, 3), np.random.default_rng(2), members=3)
    assert isinstance(model, KinematicModel)
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        again = kind.from_arrays({k: file[k] for k in file.files})
    m = np.linspace(0.3, 1.0, 500)
    for a, b in ((model, again), (model.members[2], again.members[2])):
        first, second = (x.sample(m, np.random.default_rng(7)) for x in (a, b))
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(
        model.members[0].sample(m, np.random.default_rng(7)),
        model.members[1].sample(m, np.random.default_rng(7)),
    )


def test_members_spread_as_the_statistical_error() -> None:
    """Mean pT over replicas against sigma/sqrt(k), mean over five masses: replicas look at as many pairs."""
    rng = np.random.default_rng(5)
    model = fit_bootstrap(mock_sample(60_000, 3), rng, members=80)
    ratios = []
    for mass in (0.35, 0.6, 0.72, 0.78, 1.02):
        m = np.full(6000, mass)
        means = [float(np.mean(x.sample(m, rng)[0])) for x in model.members]
        width = float(np.std(model.sample(m, rng)[0]))
        ratios.append(np.std(means) / (width * np.sqrt(1.0 / model.neighbours + 1.0 / m.size)))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("name", MODELS)
def test_bad_data_are_refused(name: str) -> None:
    fit, rng = MODELS[name][0], np.random.default_rng(1)
    sample = mock_sample(1000, 1)
    with pytest.raises(ValueRangeError, match="3 "):
        fit(sample.reweighted(np.where(np.arange(1000) < 3, -1.0, 1.0)), rng)
    with pytest.raises(ValueRangeError, match="10 pairs"):
        fit(mock_sample(10, 1), rng)
