"""Pairs from every source: rates against quadrature, kinematics, angles, saturation, published cross-sections."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from darkbeam.constants import ALPHA, M_E
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.kinematics import mass_squared
from darkbeam.production.assembly import choose_sources
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.drell_yan import GAMMA_Z, M_Z, SIN2_W, DrellYan
from darkbeam.production.mixing import mixing_source
from darkbeam.production.pairs import (
    NarrowPairs,
    PairFlux,
    VirtualPhotonPairs,
    of_sources,
    pair_factor,
    pair_source,
    pair_sources,
)
from darkbeam.production.pairs_angles import collins_soper_axis
from darkbeam.production.pairs_flux import join_pairs
from darkbeam.production.pairs_spectrum import PhotonTable, pair_panels
from darkbeam.production.quarkonium import Quarkonium
from darkbeam.production.saturation import WINDOWS, inclusive_pairs, pairs, vector_multiplicities
from darkbeam.production.source import Flux
from darkbeam.production.weighted import LargerSource, WeightedSource
from darkbeam.spectra import load_spectra


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.fixture(scope="module")
def sps():
    return pair_sources("SPS")


def test_every_source_of_dark_photons_makes_pairs(sps) -> None:
    names = [s.name for s in choose_sources("SPS").sources]
    assert [s.name for s in sps] == names
    assert {"meson:pi0", "mixing", "bremsstrahlung", "drell-yan", "quarkonium:jpsi"} <= set(names)


@pytest.mark.parametrize("mass", [0.02, 0.3, 1.2])
def test_generator_rate_is_the_quadrature(sps, mass: float) -> None:
    for s in sps:
        if s.valid[0] < mass < s.valid[1]:
            flux = s.pairs(mass, 1500, rng())
            assert flux.weight.sum() == pytest.approx(s.total(mass), rel=2e-3), s.name
            assert flux.p4.shape == (4, 2, len(flux.q))
            scale = np.max(flux.p4[0]) ** 2
            np.testing.assert_allclose(mass_squared(flux.p4), mass**2, atol=1e-9 * scale)
            np.testing.assert_allclose(mass_squared(flux.p4.sum(axis=1)), flux.q**2, atol=1e-9 * scale)
            assert np.all(flux.weight >= 0.0)


def direct(source, mass: float, spin: str, edges) -> float:
    """Slow twin: adaptive quadrature of the source itself, in pieces."""

    def f(q):
        return 2 * q * source.total(q) * float(pair_factor(q, mass, spin))

    return sum(quad(f, a, b, epsabs=0, epsrel=1e-4, limit=100)[0] for a, b in pairwise(edges))


@pytest.mark.parametrize(("mass", "spin"), [(0.01, "dirac"), (0.3, "scalar"), (0.505, "dirac")])
def test_mixing_total_against_adaptive_quadrature(mass: float, spin: str) -> None:
    s = mixing_source("SPS")
    inside = [
        x for x in (0.05, 0.3, 0.6, 0.74, 0.77, 0.782, 0.8, 0.95, 1.0, 1.0195, 1.04, 1.2, 2.0) if x > 2 * mass
    ]
    true = direct(s, mass, spin, [max(2 * mass, 0.02 * (1 + 1e-9)), *inside, 4.0 * (1 - 1e-9)])
    assert pair_source(s, spin).total(mass) == pytest.approx(true, rel=2e-3)


def test_drell_yan_total_with_the_z() -> None:
    s = DrellYan("LHC")
    near = [M_Z + GAMMA_Z * x for x in (-10, -3, -1, 0, 1, 3, 10)]
    made = pair_source(s)
    assert made.total(20.0) == pytest.approx(
        direct(s, 20.0, "dirac", [40.0, *near, 200 * (1 - 1e-9)]), rel=2e-3
    )


def test_pairs_from_the_z() -> None:
    """N_Z Gamma(Z -> chi chibar)/Gamma_Z, with Gamma(Z -> chi chibar) = (alpha/3) tan^2(theta_W) m_Z when m << m_Z.

    The coupling of the dark photon at its pole is m_Z/Gamma_Z tan(theta_W) times that of the Z, photon apart.
    """
    source = DrellYan("LHC")
    tan2 = SIN2_W / (1.0 - SIN2_W)
    n_z = source.total(M_Z) * (GAMMA_Z / M_Z) ** 2 / tan2
    width = ALPHA / 3.0 * tan2 * M_Z
    k = 10.0
    cut = pair_source(WeightedSource(source, 1.0, (M_Z - k * GAMMA_Z, M_Z + k * GAMMA_Z)))
    assert cut.total(1.0) == pytest.approx(n_z * width / GAMMA_Z * 2.0 / np.pi * np.arctan(2.0 * k), rel=0.05)


def test_drell_yan_ramp() -> None:
    """Drell-Yan takes over between 1.5 and 2 GeV: the pairs of both sources, not of either alone."""
    s = WeightedSource(DrellYan("SPS"), lambda m: float(np.clip((m - 1.5) / 0.5, 0.0, 1.0)), (1.5, np.inf))
    high = s.valid[1] * (1 - 1e-9)
    true = direct(s, 0.05, "dirac", [1.5 * (1 + 1e-9), 1.6, 2.0, 3.0, 5.0, high])
    assert pair_source(s).total(0.05) == pytest.approx(true, rel=2e-3)


@pytest.mark.parametrize("window", ["rho-omega", "phi"])
@pytest.mark.parametrize("name", ["bremsstrahlung", "mixing"])
def test_saturation(window: str, name: str) -> None:
    """Pairs of electron mass inside a window are the lepton pairs of the dilepton-saturation test."""
    source = Bremsstrahlung("SPS") if name == "bremsstrahlung" else mixing_source("SPS")
    w = WINDOWS[window]
    table = PhotonTable.of(source.total, *source.valid)
    panels = pair_panels(table, M_E, "dirac")
    inside = np.interp([w.low, w.high], panels.edges, panels.cumulative)
    assert inside[1] - inside[0] == pytest.approx(pairs(source, w), rel=4e-3)


def test_pairs_of_mixing_are_those_of_its_vector_mesons() -> None:
    """Below the poles everything between 0.98 and 1.06 GeV is phi -> chi chibar: N_phi BR(ee)."""
    source = mixing_source("SPS")
    cut = WeightedSource(source, 1.0, (0.98, 1.06))
    n_phi = source.spectra.multiplicity("strange", 1.019461)
    assert pair_source(cut).total(0.1) / (n_phi * 2.979e-4) == pytest.approx(1.0, abs=0.12)


def test_quarkonium_is_its_branching_ratio() -> None:
    s = Quarkonium("quarkonium:jpsi", "SPS")
    made = pair_source(s)
    assert isinstance(made, NarrowPairs)
    assert made.total(0.1) == pytest.approx(s.multiplicity() * 5.971e-2, rel=1e-3)
    assert made.total(1.5) == pytest.approx(s.multiplicity() * 2.177e-2, rel=2e-3)
    flux = made.pairs(1.5, 1000, rng())
    assert np.all(flux.q == s.resonance.mass)
    assert flux.weight.sum() == pytest.approx(made.total(1.5), rel=1e-12)
    up = "quarkonium-sigma-up"
    assert flux.weights(up).sum() == pytest.approx(made.total(1.5, up), rel=1e-9)


def test_quarkonium_left_to_another_source_makes_no_pairs() -> None:
    s = Quarkonium("quarkonium:jpsi", "SPS")
    assert of_sources([WeightedSource(s, 1.0, (0.0, 3.0))]) == []
    assert [p.name for p in of_sources([WeightedSource(s, 1.0, (0.0, 4.0))])] == [s.name]


def test_variations_of_the_pairs_follow_their_totals(sps) -> None:
    for s in sps:
        if s.name in ("bremsstrahlung", "mixing", "drell-yan"):
            flux = s.pairs(0.02, 3000, rng())
            for name in s.variation_names:
                assert flux.weights(name).sum() == pytest.approx(s.total(0.02, name), rel=0.08), name


def test_blocks_are_of_equal_expectation(sps) -> None:
    (s,) = [p for p in sps if p.name == "bremsstrahlung"]
    flux = s.pairs(0.05, 20000, rng())
    rate = np.bincount(flux.block, flux.weight)
    assert len(rate) == 20
    assert np.std(rate) < 0.1 * np.mean(rate)


def cos_to(axis, flux):
    """Cosines of chi to axes in the rest frames of the pairs."""
    pair, chi = flux.p4.sum(axis=1), flux.p4[:, 0]
    b = pair[1:] / pair[0]
    gamma = pair[0] / flux.q
    along = np.sum(b * chi[1:], axis=0)
    rest = chi[1:] + (gamma**2 / (gamma + 1.0) * along - gamma * chi[0]) * b
    return np.sum(rest * axis, axis=0) / np.sqrt(0.25 * flux.q**2 - flux.mass**2)


def test_drell_yan_angle_in_the_collins_soper_frame() -> None:
    """1 + 4 m^2/M^2 + beta^2 cos^2, at each event's beta."""
    source = DrellYan("SPS")
    flux = pair_source(source).pairs(0.6, 20000, rng())
    cos = cos_to(collins_soper_axis(flux.p4.sum(axis=1), flux.q, source.site), flux)
    b2 = 1.0 - (2.0 * 0.6 / flux.q) ** 2
    cdf = 0.5 + ((2.0 - b2) * cos + b2 * cos**3 / 3.0) / (4.0 - 4.0 / 3.0 * b2)
    assert stats.kstest(np.clip(cdf, 0, 1), "uniform").pvalue > 1e-3
    assert stats.kstest(0.5 * (1 + cos), "uniform").pvalue < 1e-3


@pytest.mark.parametrize(("share", "mean"), [(None, 1 / 3), (1.0, 0.4), (0.0, 0.2)])
def test_polarisation_hook(share: float | None, mean: float) -> None:
    """<cos^2> to the direction of flight: light Dirac particles, 1 + cos^2 or sin^2."""
    flux = pair_source(Quarkonium("quarkonium:jpsi", "SPS"), transverse=share).pairs(0.01, 20000, rng())
    pair = flux.p4.sum(axis=1)
    cos = cos_to(pair[1:] / np.linalg.norm(pair[1:], axis=0), flux)
    assert np.mean(cos**2) == pytest.approx(mean, abs=5 * 0.3 / np.sqrt(len(cos)))


def test_azimuth_is_uniform(sps) -> None:
    for s in sps:
        if s.name in ("meson:eta", "drell-yan"):
            flux = s.pairs(0.05, 5000, rng())
            phi = np.arctan2(flux.p4[2, 0], flux.p4[1, 0])
            assert stats.kstest((phi + np.pi) / (2 * np.pi), "uniform").pvalue > 1e-3


def test_larger_of_several_sources_decays_each_by_its_law() -> None:
    made = pair_source(LargerSource((mixing_source("SPS"), DrellYan("SPS"))))
    assert isinstance(made, VirtualPhotonPairs)
    flux = made.pairs(0.3, 2000, rng())
    assert flux.weight.sum() == pytest.approx(made.total(0.3), rel=2e-3)


def test_curves_in_the_mass_are_smooth() -> None:
    """The same seed at two masses near each other gives nearly the same pairs."""
    s = pair_source(Bremsstrahlung("SPS"))
    first, second = (s.pairs(m, 2000, rng()) for m in (0.100, 0.1001))
    np.testing.assert_allclose(first.p4[0].sum(axis=0), second.p4[0].sum(axis=0), rtol=0.05)


def test_join() -> None:
    s = pair_source(Quarkonium("quarkonium:jpsi", "SPS"))
    a = s.pairs(1.0, 200, rng())
    b = replace(a, variations={}, notes=("said",))
    both = join_pairs([a, b, b])
    assert isinstance(both, PairFlux)
    assert both.notes == ("said",)
    assert both.p4.shape == (4, 2, 3 * len(a.q))
    np.testing.assert_array_equal(both.weights("quarkonium-sigma-up")[len(a.q) : 2 * len(a.q)], a.weight)


class Nothing:
    name, valid, variation_names = "nothing", (0.1, 1.0), ()

    def total(self, mass: float, variation: str = "central") -> float:
        return 0.0

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        raise AssertionError


def test_errors_and_notes() -> None:
    with pytest.raises(UnknownNameError, match="dirac"):
        pair_source(Bremsstrahlung("SPS"), "fermion")
    s = pair_source(mixing_source("SPS"))
    assert s.notes(0.02) == ()
    assert "0.02 GeV are left out" in s.notes(0.005)[0]
    for mass in (1e-4, 2.0, np.nan):
        with pytest.raises(MassRangeError, match="mixing makes pairs of masses from"):
            s.total(mass)
    with pytest.raises(MassRangeError, match="quarkonium:jpsi makes pairs"):
        pair_source(Quarkonium("quarkonium:jpsi", "SPS")).pairs(1.6, 10, rng())
    with pytest.raises(MassRangeError, match="nothing makes no pairs"):
        pair_source(Nothing()).pairs(0.2, 10, rng())


# pb inside the windows at 13.6 TeV from FORESEE's tables of the quasi-real approximation, Lambda = 1, 1.5 and 2 GeV
FORESEE_POLES = {"rho-omega": (8.7e6, 5.0e7, 1.2e8), "phi": (2.9e7, 1.8e8, 4.3e8)}


@pytest.mark.parametrize("window", list(FORESEE_POLES))
def test_poles_of_bremsstrahlung_against_foresee(window: str) -> None:
    """All poles in: 0.2 to 2.7 times the inclusive rho and omega, 4 to 70 times the phi."""
    source = Bremsstrahlung("LHC_13p6")
    picobarn = 1e9 * source.site.sigma_inel_mb
    for name, published in zip(
        ("central", "brem-lambda1.5", "brem-upper"), FORESEE_POLES[window], strict=True
    ):
        assert picobarn * pairs(source, WINDOWS[window], name) == pytest.approx(published, rel=0.12)


@pytest.mark.parametrize(("facility", "rho", "phi"), [("SPS", 1.2, 1.4), ("LHC", 1.05, 1.1)])
def test_pairs_by_default_do_not_exceed_the_mesons(facility: str, rho: float, phi: float) -> None:
    """Bremsstrahlung and mixing under the default policy: the lepton pairs of the inclusive mesons, or little more.

    What is more is the background under the poles.
    """
    counts = vector_multiplicities(load_spectra(facility))
    made = choose_sources(facility, ["bremsstrahlung", "mixing"]).sources
    for window, most in (("rho-omega", rho), ("phi", phi)):
        limit = inclusive_pairs(counts, WINDOWS[window])
        assert 0.9 < sum(pairs(s, WINDOWS[window]) for s in made) / limit < most
