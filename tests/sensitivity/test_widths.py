"""Variations of the decay width from the draws of the central one, against a calculation with the varied model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.errors import UnknownNameError
from darkbeam.models import get_model
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.point import MassPoint, compute_point
from darkbeam.sensitivity.single import rate
from darkbeam.sensitivity.widths import WIDTHS, check_widths, width_changes

MASS = 1.8  # hadrons vary by 8 % here
NAMES = ("width-low", "width-high", "scheme-default", "scheme-deliver")


@pytest.fixture(scope="module")
def points() -> dict[str, MassPoint]:
    """Central calculation with its variations, and one calculation for each varied model."""
    options = Options(sources=("bremsstrahlung",), widths=NAMES, n_draws=40_000, n_rays=20_000, precision=1.0)
    setup = replace(prepare("SHiP", options)[1], min_mothers=0.0)
    found = {"central": compute_point(setup, MASS)}
    for name in ("width-low", "width-high"):
        varied = replace(setup, model=setup.model.with_variation(name), widths=())
        found[name] = compute_point(varied, MASS)
    return found


@pytest.mark.parametrize("name", ["width-low", "width-high"])
def test_against_the_varied_model(points: dict[str, MassPoint], name: str) -> None:
    central = points["central"].by_variation
    eps = np.array([3e-8, 2e-7, 6e-7])  # linear, maximum, exponential side
    ours = central[name].events(eps) / central["central"].events(eps)
    brute = points[name].by_variation["central"].events(eps) / central["central"].events(eps)
    np.testing.assert_allclose(ours, brute, rtol=4e-3)
    assert np.all(np.abs(ours[[0, 2]] - 1.0) > 0.03)  # much more than the tolerance


def test_more_hadrons_more_events_below_and_fewer_above(points: dict[str, MassPoint]) -> None:
    spectra = points["central"].by_variation
    low, high = spectra["width-low"].events([3e-8, 1e-6]), spectra["width-high"].events([3e-8, 1e-6])
    assert low[0] < high[0]
    assert low[1] > high[1]


def test_the_central_scheme_changes_nothing(points: dict[str, MassPoint]) -> None:
    spectra = points["central"].by_variation
    assert spectra["scheme-default"] is spectra["central"]
    assert spectra["scheme-deliver"] is not spectra["central"]


def test_changes_without_hadrons_are_none() -> None:
    assert width_changes(get_model("dark-photon"), 0.1, NAMES) == ()


def test_scale_is_the_ratio_of_lifetimes() -> None:
    model = get_model("dark-photon")
    for change in width_changes(model, MASS, (*NAMES[:2], "width-1.6-2.0-high")):
        lifetimes = model.ctau(MASS) / model.with_variation(change.name).ctau(MASS)
        assert change.scale == pytest.approx(float(lifetimes), rel=1e-12)
    (deliver,) = width_changes(model, MASS, ("scheme-deliver",))
    assert deliver.scale == pytest.approx(float(model.ctau(MASS) / model.with_scheme("deliver").ctau(MASS)))


def test_words() -> None:
    assert check_widths(["none"]) == ()
    assert check_widths(["all"]) == WIDTHS
    with pytest.raises(UnknownNameError, match="width-high"):
        check_widths(["width-hihg"])


def test_rate_has_the_variations_too() -> None:
    found = rate("SHiP", MASS, 3e-8, sources=("bremsstrahlung",), n_draws=2000, n_decays=512)
    v = found.variations
    assert v["width-low"] < v["central"] < v["width-high"]
