"""Mixing amplitudes: identities at the poles, published couplings, behaviour far away."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import ALPHA, M_PI
from darkbeam.errors import UnknownNameError
from darkbeam.hadrons.width_table import exclusive_ratios
from darkbeam.production.mixing_couplings import (
    COUPLING_SETS,
    EXCITED,
    coupling_from_width,
    mass_nodes,
    theta,
    theta_excited,
    width_from_coupling,
)

MEASURED = COUPLING_SETS["measured"]


def pairs_per_meson(vector, low, high, n=20_001):
    """Lepton pairs of one V through virtual photons, over BR(V -> l+ l-), by a slow plain sum."""
    m = np.linspace(low, high, n)
    density = np.array([abs(vector.theta(x)) ** 2 for x in m]) * ALPHA / (3.0 * np.pi * m**2) * 2.0 * m
    branching = width_from_coupling(vector.mass, vector.coupling) / vector.width
    return np.trapezoid(density, m) / branching


@pytest.mark.parametrize(("meson", "g"), [("rho", 4.96), ("omega", 16.5), ("phi", 13.4)])
def test_couplings_from_measured_widths(meson, g):
    assert MEASURED[meson].coupling == pytest.approx(g, rel=2e-3)


def test_width_and_coupling_are_inverse():
    assert width_from_coupling(1.02, coupling_from_width(1.02, 1.3e-6)) == pytest.approx(1.3e-6, rel=1e-12)


@pytest.mark.parametrize(("meson", "low", "high"), [("omega", 0.5, 1.1), ("phi", 0.8, 1.3)])
def test_narrow_poles_give_the_branching_ratio(meson, low, high):
    """Breit-Wigner: int dq^2 (alpha / 3 pi q^2) |theta|^2 = BR(V -> l+ l-), for m much larger than the width."""
    assert pairs_per_meson(MEASURED[meson], low, high) == pytest.approx(1.0, abs=0.012)


def test_rho_pole_gives_the_branching_ratio():
    """The broad rho with its energy-dependent width: within 5 %, 78 % of it in the window 0.60 to 0.95 GeV."""
    rho = MEASURED["rho"]
    assert pairs_per_meson(rho, 2.0 * M_PI, 4.0) == pytest.approx(1.0, abs=0.05)
    assert pairs_per_meson(rho, 0.60, 0.95) == pytest.approx(0.78, abs=0.01)


def test_senscalc_set():
    """g = 5.89 with SU(3) ratios: rates of 0.71, 0.87 and 1.15 of those of the measured couplings."""
    sets = COUPLING_SETS["senscalc"]
    assert sets["rho"].coupling == pytest.approx(5.89, abs=0.005)
    ratios = [(MEASURED[v].coupling / sets[v].coupling) ** 2 for v in ("rho", "omega", "phi")]
    np.testing.assert_allclose(ratios, [0.71, 0.87, 1.15], atol=0.005)
    low = [abs(theta(v, 1e-3, "senscalc")) ** 2 for v in ("rho", "omega", "phi")]
    np.testing.assert_allclose(low, np.array([1.0, 1.0 / 9.0, 2.0 / 9.0]) * low[0], rtol=2e-4)


def test_rho_width():
    """Measured at the pole, zero at threshold, bounded far away, where the plain k^3 grows without limit."""
    rho, plain = MEASURED["rho"], COUPLING_SETS["senscalc"]["rho"]
    assert rho.m_gamma(rho.mass) == pytest.approx(rho.mass * rho.width, rel=1e-12)
    assert rho.m_gamma(2.0 * M_PI) == 0.0
    assert rho.m_gamma(4.0) / 4.0 == pytest.approx(0.20, abs=0.01)
    assert plain.m_gamma(4.0) / 4.0 > 20.0
    assert abs(theta("rho", 3.0)) > abs(theta("omega", 3.0))
    assert abs(theta("rho", 3.0, "senscalc")) < abs(theta("omega", 3.0, "senscalc"))


def test_signs():
    """Below the poles u ubar couples twice as much as d dbar and with the opposite sign (charges 2/3, -1/3)."""
    rho, omega = (theta(v, 0.1, "senscalc") for v in ("rho", "omega"))
    assert ((omega + rho) / (omega - rho)).real == pytest.approx(-2.0, rel=0.01)


@pytest.mark.parametrize(
    ("meson", "channels"),
    [
        ("rho", ("2pi+2pi-", "pi+pi-2pi0", "pi+pi-", "etapi+pi-")),
        ("omega", ("pi+pi-pi0", "omegapipi")),
        ("phi", ("K_LK_Spi0", "K+K-pi0", "K0K+-pi-+", "etaphi", "phipipi")),
    ],
)
def test_excited_widths_follow_from_the_channels(meson, channels):
    state = EXCITED[meson]
    ratios = exclusive_ratios(state.mass)
    R = sum(float(ratios[c][0]) for c in channels)
    assert width_from_coupling(state.mass, state.coupling) == pytest.approx(
        ALPHA**2 * state.width * R / 9.0, rel=0.03
    )


def test_excited_states_dominate_only_above_their_threshold():
    total = [sum(abs(theta_excited(v, m)) ** 2 for v in EXCITED) for m in (0.3, 1.45)]
    ground = [sum(abs(theta(v, m)) ** 2 for v in EXCITED) for m in (0.3, 1.45)]
    assert total[0] < 0.01 * ground[0]
    assert total[1] > 5.0 * ground[1]


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="mixing couplings 'mesured'"):
        theta("rho", 0.5, "mesured")
    with pytest.raises(UnknownNameError, match="vector meson 'sigma'"):
        theta("sigma", 0.5)


def test_mass_nodes_resolve_the_poles():
    """Log-linear interpolation between the nodes keeps the area of the omega and phi peaks to 10 %."""
    for meson in ("omega", "phi"):
        vector = MEASURED[meson]
        low, high = vector.mass - 10.0 * vector.width, vector.mass + 10.0 * vector.width
        nodes = np.array([low, *mass_nodes(low, high), high])
        strength = np.log([abs(vector.theta(m)) ** 2 for m in nodes])
        m = np.linspace(low, high, 4001)
        exact = np.trapezoid([abs(vector.theta(x)) ** 2 for x in m], m)
        assert np.trapezoid(np.exp(np.interp(m, nodes, strength)), m) == pytest.approx(exact, rel=0.1)
