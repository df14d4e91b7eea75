"""The arc in a dipole field."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import TESLA_M_GEV
from darkbeam.experiments.magnet import bend


def one(px: float, py: float, pz: float, charge: float, field: float, length: float) -> tuple[float, ...]:
    found = bend(*(np.array([v]) for v in (px, py, pz, charge)), field, np.array([length]))
    return tuple(float(v[0]) for v in (found.dx, found.dy, found.px, found.pz))


def step_through(p: np.ndarray, charge: float, field: float, length: float, steps: int = 4000) -> np.ndarray:
    """Slow twin: Runge-Kutta in z of (x, y, px, py, pz) with dp/dt = 0.2998 q v x B, B along +y."""
    kappa = TESLA_M_GEV * charge * field

    def rate(state: np.ndarray) -> np.ndarray:
        _, _, px, py, pz = state
        return np.array([px / pz, py / pz, -kappa, 0.0, kappa * px / pz])

    state, h = np.array([0.0, 0.0, *p]), length / steps
    for _ in range(steps):
        k1 = rate(state)
        k2 = rate(state + 0.5 * h * k1)
        k3 = rate(state + 0.5 * h * k2)
        k4 = rate(state + h * k3)
        state = state + h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0
    return state


@pytest.mark.parametrize("charge", [1.0, -1.0])
@pytest.mark.parametrize(
    ("p", "field", "length"),
    [((0.1, -0.2, 5.0), 0.4, 3.0), ((0.0, 0.3, 0.8), 0.4, 3.0), ((-0.4, 0.1, 1.0), 0.6928, 1.3)],
)
def test_arc_agrees_with_small_steps(
    p: tuple[float, ...], charge: float, field: float, length: float
) -> None:
    x, y, px, _, pz = step_through(np.array(p), charge, field, length)
    np.testing.assert_allclose(one(*p, charge, field, length), (x, y, px, pz), rtol=1e-8, atol=1e-12)


def test_sagitta_of_a_known_circle() -> None:
    """p = 0.2998 B R: in 1 T, 0.2998 * 5 GeV turns on R = 5 m; after 3 m along z it is 5 - 4 = 1 m aside."""
    dx, dy, px, pz = one(0.0, 0.0, 5.0 * TESLA_M_GEV, 1.0, 1.0, 3.0)
    assert dx == pytest.approx(-1.0, rel=1e-13)
    assert dy == 0.0
    assert (px / pz) == pytest.approx(-0.75, rel=1e-13)


def test_positive_charge_bends_to_negative_x() -> None:
    """v = +z, B = +y: q v x B = q (z x y) = -q x."""
    assert one(0.0, 0.0, 10.0, 1.0, 0.4, 3.0)[0] < 0.0
    assert one(0.0, 0.0, 10.0, -1.0, 0.4, 3.0)[0] > 0.0


def test_na62_kick_is_270_mev() -> None:
    assert one(0.0, 0.0, 75.0, -1.0, 0.6928, 1.3)[2] == pytest.approx(0.270, abs=0.001)


def test_arc_length_in_y() -> None:
    """A quarter of a circle: y advances by the arc length pi R / 2 times p_y / p_xz."""
    radius = 2.0
    p = TESLA_M_GEV * radius
    almost = radius * (1.0 - 1e-12)
    _, dy, _, _ = one(0.0, 0.5 * p, p, 1.0, 1.0, almost)
    assert dy == pytest.approx(0.25 * np.pi * radius, rel=2e-6)


def test_speed_is_conserved_and_neutrals_fly_straight() -> None:
    rng = np.random.default_rng(1)
    px, py = rng.normal(0.0, 0.3, (2, 1000))
    pz = rng.uniform(0.5, 20.0, 1000)
    charge = rng.choice([-1.0, 0.0, 1.0], 1000)
    length = rng.uniform(0.0, 3.0, 1000)
    bent = bend(px, py, pz, charge, 0.4, length)
    kept = ~bent.lost
    np.testing.assert_allclose((bent.px**2 + bent.pz**2)[kept], (px**2 + pz**2)[kept], rtol=1e-12)
    neutral = charge == 0.0
    np.testing.assert_allclose(bent.dx[neutral], (px / pz * length)[neutral], rtol=1e-13)
    np.testing.assert_allclose(bent.dy[neutral], (py / pz * length)[neutral], rtol=1e-13)


def test_series_and_arctangent_agree_where_they_meet() -> None:
    """Exact turning angles on both sides of 0.1 and far below."""
    p = 2.0
    for angle in (1e-14, 1e-6, 0.0995, 0.1005, 0.3, 1.2):
        field = p * np.sin(angle) / TESLA_M_GEV
        _, dy, px, _ = one(0.0, 0.5, p, -1.0, field, 1.0)
        assert px == pytest.approx(p * np.sin(angle), rel=1e-14)
        assert dy == pytest.approx(0.5 / p * angle / np.sin(angle), rel=1e-14)


def test_a_curling_particle_is_lost() -> None:
    """R = p / (0.2998 B) = 3.34 m for 0.4 GeV in 0.4 T: 3 m pass, 3.5 m do not."""
    p = np.array([0.4, 0.4])
    bent = bend(np.zeros(2), np.zeros(2), p, np.ones(2), 0.4, np.array([3.0, 3.5]))
    assert bent.lost.tolist() == [False, True]
    assert np.all(np.isfinite(np.stack(bent[:5])))
