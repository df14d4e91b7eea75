"""Expected events at one point, where floating-point numbers end."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.sensitivity.single import rate
from darkbeam.sensitivity.vertices import SMALLEST


@pytest.mark.parametrize("epsilon", [1e-5, 1e-100])
def test_events_that_underflow_are_an_error(epsilon: float) -> None:
    with pytest.raises(
        ValueRangeError, match=r"CODEX_b: fewer than 1e-140 decays .*c tau = .*, too few to compute"
    ):
        rate("CODEX_b", 0.3, epsilon, sources=("meson:omega",))


def test_a_source_that_underflows_is_named() -> None:
    result = rate("CODEX_b", 0.3, 7e-6, sources=("meson:omega", "meson:phi"))
    omega, phi = result.by_source["meson:omega"], result.by_source["meson:phi"]
    assert not omega.below_range
    assert omega.events > SMALLEST
    assert omega.error > 0.0
    assert phi.below_range
    assert result.to_dict()["by_source"]["meson:phi"]["below_range"] is True
    assert np.isfinite(list(result.variations.values())).all()
