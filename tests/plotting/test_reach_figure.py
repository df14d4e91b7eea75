"""The reach figure from a result with a known shape."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt

from darkbeam.plotting.reach import draw_reach, polygon
from darkbeam.sensitivity.result import Band, Reach


@pytest.fixture
def result() -> Reach:
    masses = np.array([0.1, 0.2, 0.4, 0.8])
    lower, upper = np.array([1e-8, 2e-8, 3e-8, np.nan]), np.array([1e-5, 5e-6, 1e-6, np.nan])
    island = [[m, a, b] for m, a, b in zip(masses, lower, upper, strict=True) if m < 0.5] + [
        [0.6, 2e-7, 2e-7]
    ]
    wide = [[m, a / 2, b * 2] for m, a, b in island]
    band = {"upper": Band(lower / 2, upper * 2, 0.6, [wide]), "lower": Band(lower, upper, 0.6, [island])}
    card = {
        "darkbeam": "0.1.0",
        "experiment": {"name": "Test", "exposure": {"pot": 6e20}, "facility": "SPS", "citations": []},
    }
    return Reach(
        experiment="Test_beam", sources=("meson:pi0",), threshold=2.3, masses_GeV=masses, epsilon_lower=lower,
        epsilon_upper=upper, peak_events=np.ones(4), peak_epsilon=np.full(4, 1e-7), error_lower=np.full(4, 0.001),
        error_upper=np.full(4, 0.001), n_effective=np.full(4, 1e3), islands=[island], max_mass_GeV=0.6, band=band,
        shares={"meson:pi0": np.ones((4, 2))}, notes=("a note",), card=card, seconds=1.0,
    )  # fmt: skip


def test_axes_labels_and_legend(result: Reach) -> None:
    ax = draw_reach(result)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "GeV" in ax.get_xlabel()
    assert "varepsilon" in ax.get_ylabel()
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert any("Test beam" in text for text in labels)
    assert any("upper" in text for text in labels)
    low, high = ax.get_ylim()
    assert low < 0.5e-8
    assert high > 2e-5
    plt.close("all")


def test_a_short_mass_axis_is_labelled_without_overlap(result: Reach) -> None:
    ax = draw_reach(result)  # 0.1 to 0.8 GeV: less than a decade
    label = ax.xaxis.get_minor_formatter()
    assert [bool(label(x, 0)) for x in (0.2, 0.3, 0.4, 0.5, 0.6)] == [True, False, False, True, False]
    assert label(0.2, 0) == r"$2\times10^{-1}$"
    assert not ax.yaxis.get_minor_formatter()(2e-7, 0)  # several decades: powers of ten are enough
    plt.close("all")


def test_no_region_is_said(result: Reach) -> None:
    empty = Reach(**{**vars(result), "islands": [], "band": {}, "max_mass_GeV": None})
    ax = draw_reach(empty)
    assert any("enough events" in text.get_text() for text in ax.texts)
    plt.close("all")


def test_polygon_goes_around() -> None:
    x, y = polygon([[1.0, 2.0, 3.0], [2.0, 2.5, 2.5]])
    assert x == [1.0, 2.0, 2.0, 1.0]
    assert y == [2.0, 2.5, 2.5, 3.0]


def test_save_and_load(result: Reach, tmp_path: Path) -> None:
    written = result.save(tmp_path / "out")
    tables = ["contour.csv", "contour.json", "contributions.csv"]
    assert sorted(p.name for p in written) == [*tables, "reach.pdf", "reach.png"]
    assert (tmp_path / "out" / "reach.png").read_bytes().startswith(b"\x89PNG")
    again = Reach.load(tmp_path / "out" / "contour.json")
    np.testing.assert_array_equal(again.epsilon_lower, result.epsilon_lower)
    assert again.to_dict() == result.to_dict()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(p.name for p in written)


def test_csv_leaves_cells_without_region_empty(result: Reach) -> None:
    rows = [line for line in result.to_csv().splitlines() if not line.startswith("#")]
    header = rows[0].split(",")
    last = dict(zip(header, rows[-1].split(","), strict=True))
    assert last["mass_GeV"] == "0.8"
    assert last["epsilon_lower"] == ""
    assert "epsilon_upper[upper]" in header


def test_same_result_same_figure(result: Reach, tmp_path: Path) -> None:
    for name in ("a", "b"):
        result.save(tmp_path / name)
    for file in ("reach.png", "reach.pdf"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
