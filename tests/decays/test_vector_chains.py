"""V' a b: pair mass, polarisation of V' against a brute-force twin, sub-modes and isospin interference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from darkbeam.decays.particles import mass_of
from darkbeam.decays.setting import DecaySetting
from darkbeam.decays.vector_chains import VECTOR_CHAINS, Chain, VectorChains
from darkbeam.hadrons import vector_pair
from darkbeam.hadrons.couplings import PHOTON, Couplings
from darkbeam.hadrons.propagators import bw_energy
from darkbeam.kinematics import boost_from_rest, breakup_momentum, mass_squared
from darkbeam.kinematics.phase_space import n_body

N = 30000
PHI_KK = VectorChains((Chain(333, (211, -211), (321, -321)),))


def _momenta(sampler: VectorChains, mass: float, density: np.ndarray | None = None) -> dict[int, np.ndarray]:
    pool = sampler(mass, np.arange(N), np.random.default_rng(5), DecaySetting(density=density))
    return {pdg: blocks[0].p4 for pdg, blocks in pool.blocks.items()}


def test_pair_mass() -> None:
    """Chi-square of m_ab against Simpson's rule of the published phase space."""
    p = _momenta(PHI_KK, 1.9)
    m_ab = np.sqrt(mass_squared(p[211] + p[-211]))
    low, high, m_V, m_pi = 2 * mass_of(211), 1.9 - mass_of(333), mass_of(333), mass_of(211)
    x = np.linspace(low, high, 2001)
    k = breakup_momentum(1.9, x, m_V)
    rate = k * breakup_momentum(x, m_pi, m_pi) * (1.0 + k * k / (3.0 * m_V**2))
    expected = rate[:-1].reshape(20, 100).sum(axis=1) + 0.5 * (rate[100::100] - rate[:-1:100])
    counts = np.histogram(m_ab, np.linspace(low, high, 21))[0]
    assert stats.chisquare(counts, N * expected / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize("polarised", [False, True])
def test_slow_twin(polarised: bool) -> None:
    """Accept-reject of flat phase space with |e.(k+ - k-)|^2, k of phi -> K K: the full chain in one formula."""
    mass, m_phi, m_K = 2.2, mass_of(333), mass_of(321)
    density = np.diag([0.0, 0.0, 1.0]).astype(complex) if polarised else None
    fast = _momenta(PHI_KK, mass, density)
    rng = np.random.default_rng(7)
    pi, pi2, phi = n_body(mass, (mass_of(211), mass_of(211), m_phi), 6 * N, rng)
    k1, k2 = (boost_from_rest(k, phi, m_phi) for k in n_body(m_phi, (m_K, m_K), 6 * N, rng))
    difference = k1[1:] - k2[1:]
    w = difference[2] ** 2 if polarised else (difference**2).sum(axis=0)
    keep = rng.random(w.size) * w.max() < w
    slow = {211: pi[:, keep], -211: pi2[:, keep], 321: k1[:, keep], -321: k2[:, keep]}

    def observables(p: dict[int, np.ndarray]) -> list[np.ndarray]:
        q = p[321] + p[-321]
        return [
            mass_squared(p[211] + p[-211]), q[3] / np.sqrt((q[1:] ** 2).sum(axis=0)), p[321][3], p[211][3],
            mass_squared(p[211] + p[321]), (q[1:] * p[321][1:]).sum(axis=0),
        ]  # fmt: skip

    for a, b in zip(observables(fast), observables(slow), strict=True):
        assert stats.ks_2samp(a, b).pvalue > 1e-3


@pytest.mark.parametrize("c", [PHOTON, Couplings(1.0, 1.0, -2.0)])
def test_rates_of_submodes_are_the_published_ones(c: Couplings) -> None:
    """R = 3/(16 pi^2 m^3) 2 sum of the rates, with |F|^2/18 in them or beside them."""
    m = np.array([1.75, 1.9, 2.3])
    norm = 6.0 / (16.0 * np.pi**2 * m**3)
    kaons = np.array([sum(VECTOR_CHAINS["K_SK+-pi-+pi0"].rates(float(x), c)) for x in m])
    np.testing.assert_allclose(norm * kaons / 18.0, vector_pair.ratio_kaons_mixed(m, c), rtol=2e-5)
    pions = np.array([sum(VECTOR_CHAINS["omegapipi"].rates(float(x), c)) for x in m])
    F = 2.728870588760009 * bw_energy(m * m, 1.6608543573197, 0.3982595005228462)
    np.testing.assert_allclose(norm * pions * np.abs(F) ** 2, vector_pair.ratio_omega(m, c), rtol=2e-5)


def test_interference_moves_the_submodes() -> None:
    """K*0 K+- pi-+ (K*0 -> K_S pi0) against K*+- modes: |b1 + b0|^2 to |b1 - b0|^2."""
    channel = VECTOR_CHAINS["K_SK+-pi-+pi0"]
    for sign in (1.0, -1.0):
        c = Couplings(1.0, 1.0, sign)
        zero, charged, other = channel.rates(1.9, c)
        b1, b0 = vector_pair.kstar_isospin(np.array([1.9**2]), c)
        assert charged == pytest.approx(other, rel=0.05)  # masses only
        assert zero / charged == pytest.approx(float(np.abs((b1 + b0) / (b1 - b0))[0] ** 2), rel=0.05)
        p = channel(1.9, np.arange(N), np.random.default_rng(2), DecaySetting(couplings=c)).blocks
        events = {pdg: np.concatenate([b.events for b in p[pdg]]) for pdg in (310, 111)}
        p4 = {
            pdg: np.concatenate([b.p4 for b in p[pdg]], axis=1)[:, np.argsort(events[pdg])]
            for pdg in (310, 111)
        }
        on_shell = np.abs(np.sqrt(mass_squared(p4[310] + p4[111])) - vector_pair.M_KSTAR) < 1e-9
        share = zero / (zero + charged + other)
        assert abs(on_shell.sum() - share * N) < 3.0


@pytest.mark.parametrize("name", VECTOR_CHAINS)
@pytest.mark.parametrize("above", [1e-5, 0.02, 0.6])
def test_conservation_and_mass_shell(name: str, above: float) -> None:
    sampler = VECTOR_CHAINS[name]
    mass = min(c.threshold for c in sampler.chains) + above
    pool = sampler(mass, np.arange(3000), np.random.default_rng(1))
    total, charge = np.zeros((4, 3000)), np.zeros(3000)
    for pdg, blocks in pool.blocks.items():
        for block in blocks:
            np.testing.assert_allclose(mass_squared(block.p4), mass_of(pdg) ** 2, atol=1e-12)
            total[:, block.events] += block.p4
            charge[block.events] += {211: 1, 321: 1}.get(abs(pdg), 0) * np.sign(pdg)
    total[0] -= mass
    assert np.abs(total).max() < 1e-12
    assert not charge.any()


def test_final_states_of_the_kaon_channels() -> None:
    def content(name: str) -> set[tuple[int, ...]]:
        pool = VECTOR_CHAINS[name](2.0, np.arange(400), np.random.default_rng(1))
        found: list[list[int]] = [[] for _ in range(400)]
        for pdg, blocks in pool.blocks.items():
            for block in blocks:
                for event in block.events:
                    found[event].append(pdg)
        return {tuple(sorted(f)) for f in found}

    assert content("K+K-pi+pi-") == {(-321, -211, 211, 321)}
    assert content("K_SK+-pi-+pi0") == {(-211, 111, 310, 321), (-321, 111, 211, 310)}
