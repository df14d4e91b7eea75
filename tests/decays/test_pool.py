"""Packing and history of the pool against slow twins."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.decays import sample_rest
from darkbeam.decays.particles import anti
from darkbeam.decays.pool import Pool
from darkbeam.decays.secondary import decay_all
from darkbeam.models import DarkPhoton


def _pack_slowly(pool: Pool, n: int) -> list[list[tuple[int, tuple[float, ...]]]]:
    """One particle at a time."""
    out: list[list[tuple[int, tuple[float, ...]]]] = [[] for _ in range(n)]
    for pdg, blocks in pool.blocks.items():
        for block in blocks:
            for e, p in zip(block.events, block.p4.T, strict=True):
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


def test_serial_numbers_survive_a_merge() -> None:
    a, b = Pool(history=True), Pool()
    a.add(211, np.arange(3), np.ones((4, 3)))
    b.add(111, np.array([0, 2]), np.full((4, 2), 2.0))
    a.merge(b)
    assert a.count == 5
    assert [block.serials for block in a.blocks[111]] == [3]
    record = decay_all(a, np.random.default_rng(1)).pack_history(3)
    assert record.pdg[0, :2].tolist() == [211, 111]
    assert record.status[0].tolist()[:2] == [1, 2]
    assert record.mother[0, 2:4].tolist() == [1, 1]
    assert record.pdg[1].tolist()[1:] == [0] * (record.pdg.shape[1] - 1)


def test_empty_pool_packs() -> None:
    assert Pool().pack(3)[0].shape == (3, 0)
    assert Pool(history=True).pack_history(3).pdg.shape == (3, 0)


@pytest.mark.parametrize("mass", [0.9, 1.9, 4.0])
def test_history_is_complete_and_changes_nothing(mass: float) -> None:
    n = 800
    plain = sample_rest(DarkPhoton(), mass, n, np.random.default_rng(1))
    full = sample_rest(DarkPhoton(), mass, n, np.random.default_rng(1), history=True)
    final = full.final()
    np.testing.assert_array_equal(np.sort(final.pdg, axis=1), np.sort(plain.pdg, axis=1))
    np.testing.assert_allclose(np.sort(final.p4[0], axis=1), np.sort(plain.p4[0], axis=1), rtol=1e-13)
    np.testing.assert_allclose(full.p4_sum(), plain.p4_sum(), atol=1e-12 * mass)
    assert full.mother is not None
    assert full.status is not None
    rows = np.arange(full.pdg.shape[1])
    assert np.all(full.mother < rows)
    assert np.array_equal(full.status == 0, full.pdg == 0)
    assert np.all(full.mother[full.pdg == 0] == -1)
    daughters = np.zeros_like(full.p4)
    event, row = np.nonzero(full.mother >= 0)
    for component in range(4):
        np.add.at(daughters[component], (event, full.mother[event, row]), full.p4[component, event, row])
    decayed = full.status == 2
    np.testing.assert_allclose(daughters[:, decayed], full.p4[:, decayed], atol=1e-12 * mass)
    assert not daughters[:, ~decayed].any()
    primary = np.where((full.mother == -1) & (full.pdg != 0), full.p4, 0.0).sum(axis=2)
    np.testing.assert_allclose(primary[0], mass, rtol=1e-12)
    assert decayed.any()


def test_take_keeps_history_and_final_is_itself_without_it() -> None:
    full = sample_rest(DarkPhoton(), 0.9, 50, np.random.default_rng(1), history=True)
    part = full.take(np.array([3, 3, 7]))
    assert part.mother is not None
    np.testing.assert_array_equal(part.mother[1], full.mother[3])
    assert part.final().final().pdg.shape[0] == 3


def test_antiparticles() -> None:
    assert anti(anti(-321)) == -321
    assert anti(22) == 22
    assert anti(-3122) == 3122
