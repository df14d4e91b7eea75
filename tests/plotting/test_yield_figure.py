"""The yield figure, and the part of a flux that crosses a decay volume."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt

from darkbeam.experiments import load_experiment
from darkbeam.plotting.yields import aimed_yields, draw_yields, yield_masses
from darkbeam.production.assembly import Choice, choose_sources
from darkbeam.production.yields import YieldScan, yield_scan


@pytest.fixture
def choice() -> Choice:
    return choose_sources("Serpukhov", ["meson:eta", "bremsstrahlung"])


@pytest.fixture
def scan(choice: Choice) -> YieldScan:
    return yield_scan(choice, np.geomspace(0.05, 2.0, 6))


def test_two_panels_with_labels_and_legend(choice: Choice, scan: YieldScan) -> None:
    experiment = load_experiment("NuCal")
    inside = aimed_yields(choice, experiment, scan.masses_GeV)
    ax = draw_yields(scan, inside, experiment)
    figure = ax.get_figure(root=True)
    assert figure is not None
    assert len(figure.axes) == 2
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "inelastic collision" in ax.get_ylabel()
    assert "NuCal" in figure.axes[1].get_ylabel()
    assert "GeV" in figure.axes[1].get_xlabel()
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [r"$\eta$", "bremsstrahlung", "sum"]
    assert "matched" in ax.get_title()
    plt.close("all")


def test_one_panel_without_an_experiment(scan: YieldScan) -> None:
    figure = draw_yields(scan).get_figure(root=True)
    assert figure is not None
    assert len(figure.axes) == 1
    plt.close("all")


def test_nothing_inside_is_an_empty_panel(scan: YieldScan) -> None:
    zeros = {n: {v: np.zeros_like(x) for v, x in rows.items()} for n, rows in scan.by_source.items()}
    figure = draw_yields(scan, zeros).get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()
    low, high = figure.axes[1].get_ylim()
    assert 0.0 < low < high
    plt.close("all")


def test_what_crosses_a_volume_is_a_part_of_the_yield(choice: Choice) -> None:
    """NuCal (radius 1.3 m, 64 to 87 m): cones to its far and near end bound the flux from both sides."""
    experiment = load_experiment("NuCal")
    mass = 0.3
    inside = aimed_yields(choice, experiment, [mass])
    solid = experiment.decay_volume
    for s in choice.sources:
        flux = s.flux(mass, 40_000, np.random.default_rng(5))
        share = {
            z: float(flux.weight[np.tan(flux.theta) < 1.3 / z].sum()) for z in (solid.z_max, solid.z_min)
        }
        got = inside[s.name]["central"][0]
        assert 0.97 * share[solid.z_max] < got < 1.03 * share[solid.z_min]
        assert got < s.total(mass)


def test_nan_outside_validity(choice: Choice) -> None:
    inside = aimed_yields(choice, load_experiment("NuCal"), [0.3, 0.9])
    assert np.isnan(inside["meson:eta"]["central"][1])
    assert inside["bremsstrahlung"]["brem-upper"][1] > inside["bremsstrahlung"]["central"][1]


def test_grid_resolves_peaks_and_ends(choice: Choice) -> None:
    masses = yield_masses(choice, 0.05, 2.0, 10)
    assert np.all(np.diff(masses) > 0)
    assert (masses[0], masses[-1]) == (0.05, 2.0)
    for m in (0.5478, 0.7827, 1.0195):
        assert np.min(np.abs(masses / m - 1.0)) < 3e-3
