"""Decays of polarised vector mesons: angular laws, branching ratios, boosts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from darkbeam.constants import M_OMEGA, M_PHI
from darkbeam.decays.particles import anti, mass_of
from darkbeam.decays.polarised_vectors import vector_decay
from darkbeam.decays.secondary_light import LIGHT_MESONS
from darkbeam.decays.vector_decays import decay_to
from darkbeam.hadrons.dalitz import dalitz_nodes
from darkbeam.hadrons.propagators import bw_p_wave
from darkbeam.hadrons.three_pion import RHO
from darkbeam.kinematics import boost_from_rest, mass_squared

N = 20000
LAWS = {
    "cos2": lambda x: (1.0 + x**3) / 2.0,
    "sin2": lambda x: (2.0 + 3.0 * x - x**3) / 4.0,
    "1+cos2": lambda x: (4.0 + 3.0 * x + x**3) / 8.0,
    "flat": lambda x: (1.0 + x) / 2.0,
}


def _moving(mass: float | np.ndarray, p: tuple[float, float, float] = (0.4, -0.3, 1.1)) -> np.ndarray:
    out = np.empty((4, N))
    out[1:] = np.array(p)[:, None]
    out[0] = np.sqrt(sum(x * x for x in p) + np.square(mass))
    return out


def _boosted(e: tuple[complex, complex, complex], parent: np.ndarray, mass: float) -> np.ndarray:
    """Polarisation four-vector in the frame of the parent from its rest-frame vector."""
    rest = np.zeros((4, N), dtype=np.complex128)
    rest[1:] = np.array(e)[:, None]
    return boost_from_rest(rest.real, parent, mass) + 1j * boost_from_rest(rest.imag, parent, mass)


def _rest(p4: np.ndarray, parent: np.ndarray, mass: float) -> np.ndarray:
    return boost_from_rest(p4, np.concatenate([parent[:1], -parent[1:]]), mass)


@pytest.mark.parametrize(
    ("ids", "mass", "e", "law"),
    [
        ((321, -321), M_PHI, (0, 0, 1), "cos2"),
        ((130, 310), M_PHI, (1 / np.sqrt(2), 1j / np.sqrt(2), 0), "sin2"),
        ((221, 22), M_PHI, (0, 0, 1j), "sin2"),
        ((111, 22), M_OMEGA, (1 / np.sqrt(2), 1j / np.sqrt(2), 0), "1+cos2"),
        ((321, -211), 0.85, (0, 0, 3.0), "cos2"),
        ((211, -211), 0.6, None, "flat"),
        ((211, -211, 111), M_OMEGA, (0, 0, 1), "cos2"),
        ((211, -211, 111), M_OMEGA, (1 / np.sqrt(2), 1j / np.sqrt(2), 0), "sin2"),
        ((211, -211, 111), M_PHI, None, "flat"),
    ],
)
def test_angular_laws(ids, mass: float, e, law: str) -> None:
    """Of the first product, or of the normal of the decay plane, in the rest frame of a moving vector."""
    parent = _moving(mass)
    polarisation = None if e is None else _boosted(e, parent, mass)
    momenta = decay_to(ids, parent, polarisation, np.random.default_rng(1))
    np.testing.assert_allclose(momenta.sum(axis=0), parent, atol=1e-12)
    for pdg, p4 in zip(ids, momenta, strict=True):
        np.testing.assert_allclose(mass_squared(p4), mass_of(pdg) ** 2, atol=1e-12)
    rest = [_rest(p4, parent, mass)[1:] for p4 in momenta]
    n = rest[0] if len(ids) == 2 else np.cross(rest[0], rest[1], axis=0)
    assert stats.kstest(n[2] / np.sqrt((n**2).sum(axis=0)), LAWS[law]).pvalue > 1e-3


def test_longitudinal_along_the_flight() -> None:
    parent = _moving(M_PHI, (0.0, 0.0, 2.0))
    e = np.array([parent[3], 0 * parent[3], 0 * parent[3], parent[0]]) / M_PHI
    k = _rest(decay_to((321, -321), parent, e, np.random.default_rng(2))[0], parent, M_PHI)
    assert stats.kstest(k[3] / np.sqrt((k[1:] ** 2).sum(axis=0)), LAWS["cos2"]).pvalue > 1e-3


@pytest.mark.parametrize("pdg", [223, 333, 313, -313, 323, -323, 113, 213, -213])
def test_modes_and_conservation(pdg: int) -> None:
    """Every parent has the products of one mode, with the branching ratio, and their momenta add up."""
    rng = np.random.default_rng(3)
    mass: float | np.ndarray = mass_of(pdg) if pdg in {223, 333} else rng.uniform(0.75, 0.9, N)
    parent = _moving(mass)
    total, content = np.zeros((4, N)), [[] for _ in range(N)]
    for i, rows, p4 in vector_decay(pdg, parent, None, rng):
        total[:, rows] += p4
        for row in rows:
            content[row].append(i)
    np.testing.assert_allclose(total, parent, atol=1e-12)
    modes = {
        tuple(sorted(m.ids if pdg > 0 else map(anti, m.ids))): m.branching for m in LIGHT_MESONS[abs(pdg)]
    }
    seen = [tuple(sorted(c)) for c in content]
    assert set(seen) <= set(modes)
    norm = sum(modes.values())
    for mode, branching in modes.items():
        p = branching / norm
        assert abs(seen.count(mode) - p * N) <= 4.5 * np.sqrt(N * p * (1.0 - p)) + 1.0


@pytest.mark.parametrize("mass", [M_OMEGA, M_PHI])
def test_rho_dominance_in_three_pions(mass: float) -> None:
    """Mean and spectrum of m(pi+ pi-)^2 by quadrature."""
    parent = _moving(mass)
    p = decay_to((211, -211, 111), parent, None, np.random.default_rng(4))
    s = mass_squared(p[0] + p[1])
    nodes = dalitz_nodes(mass, mass_of(211), mass_of(211), mass_of(111))
    pi, pi0 = mass_of(211), mass_of(111)
    F = (
        bw_p_wave(nodes.s12, *RHO, pi, pi)
        + bw_p_wave(nodes.s13, *RHO, pi, pi0)
        + bw_p_wave(nodes.s23, *RHO, pi, pi0)
    )
    rate = (nodes.weight * nodes.cross2 * np.abs(F) ** 2).sum(axis=1)
    for power in (1, 2, 3):
        expected = np.sum(rate * nodes.s12[:, 0] ** power) / rate.sum()
        assert np.mean(s**power) == pytest.approx(expected, abs=4.0 * np.std(s**power) / np.sqrt(N))


def test_nothing_to_decay() -> None:
    empty = np.empty((4, 0))
    assert vector_decay(223, empty, None, np.random.default_rng(1)) == []
    assert decay_to((211, -211, 111), empty, None, np.random.default_rng(1)).shape == (3, 4, 0)
