"""Width, propagator and y of light dark matter: limits and integrals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import ALPHA
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.models.light_dark_matter import LightDarkMatter
from darkbeam.models.millicharged import pair_factor

SPINS = ("dirac", "scalar")


@pytest.mark.parametrize("spin", SPINS)
def test_light_mediator_with_the_charge_of_the_electron_is_the_photon(spin):
    model = LightDarkMatter(spin, ALPHA, 1e-5)
    q = np.geomspace(0.21, 30.0, 40)
    np.testing.assert_allclose(model.factor(q, 0.1), pair_factor(q, 0.1, spin), rtol=1e-8)


@pytest.mark.parametrize("spin", SPINS)
def test_factor_is_the_written_one(spin):
    model, mass, q = LightDarkMatter(spin, 0.5, 3.0), 0.05, 0.2
    beta, M, width = np.sqrt(1.0 - 4.0 * mass**2 / q**2), 0.15, model.width(mass)
    law = beta * (1.0 + 2.0 * mass**2 / q**2) if spin == "dirac" else beta**3 / 4.0
    expected = 0.5 / (3.0 * np.pi) * q**2 / ((q**2 - M**2) ** 2 + M**2 * width**2) * law
    assert float(model.factor(q, mass)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("spin", SPINS)
@pytest.mark.parametrize("ratio", [2.05, 3.0, 10.0])
def test_narrow_mediator_decays_to_dark_matter_only(spin, ratio):
    mass = 0.03
    model = LightDarkMatter(spin, 1e-4, ratio)
    M, width = model.mediator(mass), model.width(mass)

    def integrand(phi: float) -> float:
        q2 = M * M + M * width * np.tan(phi)
        photons = (np.sqrt(q2) / M) ** -2.0  # F(q)/F(m_A')
        return float(model.factor(np.sqrt(q2), mass)) * photons * M * width / np.cos(phi) ** 2

    ends = [np.arctan((q * q - M * M) / (M * width)) for q in (max(0.9 * M, 2.0 * mass), 1.1 * M)]
    assert quad(integrand, *ends, epsrel=1e-8)[0] == pytest.approx(1.0, rel=2e-4)


def test_width_closes_at_threshold():
    assert LightDarkMatter(ratio=1.5).width(0.1) == 0.0
    # massless dark matter: a lepton of unit charge, and a quarter of that for a scalar
    assert LightDarkMatter("dirac", 0.1, 1e4).width(1e-3) == pytest.approx(0.1 * 10.0 / 3.0, rel=1e-6)
    assert LightDarkMatter("scalar", 0.1, 1e4).width(1e-3) == pytest.approx(0.1 * 10.0 / 12.0, rel=1e-6)


def test_y():
    # y = epsilon^2 alpha_D (m_chi/m_A')^4, arXiv:1901.09966
    assert float(LightDarkMatter(alpha_d=0.1, ratio=3.0).y(1e-4)) == pytest.approx(1e-9 / 81.0)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"spin": "majorana"}, UnknownNameError, "spin"),
        ({"alpha_d": 0.0}, ValueRangeError, "alpha_D"),
        ({"alpha_d": 2.0}, ValueRangeError, "alpha_D"),
        ({"ratio": -1.0}, ValueRangeError, "positive"),
        ({"ratio": 2.0}, ValueRangeError, "threshold"),
        ({"ratio": float("nan")}, ValueRangeError, "positive and finite"),
    ],
)
def test_bad_choices(choices, error, message):
    with pytest.raises(error, match=message):
        LightDarkMatter(**choices)


def test_mass_below_the_electron():
    with pytest.raises(MassRangeError, match="electron"):
        LightDarkMatter().check(1e-4)
