"""Photons for millicharged particles of every mass: polarisation and members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.source import OffShellPhoton
from darkbeam.millicharged.pool import PhotonPool, join_pools
from darkbeam.production.pairs_angles import decay_pairs, sample_cos

N = 60_000


@pytest.fixture(scope="module")
def source() -> OffShellPhoton:
    sample = mock_sample(40_000, 3)
    model = fit_bootstrap(sample, np.random.default_rng(1), members=4)
    return OffShellPhoton("dilepton:mock", fit_spectrum(sample, 0.0), model)


def decayed(pool: PhotonPool, mass: float, spin: str, rng: np.random.Generator) -> np.ndarray:
    """Slow twin of forced emission: momenta (4, 2, n) of the pairs, each photon with its own law."""
    assert pool.axis is not None
    assert pool.transverse is not None
    cos = np.empty(pool.q.size)
    beta = np.sqrt(1.0 - (2.0 * mass / pool.q) ** 2)
    for share in (0.0, 1.0):
        here = pool.transverse == share
        cos[here] = sample_cos(rng.random((2, int(here.sum()))), beta[here], share, spin)
    z = np.zeros_like(pool.q)
    pair = np.stack(
        [
            np.hypot(pool.q, pool.momentum),
            pool.momentum * np.sin(pool.theta),
            z,
            pool.momentum * np.cos(pool.theta),
        ]
    )
    return decay_pairs(pair, pool.q, mass, pool.axis, cos, 2.0 * np.pi * rng.random(cos.size))


def soft(p4: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Share of pairs that divide their energy more evenly than 60:40, which the angle decides; and its error."""
    even = np.max(p4[0], axis=0) < 0.6 * np.sum(p4[0], axis=0)
    share = float(np.sum(weight[even]) / np.sum(weight))
    effective = float(np.sum(weight)) ** 2 / float(np.sum(weight**2))
    return share, np.sqrt(share * (1.0 - share) / effective)


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("f0", [0.0, 1.0 / 3.0, 0.8, 1.0])
def test_polarised_photons_decay_as_the_pairs_of_the_source(
    source: OffShellPhoton, f0: float, spin: str
) -> None:
    """Centrally and with transverse photons, pool and `MeasuredPairs.pairs` agree; the two differ."""
    mass, made = 0.12, replace(source, polarisation=f0).pair_source(spin)
    pool = made.photon_pool(N, np.random.default_rng(2))
    open_ = pool.q > 2.0 * mass
    pool = replace(
        pool,
        **{k: getattr(pool, k)[open_] for k in ("q", "momentum", "theta", "weight", "block", "transverse")},
        axis=pool.axis[:, open_],
        variations={k: w[open_] for k, w in pool.variations.items()},
    )
    p4 = decayed(pool, mass, spin, np.random.default_rng(3))
    flux = made.pairs(mass, N, np.random.default_rng(4))
    found = {}
    for name in ("central", "dilepton-transverse"):
        if f0 == 1.0 and spin == "scalar" and name != "central":
            continue  # W = x^2 has no weights that make a sine of it
        ratio = 1.0 if name == "central" else pool.variations[name] / pool.weight
        (fast, a), (slow, b) = soft(p4, pool.pairs(mass, spin) * ratio), soft(flux.p4, flux.weights(name))
        # at most 99 % of the photons of a pool are longitudinal
        assert abs(fast - slow) < 4.0 * np.hypot(a, b) + (0.01 if f0 == 1.0 else 0.0)
        found[name] = fast, a
    if f0 == 0.8:
        (one, a), (other, b) = found.values()
        assert abs(one - other) > 3.0 * np.hypot(a, b)


def test_transverse_photons_are_as_many_pairs(source: OffShellPhoton) -> None:
    pool = source.pair_source().photon_pool(N, np.random.default_rng(2))
    assert set(np.unique(pool.transverse)) == {0.0, 1.0}
    assert np.mean(pool.transverse) == pytest.approx(2.0 / 3.0, abs=1e-4)
    ratio = pool.variations["dilepton-transverse"] / pool.weight
    assert np.average(ratio, weights=pool.pairs(0.1, "dirac")) == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(np.sum(pool.axis**2, axis=0), 1.0)


def test_pools_without_an_axis_stay_isotropic_when_joined(source: OffShellPhoton) -> None:
    one = source.pair_source().photon_pool(100, np.random.default_rng(2))
    bare = replace(one, axis=None, transverse=None)
    both = join_pools([one, bare])
    assert both.axis is not None
    np.testing.assert_array_equal(np.isnan(both.axis[0]), np.arange(200) >= 100)
    assert join_pools([bare, bare]).axis is None


def test_members_move_the_kinematics(source: OffShellPhoton) -> None:
    """Mean pT of each replica at 0.72 GeV: weighted points of the data against points drawn from the replica."""
    at, rng = np.full(100_000, 0.72), np.random.default_rng(6)
    pt, _, row = source.model.drawn(at, rng)
    fast, slow = [], []
    for ratio, (_, _, model) in zip(source.model.member_ratios(at, row), source.members, strict=True):
        assert np.mean(ratio) == pytest.approx(1.0, abs=0.02)
        fast.append(np.mean(pt * ratio))
        slow.append(np.mean(model.sample(at, rng)[0]))
    assert np.std(slow) > 0.01 * np.mean(slow)
    np.testing.assert_allclose(fast, slow, rtol=0.025)  # windows that end at other pairs
    pool = source.pair_source().photon_pool(4 * N, rng)
    near = np.abs(pool.q / 0.72 - 1.0) < 0.01
    across = (pool.momentum * np.sin(pool.theta))[near]
    means = [np.average(across, weights=pool.variations[name][near]) for name, _, _ in source.members]
    assert 0.005 < np.std(means) / np.mean(means) < 0.1
