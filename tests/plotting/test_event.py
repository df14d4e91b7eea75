"""Event display: which event, which tracks, what the figure and the page hold."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.events.record import FINAL, Events
from darkbeam.experiments import load_experiment
from darkbeam.plotting.event import draw_event, drawn_tracks, event_scene, experiment_of, find_event, rows_of

M_K, M_PI = 0.497611, 0.13957039


@pytest.fixture(scope="module")
def ship():
    return load_experiment("SHiP")


def one_event(card=None):
    """K_S and a neutrino and a muon (not a physical decay): the K_S flies 2 m and decays to two pions."""
    energy = np.array([20.0, 8.0, 30.0, 10.5, 9.5])
    mass = np.array([M_K, 0.0, 0.1056584, M_PI, M_PI])
    p = np.sqrt(energy**2 - mass**2)
    slope = np.array([0.01, -0.02, -0.01, 0.02, 0.0])
    p4 = np.stack([energy, p * slope, np.zeros(5), p * np.sqrt(1.0 - slope**2)])
    start = np.array([0.0, 0.1, 50.0])
    vertex = np.repeat(start[:, None], 5, axis=1)
    vertex[:, 3:] += 2.0 * (p4[1:, 0] / p[0])[:, None]
    return Events(
        number=np.array([7]), weight=np.array([0.3]), variations={"brem-upper": np.array([0.4])},
        mass=np.array([1.0]), epsilon=np.array([1e-7]), ctau=np.array([30.0]), source=np.array([0]),
        channel=np.array([0]), source_names=("bremsstrahlung",), channel_names=("hadrons",),
        parent=p4[:, :3].sum(axis=1)[:, None], production=np.zeros((3, 1)), decay=start[:, None],
        decay_time=np.array([50.1]), probability=np.array([1e-3]), passed=np.array([True]), offset=np.array([0, 5]),
        pdg=np.array([310, 14, 13, 211, -211]), status=np.array([2, 1, 1, 1, 1]),
        mother=np.array([-1, -1, -1, 0, 0]), p4=p4, vertex=vertex, time=np.full(5, 50.1), card=card or {},
    )  # fmt: skip


def test_tracks_start_at_their_own_vertices(ship):
    event = one_event()
    tracks = dict(drawn_tracks(ship, event))
    assert sorted(tracks) == [0, 2, 3, 4]  # no neutrino
    for k, track in tracks.items():
        assert track.path[:, 0] == pytest.approx(event.vertex[:, k])
    # the K_S ends where its daughters start
    assert tracks[0].path[:, -1] == pytest.approx(event.vertex[:, 3])
    assert np.hypot(*(tracks[0].path[[0, 2], -1] - event.vertex[[0, 2], 0])) == pytest.approx(2.0)


def test_tracks_reach_the_last_plane(ship):
    far = max(plane.position for plane in ship.detector.planes)
    ends = {k: t.path[2, -1] for k, t in drawn_tracks(ship, one_event())}
    assert ends[2] == pytest.approx(far)
    assert ends[3] == pytest.approx(far)


def test_a_particle_that_decays_at_its_vertex_has_no_track(ship):
    event = one_event()
    event.vertex[:, 3:] = event.vertex[:, :1]
    assert sorted(k for k, _ in drawn_tracks(ship, event)) == [2, 3, 4]


def test_the_table_is_ordered_by_energy():
    rows = rows_of(one_event())
    assert [row.final for row in rows] == [False, True, True, True, True]
    assert [row.p4[0] for row in rows[1:]] == [30.0, 10.5, 9.5, 8.0]
    assert rows[-1].kind is None  # the neutrino is listed
    assert rows[1].name == r"$\mu^{-}$"


def test_the_figure_has_every_momentum(ship):
    from matplotlib import pyplot as plt

    figure = draw_event(ship, one_event())
    texts = [text.get_text() for text in figure.axes[-1].texts]
    assert "30" in texts
    assert "10.5" in texts
    assert any("(decays)" in text for text in texts)
    assert "event 7" in figure.get_suptitle()
    plt.close(figure)


def test_many_particles_are_counted_and_not_drawn_over_each_other(ship):
    from matplotlib import pyplot as plt

    event = one_event()
    many = 30
    names = ("pdg", "status", "mother", "p4", "vertex", "time")
    more = {name: np.repeat(getattr(event, name)[..., 2:3], many, axis=-1) for name in names}
    from dataclasses import replace

    figure = draw_event(ship, replace(event, offset=np.array([0, many]), **more))
    texts = [text.get_text() for text in figure.axes[-1].texts]
    assert "and 18 more" in texts
    plt.close(figure)


def test_experiment_from_the_card_or_by_name(ship):
    assert experiment_of(one_event({"experiment": ship.card})).name == "SHiP"
    assert experiment_of(one_event(), "NuCal").name == "NuCal"
    with pytest.raises(ValueRangeError, match="--experiment NAME"):
        experiment_of(one_event())


def test_the_page_opens_offline_and_lists_all_particles(ship, tmp_path):
    pytest.importorskip("plotly")
    from darkbeam.plotting.event_html import write_event_html

    event = one_event()
    text = write_event_html(ship, event, tmp_path / "event.html").read_text(encoding="utf-8")
    assert "<script src=" not in text
    assert "K(S)0: E = 20 GeV" in text  # pointing at a track shows it
    assert text.count("<td>final</td>") == int((event.status == FINAL).sum())
    assert "<td>brem-upper</td><td>0.4</td>" in text


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path, ship):
        pytest.importorskip("pyarrow")
        from darkbeam.events.writers import open_writer

        event = one_event({"experiment": ship.card})
        path = tmp_path / "run.parquet"
        with open_writer(path, event.card, expected=0.3, expected_error=0.01) as writer:
            writer.write(event)
        return path

    def test_an_event_is_found_by_its_number(self, file):
        assert find_event(file).number.tolist() == [7]
        assert find_event(file, 7).pdg.tolist() == one_event().pdg.tolist()
        with pytest.raises(ValueRangeError, match="no event 8; its events are numbered 7 to 7"):
            find_event(file, 8)

    def test_the_commands_write_figures_beside_the_file(self, file):
        from darkbeam.cli.plot_event import plot_event, plot_events

        plot_event(file, number=None, output=None, html=None, experiment=None)
        plot_events(file, output=None)
        for name in ("run_event.png", "run_events.png"):
            assert file.with_name(name).stat().st_size > 10_000
        with pytest.raises(ValueRangeError, match=r"\.png or \.pdf"):
            plot_events(file, output=file.with_suffix(".gif"))


def test_the_scene_holds_the_event(ship):
    scene = event_scene(ship, one_event())
    assert scene.event is not None
    assert scene.event.energy == 58.0
    assert scene.event.accepted
