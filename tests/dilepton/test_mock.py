"""The mock sample and its truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, ks_2samp

from darkbeam.constants import M_MU
from darkbeam.dilepton.mock import CHANNELS, PAIRS_PER_COLLISION, mock_density, mock_kinematics, mock_sample
from darkbeam.dilepton.sample import energy_limit, lab_shift
from darkbeam.errors import MassRangeError


def test_masses_follow_the_density() -> None:
    sample = mock_sample(200_000, 11)
    edges = np.concatenate([np.linspace(0.212, 1.1, 60), np.linspace(1.15, 3.0, 12)])
    fine = np.linspace(0.2113, 3.05, 400_001)
    density = mock_density(fine) / PAIRS_PER_COLLISION
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(fine))])
    expected = np.diff(np.interp(edges, fine, cumulative)) * len(sample)
    counted = np.histogram(sample.mass, edges)[0]
    assert chi2.sf(np.sum((counted - expected) ** 2 / expected), expected.size) > 1e-3


def test_density_of_each_channel_is_normalised() -> None:
    m = np.linspace(2.0 * M_MU, 4.0, 500_001)
    for label, channel in CHANNELS.items():
        if label != "jpsi":  # narrower than the grid
            density = mock_density(m, (label,))
            assert np.sum(density) * (m[1] - m[0]) == pytest.approx(
                channel.share * PAIRS_PER_COLLISION, rel=2e-3
            )


@pytest.mark.parametrize("mass", [0.4, 0.6])
def test_conditional_kinematics_are_those_of_the_sample(mass: float) -> None:
    sample = mock_sample(300_000, 5)
    near = np.abs(sample.mass - mass) < 0.01
    pt, y = mock_kinematics(sample.mass[near], np.random.default_rng(1))
    assert ks_2samp(pt, sample.pt[near]).pvalue > 1e-3
    assert ks_2samp(y, sample.y[near]).pvalue > 1e-3


def test_sample_is_physical_and_reproducible() -> None:
    one, two = mock_sample(5000, 3), mock_sample(5000, 3)
    np.testing.assert_array_equal(one.mass, two.mass)
    energy = np.hypot(one.mass, one.pt) * np.cosh(one.y - lab_shift(one.facility))
    assert np.all(energy < energy_limit(one.mass, one.facility))
    assert not np.array_equal(one.mass, mock_sample(5000, 4).mass)
    assert np.all(one.energy() < one.facility.beam_energy)


def test_outside_the_cocktail_is_refused() -> None:
    with pytest.raises(MassRangeError, match="no pairs of 5 GeV"):
        mock_kinematics(np.array([5.0]), np.random.default_rng(1))
