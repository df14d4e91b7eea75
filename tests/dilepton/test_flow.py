"""Training of the flow: needs the extra `flow`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from darkbeam.dilepton.check import check_model
from darkbeam.dilepton.ensemble import fit_flow
from darkbeam.dilepton.flow import build, torch_invert
from darkbeam.dilepton.flow_density import log_density
from darkbeam.dilepton.flow_numpy import FlowModel
from darkbeam.dilepton.flow_train import Epoch, TrainSettings, settings_for
from darkbeam.dilepton.metrics import ks
from darkbeam.dilepton.mock import mock_kinematics, mock_sample
from darkbeam.errors import ValueRangeError

pytestmark = pytest.mark.flow
pytest.importorskip("torch")
pytest.importorskip("zuko")

QUICK = TrainSettings(epochs=3, batch=512, hats=8, hidden=16, bins=6)


@pytest.fixture(scope="module")
def trained() -> FlowModel:
    return fit_flow(mock_sample(30_000, 1), members=0)


@pytest.fixture(scope="module")
def small() -> Any:
    return mock_sample(6000, 2)


def _layers(flow: FlowModel) -> list[bytes]:
    return [a.tobytes() for f in (flow, *flow.replicas) for a in f.layers]


def test_numpy_follows_torch(trained: FlowModel) -> None:
    hidden = trained.layers[0].shape[0]
    torch_flow = build(trained.context.size, trained.bins, hidden, trained.layers)
    rng = np.random.default_rng(1)
    mass = np.geomspace(*trained.support, 20_000)
    z = rng.standard_normal((2, mass.size), dtype=np.float32)
    expected = torch_invert(torch_flow, trained.context.columns(mass), z)
    assert np.max(np.abs(trained.invert(mass, z) - expected)) < 1e-5


def test_density_is_that_of_torch(trained: FlowModel) -> None:
    torch = pytest.importorskip("torch")
    data = mock_sample(5000, 3)
    hidden = trained.layers[0].shape[0]
    torch_flow = build(trained.context.size, trained.bins, hidden, trained.layers)
    mass = np.clip(data.mass, *trained.support)
    x = np.stack([np.log(data.pt + 0.02), data.y], axis=1)
    x = ((x - trained.centre) / trained.scale).astype(np.float32)
    with torch.no_grad():
        context = torch.from_numpy(np.ascontiguousarray(trained.context.columns(mass).T))
        expected = torch_flow(context).log_prob(torch.from_numpy(x)).numpy()
    jacobian = np.log(np.prod(trained.scale)) + np.log(data.pt + 0.02)
    assert np.allclose(trained.log_density(mass, data.pt, data.y) + jacobian, expected, atol=2e-4)


def test_training_density_and_its_gradient_are_those_of_zuko() -> None:
    """In double precision, with points beyond the spline and in its first and last bin."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    flow = build(7, 5, 12).double()
    with torch.no_grad():
        for tensor in flow.parameters():
            tensor.copy_(torch.from_numpy(rng.normal(0.0, 0.6, tuple(tensor.shape))))
    columns = torch.from_numpy(rng.standard_normal((7, 600)))
    x = torch.from_numpy(rng.uniform(-6.0, 6.0, (2, 600)))
    expected, own = flow(columns.T).log_prob(x.T), log_density(flow, columns, x)
    assert torch.allclose(own, expected, atol=1e-9)
    tensors = list(flow.parameters())
    for one, other in zip(
        torch.autograd.grad(own.sum(), tensors), torch.autograd.grad(expected.sum(), tensors), strict=True
    ):
        assert torch.allclose(one, other, rtol=1e-7, atol=1e-8)


def test_flow_describes_pairs_it_has_not_seen(trained: FlowModel) -> None:
    result = check_model(
        trained, mock_sample(60_000, 9), training=mock_sample(30_000, 1), classifier=False, n_model=120_000,
        truth=mock_kinematics, n_forward=8000,
    ).to_json()  # fmt: skip
    for variable in ("pT", "y"):
        floor = result["kl_floor"][variable]
        assert result["kl_mean"][variable] - floor < 0.005
        assert result["kl_mean"][variable] < 1.15 * result["kl_mean_bootstrap"][variable]
    errors = [abs(r["model"] / r["truth"] - 1.0) for r in result["forward"]]
    assert np.median(errors) < 0.25


def test_classifier_can_hardly_tell(trained: FlowModel) -> None:
    pytest.importorskip("sklearn")
    result = check_model(
        trained, mock_sample(50_000, 9), training=mock_sample(30_000, 1), n_model=50_000, n_forward=100
    )
    assert result.auc is not None
    assert result.auc_bootstrap is not None
    assert result.auc < 0.52
    assert result.auc < result.auc_bootstrap


def test_same_seed_same_flow(small: Any) -> None:
    first, again = (fit_flow(small, seed=3, members=1, settings=QUICK) for _ in range(2))
    assert _layers(first) == _layers(again)
    assert _layers(first) != _layers(fit_flow(small, seed=4, members=1, settings=QUICK))
    assert not np.array_equal(first.layers[0], first.replicas[0].layers[0])
    assert first.about["training_hash"] == again.about["training_hash"]


def test_interrupted_training_ends_in_the_same_flow(small: Any, tmp_path: Path) -> None:
    whole = fit_flow(small, members=1, settings=QUICK)

    def stop(epoch: Epoch) -> None:
        if (epoch.member, epoch.epoch) == (1, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_flow(small, members=1, settings=QUICK, checkpoint=tmp_path / "run", progress=stop)
    seen: list[Epoch] = []
    resumed = fit_flow(small, members=1, settings=QUICK, checkpoint=tmp_path / "run", progress=seen.append)
    assert [(e.member, e.epoch) for e in seen] == [(1, 3)]
    assert _layers(resumed) == _layers(whole)
    other = fit_flow(small, members=0, seed=9, settings=QUICK, checkpoint=tmp_path / "run")
    assert _layers(other) == _layers(fit_flow(small, members=0, seed=9, settings=QUICK))


def test_training_stops_early(small: Any) -> None:
    few = small.select(np.arange(1500))
    how = TrainSettings(epochs=40, batch=128, hats=6, hidden=32, patience=3, rate=2e-2)
    history = fit_flow(few, members=0, settings=how).about["history"][0]
    assert len(history) < 40
    best = int(np.argmin([h[1] for h in history]))
    assert len(history) == best + 1 + 3


def test_weights_unfold_an_efficiency() -> None:
    data = mock_sample(24_000, 5)
    efficiency = 0.2 + 0.8 / (1.0 + np.exp(-(data.y - 3.5) / 0.3))
    keep = np.random.default_rng(1).random(len(data)) < efficiency
    kept = data.select(keep).reweighted(1.0 / efficiency[keep])
    truth = mock_sample(40_000, 6)
    how = TrainSettings(epochs=4, batch=512, hats=8)
    distance = []
    for sample in (kept, kept.reweighted(np.ones(len(kept)))):
        flow = fit_flow(sample, members=0, settings=how)
        inside = (truth.mass > flow.support[0]) & (truth.mass < flow.support[1])
        _, y = flow.sample(truth.mass[inside], np.random.default_rng(2))
        distance.append(ks(truth.y[inside], y))
    assert distance[0] < 0.025
    assert distance[1] > 0.1


def test_refusals(small: Any) -> None:
    weight = small.weight.copy()
    weight[:3] = -1.0
    with pytest.raises(ValueRangeError, match="3 of 6000 weights are negative"):
        fit_flow(small.reweighted(weight), members=0, settings=QUICK)
    with pytest.raises(ValueRangeError, match="effective pairs"):
        fit_flow(small.select(np.arange(100)), members=0, settings=QUICK)


def test_settings_follow_the_size() -> None:
    assert settings_for(1e6).batch > settings_for(1e5).batch > settings_for(1e3).batch
    assert settings_for(1e6).hats > settings_for(1e5).hats


@pytest.mark.slow
def test_targets_at_1e5_pairs() -> None:
    """Area under the curve: mean of four samples, because one has an error of 0.001."""
    start = time.process_time()
    flow = fit_flow(mock_sample(100_000, 1), members=0)
    assert time.process_time() - start < 20.0
    training = mock_sample(100_000, 1)
    result = check_model(
        flow, mock_sample(1_000_000, 999), training=training, classifier=False
    ).to_json()  # fmt: skip
    for variable in ("pT", "y"):
        assert result["kl_mean"][variable] - result["kl_floor"][variable] <= 0.001
    checks = [
        check_model(
            flow, mock_sample(300_000, 995 + k), training=training, n_model=300_000, n_forward=100, seed=k
        )
        for k in range(4)
    ]
    area, bootstrap = (np.mean([getattr(c, k) for c in checks]) for k in ("auc", "auc_bootstrap"))
    assert area <= 0.506
    assert area < bootstrap
