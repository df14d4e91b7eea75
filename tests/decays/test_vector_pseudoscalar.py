"""V' P: helicity of V' seen in its decay, polarised V against a brute-force twin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from darkbeam.decays.particles import mass_of
from darkbeam.decays.setting import DecaySetting
from darkbeam.decays.vector_pseudoscalar import VECTOR_PSEUDOSCALAR, VectorPseudoscalar
from darkbeam.kinematics import boost_from_rest, mass_squared

N = 20000
UP = np.diag([0.0, 0.0, 1.0]).astype(complex)


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x * x).sum(axis=0))


def _events(
    sampler: VectorPseudoscalar, mass: float, density: np.ndarray | None = None
) -> dict[int, np.ndarray]:
    """Momenta of V' (its id) and of its forced products, each once per event."""
    rng = np.random.default_rng(5)
    pool = sampler(mass, np.arange(N), rng, DecaySetting(density=density))
    out = {pdg: blocks[-1].p4 for pdg, blocks in pool.blocks.items()}  # behind P itself
    out[sampler.vector] = sum(out[i] for i in sampler.forced)
    return out


def _in_vector(events: dict[int, np.ndarray], vector: int, pdg: int) -> np.ndarray:
    """Direction of a product in the rest frame of V'."""
    q = events[vector]
    return _unit(boost_from_rest(events[pdg], np.concatenate([q[:1], -q[1:]]), mass_of(vector))[1:])


def _sin2(x: np.ndarray) -> np.ndarray:
    return (2.0 + 3.0 * x - x**3) / 4.0


def _one_plus_cos2(x: np.ndarray) -> np.ndarray:
    return (4.0 + 3.0 * x + x**3) / 8.0


@pytest.mark.parametrize(
    ("vector", "pseudoscalar", "mass", "ids", "law"),
    [
        (333, 221, 1.7, (321, -321), _sin2),
        (333, 111, 1.3, (130, 310), _sin2),
        (333, 111, 1.3, (221, 22), _one_plus_cos2),
        (223, 111, 1.1, (111, 22), _one_plus_cos2),
    ],
)
def test_helicity_law(vector: int, pseudoscalar: int, mass: float, ids, law) -> None:
    """Helicity +-1: sin^2 of P P and 1 + cos^2 of P gamma to the flight direction of V'."""
    events = _events(VectorPseudoscalar(vector, pseudoscalar, ids), mass)
    cosine = (_in_vector(events, vector, ids[1]) * _unit(events[vector][1:])).sum(axis=0)
    assert stats.kstest(cosine, law).pvalue > 1e-3
    counts = np.histogram(cosine, 20, (-1.0, 1.0))[0]
    assert stats.chisquare(counts, N * np.diff(law(np.linspace(-1.0, 1.0, 21)))).pvalue > 1e-3


def test_normal_of_omega_to_three_pions() -> None:
    events = _events(VectorPseudoscalar(223, 221, (211, -211, 111)), 1.6)
    normal = np.cross(_in_vector(events, 223, 211), _in_vector(events, 223, -211), axis=0)
    cosine = (_unit(normal) * _unit(events[223][1:])).sum(axis=0)
    assert stats.kstest(cosine, _sin2).pvalue > 1e-3


def test_polarised_twin() -> None:
    """e along z: |(e x q).k|^2 of V -> phi eta -> K K eta by accept-reject of isotropic directions."""
    events = _events(VectorPseudoscalar(333, 221, (321, -321)), 1.8, UP)
    q, k = _unit(events[333][1:]), _in_vector(events, 333, 321)
    rng = np.random.default_rng(6)
    q2, k2 = (_unit(rng.normal(size=(3, 8 * N))) for _ in range(2))
    w = np.square(q2[0] * k2[1] - q2[1] * k2[0])
    keep = rng.random(w.size) < w
    fast, slow = (
        np.stack([a[2], b[2], (a * b).sum(axis=0)]) for a, b in ((q, k), (q2[:, keep], k2[:, keep]))
    )
    for a, b in zip(fast, slow, strict=True):
        assert stats.ks_2samp(a, b).pvalue > 1e-3
    assert np.mean(q[2] ** 2) == pytest.approx(0.2, abs=0.006)


def test_unpolarised_is_isotropic() -> None:
    events = _events(VectorPseudoscalar(333, 221, (321, -321)), 1.8)
    for p4 in events.values():
        assert stats.kstest(_unit(p4[1:])[2], "uniform", (-1.0, 2.0)).pvalue > 1e-3


@pytest.mark.parametrize("name", VECTOR_PSEUDOSCALAR)
@pytest.mark.parametrize("above", [1e-6, 0.3])
def test_conservation_and_mass_shell(name: str, above: float) -> None:
    sampler = VECTOR_PSEUDOSCALAR[name]
    mass = mass_of(sampler.vector) + mass_of(sampler.pseudoscalar) + above
    pool = sampler(mass, np.arange(2000), np.random.default_rng(1))
    total = np.zeros((4, 2000))
    for pdg, blocks in pool.blocks.items():
        assert pdg not in {223, 333}
        for block in blocks:
            np.testing.assert_allclose(mass_squared(block.p4), mass_of(pdg) ** 2, atol=1e-12)
            total[:, block.events] += block.p4
    total[0] -= mass
    assert np.abs(total).max() < 1e-12


def test_radiative_omega_only() -> None:
    """The 3 pi decay of omega pi0 is part of the four-pion channel."""
    pool = VECTOR_PSEUDOSCALAR["omegapi0(pi0gamma)"](1.2, np.arange(50), np.random.default_rng(1))
    assert set(pool.blocks) == {111, 22}
