"""Couplings that loops induce: closed form against the integral, limits, thresholds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from darkbeam.constants import ALPHA, E_CHARGE, M_E, M_MU, M_TAU
from darkbeam.models.induced import LEPTON_MASS, ConstantMixing, LeptonLoop, vacuum_integral

PAIRS = [("e", "mu"), ("e", "tau"), ("mu", "tau")]


def slow_integral(z: float) -> complex:
    """Real part by quadrature between the zeros of the logarithm, imaginary part -pi times their x (1 - x)."""
    ends = [0.0, 1.0]
    imaginary = 0.0
    if z > 4.0:
        half = 0.5 * np.sqrt(1.0 - 4.0 / z)
        ends = [0.0, 0.5 - half, 0.5 + half, 1.0]
        low, high = ends[1:3]
        imaginary = -np.pi * ((high**2 - low**2) / 2.0 - (high**3 - low**3) / 3.0)
    t, w = np.polynomial.legendre.leggauss(200)
    total = 0.0
    for a, b in pairwise(ends):
        # x = a + (b - a) u^2 (3 - 2 u) softens the logarithms at both ends
        u, du = 0.5 * (t + 1.0), 0.5 * w
        x = a + (b - a) * u * u * (3.0 - 2.0 * u)
        y = x * (1.0 - x)
        total += float(np.sum(du * (b - a) * 6.0 * u * (1.0 - u) * y * np.log(np.abs(1.0 - y * z))))
    return complex(total, imaginary)


@pytest.mark.parametrize("z", [-50.0, -1.0, -0.0201, -0.0199, 0.0, 0.0199, 0.0201, 1.0, 3.9, 4.5, 30.0, 1e4])
def test_closed_form_is_the_integral(z: float) -> None:
    assert complex(vacuum_integral(z)) == pytest.approx(slow_integral(z), rel=1e-5, abs=1e-12)


def test_asymptotic_form() -> None:
    """P(z) -> (1/6) ln(-z) - 5/18 for large |z|."""
    z = 1e8
    assert complex(vacuum_integral(z)) == pytest.approx((np.log(z) - 1j * np.pi) / 6.0 - 5.0 / 18.0, abs=1e-6)


def test_mu_tau_at_zero_is_one_over_seventy() -> None:
    """The textbook value g/70 of the kinetic mixing of L_mu - L_tau: x = kappa is e times it."""
    kappa = float(LeptonLoop("mu", "tau").factor(1e-4))
    assert abs(kappa) / E_CHARGE == pytest.approx(1.0 / 70.0, rel=0.02)
    expected = 2.0 * ALPHA / (3.0 * np.pi) * np.log(M_MU / M_TAU)
    assert kappa == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("plus", "minus"), PAIRS)
def test_antisymmetric_and_falling_at_high_mass(plus: str, minus: str) -> None:
    m = np.geomspace(2e-4, 200.0, 50)
    loop = LeptonLoop(plus, minus)
    np.testing.assert_allclose(loop.mixing(m), -LeptonLoop(minus, plus).mixing(m), rtol=1e-6, atol=1e-12)
    assert np.abs(loop.mixing(m)[-1]) < 1e-3 * np.abs(loop.mixing(m)[0])
    np.testing.assert_allclose(np.abs(loop.factor(m)), np.abs(loop.mixing(m)), rtol=1e-12)


def test_masses_belong_to_the_flavours() -> None:
    """The electron pair threshold shows in L_e - L_mu and L_e - L_tau, not in L_mu - L_tau."""
    below, above = 1.9 * M_E, 2.2 * M_E
    for plus, minus in PAIRS:
        loop = LeptonLoop(plus, minus)
        opens = abs(complex(loop.mixing(above)).imag) > 1e-6 > abs(complex(loop.mixing(below)).imag)
        assert opens == (plus == "e")
    assert LEPTON_MASS == {"e": M_E, "mu": M_MU, "tau": M_TAU}


def test_constant_mixing() -> None:
    assert ConstantMixing(0.1).factor([1.0, 2.0]).tolist() == [0.1, 0.1]
