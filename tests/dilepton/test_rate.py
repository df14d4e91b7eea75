"""Formulas of the map from lepton pairs to photons and other pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import ALPHA, M_E, M_ETA, M_MU, M_OMEGA, W_OMEGA
from darkbeam.dilepton.below import dalitz_pairs
from darkbeam.dilepton.rate import angular_law, longitudinal_share, pair_ratio, photons_per_pair


@pytest.mark.parametrize("lepton", [M_E, M_MU])
@pytest.mark.parametrize("mass", [0.25, 0.35, 0.5])
def test_eta_dalitz_gives_the_decay_to_a_dark_photon(mass: float, lepton: float) -> None:
    """Kroll-Wada spectrum in, 2 (1 - m^2/M^2)^3 |F|^2 out, whatever the lepton."""
    r = (lepton / mass) ** 2
    F2 = (1.0 - 1.95 * mass**2) ** -2
    kinematic = (1.0 - mass**2 / M_ETA**2) ** 3
    pairs = 4.0 * ALPHA / (3.0 * np.pi * mass) * kinematic * F2 * np.sqrt(1.0 - 4.0 * r) * (1.0 + 2.0 * r)
    assert float(pairs * photons_per_pair(mass, lepton)) == pytest.approx(2.0 * kinematic * F2, rel=1e-6)


@pytest.mark.parametrize(
    ("meson", "lepton", "limit", "measured", "error"),
    [
        ("eta", M_MU, 0.5478, 3.1e-4, 0.4e-4),  # Particle Data Group
        ("eta", M_E, 0.5478, 6.9e-3, 0.4e-3),
        ("pi0", M_E, 0.1349, 1.174e-2, 0.035e-2),
        ("omega", M_E, 0.6476, 7.7e-4, 0.6e-4),
    ],
)
def test_dalitz_branching_ratios(
    meson: str, lepton: float, limit: float, measured: float, error: float
) -> None:
    m = np.geomspace(2.0 * lepton * (1.0 + 1e-9), limit, 4001)
    density = dalitz_pairs(meson, m, lepton)
    total = float(np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(m)))
    assert abs(total - measured) < 2.0 * error


@pytest.mark.parametrize(
    ("particle", "share"), [(0.01, 0.86), (0.03, 0.74), (0.06, 0.51), (0.09, 0.17), (0.1, 0.04)]
)
def test_share_of_eta_pairs_below_the_muon_threshold(particle: float, share: float) -> None:
    """Derived once with scipy's quad and 1/Lambda^2 = 1.934, kept to 1 %."""

    def law(m: float) -> float:
        pairs = dalitz_pairs("eta", np.array([m]), M_E) * pair_ratio(np.array([m]), particle, "dirac", M_E)
        return float(pairs[0])

    below = quad(law, 2.0 * particle, 2.0 * M_MU, epsrel=1e-5)[0]
    above = quad(law, 2.0 * M_MU, M_ETA * (1.0 - 1e-9), epsrel=1e-5)[0]
    assert below / (below + above) == pytest.approx(share, abs=0.011)


def test_omega_peak_matches_vector_dominance() -> None:
    """Photons on the omega peak over omegas are (3 Gamma_ee/(alpha Gamma)) M/Gamma, as from the mixing angle."""
    branching = 7.36e-5
    peak = branching * 2.0 / (np.pi * W_OMEGA)
    photons = peak * float(photons_per_pair(M_OMEGA, M_E))
    mixing = 3.0 * branching * M_OMEGA / (ALPHA * W_OMEGA)
    assert photons == pytest.approx(mixing, rel=1e-9)
    assert photons == pytest.approx(2.7, abs=0.05)


def test_pairs_of_leptons_return_themselves() -> None:
    m = np.linspace(0.22, 3.0, 50)
    np.testing.assert_allclose(pair_ratio(m, M_MU, "dirac", M_MU), 1.0, rtol=1e-14)
    assert np.all(pair_ratio(m, 0.2, "dirac", M_MU)[m < 0.4] == 0.0)
    np.testing.assert_allclose(pair_ratio(np.array([100.0]), 0.01, "scalar", M_MU), 0.25, rtol=1e-5)


@pytest.mark.parametrize("f0", [0.0, 1.0 / 3.0, 0.7])
@pytest.mark.parametrize("beta2", [0.2, 1.0])
def test_angular_law_against_the_density_matrix(f0: float, beta2: float) -> None:
    x = np.linspace(-1.0, 1.0, 11)
    rho = 0.5 * (1.0 - f0) * (1.0 - x * x) + f0 * x * x
    for spin, law in (("dirac", 1.0 - beta2 * rho), ("scalar", rho)):
        a, b = angular_law(beta2, f0, spin)
        np.testing.assert_allclose(a + b * x * x, law, atol=1e-14)
    a, b = angular_law(beta2, f0, "dirac")
    assert float(longitudinal_share(b / a, beta2)) == pytest.approx(f0, abs=1e-12)
