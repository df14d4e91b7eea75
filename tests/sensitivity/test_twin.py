"""The reach engine against an obvious calculation on the same mothers.

The engine draws vertices for all couplings at once with balance-heuristic weights and histograms them.  The twin
takes one coupling: every ray gets a few vertices *uniform on its chord*, weighted by the decay law, fresh decay
products and the same selection.  Differences are tested in the 20 blocks of mothers, so the fluctuation of the
mothers themselves, which both share, drops out and the test is sharp.  A second twin without decay products is an exact
quadrature over the rays, a third one draws literal exponential decay lengths where that can work.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from darkbeam.decays import final_state_class, sample_rest
from darkbeam.experiments import accept
from darkbeam.kinematics import boost_from_rest
from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.aiming import AimedFlux
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.contour import Curve, intervals, peak
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.plan import aim_source, make_plan
from darkbeam.sensitivity.point import compute_point
from darkbeam.sensitivity.scan import summarise
from darkbeam.sensitivity.setup import Setup
from darkbeam.sensitivity.spectrum import DecaySpectrum
from darkbeam.sensitivity.vertices import decay_probability, draw_vertices

CASES = [
    (experiment, source, mass)
    for experiment in ("FASER2", "CHARM", "DarkQuest_phase1")  # forward, off axis, short baseline
    for source, mass in (("meson:pi0", 0.05), ("bremsstrahlung", 0.9))
]
VERTICES = 4


@cache
def case(
    experiment: str, source: str, mass: float
) -> tuple[Setup, DecaySpectrum, tuple[float, float, float]]:
    setup = prepare(experiment, Options(sources=(source,), n_draws=60_000, n_rays=16_000, precision=1.0))[1]
    setup = replace(setup, min_mothers=0.0)  # one round, whose rays the twin can take
    spectrum = compute_point(setup, mass).by_source[source]
    # where the experiment itself has no reach the edges of a tenth of the maximum serve
    threshold = min(setup.experiment.n_events, 0.1 * peak(Curve.of(spectrum, 1.0))[1])
    found = intervals(Curve.of(spectrum, threshold), threshold)
    low, high = found[0].lower.epsilon, found[-1].upper.epsilon
    return setup, spectrum, (low, float(np.sqrt(low * high)), high)


def same_rays(setup: Setup, mass: float) -> AimedFlux:
    """The rays of the engine's one round."""
    plan = make_plan(setup, mass).sources[0]
    return aim_source(plan.source, mass, setup, plan.n_points, 1)


def twin_blocks(setup: Setup, mass: float, eps: float) -> np.ndarray:
    """Events per block of mothers at one coupling, vertices uniform on the chord."""
    aimed = same_rays(setup, mass)
    rng = np.random.default_rng(7)
    ray = np.repeat(np.arange(len(aimed.length_1)), VERTICES)
    length = aimed.length_1[ray] / eps**2
    start, end = (x[0][ray] * aimed.length_1[ray] for x in (aimed.rays.lam_in, aimed.rays.lam_out))
    # uniform on the part of the chord in which anything is left to decay
    end = np.minimum(end, start + 30.0 * length)
    u = (np.tile(np.arange(VERTICES), len(aimed.length_1)) + rng.random(len(ray))) / VERTICES
    distance = start + u * (end - start)
    law = np.exp(-distance / length) * (end - start) / length / VERTICES
    vertex = aimed.direction[:, ray] * distance
    parent = np.concatenate(
        [aimed.flux.energy[ray][None], aimed.direction[:, ray] * aimed.flux.momentum[ray]]
    )
    branching = setup.model.branching(mass)
    states = setup.experiment.final_states
    channels = [c for c, b in branching.items() if b > 0.0 and final_state_class(c) in states]
    decays = sample_rest(setup.model, mass, len(ray), rng, channels)
    decays = decays.take(rng.permutation(len(decays))[: len(ray)])
    p4 = boost_from_rest(decays.p4, parent[:, :, None], mass)
    classes = [final_state_class(c) for c in decays.names]
    passed = accept(setup.experiment, vertex, p4, decays.pdg, decays.channel, classes).weight * decays.weight
    visible = sum(branching[c] for c in channels)
    events = setup.collisions * eps**2 * aimed.flux.weight[ray] * law * passed * visible
    return np.bincount(aimed.flux.block[ray], events, N_BLOCKS)


@pytest.mark.parametrize(("experiment", "source", "mass"), CASES)
@pytest.mark.parametrize("edge", [0, 1, 2], ids=["lower", "middle", "upper"])
def test_engine_agrees_with_the_twin(experiment: str, source: str, mass: float, edge: int) -> None:
    setup, spectrum, couplings = case(experiment, source, mass)
    eps = couplings[edge]
    engine = spectrum.transform(eps)[:, 0]
    difference = engine - twin_blocks(setup, mass, eps)
    error = difference.std(ddof=1) * np.sqrt(N_BLOCKS)
    assert abs(difference.sum()) < 3.0 * error
    # and the test is sharp enough to see a wrong factor
    assert error < 0.1 * engine.sum()


@pytest.mark.parametrize(("experiment", "source", "mass"), CASES)
def test_full_acceptance_is_an_exact_quadrature(experiment: str, source: str, mass: float) -> None:
    setup, _, couplings = case(experiment, source, mass)
    aimed = same_rays(setup, mass)
    grid = np.geomspace(couplings[0] / 2, couplings[2] * 2, 14)
    draws = draw_vertices(aimed.rays, grid, np.full(14, 4300), np.random.default_rng(8))
    spectrum = DecaySpectrum.fill(draws.lam, draws.weight, np.arange(len(draws.ray)) % N_BLOCKS)
    for eps in couplings:
        exact = eps**2 * float((aimed.rays.weight * decay_probability(aimed.rays, eps)).sum())
        assert spectrum.events(eps)[0] == pytest.approx(exact, rel=0.02)


def test_literal_decay_lengths() -> None:
    """Decay positions drawn from the exponential, where the decay length is comparable with the baseline."""
    setup, _, _ = case("DarkQuest_phase1", "bremsstrahlung", 0.9)
    mass = 0.9
    aimed = same_rays(setup, mass)
    eps = float(np.sqrt(np.median(aimed.length_1) / 7.0))
    rng = np.random.default_rng(9)
    repeats = 400
    distance = rng.exponential(size=(repeats, len(aimed.length_1)))
    e2 = eps**2
    inside = (distance > e2 * aimed.rays.lam_in[0]) & (distance < e2 * aimed.rays.lam_out[0])
    counts = (inside * aimed.rays.weight).sum(axis=1)
    exact = float((aimed.rays.weight * decay_probability(aimed.rays, eps)).sum())
    assert abs(counts.mean() - exact) < 4.0 * counts.std() / np.sqrt(repeats)
    assert counts.std() / np.sqrt(repeats) < 0.01 * exact


def test_an_edge_with_few_mothers_gets_more_rounds() -> None:
    setup = prepare("CHARM", Options(sources=("meson:pi0",)))[1]
    few, enough = (
        summarise(compute_point(s, 0.02), setup.experiment.n_events)
        for s in (replace(setup, min_mothers=0.0), setup)
    )
    assert few.n_effective[1] < setup.min_mothers <= enough.n_effective[1]
    first, second = (r.found["central"][-1].upper for r in (few, enough))
    assert abs(first.epsilon / second.epsilon - 1.0) < 5.0 * first.error
