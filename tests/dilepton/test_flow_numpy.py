"""The numpy sampler and density of a flow, and its tables, on a network with random weights."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

from darkbeam.dilepton.bake import TableModel, bake
from darkbeam.dilepton.bootstrap import inside
from darkbeam.dilepton.flow_numpy import FlowModel, _inside, spline, spline_inverse, spline_knots
from darkbeam.dilepton.hats import fit_context
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.model import KinematicModel
from darkbeam.errors import MassRangeError

BINS, HIDDEN = 8, 16


def random_flow(seed: int = 1, members: int = 0) -> FlowModel:
    """Flow of a masked network with random weights: even units see the mass only, odd ones also x_0."""
    data = mock_sample(20_000, 3)
    context, notes = fit_context(data.mass, data.weight, 12)
    rng = np.random.default_rng(seed)
    free = np.arange(HIDDEN) % 2 == 1
    k = 3 * BINS - 1
    w0 = rng.normal(0.0, 0.2, (HIDDEN, 2 + context.size))
    w0[:, 1] = 0.0
    w0[~free, 0] = 0.0
    w1 = rng.normal(0.0, 0.2, (HIDDEN, HIDDEN))
    w1[np.ix_(~free, free)] = 0.0
    w2 = rng.normal(0.0, 0.2, (2 * k, HIDDEN))
    w2[:k, free] = 0.0
    biases = (rng.normal(0.0, 0.2, n) for n in (HIDDEN, HIDDEN, 2 * k))
    layers = tuple(np.float32(a) for pair in zip((w0, w1, w2), biases, strict=True) for a in pair)
    x = np.stack([np.log(data.pt + 0.02), data.y])
    replicas = tuple(random_flow(seed + 1 + i) for i in range(members))
    about = {"notes": list(notes), "pairs": 20_000}
    return FlowModel(context, layers, BINS, x.mean(axis=1), x.std(axis=1), "SPS", about, replicas)


def slow_spline(x: float, theta: list[float]) -> float:
    """Equation (4) of arXiv:1906.04032 for one number, parameters softened as zuko does."""
    soft = [t / (1 + abs(2 * t / math.log(1e-3))) for t in theta[: 2 * BINS]]
    slopes = [1.0, *(math.exp(t / (1 + abs(t / math.log(1e-3)))) for t in theta[2 * BINS :]), 1.0]
    edges = []
    for part in (soft[:BINS], soft[BINS:]):
        share = [math.exp(t) for t in part]
        edges.append([-5.0 + 10.0 * sum(share[:i]) / sum(share) for i in range(BINS + 1)])
    if abs(x) >= 5.0:
        return x
    i = max(j for j in range(BINS) if edges[0][j] <= x)
    w, h = edges[0][i + 1] - edges[0][i], edges[1][i + 1] - edges[1][i]
    s, xi = h / w, (x - edges[0][i]) / w
    top = h * (s * xi**2 + slopes[i] * xi * (1 - xi))
    return edges[1][i] + top / (s + (slopes[i + 1] + slopes[i] - 2 * s) * xi * (1 - xi))


def test_spline_against_slow_twin_and_inverse() -> None:
    rng = np.random.default_rng(2)
    theta = rng.normal(0.0, 2.0, (3 * BINS - 1, 300))
    x = np.concatenate([rng.uniform(-5.0, 5.0, 280), rng.uniform(-8.0, 8.0, 20)])
    knots = spline_knots(theta, BINS)  # type: ignore[arg-type]  # in double precision here
    value, slope = spline(x, knots)
    slow = [slow_spline(v, t.tolist()) for v, t in zip(x.tolist(), theta.T, strict=True)]
    assert np.allclose(value, slow, atol=1e-12)
    assert np.allclose(spline_inverse(value, knots), x, atol=1e-9)
    step = 1e-6
    numeric = (spline(x + step, knots)[0] - spline(x - step, knots)[0]) / (2 * step)
    assert np.allclose(np.exp(slope), numeric, rtol=1e-4)


def test_density_has_unit_integral_and_matches_samples() -> None:
    flow = random_flow()
    m = 0.6
    u = np.linspace(np.log(0.02), np.log(40.0), 300)
    y = np.linspace(-15.0, 21.0, 361)
    pt = np.exp(u) - 0.02
    grid = np.meshgrid(pt, y, indexing="ij")
    p = np.exp(flow.log_density(np.full(grid[0].size, m), grid[0].ravel(), grid[1].ravel()))
    joint = p.reshape(grid[0].shape) * np.exp(u)[:, None]
    assert np.sum(joint) * (u[1] - u[0]) * (y[1] - y[0]) == pytest.approx(1.0, abs=0.02)
    drawn, _ = flow._draw(np.full(20_000, m), np.random.default_rng(4))
    cumulative = np.cumsum(np.sum(joint, axis=1)) * (u[1] - u[0]) * (y[1] - y[0])
    for q in (0.2, 0.5, 0.8):
        expected = np.interp(q, cumulative, u + 0.5 * (u[1] - u[0]))
        assert np.mean(np.log(drawn + 0.02) < expected) == pytest.approx(q, abs=0.02)


def test_equal_masses_take_the_short_way_to_the_same_numbers() -> None:
    flow = random_flow()
    mass = np.full(5000, 0.8)
    mixed = mass.copy()
    mixed[-1] = 0.9
    one, other = (flow.sample(m, np.random.default_rng(5)) for m in (mass, mixed))
    assert np.allclose(one[0][:4990], other[0][:4990], rtol=1e-4, atol=1e-5)


def test_samples_respect_energy_conservation_and_seed() -> None:
    flow = random_flow(2)
    assert isinstance(flow, KinematicModel)
    mass = np.geomspace(*flow.support, 20_000)
    pt, y = flow.sample(mass, np.random.default_rng(6))
    assert np.all(inside(mass, pt, y, "SPS"))
    again = flow.sample(mass, np.random.default_rng(6))
    assert np.array_equal(pt, again[0])
    assert np.array_equal(y, again[1])


def test_quick_kinematic_limit_is_the_limit() -> None:
    rng = np.random.default_rng(8)
    mass, pt, y = (
        rng.uniform(0.2, 4.0, 50_000),
        rng.exponential(1.0, 50_000) - 0.05,
        rng.normal(3.4, 2.5, 50_000),
    )
    expected = inside(mass, pt, y, "SPS")
    assert 0.1 < np.mean(expected) < 0.9
    assert np.array_equal(_inside(mass, pt, y, "SPS"), expected)


@pytest.mark.parametrize("kind", ["flow", "table"])
def test_masses_outside_the_data_are_refused(kind: str) -> None:
    flow = random_flow()
    model = flow if kind == "flow" else bake(flow, 30, 8, 17)
    with pytest.raises(MassRangeError, match="outside the data"):
        model.sample(np.array([0.5, 4.5]), np.random.default_rng(1))


@pytest.mark.parametrize("kind", ["flow", "table"])
def test_file_round_trip(kind: str, tmp_path: Path) -> None:
    flow = random_flow(members=2)
    model = flow if kind == "flow" else bake(flow, 30, 8, 17)
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert str(file["backend"]) == kind
        arrays = dict(file)
    back = (FlowModel if kind == "flow" else TableModel).from_arrays(arrays)
    mass = np.full(100, 0.7)
    assert back.notes == model.notes
    assert len(back.members) == 2
    for one, other in zip((model, *model.members), (back, *back.members), strict=True):
        first, second = (m.sample(mass, np.random.default_rng(3)) for m in (one, other))
        assert np.array_equal(first[0], second[0])
        assert np.array_equal(first[1], second[1])


@pytest.mark.parametrize("crowd", [1e-3, 1e-9])
def test_nodes_of_a_table_are_those_of_a_binary_search(crowd: float) -> None:
    """Also where several nodes share a cell of the look-up, and at the nodes themselves."""
    rng = np.random.default_rng(7)
    nodes = np.unique(np.concatenate([rng.uniform(0.2, 4.0, 80), 1.0 + crowd * rng.random(40)]))
    empty = np.zeros((nodes.size, 3), dtype=np.float32)
    table = TableModel(nodes, empty, empty[:, None], np.zeros(2), np.ones(2))
    mass = np.concatenate([nodes, np.nextafter(nodes, 0.0)[1:], rng.uniform(nodes[0], nodes[-1], 20_000)])
    expected = np.clip(np.searchsorted(nodes, mass, side="right") - 1, 0, nodes.size - 2)
    assert np.array_equal(table._node(mass), expected)


def test_table_follows_the_flow() -> None:
    flow = random_flow(3)
    table = bake(flow, 300, 48, 65)
    mass = np.geomspace(*flow.support, 30_000)
    drawn = [m.sample(mass, np.random.default_rng(s)) for s, m in ((1, flow), (2, table))]
    for variable in range(2):
        assert ks_2samp(drawn[0][variable], drawn[1][variable]).pvalue > 1e-3
    assert abs(np.corrcoef(*drawn[0])[0, 1] - np.corrcoef(*drawn[1])[0, 1]) < 0.03
