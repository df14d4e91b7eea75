"""The overlay of saved contours and bounds, and the single figures of the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt

from darkbeam.errors import ValueRangeError
from darkbeam.plotting.overlay import COLOURS, draw_overlay
from darkbeam.plotting.report_figures import (
    draw_events,
    draw_peak,
    draw_shares,
    draw_spectra,
    figure_png,
    save_one,
)
from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.limits import Limit
from darkbeam.sensitivity.point import MassPoint
from darkbeam.sensitivity.result import Band, Reach
from darkbeam.sensitivity.spectrum import DecaySpectrum


@pytest.fixture(autouse=True)
def _close() -> object:
    yield
    plt.close("all")


@pytest.fixture
def result() -> Reach:
    masses = np.array([0.1, 0.2, 0.4])
    lower, upper = np.array([1e-8, 2e-8, 3e-8]), np.array([1e-5, 5e-6, 1e-6])
    islands = [[[0.1, 1e-8, 1e-5], [0.2, 2e-8, 5e-6]], [[0.4, 3e-8, 1e-6], [0.5, 2e-7, 2e-7]]]
    wide = [[[m, a / 10.0, b * 10.0] for m, a, b in islands[0]]]
    shares = {"meson:pi0": np.array([[0.9, 0.2], [0.5, 0.1], [0.0, 0.0]]), "bremsstrahlung": np.zeros((3, 2))}
    shares["bremsstrahlung"] = 1.0 - shares["meson:pi0"]
    shares["tiny"] = np.zeros((3, 2))
    card = {
        "darkbeam": "0.1.0", "model": {"name": "dark-photon"},
        "experiment": {"name": "Test", "exposure": {"pot": 6e20}, "facility": "SPS"},
    }  # fmt: skip
    return Reach(
        experiment="Test_beam", sources=("meson:pi0", "bremsstrahlung"), threshold=2.3, masses_GeV=masses,
        epsilon_lower=lower, epsilon_upper=upper, peak_events=np.array([1e5, 1e3, 30.0]),
        peak_epsilon=np.full(3, 3e-7), error_lower=np.full(3, 0.001), error_upper=np.full(3, 0.001),
        n_effective=np.full(3, 1e3), islands=islands, max_mass_GeV=0.5, band={"upper": Band(lower, upper, 0.6, wide)},
        shares=shares, notes=(), card=card,
    )  # fmt: skip


BOUND = Limit("a_bound", (np.array([[0.01, 1e-9, 1e-1], [3.0, 1e-8, 1e-4]]),))


def _labels(ax: Any) -> list[str]:
    return [t.get_text() for t in ax.get_legend().get_texts()]


def test_legend_names_contours_before_bounds(result: Reach) -> None:
    other = replace(result, experiment="Other", islands=[])
    ax = draw_overlay([result, other], [BOUND])
    assert _labels(ax) == ["Test beam", "Other: no region", "a bound"]
    assert _labels(draw_overlay([result, other], [BOUND], ["one", "two", "three"])) == [
        "one",
        "two: no region",
        "three",
    ]


def test_each_contour_has_its_colour_on_every_island(result: Reach) -> None:
    ax = draw_overlay([result, replace(result, experiment="Other")])
    drawn = [line.get_color() for line in ax.lines]
    assert drawn == [COLOURS[0]] * 2 + [COLOURS[1]] * 2
    # the second island, along its lower edge and back
    assert ax.lines[1].get_xdata().tolist() == [0.4, 0.5, 0.5, 0.4]


def test_what_tells_equal_names_apart(result: Reach) -> None:
    model = {**result.card, "model": {"name": "B-L"}}
    ax = draw_overlay([result, replace(result, card=model), replace(result, sources=("meson:eta",))])
    assert _labels(ax)[1].startswith("Test beam (B-L")
    assert "meson:eta" in _labels(ax)[2]
    assert "g/e" in ax.get_ylabel()


def test_bounds_widen_the_axes_only_a_little(result: Reach) -> None:
    ax = draw_overlay([result], [BOUND])
    assert ax.get_xlim()[0] == pytest.approx(0.1 / 4.0)
    assert ax.get_ylim()[1] <= 1e-3
    assert draw_overlay([], [BOUND]).get_xlim()[0] == pytest.approx(0.01)


def test_band_is_drawn_on_request(result: Reach) -> None:
    assert len(draw_overlay([result], band=True).lines) == len(draw_overlay([result]).lines) + 1


def test_wrong_requests(result: Reach) -> None:
    with pytest.raises(ValueRangeError, match="nothing to draw"):
        draw_overlay([])
    with pytest.raises(ValueRangeError, match="2 labels for 1"):
        draw_overlay([result], labels=["a", "b"])


def test_same_contours_same_file(result: Reach, tmp_path: Path) -> None:
    a, b = (save_one(lambda: draw_overlay([result]), tmp_path / f"{n}.pdf").read_bytes() for n in "ab")
    assert a == b
    assert a.startswith(b"%PDF")


def test_shares_fill_the_axes(result: Reach) -> None:
    ax = draw_shares(result)
    assert len(ax.collections) == 3  # two sources and the rest in one
    top = ax.collections[-1].get_paths()[0].vertices[:, 1]
    assert top.max() == pytest.approx(1.0)
    assert figure_png(lambda: draw_shares(result)).startswith(b"\x89PNG")


def test_peak_and_threshold(result: Reach) -> None:
    ax = draw_peak(result)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), result.peak_events)
    assert ax.lines[1].get_ydata()[0] == 2.3


def _point(mass: float) -> MassPoint:
    rng = np.random.default_rng(1)
    lam = rng.lognormal(np.log(1e12), 0.5, 4000)
    spectrum = DecaySpectrum.fill(lam, np.full(4000, 1e25), rng.integers(0, N_BLOCKS, 4000))
    return MassPoint(
        mass, {"x": spectrum}, {"central": spectrum, "brem-upper": 2.0 * spectrum}, np.ones(1), np.ones(1)
    )


def test_events_and_spectra_at_single_masses() -> None:
    points = [_point(0.1), MassPoint(0.2, {}, {"central": DecaySpectrum.empty()}, np.ones(1), np.ones(1))]
    ax = draw_events(points, 2.3)
    assert _labels(ax) == ["0.1 GeV"]  # the empty one has no line
    central, upper = ax.lines[:2]
    np.testing.assert_allclose(upper.get_ydata(), 2.0 * central.get_ydata(), rtol=1e-12)
    step = draw_spectra(points).lines[0]
    lam, density = step.get_xdata(), step.get_ydata()
    # the density integrates to one over log10 lambda, and peaks where the paths are
    assert density.sum() * np.diff(np.log10(lam)).min() == pytest.approx(1.0, rel=2e-3)
    assert 5e11 < lam[np.argmax(density)] < 2e12


def test_axes_of_millicharged_particles(result: Reach) -> None:
    other = replace(result, card={**result.card, "model": {"name": "millicharged"}})
    assert draw_overlay([other]).get_ylabel() == r"charge $\epsilon=Q/e$"
    assert draw_overlay([result]).get_xlabel() == r"dark photon mass $m_{A'}$ [GeV]"
    # together they have only the coupling in common
    assert "coupling" in draw_overlay([result, other]).get_ylabel()
