"""Interactive page of one event in three dimensions; one file that opens without a network.

The experiment is that of `darkbeam.plotting.geometry_html`; pointing at a track shows its momentum, and a table below
lists all particles.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from darkbeam.events.record import FINAL
from darkbeam.extras import require
from darkbeam.output import atomic_path
from darkbeam.plotting.event import drawn_tracks, event_scene, title_of
from darkbeam.plotting.geometry_html import geometry_figure
from darkbeam.report import Page

if TYPE_CHECKING:
    from pathlib import Path

    from darkbeam.events.record import Events
    from darkbeam.experiments import Experiment

__all__ = ["write_event_html"]

HEAD = (
    "",
    "particle",
    "mother",
    "E [GeV]",
    "px [GeV]",
    "py [GeV]",
    "pz [GeV]",
    "from z [m]",
    "c t [m]",
    "status",
)
HEIGHT = 640
"""Of the picture, pixels."""


def write_event_html(experiment: Experiment, event: Events, target: Path) -> Path:
    """Write the page of an event.

    Parameters
    ----------
    experiment : Experiment
    event : Events
        Of length 1.
    target : Path

    Raises
    ------
    MissingExtraError, OutputError
    """
    require("plotly.graph_objects", "an interactive page", "html")
    title = title_of(event, experiment)
    figure = geometry_figure(event_scene(experiment, event))
    figure.update_layout(title={"text": ""}, height=HEIGHT)
    drawn = [k for k, _ in drawn_tracks(experiment, event)]
    # the tracks are the last things that the page of the geometry draws
    for trace, k in zip(figure.data[len(figure.data) - len(drawn) :], drawn, strict=True):
        trace.update(hoverinfo="text", text=_label(event, k))
    page = Page(title).text(_facts(event))
    page.raw(figure.to_html(include_plotlyjs=True, full_html=False, div_id="event"))
    page.heading("Particles").table(HEAD, [_cells(event, k) for k in range(len(event.pdg))])
    if event.variations:
        rows = [[name, f"{w[0]:.6g}"] for name, w in {"nominal": event.weight, **event.variations}.items()]
        page.heading("Weights").table(("name", "weight"), rows)
    with atomic_path(target) as part:
        part.write_text(page.html(), encoding="utf-8")
    return target


def _name(pdg: int) -> str:
    from particle import Particle, ParticleNotFound

    try:
        return str(Particle.from_pdgid(pdg).name)
    except ParticleNotFound:
        return str(pdg)


def _label(event: Events, k: int) -> str:
    energy, px, py, pz = event.p4[:, k]
    name = escape(_name(int(event.pdg[k])))
    return f"{name}: E = {energy:.4g} GeV<br>p = ({px:.4g}, {py:.4g}, {pz:.4g}) GeV"


def _facts(event: Events) -> str:
    x, y, z = event.decay[:, 0]
    return (
        f"mass {event.mass[0]:g} GeV, epsilon {event.epsilon[0]:.3g}, c tau {event.ctau[0]:.4g} m, "
        f"energy {event.parent[0, 0]:.4g} GeV, decay at ({x:.4g}, {y:.4g}, {z:.4g}) m, "
        f"probability to decay in the volume {event.probability[0]:.3g}, weight {event.weight[0]:.4g}"
    )


def _cells(event: Events, k: int) -> list[str]:
    mother = int(event.mother[k])
    return [
        str(k), f"{_name(int(event.pdg[k]))} ({event.pdg[k]})", "A'" if mother < 0 else str(mother),
        *(f"{x:.6g}" for x in event.p4[:, k]), f"{event.vertex[2, k]:.6g}", f"{event.time[k]:.6g}",
        "final" if event.status[k] == FINAL else "decayed",
    ]  # fmt: skip
