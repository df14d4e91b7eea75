"""Boosts, rotations and two-body decays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkbeam.kinematics import (
    boost_from_rest,
    breakup_momentum,
    kallen,
    mass_squared,
    rotate_to,
    two_body_rest,
)


def slow_boost(k: np.ndarray, parent: np.ndarray, mass: float) -> np.ndarray:
    """Textbook boost with gamma and beta, one particle."""
    gamma = parent[0] / mass
    beta = parent[1:] / parent[0]
    b2 = beta @ beta
    if b2 == 0.0:
        return k
    along = (gamma - 1.0) * (beta @ k[1:]) / b2 + gamma * k[0]
    return np.array([gamma * (k[0] + beta @ k[1:]), *(k[1:] + along * beta)])


@settings(max_examples=50, deadline=None)
@given(
    st.floats(0.01, 5.0),
    st.tuples(*[st.floats(-50.0, 50.0)] * 3),
    st.floats(-1.0, 1.0),
    st.floats(0.0, 6.28),
)
def test_fast_boost_equals_the_textbook(mass: float, p: tuple, cos: float, phi: float) -> None:
    parent = np.array([np.sqrt(mass**2 + np.dot(p, p)), *p])
    k, _ = two_body_rest(mass, 0.1 * mass, 0.2 * mass, np.array([cos]), np.array([phi]))
    fast = boost_from_rest(k[:, 0], parent, mass)
    np.testing.assert_allclose(fast, slow_boost(k[:, 0], parent, mass), rtol=1e-7, atol=1e-9 * parent[0])


def test_two_body_chain_conserves_four_momentum() -> None:
    rng = np.random.default_rng(3)
    n = 1000
    p = rng.normal(scale=100.0, size=(3, n))
    parent = np.concatenate([np.sqrt(0.54**2 + (p**2).sum(axis=0))[None], p])
    rest = two_body_rest(0.54, 0.2, 0.0, rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n))
    a, b = (boost_from_rest(k, parent, 0.54) for k in rest)
    assert np.max(np.abs(a + b - parent) / parent[0]) < 1e-12
    np.testing.assert_allclose(mass_squared(rest[0]), 0.04, rtol=1e-12)


def test_breakup_momentum_by_hand() -> None:
    # pi0 -> gamma A'(0.1): p = (M^2 - m^2)/2M
    assert breakup_momentum(0.135, 0.1, 0.0) == pytest.approx((0.135**2 - 0.01) / 0.27)
    assert breakup_momentum(1.0, 0.6, 0.6) == 0.0
    m, a, b = 3.0, 1.0, 0.5
    assert breakup_momentum(m, a, b) == pytest.approx(np.sqrt(kallen(m * m, a * a, b * b)) / (2 * m))


def test_rotation_takes_z_to_the_direction() -> None:
    theta = np.array([0.3])
    rotated = rotate_to(np.array([[0.0], [0.0], [2.0]]), np.cos(theta), np.sin(theta))
    np.testing.assert_allclose(rotated[:, 0], [2 * np.sin(0.3), 0.0, 2 * np.cos(0.3)])
    vector = np.array([[0.1], [0.2], [0.3]])
    rotated = rotate_to(vector, np.cos(theta), np.sin(theta))
    assert (rotated**2).sum() == pytest.approx((vector**2).sum())
