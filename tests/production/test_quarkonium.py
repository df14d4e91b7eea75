"""Quarkonium: lepton pairs implied by the mixing, cross-sections, spectra."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import ALPHA
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.facilities import FACILITIES
from darkbeam.production.drell_yan import PROTON
from darkbeam.production.quarkonium import QUARKONIA, Quarkonium, quarkonium_sources, sigma_nb
from darkbeam.production.source import N_BLOCKS, Source

SPS = [Quarkonium(f"quarkonium:{s}", "SPS") for s in QUARKONIA]


@pytest.mark.parametrize("source", SPS, ids=lambda s: s.state)
def test_implied_lepton_pairs(source: Quarkonium) -> None:
    """The integral of (alpha / 3 pi q^2) P(q) over the window is N_V B(V -> ll)."""
    v = source.resonance
    low, high = source.valid
    # q^2 = m^2 + m Gamma tan(phi) makes the peak flat
    edges = np.arctan(
        (np.array([low, high]) ** 2 * (1.0 + np.array([1e-9, -1e-9])) - v.mass**2) / (v.mass * v.width)
    )
    phi = np.linspace(*edges, 4001)
    q2 = v.mass**2 + v.mass * v.width * np.tan(phi)
    jacobian = v.mass * v.width / np.cos(phi) ** 2
    P = np.array([source.total(float(q)) for q in np.sqrt(q2)])
    found = np.trapezoid(ALPHA / (3.0 * np.pi * q2) * P * jacobian, phi)
    assert found == pytest.approx(source.multiplicity() * v.branching_ll, rel=0.01)


def test_widths_agree_with_measured_branching_ratios() -> None:
    for state, branching in (("jpsi", 0.0597), ("psi2s", 0.0079), ("upsilon", 0.0248)):
        assert QUARKONIA[state].branching_ll == pytest.approx(branching, rel=0.02)


def test_published_cross_sections() -> None:
    assert sigma_nb("jpsi", 41.6) == pytest.approx(663.0)  # HERA-B, hep-ex/0512029
    assert 250.0 < sigma_nb("jpsi", FACILITIES["SPS"].sqrt_s) < 450.0
    assert sigma_nb("psi2s", 68.5) / sigma_nb("jpsi", 68.5) == pytest.approx(0.0167 * 5.961e-2 / 8.0e-3)
    assert sigma_nb("upsilon", 27.4) < sigma_nb("upsilon", 29.1)
    assert sigma_nb("jpsi", 4.9) == 0.0
    assert sigma_nb("psi2s", 5.5) == 0.0


def test_energy_dependence_is_monotone() -> None:
    energies = np.geomspace(8.0, 14000.0, 60)
    for state in QUARKONIA:
        assert np.all(np.diff([sigma_nb(state, float(e)) for e in energies]) >= 0.0)


def test_lhcb_window() -> None:
    """LHCb, arXiv:1509.00771 with erratum: 15.3(9) microbarn in 2 < y < 4.5, pT < 14 GeV at 13 TeV, 3 % more at 14."""
    source = Quarkonium("quarkonium:jpsi", "LHC")
    m = source.two_body_mothers(40_000, np.random.default_rng(1))
    y = np.arcsinh(m.pz / np.hypot(m.pt, source.resonance.mass))
    seen = (y > 2.0) & (y < 4.5) & (m.pt < 14.0)
    sigma = np.sum(m.weight[seen]) * FACILITIES["LHC"].sigma_inel_mb * 1e3
    assert sigma == pytest.approx(15.3, rel=0.12)


def test_nuclear_dependence() -> None:
    proton = Quarkonium("quarkonium:jpsi", "SPS", target=PROTON)
    assert proton.multiplicity() == pytest.approx(sigma_nb("jpsi", FACILITIES["SPS"].sqrt_s) / 32.82e6)
    assert SPS[0].multiplicity() / proton.multiplicity() == pytest.approx(95.95**-0.046)
    pole = Quarkonium("quarkonium:jpsi", "SPS", "senscalc").multiplicity() / SPS[0].multiplicity()
    assert pole == pytest.approx(32.82 / (51.0 * 95.95**-0.29))


@pytest.mark.parametrize("source", SPS, ids=lambda s: s.state)
def test_flux_and_mothers(source: Quarkonium) -> None:
    assert isinstance(source, Source)
    mass = 0.98 * source.resonance.mass
    flux = source.flux(mass, 10_000, np.random.default_rng(1))
    assert flux.total() == pytest.approx(source.total(mass), rel=0.02)
    assert np.all((flux.energy >= mass) & (flux.energy <= 400.0))
    blocks = np.bincount(flux.block, flux.weight, minlength=N_BLOCKS)
    assert blocks.std() / blocks.mean() < 0.15
    for name in source.variation_names:
        assert flux.total(name) / flux.total() == pytest.approx(source.total(mass, name) / source.total(mass))
    assert (
        source.total(mass, "quarkonium-sigma-down")
        < source.total(mass)
        < source.total(mass, "quarkonium-sigma-up")
    )
    mothers = source.two_body_mothers(10_000, np.random.default_rng(1))
    assert np.sum(mothers.weight) == pytest.approx(source.multiplicity(), rel=0.02)
    on_shell = mothers.energy**2 - mothers.pt**2 - mothers.pz**2
    np.testing.assert_allclose(on_shell, source.resonance.mass**2, rtol=1e-6)


def test_far_from_the_pole_the_width_does_not_matter() -> None:
    source = SPS[0]
    low, high = source.valid
    assert all(low < node < high for node in source.mass_nodes)
    m, mass = source.resonance.mass, 3.2
    assert source.mixing(mass) == pytest.approx(
        3.0 * source.resonance.gamma_ee / (ALPHA * m) * m**4 / (mass**2 - m**2) ** 2, rel=1e-6
    )


def test_facilities_and_errors() -> None:
    assert [s.state for s in quarkonium_sources("Fermilab")] == ["jpsi", "psi2s"]
    assert [s.state for s in quarkonium_sources("LHC_13p6")] == list(QUARKONIA)
    with pytest.raises(UnknownNameError, match="quarkonium at Fermilab"):
        Quarkonium("quarkonium:upsilon", "Fermilab")
    with pytest.raises(UnknownNameError, match="jpsi"):
        Quarkonium("quarkonium:chi", "SPS")
    with pytest.raises(UnknownNameError, match="normalisation"):
        Quarkonium("quarkonium:jpsi", "SPS", "x")
    with pytest.raises(MassRangeError, match=r"valid from 2\.942 to 3\.252"):
        SPS[0].total(3.3)


def test_excited_upsilons() -> None:
    """Lepton pairs, LHCb: 0.250 and 0.115 (5 TeV, arXiv:2212.12664), 0.245 and 0.124 (7 TeV, arXiv:1202.6579)."""
    one, two, three = (Quarkonium(f"quarkonium:upsilon{n}", "LHC") for n in ("", "2s", "3s"))
    leptons = [s.multiplicity() * s.resonance.branching_ll for s in (one, two, three)]
    assert leptons[1] / leptons[0] == pytest.approx(0.245, rel=0.03)
    assert leptons[2] / leptons[0] == pytest.approx(0.120, rel=0.05)
    assert two.resonance.branching_ll == pytest.approx(0.0191, rel=0.01)
    assert three.resonance.branching_ll == pytest.approx(0.0218, rel=0.01)
    # their error is not smaller than that of the ground state
    up = "quarkonium-sigma-up"
    ratio = [s.multiplicity(up) / s.multiplicity() for s in (one, two, three)]
    assert ratio[0] < ratio[1] < ratio[2] < 1.1


def test_excited_states_take_the_shape_of_the_ground_state() -> None:
    one, three = (Quarkonium(f"quarkonium:upsilon{n}", "LHC") for n in ("", "3s"))
    a, b = (s.two_body_mothers(4000, np.random.default_rng(1)) for s in (one, three))
    assert np.average(b.pt, weights=b.weight) == pytest.approx(np.average(a.pt, weights=a.weight), rel=0.05)
    on_shell = b.energy**2 - b.pt**2 - b.pz**2
    np.testing.assert_allclose(on_shell, three.resonance.mass**2, rtol=1e-4)
