"""The event display: an event of a file in the side, top and front views of its experiment, with a table of momenta.

Tracks start at their own vertices, so that a K_S or a hyperon that flew is seen to fly; charged ones bend in the
fields as the selection bends them.  Neutrinos are listed and not drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.events.readers import iter_events
from darkbeam.events.record import FINAL
from darkbeam.experiments import experiment_from_card
from darkbeam.plotting.geometry import COLOURS, draw_geometry, kind_of
from darkbeam.plotting.geometry_scene import Event, Scene, Track, scene_of, track_path
from darkbeam.plotting.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from darkbeam.events.record import Events
    from darkbeam.experiments import Experiment

    Array = NDArray[np.float64]

__all__ = [
    "COLUMNS",
    "Row",
    "draw_event",
    "drawn_tracks",
    "event_scene",
    "experiment_of",
    "find_event",
    "rows_of",
    "title_of",
]

NEUTRINOS = (12, 14, 16)
COLUMNS = ("particle", "$E$ [GeV]", "$p_x$ [GeV]", "$p_y$ [GeV]", "$p_z$ [GeV]", "from $z$ [m]")
"""Head of the table."""
SHOWN = 12
"""Rows of the table in a figure; the page has all."""
ROW_INCHES = 0.19
MOVED = 1e-6
"""A particle that decays within this distance has no path of its own, m."""
_EDGES = (0.02, 0.33, 0.49, 0.65, 0.81, 0.98)


class Row(NamedTuple):
    """One particle of the table, and its kind as in `COLOURS`; None for neutrinos and what decayed."""

    name: str
    p4: Array
    z: float
    final: bool
    kind: str | None


def find_event(path: Path, number: int | None = None) -> Events:
    """One event of a file.

    Parameters
    ----------
    path : Path
    number : int, optional
        Its number; the first of the file if None.

    Raises
    ------
    ValueRangeError
        If no event has this number.
    """
    first, last = None, None
    for batch in iter_events(path):
        wanted = batch.number == number if number is not None else np.arange(len(batch)) == 0
        if wanted.any():
            return batch.select(wanted & (np.cumsum(wanted) == 1))
        first = int(batch.number[0]) if first is None else first
        last = int(batch.number[-1])
    if last is None:
        raise ValueRangeError(f"events {path}: the file holds no events")
    raise ValueRangeError(f"events {path}: no event {number}; its events are numbered {first} to {last}")


def experiment_of(events: Events, name: str | None = None) -> Experiment:
    """Experiment of the card of events, or of a name.

    Raises
    ------
    ValueRangeError
        If there is neither.
    """
    if name is not None:
        from darkbeam.experiments import load_experiment

        return load_experiment(name)
    card = events.card.get("experiment")
    if not isinstance(card, dict):
        raise ValueRangeError("the card of the events names no experiment; give --experiment NAME")
    return experiment_from_card(card)


def event_scene(experiment: Experiment, event: Events) -> Scene:
    """Outlines of the experiment with the tracks of one event."""
    tracks = tuple(track for _, track in drawn_tracks(experiment, event))
    channel = event.channel_names[event.channel[0]]
    shown = Event(
        float(event.mass[0]),
        float(event.parent[0, 0]),
        channel,
        event.decay[:, 0],
        tracks,
        bool(event.passed[0]),
    )
    return scene_of(experiment, shown)


def drawn_tracks(experiment: Experiment, event: Events) -> list[tuple[int, Track]]:
    """Position and track of each particle that is drawn."""
    paths = [(k, _path(experiment, event, k)) for k in range(len(event.pdg))]
    return [
        (k, Track(int(event.pdg[k]), path))
        for k, path in paths
        if path is not None and abs(event.pdg[k]) not in NEUTRINOS
    ]


def _path(experiment: Experiment, event: Events, k: int) -> Array | None:
    """Points of one particle: to its decay, or through the experiment; None if it decays where it starts."""
    start = event.vertex[:, k]
    if event.status[k] == FINAL:
        return track_path(experiment, start, event.p4[1:, k], int(event.pdg[k]))
    end = _end(event, k)
    return np.stack([start, end], axis=1) if flight(event, k) > MOVED else None


def _end(event: Events, k: int) -> Array:
    """Where a particle that decayed did so: where its first daughter starts."""
    daughters = np.flatnonzero(event.mother == k)
    return event.vertex[:, daughters[0]] if daughters.size else event.vertex[:, k]


def flight(event: Events, k: int) -> float:
    """Distance that a particle that decayed flew, m."""
    return float(np.sqrt(np.sum((_end(event, k) - event.vertex[:, k]) ** 2)))


def rows_of(event: Events) -> list[Row]:
    """Particles that flew and decayed, then the final ones by falling energy."""
    flew = [int(k) for k in np.flatnonzero(event.status != FINAL) if flight(event, int(k)) > MOVED]
    final = np.flatnonzero(event.status == FINAL)
    order = [*flew, *final[np.argsort(-event.p4[0, final], kind="stable")]]
    return [_row(event, int(k)) for k in order]


def _row(event: Events, k: int) -> Row:
    pdg, final = int(event.pdg[k]), bool(event.status[k] == FINAL)
    kind = None if abs(pdg) in NEUTRINOS else kind_of(pdg)
    return Row(particle_name(pdg), event.p4[:, k], float(event.vertex[2, k]), final, kind)


def particle_name(pdg: int) -> str:
    """Name for a figure, in the notation of LaTeX; the PDG id itself for an unknown one."""
    from particle import Particle, ParticleNotFound

    try:
        return f"${Particle.from_pdgid(pdg).latex_name}$"
    except ParticleNotFound:
        return str(pdg)


def title_of(event: Events, experiment: Experiment) -> str:
    """One line about the event."""
    passed = "" if event.passed[0] else " (not selected)"
    channel, source = event.channel_names[event.channel[0]], event.source_names[event.source[0]]
    return f"{experiment.name}, event {event.number[0]}: {channel} from {source}{passed}"


def draw_event(experiment: Experiment, event: Events) -> Figure:
    """Draw one event.

    Parameters
    ----------
    experiment : Experiment
    event : Events
        Of length 1.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib import rc_context  # slow to import
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = draw_geometry(event_scene(experiment, event))
    figure.suptitle(title_of(event, experiment), fontsize=11)
    rows = rows_of(event)
    lines = 2 + min(len(rows), SHOWN) + (len(rows) > SHOWN)
    width, height = figure.get_size_inches()
    below = lines * ROW_INCHES
    figure.set_size_inches(width, height + below)
    part = below / (height + below)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.0, part, 1.0, 1.0 - part))
    axes = figure.add_axes((0.0, 0.0, 1.0, part))
    axes.set_in_layout(False)
    axes.axis("off")
    with rc_context(STYLE):
        _write_table(axes, rows, lines)
    return figure


def _write_table(axes: Axes, rows: Sequence[Row], lines: int) -> None:
    """Columns of text, the first one in the colour of the track."""
    for line, row in enumerate((None, *rows[:SHOWN])):
        cells = COLUMNS if row is None else _cells(row)
        colour = "black" if row is None or row.kind is None else COLOURS[row.kind]
        y = 1.0 - (line + 0.5) / lines
        for column, (text, x) in enumerate(zip(cells, _EDGES, strict=True)):
            first = column == 0
            axes.text(
                x, y, text, ha="left" if first else "right", va="center", color=colour if first else "black"
            )
    if len(rows) > SHOWN:
        axes.text(_EDGES[0], 1.5 / lines, f"and {len(rows) - SHOWN} more", va="center")


def _cells(row: Row) -> tuple[str, ...]:
    """Text of a row."""
    name = row.name if row.final else f"{row.name} (decays)"
    return (name, *(f"{x:.4g}" for x in row.p4), f"{row.z:.4g}")
