"""Angles of pairs: laws, sampling, axes, kinematics."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import cumulative_simpson

from darkbeam.constants import M_P
from darkbeam.facilities import get_facility
from darkbeam.kinematics import boost_from_rest, mass_squared
from darkbeam.production.pairs_angles import (
    ISOTROPIC,
    angular_law,
    collins_soper_axis,
    decay_pairs,
    flight_axis,
    mother_axis,
    sample_cos,
)

GRID = np.linspace(-1.0, 1.0, 2001)


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("share", [0.0, 0.4, ISOTROPIC, 1.0])
def test_laws_are_normalised(spin: str, beta: float, share: float) -> None:
    density = angular_law(GRID, np.full_like(GRID, beta), share, spin)
    assert np.all(density >= 0.0)
    assert np.trapezoid(density, GRID) == pytest.approx(1.0, abs=1e-6)
    if share == ISOTROPIC:
        np.testing.assert_allclose(density, 0.5, rtol=1e-14)


@pytest.mark.parametrize("beta", [0.3, 0.9])
def test_transverse_dirac_law_in_both_published_forms(beta: float) -> None:
    """2 - beta^2 sin^2 (Dalitz) and 1 + cos^2 + 4 m^2/q^2 sin^2 (Drell-Yan)."""
    c2, r4 = GRID**2, 1.0 - beta**2
    dalitz, drell_yan = 2.0 - beta**2 * (1 - c2), 1.0 + c2 + r4 * (1.0 - c2)
    law = angular_law(GRID, np.full_like(GRID, beta), 1.0)
    for other in (dalitz, drell_yan):
        np.testing.assert_allclose(law, other / np.trapezoid(other, GRID), rtol=1e-6)


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("beta", [0.1, 0.8, 0.999])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_sampling_follows_the_law(spin: str, beta: float, share: float) -> None:
    """Slow twin: the numerical integral of the law."""
    u = np.random.default_rng(5).random((2, 20000))
    cos = sample_cos(u, np.full(20000, beta), share, spin)
    cdf = cumulative_simpson(angular_law(GRID, np.full_like(GRID, beta), share, spin), x=GRID, initial=0.0)
    assert stats.kstest(cos, lambda c: np.interp(c, GRID, cdf)).pvalue > 1e-3


def photons(n: int = 500, seed: int = 3):
    rng = np.random.default_rng(seed)
    q = rng.uniform(0.05, 3.0, n)
    p = rng.normal(0.0, 2.0, (3, n)) + np.array([0.0, 0.0, 20.0])[:, None]
    return rng, q, np.concatenate([np.sqrt(np.sum(p * p, axis=0) + q * q)[None], p])


def test_pairs_are_on_shell_and_add_up() -> None:
    rng, q, pair = photons()
    axis = rng.normal(size=(3, len(q)))
    axis /= np.sqrt(np.sum(axis**2, axis=0))
    p4 = decay_pairs(pair, q, 0.02, axis, rng.uniform(-1, 1, len(q)), rng.uniform(0, 6.3, len(q)))
    assert p4.shape == (4, 2, len(q))
    np.testing.assert_allclose(p4.sum(axis=1), pair, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(mass_squared(p4), 0.02**2, atol=1e-9)


def to_rest(p4, pair, q):
    """Return momenta in the rest frame of the pair by the inverse Lorentz matrix, event by event."""
    out = np.empty_like(p4)
    for k in range(p4.shape[1]):
        E, p = pair[0, k], pair[1:, k]
        gamma, b = E / q[k], p / E
        L = np.eye(4)
        L[0, 0] = gamma
        L[0, 1:] = L[1:, 0] = -gamma * b
        L[1:, 1:] += (gamma - 1.0) * np.outer(b, b) / (b @ b)
        out[:, k] = L @ p4[:, k]
    return out


def test_angle_to_the_axis_is_the_one_asked_for() -> None:
    rng, q, pair = photons(60)
    mother = pair + np.concatenate([np.full((1, 60), 3.0), rng.uniform(-1, 1, (3, 60))])
    axis, cos = mother_axis(pair, mother, q), rng.uniform(-1, 1, 60)
    chi = decay_pairs(pair, q, 0.02, axis, cos, rng.uniform(0, 6.3, 60))[:, 0]
    seen, mother_seen = to_rest(chi, pair, q)[1:], to_rest(mother, pair, q)[1:]
    found = (
        np.sum(seen * mother_seen, axis=0)
        / np.linalg.norm(seen, axis=0)
        / np.linalg.norm(mother_seen, axis=0)
    )
    np.testing.assert_allclose(found, cos, atol=1e-9)


def test_mother_axis_is_the_helicity_axis() -> None:
    """Definition: direction of the photon in the rest frame of the mother, reached by boosting along it."""
    rng = np.random.default_rng(8)
    n, M, q = 50, 0.547862, np.full(50, 0.3)
    k = 0.15
    direction = rng.normal(size=(3, n))
    direction /= np.linalg.norm(direction, axis=0)
    photon_rest = np.concatenate([np.full((1, n), np.hypot(k, 0.3)), k * direction])
    # chi at an angle to that direction, in the mother's rest frame
    cos, turn = rng.uniform(-1, 1, n), rng.uniform(0, 6.3, n)
    chi_rest = decay_pairs(photon_rest, q, 0.1, direction, cos, turn)[:, 0]
    p = rng.normal(0.0, 1.0, (3, n)) + np.array([0.0, 0.0, 30.0])[:, None]
    mother = np.concatenate([np.sqrt(np.sum(p * p, axis=0) + M * M)[None], p])
    pair, chi = boost_from_rest(photon_rest, mother, M), boost_from_rest(chi_rest, mother, M)

    # invariant form of the helicity angle
    def dot(a, b):
        return a[0] * b[0] - np.sum(a[1:] * b[1:], axis=0)

    energy_rest = 0.5 * 0.3
    mother_energy = dot(mother, pair) / 0.3
    product = energy_rest * mother_energy - dot(chi, mother)
    cos_found = product / (np.sqrt(energy_rest**2 - 0.01) * np.sqrt(mother_energy**2 - M * M))
    np.testing.assert_allclose(-cos_found, cos, atol=1e-8)
    axis = mother_axis(pair, mother, q)
    seen = to_rest(chi, pair, q)[1:]
    np.testing.assert_allclose(
        np.abs(np.sum(axis * seen, axis=0)), np.abs(cos) * np.sqrt(energy_rest**2 - 0.01), atol=1e-8
    )


@pytest.mark.parametrize("name", ["SPS", "LHC"])
def test_collins_soper_axis(name: str) -> None:
    """Slow twin, and the two properties that define it: in the plane of the beams, same angle to both."""
    site = get_facility(name)
    _rng, q, pair = photons(40)
    if site.collider:
        pair[1:, ::2] *= -1.0
    axis = collins_soper_axis(pair, q, site)
    beam = np.array([site.beam_energy, 0.0, 0.0, site.beam_momentum])[:, None] * np.ones((1, 40))
    other = (
        np.array([M_P, 0.0, 0.0, 0.0]) if not site.collider else np.array([1.0, 1.0, 1.0, -1.0]) * beam[:, 0]
    )
    seen = [to_rest(b, pair, q)[1:] for b in (beam, np.repeat(other[:, None], 40, axis=1))]
    a, b = (s / np.linalg.norm(s, axis=0) for s in seen)
    np.testing.assert_allclose(np.sum(axis * a, axis=0), -np.sum(axis * b, axis=0), atol=1e-6)
    normal = np.cross(a, b, axis=0)
    np.testing.assert_allclose(np.sum(axis * normal, axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(axis, axis=0), 1.0, rtol=1e-12)


def test_axes_without_transverse_momentum() -> None:
    pair = np.array([[10.0, 1.0], [0.0, 0.0], [0.0, 0.0], [np.sqrt(99.0), 0.0]])
    q = np.ones(2)
    site = SimpleNamespace(beam_energy=400.0, beam_momentum=np.sqrt(400.0**2 - M_P**2), collider=False)
    np.testing.assert_allclose(collins_soper_axis(pair, q, site), [[0, 0], [0, 0], [1, 1]], atol=1e-9)
    np.testing.assert_allclose(flight_axis(pair), [[0, 0], [0, 0], [1, 1]])
