"""Samples of lepton pairs."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.dilepton.mock import PAIRS_PER_COLLISION, mock_sample
from darkbeam.dilepton.sample import DileptonSample, lab_shift, lepton_mass
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.source import N_BLOCKS


def test_selection_takes_its_share_of_the_normalisation() -> None:
    sample = mock_sample(4000, 1)
    light = sample.select(sample.mass < 0.5)
    assert light.normalisation == pytest.approx(PAIRS_PER_COLLISION * len(light) / 4000)
    blocks = [sample.of_block(k) for k in range(N_BLOCKS)]
    assert sum(len(b) for b in blocks) == 4000
    assert sum(b.normalisation or 0.0 for b in blocks) == pytest.approx(PAIRS_PER_COLLISION)


def test_effective_size() -> None:
    sample = mock_sample(100, 1)
    assert sample.effective_size == pytest.approx(100.0)
    weight = np.where(np.arange(100) < 50, 3.0, 1.0)
    assert sample.reweighted(weight).effective_size == pytest.approx(200.0**2 / 500.0)


def test_replicas_fluctuate_like_counts() -> None:
    sample, rng = mock_sample(2000, 1), np.random.default_rng(3)
    sizes = np.array([float(np.sum(sample.resampled(rng).weight)) for _ in range(200)])
    assert np.mean(sizes) == pytest.approx(2000.0, abs=5.0 * np.sqrt(2000.0 / 200.0))
    assert np.std(sizes) == pytest.approx(np.sqrt(2000.0), rel=0.25)


def test_lab_rapidity_of_the_centre_of_mass() -> None:
    sps = get_facility("SPS")
    assert lab_shift(sps) == pytest.approx(np.arccosh((400.0 + 0.93827) / sps.sqrt_s), rel=1e-5)
    assert lab_shift(get_facility("LHC")) == pytest.approx(0.0, abs=1e-12)


def test_wrong_input_is_named() -> None:
    x = np.ones(3)
    with pytest.raises(UnknownNameError, match="lepton"):
        lepton_mass("tau")
    with pytest.raises(ValueRangeError, match="column weight has the shape"):
        DileptonSample(x, x, x, np.ones(2))
