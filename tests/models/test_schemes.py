"""Schemes of the hadronic width against published lifetimes and measured R."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.hadrons import inclusive
from darkbeam.hadrons.step_continuum import ratio_steps, step_alpha_s
from darkbeam.models import DarkPhoton, get_model
from darkbeam.models.hadronic import SCHEMES, deliver_crossing, hadronic_ratios

# c tau at epsilon = 1 in m: tables of arXiv:2201.01788 as distributed with FORESEE
DELIVER = {
    0.3: 1.4203e-13, 0.5: 6.5470e-14, 0.7: 1.7067e-14, 0.9: 2.4129e-14, 1.1: 2.5771e-14, 1.3: 1.9583e-14,
    1.5: 1.3344e-14, 1.6: 1.1802e-14, 1.7: 1.1410e-14, 1.8: 1.0786e-14, 1.9: 1.0227e-14,
}  # fmt: skip
# tables of arXiv:2305.13383 above its matching mass
NAIVE = {
    2.2: 9.2297e-15, 2.5: 8.1172e-15, 3.0: 6.7612e-15, 3.5: 5.7942e-15, 4.0: 3.8062e-15, 4.5: 3.1043e-15,
    5.0: 2.6964e-15, 6.0: 2.1826e-15, 8.0: 1.6112e-15, 10.0: 1.2839e-15,
}  # fmt: skip


@pytest.mark.parametrize("mass", DELIVER)
def test_deliver_lifetimes(mass: float) -> None:
    """Their pion of 140 MeV in 3 pi shifts up to 0.2 % at these masses."""
    assert DarkPhoton(scheme="deliver").ctau(mass) == pytest.approx(DELIVER[mass], rel=2e-3)


@pytest.mark.parametrize("mass", NAIVE)
def test_naive_lifetimes(mass: float) -> None:
    """Their m_tau = 1.77 GeV shifts 0.1 % above the tau threshold."""
    assert DarkPhoton(scheme="naive").ctau(mass) == pytest.approx(NAIVE[mass], rel=1.5e-3)


def test_naive_below_its_matching_mass_is_the_default() -> None:
    m = np.array([0.5, 1.2, 1.9])
    np.testing.assert_array_equal(DarkPhoton(scheme="naive").width(m), DarkPhoton().width(m))


def test_crossing() -> None:
    """1.701 GeV for the dark photon; another for baryon number; a fixed one where only strange quarks couple."""
    assert deliver_crossing(2 / 3, -1 / 3, -1 / 3) == pytest.approx(1.701, abs=2e-3)
    assert 1.5 < deliver_crossing(1 / 3, 1 / 3, 1 / 3) < 2.0
    model = DarkPhoton(scheme="deliver")
    m = deliver_crossing(2 / 3, -1 / 3, -1 / 3)
    below, above = model.branching(m - 1e-3), model.branching(m + 1e-3)
    assert below["quarks"] == above["pi+pi-"] == 0.0
    assert above["quarks"] == pytest.approx(1.0 - above["e+e-"] - above["mu+mu-"])
    assert np.log(model.ctau(m + 1e-3) / model.ctau(m - 1e-3)) == pytest.approx(0.0, abs=3e-3)


def test_deliver_of_mixing_models_is_that_of_the_photon() -> None:
    loop, photon = get_model("L_mu-L_tau").with_scheme("deliver"), DarkPhoton(scheme="deliver")
    for m in (1.65, 1.75):
        ratio = {n: float(w / loop.partial_widths(m)["e+e-"]) for n, w in loop.partial_widths(m).items()}
        expected = photon.partial_widths(m)
        for name in ("pi+pi-", "quarks"):
            assert ratio[name] == pytest.approx(float(expected[name] / expected["e+e-"]))


def test_step_continuum() -> None:
    """Published branching ratios: R = 0.5213/0.2393 at 1.8 and 0.5210/0.2395 at 1.9 GeV."""
    np.testing.assert_allclose(ratio_steps([1.8, 1.9], inclusive.CHARGE), [2.1784, 2.1754], rtol=5e-4)
    low, high = ratio_steps([3.72, 3.74], inclusive.CHARGE)
    assert high / low == pytest.approx(10 / 6, rel=0.02)
    assert 0.2 < step_alpha_s(3.0) < 0.3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_hadronic_width_scales_with_the_square_of_the_charges(scheme: str) -> None:
    m = np.linspace(0.3, 9.0, 80)
    x = {q: np.full_like(m, v) for q, v in inclusive.CHARGE.items()}
    one, two = hadronic_ratios(scheme, m, x), hadronic_ratios(scheme, m, {q: 2.0 * v for q, v in x.items()})
    np.testing.assert_allclose(two[1], 4.0 * one[1], rtol=1e-12)
    for name, r in one[0].items():
        np.testing.assert_allclose(two[0][name], 4.0 * r, rtol=1e-12)


# PDG R compilation, error-weighted means of bins in which R varies little (GeV, R), and the quoted uncertainty of the
# width; from 1.4 to 1.6 GeV R changes by 60 % and the mean depends on where the points are
MEASURED = [
    (0.70, 0.76, 7.231, 0.035), (1.20, 1.40, 1.183, 0.035), (1.40, 1.60, 1.952, 0.06), (1.60, 1.70, 2.502, 0.08),
    (1.70, 1.80, 2.323, 0.08), (1.80, 1.90, 2.088, 0.08), (1.90, 2.00, 2.094, 0.08), (2.0, 2.5, 2.251, 0.05),
    (3.12, 3.6, 2.216, 0.05), (5.0, 7.0, 3.436, 0.03), (7.0, 9.0, 3.556, 0.03), (9.0, 9.4, 3.483, 0.03),
]  # fmt: skip


@pytest.mark.parametrize(("lo", "hi", "measured", "band"), MEASURED)
def test_measured_ratio(lo: float, hi: float, measured: float, band: float) -> None:
    m = np.linspace(lo, hi, 200)
    x = {q: np.full_like(m, v) for q, v in inclusive.CHARGE.items()}
    exclusive, quarks = hadronic_ratios("default", m, x)
    mean = np.mean(np.sum(list(exclusive.values()), axis=0) + quarks)
    assert mean == pytest.approx(measured, rel=band)
