"""Photons on and off the pole against quadratures, and their crossings against decays that were sampled one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import M_ETA
from darkbeam.errors import ValueRangeError
from darkbeam.kinematics import boost_from_rest, two_body_rest
from darkbeam.light_dark_matter.photons import WINDOW, DarkPhotons
from darkbeam.millicharged.card import load_mcp_experiment
from darkbeam.millicharged.crossing import cross
from darkbeam.models.light_dark_matter import LightDarkMatter
from darkbeam.production.pairs import pair_sources
from darkbeam.production.pairs_angles import decay_pairs, flight_axis, sample_cos

NAMES = ["meson:eta", "meson:rare", "mixing", "quarkonium:jpsi", "drell-yan"]


@pytest.fixture(scope="module")
def sources():
    return {s.name: s for s in pair_sources("SPS", NAMES, spin="scalar")}


def dark_pairs(pools, mass, spin="scalar"):
    return [float(np.sum(p.pairs(mass, spin))) for p in pools]


def expected_pairs(source, model, mass, low, high):
    """Integral of 2 q F(q) D(q^2), in pieces around the pole."""
    M, width = model.mediator(mass), max(model.width(mass), 1e-3)
    cuts = [M + s * width * f for f in (0.0, 0.3, 1.0, 3.0, 10.0, 30.0) for s in (-1, 1)]
    edges = sorted({low, high, *(c for c in cuts if low < c < high)})

    def density(q):
        return 2.0 * q * source.source.total(q) * float(model.factor(q, mass))

    return sum(quad(density, a, b, epsrel=1e-3, limit=100)[0] for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("name", "mass", "ratio", "alpha_d"),
    [
        ("meson:eta", 0.03, 3.0, 0.1),
        ("meson:eta", 0.1, 3.0, 0.5),
        ("meson:eta", 0.05, 15.0, 0.5),  # the pole is above the mass of the eta
        ("meson:eta", 0.05, 1.0, 0.5),  # and below the threshold
        ("meson:rare", 0.05, 3.0, 0.1),  # two decays of the rho, two of the phi
        ("drell-yan", 1.0, 3.0, 0.5),
    ],
)
def test_pairs_are_the_quadrature(sources, name, mass, ratio, alpha_d):
    source, model = sources[name], LightDarkMatter(alpha_d=alpha_d, ratio=ratio)
    photons = DarkPhotons(source, model, 40_000, np.random.default_rng(1))
    found = sum(dark_pairs(photons.at(mass, 20_000, np.random.default_rng(2)), mass))
    low, high = source.source.valid
    expected = expected_pairs(source, model, mass, max(2.0 * mass, low) * 1.000001, high * 0.999999)
    assert found == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("name", "mass"), [("meson:eta", 0.1), ("mixing", 0.25), ("drell-yan", 1.0)])
def test_narrow_pole_makes_as_many_pairs_as_dark_photons(sources, name, mass):
    source, model = sources[name], LightDarkMatter(alpha_d=1e-3)
    photons = DarkPhotons(source, model, 4_000, np.random.default_rng(1))
    off, *near = photons.at(mass, 20_000, np.random.default_rng(2))
    # 1 per mille of coupling, half a per cent of the line outside the window
    assert sum(dark_pairs(near, mass)) == pytest.approx(source.source.total(model.mediator(mass)), rel=0.015)
    assert dark_pairs([off], mass)[0] < 0.05 * sum(dark_pairs(near, mass))
    assert np.all(np.abs(near[0].q / model.mediator(mass) - 1.0) <= WINDOW * (1.0 + 1e-9))


def test_quarkonium_takes_the_ratio_of_propagators(sources):
    source, model, mass = sources["quarkonium:jpsi"], LightDarkMatter(alpha_d=0.5), 0.5
    photons = DarkPhotons(source, model, 4_000, np.random.default_rng(1))
    (pool,) = photons.at(mass, 4_000, np.random.default_rng(2))
    M = source.source.resonance.mass
    assert dark_pairs([pool], mass)[0] == pytest.approx(
        source.total(mass) * float(model.propagators(M, mass)), rel=1e-6
    )


def hits(chi, side, distance):
    """Which particles (4, n) fly through a square face on the axis."""
    return (chi[3] > 0.0) & (np.max(np.abs(chi[1:3]), axis=0) < 0.5 * side / distance * chi[3])


def face(side, distance):
    e = load_mcp_experiment("BEBC")
    return replace(e, distance=distance, face=(side, side), angle=0.0, shielding=(), variants={})


def assert_same(found, chi, weight, inside):
    expected = np.sum(weight[inside])
    error = np.hypot(np.sqrt(np.sum(weight[inside] ** 2)), np.sqrt(np.sum(found.weight**2)))
    assert np.count_nonzero(inside) > 300
    assert abs(np.sum(found.weight) - expected) < 4.0 * error + 0.02 * expected
    energy = np.sum((weight * chi[0])[inside]) / expected
    assert np.sum(found.weight * found.energy) / np.sum(found.weight) == pytest.approx(energy, rel=0.1)


def test_decays_of_the_eta_have_the_angles_of_a_polarised_photon(sources):
    """eta -> gamma A', A' -> chi chibar like sin^2 theta to its direction in the frame of the eta, step by step."""
    source, model, mass, n = sources["meson:eta"], LightDarkMatter(alpha_d=1e-3, ratio=20.0), 0.01, 200_000
    rng = np.random.default_rng(4)
    _, near = DarkPhotons(source, model, 4_000, rng).at(mass, 40_000, rng)
    M = np.full(n, model.mediator(mass))
    mothers = source.inner.spectra.species("eta").sample(n, rng)
    turn = 2.0 * np.pi * rng.random(n)
    eta = np.stack([mothers.energy, mothers.pt * np.cos(turn), mothers.pt * np.sin(turn), mothers.pz])
    photon, _ = two_body_rest(M_ETA, M, 0.0, 2.0 * rng.random(n) - 1.0, 2.0 * np.pi * rng.random(n))
    cos = sample_cos(rng.random((2, n)), np.full(n, np.sqrt(1.0 - 4.0 / 400.0)), 1.0, "scalar")
    pair = decay_pairs(photon, M, mass, flight_axis(photon), cos, 2.0 * np.pi * rng.random(n))
    chi = np.concatenate([boost_from_rest(pair[:, i], eta, M_ETA) for i in (0, 1)], axis=1)
    weight = np.tile(mothers.weight / np.sum(mothers.weight) * source.source.total(model.mediator(mass)), 2)
    found = cross(near, face(3.0, 50.0), mass, "scalar", rng, n=20_000)
    assert_same(found, chi, weight, hits(chi, 3.0, 50.0))
    # mean square of the energy gamma (q/2 + v k cos psi): <cos^2 psi> = c^2/5 + 2/5 (1 - c^2), c from axis to flight
    k2, boost2 = near.q**2 / 4.0 - mass**2, np.square(near.momentum / near.q)
    c = np.sum(near.axis * np.stack([np.sin(near.theta), 0.0 * near.q, np.cos(near.theta)]), axis=0)
    square = (1.0 + boost2) * near.q**2 / 4.0 + boost2 * k2 * (0.4 - 0.2 * c * c)
    expected = np.sum(weight * chi[0] ** 2) / np.sum(weight)
    # an isotropic decay has 7 % more
    assert np.sum(near.weight * square) / np.sum(near.weight) == pytest.approx(expected, rel=0.03)


def test_other_photons_decay_evenly(sources):
    source, model, mass, n = sources["mixing"], LightDarkMatter(alpha_d=1e-3), 0.25, 100_000
    rng = np.random.default_rng(6)
    _, near = DarkPhotons(source, model, 4_000, rng).at(mass, 40_000, rng)
    found = cross(near, face(3.0, 50.0), mass, "scalar", rng, n=20_000)
    M = model.mediator(mass)
    flux = source.source.flux(M, n, rng)
    n = len(flux.energy)
    turn = 2.0 * np.pi * rng.random(n)
    across = flux.momentum * np.sin(flux.theta)
    along = flux.momentum * np.cos(flux.theta)
    photon = np.stack([flux.energy, across * np.cos(turn), across * np.sin(turn), along])
    mean = two_body_rest(M, mass, mass, 2.0 * rng.random(n) - 1.0, 2.0 * np.pi * rng.random(n))
    chi = np.concatenate([boost_from_rest(p, photon, M) for p in mean], axis=1)
    assert_same(found, chi, np.tile(flux.weight, 2), hits(chi, 3.0, 50.0))


def test_sources_of_pairs_are_refused():
    class Measured:
        name = "dilepton:FILE"

    with pytest.raises(ValueRangeError, match="dilepton:FILE gives pairs"):
        DarkPhotons(Measured(), LightDarkMatter(), 1000, np.random.default_rng(1))
