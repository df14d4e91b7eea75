"""The mass grid."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import MassRangeError
from darkbeam.sensitivity.masses import closing_masses, mass_grid, parse_masses


def test_grid_keeps_its_ends_and_adds_nodes() -> None:
    grid = mass_grid(0.01, 3.0, 60, extra=[0.7827, 1.0195, 9.0])
    assert (grid[0], grid[-1]) == (0.01, 3.0)
    assert np.all(np.diff(grid) > 0)
    assert 60 <= len(grid) < 140
    assert np.min(np.abs(grid - 0.7827)) < 5e-4
    assert grid.max() <= 3.0


def test_the_plain_grid_is_what_was_asked_for() -> None:
    np.testing.assert_allclose(
        mass_grid(0.01, 2.0, 47, extra=[0.78], refine=False), np.geomspace(0.01, 2.0, 47)
    )


@pytest.mark.parametrize("text", ["1:0.1:5", "0:1:5", "0.1:1:1", "0.1:1", "a:b:c", "-1:1:3", "0.1:inf:5"])
def test_bad_ranges_are_refused(text: str) -> None:
    with pytest.raises(MassRangeError):
        parse_masses(text)


def test_closing_masses_bisect_where_the_region_ends() -> None:
    new = closing_masses([1.0, 2.0, 3.0], [True, True, False])
    assert len(new) == 2
    assert all(2.0 < m < 3.0 for m in new)
    assert closing_masses([1.0, 1.001], [True, False]) == []
