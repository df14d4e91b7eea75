"""Electron recoils through a massive mediator: written formulas, limits, integrals, kinematics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import ALPHA, GEV2_MB, M_E
from darkbeam.detection.recoil import (
    cross_section,
    differential,
    electron_cos,
    largest_recoil,
    mediator_cross_section,
    mediator_differential,
    recoil_at_angle,
)

POINTS = [(1.0, 0.01), (20.0, 0.5), (5.0, 1.5), (600.0, 10.0)]


@pytest.mark.parametrize(("energy", "mass"), POINTS)
def test_formulas_of_light_dark_matter(energy: float, mass: float) -> None:
    E, M, alpha_d = np.array([energy]), 0.1, 0.5
    T = 0.4 * largest_recoil(E, mass)
    p2 = E**2 - mass**2
    front = 4.0 * np.pi * M_E * ALPHA * alpha_d / (p2 * (2.0 * M_E * T + M**2) ** 2) * GEV2_MB * 1e-27
    scalar = 2.0 * front * (E**2 - E * T - T * mass**2 / (2.0 * M_E))
    dirac = front * (2.0 * E**2 - 2.0 * E * T + T**2 - T * (M_E**2 + mass**2) / M_E)
    for spin, expected in (("scalar", scalar), ("dirac", dirac)):
        found = mediator_differential(T, E, mass, M, alpha_d, spin)
        np.testing.assert_allclose(found, expected, rtol=1e-10)
        assert mediator_differential(3.0 * T, E, mass, M, alpha_d, spin)[0] == 0.0


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize(("energy", "mass"), POINTS)
def test_massless_mediator_is_the_photon(spin: str, energy: float, mass: float) -> None:
    E = np.array([energy])
    top = largest_recoil(E, mass)
    T = np.geomspace(1e-3, 1.0, 5) * top
    found = mediator_differential(T, E, mass, 1e-9, ALPHA, spin)
    np.testing.assert_allclose(found, differential(T, E, mass, spin), rtol=1e-8)
    low = float(1e-3 * top[0])
    whole = mediator_cross_section(E, mass, 1e-9, ALPHA, low, np.inf, spin)
    np.testing.assert_allclose(whole, cross_section(E, mass, low, np.inf, spin), rtol=1e-8)


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("mediator", [1e-3, 0.03, 0.3, 30.0])
@pytest.mark.parametrize(("energy", "mass"), POINTS)
def test_integral(spin: str, mediator: float, energy: float, mass: float) -> None:
    E, top = np.array([energy]), float(largest_recoil(np.array([energy]), mass)[0])
    low, high = min(1e-4, 0.1 * top), 0.7 * top

    def integrand(ln_T: float) -> float:
        T = np.exp(ln_T)
        return float(mediator_differential(np.array([T]), E, mass, mediator, 0.1, spin)[0]) * T

    expected = quad(integrand, np.log(low), np.log(high), epsrel=1e-11, limit=200)[0]
    assert mediator_cross_section(E, mass, mediator, 0.1, low, high, spin)[0] == pytest.approx(
        expected, rel=1e-6
    )


def test_empty_window_and_windows_by_particle() -> None:
    E = np.array([1.0, 2.0, 5.0])
    assert np.all(mediator_cross_section(E, 0.1, 0.3, 0.1, 10.0, 20.0) == 0.0)
    low = np.array([0.01, 0.02, 0.03])
    alone = [mediator_cross_section(E[k : k + 1], 0.1, 0.3, 0.1, float(low[k]))[0] for k in range(3)]
    np.testing.assert_allclose(mediator_cross_section(E, 0.1, 0.3, 0.1, low), alone, rtol=1e-12)


def test_angle_is_that_of_two_bodies() -> None:
    rng = np.random.default_rng(2)
    mass, E = 0.3, rng.uniform(1.0, 20.0, 50)
    T = rng.random(50) * largest_recoil(E, mass)
    cos = electron_cos(T, E, mass)
    # energy and momentum of the scattered particle belong to its mass
    p, k = np.sqrt(E**2 - mass**2), np.sqrt(T * (T + 2.0 * M_E))
    left = (E - T) ** 2 - (p**2 + k**2 - 2.0 * p * k * cos)
    np.testing.assert_allclose(left, mass**2, atol=1e-9 * 400.0)
    for angle in (0.005, 0.02, 0.3):
        np.testing.assert_allclose(
            electron_cos(recoil_at_angle(angle, E, mass), E, mass), np.cos(angle), rtol=1e-12
        )
    theta = np.arccos(np.minimum(cos, 1.0))
    forward = theta < 0.1
    assert np.count_nonzero(forward) > 10
    assert np.all(((T + M_E) * theta**2)[forward] < 2.0 * M_E * 1.01)
