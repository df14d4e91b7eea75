"""Errors after a subtraction of background: of the pairs left, of the rate, of replicas, and of templates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from darkbeam.dilepton.bootstrap import fit_bootstrap, inside
from darkbeam.dilepton.card import DileptonCard, Normalisation, normalised, read_card
from darkbeam.dilepton.corrections import averaged, like_sign, subtract
from darkbeam.dilepton.histogram import fit_histogram
from darkbeam.dilepton.mass_spectrum import MassSpectrum, fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.prepare import prepare
from darkbeam.dilepton.readers import write_sample
from darkbeam.dilepton.sample import DileptonSample
from darkbeam.dilepton.source import OffShellPhoton

if TYPE_CHECKING:
    from pathlib import Path

PAIRS, SIGNAL = 30_000, 0.3
MASSES = np.array([0.35, 0.45, 0.6, 0.8, 1.0])
START, SLOPE = 0.25, 0.4


def background(n: int, rng: np.random.Generator) -> DileptonSample:
    return DileptonSample(
        START + rng.exponential(0.6, n), rng.exponential(0.4, n), rng.normal(3.4, 0.8, n), np.ones(n)
    )


def both_signs(seed: int) -> DileptonSample:
    """Opposite-sign pairs, 30 % of them signal, and like-sign pairs of the same combinatorial background."""
    rng = np.random.default_rng(seed)
    s, b, like = (rng.poisson(x * PAIRS) for x in (SIGNAL, 1.0 - SIGNAL, 1.0 - SIGNAL))
    signal = DileptonSample(
        START + rng.exponential(SLOPE, s), rng.exponential(0.3, s), rng.normal(3.0, 0.9, s), np.ones(s)
    )
    parts = (signal, background(b, rng), background(like, rng))
    columns = {k: np.concatenate([getattr(x, k) for x in parts]) for k in ("mass", "pt", "y", "weight")}
    charge = np.concatenate([np.zeros(s + b), np.where(rng.random(like) < 0.5, 2.0, -2.0)])
    sample = DileptonSample(**columns, charge=charge)
    return sample.select(sample.mass < 2.5)


def rates(sample: DileptonSample) -> tuple[np.ndarray, np.ndarray]:
    """Pairs per GeV and their error at `MASSES`."""
    spectrum = fit_spectrum(replace(sample, normalisation=float(np.sum(sample.weight))), 0.0)
    return spectrum.rate(MASSES)


@pytest.fixture(scope="module")
def sets() -> list[DileptonSample]:
    """Data sets made anew, each after its like-sign subtraction."""
    return [subtract(*like_sign(both_signs(seed))).sample for seed in range(30)]


def test_rates_over_new_data_sets_have_the_stated_error(sets: list[DileptonSample]) -> None:
    """Pulls of unit width where the background is 70 %; with the weights squared they are too wide."""
    truth = SIGNAL * PAIRS * np.exp(-(MASSES - START) / SLOPE) / SLOPE
    found = np.array([rates(x) for x in sets])
    pulls = (found[:, 0] - truth) / found[:, 1]
    assert 0.8 < np.std(pulls) < 1.15
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 0.8)
    bare = [x.select(x.weight > 0.0) for x in sets]
    naive = np.array([rates(replace(x, variance=None)) for x in bare])
    assert np.std((naive[:, 0] - truth) / naive[:, 1]) > 1.4


def test_replicas_spread_as_new_data_sets(sets: list[DileptonSample]) -> None:
    """Of the spectrum, in wide regions: factors of `multiples` on one set against sets made anew."""
    edges = np.array([0.25, 0.4, 0.6, 0.9, 1.5])

    def contents(sample: DileptonSample) -> np.ndarray:
        return np.histogram(sample.mass, edges, weights=sample.weight)[0]

    true = np.std([contents(x) for x in sets], axis=0)
    replicas = np.std([contents(sets[0].resampled(np.random.default_rng(k))) for k in range(60)], axis=0)
    assert np.mean(replicas / true) == pytest.approx(1.0, abs=0.2)
    spectrum = fit_spectrum(sets[0], 0.0)
    middle = 0.5 * (spectrum.knots[1:] + spectrum.knots[:-1])
    drawn = [
        np.histogram(middle, edges, weights=spectrum.replica(np.random.default_rng(k)).content)[0]
        for k in range(60)
    ]
    assert np.mean(np.std(drawn, axis=0) / true) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("fit", [fit_bootstrap, fit_histogram])
def test_kinematics_of_members_cover_new_data_sets(sets: list[DileptonSample], fit: object) -> None:
    """Mean pT at 0.5 GeV: members spread at least as much as sets made anew, and at most 2.5 times."""
    at = np.full(4000, 0.5)

    def mean(model: object) -> float:
        return float(np.mean(model.sample(at, np.random.default_rng(1))[0]))

    models = [fit(x, np.random.default_rng(2), members=8) for x in sets[:12]]
    scatter = np.std([mean(m) for m in models])
    members = np.mean([np.std([mean(x) for x in m.members]) for m in models])
    assert 0.7 < members / scatter < 2.5
    assert np.mean([mean(m) for m in models]) == pytest.approx(0.3, abs=4.0 * scatter / np.sqrt(12) + 0.015)


def test_variance_of_one_cell() -> None:
    """Sum of variances is that of data plus that of the template; regions add up; factors keep both moments."""
    rng = np.random.default_rng(1)
    data, template = background(5000, rng), background(2000, rng)
    template = template.reweighted(np.full(2000, 0.5))
    left = subtract(data, template, (1, 1, 1)).sample
    inside = float(np.sum((template.mass >= data.mass.min()) & (template.mass <= data.mass.max())))
    assert float(np.sum(left.weight)) == pytest.approx(5000.0 - 0.5 * inside)
    assert float(np.sum(left.squares)) == pytest.approx(5000.0 + 0.25 * inside)
    assert left.effective_size == pytest.approx((5000.0 - 0.5 * inside) ** 2 / (5000.0 + 0.25 * inside))
    twice = left.reweighted(2.0 * left.weight)
    np.testing.assert_allclose(twice.squares, 4.0 * left.squares)
    sums = [float(np.sum(left.weight * left.multiples(rng))) for _ in range(400)]
    assert np.mean(sums) == pytest.approx(4000.0, abs=4.0 * np.sqrt(5500.0 / 400.0))
    assert np.std(sums) == pytest.approx(np.sqrt(float(np.sum(left.squares))), rel=0.15)


def test_like_sign_template_of_unequal_charges() -> None:
    """Variance of 2 R sqrt(N++ N--) over new data, with three times as many ++ as --."""
    totals, variances = [], []
    rng = np.random.default_rng(3)
    for _ in range(300):
        up, down = rng.poisson(450), rng.poisson(150)
        pairs = background(up + down + 10, rng)
        charge = np.concatenate([np.full(up, 2.0), np.full(down, -2.0), np.zeros(10)])
        _, template = like_sign(replace(pairs, charge=charge), 1.2, bins=1)
        totals.append(float(np.sum(template.weight)))
        variances.append(float(np.sum(template.squares)))
    assert np.mean(totals) == pytest.approx(2.4 * np.sqrt(450 * 150), rel=0.02)
    assert np.mean(variances) == pytest.approx(np.var(totals), rel=0.25)


def test_averaged_weights_keep_their_variance() -> None:
    rng = np.random.default_rng(4)
    sample = background(20_000, rng)
    signed = sample.reweighted(np.where(rng.random(20_000) < 0.3, -1.0, 1.2))
    mean = averaged(signed).sample
    assert float(np.sum(mean.squares)) == pytest.approx(float(np.sum(signed.weight**2)))
    assert mean.effective_size == pytest.approx(signed.effective_size, rel=0.01)


def test_cells_without_enough_data_do_not_raise_the_sum() -> None:
    """Fluctuations of cells with B > N used to add up: the sum is N - B to 1 % at S/N = 0.15."""
    rng = np.random.default_rng(5)
    excess = []
    for _ in range(20):
        data, template = background(20_000, rng), background(17_000, rng)
        result = subtract(data, template)
        excess.append(float(np.sum(result.sample.weight)) / 3000.0 - 1.0)
        assert np.all(result.sample.weight >= 0.0)
    assert abs(np.mean(excess)) < 0.01


@pytest.fixture(scope="module")
def with_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mock pairs and a charm template of their own, card beside them."""
    folder = tmp_path_factory.mktemp("template")
    rng = np.random.default_rng(6)
    charm = background(12_000, rng)
    charm = charm.select(
        (charm.mass > 0.3) & (charm.mass < 3.0) & inside(charm.mass, charm.pt, charm.y, "SPS")
    )
    signal = mock_sample(40_000, 6)
    other = background(12_000, rng)
    other = other.select(
        (other.mass > 0.3) & (other.mass < 3.0) & inside(other.mass, other.pt, other.y, "SPS")
    )
    columns = {
        k: np.concatenate([getattr(signal, k), getattr(other, k)]) for k in ("mass", "pt", "y", "weight")
    }
    write_sample(DileptonSample(**columns), folder / "pairs.npz")
    write_sample(charm, folder / "charm.npz")
    (folder / "pairs.toml").write_text(
        '[background]\ntemplates = ["charm.npz"]\ntemplate_error = 0.2\n'
        "[normalisation]\npairs_per_collision = 1e-4\n"
    )
    return folder


def test_norm_of_templates_is_a_variation(with_template: Path, tmp_path: Path) -> None:
    """Up and down against the subtraction of 1.2 and 0.8 times the template; the number of all pairs is known."""
    card = read_card(with_template / "pairs.toml")
    assert card.template_error == 0.2
    prepared = prepare(with_template / "pairs.npz", card)
    spectrum = fit_spectrum(prepared.sample, 0.0)
    spectrum = MassSpectrum.from_arrays(spectrum.arrays())
    source = OffShellPhoton(
        "x", spectrum, fit_bootstrap(prepared.sample, np.random.default_rng(1), members=2)
    )
    assert {"dilepton-background-up", "dilepton-background-down"} < set(source.variation_names)
    charm = np.load(with_template / "charm.npz")
    for sign, name in ((1.0, "up"), (-1.0, "down")):
        scaled = tmp_path / f"{name}.npz"
        np.savez(scaled, **{**charm, "weight": charm["weight"] * (1.0 + 0.2 * sign)})
        slow = prepare(with_template / "pairs.npz", replace(card, templates=(str(scaled),))).sample
        redone = OffShellPhoton("y", fit_spectrum(slow, 0.0), source.model)
        edges = np.array([0.25, 0.45, 0.7, 0.8, 1.1, 2.0])
        base, moved, other = (
            np.histogram(x.mass, edges, weights=w)[0]
            for x, w in (
                (prepared.sample, prepared.sample.weight),
                (prepared.sample, prepared.sample.shift),
                (slow, slow.weight * float(np.sum(prepared.sample.weight) / np.sum(slow.weight))),
            )
        )
        np.testing.assert_allclose(1.0 + sign * moved / base, other / base, atol=0.05)
        change = source.total(1.5, f"dilepton-background-{name}") / source.total(1.5) - 1.0
        assert -0.5 < sign * change < -0.1
        middle = 0.5 * (spectrum.knots[1:] + spectrum.knots[:-1])
        step = float(np.sum((spectrum.content * spectrum.background_ratio(middle))[middle > 1.0]))
        assert step == pytest.approx(float(np.sum(spectrum.shift[middle > 1.0])), rel=0.1)
        made = source.pair_source(), redone.pair_source()
        for m in (0.2, 0.5):
            fast, true = made[0].total(m, f"dilepton-background-{name}"), made[1].total(m)
            assert fast / made[0].total(m) - 1.0 == pytest.approx(
                true / made[0].total(m) - 1.0, rel=0.25, abs=0.012
            )
    assert float(np.sum(spectrum.shift)) == pytest.approx(0.0, abs=1e-9 * spectrum.total)
    flux = source.flux(0.65, 400, np.random.default_rng(1))
    pairs = source.pairs(0.3, "dirac", 4000, np.random.default_rng(1))
    for name in ("dilepton-background-up", "dilepton-background-down"):
        assert flux.total(name) == pytest.approx(source.total(0.65, name), rel=1e-9)
        assert np.sum(pairs.weights(name)) == pytest.approx(source.pair_source().total(0.3, name), rel=0.01)


def test_without_templates_there_is_no_such_variation() -> None:
    sample = replace(mock_sample(2000, 1), normalisation=1.0)
    source = OffShellPhoton("x", fit_spectrum(sample, 0.0), fit_bootstrap(sample, np.random.default_rng(1)))
    assert not any("background" in name for name in source.variation_names)
    np.testing.assert_array_equal(source.spectrum.background([0.5]), 0.0)


def test_norm_to_a_state_lets_the_rest_move() -> None:
    """A number of phi is known: more background means fewer pairs in all."""
    mock = mock_sample(60_000, 2, 0.012)
    sample = replace(mock, shift=-0.1 * mock.weight)
    known = normalised(sample, DileptonCard(normalisation=Normalisation("pairs", 1e-4)))
    phi = normalised(
        sample, DileptonCard(mass_resolution=0.012, normalisation=Normalisation("state", 1e-6, "phi"))
    )
    assert float(np.sum(known.shift)) == pytest.approx(0.0, abs=1e-8)
    assert float(np.sum(phi.shift)) == pytest.approx(-0.1 * float(np.sum(mock.weight)))
