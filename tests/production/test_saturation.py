"""The dilepton-saturation test: narrow poles in closed form, the real bremsstrahlung, the limited variation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import ALPHA, M_OMEGA, M_PI, M_RHO
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.saturation import (
    POLES,
    WINDOWS,
    SaturatedBremsstrahlung,
    Window,
    inclusive_pairs,
    line_share,
    pairs,
    saturation_report,
    vector_multiplicities,
)
from darkbeam.production.source import Flux
from darkbeam.spectra import load_spectra


@dataclass(frozen=True)
class MixingMeson:
    """N vector mesons per collision that mix with the photon: F = N theta^2, width constant."""

    n: float
    meson: str
    name: str = "mixing"
    valid: tuple[float, float] = (0.02, 4.0)
    variation_names: tuple[str, ...] = ()

    def total(self, mass: float, variation: str = "central") -> float:
        p = POLES[self.meson]
        ee_width = p.branching * p.width
        g2 = 4.0 * np.pi * ALPHA**2 * p.mass / (3.0 * ee_width)
        q2 = mass * mass
        return (
            self.n
            * (4.0 * np.pi * ALPHA / g2)
            * p.mass**4
            / ((q2 - p.mass**2) ** 2 + (p.mass * p.width) ** 2)
        )

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        raise AssertionError("the test needs totals only")


@pytest.mark.parametrize(("meson", "window"), [("omega", "rho-omega"), ("phi", "phi"), ("jpsi", "jpsi")])
def test_a_mixing_meson_makes_its_own_pairs(meson: str, window: str) -> None:
    """A source F = N theta^2 makes N B w_V pairs: the formula and the share of the line agree, electron mass apart."""
    made = pairs(MixingMeson(0.3, meson), WINDOWS[window])
    assert made == pytest.approx(0.3 * POLES[meson].branching * line_share(meson, WINDOWS[window]), rel=1e-5)


def test_narrow_line_inside_a_window_is_counted_whole() -> None:
    assert line_share("omega", Window(0.4, 1.2, ("omega",))) == pytest.approx(1.0, abs=0.01)
    # Lorentzian in q^2: 2/pi arctan(10) within 5 widths, slope of 1/q^2 apart
    assert line_share("phi", WINDOWS["phi"]) == pytest.approx(2.0 / np.pi * np.arctan(10.0), abs=1e-3)


def test_line_shares_against_adaptive_quadrature() -> None:
    def rho(q: float) -> float:
        k = ((q * q - 4 * M_PI**2) / (M_RHO**2 - 4 * M_PI**2)) ** 1.5
        width = 0.1474 * M_RHO / q * k
        line = M_RHO**3 * 0.1474 / np.pi / (q**2 * ((q**2 - M_RHO**2) ** 2 + (M_RHO * width) ** 2))
        return 2.0 * q * line

    assert line_share("rho0", WINDOWS["rho-omega"]) == pytest.approx(quad(rho, 0.60, 0.95)[0], rel=1e-6)


def test_window_integral_against_a_fine_trapezoid() -> None:
    brem, window = Bremsstrahlung("SPS"), WINDOWS["phi"]
    q = np.linspace(window.low, window.high, 401)
    F = np.array([brem.total(x) for x in q])
    assert pairs(brem, window) == pytest.approx(
        np.trapezoid(2 * q * ALPHA / (3 * np.pi * q**2) * F, q), rel=2e-4
    )


def test_bremsstrahlung_implies_more_mesons_than_there_are() -> None:
    """Poles of arXiv:2409.11096's central form factors: about 1.3 omega and 1.3 phi per collision at the SPS."""
    brem = Bremsstrahlung("SPS")
    implied = {
        n: pairs(brem, WINDOWS[w]) / (POLES[n].branching * line_share(n, WINDOWS[w]))
        for n, w in (("omega", "rho-omega"), ("phi", "phi"))
    }
    assert implied["phi"] == pytest.approx(1.33, rel=0.05)
    assert 1.26 < implied["omega"] < 2.0  # the broad rho is in the same window


def test_nothing_outside_validity() -> None:
    assert pairs(MixingMeson(1.0, "phi", valid=(0.02, 0.9)), WINDOWS["phi"]) == 0.0
    assert inclusive_pairs({"rho0": 1.0}, WINDOWS["rho-omega"]) is None


def limits_at(facility: str) -> tuple[float, float]:
    found = vector_multiplicities(load_spectra(facility))
    first, second = (inclusive_pairs(found, WINDOWS[w]) for w in ("rho-omega", "phi"))
    assert first is not None
    assert second is not None
    return first, second


def test_saturated_bremsstrahlung_saturates() -> None:
    brem, limits = Bremsstrahlung("SPS"), limits_at("SPS")
    limited = SaturatedBremsstrahlung(brem, limits)
    for window, limit in zip(("rho-omega", "phi"), limits, strict=True):
        assert pairs(brem, WINDOWS[window]) > limit
        assert pairs(limited, WINDOWS[window], "brem-saturated") == pytest.approx(limit, rel=1e-6)
    assert all(0.0 < s < 1.0 for s in limited.weight.strengths)


def test_saturation_never_raises_a_yield() -> None:
    brem = Bremsstrahlung("SPS")
    limited = SaturatedBremsstrahlung(brem, (1.0, 1.0))
    assert limited.weight.strengths == (1.0, 1.0)
    for mass in (0.1, 0.78, 1.02):
        assert limited.total(mass, "brem-saturated") == brem.total(mass)


def test_saturated_flux_has_the_other_variations_too() -> None:
    limited = SaturatedBremsstrahlung(Bremsstrahlung("SPS"), limits_at("SPS"))
    assert limited.variation_names[-1] == "brem-saturated"
    flux = limited.flux(M_OMEGA, 20_000, np.random.default_rng(1))
    for v in ("central", *limited.variation_names):
        assert flux.total(v) == pytest.approx(limited.total(M_OMEGA, v), rel=0.01)
    assert set(flux.variations) >= {"brem-lower", "brem-saturated"}


def test_report_lists_sources_and_ratios() -> None:
    found = vector_multiplicities(load_spectra("SPS"))
    report = saturation_report([MixingMeson(found["phi"], "phi")], found, "SPS")
    row = report["phi"]
    assert row["ratio"] == pytest.approx(1.0, rel=1e-4)
    assert row["pairs_by_source"] == {"mixing": row["pairs"]}
    assert row["ratio_measured_unverified"] == pytest.approx(found["phi"] / 0.019, rel=1e-4)
    assert report["jpsi"]["ratio"] is None
    assert saturation_report([], found, "LHC")["phi"]["measured_unverified"] is None


def test_multiplicities_are_those_of_the_tables() -> None:
    spectra = load_spectra("SPS")
    found = vector_multiplicities(spectra, 0.5)
    assert found["omega"] == 0.5 * spectra.species("omega").multiplicity
    assert set(found) == {"rho0", "omega", "phi"}
