"""Four-pion decays against the literal current, flat phase space and the integrated width."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from darkbeam.constants import M_PI
from darkbeam.decays.candidates import pilot, weighted
from darkbeam.decays.four_pion import FOUR_PION_CHARGED, FOUR_PION_NEUTRAL
from darkbeam.decays.setting import DecaySetting
from darkbeam.errors import ValueRangeError
from darkbeam.hadrons import four_pion
from darkbeam.hadrons.couplings import Couplings
from darkbeam.hadrons.four_pion_current import currents_charged, currents_neutral, lorentz_dot, prefactors
from darkbeam.kinematics import mass_squared
from darkbeam.kinematics.phase_space import n_body

MODES = {"charged": (FOUR_PION_CHARGED, four_pion.CHARGED), "neutral": (FOUR_PION_NEUTRAL, four_pion.NEUTRAL)}
WEIGHTED = DecaySetting(weighted=True)
RHO, RHO1, RHO2 = (0.7755, 0.1494), (1.459, 0.4), (1.72, 0.25)


def bw(s, pole, power=3):
    M, G = pole
    mu = 4 * M_PI**2
    return M**2 / (M**2 - s - 1j * G * M**2 * np.sqrt((np.maximum(s - mu, 0) / (M**2 - mu)) ** power / s))


def literal_neutral(q1, q2, q3, q4):
    """Slow twin: the formulas of arXiv:0804.0359 term by term."""
    Q = q1 + q2 + q3 + q4
    dot, Q2 = lorentz_dot, lorentz_dot(Q, Q)

    def sq(v):
        return dot(v, v)

    def P(v):
        return v - Q * dot(Q, v) / Q2

    def g(s):
        y = s - 9 * M_PI**2
        low, high = 4.1 * y**3 * (1 - 3.3 * y + 5.8 * y**2), 1.623 * s + 10.38 - 9.32 / s + 0.65 / s**2
        return np.where(s > 0.838968432668, high, low)

    def a1(s):
        return 1.23**2 / (1.23**2 - s - 1j * 1.23 * 0.2 * g(s) / g(np.array(1.23**2)))

    def B(s):
        return (bw(s, RHO) - 0.145 * bw(s, RHO1)) / 0.855

    def D(s):
        return bw(s, RHO) / RHO[0] ** 2 - bw(s, RHO1) / RHO1[0] ** 2

    def T(a, b, c, d):
        k = Q - a
        return P(a1(sq(k)) * B(sq(c + d)) * (c - d + a * dot(b, c - d) / sq(k)))

    def G(a, b, c, d):
        return a * D(sq(a + c)) * (D(sq(b + d)) * dot(a + b + 3 * c + d, b - d) + 2)

    def Om(a, b, c, d):
        h = bw(sq(b + c), RHO) + bw(sq(b + d), RHO) + bw(sq(c + d), RHO)
        M, W = 0.78265, 0.00849
        line = M**2 / (M**2 - sq(Q - a) - 1j * M * W)
        v = b * (dot(a, d) * dot(c, Q) - dot(a, c) * dot(d, Q))
        v = v + c * (dot(a, b) * dot(d, Q) - dot(a, d) * dot(b, Q))
        v = v + d * (dot(a, c) * dot(b, Q) - dot(a, b) * dot(c, Q))
        return -2 * 42.3 * 5.997 * line * h * v

    s34 = sq(q3 + q4)
    T_rho = (bw(s34, RHO) + 0.08 * bw(s34, RHO1) - 0.0075 * bw(s34, RHO2)) / 1.0725
    chain = G(q1, q2, q3, q4) + G(q4, q1, q2, q3) - G(q1, q2, q4, q3) - G(q3, q1, q2, q4)
    chain = chain + G(q2, q1, q3, q4) + G(q4, q2, q1, q3) - G(q2, q1, q4, q3) - G(q3, q2, q1, q4)
    return [
        T(q4, q2, q1, q3) + T(q4, q1, q2, q3) - T(q3, q2, q1, q4) - T(q3, q1, q2, q4),
        Om(q1, q2, q3, q4) + Om(q2, q1, q3, q4),
        -bw(sq(q1 + q2), (1.35, 0.2), power=1) * T_rho * P(q3 - q4),
        -(5.997**3) * 0.1212 * D(Q2) * P(chain),
    ]


@pytest.mark.parametrize("mass", [0.7, 1.3, 2.2])
def test_current_is_the_published_one(mass: float) -> None:
    p = list(n_body(mass, four_pion.NEUTRAL.masses, 300, np.random.default_rng(1)))
    for fast, slow in zip(currents_neutral(*p), literal_neutral(*p), strict=True):
        np.testing.assert_allclose(fast, slow, atol=1e-11 * np.abs(slow).max())
    a, b, c, d = list(n_body(mass, four_pion.CHARGED.masses, 300, np.random.default_rng(2)))
    parts = [literal_neutral(*q) for q in ((b, d, a, c), (a, d, b, c), (b, c, a, d), (a, c, b, d))]
    for k, fast in enumerate(currents_charged([a, b, c, d])):
        slow = parts[0][k] + parts[1][k] + parts[2][k] + parts[3][k]
        np.testing.assert_allclose(fast, slow, atol=1e-11 * np.abs(parts[0][k]).max())


def flat_decays(mode: four_pion.Mode, mass: float, n: int, seed: int):
    """Slow twin: flat phase space weighted by -J.J*."""
    p = n_body(mass, mode.masses, n, np.random.default_rng(seed))
    j = currents_charged(list(p)) if mode is four_pion.CHARGED else currents_neutral(*p)
    J = sum(f * x for f, x in zip(prefactors(mass**2), j, strict=True))
    return p, -np.real(lorentz_dot(J, J.conj()))


def decays(name: str, mass: float, n: int, seed: int, setting: DecaySetting = WEIGHTED):
    """Momenta in the order of the current, shape (4, 4, n), and weights."""
    pool = MODES[name][0](mass, np.arange(n), np.random.default_rng(seed), setting)
    blocks = {pdg: [block.p4 for block in pool.blocks[pdg]] for pdg in dict.fromkeys(MODES[name][0].pdg)}
    return np.stack([p for group in blocks.values() for p in group]), pool.event_weights(n)


def m2(p, *which):
    return np.sqrt(mass_squared(sum(p[i] for i in which)))


def compare(x, wx, y, wy, bins: int = 25) -> float:
    """p value of the chi-square of two weighted histograms of the same shape; rows of x, y share a weight."""
    edges = np.quantile(x, np.linspace(0, 1, bins + 1))
    edges[0], edges[-1] = -np.inf, np.inf

    def histogram(v, w):
        rows = [np.bincount(np.searchsorted(edges, r) - 1, w, bins) for r in np.atleast_2d(v)]
        cells = np.stack(
            [(np.searchsorted(edges, r) - 1)[None] == np.arange(bins)[:, None] for r in np.atleast_2d(v)]
        )
        per_event = cells.sum(axis=0) * w / w.sum()
        total = np.sum(rows, axis=0) / w.sum()
        spread = per_event - total[:, None] * w / w.sum()
        return total, spread @ spread.T

    (hx, cx), (hy, cy) = histogram(x, wx), histogram(y, wy)
    d, C = (hx - hy)[:-1], (cx + cy)[:-1, :-1]  # the last bin follows from the sum
    return float(chi2.sf(d @ np.linalg.solve(C, d), bins - 1))


def projections(name: str, p):
    """Two-pion and three-pion masses; rows that identical pions make equivalent are filled together."""
    if name == "charged":
        return {
            "pi+pi-": np.stack([m2(p, i, k) for i in (0, 1) for k in (2, 3)]),
            "pi+pi+": m2(p, 0, 1),
            "3pi": np.stack([m2(p, *[i for i in range(4) if i != k]) for k in range(4)]),
        }
    return {
        "pi+pi-": m2(p, 2, 3),
        "pi0pi0": m2(p, 0, 1),
        "pi+pi0": np.stack([m2(p, 0, 2), m2(p, 1, 2)]),
        "pi+pi-pi0": np.stack([m2(p, 0, 2, 3), m2(p, 1, 2, 3)]),
        "pi+2pi0": m2(p, 0, 1, 2),
    }


@pytest.mark.parametrize(
    ("name", "mass", "setting"),
    [
        ("charged", 1.2, DecaySetting()),
        ("charged", 1.8, WEIGHTED),
        ("neutral", 1.2, WEIGHTED),
        ("neutral", 1.8, DecaySetting()),
    ],
)
def test_projections_follow_flat_phase_space_times_the_current(name: str, mass: float, setting) -> None:
    p, w = decays(name, mass, 8000, 5, setting)
    flat, v = flat_decays(MODES[name][1], mass, 25000, 6)
    ours, reference = projections(name, p), projections(name, flat)
    for key, x in ours.items():
        assert compare(x, w, reference[key], v) > 2e-3, key


def test_the_comparison_sees_flat_decays() -> None:
    p, w = decays("charged", 1.2, 10000, 5)
    flat, _ = flat_decays(four_pion.CHARGED, 1.2, 10000, 6)
    reference = projections("charged", flat)["pi+pi-"]
    assert compare(projections("charged", p)["pi+pi-"], w, reference, np.ones(10000)) < 1e-6


@pytest.mark.parametrize(
    ("mass", "current", "flat"), [(1.0, 0.93, 0.45), (1.2, 0.75, 0.24), (1.5, 0.235, 0.09)]
)
def test_omega_fraction(mass: float, current: float, flat: float) -> None:
    """Share of pi+ pi- 2 pi0 with pi+ pi- pi0 (either pi0) within 30 MeV of the omega."""

    def share(p, w):
        near = [np.abs(m2(p, i, 2, 3) - 0.78265) < 0.03 for i in (0, 1)]
        return np.average(near[0] | near[1], weights=w)

    assert share(*decays("neutral", mass, 8000, 3)) == pytest.approx(current, abs=0.02)
    p, _ = flat_decays(four_pion.NEUTRAL, mass, 8000, 4)
    assert share(p, None) == pytest.approx(flat, abs=0.02)


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("mass", [0.7, 1.1, 2.0])
def test_mean_weight_is_the_width(name: str, mass: float) -> None:
    sampler, mode = MODES[name]
    W = weighted(sampler.at(mass), 8000, np.random.default_rng(7)).weight
    f = prefactors(mass**2)
    matrix = four_pion.phase_space_matrix(mass, mode, n=2**12)
    width = np.real(np.sum(f[:, None] * f.conj() * matrix))
    assert mode.symmetry * W.mean() == pytest.approx(width, rel=0.012 + 4 * W.std() / W.mean() / 8000**0.5)


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("mass", [1.0, 1.2, 1.5, 1.8, 2.2])
def test_weights_are_even(name: str, mass: float) -> None:
    _, w = decays(name, mass, 2000, 8)
    assert w.mean() == pytest.approx(1.0, abs=1e-12)
    assert 1.0 / np.mean(w**2) > 0.6


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("setting", [WEIGHTED, DecaySetting()], ids=["weighted", "unweighted"])
@pytest.mark.parametrize("mass", [0.57, 1.3, 2.5])
def test_kinematics(name: str, mass: float, setting: DecaySetting) -> None:
    p, w = decays(name, mass, 200, 9, setting)
    total = p.sum(axis=0)
    np.testing.assert_allclose(total[0], mass, rtol=1e-12)
    assert np.abs(total[1:]).max() < 1e-12
    for q, m in zip(p, MODES[name][0].masses, strict=True):
        np.testing.assert_allclose(mass_squared(q), m * m, atol=1e-12 * mass**2)
    assert setting.weighted or np.all(w == 1.0)


@pytest.mark.parametrize("name", MODES)
def test_equal_and_conjugate_pions_are_alike(name: str) -> None:
    p, _ = decays(name, 1.1, 5000, 10, DecaySetting())
    pairs = [(0, 1), (2, 3), (0, 2)] if name == "charged" else [(0, 1), (2, 3)]
    for i, k in pairs:
        d = p[i, 0] - p[k, 0]
        assert abs(d.mean()) < 4 * d.std() / len(d) ** 0.5
    for axis in (1, 2, 3):
        assert abs(p[0, axis].mean()) < 4 * p[0, axis].std() / 5000**0.5


def test_neighbouring_masses_give_nearly_the_same_decays() -> None:
    a, wa = decays("neutral", 1.3, 2000, 11)
    b, wb = decays("neutral", 1.3005, 2000, 11)
    same = np.abs(a - b).max(axis=(0, 1)) < 0.01
    assert same.mean() > 0.95
    assert np.median(np.abs(wa - wb)) < 0.02
    fewer, _ = decays("neutral", 1.3, 700, 11)
    np.testing.assert_array_equal(fewer, a[:, :, :700])


def test_polarised_vector() -> None:
    """J along a transverse or longitudinal vector: the energies stay, the directions follow the polarisation."""
    plain, _ = decays("charged", 0.9, 8000, 12, DecaySetting())
    along, _ = decays("charged", 0.9, 8000, 12, DecaySetting(density=np.diag([0, 0, 1]).astype(complex)))
    np.testing.assert_allclose(plain[:, 0], along[:, 0])

    def alignment(p):
        return np.mean(p[:, 3] ** 2) / np.mean(p[:, 1] ** 2 + p[:, 2] ** 2)

    assert alignment(plain) == pytest.approx(0.5, rel=0.05)
    assert alignment(along) > 0.7


@pytest.mark.parametrize("name", MODES)
def test_pilot_bound_holds(name: str) -> None:
    source = MODES[name][0].at(1.4)
    _, top = pilot(source)
    rng = np.random.default_rng(13)
    over = sum(int(np.sum(source.candidates(512, rng).weight > top)) for _ in range(10))
    assert over <= 4


def test_closed_channels_are_refused() -> None:
    events, rng = np.arange(3), np.random.default_rng(1)
    with pytest.raises(ValueRangeError, match="isovector"):
        FOUR_PION_CHARGED(1.2, events, rng, DecaySetting(couplings=Couplings(0.0, 2.0, 1.0)))
    with pytest.raises(ValueRangeError, match=r"above 0\.5491"):
        FOUR_PION_NEUTRAL(0.5, events, rng)
    assert not FOUR_PION_NEUTRAL(1.0, events[:0], rng).blocks
