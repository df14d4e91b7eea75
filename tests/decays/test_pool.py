"""Packing and secondary decays against slow twins."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.decays.particles import STABLE, anti, mass_of
from darkbeam.decays.pool import Pool
from darkbeam.decays.secondary import DECAYS, decay_all
from darkbeam.kinematics import mass_squared


def _pack_slowly(pool: Pool, n: int) -> list[list[tuple[int, tuple[float, ...]]]]:
    """One particle at a time."""
    out: list[list[tuple[int, tuple[float, ...]]]] = [[] for _ in range(n)]
    for pdg, blocks in pool.blocks.items():
        for events, p4 in blocks:
            for e, p in zip(events, p4.T, strict=True):
                out[e].append((pdg, tuple(p)))
    return out


def test_pack_is_the_slow_twin() -> None:
    rng = np.random.default_rng(1)
    pool, n = Pool(), 30
    for pdg in (211, -211, 22, 22, 130):
        events = np.sort(rng.integers(0, n, 40)) if pdg == 22 else np.flatnonzero(rng.random(n) < 0.6)
        pool.add(pdg, events, rng.random((4, len(events))))
    pool.add(11, rng.permutation(n), rng.random((4, n)))
    expected = _pack_slowly(pool, n)
    pdg, p4 = pool.pack(n)
    for i, particles in enumerate(expected):
        k = len(particles)
        found = [(int(a), tuple(b)) for a, b in zip(pdg[i, :k], p4[:, i, :k].T, strict=True)]
        assert found == particles
        assert not pdg[i, k:].any()


def test_products_are_lighter_and_come_later() -> None:
    order = list(DECAYS)
    for parent, modes in DECAYS.items():
        for branching, ids in modes:
            assert branching > 0.0
            assert len(ids) == 1 or sum(map(mass_of, ids)) < mass_of(parent)
            for i in ids:
                assert abs(i) in STABLE or order.index(abs(i)) > order.index(parent)


@pytest.mark.parametrize("parent", [15, 111, 221, 223, 310, 331, 333])
def test_branching_ratios_are_nearly_complete(parent: int) -> None:
    assert sum(b for b, _ in DECAYS[parent]) == pytest.approx(1.0, abs=0.03)


def test_decay_in_flight() -> None:
    n = 2000
    p = np.array([3.0, 0.5, -0.2, 0.0])
    p[3] = np.sqrt(p[0] ** 2 - p[1] ** 2 - p[2] ** 2 - mass_of(331) ** 2)
    pool = Pool()
    pool.add(331, np.arange(n), np.repeat(p[:, None], n, axis=1))
    pdg, p4 = decay_all(pool, np.random.default_rng(3)).pack(n)
    np.testing.assert_allclose(p4.sum(axis=2), np.repeat(p[:, None], n, axis=1), atol=1e-12)
    assert set(np.unique(np.abs(pdg))) - {0} <= STABLE
    np.testing.assert_allclose(mass_squared(p4)[pdg == 22], 0.0, atol=1e-12)


def test_charge_conjugate_tau() -> None:
    n = 300
    pool = Pool()
    rest = np.zeros((4, n))
    rest[0] = mass_of(15)
    pool.add(-15, np.arange(n), rest)
    pdg, _ = decay_all(pool, np.random.default_rng(3)).pack(n)
    assert np.all((pdg == -16).sum(axis=1) == 1)
    assert anti(anti(-321)) == -321
    assert anti(22) == 22


def test_unknown_particle_is_refused() -> None:
    pool = Pool()
    pool.add(999, np.arange(2), np.ones((4, 2)))
    with pytest.raises(ValueError, match="999"):
        decay_all(pool, np.random.default_rng(1))
