"""N(epsilon) against particles that are followed one by one through matter and magnet (slow twin)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.millicharged.card import Magnet, Shield, load_mcp_experiment
from darkbeam.millicharged.simulate import KEPT, Simulation
from darkbeam.production.pairs import pair_sources
from darkbeam.propagation import get_material, projected_angle, stopping_power

MASS = 0.1
IRON = Shield(get_material("iron"), 6.0, 5.0)
MAGNET = Magnet(4.0, 3.0)


@pytest.fixture(scope="module")
def eta():
    return pair_sources("SPS", ["meson:eta"])[0]


def experiment(name, shielding=(IRON,), magnet=MAGNET):
    """Detector of a card, large and near by."""
    e = load_mcp_experiment(name)
    return replace(
        e, distance=50.0, angle=0.0, face=(3.0, 2.0), shielding=shielding, magnet=magnet, variants={}, regions=(),
        efficiency=1.0,
    )  # fmt: skip


def walk(e, p4, epsilon, rng, steps=25):
    """Where particles (4, n) cross the plane of the face and with what energy; NaN for those that stop."""
    E = p4[0].copy()
    slope, place = p4[1:3] / p4[3], np.zeros((2, p4.shape[1]))
    z = 0.0
    if e.magnet is not None:
        place += slope * e.magnet.position
        z = e.magnet.position
        sign = np.where(rng.random(p4.shape[1]) < 0.5, 1.0, -1.0)
        momentum = np.sqrt(E**2 - MASS**2)
        slope[0] += sign * 0.299792458 * e.magnet.field_integral * epsilon / momentum
    for s in e.shielding:
        place += slope * (s.start - z)
        dx = s.thickness / steps
        for _ in range(steps):
            E = E - epsilon**2 * stopping_power(E, MASS, s.material) * dx
            E = np.where(np.sqrt(1.01) * MASS < E, E, np.nan)
            theta = projected_angle(np.nan_to_num(E, nan=1.0), MASS, epsilon, [(s.material, s.thickness)])
            place += slope * dx
            slope = slope + theta / np.sqrt(steps) * rng.standard_normal(slope.shape)
        z = s.start + s.thickness
    return place + slope * (e.distance - z), E


def brute_force(e, source, epsilon, n=8000, turns=8):
    """Detected particles per collision and its error."""
    rng = np.random.default_rng(7)
    flux = source.pairs(MASS, n, rng)
    p4 = flux.p4.reshape(4, -1)
    weight = np.concatenate([flux.weight, flux.weight])
    near = (np.hypot(p4[1], p4[2]) < 0.3 * p4[3]) & (p4[0] > 1.01 * MASS)
    p4, weight = p4[:, near], weight[near]
    score = np.zeros(len(weight))
    for a in 2.0 * np.pi * (np.arange(turns) + rng.random()) / turns:
        turned = np.stack(
            [p4[0], p4[1] * np.cos(a) - p4[2] * np.sin(a), p4[1] * np.sin(a) + p4[2] * np.cos(a), p4[3]]
        )
        place, E = walk(e, turned, epsilon, rng)
        inside = np.isfinite(E) & (abs(place[0]) < 0.5 * e.face[0]) & (abs(place[1]) < 0.5 * e.face[1])
        path = e.length * np.sqrt(1.0 + np.sum(place**2, axis=0) / e.distance**2)
        mu = e.detector.response(path[inside], E[inside], MASS, "dirac")
        layers = np.broadcast_to(mu, (e.detector.layers, len(mu)))
        score[inside] += e.detector.efficiency(layers, epsilon) / turns
    found = epsilon**2 * weight * score
    return float(np.sum(found)), float(np.sqrt(np.sum(found**2)))


# none of these is a level of the simulation
@pytest.mark.parametrize(
    ("name", "epsilon"), [("DUNE_ND", 0.03), ("FORMOSA", 0.13), ("DUNE_ND", 0.43), ("FORMOSA", 0.9)]
)
def test_matter_and_magnet(eta, name, epsilon):
    e = experiment(name)
    expected, error = brute_force(e, eta, epsilon)
    point = Simulation(e, (eta,), "dirac", 1.0, n=100_000).at(MASS)
    found = float(point.events(epsilon))
    coarse = float(point.events(epsilon, photons=KEPT[1]))
    assert expected > 0.0
    for value, own in ((found, 0.03), (coarse, 0.06)):
        assert abs(value - expected) < 3.0 * np.hypot(error, own * expected)
    # matter and magnet matter here
    assert (
        float(point.events(epsilon, level=0.0))
        > {0.03: 1.01, 0.13: 1.1, 0.43: 2.0, 0.9: 5.0}[epsilon] * found
    )


@pytest.mark.parametrize("name", ["FORMOSA", "DUNE_ND"])
def test_particles_are_counted_one_by_one(eta, name):
    # both particles of a pair count: N is the number of detected particles, not that of events with any
    e = experiment(name, (), None)
    rng = np.random.default_rng(3)
    flux = eta.pairs(MASS, 40_000, rng)
    turn = 2.0 * np.pi * rng.random(len(flux.weight))
    x, y = (
        (flux.p4[1] * np.cos(turn) - flux.p4[2] * np.sin(turn)) / flux.p4[3] * e.distance,
        (flux.p4[1] * np.sin(turn) + flux.p4[2] * np.cos(turn)) / flux.p4[3] * e.distance,
    )
    inside = (flux.p4[3] > 0.0) & (np.abs(x) < 0.5 * e.face[0]) & (np.abs(y) < 0.5 * e.face[1])
    for epsilon in (3e-3, 0.5):
        path = e.length * np.sqrt(1.0 + (x**2 + y**2) / e.distance**2)
        mu = e.detector.response(path.ravel(), flux.p4[0].ravel(), MASS, "dirac")
        each = e.detector.efficiency(np.broadcast_to(mu, (e.detector.layers, mu.size)), epsilon)
        seen = np.where(inside, each.reshape(inside.shape), 0.0)
        particles = epsilon**2 * np.sum(flux.weight * np.sum(seen, axis=0))
        events = epsilon**2 * np.sum(flux.weight * (1.0 - np.prod(1.0 - seen, axis=0)))
        found = float(Simulation(e, (eta,), "dirac", 1.0, n=100_000).at(MASS).events(epsilon))
        assert found == pytest.approx(particles, rel=0.06)
        assert events < particles * (1.0 - 1e-9)
        if epsilon == 0.5:
            assert events < 0.7 * particles
