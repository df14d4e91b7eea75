"""Flat n-body phase space: identities, analytic volumes, marginals, slow twin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from darkbeam.kinematics import breakup_momentum, mass_squared
from darkbeam.kinematics.phase_space import chain_masses, chain_weight, isotropic_two_body, n_body

PI, K, ETA = 0.13957, 0.49368, 0.54786
CASES = [
    (0.5, (PI, PI)),
    (0.6, (PI, PI, PI)),
    (1.777, (0.0, 0.1057, 0.0)),
    (1.9, (K, K, PI, PI)),
    (3.0, (PI,) * 6),
    (8.0, (PI,) * 9),
]


@pytest.mark.parametrize(("mass", "masses"), CASES)
def test_four_momentum_and_mass_shell(mass: float, masses: tuple[float, ...]) -> None:
    p = n_body(mass, masses, 3000, np.random.default_rng(1))
    assert p.shape == (len(masses), 4, 3000)
    total = p.sum(axis=0)
    total[0] -= mass
    assert np.abs(total).max() < 1e-13 * mass * 10
    for momentum, m in zip(p, masses, strict=True):
        np.testing.assert_allclose(mass_squared(momentum), m * m, atol=1e-12 * mass**2)


def test_reproducible_and_empty() -> None:
    a, b = (n_body(1.0, (PI,) * 3, 50, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert n_body(1.0, (PI,) * 3, 0, np.random.default_rng(2)).shape == (3, 4, 0)


def test_isotropy() -> None:
    n = 40000
    first = n_body(1.2, (PI, PI, PI, PI), n, np.random.default_rng(3))[0]
    unit = first[1:] / np.linalg.norm(first[1:], axis=0)
    assert np.abs(unit.mean(axis=1)).max() < 4.0 / np.sqrt(3.0 * n)
    np.testing.assert_allclose(np.mean(unit**2, axis=1), 1.0 / 3.0, atol=4.0 * 0.3 / np.sqrt(n))
    two = isotropic_two_body(1.0, PI, PI, n, np.random.default_rng(4))
    assert np.abs(two[0, 3].mean()) < 4.0 * float(breakup_momentum(1.0, PI, PI)) / np.sqrt(3.0 * n)


def _chi_square(sample: np.ndarray, edges: np.ndarray, density) -> float:
    """Chi-square per degree of freedom of a sample against a density."""
    x, w = np.polynomial.legendre.leggauss(20)
    lo, hi = edges[:-1, None], edges[1:, None]
    expected = np.sum(0.5 * (hi - lo) * w * density(0.5 * (hi + lo) + 0.5 * (hi - lo) * x), axis=1)
    expected *= len(sample) / expected.sum()
    found = np.histogram(sample, edges)[0]
    return float(np.sum((found - expected) ** 2 / expected) / (len(expected) - 1))


@pytest.mark.parametrize("mass", [0.50, 0.9, 3.0])
def test_three_body_marginals(mass: float) -> None:
    """dPhi/dM_ij ~ p(M; M_ij, m_k) p(M_ij; m_i, m_j) for every pair: the Dalitz plot is flat."""
    n = 40000
    masses = (PI, PI, 0.0) if mass < 0.9 else (PI, K if mass > 1 else PI, PI)
    p = n_body(mass, masses, n, np.random.default_rng(5))
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        m_ij = np.sqrt(mass_squared(p[i] + p[j]))
        edges = np.linspace(masses[i] + masses[j], mass - masses[k], 31)

        def density(m, i=i, j=j, k=k):
            return breakup_momentum(mass, m, masses[k]) * breakup_momentum(m, masses[i], masses[j])

        assert _chi_square(m_ij, edges, density) < 1.8


def test_four_body_marginal() -> None:
    """Marginal of one pair mass, by quadrature over the other pair."""
    mass, masses, n = 1.4, (PI, PI, K, PI), 40000
    p = n_body(mass, masses, n, np.random.default_rng(6))
    x, w = np.polynomial.legendre.leggauss(80)

    def density(m):
        lo, hi = masses[2] + masses[3], mass - m
        other = 0.5 * (hi + lo)[..., None] + 0.5 * (hi - lo)[..., None] * x
        inner = breakup_momentum(mass, m[..., None], other) * breakup_momentum(other, masses[2], masses[3])
        return breakup_momentum(m, masses[0], masses[1]) * np.sum(
            0.5 * (hi - lo)[..., None] * w * inner, axis=-1
        )

    edges = np.linspace(masses[0] + masses[1], mass - masses[2] - masses[3], 26)
    assert _chi_square(np.sqrt(mass_squared(p[0] + p[1])), edges, density) < 1.8
    # last particle with any other: the order of the chain does not matter
    pair, first = np.sqrt(mass_squared(p[0] + p[3])), np.sqrt(mass_squared(p[1] + p[3]))
    assert abs(pair.mean() - first.mean()) < 4.0 * pair.std() * np.sqrt(2.0 / n)


def _volume_from_weights(mass: float, masses: tuple[float, ...], n: int) -> float:
    """Phi_n as the mean of the weight over the Dirichlet proposal."""
    k = len(masses) - 1
    share = np.random.default_rng(7).standard_gamma(1.5, (k, n))
    share /= share.sum(axis=0)
    weight = chain_weight(masses, chain_masses(mass, masses, share)).mean()
    kinetic = mass - sum(masses)
    dirichlet = math.gamma(1.5) ** k / math.gamma(1.5 * k)
    momenta = weight * (0.5 * math.sqrt(kinetic)) ** k * kinetic ** (k - 1) * dirichlet
    return float(momenta * 2.0 ** (k - 1) / (mass * (4 * np.pi) ** k * (2 * np.pi) ** (k - 1)))


def test_massless_volumes() -> None:
    """Phi_n = (pi/2)^{n-1} (2 pi)^{4-3n} M^{2n-4}/((n-1)!(n-2)!)."""
    for n in (3, 4, 5):
        exact = (np.pi / 2) ** (n - 1) * (2 * np.pi) ** (4 - 3 * n) * 2.0 ** (2 * n - 4)
        exact /= math.factorial(n - 1) * math.factorial(n - 2)
        assert _volume_from_weights(2.0, (0.0,) * n, 200000) == pytest.approx(exact, rel=0.01)


def test_three_and_four_body_volume_by_quadrature() -> None:
    x, w = np.polynomial.legendre.leggauss(200)

    def chain(mass, masses):
        """Phi_n by nested quadrature."""
        if len(masses) == 2:
            return breakup_momentum(mass, *masses) / (4 * np.pi * mass)
        lo, hi = sum(masses[:-1]), mass - masses[-1]
        m = 0.5 * (lo + hi) + 0.5 * (hi - lo) * x
        below = np.array([chain(v, masses[:-1]) for v in m]) if len(masses) > 3 else chain(m, masses[:-1])
        factor = breakup_momentum(mass, m, masses[-1]) / (4 * np.pi * mass) * 2 * m / (2 * np.pi)
        return np.sum(0.5 * (hi - lo) * w * below * factor)

    for mass, masses in (
        (0.7, (PI, PI, PI)),
        (1.9, (K, PI, PI)),
        (1.5, (PI, PI, PI, PI)),
        (1.6, (ETA, K, PI, PI)),
    ):
        assert _volume_from_weights(mass, masses, 200000) == pytest.approx(
            float(chain(mass, masses)), rel=5e-3
        )


def test_slow_twin() -> None:
    """Mean energies of the accept-reject sampler against weighted events of the textbook generator."""
    mass, masses, n = 1.5, (K, PI, ETA, 0.0), 60000
    rng = np.random.default_rng(9)
    fast = n_body(mass, masses, n, rng)
    kinetic = mass - sum(masses)
    order = np.sort(rng.random((n, 2)), axis=1)
    floor = np.cumsum(masses)
    m2, m3 = floor[1] + kinetic * order[:, 0], floor[2] + kinetic * order[:, 1]
    weight = breakup_momentum(m2, *masses[:2]) * breakup_momentum(m3, m2, masses[2])
    weight *= breakup_momentum(mass, m3, masses[3])
    energy = breakup_momentum(mass, m3, masses[3])  # of the massless last particle
    mean = np.sum(weight * energy) / weight.sum()
    spread = np.sqrt(np.sum(weight**2 * (energy - mean) ** 2)) / weight.sum()
    found = fast[3, 0]
    assert abs(found.mean() - mean) < 4.0 * np.hypot(found.std() / np.sqrt(n), spread)


def test_three_massless_particles_have_a_bound_and_flat_energies() -> None:
    """The bound on the weights is finite (no endless loop); flat dE1 dE2: E of each has density 8E/m^2 to m/2."""
    chain = chain_masses(1e-3, (0.0, 0.0, 0.0), np.array([[0.0, 0.5], [1.0, 0.5]]))
    assert np.isfinite(chain_weight((0.0, 0.0, 0.0), chain)).all()
    p = n_body(1e-3, (0.0, 0.0, 0.0), 20000, np.random.default_rng(5))
    x = 2.0 * p[:, 0] / 1e-3
    assert x.max() <= 1.0 + 1e-9
    np.testing.assert_allclose(np.mean(x**2, axis=1), 0.5, atol=5 * np.sqrt((1 / 3 - 1 / 4) / 20000))
