"""Recoils against numerical integration, light yields and efficiencies against published numbers and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import M_E
from darkbeam.detection import (
    RecoilDetector,
    ScintillatorBars,
    SkipperCCD,
    cross_section,
    differential,
    largest_recoil,
    light_yield,
)
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.propagation import get_material


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize(("energy", "mass"), [(1.0, 0.01), (20.0, 0.5), (5.0, 1.5), (600.0, 10.0)])
def test_closed_integral(spin: str, energy: float, mass: float) -> None:
    E, top = np.array([energy]), float(largest_recoil(np.array([energy]), mass)[0])
    low = 1e-4 if top > 2e-4 else 0.3 * top

    def integrand(ln_T: float) -> float:
        T = np.exp(ln_T)
        return float(differential(np.array([T]), E, mass, spin)[0]) * T

    expected = quad(integrand, np.log(low), np.log(top) - 1e-12, epsrel=1e-11, limit=200)[0]
    assert cross_section(E, mass, low, np.inf, spin)[0] == pytest.approx(expected, rel=1e-6)


def test_largest_recoil_is_the_two_body_limit() -> None:
    # backward scattering in the centre of mass, boosted to the lab
    E, m = 3.0, 0.4
    p = np.sqrt(E * E - m * m)
    s = m * m + M_E**2 + 2.0 * M_E * E
    p_star = p * M_E / np.sqrt(s)
    gamma, beta = (E + M_E) / np.sqrt(s), p / (E + M_E)
    e_star = np.sqrt(p_star**2 + M_E**2)
    assert largest_recoil(np.array([E]), m)[0] == pytest.approx(
        gamma * (e_star + beta * p_star) - M_E, rel=1e-9
    )


def test_published_numbers() -> None:
    # T << E: 2.55e-25 cm^2 (MeV/T_min); liquid argon 0.0965 per cm at 1 MeV
    sigma = cross_section(np.array([50.0]), 0.1, 1e-3)[0]
    assert sigma == pytest.approx(2.55e-25, rel=5e-3)
    argon = RecoilDetector(get_material("argon"), 1e-3)
    assert argon.response(np.array([0.01]), np.array([50.0]), 0.1, "dirac")[0] == pytest.approx(
        0.0965, rel=5e-3
    )
    # one photo-electron at 3.4e-3 (60 cm), 2.7e-3 (100 cm), 2.2e-3 (150 cm)
    for length, epsilon in ((0.6, 3.4e-3), (1.0, 2.7e-3), (1.5, 2.2e-3)):
        assert (light_yield("compound-poisson") * length) ** -0.5 == pytest.approx(epsilon, rel=0.02)
    # a CCD of 675 microns: 2.1e3 plasmons
    ccd = SkipperCCD().response(np.array([675e-6]), np.array([1.0]), 1e-3, "dirac")[0]
    assert ccd == pytest.approx(2.1e3, rel=0.02)


def test_coincidence_is_the_simulated_one() -> None:
    rng = np.random.default_rng(5)
    bars = ScintillatorBars(3, photo_electrons=2, light="mean")
    signals = rng.uniform(0.5e5, 4e5, (3, 4))
    epsilon = 3e-3
    toys = rng.poisson(epsilon**2 * signals[:, :, None], (3, 4, 200_000))
    expected = np.all(toys >= 2, axis=0).mean(axis=1)
    np.testing.assert_allclose(bars.efficiency(signals, epsilon), expected, atol=4e-3)


def test_hits_follow_poisson_and_their_powers() -> None:
    one, two = (RecoilDetector(get_material("argon"), 3e-4, hits=h) for h in (1, 2))
    mu = np.array([[1e3]])
    small = 1e-4
    x = small**2 * 1e3
    assert one.efficiency(mu, small)[0] == pytest.approx(x, rel=1e-4)
    assert two.efficiency(mu, small)[0] == pytest.approx(0.5 * x * x, rel=1e-4)
    assert two.efficiency(mu, 1.0)[0] == pytest.approx(1.0)


def test_slow_particles_ionise_more() -> None:
    bars = ScintillatorBars(1)
    fast, slow = bars.response(np.array([0.6, 0.6]), np.array([50.0, 1.2]), 1.0, "dirac")
    assert slow / fast == pytest.approx(1.0 / (1.0 - 1.0 / 1.44), rel=1e-3)


def test_errors() -> None:
    with pytest.raises(UnknownNameError, match="compound-poisson"):
        light_yield("geant")
    with pytest.raises(UnknownNameError, match="dirac"):
        cross_section(np.array([1.0]), 0.1, 1e-3, spin="majorana")
    with pytest.raises(ValueRangeError, match="empty"):
        RecoilDetector(get_material("argon"), 1.0, 0.1)
    with pytest.raises(ValueRangeError, match="recoils"):
        RecoilDetector(get_material("argon"), 1e-3, hits=0)


def test_light_by_bethes_formula_is_the_mean_at_its_minimum_and_rises() -> None:
    bethe, mean = (ScintillatorBars(1, light=name) for name in ("bethe", "mean"))
    path, energy = np.ones(3), np.array([4.0, 100.0, 1000.0])
    ratio = bethe.response(path, energy, 1.0, "dirac") / mean.response(path, energy, 1.0, "dirac")
    assert ratio[0] == pytest.approx(1.0, abs=0.1)
    # polyvinyltoluene, Particle Data Group: 1.96 MeV cm^2/g at the minimum, half as much again at beta gamma 1000
    assert 1.15 < ratio[1] < ratio[2] < 1.6
