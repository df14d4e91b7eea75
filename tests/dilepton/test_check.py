"""Checks of a model against data, with models that are right and wrong by construction."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.check import (
    check_model,
    forward_acceptance,
    held_out_windows,
    mass_bins,
    resample_masses,
)
from darkbeam.dilepton.ensemble import training_hash
from darkbeam.dilepton.mock import mock_kinematics, mock_sample
from darkbeam.errors import ValueRangeError


@dataclass(frozen=True)
class Truth:
    """The mock itself as a back end, wrong by a factor in pT if wanted."""

    factor: float = 1.0
    about: dict[str, Any] = field(default_factory=dict)
    name: str = "truth"
    support: tuple[float, float] = (0.2114, 3.99)
    members: tuple[()] = ()

    def sample(self, mass: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        pt, y = mock_kinematics(mass, rng)
        return self.factor * pt, y


@pytest.fixture(scope="module")
def data() -> Any:
    return mock_sample(30_000, 7)


def test_perfect_model_scores_the_floor(data: Any) -> None:
    result = check_model(Truth(), data, classifier=False, n_model=100_000, n_forward=4000)
    numbers = result.to_json()
    for variable in ("pT", "y"):
        excess = numbers["kl_mean"][variable] - numbers["kl_floor"][variable]
        assert abs(excess) < 0.25 * numbers["kl_floor"][variable]
    assert numbers["n_data"] == 15_000
    pulls = [(r["model"] - r["truth"]) / r["truth_error"] for r in result.forward]
    assert len(pulls) >= 10
    assert np.sqrt(np.mean(np.square(pulls))) < 1.8
    assert not result.seen


def test_wrong_model_is_found_and_only_where_it_is_wrong(data: Any) -> None:
    numbers = check_model(Truth(1.25), data, classifier=False, n_model=100_000, n_forward=4000).to_json()
    assert numbers["kl_mean"]["pT"] > 1.6 * numbers["kl_floor"]["pT"]
    assert numbers["kl_mean"]["y"] < 1.3 * numbers["kl_floor"]["y"]


def test_json_has_the_agreed_keys(data: Any) -> None:
    model = Truth(about={"training_hash": training_hash(data), "notes": ["a note"]})
    result = check_model(model, data, classifier=False, n_model=20_000, n_forward=500)
    numbers = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert {"n_data", "auc", "auc_bootstrap", "auc_floor", "kl_mean", "kl_floor", "kl_mean_bootstrap"} <= set(
        numbers
    )
    assert {"lo", "hi", "n", "ks_pT", "ks_y", "kl_pT", "kl_y"} <= set(numbers["mass_bins"][0])
    assert numbers["trained_on_these_data"]
    assert len(numbers["notes"]) == 2


def test_weights_stand_for_pairs(data: Any) -> None:
    """Efficiency and its inverse as weights: the truth is still recognised."""
    efficiency = 0.2 + 0.8 * np.exp(-data.pt)
    kept = data.select(np.random.default_rng(1).random(len(data)) < efficiency)
    weighted = kept.reweighted(1.0 / (0.2 + 0.8 * np.exp(-kept.pt)))
    raw = check_model(Truth(), kept, classifier=False, n_model=60_000, n_forward=500).to_json()
    unfolded = check_model(Truth(), weighted, classifier=False, n_model=60_000, n_forward=500).to_json()
    assert raw["kl_mean"]["pT"] > 1.8 * raw["kl_floor"]["pT"]
    assert unfolded["kl_mean"]["pT"] < 1.3 * unfolded["kl_floor"]["pT"]


def test_bins_hold_pairs_enough_and_cover_the_data(data: Any) -> None:
    edges = mass_bins(data.mass, data.weight)
    counts = np.histogram(data.mass, edges)[0]
    assert counts.sum() == len(data)
    assert counts.min() >= 200
    with pytest.raises(ValueRangeError, match="too few pairs"):
        mass_bins(data.mass[:300], data.weight[:300])


def test_masses_are_resampled_by_weight() -> None:
    rng = np.random.default_rng(1)
    drawn = resample_masses(np.array([0.3, 0.5, 0.7]), np.array([1.0, 0.0, 3.0]), 40_000, rng)
    assert np.mean(drawn == 0.7) == pytest.approx(0.75, abs=1e-3)
    assert not np.any(drawn == 0.5)


def test_acceptance_against_exact_draws(data: Any) -> None:
    rows = forward_acceptance(
        {"model": Truth()},
        data,
        np.random.default_rng(2),
        truth=mock_kinematics,
        masses=(0.5, 1.2, 9.0),
        n=10_000,
    )
    assert [r["mass_GeV"] for r in rows] == [0.5, 1.2]
    assert all(abs(r["model"] - r["truth"]) < 5.0 * r["truth_error"] for r in rows)


def test_windows(data: Any) -> None:
    """A model that knows the truth passes; the bootstrap without the window is worse in a wide one."""
    test = mock_sample(60_000, 8)
    rng = np.random.default_rng(3)
    rows = held_out_windows(lambda _: Truth(), data, test, rng, model=Truth(), n=30_000)
    assert [r["lo"] for r in rows] == [0.30, 0.55, 0.86, 1.5]
    assert all(r["ks_pT"] < 0.06 for r in rows)
    assert all(r["removed"] > 0 for r in rows)
    wide = held_out_windows(
        lambda s: fit_bootstrap(s, rng, members=0), data, test, rng, windows=((0.3, 0.75),), n=30_000
    )
    assert wide[0]["ks_pT"] > 0.025
