"""Secondary decays: tables, conservation laws through whole chains, and the published shapes."""

from __future__ import annotations

import numpy as np
import pytest
from particle import Particle
from scipy.integrate import quad
from scipy.stats import chisquare

from darkbeam.constants import M_E, M_ETA, M_ETAP, M_MU, M_PI, M_PI0, M_TAU
from darkbeam.decays.heavy_mesons import D_PLUS, D_STRANGE, D_ZERO, LAMBDA_C, semileptonic
from darkbeam.decays.particles import (
    CTAU,
    MASS,
    STABLE,
    WIDTH,
    anti,
    charge_of,
    mass_of,
)
from darkbeam.decays.pool import Pool
from darkbeam.decays.secondary import DECAYS, decay_all
from darkbeam.decays.secondary_kernels import LIGHTEST, Flat, dalitz_xy, n_body_masses
from darkbeam.decays.secondary_light import ETA_CHARGED, LIGHT_MESONS
from darkbeam.decays.tau_decays import TAU, ThreePions, _a1_table, _weight, leptonic
from darkbeam.kinematics import breakup_momentum, mass_squared
from darkbeam.kinematics.phase_space import n_body

ORDER = list(DECAYS)
LEPTONS = {11: 1, 12: 1, 13: 1, 14: 1, 15: 1, 16: 1}
BARYONS = {2112: 1, 2212: 1, 3122: 1, 3222: 1, 3212: 1, 3112: 1, 3322: 1, 3312: 1, 3334: 1, 4122: 1}


def _decayed(parent: int, n: int, momentum: float = 1.0, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    p = np.zeros((4, n))
    p[1], p[3] = 0.3 * momentum, momentum
    p[0] = np.sqrt(p[1] ** 2 + p[3] ** 2 + mass_of(parent) ** 2)
    pool = Pool()
    pool.add(parent, np.arange(n), p)
    pdg, p4 = decay_all(pool, np.random.default_rng(seed)).pack(n)
    return pdg, p4


def _chi2(values: np.ndarray, density, low: float, high: float, bins: int = 30) -> float:
    """P-value of a sample against a density, in bins of equal content."""
    x = np.linspace(low, high, 20001)
    f = density(0.5 * (x[1:] + x[:-1]))
    cumulative = np.concatenate([[0.0], np.cumsum(f)])
    edges = np.interp(np.linspace(0.0, 1.0, bins + 1) * cumulative[-1], cumulative, x)
    assert values.min() >= low * (1 - 1e-9)
    assert values.max() <= high * (1 + 1e-9)
    return float(chisquare(np.histogram(values, edges)[0], len(values) / bins * np.ones(bins)).pvalue)


def test_masses_widths_and_lifetimes_are_those_of_the_pdg() -> None:
    for pdg, mass in MASS.items():
        if pdg in {12, 14, 16}:
            continue
        p = Particle.from_pdgid(pdg)
        assert mass == pytest.approx(p.mass / 1000.0, rel=2e-5), pdg
        assert charge_of(pdg) == round(p.charge)
        assert charge_of(-pdg) == -round(p.charge)
    for pdg, ctau in CTAU.items():
        assert ctau == pytest.approx(Particle.from_pdgid(pdg).ctau / 1000.0, rel=1e-3)
    for pdg, width in WIDTH.items():
        assert width == pytest.approx(Particle.from_pdgid(pdg).width / 1000.0, rel=1e-2)


def test_modes_conserve_charge_lepton_and_baryon_number() -> None:
    for parent, modes in DECAYS.items():
        for mode in modes:
            assert mode.branching > 0.0
            assert sum(map(charge_of, mode.ids)) == charge_of(parent), (parent, mode.ids)
            for table in (LEPTONS, BARYONS):
                total = sum(np.sign(i) * table.get(abs(i), 0) for i in mode.ids)
                assert total == table.get(parent, 0), (parent, mode.ids)


def test_products_are_lighter_and_come_later() -> None:
    for parent, modes in DECAYS.items():
        for mode in modes:
            lightest = sum(LIGHTEST.get(abs(i), mass_of(i)) for i in mode.ids)
            assert len(mode.ids) == 1 or lightest < mass_of(parent)
            for i in mode.ids:
                assert abs(i) in STABLE or ORDER.index(abs(i)) > ORDER.index(parent)


@pytest.mark.parametrize("parent", ORDER)
def test_branching_ratios_add_up_to_one(parent: int) -> None:
    assert sum(mode.branching for mode in DECAYS[parent]) == pytest.approx(1.0, abs=0.015)


MEASURED = {421: (D_ZERO, 0.929), 411: (D_PLUS, 0.910), 431: (D_STRANGE, 0.837), 4122: (LAMBDA_C, 0.802)}


@pytest.mark.parametrize("parent", list(MEASURED))
def test_only_hadronic_modes_of_charm_are_completed(parent: int) -> None:
    modes, known = MEASURED[parent]
    assert sum(mode.branching for mode in modes) == pytest.approx(known, abs=0.001)
    factors = set()
    for measured, used in zip(modes, DECAYS[parent], strict=True):
        assert measured.ids == used.ids
        if {abs(i) for i in used.ids} & {12, 14, 16}:
            assert used.branching == measured.branching
        else:
            factors.add(round(used.branching / measured.branching, 9))
    assert len(factors) == 1
    assert sum(m.branching for m in DECAYS[parent]) == pytest.approx(1.0, rel=1e-12)


def test_leptonic_rate_of_the_d_s() -> None:
    """D_s -> tau nu in 5.39 % of the decays, as measured."""
    n = 200_000
    rest = np.zeros((4, n))
    rest[0] = MASS[431]
    pool = Pool()
    pool.add(431, np.arange(n), rest)
    pdg = decay_all(pool, np.random.default_rng(8), stable=frozenset(set(ORDER) - {431})).pack(n)[0]
    share = (pdg == -15).any(axis=1).mean()
    assert share == pytest.approx(0.053923, abs=4.0 * np.sqrt(0.054 / n))


@pytest.mark.parametrize("parent", [i for i in ORDER if i != 4122] + [-15, -421, -411, -3334, -4122, 4122])
def test_whole_chains_conserve_momentum_and_charge(parent: int) -> None:
    n = 1500
    pdg, p4 = _decayed(parent, n, 3.0)
    total = p4.sum(axis=2)
    np.testing.assert_allclose(total[1], 0.9, atol=1e-11)
    np.testing.assert_allclose(total[3], 3.0, atol=1e-11)
    np.testing.assert_allclose(mass_squared(total), mass_of(parent) ** 2, atol=1e-10)
    masses = np.vectorize(lambda i: mass_of(int(i)) if i else 0.0)(pdg)
    np.testing.assert_allclose(mass_squared(p4), masses**2, atol=1e-10)
    assert set(np.unique(np.abs(pdg))) - {0} <= STABLE
    charges = np.vectorize(lambda i: charge_of(int(i)) if i else 0)(pdg).sum(axis=1)
    assert np.all(charges == charge_of(parent))


@pytest.mark.parametrize(("parent", "share"), [(3122, 1.0), (15, 0.97), (421, 0.8), (411, 0.6), (4122, 0.6)])
def test_charge_conjugation(parent: int, share: float) -> None:
    """The same random numbers give the conjugate ids.

    Where a chain holds both signs of one kind, the two change places in the stream: hence a share below 1.
    """
    swap = np.vectorize(lambda i: anti(int(i)) if i else 0)
    a, b = _decayed(parent, 400)[0], _decayed(-parent, 400)[0]
    width = max(a.shape[1], b.shape[1])
    a, b = (np.pad(x, ((0, 0), (0, width - x.shape[1]))) for x in (swap(a), b))
    assert np.mean(np.all(np.sort(a, axis=1) == np.sort(b, axis=1), axis=1)) >= share


def test_stable_ids_are_kept() -> None:
    pool = Pool()
    rest = np.zeros((4, 100))
    rest[0] = mass_of(333)
    pool.add(333, np.arange(100), rest)
    decay_all(pool, np.random.default_rng(1), frozenset({310, 111}))
    assert 310 in pool.blocks
    assert 111 in pool.blocks


def test_unknown_particle_is_refused() -> None:
    pool = Pool()
    pool.add(999, np.arange(2), np.ones((4, 2)))
    with pytest.raises(ValueError, match="999"):
        decay_all(pool, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("parent", "lepton", "M"), [(111, M_E, M_PI0), (221, M_E, M_ETA), (221, M_MU, M_ETA)]
)
def test_dalitz_decays_follow_kroll_and_wada(parent: int, lepton: float, M: float) -> None:
    pdg = 11 if lepton == M_E else 13
    mode = next(m for m in LIGHT_MESONS[parent] if m.ids == (pdg, -pdg, 22))
    n = 30000
    p = mode.kernel(M, mode.ids, n, np.random.default_rng(5))
    q2 = mass_squared(p[0] + p[1])
    pole2 = {111: M_PI0**2 / 0.03323, 221: 0.731**2}[parent]

    def density(t: np.ndarray) -> np.ndarray:
        """In t = ln q^2."""
        s = np.exp(t)
        r = lepton**2 / s
        lepton_part = np.sqrt(np.maximum(1 - 4 * r, 0)) * (1 + 2 * r)
        return (1 - s / M**2) ** 3 * lepton_part / (1 - s / pole2) ** 2

    assert _chi2(np.log(q2), density, np.log(4 * lepton**2), np.log(M**2)) > 1e-3
    cos = _helicity_cosine(p[0], p[0] + p[1], M)
    kappa = (q2 - 4 * lepton**2) / (q2 + 4 * lepton**2)
    assert np.mean(cos**2) == pytest.approx(
        np.mean((1 / 3 + kappa / 5) / (1 + kappa / 3)), abs=4.0 * 0.3 / np.sqrt(n)
    )


def _helicity_cosine(first: np.ndarray, pair: np.ndarray, M: float) -> np.ndarray:
    """Angle in the pair's frame between a product and the flight of the pair, parent of mass M at rest."""
    q = np.sqrt(mass_squared(pair))
    P = np.linalg.norm(pair[1:], axis=0)
    along = (first[1:] * pair[1:]).sum(axis=0) / P
    e_star = (first[0] * pair[0] - along * P) / q
    k = np.sqrt(np.maximum(e_star**2 - mass_squared(first), 0.0))
    return (first[0] - pair[0] * e_star / q) / (P * k / q)


def test_eta_to_three_pions_is_the_polynomial() -> None:
    """Y distribution of eta -> pi+ pi- pi0 against the integral over X."""
    n = 30000
    masses = (M_PI, M_PI, M_PI0)
    p = ETA_CHARGED(M_ETA, (211, -211, 111), n, np.random.default_rng(2))
    X, Y = dalitz_xy(M_ETA, masses, p, 3.0)
    flat = n_body(M_ETA, masses, 400000, np.random.default_rng(9))
    X0, Y0 = dalitz_xy(M_ETA, masses, flat, 3.0)
    w = 1.0 - 1.095 * Y0 + 0.145 * Y0**2 + 0.081 * X0**2 + 0.141 * Y0**3 - 0.044 * X0**2 * Y0
    for got, given in ((Y, Y0), (X, X0)):
        edges = np.quantile(given, np.linspace(0.0, 1.0, 21))
        edges[0], edges[-1] = -2.0, 2.0
        expected = np.histogram(given, edges, weights=w)[0]
        counts = np.histogram(got, edges)[0]
        assert chisquare(counts, expected / expected.sum() * n).pvalue > 1e-3
    assert Y.mean() < -0.2  # the slope is large and negative


def test_eta_prime_radiative_is_a_rho() -> None:
    mode = next(m for m in LIGHT_MESONS[331] if m.ids == (211, -211, 22))
    p = mode.kernel(M_ETAP, mode.ids, 20000, np.random.default_rng(1))
    q = np.sqrt(mass_squared(p[0] + p[1]))
    assert 0.70 < np.median(q) < 0.77
    cos = _helicity_cosine(p[0], p[0] + p[1], M_ETAP)
    assert np.mean(cos**2) == pytest.approx(0.2, abs=0.006)  # sin^2


@pytest.mark.parametrize("lepton", [11, 13])
def test_leptonic_tau_has_the_michel_spectrum(lepton: int) -> None:
    n = 30000
    p = leptonic(M_TAU, (lepton, -12, 16), n, np.random.default_rng(4))
    x_max = 1.0 - (MASS[lepton] / M_TAU) ** 2
    x = 2.0 * p[1, 0] / M_TAU

    def density(y: np.ndarray) -> np.ndarray:
        """Antineutrino: phase space y (x_max - y)/(1 - y) times y (x_max - y)."""
        return y**2 * (x_max - y) ** 2 / (1.0 - y)

    assert _chi2(x, density, 0.0, x_max) > 1e-3
    if lepton == 11:  # Michel: 3 x^2 - 2 x^3 in the massless limit, mean energy 7/20 M
        assert p[0, 0].mean() / M_TAU == pytest.approx(0.35, abs=0.002)


def test_tau_to_rho_has_the_line_shape_and_the_helicities() -> None:
    mode = next(m for m in TAU[15] if m.ids == (-211, 111, 16))
    n = 30000
    p = mode.kernel(M_TAU, mode.ids, n, np.random.default_rng(6))
    pair = p[0] + p[1]
    s = mass_squared(pair)
    assert 0.74 < np.median(np.sqrt(s)) < 0.79
    cos = _helicity_cosine(p[0], pair, M_TAU)
    kappa = (M_TAU**2 - s) / s
    expected = np.mean((1 / 3 + kappa / 5) / (1 + kappa / 3))
    assert np.mean(cos**2) == pytest.approx(expected, abs=4.0 * 0.3 / np.sqrt(n))


def test_tau_to_a1_agrees_with_weighted_phase_space() -> None:
    """Mass of the three pions and of the opposite-sign pairs, from flat phase space with |M|^2 as a weight."""
    ids = (-211, -211, 211, 16)
    masses = (M_PI,) * 3
    n = 8000
    p = ThreePions()(M_TAU, ids, n, np.random.default_rng(3))
    flat = n_body(M_TAU, (*masses, 0.0), 150000, np.random.default_rng(8))
    w = _slow_a1_weight(flat)
    for legs in ((0, 1, 2), (0, 2)):
        got = np.sqrt(mass_squared(p[list(legs)].sum(axis=0)))
        given = np.sqrt(mass_squared(flat[list(legs)].sum(axis=0)))
        order = np.argsort(given)
        cumulative = np.cumsum(w[order]) / w.sum()
        edges = np.interp(np.linspace(0.0, 1.0, 13), cumulative, given[order])
        edges[0], edges[-1] = 0.0, 2.0
        counts = np.histogram(got, edges)[0]
        sigma2 = n / 12 + (n * np.sqrt(np.histogram(given, edges, weights=w**2)[0]) / w.sum()) ** 2
        assert np.sum((counts - n / 12) ** 2 / sigma2) < 33.0, legs  # 11 degrees of freedom, p = 5e-4


def _slow_a1_weight(p: np.ndarray) -> np.ndarray:
    """Full contraction with four-vectors, in the tau's frame."""
    from darkbeam.decays.tau_decays import _a1, rho_form_factor

    metric = np.array([1.0, -1.0, -1.0, -1.0])[:, None]

    def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (metric * a * b).sum(axis=0)

    Q, nu = p[:3].sum(axis=0), p[3]
    s = dot(Q, Q)

    def transverse(v: np.ndarray) -> np.ndarray:
        return v - Q * dot(v, Q) / s

    J = rho_form_factor(mass_squared(p[0] + p[2])) * transverse(p[0] - p[2])
    J = _a1(s) * (J + rho_form_factor(mass_squared(p[1] + p[2])) * transverse(p[1] - p[2]))
    tau = Q + nu
    return np.real(2.0 * dot(tau, J) * np.conj(dot(nu, J)) - dot(tau, nu) * dot(J, np.conj(J)))


def test_a1_bound_holds() -> None:
    """Points above the bound of the accept-reject step: fewer than one in 2000."""
    from darkbeam.decays.angular import isotropic

    masses = (M_PI,) * 3
    points, proposal, top = _a1_table(masses)
    rng = np.random.default_rng(11)
    s = rng.choice(points[100:-100], 20000, p=proposal[100:-100] / proposal[100:-100].sum())
    w = _weight(s, n_body_masses(np.sqrt(s), list(masses), rng), isotropic(s.size, rng))
    assert np.mean(w > np.interp(s, points, top)) < 5e-4


def test_semileptonic_q2() -> None:
    n, M, m = 30000, mass_of(421), mass_of(321)
    p = semileptonic(2.112)(M, (-11, 12, -321), n, np.random.default_rng(1))
    q2 = mass_squared(p[0] + p[1])

    def density(s: np.ndarray) -> np.ndarray:
        return breakup_momentum(M, m, np.sqrt(s)) ** 3 / (1.0 - s / 2.112**2) ** 2

    assert _chi2(q2, density, M_E**2, (M - m) ** 2) > 1e-3


def test_flat_with_a_broad_product() -> None:
    """D -> K*- l nu: K* mass peaked at the pole, thresholds kept, phase space right for constant masses."""
    M = mass_of(421)
    p = Flat()(M, (-13, 14, -323), 4000, np.random.default_rng(1))
    m = np.sqrt(mass_squared(p[2]))
    assert np.median(m) == pytest.approx(MASS[323], abs=0.01)
    assert m.min() > LIGHTEST[323] - 1e-9
    np.testing.assert_allclose(p.sum(axis=0)[0], M, rtol=1e-12)


def test_n_body_with_masses_of_its_own_is_n_body() -> None:
    n, masses = 20000, (0.14, 0.14, 0.135, 0.5)
    slow = n_body(1.4, masses, n, np.random.default_rng(1))
    fast = n_body_masses(np.full(n, 1.4), list(masses), np.random.default_rng(2))
    for i in (0, 3):
        edges = np.quantile(slow[i, 0], np.linspace(0.0, 1.0, 21))
        edges[0], edges[-1] = 0.0, 2.0
        counts = np.histogram(fast[i, 0], edges)[0]
        assert np.sum((counts - n / 20) ** 2 / (2 * n / 20)) < 45.0


def test_kl_share_of_phi() -> None:
    pdg, _ = _decayed(333, 20000)
    expected = 0.33628 / sum(m.branching for m in LIGHT_MESONS[333])
    assert (pdg == 130).sum() / 20000 == pytest.approx(expected, abs=0.012)


def test_kroll_wada_integral_gives_the_branching_ratio() -> None:
    """QED rate of pi0 -> e e gamma relative to gamma gamma: 1.185 % (Joseph 1960); PDG 1.174/98.82."""
    r0 = M_E / M_PI0

    def integrand(t: float) -> float:
        x = np.exp(t)
        r = r0 * r0 / x
        return (1 - x) ** 3 * np.sqrt(1 - 4 * r) * (1 + 2 * r)

    ratio = 2.0 / (3.0 * np.pi * 137.036) * quad(integrand, np.log(4 * r0 * r0), 0.0)[0]
    assert ratio == pytest.approx(0.01185, abs=1e-4)
    table = {m.ids: m.branching for m in LIGHT_MESONS[111]}
    assert table[11, -11, 22] / table[22, 22] == pytest.approx(ratio, rel=0.02)
