"""Sets of candidates: toy densities with known means, orientation laws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from darkbeam.decays import candidates
from darkbeam.decays.candidates import Candidates, orientations, rotate, unweighted, weighted


@dataclass(frozen=True)
class Toy:
    """Candidates uniform in x in (0, 1), stored as energy, with weight 3 x^2 spread over the set."""

    size: int = 3

    def candidates(self, n: int, rng: np.random.Generator) -> Candidates:
        x = rng.random((n, self.size)).T
        momenta = np.zeros((1, 4, self.size, n))
        momenta[0, 0] = x
        return Candidates(3 * x**2 / self.size, momenta, np.ones((3, self.size, n), dtype=complex))


def test_weighted_sets_are_unbiased() -> None:
    n = 40000
    found = weighted(Toy(), n, np.random.default_rng(1))
    x, W = found.momenta[0, 0], found.weight
    assert W.mean() == pytest.approx(1.0, abs=4 * W.std() / n**0.5)
    assert W.var() == pytest.approx(0.8 / 3, rel=0.05)  # var(3 x^2) = 4/5, over three candidates
    assert np.mean(W * x) == pytest.approx(0.75, abs=4 * np.std(W * x) / n**0.5)


@pytest.mark.parametrize("bound", [1.1, 0.2])
def test_unweighted_decays_follow_the_density_even_with_a_bound_that_is_too_low(
    bound: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "pilot", lambda _: (1.0 / 3.0, bound))
    n = 40000
    x = unweighted(Toy(), n, np.random.default_rng(2)).momenta[0, 0]
    assert len(x) == n
    for power in (1, 2, 5):
        assert np.mean(x**power) == pytest.approx(3 / (3 + power), abs=4 * np.std(x**power) / n**0.5)


def test_orientations_of_a_real_current() -> None:
    n = 40000
    J = np.tile(np.array([[0.6], [0.0], [0.8]], dtype=complex), n)
    R = orientations(J, np.diag([0.0, 0.0, 1.0]).astype(complex), np.random.default_rng(3))
    c2 = np.real(rotate(R, J)[2]) ** 2  # density 3 c^2: mean of c^2 is 3/5
    assert c2.mean() == pytest.approx(0.6, abs=4 * c2.std() / n**0.5)
    c2 = np.real(rotate(orientations(J, None, np.random.default_rng(4)), J)[2]) ** 2
    assert c2.mean() == pytest.approx(1 / 3, abs=4 * c2.std() / n**0.5)


def test_orientations_of_a_circular_current() -> None:
    """|e.J|^2 = ((1 + cos)/2)^2 for opposite circular vectors: the mean cosine is 1/2 (Wigner d^1)."""
    n = 40000
    e = np.array([1.0, 1.0j, 0.0]) / np.sqrt(2.0)
    J = np.tile(e.conj()[:, None], n)
    R = orientations(J, np.outer(e, e.conj()), np.random.default_rng(5))
    np.testing.assert_allclose(np.einsum("ijn,kjn->ikn", R, R), np.tile(np.eye(3)[:, :, None], n), atol=1e-12)
    assert R[2, 2].mean() == pytest.approx(0.5, abs=4 * R[2, 2].std() / n**0.5)
