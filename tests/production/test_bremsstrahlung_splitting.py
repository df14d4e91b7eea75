"""Splitting functions: identities and spot values."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import ALPHA, M_P
from darkbeam.hadrons.proton_form_factors import ua_form_factors
from darkbeam.production.splitting_functions import (
    minimal_offshellness,
    pt2_validity_limit,
    virtuality_form_factor,
    w_ap,
    w_bb,
    w_fr,
)

# z, pT, m; H; w_BB, w_AP, w11, w22, w12 (GeV^-2, unit form factors); Fv(Lambda = 1); FR central density;
# w22', w12'.  From an independent program, checked with spinor traces; form factors of arXiv:2409.09123.
SPOTS = [
    ((0.3, 0.3, 0.5), 3.442319e-01, (1.459304e-02, 4.616323e-03, 1.261854e-02, 1.090139e-03, 4.806468e-04),
     4.316638e-01, 1.706238e-02, (6.024728e-04, -5.315281e-04)),
    ((0.1, 0.05, 0.05), 1.355355e-02, (1.180877e+00, 1.328100e+00, 5.477088e-01, 8.365756e-03, 1.287050e-02),
     9.819615e-01, 5.838155e-01, (1.878135e-03, 4.301450e-03)),
    ((0.5, 0.5, 1.0), 9.700886e-01, (2.554033e-03, 9.082480e-04, 2.141279e-03, 6.712463e-04, 2.716191e-04),
     2.098950e-01, 7.387054e-01, (3.922799e-04, -3.269911e-04)),
    ((0.8, 0.2, 1.5), 1.053427e+00, (1.382254e-03, 5.330078e-04, 7.616471e-04, 6.979496e-04, 6.336926e-04),
     3.657753e-01, 5.433573e-03, (1.969023e-04, -2.483124e-04)),
    ((0.2, 1.0, 0.775), 1.515714e+00, (6.031193e-03, 4.796423e-03, 6.092218e-03, 2.289552e-03, 1.607527e-04),
     1.711311e-02, 1.645991e-02, (1.609410e-03, 7.503566e-06)),
    ((0.6, 0.1, 1.2), 9.029276e-01, (2.462552e-03, 3.495732e-04, 1.392489e-03, 3.487461e-04, 6.654551e-05),
     3.063104e-01, 1.658558e-02, (1.144962e-04, -7.052172e-04)),
]  # fmt: skip


@pytest.mark.parametrize("spot", SPOTS, ids=lambda s: "z{}-pT{}-m{}".format(*s[0]))
def test_spot_values(spot: tuple) -> None:
    (z, pt, m), H_expected, w_expected, fv_expected, density, pauli = spot
    z = np.float64(z)
    H = pt**2 + minimal_offshellness(z, m)
    assert pytest.approx(H_expected, rel=1e-6) == H
    fr, onshell = w_fr(z, H, m), w_fr(z, H, m, onshell_pauli=True)
    assert (w_bb(z, H, m), w_ap(z, H, m), *fr) == pytest.approx(w_expected, rel=2e-6)
    assert (onshell.w22, onshell.w12) == pytest.approx(pauli, rel=2e-6)
    assert onshell.w11 == fr.w11
    fv = virtuality_form_factor(z, H, 1.0)
    assert fv == pytest.approx(fv_expected, rel=1e-6)
    F1, F2 = (complex(F) for F in ua_form_factors(m))
    bilinear = abs(F1) ** 2 * fr.w11 + abs(F2) ** 2 * fr.w22 + (F1 * F2.conjugate()).real * fr.w12
    assert fv**2 * bilinear == pytest.approx(density, rel=3e-3)


def _random_points() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    return rng.uniform(0.02, 0.98, 200), rng.uniform(0.0, 3.0, 200), rng.uniform(0.01, 3.0, 200)


def test_compact_bluemlein_brunner_is_the_published_expression() -> None:
    """Slow twin: the expanded form of arXiv:1311.3870 with [1 + (1-z)^2] in the mp^2 m^2 term."""
    for z, pt, m in zip(*_random_points(), strict=True):
        H = pt**2 + (1 - z) * m**2 + (z * M_P) ** 2
        published = (
            (1 + (1 - z) ** 2) / z
            - 2 * z * (1 - z) * ((2 * M_P**2 + m**2) / H - 2 * z**2 * M_P**4 / H**2)
            + 2 * z * (1 - z) * (1 + (1 - z) ** 2) * M_P**2 * m**2 / H**2
            + 2 * z * (1 - z) ** 2 * m**4 / H**2
        )
        published *= ALPHA / (2 * np.pi * H)
        assert w_bb(z, H, m) == pytest.approx(published, rel=1e-12)


def test_closed_integral_of_bluemlein_brunner() -> None:
    """Integral over pT^2 in closed form against Gauss-Legendre in ln H."""
    node, weight = np.polynomial.legendre.leggauss(60)
    for z, m, x in [(0.1, 0.05, 1.0), (0.5, 0.8, 1.0), (0.9, 2.0, 4.0)]:
        A = minimal_offshellness(np.float64(z), m)
        L = np.log1p(x / A)
        H = A * np.exp(0.5 * L * (node + 1))
        numeric = np.sum(0.5 * L * weight * H * w_bb(np.float64(z), H, m))
        closed = (1 + (1 - z) ** 2) / z * np.log1p(x / A)
        closed -= z * (1 - z) * (2 * M_P**2 + m**2) * x**2 / (A * (A + x) ** 2)
        assert numeric == pytest.approx(ALPHA / (2 * np.pi) * closed, rel=1e-12)


def test_densities_are_positive_for_any_form_factor() -> None:
    """A squared amplitude: the quadratic form in (F1, F2) is positive, w12^2 <= 4 w11 w22."""
    z, pt, m = _random_points()
    H = pt**2 + minimal_offshellness(z, m)
    for onshell in (False, True):
        w = w_fr(z, H, m, onshell_pauli=onshell)
        assert np.all(w.w11 > 0)
        assert np.all(w.w22 > 0)
        assert np.all(w.w12**2 <= 4 * w.w11 * w.w22)
    assert np.all(w_bb(z, H, m) > 0)


def test_all_descriptions_agree_in_the_soft_massless_limit() -> None:
    """For m, pT and z small against each other the 1/z eikonal part is common: pT >> z mp, z -> 0, m = 0+."""
    z, H = np.float64(1e-3), np.float64(1.0)
    eikonal = ALPHA / (np.pi * H * z)
    assert w_bb(z, H, 1e-4) == pytest.approx(eikonal, rel=2e-3)
    assert w_fr(z, H, 1e-4).w11 == pytest.approx(eikonal, rel=2e-3)


def test_validity_limit_inverts_the_ratio_of_denominators() -> None:
    z, m, P = np.array([0.1, 0.5, 0.9]), 1.0, 70.0
    H = pt2_validity_limit(z, m, P) + minimal_offshellness(z, m)
    np.testing.assert_allclose(H / (4 * P**2 * z * (1 - z) ** 2), 0.1, rtol=1e-12)
