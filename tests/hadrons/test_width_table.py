"""The shipped table against direct evaluation of the modules, and against measured R."""

from __future__ import annotations

import time

import numpy as np
import pytest

from darkbeam.hadrons import four_pion
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.hadrons.couplings import Couplings
from darkbeam.hadrons.width_table import CURRENTS, channel_tables, exclusive_ratios

FOUR_PION = {"2pi+2pi-": four_pion.ratio_charged, "pi+pi-2pi0": four_pion.ratio_neutral}


@pytest.mark.parametrize("name", [n for n in EXCLUSIVE if n not in FOUR_PION])
def test_table_is_the_function(name: str) -> None:
    table, channel = channel_tables()[name], EXCLUSIVE[name]
    rng = np.random.default_rng(7)
    m = np.concatenate([rng.uniform(table.threshold, 2.5, 40), rng.uniform(0.77, 0.80, 10), [1.0187, 1.0203]])
    m = m[m > table.threshold + 1e-3]
    np.testing.assert_allclose(table(m), channel.ratio(m), rtol=1e-3)


MIXED = [n for n, channel in EXCLUSIVE.items() if len(channel.currents) > 1]
# baryon number, a sign of each current changed, and any
COUPLINGS = [Couplings(0, 2, -1), Couplings(1, -1, 1), Couplings(-1, 1, -2), Couplings(0.3, 1.7, 0.8)]


@pytest.mark.parametrize("name", MIXED)
def test_forms_are_the_functions(name: str) -> None:
    """Other charges: 1e-3 of R unless R is far below the sum of its currents (a destructive zero)."""
    table, channel = channel_tables()[name], EXCLUSIVE[name]
    rng = np.random.default_rng(11)
    m = np.concatenate([rng.uniform(table.threshold, 2.5, 12), [0.779, 0.7871, 1.0187, 1.0203, 1.05]])
    m = m[m > table.threshold + 1e-3]
    single = [channel.ratio(m, Couplings(*row)) for row in np.eye(3)]
    for c in COUPLINGS:
        true = channel.ratio(m, c)
        alone = sum(x * x * r for x, r in zip((c.c1, c.c0, c.cs), single, strict=True))
        found = exclusive_ratios(m, c)[name]
        np.testing.assert_array_less(np.abs(found - true), np.maximum(1e-3 * true, 4e-4 * alone))


def test_photon_is_the_table_and_zero_is_zero() -> None:
    m = np.linspace(0.2, 2.6, 500)
    plain, photon = exclusive_ratios(m), exclusive_ratios(m, Couplings())
    for name, r in plain.items():
        np.testing.assert_allclose(photon[name], r, rtol=1e-12)
        assert np.all(exclusive_ratios(m, Couplings(0.0, 0.0, 0.0))[name] == 0.0)


def test_ratios_are_never_negative() -> None:
    m = np.linspace(0.3, 2.5, 4000)
    for c in np.random.default_rng(3).normal(size=(40, 3)):
        assert min(r.min() for r in exclusive_ratios(m, c).values()) >= 0.0


def test_couplings_for_each_mass() -> None:
    m = np.array([0.9, 1.3, 1.7])
    c = np.array([[0.0, 1.0, 0.5], [2.0, 1.0, -0.3], [-1.0, 1.0, 2.0]])
    together = exclusive_ratios(m, c)
    for k in range(3):
        alone = exclusive_ratios(m[k : k + 1], Couplings(*c[:, k]))
        for name, r in alone.items():
            assert together[name][k] == pytest.approx(r[0], rel=1e-12)


@pytest.mark.parametrize("name", [n for n in EXCLUSIVE if n not in FOUR_PION])
def test_currents_that_do_not_feed_a_channel(name: str) -> None:
    channel = EXCLUSIVE[name]
    m = np.array([1.9, 2.2])
    for letter, row in zip(CURRENTS, np.eye(3), strict=True):
        assert np.all((channel.ratio(m, Couplings(*row)) > 0.0) == (letter in channel.currents))


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
