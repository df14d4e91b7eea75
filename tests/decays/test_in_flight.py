"""K_S and hyperons in flight: lifetimes, geometry, history."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from darkbeam.decays import sample_rest
from darkbeam.decays.in_flight import FlightProducts, decay_in_flight
from darkbeam.decays.particles import CTAU, STABLE, mass_of
from darkbeam.errors import ValueRangeError
from darkbeam.kinematics import boost_from_rest
from darkbeam.models import DarkPhoton


def _beam(pdg: int, n: int, momentum: float) -> tuple[np.ndarray, np.ndarray]:
    p4 = np.zeros((4, n, 1))
    p4[1], p4[3] = 0.1 * momentum, momentum
    p4[0] = np.sqrt(p4[1] ** 2 + p4[3] ** 2 + mass_of(pdg) ** 2)
    return np.full((n, 1), pdg), p4


def _decays(f: FlightProducts, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """Event and row of the decayed particles of one kind."""
    return np.nonzero((np.abs(f.pdg) == kind) & (f.status == 2))


@pytest.mark.parametrize(("pdg", "momentum"), [(310, 0.3), (310, 80.0), (3122, 20.0), (-3222, 5.0)])
def test_lifetime_is_exponential(pdg: int, momentum: float) -> None:
    n = 3000
    ids, p4 = _beam(pdg, n, momentum)
    start = np.array([0.1, -0.2, 30.0])
    f = decay_in_flight(ids, p4, np.repeat(start[:, None], n, axis=1), np.random.default_rng(1), (abs(pdg),))
    first = np.argmax(f.mother == 0, axis=1)
    end = f.vertex[:, np.arange(n), first]
    moved = end - start[:, None]
    flight = np.linalg.norm(moved, axis=0)
    p = np.linalg.norm(p4[1:, :, 0], axis=0)
    proper = flight * mass_of(pdg) / p
    assert kstest(proper / CTAU[abs(pdg)], "expon").pvalue > 1e-3
    np.testing.assert_allclose(moved[0] / moved[2], 0.1, rtol=1e-6)
    np.testing.assert_allclose(f.time[np.arange(n), first], flight * p4[0, :, 0] / p, rtol=1e-6)
    np.testing.assert_allclose(f.vertex[:, :, 0], np.repeat(start[:, None], n, axis=1))


def test_daughters_of_one_mother_share_its_vertex_and_add_up() -> None:
    n = 400
    rest = sample_rest(
        DarkPhoton(), 1.6, n, np.random.default_rng(1), ["K_LK_Spi0", "K0K+-pi-+"],
        history=True, stable=frozenset({310}),
    )  # fmt: skip
    parent = np.array([30.0, 0.0, 0.0, np.sqrt(900.0 - 1.6**2)])[:, None, None]
    lab = boost_from_rest(rest.p4, parent, 1.6)
    vertex = np.random.default_rng(2).random((3, n))
    start = np.linspace(0.0, 1.0, n)
    f = decay_in_flight(
        rest.pdg, lab, vertex, np.random.default_rng(3), time=start, mother=rest.mother, status=rest.status
    )
    k = rest.pdg.shape[1]
    given = rest.pdg != 0
    np.testing.assert_array_equal(f.pdg[:, :k][given], rest.pdg[given])
    assert rest.mother is not None
    np.testing.assert_array_equal(f.mother[:, :k][given], rest.mother[given])
    final = np.where(f.status == 1, f.p4, 0.0).sum(axis=2)
    np.testing.assert_allclose(final, np.repeat(parent[:, :, 0], n, axis=1), atol=1e-11)
    assert set(np.unique(np.abs(f.pdg[f.status == 1]))) <= STABLE
    for event, row in zip(*np.nonzero(f.status == 2), strict=True):
        mine = f.mother[event] == row
        np.testing.assert_allclose(f.p4[:, event, mine].sum(axis=1), f.p4[:, event, row], atol=1e-11)
        places = f.vertex[:, event, mine]
        np.testing.assert_array_equal(places, np.repeat(places[:, :1], mine.sum(), axis=1))
        if abs(f.pdg[event, row]) != 310:  # everything else decays where it is
            np.testing.assert_array_equal(places[:, 0], f.vertex[:, event, row])
            assert f.time[event, mine][0] == f.time[event, row]
        else:
            assert f.time[event, mine][0] > f.time[event, row]
    assert np.array_equal(f.time[:, 0], start)
    assert len(_decays(f, 310)[0]) > n // 3


def test_chains_of_hyperons_fly_twice() -> None:
    n = 2000
    ids, p4 = _beam(3312, n, 10.0)
    f = decay_in_flight(ids, p4, np.zeros((3, n)), np.random.default_rng(1), (3312, 3122))
    event, row = _decays(f, 3122)
    assert len(event) > 0.9 * n
    below = [np.flatnonzero(f.mother[e] == r)[0] for e, r in zip(event, row, strict=True)]
    step = f.vertex[2, event, below] - f.vertex[2, event, row]
    assert np.all(step > 0.0)
    assert np.all(f.vertex[2, event, row] > 0.0)
    only = decay_in_flight(ids, p4, np.zeros((3, n)), np.random.default_rng(1), (3312,))
    event, row = _decays(only, 3122)
    below = [np.flatnonzero(only.mother[e] == r)[0] for e, r in zip(event, row, strict=True)]
    np.testing.assert_array_equal(only.vertex[:, event, below], only.vertex[:, event, row])


def test_nothing_to_do_and_bad_kind() -> None:
    ids, p4 = _beam(211, 5, 1.0)
    f = decay_in_flight(ids, p4, np.zeros((3, 5)), np.random.default_rng(1))
    np.testing.assert_array_equal(f.pdg, ids)
    np.testing.assert_array_equal(f.p4, p4)
    with pytest.raises(ValueRangeError, match="211 does not decay in flight"):
        decay_in_flight(ids, p4, np.zeros((3, 5)), np.random.default_rng(1), (211,))
