"""The geometry figure and page: what is shown lies where the experiment puts it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from darkbeam.cli.plot_geometry import plot_geometry
from darkbeam.errors import MissingExtraError
from darkbeam.experiments import load_experiment
from darkbeam.models import get_model
from darkbeam.plotting.geometry import draw_geometry, kind_of, save_geometry, shown_box
from darkbeam.plotting.geometry_html import geometry_figure, write_geometry_html
from darkbeam.plotting.geometry_scene import Event, Scene, example_event, scene_of
from darkbeam.rng import stream

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("SHiP", "NA62_dump_2021", "CHARM", "MATHUSLA_40", "ANUBIS_shaft", "CODEX_b")


def event_of(name: str) -> Event:
    event = example_event(load_experiment(name), get_model("dark-photon"), 0.5, stream(1, "geometry"))
    assert event is not None
    return event


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    return {name: scene_of(load_experiment(name), event_of(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_example_event_decays_inside_and_is_seen(name: str, scenes: dict[str, Scene]) -> None:
    event = scenes[name].event
    assert event is not None
    assert event.accepted
    assert load_experiment(name).decay_volume.contains(event.vertex[:, None])[0]
    assert len(event.tracks) >= 2
    for track in event.tracks:
        np.testing.assert_array_equal(track.path[:, 0], event.vertex)
        assert np.all(np.isfinite(track.path))


@pytest.mark.parametrize("name", ["SHiP", "NA62_dump_2021", "CHARM", "MATHUSLA_40"])
def test_tracks_end_on_a_plane(name: str, scenes: dict[str, Scene]) -> None:
    planes = load_experiment(name).detector.planes
    event = scenes[name].event
    assert event is not None
    for track in event.tracks:
        off = [np.sum(plane.normal * track.path[:, -1]) - plane.distance for plane in planes]
        assert min(map(abs, off)) < 1e-9


def test_charged_tracks_bend_in_the_field_and_nowhere_else(scenes: dict[str, Scene]) -> None:
    """NA62: the kick 0.3 B L / p turns the track; before and behind it is straight."""
    event = scenes["NA62_dump_2021"].event
    (magnet,) = (m for m in load_experiment("NA62_dump_2021").magnets if m.enabled)
    assert event is not None
    for track in event.tracks:
        slope = np.diff(track.path[0]) / np.diff(track.path[2])
        z = track.path[2]
        assert np.all(np.diff(z) > 0.0)
        assert z[1] == pytest.approx(magnet.z_min)
        assert z[-2] == pytest.approx(magnet.z_max)
        assert abs(slope[-1] - slope[0]) > 1e-3
        turn = np.diff(slope[1:-1])
        assert np.all(turn * (slope[-1] - slope[0]) > 0.0)


def test_scene_holds_planes_magnets_and_holes(scenes: dict[str, Scene]) -> None:
    na62 = scenes["NA62_dump_2021"]
    assert len(na62.magnets) == 1
    assert len(na62.leaves[0].holes) == 1
    assert len(na62.planes) >= 2
    assert len(scenes["ANUBIS_shaft"].leaves) == 3
    assert not scenes["CODEX_b"].planes


def test_production_point_is_shown_only_where_it_is_near(scenes: dict[str, Scene]) -> None:
    assert shown_box(scenes["SHiP"])[2, 0] < 0.0
    assert shown_box(scenes["CHARM"])[2, 0] > 400.0
    assert shown_box(scenes["MATHUSLA_40"])[1, 0] < 0.0


def test_views_show_the_outline_and_name_their_axes(scenes: dict[str, Scene], tmp_path: Path) -> None:
    figure = draw_geometry(scenes["SHiP"])
    written = save_geometry(figure, tmp_path / "ship.png").read_bytes()
    assert written[:4] == b"\x89PNG"
    side, top, front, _ = figure.axes
    assert [a.get_title(loc="left") for a in (side, top, front)] == ["side", "top", "front"]
    volume = next(line for line in side.lines if line.get_label() == "decay volume")
    z, y = volume.get_data()
    assert (np.min(z), np.max(z), np.max(y)) == (32.0, 82.0, 3.1)
    assert top.get_xlabel() == "$z$ [m]"


def test_page_holds_its_library_and_every_part(scenes: dict[str, Scene], tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    scene = scenes["ANUBIS_shaft"]
    page = write_geometry_html(scene, tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(page) > 3_000_000
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)
    names = [trace.name for trace in geometry_figure(scene).data]
    assert names.count("decay volume") == 3
    kinds = {kind_of(track.pdg) for track in scene.event.tracks} if scene.event else set()
    assert {"beam line", "dark photon", *kinds} <= set(names)
    shown = [trace.name for trace in geometry_figure(scene).data if trace.showlegend]
    assert len(shown) == len(set(shown))


def test_page_without_the_extra(scenes: dict[str, Scene], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'darkbeam\[html\]'"):
        geometry_figure(scenes["SHiP"])


def test_command_writes_the_figure_that_was_asked_for(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(plot_geometry)
    target = tmp_path / "new" / "ship.pdf"
    done = CliRunner().invoke(app, ["ship", "-o", str(target), "--no-event"])
    assert done.exit_code == 0
    assert done.output.strip() == str(target)
    written = target.read_bytes()
    assert written[:4] == b"%PDF"
    assert b"CreationDate" not in written  # equal figures are equal files
    wrong = CliRunner().invoke(app, ["ship", "-o", str(tmp_path / "ship.jpg")])
    assert "must end in .png or .pdf" in str(wrong.exception)
    assert "positive mass" in str(CliRunner().invoke(app, ["ship", "--mass", "-1"]).exception)
