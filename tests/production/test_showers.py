"""Dark photons from electromagnetic showers: identities, slow twins, a toy Monte Carlo, fluxes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from darkbeam.constants import ALPHA, M_E
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.production.shower_brems import (
    angle_kernel,
    effective_photons,
    sigma_gev,
    softness,
    theta_squared,
    x_range,
)
from darkbeam.production.shower_photons import (
    PARENTS,
    SCATTERING,
    PhotonBeam,
    sample_photons,
    scattering_angle,
    turned,
)
from darkbeam.production.shower_tracks import ASYMPTOTIC, solve_shower, track_length
from darkbeam.production.showers import annihilation_strength, resonance_energy, shower_sources
from darkbeam.production.source import N_BLOCKS, Source
from darkbeam.production.target_materials import MATERIALS, TARGET_MATERIALS, target_material
from darkbeam.spectra import load_spectra
from darkbeam.spectra.quasi import kronecker


def phi(w):
    return (4.0 / 3.0 - 4.0 / 3.0 * w + w * w) / w


def psi(u):
    return 1.0 - 4.0 / 3.0 * u * (1.0 - u)


@pytest.fixture(scope="module")
def sources():
    return shower_sources(load_spectra("SPS"))


def test_radiation_lengths():
    """Tsai's formula (PDG review) with its table of L_rad for Z > 4; the Coulomb correction of the same place."""
    r_e = 2.8179403e-13
    for m in MATERIALS.values():
        a2 = (ALPHA * m.Z) ** 2
        f = a2 * (1.0 / (1.0 + a2) + 0.20206 - 0.0369 * a2 + 0.0083 * a2**2 - 0.002 * a2**3)
        L, L_prime = np.log(184.15 * m.Z ** (-1 / 3)), np.log(1194.0 * m.Z ** (-2 / 3))
        inverse = 4.0 * ALPHA * r_e**2 * m.atoms_per_gram * (m.Z**2 * (L - f) + m.Z * L_prime)
        assert m.radiation_length == pytest.approx(1.0 / inverse, rel=0.005), m.name


def test_materials():
    assert MATERIALS["Cu"].critical_energy == pytest.approx(19.63e-3, rel=0.04)  # figure of the PDG review
    assert {n: target_material(n).name for n in TARGET_MATERIALS} == TARGET_MATERIALS
    with pytest.raises(UnknownNameError, match="facility with a thick target 'LHC'"):
        target_material("LHC")


def test_asymptotic_track_length():
    """Residue at s = 1 of the Mellin transform of L, B/(A mu - B C), and Rossi's numbers for L and G."""

    def determinant(s):
        A = quad(lambda w: phi(w) * (1.0 - (1.0 - w) ** s), 0.0, 1.0)[0]
        B = 2.0 * quad(lambda u: psi(u) * u**s, 0.0, 1.0)[0]
        return 7.0 / 9.0 * A - B * quad(lambda w: phi(w) * w**s, 0.0, 1.0)[0]

    h = 1e-4
    expected = 7.0 / 9.0 / ((determinant(1.0 + h) - determinant(1.0 - h)) / (2.0 * h))
    found = solve_shower()
    assert found.scaled[-1] == pytest.approx(expected, rel=1e-3)
    assert found.photons[-1] == pytest.approx(expected / (7.0 / 9.0), rel=1e-3)
    assert found.scaled[-1] == pytest.approx(ASYMPTOTIC, rel=0.02)
    assert found.photons[-1] == pytest.approx(0.572, rel=0.02)


def test_shower_conserves_energy():
    """The first pair radiates all its energy: int E L dE = k; ionisation takes all of a shower: E_c int L dE = k."""
    cell = np.log(10.0) / 40.0
    pair = solve_shower(generations=False)
    assert np.sum(pair.scaled) * cell == pytest.approx(1.0, rel=2e-3)
    for loss in (0.003, 0.03):
        shower = solve_shower(loss)
        assert loss * np.sum(shower.scaled / shower.energy) * cell == pytest.approx(1.0, rel=5e-3)


def toy_shower(n, v_min, rng, soft=2e-3):
    """Tracks (energy, length, shower) of e+- above v_min in n showers of photons of energy 1: straight Monte Carlo."""
    kept = []
    photon, owner = np.ones(n), np.arange(n)
    energy, lepton = np.empty(0), np.empty(0, dtype=np.int64)
    rate = quad(phi, soft, 1.0)[0]
    while len(photon) or len(energy):
        u = rng.random(len(photon))
        bad = rng.random(len(u)) > psi(u)
        while np.any(bad):
            u[bad] = rng.random(bad.sum())
            bad[bad] = rng.random(bad.sum()) > psi(u[bad])
        energy = np.concatenate([energy, photon * u, photon * (1.0 - u)])
        lepton = np.concatenate([lepton, owner, owner])
        hard = energy > v_min
        energy, lepton = energy[hard], lepton[hard]
        kept.append((energy, rng.exponential(1.0 / rate, len(energy)), lepton))
        w = soft ** rng.random(len(energy))
        bad = rng.random(len(w)) > 0.75 * phi(w) * w
        while np.any(bad):
            w[bad] = soft ** rng.random(bad.sum())
            bad[bad] = rng.random(bad.sum()) > 0.75 * phi(w[bad]) * w[bad]
        photon, owner = w * energy, lepton
        photon, owner = photon[photon > v_min], owner[photon > v_min]
        energy = energy * (1.0 - w)
    return tuple(np.concatenate(c) for c in zip(*kept, strict=True))


def test_track_length_against_toy_shower():
    n, edges = 3000, np.array([0.03, 0.06, 0.12, 0.25, 0.5, 0.8, 1.0])
    energy, length, owner = toy_shower(n, edges[0], np.random.default_rng(7))
    chi2 = 0.0
    for low, high in pairwise(edges):
        inside = (energy > low) & (energy < high)
        per_shower = np.bincount(owner[inside], length[inside], n)
        v = np.linspace(low, high, 2001)
        expected = np.trapezoid(track_length(v, 1.0 + 1e-12, 0.0), v)
        error = np.hypot(per_shower.std() / np.sqrt(n), 0.005 * expected)
        chi2 += ((per_shower.mean() - expected) / error) ** 2
    assert chi2 < 18.5  # 0.5 % of 6 degrees of freedom


def test_track_length_limits():
    assert track_length(1.0, 1.0, 0.01) == 0.0
    assert track_length(2.0, 1.0, 0.01, "shower-asymptotic") == 0.0
    E = np.geomspace(1e-3, 0.9, 50)
    central = track_length(E, 1.0, 0.01)
    assert np.all(central < 1.05 * track_length(E, 1.0, 0.0))
    assert np.all(track_length(E, 1.0, 0.01, "shower-first-pair") < 1.02 * central)
    assert float(track_length(3.0, 1e3, 1e-3) * 9.0 / 1e3) == pytest.approx(0.444, rel=0.005)
    with pytest.raises(UnknownNameError, match="description of the track length"):
        track_length(1.0, 2.0, 0.01, "shower-asymptotik")


def test_annihilation_is_a_narrow_resonance():
    """The integral of a Breit-Wigner curve of width Gamma_ee, at epsilon = 1e-2."""
    eps2, m = 1e-4, 0.02
    beta2 = 1.0 - (2.0 * M_E / m) ** 2
    width = eps2 * ALPHA * m / 3.0 * np.sqrt(beta2) * (1.5 - 0.5 * beta2)

    def sigma(s):
        k2 = s / 4.0 - M_E**2
        return 3.0 * np.pi / k2 * m**2 * width**2 / ((s - m * m) ** 2 + (m * width) ** 2)

    # s - m^2 = m Gamma tan a
    value = quad(
        lambda a: sigma(m * m + m * width * np.tan(a)) * m * width / np.cos(a) ** 2, -1.5707, 1.5707
    )[0]
    per_energy = value / (2.0 * M_E) * 0.3893793721e-27
    assert per_energy / eps2 == pytest.approx(annihilation_strength(m), rel=2e-3)


def test_tungsten_shower_of_50_gev():
    """Approximation A, per epsilon^2: 207 at 10 MeV and 0.021 at 0.1 GeV."""
    W = MATERIALS["W"]
    for mass, expected in ((0.01, 207.0), (0.02, 12.9), (0.1, 0.021)):
        tracks = 0.5 * track_length(resonance_energy(mass), 50.0, 0.0, "shower-asymptotic")
        found = W.electrons_per_gram * W.radiation_length * annihilation_strength(mass) * tracks
        assert float(found) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("mass", "value"), [(0.1, 1.86e3), (0.01, 2.3e3)])
def test_effective_photons(mass, value):
    """Against adaptive quadrature, and two values for 20 GeV on aluminium."""
    Al, E = MATERIALS["Al"], 20.0
    a, b, d = 111.0 * 13 ** (-1 / 3) / M_E, 773.0 * 13 ** (-2 / 3) / M_E, 0.164 * Al.A ** (-2 / 3)

    def integrand(ln_t):
        t = np.exp(ln_t)
        elastic = (13 * a * a * t / (1 + a * a * t) / (1 + t / d)) ** 2
        nucleon = (1 + t * (2.79**2 - 1) / (4 * 0.938272**2)) / (1 + t / 0.71) ** 4
        inelastic = 13 * (b * b * t / (1 + b * b * t) * nucleon) ** 2
        return (t - (mass**2 / 2 / E) ** 2) / t * (elastic + inelastic)

    slow = quad(integrand, 2 * np.log(mass**2 / 2 / E), 2 * np.log(mass), epsrel=1e-9, limit=400)[0]
    fast = float(effective_photons(np.array([E]), mass, Al)[0])
    assert fast == pytest.approx(slow, rel=1e-6)
    assert fast == pytest.approx(value, rel=0.01)
    assert float(effective_photons(np.array([E]), mass, Al, inelastic=False)[0]) < fast


@pytest.mark.parametrize(("E", "mass"), [(20.0, 0.1), (5.0, 0.02), (2.0, 0.25)])
def test_cross_section_against_differential(E, mass):
    """Double integral of d sigma/(dx d theta^2) as it is written, and the density of the sampled angle."""
    low, high = (float(v[0]) for v in x_range(np.array([E]), mass))

    def density(v, s):  # v = ln(1 + theta^2 E^2 x/U0), s = ln(1 - x)
        x = 1.0 - np.exp(s)
        U0 = float(softness(x, mass))
        U = U0 * np.exp(v)
        braces = (1 - x + x * x / 2) / U**2 + (1 - x) ** 2 * mass**4 / U**4 - x * (1 - x) * mass**2 / U**3
        jacobian = (1.0 - x) * U / (2.0 * E**2 * x)  # dx ds, d cos theta = d theta^2 / 2
        return 8.0 * ALPHA**3 * E**2 * x * braces * jacobian * np.sqrt(1.0 - (mass / E) ** 2)

    slow = dblquad(density, np.log1p(-high), np.log1p(-low), 0.0, 40.0, epsabs=0.0, epsrel=1e-6)[0]
    assert float(sigma_gev(np.array([E]), mass, np.array([1.0]))[0]) == pytest.approx(slow, rel=1e-4)
    x, u = np.array([0.6, 0.95]), np.array([0.3, 0.8])
    U = softness(x, mass) + E**2 * x * theta_squared(x, u, E, mass)
    np.testing.assert_allclose(U * u, softness(x, mass), rtol=1e-12)
    total = quad(lambda t: float(angle_kernel(np.array(0.9), np.array(t), mass)), 0.0, 1.0)[0]
    assert total > 0.0


def test_photons_of_the_table():
    """Energy of the photons is that of the mesons; numbers against sampled photons; it is a part of the beam's."""
    spectra = load_spectra("SPS")
    beam = PhotonBeam(spectra)
    for parent in PARENTS:
        k, number = beam.numbers[parent.species]
        spectrum = spectra.species(parent.species)
        n = 40_000
        rng = np.random.default_rng(3)
        photons = sample_photons(spectrum, parent, n, rng, kronecker(n, 4, rng))
        mothers = spectrum.sample(n, rng)
        energy = parent.branching * np.sum(mothers.weight * mothers.energy)
        assert np.sum(k * number) == pytest.approx(energy, rel=0.01)
        assert np.sum(photons.weight * photons.energy) == pytest.approx(energy, rel=0.01)
        for cut in (0.5, 5.0, 50.0):
            above = photons.weight[photons.energy > cut].sum()
            assert np.sum(number[k > cut]) == pytest.approx(above, rel=0.04)
    assert 0.15 * 400.0 < beam.total_energy < 0.25 * 400.0


def test_angles():
    rank = (np.arange(20_000) + 0.5) / 20_000
    angle = scattering_angle(1.0, np.full(rank.shape, 50.0), rank)
    assert np.mean(angle**2) == pytest.approx(0.5 * SCATTERING**2, rel=1e-3)
    assert abs(SCATTERING / 21.2e-3 - 1.0) < 2e-3
    assert np.all(scattering_angle(2.0, np.full(3, 2.0), np.full(3, 0.5)) == 0.0)
    start, azimuth = np.full(8, np.cos(0.3)), np.arange(8) * np.pi / 4
    found = np.arccos(turned(start, np.full(8, 0.1), azimuth))
    assert found[0] == pytest.approx(0.2)
    assert found[4] == pytest.approx(0.4)
    np.testing.assert_allclose(turned(start, np.zeros(8), azimuth), start)


@pytest.mark.parametrize("mass", [0.006, 0.02, 0.1, 0.25])
def test_flux_and_total(sources, mass):
    """Sampled against integrated yields, for every variation; blocks; kinematics."""
    for source in sources:
        assert isinstance(source, Source)
        flux = source.flux(mass, 20_000, np.random.default_rng(2))
        assert flux.total() == pytest.approx(source.total(mass), rel=0.02)
        assert set(flux.variations) == set(source.variation_names)
        for name in source.variation_names:
            assert flux.total(name) == pytest.approx(source.total(mass, name), rel=0.02), name
        share = np.bincount(flux.block, flux.weight, N_BLOCKS) / flux.total()
        assert share.std() < 0.3 / N_BLOCKS
        assert np.all((flux.theta >= 0.0) & (flux.theta <= np.pi))
        live = flux.weight > 0.0
        assert np.all(flux.weight >= 0.0)
        assert np.all((flux.energy[live] >= mass) & (flux.energy[live] < 400.0))
        again = source.flux(mass, 20_000, np.random.default_rng(2))
        np.testing.assert_array_equal(again.theta, flux.theta)


def test_annihilation_has_one_energy(sources):
    source = sources[0]
    flux = source.flux(0.1, 1000, np.random.default_rng(1))
    np.testing.assert_allclose(flux.energy, 0.1**2 / (2.0 * M_E), rtol=1e-12)


def test_validity(sources):
    annihilation, brems = sources
    low, high = annihilation.valid
    assert resonance_energy(low) == pytest.approx(annihilation.material.critical_energy)
    assert resonance_energy(high) == pytest.approx(200.0)
    for mass in (low, high):
        with pytest.raises(MassRangeError, match="shower:annihilation is valid from"):
            annihilation.total(mass)
    with pytest.raises(MassRangeError, match="shower:bremsstrahlung is valid from"):
        brems.flux(0.4, 10, np.random.default_rng(1))


def test_every_facility():
    for name in TARGET_MATERIALS:
        for source in shower_sources(load_spectra(name), scale=0.5):
            assert source.total(0.05) > source.total(0.1) > 0.0
