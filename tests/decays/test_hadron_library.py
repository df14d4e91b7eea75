"""The shipped library of hadronised decays: conservation laws, reading, interpolation, repeats, speed."""

from __future__ import annotations

import json
import time
from importlib.resources import files

import numpy as np
import pytest

from darkbeam.decays.c_parity import C_PARITY, forbidden
from darkbeam.decays.hadron_library import FILES, STEP, library, pack, repeats, sample_quarks, unpack
from darkbeam.decays.hadronisation import LEFT, pool_shares
from darkbeam.decays.hadronisation_events import RestEvents
from darkbeam.decays.particles import mass_of
from darkbeam.decays.pool import Pool
from darkbeam.decays.setting import DecaySetting
from darkbeam.errors import MassRangeError
from darkbeam.hadrons.couplings import PHOTON, Couplings
from darkbeam.kinematics import mass_squared
from darkbeam.kinematics.closing import close
from darkbeam.kinematics.rotations import random_rotations

CHARGE = {11: -1, 13: -1, 211: 1, 321: 1, 2212: 1}
FOLDER = files("darkbeam") / "data" / "decays"


def _sample(mass: float, n: int = 3000, seed: int = 1, setting: DecaySetting | None = None) -> Pool:
    return sample_quarks(mass, np.arange(n), np.random.default_rng(seed), setting or DecaySetting())


def _sum_over(pdg: np.ndarray, table: dict[int, int]) -> np.ndarray:
    out = np.zeros(len(pdg), dtype=int)
    for particle, value in table.items():
        out += value * ((pdg == particle).sum(axis=1) - (pdg == -particle).sum(axis=1))
    return out


@pytest.mark.parametrize("mass", [1.8, 2.33, 3.7305, 3.8721, 5.2, 10.5])
def test_conservation_laws_and_mass_shells(mass: float) -> None:
    pdg, p4 = _sample(mass).pack(3000)
    total = p4.sum(axis=2)
    total[0] -= mass
    assert np.abs(total).max() < 1e-12 * mass
    assert not _sum_over(pdg, CHARGE).any()
    assert not _sum_over(pdg, {2212: 1, 2112: 1}).any()  # baryon number
    assert not _sum_over(pdg, {11: 1, 12: 1, 13: 1, 14: 1, 16: 1}).any()
    masses = np.vectorize(lambda i: mass_of(int(i)) if i else 0.0)(pdg)
    np.testing.assert_allclose(mass_squared(p4), masses**2, atol=1e-12 * mass**2)


@pytest.mark.parametrize("mass", [2.0, 2.6, 3.6])
def test_no_decay_is_forbidden_by_charge_conjugation(mass: float) -> None:
    pdg, _ = _sample(mass, 20000).pack(20000)
    neutral = np.isin(pdg, [0, 130, 310, *C_PARITY]).all(axis=1)
    assert neutral.any()
    for row in pdg[neutral]:
        ids = [int(i) for i in row if i and i not in (130, 310)]
        kaons = sorted(int(i) for i in row if i in (130, 310))
        if not kaons:
            assert not forbidden(ids)
        elif len(kaons) == 2:
            c_pair = -1 if kaons == [130, 310] else 1
            assert c_pair * np.prod([C_PARITY[i] for i in ids]) == -1


def test_g_parity_keeps_isospin_apart() -> None:
    """Bare pions are odd in number from the isoscalar current, even from the isovector (but for omega -> 2 pi)."""
    for couplings, remainder in ((Couplings(0.0, 1.0, 0.0), 1), (Couplings(1.0, 0.0, 0.0), 0)):
        pdg, _ = _sample(2.2, 5000, setting=DecaySetting(couplings)).pack(5000)
        pions = np.isin(np.abs(pdg), [111, 211]).sum(axis=1)
        bare = pions == (pdg != 0).sum(axis=1)
        assert bare.sum() > 1000
        assert (pions[bare] % 2 == remainder).mean() > 0.98


def test_isotropic_and_charge_symmetric() -> None:
    pool = _sample(2.5, 40000)
    positive, negative = (
        np.concatenate([block.p4 for block in pool.blocks[pdg]], axis=1) for pdg in (211, -211)
    )
    pions = positive.shape[1], negative.shape[1]
    assert abs(pions[0] - pions[1]) < 4.0 * np.sqrt(sum(pions))
    cos_theta = positive[3] / np.linalg.norm(positive[1:], axis=0)
    counts = np.histogram(cos_theta, 20, (-1, 1))[0]
    expected = len(cos_theta) / 20
    # two pi+ of one decay are correlated: the chi-square of 19 +- 6.2 is allowed to be half as large again
    assert np.sum((counts - expected) ** 2 / expected) < 60.0
    kaons = [sum(len(block.events) for block in pool.blocks[pdg]) for pdg in (321, -321)]
    assert abs(kaons[0] - kaons[1]) < 4.0 * np.sqrt(sum(kaons))


def test_shares_of_the_pools() -> None:
    mass, lib = 5.0, library()
    index, probability = lib.mixture(mass)
    shares = pool_shares(mass, lib.kappa(mass), PHOTON)
    assert probability.sum() == pytest.approx(1.0)
    for pool, edges in lib.edges.items():
        inside = (index >= edges[0]) & (index < edges[-1])
        assert probability[inside].sum() == pytest.approx(shares[pool] / sum(shares.values()))


def test_interpolation_is_linear_in_the_logarithm() -> None:
    lib = library()
    nodes, edges = lib.nodes["c"], lib.edges["c"]
    k = int(np.searchsorted(nodes, 5.0))
    mass = float(np.sqrt(nodes[k] * nodes[k + 1]))
    index, probability = lib.mixture(mass, DecaySetting(Couplings(0.0, 0.0, 0.0)))
    assert probability[index >= edges[k + 1]].sum() == pytest.approx(0.5)
    assert set(np.unique(np.searchsorted(edges, index, side="right") - 1)) == {k, k + 1}


def test_open_thresholds_are_respected() -> None:
    for mass in (1.8, 1.85, 2.05, 3.7298):
        index, _ = library().mixture(mass)
        assert library().least_mass[index].max() < mass


def test_charm_opens_at_its_threshold() -> None:
    """Charmed decays contain kaons: the kaon rate steps up where D Dbar opens."""
    shares = [pool_shares(mass, 0.3, PHOTON)["c"] for mass in (3.72, 3.74, 3.8)]
    assert shares[0] == 0.0 < shares[1] < shares[2]


def _close_slowly(p: np.ndarray, m2: np.ndarray, total: float) -> float:
    """Bisection, one decay."""
    lo, hi = 0.0, 10.0
    for _ in range(200):
        mid = 0.5 * (lo + hi)
        energy = sum(np.sqrt(m2[i] + mid**2 * float(p[:, i] @ p[:, i])) for i in range(len(m2)))
        lo, hi = (mid, hi) if energy < total else (lo, mid)
    return 0.5 * (lo + hi)


def test_close_is_the_slow_twin() -> None:
    rng = np.random.default_rng(4)
    counts = np.array([2, 5, 3, 7])
    start = np.cumsum(counts) - counts
    p, m2 = rng.standard_normal((3, 17)), rng.random(17) ** 2
    for stretch in (1.001, 1.5, 6.0):  # from the threshold to far above
        total = stretch * np.add.reduceat(np.sqrt(m2), start)
        factors = close(p, m2, start, total)
        for k, factor in enumerate(factors):
            part = slice(start[k], start[k] + counts[k])
            assert factor == pytest.approx(_close_slowly(p[:, part], m2[part], total[k]), rel=1e-9)


def test_rotations_are_orthogonal_and_uniform() -> None:
    R = random_rotations(20000, np.random.default_rng(2))
    np.testing.assert_allclose(
        np.einsum("ijn,kjn->ikn", R, R), np.eye(3)[:, :, None] + np.zeros(20000), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(R.transpose(2, 0, 1)), 1.0, atol=1e-12)
    np.testing.assert_allclose(R.mean(axis=2), 0.0, atol=5.0 / np.sqrt(3.0 * 20000))
    np.testing.assert_allclose((R**2).mean(axis=2), 1.0 / 3.0, atol=5.0 * 0.3 / np.sqrt(20000))


def test_pack_andunpack() -> None:
    rows = [[(211, 0.5, 0.1, 0.2), (-211, -0.5, -0.1, -0.2)], [(130, -3.0, 0.0, 1.0), (310, 3.0, 0.0, -1.0)]]
    rows.append([(2212, 0.001, -1.2345, 0.7), (-2112, 0.3, 1.0, 0.0), (-211, -0.301, 0.2345, -0.7)])
    events = RestEvents.from_rows(rows)
    arrays = {f"x/{k}": v for k, v in pack([2.0], [events]).items()}
    nodes, edges, again = unpack(arrays, "x")
    assert nodes.tolist() == [2.0]
    assert edges.tolist() == [0, 3]
    np.testing.assert_array_equal(again.ids, events.ids)
    assert np.abs(again.p - events.p).max() <= 2.0 * STEP
    assert np.abs(np.add.reduceat(again.p, again.start, axis=1)).max() < 1e-15


def test_soft_photons_keep_a_direction() -> None:
    rows = [[(22, 1e-5, 0.0, 0.0), (211, 0.5, 0.0, 0.0), (-211, -0.5, 0.0, 0.0)]]
    _, _, events = unpack({f"x/{k}": v for k, v in pack([2.0], [RestEvents.from_rows(rows)]).items()}, "x")
    assert np.linalg.norm(events.p, axis=0).min() > 0.0
    _, p4 = events.at_rest(2.0, np.arange(1), np.random.default_rng(1)).pack(1)
    np.testing.assert_allclose(p4.sum(axis=2)[:, 0], [2.0, 0.0, 0.0, 0.0], atol=1e-12)


def test_unknown_particles_are_refused() -> None:
    with pytest.raises(ValueError, match="99"):
        RestEvents.from_rows([[(99, 0.0, 0.0, 1.0), (211, 0.0, 0.0, -1.0)]])


def test_repeats() -> None:
    assert repeats(1, 3.0) == pytest.approx(1.0)
    index, _ = library().mixture(3.0)
    assert repeats(10**9, 3.0) == pytest.approx(10**9 / len(index))
    n = 4000  # slow twin: count
    chosen = np.random.default_rng(1).choice(len(index), n, p=library().mixture(3.0)[1])
    assert repeats(n, 3.0) == pytest.approx(n / len(np.unique(chosen)), rel=0.05)


def test_reproducible() -> None:
    a, b = (_sample(3.0, 500, seed=5).pack(500) for _ in range(2))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])


@pytest.mark.parametrize("mass", [1.7, 10.6, float("nan")])
def test_masses_outside_are_refused(mass: float) -> None:
    with pytest.raises(MassRangeError, match=r"1\.8 to 10\.5"):
        _sample(mass)


def test_files_describe_themselves() -> None:
    total = 0
    for name in FILES:
        path = FOLDER.joinpath(f"{name}.npz")
        size = len(path.read_bytes())
        total += size
        assert size < 5e6
        with path.open("rb") as file:
            about = json.loads(str(np.load(file, allow_pickle=False)["about"]))
        assert about["generator"].startswith("pythia8mc ")
        assert about["counts"].get("failed", 0) < 1e-3 * about["counts"]["made"]
        assert f"{LEFT[0]}:mayDecay = off" in about["settings"]
        assert about["seed"] == 1
    assert total < 8e6


def test_speed() -> None:
    """Target 3e5 decays a second; a third of it is asked for here, because test machines are busy."""
    rng, events = np.random.default_rng(1), np.arange(16384)
    times = []
    for mass in (2.5, 4.0, 6.0):
        sample_quarks(mass, events, rng)
        best = 1e9
        for _ in range(3):
            start = time.process_time()
            sample_quarks(mass, events, rng)
            best = min(best, time.process_time() - start)
        times.append(best)
    assert max(times) < 16384 / 1e5
