"""The geometry figure: side, top and front views of decay volume, detector, fields and an example event.

Each view shows outlines projected along one coordinate axis.  Holes are dashed; the beam line is the dash-dotted axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from darkbeam.output import atomic_path
from darkbeam.plotting.style import FILL, REGION, STYLE

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from darkbeam.plotting.geometry_scene import Event, Scene

    Array = NDArray[np.float64]

__all__ = ["COLOURS", "KINDS", "draw_geometry", "event_text", "kind_of", "save_geometry", "shown_box"]

COLOURS = {
    "electron": "#228833", "muon": "#ee6677", "charged hadron": "#aa3377", "photon": "#ccaa22",
    "neutral hadron": "#888888",
}  # fmt: skip
"""Colour of each kind of product."""
KINDS = {11: "electron", 13: "muon", 22: "photon"} | dict.fromkeys(
    (130, 310, 2112, 3122, 3322), "neutral hadron"
)
PLANE, FIELD = "#d5761e", "#8a6bbf"
_NEAR = 3.0
"""The production point is shown if the gap to it is below this many lengths of the experiment."""
_VIEWS = (("side", 2, 1), ("top", 2, 0), ("front", 0, 1))
_NAMES = ("$x$ [m]", "$y$ [m]", "$z$ [m]")


class _View(NamedTuple):
    """One panel and the two coordinates that it shows."""

    axes: Axes
    across: int
    up: int

    def flat(self, points: Array) -> Array:
        """Points (3, k) in the panel, shape (2, k)."""
        return points[[self.across, self.up]]


def kind_of(pdg: int) -> str:
    """Name the kind of a product; whatever is not known otherwise is a charged hadron."""
    return KINDS.get(abs(pdg), "charged hadron")


def event_text(event: Event) -> str:
    """One line about the event."""
    seen = "" if event.accepted else ", not accepted"
    return f"{event.channel}, $m$ = {event.mass:g} GeV, $E$ = {event.energy:.3g} GeV{seen}"


def shown_box(scene: Scene) -> Array:
    """Extent to show, shape (3, 2), m: the experiment with a margin, and the production point if it is near."""
    box = scene.box()
    size = box[:, 1] - box[:, 0]
    for k in range(3):
        gap = max(box[k, 0], -box[k, 1], 0.0)
        if gap <= _NEAR * float(size.max()):
            box[k] = min(box[k, 0], 0.0), max(box[k, 1], 0.0)
    margin = np.maximum(0.06 * (box[:, 1] - box[:, 0]), 0.02 * size.max() * (size == 0.0) + 1e-3)
    return np.stack([box[:, 0] - margin, box[:, 1] + margin], axis=1)


def draw_geometry(scene: Scene) -> Figure:
    """Draw side, top and front views.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib as mpl  # slow to import

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with plt.rc_context(STYLE | {"xtick.minor.visible": False, "ytick.minor.visible": False}):
        figure = plt.figure(figsize=(7.4, 5.4), layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=(1.75, 1.0))
        side = figure.add_subplot(grid[0, 0])
        top = figure.add_subplot(grid[1, 0], sharex=side)
        front = figure.add_subplot(grid[0, 1])
        legend = figure.add_subplot(grid[1, 1])
        box = shown_box(scene)
        for axes, (name, across, up) in zip((side, top, front), _VIEWS, strict=True):
            _draw_view(_View(axes, across, up), scene, box)
            axes.set_title(name, loc="left", fontsize=10)
        side.tick_params(labelbottom=False)
        side.set_xlabel("")
        front.set_aspect("equal", adjustable="box", anchor="NW")
        legend.axis("off")
        handles = {h.get_label(): h for a in (side, top, front) for h in a.get_legend_handles_labels()[0]}
        legend.legend(handles=list(handles.values()), loc="upper left", borderaxespad=0.0, handlelength=1.6)
        if scene.event is not None:
            legend.text(
                0.0, 0.0, event_text(scene.event), fontsize=8.5, va="bottom", transform=legend.transAxes
            )
        figure.suptitle(scene.title, fontsize=11)
    return figure


def _draw_view(view: _View, scene: Scene, box: Array) -> None:
    """Everything in one panel, from the back to the front."""
    view.axes.set_xlim(*box[view.across])
    view.axes.set_ylim(*box[view.up])
    for corners in scene.magnets:
        _fill(view, corners, FIELD, 0.12, "-", "magnet")
    for leaf in scene.leaves:
        _fill(view, leaf.points, REGION, 1.0, "-", "decay volume", FILL)
    for leaf in scene.leaves:
        for hole in leaf.holes:
            _fill(view, hole, REGION, 0.75, "--", "hole", "white")
    for edge in (*(edge for _, edge in scene.planes), *scene.holes):
        closed = view.flat(np.concatenate([edge, edge[:, :1]], axis=1))
        view.axes.plot(*closed, color=PLANE, lw=1.3, label="detector plane", solid_joinstyle="round")
    _draw_beam(view, box)
    if scene.event is not None:
        _draw_event(view, scene.event)
    view.axes.set_xlabel(_NAMES[view.across])
    view.axes.set_ylabel(_NAMES[view.up])


def _fill(
    view: _View, points: Array, colour: str, alpha: float, style: str, label: str, face: str | None = None
) -> None:
    """Projected convex hull of points; a line where it has no area."""
    flat = view.flat(points)
    outline = flat[:, _hull_order(flat)]
    view.axes.fill(*outline, facecolor=face or colour, alpha=alpha, lw=0.0)
    closed = np.concatenate([outline, outline[:, :1]], axis=1)
    view.axes.plot(*closed, color=colour, lw=0.9, ls=style, label=label)


def _hull_order(flat: Array) -> NDArray[np.intp]:
    """Indices of the corners of the convex hull of points (2, k), in order; the ends if they are on a line."""
    from scipy.spatial import ConvexHull

    centred = flat - flat.mean(axis=1, keepdims=True)
    extent = np.abs(centred).max()
    spread = np.linalg.svd(centred, compute_uv=False)
    if spread[-1] <= 1e-9 * max(extent, 1e-9):
        along = centred[int(np.argmax(np.ptp(centred, axis=1)))]
        return np.array([np.argmin(along), np.argmax(along)])
    return np.asarray(ConvexHull(flat.T).vertices, dtype=np.intp)


def _draw_beam(view: _View, box: Array) -> None:
    """Beam line and production point, where they are in the panel."""
    style: dict[str, Any] = {"color": "0.35", "lw": 0.8, "ls": "-."}
    if view.across == 2 and box[view.up, 0] <= 0.0 <= box[view.up, 1]:
        view.axes.axhline(0.0, label="beam line", **style)
    inside = all(box[k, 0] <= 0.0 <= box[k, 1] for k in (view.across, view.up))
    if view.across != 2 and inside:
        view.axes.plot(0.0, 0.0, "+", color="0.35", ms=7, mew=1.0)
    if view.across == 2 and inside:
        view.axes.plot(0.0, 0.0, "*", color="black", ms=8, ls="none", label="production point", clip_on=False)


def _draw_event(view: _View, event: Event) -> None:
    """Dark photon and its products."""
    start = np.stack([np.zeros(3), event.vertex], axis=1)
    view.axes.plot(*view.flat(start), color="black", lw=1.1, ls=(0, (4, 2)), label="dark photon")
    view.axes.plot(*view.flat(event.vertex[:, None]), "o", color="black", ms=3.2)
    for track in event.tracks:
        kind = kind_of(track.pdg)
        view.axes.plot(*view.flat(track.path), color=COLOURS[kind], lw=1.3, label=kind)


def save_geometry(figure: Figure, target: Path) -> Path:
    """Write the figure, PNG or PDF by the ending of ``target``, without dates."""
    from matplotlib import pyplot as plt  # slow to import

    metadata: dict[str, str | None] = (
        {"CreationDate": None} if target.suffix == ".pdf" else {"Software": "darkbeam"}
    )
    with plt.rc_context(STYLE), atomic_path(target) as part:
        figure.savefig(
            part, format=target.suffix[1:], metadata=metadata, bbox_inches="tight", pad_inches=0.04
        )
    plt.close(figure)
    return target
