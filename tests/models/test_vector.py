"""Vectors with other charges: widths of leptons and neutrinos, hadrons by isospin, loops, variations, errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from darkbeam.constants import ALPHA, M_E
from darkbeam.errors import DarkbeamError, MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.models import MODEL_NAMES, Charges, DarkPhoton, VectorModel, get_model
from darkbeam.models.variations import REGIONS, VARIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

GRID = np.concatenate([np.geomspace(1.03e-3, 10.0, 400), [0.78266, 1.019461, 1.95, 2.05, 3.0969]])


@pytest.mark.parametrize("name", MODEL_NAMES)
@pytest.mark.parametrize("scheme", ["default", "deliver", "naive"])
def test_branching_ratios_sum_to_one(name: str, scheme: str) -> None:
    model = get_model(name).with_scheme(scheme)
    branching = model.branching(GRID)
    assert tuple(branching) == model.channels
    np.testing.assert_allclose(np.sum(list(branching.values()), axis=0), 1.0, atol=1e-9)
    assert min(b.min() for b in branching.values()) >= 0.0


def test_b_minus_l_below_the_pions() -> None:
    """Three neutrinos count 3/2 electrons: e : nu = 1 : 3/2, with the width g^2 m/(12 pi) each unit."""
    model = get_model("B-L")
    b = model.branching(0.05)
    assert b["nunu"] / b["e+e-"] == pytest.approx(1.5, rel=1e-6)
    assert float(model.partial_widths(0.05)["nunu"]) == pytest.approx(1.5 * ALPHA * 0.05 / 3.0)


@pytest.mark.parametrize("name", ["B", "B-L", "B-3L_e", "B-3L_mu", "B-3L_tau"])
def test_no_isovector_states_of_baryon_number(name: str) -> None:
    widths = get_model(name).partial_widths(np.array([0.77, 1.2, 1.9]))
    for channel, entry in EXCLUSIVE.items():
        if entry.currents == "1":
            assert np.all(widths[channel] == 0.0)
    assert widths["pi+pi-pi0"].min() > 0.0
    assert widths["pi0gamma"].min() > 0.0


def test_isoscalar_chains_of_baryon_number_are_opposite() -> None:
    """(c0, cs) = (2, -1) against (1, 1): at the omega pole |2|^2, at the phi pole |-1|^2 of the dark photon."""
    photon, baryon = (
        DarkPhoton().partial_widths([0.7826, 1.0192]),
        get_model("B").partial_widths([0.7826, 1.0192]),
    )
    assert baryon["pi+pi-pi0"][0] / photon["pi+pi-pi0"][0] == pytest.approx(4.0, rel=0.06)
    assert baryon["K+K-"][1] / photon["K+K-"][1] == pytest.approx(1.0, rel=0.1)


def test_chain_of_mu_minus_tau() -> None:
    """Neutrinos alone, then muons, then taus; electrons and hadrons only through the loop."""
    model = get_model("L_mu-L_tau")
    widths = model.partial_widths(np.array([0.1, 0.5, 5.0]))
    gamma0 = ALPHA * np.array([0.1, 0.5, 5.0]) / 3.0
    np.testing.assert_allclose(widths["nunu"], gamma0, rtol=1e-12)
    assert widths["mu+mu-"][0] == 0.0
    assert widths["mu+mu-"][1] / gamma0[1] == pytest.approx(1.0, rel=0.02)
    assert widths["tau+tau-"][1] == 0.0
    assert widths["tau+tau-"][2] / gamma0[2] == pytest.approx(0.8811, rel=1e-3)  # (1 + 2 r) sqrt(1 - 4 r)
    assert 1e-5 < widths["e+e-"][1] / gamma0[1] < 2.1e-5
    photon = DarkPhoton().partial_widths(0.5)
    assert widths["pi+pi-"][1] / widths["e+e-"][1] == pytest.approx(float(photon["pi+pi-"] / photon["e+e-"]))


def test_pure_mixing_has_the_composition_of_the_photon() -> None:
    """L_mu - L_tau couples to quarks through the photon only: hadronic widths are the dark photon's times a factor."""
    m = np.array([0.5, 0.9, 1.5, 1.9, 2.3, 4.0])
    loop, photon = get_model("L_mu-L_tau").partial_widths(m), DarkPhoton().partial_widths(m)
    factor = loop["e+e-"] / photon["e+e-"]
    for name in (*EXCLUSIVE, "quarks"):
        np.testing.assert_allclose(loop[name], factor * photon[name], rtol=1e-9)


def test_couplings_follow_the_loop() -> None:
    model = get_model("L_mu-L_tau")
    c = model.couplings_at(0.3)
    assert c.c1 == pytest.approx(c.c0)
    assert c.c1 == pytest.approx(c.cs)
    arrays = model.charge_arrays(np.array([0.3, 2.0]))
    assert arrays["u"][0] == model.charges_at(0.3).u
    assert abs(arrays["u"][1]) < abs(arrays["u"][0])
    assert arrays["mu"].tolist() == [1.0, 1.0]
    assert arrays["nu_e"].tolist() == [0.0, 0.0]


def test_leptons_of_baryon_number() -> None:
    charges = get_model("B").charges_at(0.5)
    assert charges.e == charges.mu == charges.tau
    assert charges.e == pytest.approx(-4.0 * np.pi * ALPHA / (4.0 * np.pi) ** 2)


def test_charm_and_bottom_scale_with_their_charges() -> None:
    base = {"d": -1 / 3, "u": 2 / 3, "s": -1 / 3, "e": -1.0}
    light = VectorModel("uds", Charges(**base))
    double = VectorModel("2c", Charges(**base, c=4 / 3))
    photon = VectorModel("c", Charges(**base, c=2 / 3))
    m = np.array([3.0969, 3.7737, 4.3])
    quarks = [model.partial_widths(m)["quarks"] for model in (light, photon, double)]
    np.testing.assert_allclose(quarks[2] - quarks[0], 4.0 * (quarks[1] - quarks[0]), rtol=1e-9)


def test_heavy_quarks_alone() -> None:
    """A vector of charm number: nothing hadronic below the J/psi, no division by a missing light sum."""
    model = VectorModel("charm", Charges(c=1.0, e=1e-3))
    b = model.branching(np.array([1.0, 2.2, 5.0]))
    assert b["e+e-"][:2] == pytest.approx([1.0, 1.0])
    assert b["quarks"][2] > 0.99


def test_three_photons_reach_below_the_electron_pair() -> None:
    with pytest.raises(MassRangeError, match="2 m_e"):
        DarkPhoton().width(5e-4)
    model = DarkPhoton(three_photons=True)
    assert model.branching(5e-4)["3gamma"] == 1.0
    assert model.partial_widths(2e-3)["3gamma"] == 0.0
    # leading term: 17 alpha^4 m^9/(2^7 3^6 5^3 pi^3 m_e^8)
    m = 1e-4
    leading = 17.0 * ALPHA**4 / (2**7 * 3**6 * 5**3 * np.pi**3) * m**9 / M_E**8
    assert float(model.width(m)) == pytest.approx(leading, rel=0.03)
    with pytest.raises(MassRangeError, match="no decay channel is open"):
        VectorModel("tau", Charges(tau=1.0)).ctau(1.0)


def test_variations_by_region() -> None:
    model, m = DarkPhoton(), np.array([1.0, 1.8, 3.0, 4.0, 8.0])
    sizes = np.array([size for _, _, size in REGIONS.values()])

    def hadronic(name: str) -> np.ndarray:
        widths = model.with_variation(name).partial_widths(m)
        return np.sum([w for n, w in widths.items() if n in EXCLUSIVE or n == "quarks"], axis=0)

    central = hadronic("central")
    np.testing.assert_allclose(hadronic("width-high") / central - 1.0, sizes)
    np.testing.assert_allclose(hadronic("width-low") / central - 1.0, -sizes)
    for k, region in enumerate(REGIONS):
        change = hadronic(f"width-{region}-high") / central - 1.0
        np.testing.assert_allclose(change, np.where(np.arange(5) == k, sizes, 0.0), atol=1e-12)
    assert len(VARIATIONS) == 2 + 2 * len(REGIONS)
    assert model.with_variation("width-high").partial_widths(1.0)["e+e-"] == model.partial_widths(1.0)["e+e-"]


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: DarkPhoton(scheme="delivr"), UnknownNameError, "deliver"),
        (lambda: DarkPhoton().with_variation("width-hi"), UnknownNameError, "width-high"),
        (lambda: VectorModel("zero", Charges(t=1.0)), ValueRangeError, "charges that give no decay"),
        (lambda: VectorModel("nan", Charges(e=float("nan"))), ValueRangeError, "finite"),
        (lambda: DarkPhoton().width(0.5, 0.0), ValueRangeError, "epsilon"),
    ],
)
def test_refusals(make: Callable[[], object], error: type[DarkbeamError], match: str) -> None:
    with pytest.raises(error, match=match):
        make()


def test_epsilon_scales_everything_visible() -> None:
    model = DarkPhoton()
    assert model.width(0.5, 1e-4) == pytest.approx(1e-8 * model.width(0.5))
    assert model.branching(0.5, 1e-4) == pytest.approx(model.branching(0.5))


@pytest.mark.parametrize("name", ["B-L", "L_mu-L_tau"])
def test_speed(name: str) -> None:
    model, m = get_model(name), np.linspace(0.3, 3.0, 1000)
    model.width(m)
    start = time.process_time()
    model.width(m)
    assert time.process_time() - start < 0.05
