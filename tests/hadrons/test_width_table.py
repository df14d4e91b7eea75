"""The shipped table against direct evaluation of the modules, and against measured R."""

from __future__ import annotations

import time

import numpy as np
import pytest

from darkbeam.hadrons import four_pion
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.hadrons.width_table import channel_tables, exclusive_ratios

FOUR_PION = {"2pi+2pi-": four_pion.ratio_charged, "pi+pi-2pi0": four_pion.ratio_neutral}


@pytest.mark.parametrize("name", [n for n in EXCLUSIVE if n not in FOUR_PION])
def test_table_is_the_function(name: str) -> None:
    table, channel = channel_tables()[name], EXCLUSIVE[name]
    rng = np.random.default_rng(7)
    m = np.concatenate([rng.uniform(table.threshold, 2.5, 40), rng.uniform(0.77, 0.80, 10), [1.0187, 1.0203]])
    m = m[m > table.threshold + 1e-3]
    np.testing.assert_allclose(table(m), channel.ratio(m), rtol=1e-3)


@pytest.mark.parametrize("name", FOUR_PION)
def test_four_pion_table(name: str) -> None:
    m = np.array([0.85, 0.93, 1.13, 1.45, 1.9])
    np.testing.assert_allclose(channel_tables()[name](m), FOUR_PION[name](m, n=2**12, seed=33), rtol=0.012)


@pytest.mark.parametrize("name", FOUR_PION)
def test_four_pion_table_is_smooth(name: str) -> None:
    """Common random numbers: no jitter between neighbouring masses."""
    m = np.arange(1.1, 2.48, 0.01)
    curvature = np.abs(np.diff(np.log(channel_tables()[name](m)), 2))
    assert curvature.max() < 0.006


def test_power_law_below_the_first_node() -> None:
    table = channel_tables()["pi+pi-"]
    x = table.threshold + np.array([1e-6, 1e-5])
    r = table(x)
    assert np.log(r[1] / r[0]) / np.log(10.0) == pytest.approx(1.5, abs=0.02)
    assert table([table.threshold, 0.1]).tolist() == [0.0, 0.0]


# PDG R compilation, error-weighted bin averages, where R varies little inside the bin
MEASURED = [
    (0.70, 0.76, 7.231, 0.035),
    (1.20, 1.40, 1.183, 0.035),
    (1.04, 1.20, 0.981, 0.06),
    (1.4, 1.6, 1.952, 0.06),
]


@pytest.mark.parametrize(("lo", "hi", "measured", "tolerance"), MEASURED)
def test_sum_against_measured_ratio(lo: float, hi: float, measured: float, tolerance: float) -> None:
    mean = np.mean(np.sum(list(exclusive_ratios(np.linspace(lo, hi, 200)).values()), axis=0))
    assert mean == pytest.approx(measured, rel=tolerance)


def test_speed() -> None:
    m = np.linspace(0.3, 2.4, 1000)
    exclusive_ratios(m)
    start = time.process_time()
    exclusive_ratios(m)
    assert time.process_time() - start < 0.05
