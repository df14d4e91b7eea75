"""Grids in files: round trip of both formats, errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import OutputError, ValueRangeError
from darkbeam.report.grid_files import load_grid, save_grid
from darkbeam.sensitivity.grid import EventGrid


@pytest.fixture
def grid() -> EventGrid:
    rng = np.random.default_rng(3)
    masses, epsilon = np.array([0.1, 0.123456789]), np.geomspace(1e-8, 1e-4, 7)
    events = {n: rng.lognormal(size=(2, 7)) for n in ("central", "brem-lower")}
    spectra = {n: rng.lognormal(size=(2, 5)) for n in events}
    return EventGrid(
        "Test", 2.3, masses, epsilon, events, 0.01 * events["central"], np.array([1e-12, 2e-12]), 2500, spectra,
        {"meson:pi0": spectra["central"]}, {"seed": 1, "experiment": {"name": "Test"}},
    )  # fmt: skip


def test_npz_round_trip_is_exact(grid: EventGrid, tmp_path: Path) -> None:
    again = load_grid(save_grid(grid, tmp_path / "g.npz"))
    for name, value in vars(grid).items():
        found = getattr(again, name)
        if isinstance(value, dict) and name != "card":
            assert list(found) == list(value)
            for key in value:
                np.testing.assert_array_equal(found[key], value[key])
        else:
            np.testing.assert_array_equal(found, value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g.npz"]


def test_npz_needs_no_pickle(grid: EventGrid, tmp_path: Path) -> None:
    with np.load(save_grid(grid, tmp_path / "g.npz"), allow_pickle=False) as data:
        assert str(data["format"]) == "darkbeam event grid 1"
        assert data["spectra"].shape == (2, 2, 5)


def test_csv_round_trip(grid: EventGrid, tmp_path: Path) -> None:
    again = load_grid(save_grid(grid, tmp_path / "g.csv"))
    assert (again.experiment, again.threshold, again.spectra) == ("Test", 2.3, {})
    np.testing.assert_allclose(again.masses_GeV, grid.masses_GeV, rtol=1e-9)
    np.testing.assert_allclose(again.epsilon, grid.epsilon, rtol=1e-9)
    assert list(again.events) == list(grid.events)
    for name, n in grid.events.items():
        np.testing.assert_allclose(again.events[name], n, rtol=1e-8)
    for k in range(2):
        np.testing.assert_allclose(
            again.edges(k, 1.0), EventGrid(**{**vars(grid), "spectra": {}}).edges(k, 1.0), rtol=1e-6
        )


def test_existing_files_are_kept(grid: EventGrid, tmp_path: Path) -> None:
    save_grid(grid, tmp_path / "g.csv")
    with pytest.raises(OutputError, match="--force"):
        save_grid(grid, tmp_path / "g.csv")
    save_grid(grid, tmp_path / "g.csv", force=True)
    with pytest.raises(ValueRangeError, match=r"valid: \.npz, \.csv"):
        save_grid(grid, tmp_path / "g.root")
    (tmp_path / "d.npz").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        save_grid(grid, tmp_path / "d.npz")


@pytest.mark.parametrize("name", ["g.npz", "g.csv"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot read"):
        load_grid(tmp_path / name)
    (tmp_path / name).write_text("something else\n", encoding="utf-8")
    with pytest.raises(OutputError, match="is not an event grid"):
        load_grid(tmp_path / name)
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(OutputError, match="is not an event grid"):
        load_grid(tmp_path / "other.npz")
