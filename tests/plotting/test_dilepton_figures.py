"""Figures of the data-driven source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darkbeam.plotting.dilepton import MEASURED, at_masses, draw_comparison, measured_band
from darkbeam.plotting.style import save_figure
from darkbeam.sensitivity.band import Band
from darkbeam.sensitivity.result import Reach

MASSES = np.geomspace(0.1, 1.0, 5)


def contour(lower: float, names: dict[str, float]) -> Reach:
    """A box in (mass, epsilon) from ``lower`` to 1e-6, with variations that scale its lower edge."""

    def box(low: float) -> tuple[np.ndarray, np.ndarray, list[list[list[float]]]]:
        edge, top = np.full(5, low), np.full(5, 1e-6)
        return edge, top, [[[float(m), low, 1e-6] for m in MASSES]]

    edge, top, islands = box(lower)
    band = {n: Band(*box(lower * f)[:2], 1.0, box(lower * f)[2]) for n, f in names.items()}
    ones = np.ones(5)
    return Reach(
        "Box", ("a",), 2.3, MASSES, edge, top, ones, ones, ones, ones, ones, islands, 1.0, band, {}, (), {}
    )


def test_band_is_the_rms_of_the_members() -> None:
    result = contour(1e-8, {"dilepton-member-1": 1.1, "dilepton-member-2": 1 / 1.2, "dilepton-rate-up": 3.0})
    lower, upper = measured_band(result)
    expected = np.sqrt((np.log(1.1) ** 2 + np.log(1.2) ** 2) / 2)
    np.testing.assert_allclose(lower, expected)
    np.testing.assert_allclose(upper, 0.0, atol=1e-12)


def test_band_without_members_is_that_of_the_rate_and_of_the_analytic_part() -> None:
    result = contour(1e-8, {"dilepton-rate-up": 1.1, "dilepton-below-up": 1.2})
    expected = np.hypot(np.log(1.1), np.log(1.2))
    np.testing.assert_allclose(measured_band(result)[0], expected)


def test_no_region_has_no_band() -> None:
    result = contour(1e-8, {"dilepton-rate-up": 1.1})
    gone = replace(result, epsilon_lower=np.array([np.nan, *result.epsilon_lower[1:]]))
    assert np.isnan(measured_band(gone)[0][0])
    assert np.all(np.isfinite(measured_band(gone)[0][1:]))


def test_edges_at_other_masses() -> None:
    result = contour(2e-8, {})
    found = at_masses(np.array([0.05, 0.3, 0.7]), result, result.epsilon_lower)
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], 2e-8)


def test_comparison_shows_both_contours_and_the_band(tmp_path: Path) -> None:
    measured = contour(2e-8, {"dilepton-member-1": 1.1})
    theory = contour(1e-8, {"lower": 2.0, "upper": 0.5})
    ax = draw_comparison(measured, theory, "from lepton pairs (mock data)")
    labels = ax.get_legend_handles_labels()[1]
    assert labels == [
        "theory, upper bremsstrahlung", "theory, lower bremsstrahlung", "theory, central",
        r"from lepton pairs (mock data), $\pm1\sigma$",
    ]  # fmt: skip
    written = save_figure(lambda: draw_comparison(measured, theory, "mock"), tmp_path, "compare")
    assert [p.name for p in written] == ["compare.png", "compare.pdf"]


def test_part_below_the_data_is_dotted_and_ends_are_open() -> None:
    ax = draw_comparison(contour(2e-8, {"dilepton-rate-up": 1.1}), contour(1e-8, {}), "mock", data_from=0.3)
    measured = [line for line in ax.lines if line.get_color() == MEASURED and len(line.get_xdata()) > 0]
    assert {line.get_linestyle() for line in measured} == {"-", ":"}
    for line in measured:
        x = np.asarray(line.get_xdata(), dtype=np.float64)
        assert np.all(np.diff(x) > 0.0)  # no vertical side
        assert np.all(x >= 0.3) if line.get_linestyle() == "-" else x[0] == MASSES[0]
    assert r"$\eta$, $\pi^0$ Dalitz decays, added" in ax.get_legend_handles_labels()[1]


def test_comparison_of_nothing(tmp_path: Path) -> None:
    empty = replace(contour(1e-8, {}), islands=[], epsilon_lower=np.full(5, np.nan))
    written = save_figure(lambda: draw_comparison(empty, empty, "mock"), tmp_path, "compare")
    assert written[0].stat().st_size > 0


@pytest.fixture(autouse=True)
def _close() -> object:
    from matplotlib import pyplot as plt

    yield
    plt.close("all")
