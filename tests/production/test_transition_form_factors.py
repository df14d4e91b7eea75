"""Transition form factors: normalisation, slopes, published numbers."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import UnknownNameError
from darkbeam.production.transition_form_factors import FORM_FACTOR_SETS, form_factor_squared

VERTICES = ("pi0", "eta", "etap", "omega", "phi", "Delta")


@pytest.mark.parametrize("name", FORM_FACTOR_SETS)
@pytest.mark.parametrize("vertex", VERTICES)
def test_one_at_the_photon_point(vertex, name):
    assert form_factor_squared(vertex, 0.0, name) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("vertex", "inverse"), [("eta", 1.95), ("omega", 2.223), ("phi", 1.28)])
def test_slope_is_the_measured_one(vertex, inverse):
    """F = 1 + q^2/Lambda^2 + ..., so d|F|^2/dq^2 = 2/Lambda^2."""
    h = 1e-5
    slope = (form_factor_squared(vertex, h) - form_factor_squared(vertex, -h)) / (2 * h)
    assert slope == pytest.approx(2.0 * inverse, rel=1e-6)


def test_end_point_of_omega():
    """|F|^2 = 218 at q = M_omega - M_pi0, near the NA60 pole at 0.671 GeV."""
    assert form_factor_squared("omega", (0.78266 - 0.1349768) ** 2) == pytest.approx(218.0, rel=0.01)


def test_none_is_one_everywhere():
    q2 = np.linspace(0.0, 0.2, 5)
    for vertex in VERTICES:
        np.testing.assert_array_equal(form_factor_squared(vertex, q2, "none"), np.ones(5))


def test_etap_peaks_at_the_rho():
    q = np.linspace(0.3, 0.95, 651)
    assert q[np.argmax(form_factor_squared("etap", q**2))] == pytest.approx(0.79, abs=0.002)
    assert q[np.argmax(form_factor_squared("etap", q**2, "vmd"))] == pytest.approx(0.775, abs=0.002)


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="Did you mean 'default'"):
        form_factor_squared("eta", 0.0, "defalt")
    with pytest.raises(UnknownNameError, match="vertex"):
        form_factor_squared("rho0", 0.0)
