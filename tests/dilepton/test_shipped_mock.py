"""The shipped model of the mock, sampled without torch, against the exact mock."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.dilepton.flow_numpy import FlowModel
from darkbeam.dilepton.metrics import kl, kl_floor, ks
from darkbeam.dilepton.mock import mock_kinematics, mock_sample
from darkbeam.dilepton.model_file import ModelFile, load_model
from darkbeam.dilepton.named import measured_file


@pytest.fixture(scope="module")
def shipped() -> ModelFile:
    return load_model(measured_file("dilepton:mock"))


def test_says_that_it_is_a_mock(shipped: ModelFile) -> None:
    assert any("mock" in note for note in shipped.training["notes"])
    assert "mock" in str(shipped.card.as_dict())


def test_is_small() -> None:
    assert measured_file("dilepton:mock").stat().st_size < 150_000


def test_kinematics_follow_the_mock(shipped: ModelFile) -> None:
    assert isinstance(shipped.model, FlowModel)
    assert len(shipped.model.members) == 4
    rng = np.random.default_rng(1)
    for mass, largest in ((0.3, 0.03), (0.6, 0.03), (0.75, 0.03), (0.7827, 0.03), (1.02, 0.04), (2.0, 0.1)):
        at = np.full(20_000, mass)
        truth, model = mock_kinematics(at, rng), shipped.model.sample(at, rng)
        assert ks(truth[0], model[0]) < largest
        assert ks(truth[1], model[1]) < largest


def test_masses_follow_the_mock(shipped: ModelFile) -> None:
    truth = mock_sample(100_000, 77)
    low, high = shipped.spectrum.knots[[0, -1]]
    inside = truth.mass[(truth.mass > low) & (truth.mass < high)]
    model = shipped.spectrum.sample(180_000, np.random.default_rng(2))
    assert kl(inside, model, cells=200) < 2.0 * kl_floor(inside.size, 180_000, 200)


def test_members_spread_around_the_model(shipped: ModelFile) -> None:
    """The mean pT of a replica differs from that of the model by per cents: more than 0.1 %, less than 10 %."""
    rng = np.random.default_rng(3)
    at = np.full(40_000, 0.9)
    means = [np.mean(m.sample(at, rng)[0]) for m in (shipped.model, *shipped.model.members)]
    spread = np.std(means[1:], ddof=1) / means[0]
    assert 0.001 < spread < 0.1
