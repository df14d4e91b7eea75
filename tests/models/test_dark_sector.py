"""Invisible widths: limits, relations between kinds, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import DarkbeamError
from darkbeam.models import DarkPhoton, DarkSector

M = np.array([0.3, 1.0])


def test_massless_limits() -> None:
    """alpha_D m/3 of a Dirac fermion, a quarter for a complex scalar, a half for a Majorana fermion."""
    for kind, part in (("dirac", 1.0), ("scalar", 0.25), ("majorana", 0.5), ("pseudo-dirac", 1.0)):
        width = DarkSector(kind, 0.1, R_chi=1e-6).width(M)
        np.testing.assert_allclose(width, part * 0.1 * M / 3.0, rtol=1e-9)


def test_benchmark_value() -> None:
    """m_chi = m/3: (1 + 2/9) sqrt(5/9) for Dirac, (5/9)^{3/2} for the others."""
    r = 1.0 / 3.0
    assert DarkSector("dirac", 0.3, R_chi=r).width(M)[1] == pytest.approx(0.1 * 11 / 9 * (5 / 9) ** 0.5)
    assert DarkSector("scalar", 1.2, R_chi=r).width(M)[1] == pytest.approx(0.1 * (5 / 9) ** 1.5)


def test_no_splitting_is_dirac() -> None:
    for m_chi in (0.05, 0.149):
        same = DarkSector("pseudo-dirac", 0.1, m_chi=m_chi).width(M)
        np.testing.assert_allclose(same, DarkSector("dirac", 0.1, m_chi=m_chi).width(M), rtol=1e-12)


def test_splitting_closes_the_decay() -> None:
    assert DarkSector("pseudo-dirac", 0.1, R_chi=0.4, splitting=0.4).width(M)[0] > 0.0
    assert DarkSector("pseudo-dirac", 0.1, R_chi=0.4, splitting=0.6).width(M)[0] == 0.0


@pytest.mark.parametrize("kind", ["dirac", "scalar", "majorana", "pseudo-dirac"])
def test_zero_below_threshold(kind: str) -> None:
    closed, open_ = DarkSector(kind, 0.1, m_chi=0.2).width(M)
    assert closed == 0.0
    assert open_ > 0.0


def test_visible_signal_disappears() -> None:
    """The invisible width does not scale with epsilon: BR_vis = epsilon^2 Gamma_vis/(... + Gamma_inv)."""
    model = DarkPhoton(dark=DarkSector("dirac", 0.1, R_chi=1 / 3))
    plain = float(DarkPhoton().width(0.5))
    invisible = float(model.partial_widths(0.5)["invisible"])
    for epsilon in (1.0, 1e-3, 1e-6):
        b = model.branching(0.5, epsilon)
        assert sum(b.values()) == pytest.approx(1.0, abs=1e-12)
        visible = epsilon**2 * plain
        assert 1.0 - b["invisible"] == pytest.approx(visible / (visible + invisible), abs=1e-12)
        assert b["e+e-"] == pytest.approx(
            DarkPhoton().branching(0.5)["e+e-"] * visible / (visible + invisible)
        )
    heavy = DarkPhoton(dark=DarkSector("dirac", 0.1, m_chi=0.3))
    assert heavy.ctau(0.5) == DarkPhoton().ctau(0.5)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kind": "diract", "R_chi": 0.3}, "dirac"),
        ({"kind": "dirac"}, "m_chi"),
        ({"kind": "dirac", "R_chi": 0.3, "m_chi": 0.1}, "either"),
        ({"kind": "dirac", "R_chi": -0.3}, "R_chi"),
        ({"kind": "dirac", "R_chi": 0.3, "alpha_D": 0.0}, "alpha_D"),
        ({"kind": "dirac", "R_chi": 0.3, "splitting": 0.1}, "pseudo-dirac"),
        ({"kind": "pseudo-dirac", "R_chi": 0.3, "splitting": -0.1}, "splitting"),
    ],
)
def test_refusals(settings: dict[str, float], match: str) -> None:
    with pytest.raises(DarkbeamError, match=match):
        DarkSector(**settings)
