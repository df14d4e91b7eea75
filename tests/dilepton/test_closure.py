"""Closure with pairs of an independent generator: pool, detector, truth, and the small version of the test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from darkbeam.cli.dilepton import app
from darkbeam.constants import M_MU
from darkbeam.dilepton.closure import (
    PARTICLES,
    along_muons,
    closure_source,
    particles_of,
    predicted,
    pulls,
    truth_of,
)
from darkbeam.dilepton.closure_detector import (
    Detector,
    isotropic,
    kinematics,
    pseudo_data,
    transverse,
)
from darkbeam.dilepton.closure_files import write_files
from darkbeam.dilepton.closure_pool import LABELS, PairPool, generate_parts
from darkbeam.dilepton.line_shapes import STATES
from darkbeam.dilepton.rate import photons_per_pair
from darkbeam.dilepton.resolution import relative_resolution
from darkbeam.errors import ValueRangeError

WIDE = (0.25, 0.35, 0.7827)
"""Masses at which the small pool has truth of a few per cent."""


@pytest.fixture(scope="module")
def pool() -> PairPool:
    return PairPool.load(Path(__file__).with_name("pythia_pairs.npz"))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def test_kinematics_of_pairs_agree_with_the_slow_formula(pool: PairPool) -> None:
    m, pt, y = kinematics(pool.plus[:, :200], pool.minus[:, :200])
    for k in range(200):
        p1, p2 = pool.plus[:, k], pool.minus[:, k]
        e = np.hypot(M_MU, np.linalg.norm(p1)) + np.hypot(M_MU, np.linalg.norm(p2))
        p = p1 + p2
        assert m[k] == pytest.approx(np.sqrt(e * e - p @ p), rel=1e-6)
        assert pt[k] == pytest.approx(np.hypot(p[0], p[1]))
        assert y[k] == pytest.approx(np.arctanh(p[2] / e), rel=1e-6)


def test_pool_holds_the_masses_of_its_sources(pool: PairPool) -> None:
    m, _, _ = kinematics(pool.plus, pool.minus)
    assert np.all(m > 2.0 * M_MU)
    for label, low, high in (("eta-dalitz", 0.211, 0.548), ("omega", 0.74, 0.86), ("drell-yan", 0.99, 4.01)):
        inside = m[pool.label == LABELS.index(label)]
        assert inside.size > 50
        assert low < inside.min() < inside.max() < high
    # 0.57 eta per collision of this generator at 400 GeV times its branching ratio 3.1e-4
    etas = np.sum(pool.weight[pool.label == LABELS.index("eta-dalitz")]) / 3.1e-4
    assert etas == pytest.approx(0.57, rel=0.1)


def test_once_keeps_the_weight_and_drops_repeated_decays(pool: PairPool) -> None:
    single = pool.once()
    assert np.sum(single.weight) == pytest.approx(np.sum(pool.weight))
    assert np.sum(single.label == LABELS.index("eta-dalitz")) == np.sum(
        pool.label == LABELS.index("eta-dalitz")
    )
    phi = np.sum(pool.label == LABELS.index("phi"))
    assert np.sum(single.label == LABELS.index("phi")) < phi / 6  # each phi is decayed eight times


def test_pool_survives_its_file(pool: PairPool, tmp_path: Path) -> None:
    pool.save(tmp_path / "pool.npz")
    again = PairPool.load(tmp_path / "pool.npz")
    np.testing.assert_array_equal(again.plus, pool.plus)
    np.testing.assert_array_equal(again.label, pool.label)
    assert again.settings == pool.settings


def test_efficiency_table_agrees_with_sampling(detector: Detector) -> None:
    rng = np.random.default_rng(5)
    for m, pt, y in ((0.4, 0.5, 4.0), (0.8, 0.3, 3.6), (2.0, 1.0, 4.4)):
        n = 40_000
        law = isotropic if m < detector.drell_yan else transverse
        legs = law(np.full(n, m), np.full(n, pt), np.full(n, y), M_MU, rng)
        sampled = np.mean(detector.muon(legs[0]) * detector.muon(legs[1]))
        table = detector.pair(np.array([m]), np.array([pt]), np.array([y]))[0]
        assert table == pytest.approx(sampled, abs=0.03)


def test_angles_of_drell_yan_pairs(pool: PairPool) -> None:
    """Mean cos^2 to the Collins-Soper axis of the generator and of `transverse`: 2/5, that of 1 + cos^2.

    The cosine from light-cone momenta is 2 (P1+ P2- - P1- P2+)/(Q sqrt(Q^2 + QT^2)), P+- = (E +- pz)/sqrt 2, over beta.
    """
    hard = pool.select(pool.label == LABELS.index("drell-yan"))
    m, pt, y = kinematics(hard.plus, hard.minus)
    heavy = np.flatnonzero(m > 1.5)
    rng = np.random.default_rng(4)
    ours = transverse(m[heavy], pt[heavy], y[heavy], M_MU, rng)
    for plus, minus in ((hard.plus[:, heavy], hard.minus[:, heavy]), ours):
        (a, b), (c, d) = (
            ((e := np.sqrt(M_MU**2 + np.sum(p**2, axis=0))) + p[2], e - p[2]) for p in (plus, minus)
        )
        mass, across, _ = kinematics(plus, minus)
        cosine = (a * d - b * c) / (mass * np.hypot(mass, across)) / np.sqrt(1.0 - 4.0 * (M_MU / mass) ** 2)
        assert np.mean(cosine**2) == pytest.approx(0.4, abs=4.0 * np.std(cosine**2) / np.sqrt(heavy.size))


def test_files_run_through_the_commands(pool: PairPool, detector: Detector, tmp_path: Path) -> None:
    """Pairs, card and table of the efficiency through fit, check and yield: the rate is that of the truth."""
    data = pseudo_data(pool, detector, 100_000, np.random.default_rng(8))
    pairs, model = write_files(data, detector, tmp_path), tmp_path / "model.npz"

    def run(*arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        return dict(json.loads(result.stdout))

    run("fit", str(pairs), "-o", str(model), "--back-end", "bootstrap", "--members", "4")
    checked = run("check", str(model), str(pairs), "--no-classifier")
    assert checked["n_data"] > 1000
    for mass in WIDE:
        truth = truth_of(pool, mass, detector)
        (row,) = run("yield", str(model), "--mass", str(mass))["rows"]
        assert abs(row["total"] - truth.photons) < 4.0 * np.hypot(row["error"], truth.error)


def test_directions_of_the_muons_are_kept(pool: PairPool) -> None:
    m, _, _ = kinematics(pool.plus, pool.minus)
    energy, theta = along_muons(pool.plus, pool.minus, m, M_MU)  # particles of the muon's mass are the muons
    p = pool.plus
    np.testing.assert_allclose(energy, np.sqrt(M_MU**2 + np.sum(p**2, axis=0)), rtol=1e-5)
    np.testing.assert_allclose(theta, np.arctan2(np.hypot(p[0], p[1]), p[2]), rtol=1e-3, atol=1e-6)


def test_truth_of_a_flat_spectrum_is_its_height(pool: PairPool, detector: Detector) -> None:
    """Pairs at rest in the fiducial range with masses spread evenly between 0.4 and 0.6 GeV."""
    rng = np.random.default_rng(6)
    n = 60_000
    m = rng.uniform(0.4, 0.6, n)
    legs = isotropic(m, np.full(n, 0.3), np.full(n, 4.0), M_MU, rng)
    flat = replace(
        pool, plus=legs[0], minus=legs[1], weight=np.full(n, 1.0 / n), label=np.zeros(n, dtype=int),
        collision=np.arange(n),
    )  # fmt: skip
    truth = truth_of(flat, 0.5, detector)
    assert truth.error / truth.photons < 0.03
    assert truth.photons == pytest.approx(5.0 * float(photons_per_pair(0.5, M_MU)), abs=4.0 * truth.error)


def test_repeated_decays_count_once_in_errors(pool: PairPool, detector: Detector) -> None:
    """Ten copies of every omega, a tenth of the weight each: the same truth with the same error."""
    omega = pool.select(pool.label == LABELS.index("omega")).once()
    rows = np.repeat(np.arange(omega.label.size), 10)
    copies = omega.select(rows, 0.1)
    one, ten = (truth_of(p, 0.7827, detector) for p in (omega, copies))
    assert ten.photons == pytest.approx(one.photons)
    assert ten.error == pytest.approx(one.error)
    assert ten.mean_pt() == pytest.approx(one.mean_pt())


def test_truth_at_the_pole_of_a_line(pool: PairPool, detector: Detector) -> None:
    """Cauchy masses of the omega, and a flat rest, within three standard deviations of the height."""
    M, G = STATES["omega"]
    rng = np.random.default_rng(9)
    n = 150_000
    half = 5.0 * G
    line = M + 0.5 * G * np.tan(rng.uniform(-1.0, 1.0, n) * np.arctan(2.0 * half / G))
    m = np.concatenate([line, rng.uniform(M - half, M + half, n // 10)])
    legs = isotropic(m, np.full(m.size, 0.3), np.full(m.size, 4.0), M_MU, rng)
    made = replace(
        pool, plus=legs[0], minus=legs[1], weight=np.full(m.size, 1.0 / n), label=np.zeros(m.size, dtype=int),
        collision=np.arange(m.size),
    )  # fmt: skip
    height = 1.0 / (G * np.arctan(2.0 * half / G)) + 0.1 / (2.0 * half)
    truth = truth_of(made, M, detector)
    assert truth.error / truth.photons < 0.01
    assert truth.photons == pytest.approx(height * float(photons_per_pair(M, M_MU)), abs=3.0 * truth.error)


def test_table_of_the_resolution_is_that_of_the_pairs(pool: PairPool, detector: Detector) -> None:
    """Isotropic decays at one pT against the pairs of the generator, near the omega: 4 %."""
    m, _, y = kinematics(pool.plus, pool.minus)
    rows = np.flatnonzero((np.abs(m - 0.7827) < 0.03) & detector.inside(y))
    smear = 1.0 + detector.smearing * np.random.default_rng(2).standard_normal((2, rows.size))
    plus, minus = pool.plus[:, rows], pool.minus[:, rows]
    ratio = kinematics(plus * smear[0], minus * smear[1])[0] / m[rows]
    weight = pool.weight[rows] * detector.muon(plus) * detector.muon(minus)
    spread = np.sqrt(np.average((ratio - 1.0) ** 2, weights=weight))
    assert float(relative_resolution(detector.resolution, 0.7827)) == pytest.approx(spread, rel=0.04)


def test_unfolding_returns_the_number_of_pairs(pool: PairPool, detector: Detector) -> None:
    data = pseudo_data(pool, detector, 60_000, np.random.default_rng(7))
    y = kinematics(pool.plus, pool.minus)[2]
    true = np.sum(pool.weight[detector.inside(y)])
    assert data.lost < 1e-3
    error = true / np.sqrt(data.sample.effective_size)
    assert data.sample.normalisation == pytest.approx(true, abs=3.0 * error + 0.01 * true)


def test_small_closure(pool: PairPool, detector: Detector) -> None:
    """Rates of dark photons and of millicharged pairs within four standard deviations of the truth."""
    rng = np.random.default_rng(8)
    data = pseudo_data(pool, detector, 100_000, rng)
    source = closure_source(data, detector, rng)
    for mass in WIDE:
        truth = truth_of(pool, mass, detector)
        value, error = predicted(source, mass)
        assert abs(value - truth.photons) < 4.0 * np.hypot(error, truth.error)
        assert error < 0.12 * value
    for particle in PARTICLES[:4]:
        true, error, *_ = particles_of(pool, particle, detector)
        made = source.pair_source("dirac")
        own = made.total(particle, "dilepton-rate-up") - made.total(particle)
        assert abs(made.total(particle) - true) < 4.0 * np.hypot(own, error)


def test_a_wrong_rate_does_not_close(pool: PairPool, detector: Detector) -> None:
    """The comparison can fail: pairs of twice the weight are more than four standard deviations off."""
    rng = np.random.default_rng(8)
    data = pseudo_data(pool, detector, 100_000, rng)
    twice = replace(data, sample=replace(data.sample, normalisation=2.0 * (data.sample.normalisation or 0.0)))
    value, error = predicted(closure_source(twice, detector, rng), WIDE[0])
    truth = truth_of(pool, WIDE[0], detector)
    assert abs(value - truth.photons) > 4.0 * np.hypot(error, truth.error)


def test_parts_are_joined_to_one_pool(pool: PairPool) -> None:
    """Two copies, one as if of half as many collisions: same pairs per collision, no collision twice."""
    half = replace(
        pool, weight=pool.weight * 2.0, settings=pool.settings | {"collisions": pool.settings["collisions"] // 2}
    )  # fmt: skip
    both = PairPool.joined([pool, half])
    soft = pool.label != LABELS.index("drell-yan")
    n = pool.label.size
    np.testing.assert_array_equal(both.label, np.tile(pool.label, 2))
    assert both.settings["collisions"] == pool.settings["collisions"] * 3 // 2
    np.testing.assert_allclose(both.weight[:n][soft], pool.weight[soft] * 2.0 / 3.0)
    np.testing.assert_allclose(both.weight[n:][soft], pool.weight[soft] * 2.0 / 3.0)
    np.testing.assert_allclose(both.weight[:n][~soft], pool.weight[~soft] * 0.5)
    assert not set(both.collision[:n]) & set(both.collision[n:])
    is_soft = np.tile(soft, 2)
    assert both.collision[is_soft].max() < both.settings["collisions"] <= both.collision[~is_soft].min()


@pytest.mark.slow
@pytest.mark.pythia
def test_the_pool_does_not_depend_on_the_jobs() -> None:
    pytest.importorskip("pythia8mc")
    one, two = (generate_parts(300, 300, 5, 3, jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one.plus, two.plus)
    np.testing.assert_array_equal(one.collision, two.collision)
    assert one.settings == two.settings


def test_more_parts_than_collisions_are_refused() -> None:
    with pytest.raises(ValueRangeError, match="1 to 3"):
        generate_parts(3, 10, 5, 4, 1)


@pytest.mark.slow
@pytest.mark.pythia
def test_closure_with_a_fresh_sample(detector: Detector) -> None:
    """Twenty sets from a new pool: they spread as the stated errors, around the truth of a pool of this size."""
    pytest.importorskip("pythia8mc")
    fresh = generate_parts(60_000, 12_000, 77, 2, 2)
    sets = 20
    found = pulls(fresh, detector, sets=sets, draws=300_000, seed=5)
    ratio, spread, error, truth = (
        np.array(found[k])
        for k in ("mean_ratio", "spread_of_ratio", "mean_relative_error", "truth_relative_error")
    )
    assert np.all(
        np.abs(spread / ratio / error - 1.0) < 0.5
    )  # a standard deviation of 20 has an error of 16 %
    # the pool is as scarce in the window of the data as in that of the truth
    assert np.all(np.abs(ratio - 1.0) < 3.0 * (error / np.sqrt(sets) + np.sqrt(2.0) * truth))
