"""Energy loss and scattering against tables, limits and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import M_MU
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.propagation import (
    MATERIALS,
    get_material,
    least_energy,
    lose_energy,
    projected_angle,
    scatter,
    stopping_power,
)
from darkbeam.propagation.energy_loss import BETA_GAMMA_MIN


# Particle Data Group, atomic and nuclear properties: minimum ionisation of muons, MeV cm^2/g
@pytest.mark.parametrize(
    ("name", "minimum"),
    [
        ("rock", 1.688),
        ("iron", 1.451),
        ("argon", 1.508),
        ("scintillator", 1.956),
        ("silicon", 1.664),
        ("lead", 1.122),
    ],
)
def test_minimum_ionisation(name: str, minimum: float) -> None:
    material = get_material(name)
    energy = M_MU * np.geomspace(1.5, 30.0, 400)
    found = stopping_power(energy, M_MU, material).min() * 10.0 / material.density  # GeV/m to MeV cm^2/g
    # the density effect starts later in matter than in its limit: 5 % near the minimum
    assert found == pytest.approx(minimum, rel=0.06)


def test_loss_in_thin_and_thick_layers() -> None:
    rock = get_material("rock")
    energy = np.array([2.0, 20.0, 200.0])
    thin = lose_energy(energy, 0.1, 0.01, [(rock, 0.01)])
    np.testing.assert_allclose(energy - thin, 1e-4 * 0.01 * stopping_power(energy, 0.1, rock), rtol=2e-3)
    # about 5 MeV/cm of rock: 250 epsilon^2 GeV in 500 m
    thick = lose_energy(np.array([50.0]), 0.1, 0.1, [(rock, 500.0)])
    assert 50.0 - thick[0] == pytest.approx(2.5, rel=0.3)


def test_layers_add_and_charges_scale() -> None:
    rock, iron = get_material("rock"), get_material("iron")
    energy = np.geomspace(0.5, 50.0, 9)
    both = lose_energy(energy, 0.05, 0.05, [(rock, 40.0), (iron, 2.0)])
    halves = lose_energy(
        lose_energy(energy, 0.05, 0.05, [(rock, 20.0)]), 0.05, 0.05, [(rock, 20.0), (iron, 2.0)]
    )
    np.testing.assert_allclose(both, halves, rtol=1e-4)
    # a path 4 times as long costs as much as twice the charge
    np.testing.assert_allclose(
        lose_energy(energy, 0.05, 0.1, [(rock, 10.0)]),
        lose_energy(energy, 0.05, 0.05, [(rock, 40.0)]),
        rtol=1e-9,
    )


def in_steps(energy: np.ndarray, mass: float, epsilon: float, layers) -> np.ndarray:
    """Slow twin of `lose_energy`: midpoint steps of at most a hundredth of the kinetic energy."""
    E = energy.copy()
    floor = mass * np.sqrt(1.0 + BETA_GAMMA_MIN**2)
    for material, thickness in layers:
        left = np.full_like(E, thickness)
        while np.any(moving := (left > 0.0) & (floor < E)):
            e = E[moving]
            loss = epsilon**2 * stopping_power(e, mass, material)
            step = np.minimum(left[moving], 0.01 * (e - mass) / loss)
            middle = np.maximum(e - 0.5 * step * loss, floor)
            E[moving] = e - step * epsilon**2 * stopping_power(middle, mass, material)
            left[moving] -= step
        E = np.where(floor < E, E, np.nan)
    return E


@pytest.mark.parametrize(
    ("mass", "epsilon", "names"),
    [
        (0.01, 0.03, ("rock",)),
        (0.3, 0.2, ("rock", "iron")),
        (2.0, 1.0, ("iron",)),
        (30.0, 0.6, ("concrete",)),
    ],
)
def test_ranges_against_steps(mass: float, epsilon: float, names: tuple[str, ...]) -> None:
    layers = [(get_material(n), 40.0) for n in names]
    energy = mass * np.geomspace(1.2, 3e4, 300)
    found, wanted = (f(energy, mass, epsilon, layers) for f in (lose_energy, in_steps))
    least = least_energy(mass, epsilon, layers)
    clear = np.abs(energy / least - 1.0) > 1e-3
    np.testing.assert_array_equal(np.isnan(found[clear]), energy[clear] < least)
    both = np.isfinite(found) & np.isfinite(wanted)
    assert np.sum(np.isfinite(found) != np.isfinite(wanted)) <= 1
    np.testing.assert_allclose((energy - found)[both], (energy - wanted)[both], rtol=2e-3)


def test_energy_needed_to_cross() -> None:
    layers = [(get_material("rock"), 30.0), (get_material("iron"), 3.0)]
    least = least_energy(0.2, 0.3, layers)
    behind = lose_energy(np.array([0.999, 1.001]) * least, 0.2, 0.3, layers)
    assert np.isnan(behind[0])
    assert np.isfinite(behind[1])
    # nothing in front: a particle at the limit of stopping
    assert least_energy(0.2, 0.3, []) == pytest.approx(0.2)


def test_slow_particles_stop() -> None:
    behind = lose_energy(np.array([0.3, 100.0]), 0.2, 0.5, [(get_material("iron"), 5.0)])
    assert np.isnan(behind[0])
    assert behind[1] > 90.0


def test_scattering_angle() -> None:
    rock = get_material("rock")
    # 500 m of rock are about 5000 radiation lengths: 0.9 epsilon/(p/GeV) rad without the logarithm
    theta = projected_angle(np.array([10.0]), 0.1, 0.01, [(rock, 500.0)])
    depth = 100.0 * 2.65 * 500.0 / 26.54
    assert theta[0] == pytest.approx(
        1.36e-3 * 0.01 * np.sqrt(depth) * (1 + 0.038 * np.log(1e-4 * depth)), rel=1e-3
    )
    assert projected_angle(np.array([10.0]), 0.1, 0.0, [(rock, 1.0)])[0] == 0.0


@pytest.mark.parametrize("axis", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.6, 0.0, 0.8)])
def test_scattered_directions(axis: tuple[float, float, float]) -> None:
    n = 40_000
    start = np.tile(np.array(axis)[:, None], n)
    turned = scatter(start, np.full(n, 0.01), np.random.default_rng(4))
    np.testing.assert_allclose(np.sum(turned**2, axis=0), 1.0)
    angle2 = np.sum((turned - start) ** 2, axis=0)
    assert np.mean(angle2) == pytest.approx(2.0 * 0.01**2, rel=0.02)
    assert np.abs(np.mean(turned, axis=1) - np.array(axis)).max() < 3e-4


def test_errors() -> None:
    with pytest.raises(UnknownNameError, match="rock"):
        get_material("roc")
    with pytest.raises(ValueRangeError, match="thick"):
        lose_energy(np.array([1.0]), 0.1, 0.1, [(MATERIALS["iron"], -1.0)])
