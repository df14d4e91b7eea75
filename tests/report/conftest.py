"""One small result for all reports."""

from __future__ import annotations

import pytest

from darkbeam.sensitivity.api import reach
from darkbeam.sensitivity.result import Reach


@pytest.fixture(scope="session")
def small_reach() -> Reach:
    """Contour of NuCal from neutral pions and bremsstrahlung at three masses."""
    return reach(
        "NuCal",
        sources=("meson:pi0", "bremsstrahlung"),
        masses=(0.03, 0.12, 3),
        n_draws=3000,
        refine=False,
        cache=False,
    )
