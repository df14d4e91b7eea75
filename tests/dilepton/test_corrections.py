"""Efficiency, backgrounds and radiation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import ALPHA, M_MU
from darkbeam.dilepton.corrections import (
    averaged,
    born_masses,
    like_sign,
    line_template,
    mixed_events,
    radiation,
    subtract,
)
from darkbeam.dilepton.efficiency import EfficiencyTable, unfold
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.sample import DileptonSample
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def falling(_mass: Array, pt: Array, y: Array, /) -> Array:
    """Efficiency of 8 to 80 %."""
    return np.clip(0.8 / (1.0 + np.exp(2.0 * (3.0 - y))) * (1.0 - 0.2 * pt), 0.08, 0.8)


def joined(a: DileptonSample, b: DileptonSample) -> DileptonSample:
    columns = {k: np.concatenate([getattr(a, k), getattr(b, k)]) for k in ("mass", "pt", "y", "weight")}
    return DileptonSample(**columns)


def test_unfolding_restores_the_sample() -> None:
    """Mean pT, mean y and the number of pairs within 4 standard errors; both are far off without."""
    sample, rng = mock_sample(100_000, 4), np.random.default_rng(1)
    seen = sample.select(rng.random(len(sample)) < falling(sample.mass, sample.pt, sample.y))
    result = unfold(seen, falling).sample
    assert float(np.sum(result.weight)) == pytest.approx(1e5, rel=4.0 / np.sqrt(result.effective_size))
    for name in ("pt", "y"):
        x, w = getattr(result, name), result.weight
        true = getattr(sample, name)
        error = np.std(true) / np.sqrt(result.effective_size)
        assert abs(np.average(x, weights=w) - np.mean(true)) < 4.0 * error
    assert abs(np.mean(seen.y) - np.mean(sample.y)) > 0.3


def test_floor_refuses_or_drops() -> None:
    sample = mock_sample(2000, 4)

    def steep(_m: Array, _pt: Array, y: Array, /) -> Array:
        return np.where(y < 2.0, 0.01, 0.5)

    low = int(np.sum(sample.y < 2.0))
    with pytest.raises(ValueRangeError, match=f"{low} of 2000 pairs"):
        unfold(sample, steep)
    result = unfold(sample, steep, below_floor="drop")
    assert result.dropped == low
    assert np.min(result.sample.y) >= 2.0
    np.testing.assert_allclose(result.sample.weight, 2.0)
    with pytest.raises(ValueRangeError, match="2000 pairs is not between 0 and 1"):
        unfold(sample, lambda m, _p, _y: m * 0.0 + 1.5)


def test_efficiency_table(tmp_path: Path) -> None:
    path = tmp_path / "eff.csv"
    grid = [(m, p, y, 0.1 * m + 0.1 * p) for m in (0.0, 4.0) for p in (0.0, 2.0) for y in (0.0, 6.0)]
    path.write_text("mass,pt,y,efficiency\n" + "".join(",".join(map(str, row)) + "\n" for row in grid))
    table = EfficiencyTable.from_csv(path)
    values = table(np.array([1.0, 5.0]), np.array([1.0, 1.0]), np.array([3.0, 3.0]))
    np.testing.assert_allclose(values, [0.2, 0.0])
    path.write_text("mass,pt,y,efficiency\n" + "0,0,0,0.5\n1,1,1,0.5\n")
    with pytest.raises(ValueRangeError, match="are not a grid"):
        EfficiencyTable.from_csv(path)


def test_subtraction_in_every_slice() -> None:
    """Signal plus a background of other shape, minus an independent sample of the background."""
    signal = mock_sample(60_000, 1)
    rng = np.random.default_rng(2)

    def background(n: int) -> DileptonSample:
        return DileptonSample(
            0.22 + rng.exponential(0.5, n), rng.exponential(0.4, n), rng.normal(3.4, 0.8, n), np.ones(n)
        )

    result = subtract(joined(signal, background(20_000)), background(20_000))
    assert np.all(result.sample.weight >= 0.0)
    for low, high in ((0.25, 0.4), (0.4, 0.6), (0.6, 0.8), (1.1, 2.0)):
        for data in (signal, result.sample):
            assert data.mass.size > 0
        got, true = (
            float(np.sum(s.weight[(s.mass > low) & (s.mass < high)])) for s in (result.sample, signal)
        )
        fluctuation = np.sqrt(
            2.0 * 20_000 * (np.exp(-(low - 0.22) / 0.5) - np.exp(-(high - 0.22) / 0.5)) + true
        )
        # a cell that sits across the edge of a slice shares its background between both sides
        assert abs(got - true) < 4.0 * fluctuation + 0.04 * true
    assert float(np.sum(result.sample.weight)) == pytest.approx(60_000, rel=0.02)
    with pytest.raises(ValueRangeError, match="not smaller than the data"):
        subtract(signal, background(70_000))


def test_like_sign_template() -> None:
    """Uncorrelated muons of both charges: 2 sqrt(N++ N--) opposite-sign pairs."""
    signal, fake, rng = mock_sample(20_000, 1), mock_sample(12_000, 2), np.random.default_rng(3)
    charge = np.where(rng.random(12_000) < 0.7, 1.0, -1.0) + np.where(rng.random(12_000) < 0.7, 1.0, -1.0)
    both = replace(joined(signal, fake), charge=np.concatenate([np.zeros(20_000), charge]))
    opposite, template = like_sign(both)
    accidental = float(np.sum(charge == 0.0))
    assert float(np.sum(template.weight)) == pytest.approx(accidental, rel=0.04)
    assert float(np.sum(subtract(opposite, template).sample.weight)) == pytest.approx(20_000, rel=0.02)
    with pytest.raises(ValueRangeError, match="needs the column charge"):
        like_sign(signal)


def test_event_mixing() -> None:
    """The norm is 2 sqrt(N++ N--), counted by hand on three events; mixed pairs never share an event."""
    event = np.array([0, 0, 0, 1, 1, 2, 2])
    charge = np.array([1, 1, -1, -1, -1, 1, 1])
    momentum = np.random.default_rng(1).normal(0.0, 0.3, (3, 7)) + np.array([0.0, 0.0, 10.0])[:, None]
    template = mixed_events(event, charge, momentum, 500, np.random.default_rng(2))
    # ++ pairs: events 0 and 2; -- pairs: event 1
    assert float(np.sum(template.weight)) == pytest.approx(2.0 * np.sqrt(2.0 * 1.0))
    pairs = [
        (i, j)
        for i in range(7)
        for j in range(7)
        if charge[i] == 1 and charge[j] == -1 and event[i] != event[j]
    ]
    allowed = np.array([momentum[2, i] + momentum[2, j] for i, j in pairs])
    pz = np.hypot(template.mass, template.pt) * np.sinh(template.y)
    assert np.all(np.min(np.abs(pz[:, None] - allowed), axis=1) < 1e-9)


def test_line_template() -> None:
    sample = mock_sample(20_000, 1)
    line = line_template(sample, 0.547862, 40.0, 0.01, np.random.default_rng(1))
    assert float(np.sum(line.weight)) == pytest.approx(40.0)
    assert np.std(line.mass) == pytest.approx(0.0055, rel=0.05)
    after = subtract(sample, line, (200, 1, 1))
    assert after.removed == pytest.approx(40.0, rel=1e-6)


@pytest.mark.parametrize("mass", [0.3, 0.78, 3.1])
def test_radiation_against_integration(mass: float) -> None:
    h = 2.0 * ALPHA / np.pi * (np.log(mass**2 / M_MU**2) - 1.0)

    def law(x: float) -> float:  # x^{h-1} taken out by substitution t = x^h
        z = 1.0 - x ** (1.0 / h)
        return 0.5 * (1.0 + z * z)

    norm = quad(law, 0.0, 1.0)[0]
    for z in (0.2, 0.9, 0.999):
        expected = quad(law, 0.0, (1.0 - z) ** h)[0] / norm
        assert float(radiation(np.array(z), np.array(mass), M_MU)) == pytest.approx(expected, rel=1e-7)


def test_born_masses_restore_the_peaks() -> None:
    sample, rng = mock_sample(150_000, 3), np.random.default_rng(1)
    u, low, high = rng.random(len(sample)), np.zeros(len(sample)), np.ones(len(sample))
    for _ in range(45):
        z = 0.5 * (low + high)
        above = radiation(z, sample.mass, M_MU) > u
        low, high = np.where(above, z, low), np.where(above, high, z)
    seen = replace(sample, mass=sample.mass * np.sqrt(low))
    seen = seen.select(seen.mass > 2.0 * M_MU)
    corrected = born_masses(seen)
    for lower, upper, shift in ((0.9, 1.0, 0.06), (0.77, 0.79, -0.02), (1.01, 1.03, -0.03)):
        counts = [
            float(np.sum(s.weight[(s.mass > lower) & (s.mass < upper)])) for s in (sample, seen, corrected)
        ]
        assert (counts[1] / counts[0] - 1.0) / shift > 1.0
        assert counts[2] / counts[0] == pytest.approx(1.0, abs=4.0 / np.sqrt(counts[0]))


def test_averaged_weights_of_both_signs() -> None:
    """Sums over cells are kept, no weight is negative, the spectrum is that of the signal."""
    rng = np.random.default_rng(5)
    signal = mock_sample(30_000, 6)
    flat = signal.select(rng.integers(0, len(signal), 10_000))
    flat = replace(flat, mass=rng.uniform(0.3, 2.0, 10_000))
    both = replace(
        signal,
        **{k: np.concatenate([getattr(signal, k), getattr(flat, k), getattr(flat, k)]) for k in ("mass", "pt", "y")},
        weight=np.concatenate([np.ones(40_000), -np.ones(10_000)]), label=None,
    )  # fmt: skip
    result = averaged(both)
    assert np.all(result.sample.weight >= 0.0)
    assert np.sum(result.sample.weight) == pytest.approx(30_000 + result.excess, rel=1e-9)
    edges = np.quantile(signal.mass, np.linspace(0.0, 1.0, 9))
    found = np.histogram(result.sample.mass, edges, weights=result.sample.weight)[0]
    assert np.max(np.abs(found / 3750.0 - 1.0)) < 0.15
    with pytest.raises(ValueRangeError, match="sum to"):
        averaged(both.reweighted(-np.ones(50_000)))
