"""Forced emission against a decay sampled in the rest frame."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.kinematics import boost_from_rest
from darkbeam.millicharged.emission import emission, spin_factor
from darkbeam.production.pairs_angles import sample_cos


def sampled(q, photon, mass, axis, n, rng, transverse):
    """Slow twin: lab momenta (4, n) of one particle of the pair."""
    k = np.sqrt(0.25 * q * q - mass * mass)
    beta = np.full(n, 2.0 * k / q)
    cos = (
        sample_cos(rng.random((2, n)), beta, transverse)
        if transverse is not None
        else 2.0 * rng.random(n) - 1.0
    )
    phi = 2.0 * np.pi * rng.random(n)
    sin = np.sqrt(1.0 - cos * cos)
    side = np.cross(axis, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(axis, side)
    d = cos * axis[:, None] + sin * (np.cos(phi) * side[:, None] + np.sin(phi) * up[:, None])
    rest = np.concatenate([np.full((1, n), 0.5 * q), k * d])
    p4 = np.concatenate([[np.hypot(np.linalg.norm(photon), q)], photon])
    return boost_from_rest(rest, np.repeat(p4[:, None], n, axis=1), q)


@pytest.mark.parametrize(
    ("q", "photon", "mass"),
    [
        (0.5, (0.1, 0.0, 3.0), 0.02),  # light: every direction, one solution
        (0.5, (0.1, 0.2, 3.0), 0.24),  # slow in the pair's frame: a cone with two solutions
        (2.0, (0.3, 0.0, 0.4), 0.6),  # slow photon
    ],
)
@pytest.mark.parametrize("transverse", [None, 1.0, 0.0])
def test_density_is_that_of_a_sampled_decay(q, photon, mass, transverse):
    rng = np.random.default_rng(7)
    photon = np.array(photon)
    axis = np.array([0.6, 0.0, 0.8])
    p4 = sampled(q, photon, mass, axis, 200_000, rng, transverse)
    direction = p4[1:] / np.sqrt(np.sum(p4[1:] ** 2, axis=0))
    # counts and mean momentum in a small cone, against points spread evenly over it
    centre = np.array([0.02, 0.03, 1.0]) / np.linalg.norm([0.02, 0.03, 1.0])
    cos_cone = np.cos(0.05)
    hit = centre @ direction > cos_cone
    m = 20_000
    c, f = cos_cone + (1.0 - cos_cone) * rng.random(m), 2.0 * np.pi * rng.random(m)
    side = np.cross(centre, [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    s = np.sqrt(1.0 - c * c)
    n = c * centre[:, None] + s * (np.cos(f) * side[:, None] + np.sin(f) * np.cross(centre, side)[:, None])
    wide = np.repeat(photon[:, None], m, axis=1)
    p, density = emission(np.full(m, q), wide, mass, n)
    if transverse is not None:
        axes = np.repeat(axis[:, None], m, axis=1)
        density = density * spin_factor(np.full(m, q), wide, mass, n, p, axes, "dirac", transverse)
    solid = 2.0 * np.pi * (1.0 - cos_cone)
    expected = solid * np.sum(density) / m
    found = np.mean(hit)
    error = np.sqrt(found / 200_000) + 0.01 * expected  # the cone's edge makes a spread in the density
    assert abs(found - expected) < 4.0 * error
    mean = np.sum(density * p) / np.sum(density)
    assert mean == pytest.approx(np.mean(np.sqrt(np.sum(p4[1:, hit] ** 2, axis=0))), rel=0.03)


def test_both_solutions_have_the_energy_of_the_decay():
    q, mass = np.array([0.5]), 0.24
    photon, n = np.array([[0.0], [0.0], [3.0]]), np.array([[0.01], [0.0], [np.sqrt(1 - 1e-4)]])
    p, density = emission(q, photon, mass, n)
    assert np.all(density > 0.0)
    assert p[0, 0] > p[1, 0]
    gamma = np.sqrt(1.0 + 36.0)
    rest = gamma * np.sqrt(p[:, 0] ** 2 + mass**2) - 6.0 * p[:, 0] * n[2, 0]
    assert rest == pytest.approx(0.25, rel=1e-10)


def test_nothing_leaves_the_cone():
    q, photon = np.array([0.5]), np.array([[0.0], [0.0], [3.0]])
    _, density = emission(q, photon, 0.24, np.array([[0.2], [0.0], [np.sqrt(0.96)]]))
    assert np.all(density == 0.0)
