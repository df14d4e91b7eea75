"""Two-body samplers: isotropy, angular laws of polarised vectors, conservation laws."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import stats

from darkbeam.constants import M_MU, M_P
from darkbeam.decays.angular import around, cosine, perpendicular, polarisation_axes, real_axes
from darkbeam.decays.particles import mass_of
from darkbeam.decays.setting import DecaySetting
from darkbeam.decays.two_body import TWO_BODY, TwoBody, fermions, nucleons
from darkbeam.hadrons.couplings import PHOTON
from darkbeam.kinematics import breakup_momentum, mass_squared

N = 40000
UP, FLAT = np.diag([0.0, 0.0, 1.0]).astype(complex), np.diag([0.5, 0.5, 0.0]).astype(complex)


def _general_density(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    rho = A @ A.conj().T
    return rho / np.trace(rho)


def _cosines(channel: str, mass: float, density: np.ndarray | None) -> np.ndarray:
    setting = DecaySetting(density=density)
    p4 = TWO_BODY[channel].momenta(mass, N, np.random.default_rng(4), setting)[0]
    return p4[3] / np.sqrt((p4[1:] ** 2).sum(axis=0))


def _law(x: np.ndarray, a: float, b: float) -> np.ndarray:
    """Cumulative law of a + b x^2."""
    return (a * (x + 1.0) + b * (x**3 + 1.0) / 3.0) / (2.0 * a + 2.0 * b / 3.0)


@pytest.mark.parametrize("channel", TWO_BODY)
def test_conservation_and_mass_shell(channel: str) -> None:
    mass, events = 3.7, np.arange(3, 503)
    pool = TWO_BODY[channel](mass, events, np.random.default_rng(1))
    total = np.zeros((4, 500))
    for pdg, blocks in pool.blocks.items():
        (block,) = blocks
        np.testing.assert_array_equal(block.events, events)
        np.testing.assert_allclose(mass_squared(block.p4), mass_of(pdg) ** 2, atol=1e-13)
        total += block.p4
    total[0] -= mass
    assert np.abs(total).max() < 1e-14


def test_unpolarised_is_isotropic() -> None:
    p4 = TWO_BODY["e+e-"].momenta(0.5, N, np.random.default_rng(4))[0]
    assert stats.kstest(p4[3] / 0.25, "uniform", (-1.0, 2.0)).pvalue > 1e-3
    assert stats.kstest(np.arctan2(p4[2], p4[1]), "uniform", (-np.pi, 2.0 * np.pi)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("channel", "transverse", "longitudinal"),
    [
        ("pi+pi-", (1.0, -1.0), (0.0, 1.0)),
        ("K0K0bar", (1.0, -1.0), (0.0, 1.0)),
        ("etagamma", (1.0, 1.0), (1.0, -1.0)),
    ],
)
def test_limits_of_mesons(
    channel: str, transverse: tuple[float, float], longitudinal: tuple[float, float]
) -> None:
    for density, (a, b) in ((FLAT, transverse), (UP, longitudinal)):
        assert stats.kstest(_cosines(channel, 1.2, density), _law, (a, b)).pvalue > 1e-3


@pytest.mark.parametrize("mass", [0.22, 0.3, 2.0])
def test_limits_of_leptons(mass: float) -> None:
    r = (M_MU / mass) ** 2
    transverse, longitudinal = (1.0 + 4.0 * r, 1.0 - 4.0 * r), (1.0, 4.0 * r - 1.0)
    assert stats.kstest(_cosines("mu+mu-", mass, FLAT), _law, transverse).pvalue > 1e-3
    assert stats.kstest(_cosines("mu+mu-", mass, UP), _law, longitudinal).pvalue > 1e-3


def test_fermion_law_is_the_trace() -> None:
    """Slow twin: sum over spins of e.J with Dirac matrices, m = 1."""
    one, zero = np.eye(2), np.zeros((2, 2))
    sigma = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])]
    gamma = [np.block([[one, zero], [zero, -one]])] + [np.block([[zero, s], [-s, zero]]) for s in sigma]
    m_f = 0.2

    def slash(p: np.ndarray) -> np.ndarray:
        return p[0] * gamma[0] - sum(p[i] * gamma[i] for i in (1, 2, 3))

    a, b = fermions(m_f, 1.0, PHOTON)
    found = []
    for x in (-0.9, 0.1, 0.7):
        n = np.array([np.sqrt(1.0 - x * x), 0.0, x])
        k = np.sqrt(0.25 - m_f**2) * n
        p1, p2 = np.array([0.5, *k]), np.array([0.5, *-k])
        trace = np.trace(gamma[3] @ (slash(p1) + m_f * np.eye(4)) @ gamma[3] @ (slash(p2) - m_f * np.eye(4)))
        found.append(trace.real / (a + b * x * x))
    np.testing.assert_allclose(found, found[0])


def test_nucleons() -> None:
    a, b = nucleons(M_P, 1, 2.0 * M_P * (1.0 + 1e-9), PHOTON)
    assert abs(b) < 1e-6 * a  # G_E = G_M at threshold: isotropic whatever the polarisation
    a, b = nucleons(M_P, 1, 2.4, PHOTON)
    assert a > 0.0
    assert a + b > 0.0
    assert stats.kstest(_cosines("ppbar", 2.4, UP), _law, (a, b)).pvalue > 1e-3


@pytest.mark.parametrize("law", [(0.0, 1.0), (1.0, -1.0), (1.0, -0.4), (0.3, 2.0)])
def test_general_density_matrix(law: tuple[float, float]) -> None:
    """Second moments of a + b n.S.n: [a/3 + b (1 + 2 S)/15]/(a + b/3)."""
    rho, (a, b) = _general_density(7), law
    sampler = TwoBody((211, -211), lambda _mass, _couplings: law)
    p4 = sampler.momenta(1.0, N, np.random.default_rng(2), DecaySetting(density=rho))[0]
    n = p4[1:] / breakup_momentum(1.0, mass_of(211), mass_of(211))
    expected = (a / 3.0 * np.eye(3) + b * (np.eye(3) + 2.0 * rho.real) / 15.0) / (a + b / 3.0)
    np.testing.assert_allclose(np.einsum("ik,jk->ij", n, n) / N, expected, atol=4.0 * 0.3 / np.sqrt(N))
    assert np.abs(n.mean(axis=1)).max() < 4.0 * 0.6 / np.sqrt(N)


def test_unit_density_is_isotropic() -> None:
    cosines = _cosines("pi+pi-", 0.9, np.eye(3, dtype=complex) / 3.0)
    assert stats.kstest(cosines, "uniform", (-1.0, 2.0)).pvalue > 1e-3


def test_cosine_with_a_coefficient_per_decay() -> None:
    b = np.where(np.arange(2 * N) % 2 == 0, -1.0, 3.0)
    x = cosine(1.0, b, 2 * N, np.random.default_rng(8))
    assert stats.kstest(x[::2], _law, (1.0, -1.0)).pvalue > 1e-3
    assert stats.kstest(x[1::2], _law, (1.0, 3.0)).pvalue > 1e-3


def test_complex_vector_is_its_density_matrix() -> None:
    rng = np.random.default_rng(3)
    e = np.array([0.6, 0.64j, 0.48 - 0.2j])
    e /= np.sqrt(np.vdot(e, e).real)
    axes = real_axes(np.repeat(e[:, None], N, axis=1), rng)
    drawn = polarisation_axes(np.outer(e, e.conj()), N, rng)
    for sample in (axes, drawn):
        np.testing.assert_allclose((sample**2).sum(axis=0), 1.0)
        moments = np.einsum("ik,jk->ij", sample, sample) / N
        np.testing.assert_allclose(moments, np.outer(e, e.conj()).real, atol=4.0 * 0.5 / np.sqrt(N))


def test_directions_around_an_axis() -> None:
    rng = np.random.default_rng(3)
    axis = rng.normal(size=(3, 500))
    axis /= np.sqrt((axis**2).sum(axis=0))
    axis[:, 0], axis[:, 1] = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
    e1, e2 = perpendicular(axis)
    np.testing.assert_allclose(np.cross(e1, e2, axis=0), axis, atol=1e-14)
    x = rng.uniform(-1.0, 1.0, 500)
    n = around(axis, x, rng)
    np.testing.assert_allclose((n * axis).sum(axis=0), x, atol=1e-14)
    np.testing.assert_allclose((n * n).sum(axis=0), 1.0, atol=1e-14)


def test_leptons_use_their_mass() -> None:
    law = TWO_BODY["tau+tau-"].law
    assert isinstance(law, partial)
    assert law(2.0 * mass_of(15), PHOTON)[1] == pytest.approx(0.0)
