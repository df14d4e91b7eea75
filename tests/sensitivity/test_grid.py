"""Grids of N(m, epsilon): a contour can be computed again from them."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.sensitivity.api import decay_spectra, reach
from darkbeam.sensitivity.grid import EventGrid, event_grid, parse_epsilon
from darkbeam.sensitivity.options import Options

OPTIONS = Options(sources=("meson:pi0",), n_draws=4000, masses=(0.02, 0.1, 3), refine=False)
MASSES = np.geomspace(0.02, 0.1, 3)


@pytest.fixture(scope="module")
def grid() -> EventGrid:
    return event_grid("NuCal", [*MASSES, 0.5], (1e-8, 1e-4, 81), options=OPTIONS)


def test_masses_without_source_are_left_out(grid: EventGrid) -> None:
    np.testing.assert_allclose(grid.masses_GeV, MASSES)
    assert grid.events["central"].shape == grid.error.shape == (3, 81)


def test_spectra_reproduce_the_contour(grid: EventGrid) -> None:
    result = reach("NuCal", options=OPTIONS, cache=False)
    found = np.array([grid.edges(k)[0] for k in range(3)])
    np.testing.assert_allclose(found[:, 0], result.epsilon_lower, rtol=1e-8)
    np.testing.assert_allclose(found[:, 1], result.epsilon_upper, rtol=1e-8)
    (island,) = grid.islands()
    np.testing.assert_allclose(np.array(island)[:, 1], result.epsilon_lower, rtol=1e-8)


def test_grid_alone_reproduces_it_to_its_spacing(grid: EventGrid) -> None:
    bare = EventGrid(**{**vars(grid), "spectra": {}})
    for k in range(3):
        np.testing.assert_allclose(bare.edges(k), grid.edges(k), rtol=0.02)
        np.testing.assert_allclose(bare.edges(k, 50.0), grid.edges(k, 50.0), rtol=0.02)


def test_sums(grid: EventGrid) -> None:
    """The only source is everything, and the formula of the docstring holds."""
    np.testing.assert_allclose(grid.by_source["meson:pi0"], grid.spectra["central"], rtol=1e-12)
    ln_lam = 0.01 * (grid.first + np.arange(grid.spectra["central"].shape[1]))
    eps = grid.epsilon[40]
    slow = sum(
        c * eps**4 * np.exp(-(eps**2) * np.exp(x))
        for c, x in zip(grid.spectra["central"][1], ln_lam, strict=True)
    )
    assert grid.events["central"][1, 40] == pytest.approx(slow, rel=1e-10)


def test_equal_to_the_spectra_of_the_api(grid: EventGrid) -> None:
    point = decay_spectra("NuCal", float(MASSES[1]), sources=("meson:pi0",), n_draws=4000)
    np.testing.assert_allclose(
        grid.events["central"][1], point.by_variation["central"].events(grid.epsilon), rtol=1e-12
    )


def test_regions_that_leave_the_grid_end_there() -> None:
    events = np.array([[9.0, 9.0, 1.0, 1.0, 9.0]])
    epsilon = np.geomspace(1e-8, 1e-4, 5)
    grid = EventGrid(
        "x", 3.0, np.array([0.1]), epsilon, {"central": events}, events, np.empty(0), 0, {}, {}, {}
    )
    (a, b), (c, d) = grid.edges(0)
    assert (a, d) == (1e-8, 1e-4)
    # ln N is linear in ln epsilon: 3 lies half way between 9 and 1
    assert b == pytest.approx(np.sqrt(1e-7 * 1e-6))
    assert c == pytest.approx(np.sqrt(1e-5 * 1e-4))


def test_wrong_requests(grid: EventGrid) -> None:
    with pytest.raises(UnknownNameError, match="variation"):
        grid.edges(0, variation="none")
    with pytest.raises(ValueRangeError, match="threshold"):
        grid.edges(0, -1.0)
    for text in ("1:2", "a:b:c", "1e-3:1e-5:9", "1e-8:2:9", "1e-8:1e-3:1"):
        with pytest.raises(ValueRangeError, match="couplings"):
            parse_epsilon(text)
