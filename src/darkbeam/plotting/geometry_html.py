"""Interactive page of an experiment in three dimensions; one file that opens without a network.

The page holds the whole plotting library (about 4 MB).  z, along the beam, is drawn to the right, and y upwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MissingExtraError
from darkbeam.output import atomic_path
from darkbeam.plotting.geometry import COLOURS, FIELD, PLANE, event_text, kind_of, shown_box
from darkbeam.plotting.style import REGION

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.plotting.geometry_scene import Event, Scene

    Array = NDArray[np.float64]

__all__ = ["geometry_figure", "write_geometry_html"]

_LONG = 8.0
"""Length over width above which the page opens with stretched axes."""


def geometry_figure(scene: Scene) -> Any:
    """Make the plotly figure.

    Raises
    ------
    MissingExtraError
        Without plotly.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("an interactive page", "html") from None

    traces: list[Any] = []
    for leaf in scene.leaves:
        traces.append(_solid(go, leaf.points, REGION, 0.25, "decay volume"))
        traces += [_solid(go, hole, "#555555", 0.18, "hole") for hole in leaf.holes]
    for name, edge in scene.planes:
        traces.append(_face(go, edge, name))
        traces.append(_line(go, np.concatenate([edge, edge[:, :1]], axis=1), PLANE, name, 4, legend=False))
    for edge in scene.holes:
        closed = np.concatenate([edge, edge[:, :1]], axis=1)
        traces.append(_line(go, closed, PLANE, "hole of a plane", 4, legend=False))
    traces += [_solid(go, corners, FIELD, 0.12, "magnet") for corners in scene.magnets]
    box = shown_box(scene)
    traces.append(_line(go, np.array([[0.0, 0.0], [0.0, 0.0], [0.0, box[2, 1]]]), "#555555", "beam line", 3))
    if scene.event is not None:
        traces += _event(go, scene.event, box)
    figure = go.Figure(_once_in_legend(traces))
    figure.update_layout(**_layout(scene, box))
    return figure


def write_geometry_html(scene: Scene, target: Path) -> Path:
    """Write the page.

    Parameters
    ----------
    scene : Scene
    target : Path
        The file.

    Raises
    ------
    MissingExtraError, OutputError
    """
    page = geometry_figure(scene).to_html(include_plotlyjs=True, full_html=True, div_id="geometry")
    page = page.replace("<head>", f"<head><title>{scene.name}: geometry</title>", 1)
    with atomic_path(target) as part:
        part.write_text(page, encoding="utf-8")
    return target


def _axes(points: Array) -> dict[str, list[float]]:
    """(z, x, y) of points as the axes of the page."""
    x, y, z = (np.round(component, 6).tolist() for component in points)
    return {"x": z, "y": x, "z": y}


def _solid(go: Any, points: Array, colour: str, opacity: float, name: str) -> Any:
    """Convex hull of points."""
    from scipy.spatial import ConvexHull

    triangles = ConvexHull(points.T).simplices.T
    i, j, k = (corner.tolist() for corner in triangles)
    return go.Mesh3d(
        **_axes(points), i=i, j=j, k=k, color=colour, opacity=opacity, name=name, flatshading=True,
        showlegend=True, legendgroup=name, hoverinfo="name",
    )  # fmt: skip


def _face(go: Any, edge: Array, name: str) -> Any:
    """Filled plane: triangles from its centre."""
    n = edge.shape[1]
    points = np.concatenate([edge, edge.mean(axis=1, keepdims=True)], axis=1)
    return go.Mesh3d(
        **_axes(points), i=[n] * n, j=list(range(n)), k=[(m + 1) % n for m in range(n)], color=PLANE,
        opacity=0.3, name=name, showlegend=True, legendgroup=name, hoverinfo="name",
    )  # fmt: skip


def _line(
    go: Any, points: Array, colour: str, name: str, width: int, *, dash: str = "solid", legend: bool = True
) -> Any:
    """Path of points."""
    return go.Scatter3d(
        **_axes(points), mode="lines", line={"color": colour, "width": width, "dash": dash}, name=name,
        legendgroup=name, showlegend=legend, hoverinfo="name",
    )  # fmt: skip


def _event(go: Any, event: Event, box: Array) -> list[Any]:
    """Dark photon, from the edge of the page or the production point, and products."""
    start = np.zeros(3)
    if box[2, 0] > 0.0:
        start = event.vertex * (box[2, 0] / event.vertex[2])
    way = np.stack([start, event.vertex], axis=1)
    lines = [_line(go, way, "black", "dark photon", 5, dash="dash")]
    return lines + [_line(go, t.path, COLOURS[kind_of(t.pdg)], kind_of(t.pdg), 5) for t in event.tracks]


def _once_in_legend(traces: list[Any]) -> list[Any]:
    """Name every group once."""
    seen: set[str] = set()
    for trace in traces:
        if trace.showlegend:
            trace.showlegend = trace.name not in seen
            seen.add(trace.name)
    return traces


def _layout(scene: Scene, box: Array) -> dict[str, Any]:
    """Titles, axes, and buttons for true and stretched scale."""
    size = box[:, 1] - box[:, 0]
    long = float(size.max() / size.min()) > _LONG
    event = "" if scene.event is None else "<br><sub>" + event_text(scene.event).replace("$", "") + "</sub>"
    modes = (("true scale", "data"), ("stretched", "cube"))
    buttons = [
        {"label": label, "method": "relayout", "args": [{"scene.aspectmode": mode}]} for label, mode in modes
    ]
    return {
        "title": {"text": scene.title + event},
        "scene": {
            "xaxis": {"title": {"text": "z [m]"}, "range": box[2].tolist()},
            "yaxis": {"title": {"text": "x [m]"}, "range": box[0].tolist()},
            "zaxis": {"title": {"text": "y [m]"}, "range": box[1].tolist()},
            "aspectmode": "cube" if long else "data",
            "camera": {"eye": {"x": -1.1, "y": -1.6, "z": 0.8}},
        },
        "updatemenus": [
            {
                "type": "buttons",
                "direction": "right",
                "x": 0.0,
                "y": 0.0,
                "active": int(long),
                "buttons": buttons,
            }
        ],
        "margin": {"l": 0, "r": 0, "t": 70, "b": 0},
    }
