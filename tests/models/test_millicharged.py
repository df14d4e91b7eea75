"""Millicharged particles: the pair factor, its limits, branching ratios."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import ALPHA, M_E, M_ETA, M_OMEGA, M_PI0
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.kinematics import kallen
from darkbeam.models.millicharged import SPINS, Millicharged, pair_branching, pair_factor, vector_branching


def test_pair_factor_massless_and_closed() -> None:
    assert float(pair_factor(2.0, 0.0)) == pytest.approx(ALPHA / (3.0 * np.pi * 4.0), rel=1e-14)
    # a scalar has a quarter of the Dirac rate without mass
    assert float(pair_factor(2.0, 0.0, "scalar") / pair_factor(2.0, 0.0)) == pytest.approx(0.25, rel=1e-14)
    for spin in SPINS:
        assert np.all(pair_factor(np.array([0.1, 0.1999, 0.2]), 0.1, spin) == 0.0)


def test_pair_factor_at_threshold() -> None:
    """S-wave for Dirac particles, P-wave for scalars: powers 1 and 3 of beta, with the known constants."""
    beta = 1e-3
    q = 2.0 / np.sqrt(1.0 - beta**2)
    unit = ALPHA / (3.0 * np.pi * q * q)
    assert float(pair_factor(q, 1.0)) == pytest.approx(1.5 * beta * unit, rel=1e-5)
    assert float(pair_factor(q, 1.0, "scalar")) == pytest.approx(0.25 * beta**3 * unit, rel=1e-5)


def i3(x: float) -> float:
    """I3 of arXiv:1806.03310 as in the literature: its own variable and its own form of the integrand."""
    f = quad(
        lambda z: np.sqrt(max(1 - 4 * x / z, 0.0)) * (1 - z) ** 3 * (2 * x + z) / z**2, 4 * x, 1, epsrel=1e-10
    )
    return 2.0 / (3.0 * np.pi) * f[0]


@pytest.mark.parametrize("mass", [0.01, 0.1, 0.2, 0.26])
def test_branching_against_the_integral_of_the_literature(mass: float) -> None:
    """P -> gamma chi chibar without a form factor is alpha BR(gamma gamma) I3(m^2/M^2)."""
    found = pair_branching(lambda q: 2.0 * 0.3936 * (1.0 - (q / M_ETA) ** 2) ** 3, M_ETA, mass)
    assert found == pytest.approx(ALPHA * 0.3936 * i3((mass / M_ETA) ** 2), rel=1e-6)


def test_kroll_wada_for_a_light_pair() -> None:
    """Logarithm of a pseudoscalar: (4 alpha/3 pi) [ln(M/m) - 7/4], from quantum electrodynamics."""
    m = 1e-4 * M_PI0
    found = pair_branching(lambda q: 2.0 * (1.0 - (q / M_PI0) ** 2) ** 3, M_PI0, m)
    assert found == pytest.approx(4.0 * ALPHA / (3.0 * np.pi) * (np.log(1e4) - 1.75), rel=1e-6)


# omega -> pi0, table of published-formula values, pole at 1/Lambda^2 = 2.22 GeV^-2
@pytest.mark.parametrize(
    ("mass", "value"),
    [(0.001, 7.010e-4), (0.05, 1.960e-4), (0.1, 1.091e-4), (0.2, 3.088e-5), (0.3, 1.182e-6)],
)
def test_branching_near_a_pole(mass: float, value: float) -> None:
    def photons(q):
        ratio = kallen(M_OMEGA**2, M_PI0**2, q * q) / (M_OMEGA**2 - M_PI0**2) ** 2
        return 8.35e-2 * np.maximum(ratio, 0.0) ** 1.5 / (1.0 - 2.22 * q * q) ** 2

    assert pair_branching(photons, M_OMEGA - M_PI0, mass) == pytest.approx(value, rel=5e-3)


def test_closed_decays_are_zero() -> None:
    assert pair_branching(np.ones_like, 0.5, 0.25) == 0.0
    assert vector_branching(0.06, 3.0969, 1.55) == 0.0


@pytest.mark.parametrize("mass", [0.0, 0.7, 1.2, 1.5])
def test_vector_branching(mass: float) -> None:
    r = (mass / 3.0969) ** 2
    assert vector_branching(0.05971, 3.0969, mass) == pytest.approx(
        0.05971 * np.sqrt(1 - 4 * r) * (1 + 2 * r), rel=1e-12
    )
    assert vector_branching(0.05971, 3.0969, mass, "scalar") == pytest.approx(
        0.05971 * (1 - 4 * r) ** 1.5 / 4, rel=1e-12
    )


def test_model_methods_are_the_functions() -> None:
    model = Millicharged("scalar")
    assert float(model.factor(1.0, 0.2)) == float(pair_factor(1.0, 0.2, "scalar"))
    assert model.branching(np.ones_like, 1.0, 0.2) == pair_branching(np.ones_like, 1.0, 0.2, "scalar")
    assert model.vector_branching(0.1, 1.0, 0.2) == vector_branching(0.1, 1.0, 0.2, "scalar")


def test_bad_input() -> None:
    with pytest.raises(UnknownNameError, match="dirac"):
        Millicharged("diracc")
    with pytest.raises(UnknownNameError, match="scalar"):
        pair_factor(1.0, 0.1, "vector")
    model = Millicharged()
    model.check(0.01, 0.5)
    for mass in (0.0, -1.0, M_E, np.inf, np.nan):
        with pytest.raises(MassRangeError, match="electron"):
            model.check(mass)
    for epsilon in (0.0, 1.0, -0.1):
        with pytest.raises(ValueRangeError, match="between 0 and 1"):
            model.check(0.01, epsilon)
