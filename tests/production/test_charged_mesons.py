"""Meson decays into vectors with any charges."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.hadrons.couplings import PHOTON, Couplings
from darkbeam.production.charged_mesons import amplitude_ratio, vertex_weights
from darkbeam.production.mixing_couplings import COUPLING_SETS

BARYON = Couplings.from_quarks(1 / 3, 1 / 3, 1 / 3)
VERTICES = (
    ("pi0", "gamma"),
    ("eta", "gamma"),
    ("etap", "gamma"),
    ("omega", "pi0"),
    ("phi", "eta"),
    ("Delta+", ""),
)

# flavours and strengths of arXiv:1801.04847, equations 2.8 and A.1
T = {
    "gamma": np.diag([2, -1, -1]) / 3, "pi0": np.diag([1, -1, 0]) / 2, "eta": np.diag([1, 1, -1]) / 6**0.5,
    "etap": np.diag([1, 1, 2]) / 12**0.5, "omega": np.diag([1, 1, 0]) / 2, "phi": np.diag([0, 0, 1]) / 2**0.5,
    "rho": np.diag([1, -1, 0]) / 2,
}  # fmt: skip


def slow_amplitude(mother, partner, X, propagators):
    """Sum over vector mesons as published: Tr(T_A T_B T_V) 2 Tr(T_V X) P_V."""
    return sum(
        np.trace(T[mother] @ T[partner] @ T[v]) * 2.0 * np.trace(T[v] @ X) * propagators[v]
        for v in ("rho", "omega", "phi")
    )


@pytest.mark.parametrize("vertex", VERTICES)
def test_shares_sum_to_one(vertex):
    assert sum(vertex_weights(*vertex)) == pytest.approx(1.0, abs=1e-15)


def test_shares():
    assert vertex_weights("pi0", "gamma") == pytest.approx((1 / 2, 1 / 2, 0.0))
    assert vertex_weights("eta", "gamma") == pytest.approx((9 / 8, 1 / 8, -1 / 4))
    assert vertex_weights("etap", "gamma") == pytest.approx((9 / 14, 1 / 14, 4 / 14))
    assert vertex_weights("rho0", "eta") == (1.0, 0.0, 0.0)
    assert vertex_weights("rho0", "pi0") == vertex_weights("omega", "eta") == (0.0, 1.0, 0.0)
    assert vertex_weights("phi", "etap") == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("vertex", [v for v in VERTICES if v[1]])
@pytest.mark.parametrize("x", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.3, -0.7, 0.2)])
def test_without_form_factors_the_published_trace(vertex, x):
    one = dict.fromkeys(("rho", "omega", "phi"), 1.0)
    published = slow_amplitude(*vertex, np.diag(x), one) / slow_amplitude(*vertex, T["gamma"], one)
    assert amplitude_ratio(*vertex, 0.1, Couplings.from_quarks(*x), "none") == pytest.approx(
        published, abs=1e-12
    )


@pytest.mark.parametrize("mother", ["eta", "etap"])
def test_baryon_number_is_the_published_sum_over_vector_mesons(mother):
    """c1 = 0: the measured form factor of the photon cancels, and |A|^2 |F|^2 is the vector-meson sum."""
    from darkbeam.production.transition_form_factors import form_factor_squared

    one = dict.fromkeys(("rho", "omega", "phi"), 1.0)
    for mass in (0.05, 0.3, 0.5):
        P = {
            v: COUPLING_SETS["measured"][v].theta(mass) / COUPLING_SETS["measured"][v].theta(0.0) for v in one
        }
        published = slow_amplitude(mother, "gamma", np.eye(3) / 3, P) / slow_amplitude(
            mother, "gamma", T["gamma"], one
        )
        ours = abs(amplitude_ratio(mother, "gamma", mass, BARYON)) ** 2 * form_factor_squared(mother, mass**2)
        assert ours == pytest.approx(abs(published) ** 2, rel=1e-9)


def test_known_models():
    """pi0: (2 x_u + x_d)^2; B: the photon's rate for pi0, 1/4 for eta, 1/49 for eta' (arXiv:1404.4370)."""
    assert abs(amplitude_ratio("pi0", "gamma", 0.1, BARYON)) == pytest.approx(1.0)
    assert abs(amplitude_ratio("eta", "gamma", 0.0, BARYON)) ** 2 == pytest.approx(1 / 4)
    assert abs(amplitude_ratio("etap", "gamma", 0.0, BARYON)) ** 2 == pytest.approx(1 / 49)
    assert amplitude_ratio("omega", "pi0", 0.3, BARYON) == 0.0
    for x_u, x_d in ((0.7, 0.1), (-1 / 3, 2 / 3)):
        got = amplitude_ratio("pi0", "gamma", 0.1, Couplings.from_quarks(x_u, x_d, x_d))
        assert got == pytest.approx(2 * x_u + x_d, abs=1e-14)
    assert amplitude_ratio("pi0", "gamma", 0.1, Couplings.from_quarks(-1 / 3, 2 / 3, 2 / 3)) == 0.0


@pytest.mark.parametrize("vertex", VERTICES)
@pytest.mark.parametrize("form_factors", ["default", "vmd", "none"])
def test_equal_couplings_are_a_number(vertex, form_factors):
    for mass in (0.01, 0.3, 0.77, 0.9):
        assert amplitude_ratio(*vertex, mass, PHOTON, form_factors) == 1.0
        assert amplitude_ratio(*vertex, mass, Couplings(-2.0, -2.0, -2.0), form_factors) == -2.0


def test_eta_prime_of_baryon_number_has_the_omega_pole():
    """Narrow in the vector of pure isoscalar charge: up by more than 100 over 30 MeV."""
    at, beside = (abs(amplitude_ratio("etap", "gamma", m, BARYON)) ** 2 for m in (0.78266, 0.7527))
    assert at > 40 * beside
