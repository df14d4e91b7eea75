"""Three-body samplers against quadrature of the published amplitudes and against a brute-force twin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from darkbeam.decays import dalitz_sampling
from darkbeam.decays.dalitz_sampling import dalitz_grid, density
from darkbeam.decays.particles import anti, mass_of
from darkbeam.decays.setting import DecaySetting
from darkbeam.decays.three_body import THREE_BODY, ThreeBody
from darkbeam.hadrons import kaon_kaon_pion, three_pion
from darkbeam.hadrons.couplings import PHOTON, Couplings
from darkbeam.kinematics import mass_squared
from darkbeam.kinematics.phase_space import n_body

N = 50000
CASES = [
    ("pi+pi-pi0", 0.6), ("pi+pi-pi0", 0.9), ("pi+pi-pi0", 1.3), ("pi+pi-pi0", 1.7), ("K_LK_Spi0", 1.5),
    ("K+K-pi0", 1.7), ("K0K+-pi-+", 1.4), ("K0K+-pi-+", 2.3), ("etapi+pi-", 0.9), ("etapi+pi-", 1.7),
    ("etaprimepi+pi-", 1.9),
]  # fmt: skip


def _pairs(p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """s12, s13, s23 of momenta (3, 4, n)."""
    return mass_squared(p[0] + p[1]), mass_squared(p[0] + p[2]), mass_squared(p[1] + p[2])


def _cross_squared(m: float, masses: tuple[float, ...], s12: np.ndarray, s23: np.ndarray) -> np.ndarray:
    """|p1 x p3|^2 from the energies, negative outside the Dalitz plot."""
    m1, m2, m3 = masses
    E1, E3 = (m * m + m1 * m1 - s23) / (2.0 * m), (m * m + m3 * m3 - s12) / (2.0 * m)
    k1, k3, k2 = E1**2 - m1 * m1, E3**2 - m3 * m3, (m - E1 - E3) ** 2 - m2 * m2
    return k1 * k3 - 0.25 * (k2 - k1 - k3) ** 2


def _projections(
    channel: ThreeBody, m: float, couplings: Couplings, edges: list[np.ndarray]
) -> list[np.ndarray]:
    """Expected fractions in bins of s12, s13, s23: midpoint rule on 500 x 500 points, flat in ds12 ds23."""
    m1, m2, m3 = masses = channel.masses

    def middle(lo: float, hi: float) -> np.ndarray:
        return lo + (hi - lo) * (np.arange(500) + 0.5) / 500.0

    s12, s23 = np.meshgrid(middle((m1 + m2) ** 2, (m - m3) ** 2), middle((m2 + m3) ** 2, (m - m1) ** 2))
    cross = _cross_squared(m, masses, s12, s23)
    s12, s23, cross = (x[cross > 0.0] for x in (s12, s23, cross))
    s13 = m * m + m1 * m1 + m2 * m2 + m3 * m3 - s12 - s23
    F = channel.amplitude(m, couplings)(s12, s13, s23)
    w = cross * np.abs(F) ** 2
    return [np.histogram(s, e, weights=w)[0] / w.sum() for s, e in zip((s12, s13, s23), edges, strict=True)]


def _edges(channel: ThreeBody, m: float, bins: int = 25) -> list[np.ndarray]:
    m1, m2, m3 = channel.masses
    limits = (
        ((m1 + m2) ** 2, (m - m3) ** 2),
        ((m1 + m3) ** 2, (m - m2) ** 2),
        ((m2 + m3) ** 2, (m - m1) ** 2),
    )
    return [np.linspace(lo, hi, bins + 1) for lo, hi in limits]


def _p_value(observed: np.ndarray, fractions: np.ndarray) -> float:
    """Chi-square of counts; bins with few entries are merged into one."""
    n = observed.sum()
    rare = fractions * n < 20.0
    o, e = (
        np.append(observed[~rare], observed[rare].sum()),
        np.append(fractions[~rare], fractions[rare].sum()),
    )
    keep = e > 0.0
    return float(stats.chisquare(o[keep], e[keep] / e.sum() * n).pvalue)


@pytest.mark.parametrize(("name", "mass"), CASES)
def test_dalitz_projections(name: str, mass: float) -> None:
    channel = THREE_BODY[name]
    p = channel.momenta(mass, N, np.random.default_rng(11))
    edges = _edges(channel, mass)
    expected = _projections(channel, mass, PHOTON, edges)
    for s, e, fractions in zip(_pairs(p), edges, expected, strict=True):
        assert _p_value(np.histogram(s, e)[0], fractions) > 1e-4


@pytest.mark.parametrize("couplings", [Couplings(0.0, 2.0, -1.0), Couplings(1.0, 0.3, -2.0)])
@pytest.mark.parametrize(("name", "mass"), [("pi+pi-pi0", 1.05), ("K0K+-pi-+", 1.6)])
def test_couplings_enter(name: str, mass: float, couplings: Couplings) -> None:
    channel = THREE_BODY[name]
    p = channel.momenta(mass, N, np.random.default_rng(12), DecaySetting(couplings=couplings))
    edges = _edges(channel, mass)
    s12 = np.histogram(_pairs(p)[0], edges[0])[0]
    assert _p_value(s12, _projections(channel, mass, couplings, edges)[0]) > 1e-4


def test_wrong_amplitude_is_seen() -> None:
    """The chi-square above has power: K K pi without the isoscalar amplitude fails it."""
    channel, mass = THREE_BODY["K0K+-pi-+"], 1.6
    p = channel.momenta(mass, N, np.random.default_rng(12))
    edges = _edges(channel, mass)
    wrong = _projections(channel, mass, Couplings(1.0, 1.0, 0.0), edges)[0]
    assert _p_value(np.histogram(_pairs(p)[0], edges[0])[0], wrong) < 1e-6


@pytest.mark.parametrize(("name", "mass"), [("pi+pi-pi0", 1.2), ("K+K-pi0", 1.6), ("etapi+pi-", 1.4)])
def test_slow_twin(name: str, mass: float) -> None:
    """Accept-reject on flat phase space in two dimensions of the Dalitz plot."""
    channel, rng = THREE_BODY[name], np.random.default_rng(13)
    flat = n_body(mass, channel.masses, 150000, rng)
    s12, s13, s23 = _pairs(flat)
    F = channel.amplitude(mass, PHOTON)(s12, s13, s23)
    w = np.abs(F) ** 2 * (np.cross(flat[0, 1:], flat[1, 1:], axis=0) ** 2).sum(axis=0)
    slow = flat[:, :, rng.random(w.size) * w.max() < w]
    fast = channel.momenta(mass, 2 * N, rng)
    edges = _edges(channel, mass, 8)[::2]
    a, b = (np.histogram2d(*_pairs(p)[::2], bins=edges)[0].ravel() for p in (slow, fast))
    used = a + b > 40.0
    assert stats.chi2_contingency(np.stack([a[used], b[used]])).pvalue > 1e-4


@pytest.mark.parametrize("name", THREE_BODY)
@pytest.mark.parametrize("above", [1e-5, 0.05, 0.7])
def test_conservation_and_mass_shell(name: str, above: float) -> None:
    channel = THREE_BODY[name]
    mass, events = sum(channel.masses) + above, np.arange(700)
    pool = channel(mass, events, np.random.default_rng(1))
    total, charge = np.zeros((4, 700)), np.zeros(700)
    for pdg, blocks in pool.blocks.items():
        for block in blocks:
            np.testing.assert_allclose(mass_squared(block.p4), mass_of(pdg) ** 2, atol=1e-12)
            total[:, block.events] += block.p4
            charge[block.events] += {211: 1, 321: 1}.get(abs(pdg), 0) * np.sign(pdg)
    total[0] -= mass
    assert np.abs(total).max() < 1e-13
    assert not charge.any()


def test_conjugate_states_are_equally_likely() -> None:
    events = np.arange(20000)
    pool = THREE_BODY["K0K+-pi-+"](1.7, events, np.random.default_rng(1))
    count = {pdg: sum(len(b.events) for b in blocks) for pdg, blocks in pool.blocks.items()}
    assert count[321] + count[-321] == 20000
    assert abs(count[321] - 10000) < 4 * 71
    for pdg in (-311, -211, 321):
        assert count[pdg] == count[321]
        assert count[anti(pdg)] == count[-321]


def test_resonance_bands() -> None:
    """More decays in the rho and K* bands than in flat phase space."""
    for name, mass, pole in (("pi+pi-pi0", 1.5, three_pion.RHO), ("K+K-pi0", 1.8, kaon_kaon_pion.KSTAR)):
        channel = THREE_BODY[name]
        low, high = (pole[0] - pole[1]) ** 2, (pole[0] + pole[1]) ** 2
        samples = (channel.momenta(mass, 20000, np.random.default_rng(3)),
                   n_body(mass, channel.masses, 20000, np.random.default_rng(3)))  # fmt: skip
        inside = []
        for p in samples:
            s12, s13, s23 = _pairs(p)
            pairs = (s12, s13, s23) if name == "pi+pi-pi0" else (s12, s23)
            inside.append(np.mean(np.any([(low < s) & (s < high) for s in pairs], axis=0)))
        assert inside[0] > 1.15 * inside[1]
        assert inside[0] > 0.6


@pytest.mark.parametrize(("rho", "law"), [
    ((0.0, 0.0, 1.0), lambda x: (1.0 + x**3) / 2.0),
    ((0.5, 0.5, 0.0), lambda x: (2.0 + 3.0 * x - x**3) / 4.0),
    (None, lambda x: (1.0 + x) / 2.0),
])  # fmt: skip
def test_normal_of_the_decay_plane(rho, law) -> None:
    setting = DecaySetting(density=None if rho is None else np.diag(rho).astype(complex))
    p = THREE_BODY["pi+pi-pi0"].momenta(1.0, 20000, np.random.default_rng(5), setting)
    normal = np.cross(p[0, 1:], p[1, 1:], axis=0)
    assert stats.kstest(normal[2] / np.sqrt((normal**2).sum(axis=0)), law).pvalue > 1e-3
    inside = p[0, 1:] / np.sqrt((p[0, 1:] ** 2).sum(axis=0))
    twice = {None: 1.0 / 3.0, (0.0, 0.0, 1.0): 0.2, (0.5, 0.5, 0.0): 0.4}[rho]  # (1 - <n_z^2>)/2
    assert np.mean(inside[2] ** 2) == pytest.approx(twice, abs=4.0 * 0.3 / np.sqrt(20000))


@pytest.mark.parametrize(("name", "mass"), CASES)
def test_tables_and_bounds(name: str, mass: float) -> None:
    """The tabulated density is the amplitude to 5e-4 of its maximum and stays below the proposal."""
    channel = THREE_BODY[name]
    grid = channel.grid(mass, PHOTON)
    s12, c, cap = grid.propose(100000, np.random.default_rng(6))
    w = density(grid, s12, c)
    assert np.all(w <= cap)
    assert np.mean(w / cap) > 0.6  # the efficiency of the rejection
    p = dalitz_sampling.plane_momenta(grid, s12, c)
    E1, E3 = p[0, 0], p[2, 0]
    m1, m2, m3 = channel.masses
    s23, found12 = mass**2 + m1 * m1 - 2.0 * mass * E1, mass**2 + m3 * m3 - 2.0 * mass * E3
    np.testing.assert_allclose(found12, s12, rtol=1e-12)
    s13 = mass**2 + m1 * m1 + m2 * m2 + m3 * m3 - s12 - s23
    F = channel.amplitude(mass, PHOTON)(s12, s13, s23)
    cross = np.square(p[0, 1] * p[1, 2] - p[0, 2] * p[1, 1])
    jacobian = np.sqrt(cross / (1.0 - c * c)) / np.sqrt(s12)  # p3 k/sqrt(s12), density of dPhi_3 in s12 and c
    exact = np.abs(F) ** 2 * cross * jacobian
    scale = exact.sum() / w.sum()
    np.testing.assert_allclose(w * scale, exact, atol=5e-4 * exact.max())


def test_bounds_that_are_too_low_are_raised() -> None:
    """With bounds of one third the sample has the same distribution: the call starts again."""
    grid = THREE_BODY["pi+pi-pi0"].grid(1.3, PHOTON)
    low = dalitz_sampling.DalitzGrid(
        grid.mass, grid.masses, grid.tables, grid.edges, grid.cell, grid.cap / 3.0
    )
    s_low, _ = low.draw(20000, np.random.default_rng(7))
    s, _ = grid.draw(20000, np.random.default_rng(8))
    assert stats.ks_2samp(s, s_low).pvalue > 1e-3


def test_amplitude_that_is_constant() -> None:
    """Phase space times |p1 x p2|^2 only: mean of c^2 is 1/5."""
    grid = dalitz_grid(lambda a, _b, _c: np.ones(a.shape, complex), 1.0, (0.1, 0.2, 0.3), (0.5, 0.2))
    _, c = grid.draw(20000, np.random.default_rng(9))
    assert np.mean(c * c) == pytest.approx(0.2, abs=4.0 * 0.18 / np.sqrt(20000))


def test_weighted_is_unweighted() -> None:
    """There is no faster weighted form: the same decays, unit weights."""
    events = np.arange(100)
    pools = [
        THREE_BODY["pi+pi-pi0"](0.9, events, np.random.default_rng(1), DecaySetting(weighted=w))
        for w in (False, True)
    ]
    np.testing.assert_array_equal(pools[0].blocks[211][0].p4, pools[1].blocks[211][0].p4)
    assert not pools[1].weights


@pytest.mark.parametrize("name", THREE_BODY)
def test_reproducible_and_in_chunks(name: str) -> None:
    channel = THREE_BODY[name]
    n = dalitz_sampling.CHUNK + 5
    a, b = (channel.momenta(2.0, n, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert np.all(a[:, 0] > 0.0)
    assert channel.momenta(2.0, 0, np.random.default_rng(2)).shape == (3, 4, 0)
