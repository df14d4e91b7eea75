"""The public surface and its start-up."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import darkbeam


def test_every_public_name_resolves() -> None:
    for name in darkbeam.__all__:
        assert getattr(darkbeam, name) is not None
    assert set(dir(darkbeam)) == set(darkbeam.__all__)
    with pytest.raises(AttributeError, match="no attribute 'reech'"):
        darkbeam.reech  # noqa: B018


def test_import_is_light() -> None:
    code = "import darkbeam, sys; print([m for m in ('numpy', 'scipy', 'matplotlib', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reach_stays_a_function_after_everything_is_imported() -> None:
    darkbeam.rate("NuCal", 0.05, 1e-6, sources=("meson:pi0",), n_draws=2000)
    result = darkbeam.reach("NuCal", sources=("meson:pi0",), masses=(0.02, 0.1, 3), n_draws=4000, cache=False)
    assert np.all(result.epsilon_lower < result.epsilon_upper)


def test_rate_equals_reach_at_the_edge() -> None:
    result = darkbeam.reach("NuCal", masses=(0.05, 0.06, 2))
    for edge in (result.epsilon_lower, result.epsilon_upper):
        at = darkbeam.rate("NuCal", float(result.masses_GeV[0]), float(edge[0]))
        assert at.events == pytest.approx(result.threshold, rel=0.1)


def test_more_protons_reach_further() -> None:
    choices = {"sources": ("meson:pi0",), "masses": (0.02, 0.06, 3), "n_draws": 8000, "cache": False}
    few, many = (darkbeam.reach("NuCal", pot=pot, **choices) for pot in (1e17, 1e19))
    assert np.all(many.epsilon_lower < few.epsilon_lower)
    assert np.all(many.epsilon_upper > few.epsilon_upper)
    # N ~ eps^4 at the lower edge: a hundred times the protons, 100^(1/4) in epsilon
    np.testing.assert_allclose(few.epsilon_lower / many.epsilon_lower, 100**0.25, rtol=0.03)


def test_contours_are_smooth_in_mass() -> None:
    """No Monte Carlo jitter above 2 % between neighbouring masses, away from thresholds."""
    result = darkbeam.reach("SHiP", masses=(0.24, 0.40, 16), sources=("meson", "bremsstrahlung"), cache=False)
    x = np.log(result.masses_GeV)
    for edge in (result.epsilon_lower, result.epsilon_upper):
        y = np.log(edge)
        smooth = np.polyval(np.polyfit(x, y, 5), x)
        inner = (result.masses_GeV > 0.29) & (result.masses_GeV < 0.39)
        assert np.max(np.abs(y - smooth)[inner]) < 0.02
