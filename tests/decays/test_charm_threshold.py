"""Pairs of heavy mesons just above threshold, and C and G parity."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from darkbeam.decays.c_parity import C_PARITY, G_PARITY, forbidden, g_parity, kaon_pair
from darkbeam.decays.charm_threshold import PAIRS, open_pairs, pair_momentum, pair_share, threshold


def _kinds(flavour: str, mass: float) -> set[tuple[int, int]]:
    return {pair.ids for pair in open_pairs(flavour, mass)[0]}


def test_thresholds_open_in_order() -> None:
    """D D 3.73, D D* 3.87, D_s D_s 3.94, D* D* 4.02 GeV (PDG masses); B B 10.56."""
    assert _kinds("c", 3.72) == set()
    assert _kinds("c", 3.735) == {(421, -421)}
    assert _kinds("c", 3.86) == {(421, -421), (411, -411)}
    assert (421, -423) in _kinds("c", 3.90)
    assert (423, -423) not in _kinds("c", 4.0)
    assert (431, -431) in _kinds("c", 3.94)
    assert (423, -423) in _kinds("c", 4.02)
    assert _kinds("b", 10.55) == set()
    assert _kinds("b", 10.58) == {(521, -521), (511, -511)}


@pytest.mark.parametrize(("flavour", "mass"), [("c", 3.9), ("c", 4.2), ("b", 10.7)])
def test_weights_are_p_waves_and_charge_symmetric(flavour: str, mass: float) -> None:
    pairs, probability = open_pairs(flavour, mass)
    assert probability.sum() == pytest.approx(1.0)
    table = {pair.ids: value for pair, value in zip(pairs, probability, strict=True)}
    for (a, b), value in table.items():
        assert table[-b, -a] == pytest.approx(value)
    first, second = pairs[0], pairs[-1]
    ratio = second.weight / first.weight * (pair_momentum(mass, second) / pair_momentum(mass, first)) ** 3
    assert table[second.ids] / table[first.ids] == pytest.approx(ratio)


def test_ratio_far_above_threshold_is_the_spin_count() -> None:
    pairs, probability = open_pairs("b", 1000.0)
    by_spin = {1: 0.0, 4: 0.0, 7: 0.0}
    for pair, value in zip(pairs, probability, strict=True):
        vectors = sum(abs(i) % 10 == 3 for i in pair.ids)
        by_spin[(1, 4, 7)[vectors]] += value
    np.testing.assert_allclose(np.array(list(by_spin.values())) * 12.0, [1.0, 4.0, 7.0], rtol=1e-3)


def test_spin_count_from_recoupling() -> None:
    """1/12, 4/12, 7/12: spin 1 of Q Qbar, spin 1 of q qbar in a P wave with J = 0 of the light part."""
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    antisymmetric = np.array([[0, 1], [-1, 0]])
    singlet = antisymmetric / np.sqrt(2.0)
    triplet = pauli @ antisymmetric / np.sqrt(2.0)
    state = np.einsum("ab,icd->iabcd", triplet[2], triplet) / np.sqrt(3.0)  # L component, Q, Qbar, q, qbar
    both = np.einsum("iabcd,ad,cb->i", state, singlet.conj(), singlet.conj())
    one = np.einsum("iabcd,ad,jcb->ij", state, singlet.conj(), triplet.conj())
    two = np.einsum("iabcd,jad,kcb->ijk", state, triplet.conj(), triplet.conj())
    counts = [(np.abs(both) ** 2).sum(), 2.0 * (np.abs(one) ** 2).sum(), (np.abs(two) ** 2).sum()]
    np.testing.assert_allclose(12.0 * np.array(counts), [1.0, 4.0, 7.0], atol=1e-12)


def test_pair_momentum() -> None:
    pair = PAIRS["c"][0]
    assert pair_momentum(threshold(pair) - 1e-3, pair) == 0.0
    assert pair_momentum(4.0, pair) == pytest.approx(np.sqrt(4.0 - (threshold(pair) / 2.0) ** 2))


def test_share_of_pairs_falls_to_strings() -> None:
    share = [pair_share("c", mass) for mass in (3.75, 4.2, 4.5, 4.7, 4.8, 9.0)]
    assert share[0] == share[1] == 1.0
    assert 1.0 > share[2] > share[3] > 0.0 == share[4] == share[5]


def test_c_parity_of_all_small_sets() -> None:
    neutral = [111, 221, 113, 223]
    for ids in product(neutral, repeat=3):
        c = np.prod([C_PARITY[i] for i in ids])
        assert forbidden(ids) == (c == 1)
        assert not forbidden((*ids, 211, -211))


def test_g_is_c_times_isospin_sign() -> None:
    isospin = {111: 1, 221: 0, 331: 0, 113: 1, 223: 0, 333: 0}
    for pdg, i in isospin.items():
        assert G_PARITY[pdg] == C_PARITY[pdg] * (-1) ** i
    assert [g_parity([211] * n + [-211] * n + [111] * k) for n, k in ((1, 0), (1, 1), (2, 0), (1, 2))] == [
        1,
        -1,
        1,
        1,
    ]


def test_kaon_pairs() -> None:
    assert kaon_pair((311, -311)) == "SL"
    assert kaon_pair((311, -311, 111, 111)) == "SL"
    assert kaon_pair((311, -311, 22)) == "equal"
    assert kaon_pair((311, 311, 111)) == ""
    assert kaon_pair((311, -311, 211, -211)) == ""
