"""Hadronisation on the fly: same physics as the library."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.decays.hadron_library import sample_quarks
from darkbeam.decays.secondary import decay_all

pytestmark = pytest.mark.pythia
pytest.importorskip("pythia8mc")

from darkbeam.decays.pythia_quarks import PythiaQuarks, QuarkGenerator  # noqa: E402

N = 500


@pytest.fixture(scope="module")
def generator() -> QuarkGenerator:
    return QuarkGenerator()


def _n_charged(sampler, mass: float, n: int = N, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pdg, p4 = decay_all(sampler(mass, np.arange(n), rng), rng).pack(n)
    total = p4.sum(axis=2)
    total[0] -= mass
    assert np.abs(total).max() < 1e-12 * mass
    return np.isin(np.abs(pdg), [11, 13, 211, 321, 2212]).sum(axis=1)


@pytest.mark.parametrize("mass", [2.25, 3.9, 7.5])
def test_agrees_with_the_library(mass: float) -> None:
    """Charged multiplicities: chi-square of two samples (5 to 6 bins)."""
    fly = np.minimum(_n_charged(PythiaQuarks(), mass) // 2, 5)
    stored = np.minimum(_n_charged(sample_quarks, mass, 8000) // 2, 5)
    a, b = (np.bincount(x, minlength=6) for x in (fly, stored))
    expected = b / b.sum() * N
    used = expected > 4.0
    assert np.sum((a[used] - expected[used]) ** 2 / expected[used]) < 24.0


def test_reproducible_whatever_came_before() -> None:
    first = _n_charged(PythiaQuarks(), 2.5, 100, seed=3)
    _n_charged(PythiaQuarks(), 4.0, 50, seed=4)
    np.testing.assert_array_equal(_n_charged(PythiaQuarks(), 2.5, 100, seed=3), first)


@pytest.mark.parametrize(("flavour", "mass"), [("c", 3.735), ("c", 4.6), ("b", 10.6), ("s", 2.0)])
def test_every_flavour_becomes_hadrons(generator: QuarkGenerator, flavour: str, mass: float) -> None:
    generator.start(np.random.default_rng(1))
    generator.counts.clear()
    for _ in range(50):
        pool, rows = generator.decay(flavour, mass)
        assert pool == flavour
        assert len(rows) >= 2
        assert all(abs(row[0]) > 9 and row[0] != 21 for row in rows)
        assert abs(sum(row[3] for row in rows)) < 1e-6 * mass
    assert generator.counts["made"] == 50
    assert generator.counts["failed"] <= 1


def test_bare_kaon_pairs_are_drawn_again(generator: QuarkGenerator) -> None:
    generator.counts.clear()
    made = [generator.decay("s", 2.0)[1] for _ in range(100)]
    assert not any(sorted(row[0] for row in rows) == [-321, 321] for rows in made)
    assert generator.counts["two-body"] > 10
