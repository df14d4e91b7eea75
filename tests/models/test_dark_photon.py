"""Dark photon: identities, lifetimes of an independent calculation, errors."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from darkbeam.constants import ALPHA, HBARC_GEV_M, M_E, M_MU
from darkbeam.errors import MassRangeError
from darkbeam.hadrons import inclusive
from darkbeam.hadrons.couplings import Couplings
from darkbeam.hadrons.width_table import exclusive_ratios
from darkbeam.models import DarkPhoton, VectorModel, decays_json
from darkbeam.models.charges import PHOTON_CHARGES
from darkbeam.models.dark_photon import CHANNELS

MODEL = DarkPhoton()
# ctau at epsilon = 1 in m, from an independent implementation of the same scheme
CTAU = {
    0.01: 8.1126e-12, 0.1: 8.1123e-13, 0.22: 2.6217e-13, 0.3: 1.4203e-13, 0.5: 6.5469e-14, 0.7: 1.7066e-14,
    0.85: 1.8468e-14, 0.9: 2.4106e-14, 0.95: 2.7231e-14, 1.05: 2.3966e-14, 1.1: 2.5761e-14, 1.2: 2.3234e-14,
    1.3: 1.9560e-14, 1.4: 1.5872e-14, 1.5: 1.3251e-14, 1.6: 1.1577e-14, 1.7: 1.0595e-14, 1.8: 1.0739e-14,
    1.9: 1.0572e-14, 2.0: 9.8829e-15, 2.2: 8.8213e-15, 2.5: 7.7764e-15, 3.0: 6.4924e-15, 3.5: 5.5567e-15,
    3.7: 4.5761e-15, 3.8: 3.9039e-15, 4.0: 3.1209e-15, 4.5: 2.8758e-15, 5.0: 2.5975e-15, 8.0: 1.5606e-15,
    10.0: 1.2453e-15,
}  # fmt: skip


@pytest.mark.parametrize("mass", CTAU)
def test_lifetime(mass: float) -> None:
    assert MODEL.ctau(mass) == pytest.approx(CTAU[mass], rel=3e-3)


def test_branching_ratios_sum_to_one() -> None:
    mass = np.concatenate([np.geomspace(1.03e-3, 10.0, 3000), [0.78266, 1.019461, 1.95, 2.0, 2.05, 2.5]])
    branching = MODEL.branching(mass)
    assert tuple(branching) == CHANNELS
    np.testing.assert_allclose(np.sum(list(branching.values()), axis=0), 1.0, atol=1e-9)
    assert min(b.min() for b in branching.values()) >= 0.0


def test_leptonic_widths_are_exact() -> None:
    m = 0.5
    widths = MODEL.partial_widths(m)
    for name, m_l in (("e+e-", M_E), ("mu+mu-", M_MU)):
        r = (m_l / m) ** 2
        assert widths[name] == pytest.approx(ALPHA * m / 3 * (1 + 2 * r) * (1 - 4 * r) ** 0.5, rel=1e-12)
    assert widths["tau+tau-"] == 0.0
    assert MODEL.partial_widths(0.2)["mu+mu-"] == 0.0


@pytest.mark.parametrize(
    ("mass", "expected"),
    [
        (0.5, {"e+e-": 0.4035, "mu+mu-": 0.3984, "pi+pi-": 0.1979, "pi0gamma": 1.9e-4}),
        (
            1.2,
            {
                "pi+pi-": 0.0737,
                "pi+pi-pi0": 0.0276,
                "2pi+2pi-": 0.0533,
                "pi+pi-2pi0": 0.1013,
            },
        ),
        (
            1.7,
            {"e+e-": 0.2220, "pi+pi-pi0": 0.0242, "2pi+2pi-": 0.1366, "pi+pi-2pi0": 0.1717},
        ),
        (1.9, {"e+e-": 0.2476, "pi+pi-": 0.0144, "quarks": 0.0}),
        (3.0, {"e+e-": 0.2401, "mu+mu-": 0.2401, "quarks": 0.5198}),
        (4.5, {"e+e-": 0.1595, "tau+tau-": 0.1284, "quarks": 0.5526}),
    ],
)
def test_branching_ratios(mass: float, expected: dict[str, float]) -> None:
    branching = MODEL.branching(mass)
    for name, value in expected.items():
        assert branching[name] == pytest.approx(value, rel=0.012, abs=6e-6)


def test_scheme_of_the_hadronic_width() -> None:
    """Total: K factor below 1.95 GeV, inclusive above 2.05 GeV; composition: quarks from 2.0 to 2.5 GeV."""
    leptons = ("e+e-", "mu+mu-", "tau+tau-")

    def hadronic(m: float) -> float:
        return sum(float(w) for n, w in MODEL.partial_widths(m).items() if n not in leptons) / (ALPHA * m / 3)

    exclusive = sum(float(r[0]) for r in exclusive_ratios(1.8).values())
    assert hadronic(1.8) == pytest.approx(1.2 * exclusive, rel=1e-12)
    assert hadronic(2.2) == pytest.approx(float(inclusive.ratio(2.2)[0]), rel=1e-12)
    widths = MODEL.partial_widths(2.25)
    assert widths["quarks"] / (ALPHA * 2.25 / 3) == pytest.approx(0.5 * hadronic(2.25), rel=1e-12)
    assert MODEL.partial_widths(2.6)["2pi+2pi-"] == 0.0


def test_width_is_continuous() -> None:
    m = np.arange(1.9, 2.6, 1e-3)
    assert np.abs(np.diff(np.log(MODEL.width(m)))).max() < 0.01


def test_shapes_follow_the_input() -> None:
    assert np.shape(MODEL.width(0.5)) == ()
    assert MODEL.ctau([0.5, 0.6]).shape == (2,)
    assert MODEL.ctau(0.5) == pytest.approx(HBARC_GEV_M / float(MODEL.width(0.5)))


@pytest.mark.parametrize("mass", [0.0, 1.02e-3, 10.001, float("nan")])
def test_mass_range(mass: float) -> None:
    with pytest.raises(MassRangeError, match="10 GeV"):
        MODEL.width(mass)


# all channels beside leptons, 2 to 4 pions, kaons with at most one pion, and pi0 gamma
REST = {1.2: 0.0088, 1.7: 0.1301, 1.9: 0.2172}


@pytest.mark.parametrize("mass", REST)
def test_sum_of_the_rare_channels(mass: float) -> None:
    branching = MODEL.branching(mass)
    known = ("e+e-", "mu+mu-", "pi+pi-", "pi+pi-pi0", "2pi+2pi-", "pi+pi-2pi0", "K+K-", "K0K0bar", "K_LK_Spi0",
             "K+K-pi0", "K0K+-pi-+", "pi0gamma")  # fmt: skip
    assert 1.0 - sum(branching[name] for name in known) == pytest.approx(REST[mass], rel=0.012)


def test_is_the_vector_of_electric_charges() -> None:
    m = np.linspace(0.01, 9.9, 60)
    np.testing.assert_allclose(VectorModel("x", PHOTON_CHARGES).width(m), MODEL.width(m), rtol=1e-14)
    assert MODEL.couplings_at(0.5) == Couplings(1.0, 1.0, 1.0)


def test_json() -> None:
    record = decays_json(0.3)
    assert set(record) == {"mass_GeV", "width_GeV", "ctau_m", "branching"}
    assert json.loads(json.dumps(record)) == record


def test_speed() -> None:
    m = np.linspace(0.3, 3.0, 1000)
    MODEL.branching(m)
    start = time.process_time()
    MODEL.branching(m)
    assert time.process_time() - start < 0.05
