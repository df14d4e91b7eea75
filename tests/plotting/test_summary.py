"""Summary figures of several experiments."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt

from darkbeam.plotting.summary import draw_bremsstrahlung, draw_summary
from darkbeam.sensitivity.band import Band
from darkbeam.sensitivity.files import summary_to_files
from darkbeam.sensitivity.result import Reach


def made(name: str, scale: float = 1.0, *, empty: bool = False) -> Reach:
    masses = np.array([0.1, 0.2, 0.4])
    lower, upper = np.array([1e-8, 2e-8, np.nan]) * scale, np.array([1e-5, 5e-6, np.nan]) / scale
    island = [[m, a, b] for m, a, b in zip(masses, lower, upper, strict=True) if m < 0.3] + [
        [0.3, 2e-7, 2e-7]
    ]
    islands = [] if empty else [island]
    wide = [[[m, a / 2, b * 2] for m, a, b in island]] if islands else []
    tip = None if empty else 0.3
    return Reach(
        experiment=name, sources=("a",), threshold=2.3, masses_GeV=masses,
        epsilon_lower=np.full(3, np.nan) if empty else lower, epsilon_upper=upper, peak_events=np.ones(3),
        peak_epsilon=np.full(3, 1e-7), error_lower=np.full(3, 0.01), error_upper=np.full(3, 0.01),
        n_effective=np.full(3, 1e3), islands=islands, max_mass_GeV=tip,
        band={"upper": Band(lower, upper, tip, wide), "lower": Band(lower, upper, tip, islands)}, shares={},
        notes=(), card={"darkbeam": "0", "experiment": {"exposure": {}}},
    )  # fmt: skip


@pytest.fixture
def results() -> list[Reach]:
    return [made("A_one"), made("B", 2.0), made("C", empty=True), made("envelope", 0.5)]


def labels(ax: plt.Axes) -> list[str]:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return [t.get_text() for t in figure.legends[0].get_texts()]


def test_every_experiment_is_named_and_the_past_is_filled(results: list[Reach]) -> None:
    ax = draw_summary(results, [made("old", 3.0), made("older", 5.0)])
    assert labels(ax)[0].startswith("past searches")
    assert labels(ax)[1:] == ["A one", "B", "C", "envelope"]
    filled = [p for p in ax.patches if len(p.get_xy()) > 3]
    assert len({p.get_facecolor() for p in filled}) == 1  # one grey: the union shows no seams
    assert any("no region: C" in t.get_text() for t in ax.texts)
    low, high = ax.get_ylim()
    assert low < 0.5e-8
    assert high > 2e-5
    plt.close("all")


def test_lines_of_many_experiments_differ() -> None:
    ax = draw_summary([made(f"E{k}") for k in range(20)])
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert len(looks) == 20
    plt.close("all")


def test_lower_and_upper_share_axes_and_looks(results: list[Reach]) -> None:
    first = draw_bremsstrahlung(results)
    figure = first.get_figure(root=True)
    assert figure is not None
    low, high = figure.axes
    assert low.get_xlim() == high.get_xlim()
    assert low.get_ylim() == high.get_ylim()
    assert next(t.get_text() for a in (low, high) for t in a.texts).endswith("lower")
    outline = [max(line.get_ydata()) for a in (low, high) for line in a.lines if len(line.get_ydata())]
    assert outline[len(outline) // 2] == pytest.approx(2.0 * outline[0])  # the upper band is twice as high
    plt.close("all")


def test_files(results: list[Reach], tmp_path: Path) -> None:
    written = summary_to_files(tmp_path / "out", "all-future", results, [])
    assert sorted(p.name for p in written) == sorted(
        ["all-future.csv"] + [f"all-future{k}.{s}" for k in ("", "-bremsstrahlung") for s in ("png", "pdf")]
    )
    rows = [x.split(",") for x in (tmp_path / "out/all-future.csv").read_text().splitlines()[1:]]
    assert rows[1] == ["A_one", "0.3", "0.3", "0.3", "1e-08", "0.1"]
    assert rows[3][:3] == ["C", "", ""]
