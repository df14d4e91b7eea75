"""Pools, crossings and signals against the pairs of the production modules, which know nothing of the shortcuts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.detection import RecoilDetector
from darkbeam.millicharged.candidates import Candidates
from darkbeam.millicharged.card import Shield, load_mcp_experiment
from darkbeam.millicharged.crossing import cross
from darkbeam.millicharged.pool import photon_pool
from darkbeam.millicharged.signals import Signals
from darkbeam.millicharged.simulate import Simulation
from darkbeam.production.pairs import pair_sources
from darkbeam.production.source import N_BLOCKS
from darkbeam.propagation import get_material

NAMES = ["meson:eta", "mixing", "quarkonium:jpsi", "drell-yan"]


@pytest.fixture(scope="module")
def sources():
    return {s.name: s for s in pair_sources("SPS", NAMES)}


@pytest.mark.parametrize(("name", "mass"), [(n, m) for n in NAMES for m in (0.05, 0.25) if n])
def test_pool_sums_to_the_yield(sources, name, mass):
    pool = photon_pool(sources[name], 40_000, np.random.default_rng(1))
    assert np.sum(pool.pairs(mass, "dirac")) == pytest.approx(sources[name].total(mass), rel=0.03)
    assert np.sum(pool.pairs(mass, "scalar")) < 0.3 * np.sum(pool.pairs(mass, "dirac"))


def wide(angle):
    """A large face, so that sampled pairs meet it."""
    e = load_mcp_experiment("BEBC")
    return replace(e, distance=50.0, face=(4.0, 3.0), angle=angle, shielding=(), variants={})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("angle", [0.0, 0.06])
def test_crossings_are_those_of_sampled_pairs(sources, name, angle):
    e, mass = wide(angle), 0.2
    rng = np.random.default_rng(3)
    pool = photon_pool(sources[name], 40_000, rng)
    found = cross(pool, e, mass, "dirac", rng, n=20_000)
    flux = sources[name].pairs(mass, 30_000, rng)
    _, x, y, z = flux.p4.reshape(4, -1)
    # the azimuth is uniform: turn every particle onto the detector in 20 steps
    turns = 2.0 * np.pi * np.arange(20) / 20.0
    hits = np.zeros(x.shape)
    for t in turns:
        a, b = x * np.cos(t) - y * np.sin(t), x * np.sin(t) + y * np.cos(t)
        along = a * np.sin(angle) + z * np.cos(angle)
        left = a * np.cos(angle) - z * np.sin(angle)
        inside = (along > 0) & (np.abs(left) < 2.0 / 50.0 * along) & (np.abs(b) < 1.5 / 50.0 * along)
        hits += inside / len(turns)
    weight = np.concatenate([flux.weight, flux.weight]) * hits
    assert np.count_nonzero(hits) > 300
    # pairs at 24 masses only on one side, heavy weights at the edge of the cone on the other
    error = np.hypot(np.sqrt(np.sum(weight**2)), np.sqrt(np.sum(found.weight**2))) + 0.02 * np.sum(weight)
    assert abs(np.sum(found.weight) - np.sum(weight)) < 4.0 * error
    energy = np.sum(weight * flux.p4[0].reshape(-1)) / np.sum(weight)
    assert np.sum(found.weight * found.energy) / np.sum(found.weight) == pytest.approx(energy, rel=0.15)


def test_signals_keep_what_was_put_in():
    rng = np.random.default_rng(5)
    mu, weight = np.exp(rng.normal(5.0, 2.0, 4000)), rng.random(4000)
    block = rng.integers(0, N_BLOCKS, 4000)
    signals = Signals.of(mu, weight, block, np.stack([2.0 * weight]))
    detector = RecoilDetector(get_material("argon"), 1e-3, hits=2)
    for eps in (1e-3, 0.03, 0.5):
        exact = eps**2 * np.sum(weight * detector.efficiency(mu[None], eps))
        rows = signals.events(detector, eps, slice(None))
        assert rows[0] == pytest.approx(exact, rel=2e-3)
        assert rows[1] == pytest.approx(2.0 * rows[0])
        assert np.sum(rows[2:]) == pytest.approx(rows[0])


def test_matter_stops_particles(sources):
    e = replace(wide(0.0), shielding=(Shield(get_material("iron"), 20.0, 5.0),))
    simulation = Simulation(e, (sources["meson:eta"],), "dirac", 1e15, n=20_000)
    point = simulation.at(0.1)
    free = Simulation(wide(0.0), (sources["meson:eta"],), "dirac", 1e15, n=20_000).at(0.1)
    assert float(point.events(2e-3)) == pytest.approx(float(free.events(2e-3)), rel=0.02)
    assert float(point.events(1e-6)) == pytest.approx(float(free.events(1e-6)), rel=1e-9)
    assert 0.0 < float(point.events(1.0)) < 0.3 * float(free.events(1.0))


def test_mean_square_lever():
    shield = Shield(get_material("rock"), 40.0, 10.0)
    s = np.linspace(10.0, 50.0, 100_001)
    assert shield.lever(100.0) == pytest.approx(np.sqrt(np.mean((1.0 - s / 100.0) ** 2)), rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_followed_photons_are_normalised_to_the_yield(sources, name):
    pool, total = photon_pool(sources[name], 10_000, np.random.default_rng(1)), sources[name].total(0.2)
    followed = Candidates.of(pool, wide(0.0), 0.2, "dirac", total)
    assert np.sum(followed.pairs) == pytest.approx(total, rel=1e-12)
    raw = Candidates.of(pool, wide(0.0), 0.2, "dirac")
    np.testing.assert_allclose(followed.pairs, raw.pairs * (total / np.sum(raw.pairs)), rtol=1e-12)
