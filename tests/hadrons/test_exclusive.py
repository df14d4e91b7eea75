"""Exclusive ratios: published numbers, isospin identities, quadrature."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.hadrons import regge_tower, three_pion, two_kaon, two_pion
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.hadrons.couplings import Couplings
from darkbeam.hadrons.dalitz import dalitz_nodes
from darkbeam.hadrons.kaon_kaon_pion import ratio_neutral_charged
from darkbeam.hadrons.propagators import beta_squared, bw_p_wave, gounaris_sakurai

# R_f of the dark photon from an independent implementation of the same fits, five digits
FROZEN = {
    "pi+pi-": {0.4: 1.89842e-01, 0.775: 8.89200, 0.7825: 7.27997, 1.0195: 5.67104e-01, 1.9: 4.46009e-02},
    "pi+pi-pi0": {0.6: 2.23541e-04, 0.775: 2.62681, 0.7825: 11.5732, 1.0195: 7.66504, 1.7: 9.90157e-02},
    "pi0gamma": {0.4: 1.59926e-04, 0.7825: 1.18628, 1.0195: 7.05835e-02, 1.5: 1.70561e-04},
    "etagamma": {0.6: 9.79583e-06, 0.7825: 1.47515e-02, 1.0195: 6.66493e-01, 1.5: 9.24422e-04},
    "K+K-": {1.0195: 23.0620, 1.1: 1.81649e-01, 1.5: 9.19122e-02, 1.9: 1.22242e-02},
    "K0K0bar": {1.0195: 16.5869, 1.1: 5.51916e-02, 1.5: 7.02205e-03, 1.9: 1.26027e-03},
    "K_LK_Spi0": {1.3: 2.24900e-04, 1.5: 3.40363e-02, 1.7: 9.67343e-02, 1.9: 2.65190e-02},
    "K+K-pi0": {1.3: 1.04034e-04, 1.5: 1.22459e-02, 1.7: 9.01963e-03, 1.9: 1.17822e-03},
    "omegapi0(pi0gamma)": {1.0195: 8.73501e-03, 1.5: 3.40775e-02, 1.9: 3.52628e-03},
    "etapi+pi-": {0.9: 2.24137e-06, 1.3: 8.26390e-03, 1.5: 9.96429e-02, 1.9: 3.39127e-02},
    "etaprimepi+pi-": {1.3: 4.23211e-08, 1.9: 3.33452e-03},
    "omegapipi": {1.1: 1.59228e-04, 1.5: 4.57768e-02, 1.9: 5.30675e-02},
    "phipipi": {1.3: 6.03695e-07, 1.7: 2.65518e-02, 1.9: 1.80050e-02},
    "etaomega": {1.5: 1.07446e-02, 1.7: 4.26943e-02, 1.9: 1.73864e-03},
    "etaphi": {1.7: 8.65632e-02, 1.9: 2.60304e-02},
    "phipi0": {1.3: 2.05806e-04, 1.9: 4.49844e-04},
    "3pi+3pi-": {1.5: 1.87915e-04, 1.9: 3.92241e-02},
    "2pi+2pi-2pi0": {1.5: 4.67846e-03, 1.9: 1.88365e-01},
    "ppbar": {1.9: 3.39367e-02},
    "nnbar": {1.9: 4.44201e-02},
}


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_values(name: str) -> None:
    masses = np.array(list(FROZEN[name]))
    np.testing.assert_allclose(EXCLUSIVE[name].ratio(masses), list(FROZEN[name].values()), rtol=1e-4)


def test_frozen_kaon_sums() -> None:
    m = np.array([1.3, 1.5, 1.7, 1.9])
    one_k0 = [2.71733e-05, 3.10364e-02, 9.72502e-02, 2.40911e-02]
    np.testing.assert_allclose(ratio_neutral_charged(m), one_k0, rtol=1e-4)
    np.testing.assert_allclose(EXCLUSIVE["K0K+-pi-+"].ratio(m), 2.0 * np.array(one_k0), rtol=1e-4)
    both = sum(EXCLUSIVE[name].ratio(m[2:]) for name in ("K+K-pi+pi-", "K_SK+-pi-+pi0"))
    np.testing.assert_allclose(both, [6.23364e-02, 2.28559e-01], rtol=1e-4)


@pytest.mark.parametrize("name", [n for n in EXCLUSIVE if "2pi" not in n])
def test_zero_below_and_positive_above_threshold(name: str) -> None:
    channel = EXCLUSIVE[name]
    below, above = channel.ratio(np.array([channel.threshold - 1e-3, channel.threshold + 5e-3]))
    assert below == 0.0
    assert above > 0.0


def test_ratio_is_a_quadratic_form_in_the_couplings() -> None:
    """|A + B|^2 + |A - B|^2 = 2|A|^2 + 2|B|^2 for every pair of coupling vectors."""
    a, b = np.array([1.0, 2.0, -1.0]), np.array([0.3, -0.7, 1.9])
    m = np.array([1.05, 1.6])
    for ratio in (two_kaon.ratio_charged, two_kaon.ratio_neutral, three_pion.ratio):
        plus, minus, first, second = (ratio(m, Couplings(*c)) for c in (a + b, a - b, a, b))
        np.testing.assert_allclose(plus + minus, 2.0 * (first + second), rtol=1e-10)


def test_baryon_number_current_has_no_two_pions() -> None:
    c = Couplings.from_quarks(1 / 3, 1 / 3, 1 / 3)
    assert two_pion.ratio(0.77, c)[0] == 0.0
    assert c.c0 == pytest.approx(2.0)
    assert c.cs == pytest.approx(-1.0)


def test_physical_chain_lowers_the_omega_peak() -> None:
    """The two assignments of the isospin-violating chain differ by -3.9, -1.7 and +2.5 %."""
    m = np.array([0.782, 0.9, 1.5])
    change = three_pion.ratio(m, chain="physical") / three_pion.ratio(m) - 1.0
    np.testing.assert_allclose(change, [-0.0385, -0.0168, 0.0253], atol=3e-4)


def test_tower_weights_sum_to_one() -> None:
    assert regge_tower.tower_weights(2.148, 200000).sum() == pytest.approx(1.0, abs=1e-3)
    assert regge_tower.beta_from_ground_state(1.1148916618504967) == pytest.approx(2.1968, abs=1e-4)


def test_gounaris_sakurai_has_unit_phase_at_the_pole_and_charge_one_below() -> None:
    M, G, m = 0.775, 0.149, 0.1396
    pole = gounaris_sakurai(np.array([M * M]), M, G, m, m)[0]
    assert pole.real == pytest.approx(0.0, abs=1e-12)
    plain = bw_p_wave(np.array([M * M]), M, G, m, m)[0]
    assert abs(pole / plain) == pytest.approx(1.0 + 0.48 * G / M, rel=0.02)  # d = 0.48 of the GS formula


def test_velocity_is_clipped_below_threshold() -> None:
    assert beta_squared(0.01, 0.14, 0.14) == 0.0
    assert beta_squared(1.0, 0.0, 0.0) == 1.0


def test_dalitz_volume_massless() -> None:
    """Phi_3 of massless particles is m^2/(256 pi^3)."""
    nodes = dalitz_nodes(2.0, 0.0, 0.0, 0.0)
    assert nodes.weight.sum() == pytest.approx(4.0 / (256.0 * np.pi**3), rel=1e-4)
    np.testing.assert_allclose(nodes.s12 + nodes.s13 + nodes.s23, 4.0, rtol=1e-12)


def test_dalitz_pole_map_leaves_the_integral_unchanged() -> None:
    flat = dalitz_nodes(1.6, 0.494, 0.135, 0.494)
    mapped = dalitz_nodes(1.6, 0.494, 0.135, 0.494, pole=(0.892, 0.15))
    assert np.sum(mapped.weight * mapped.cross2) == pytest.approx(np.sum(flat.weight * flat.cross2), rel=1e-6)
