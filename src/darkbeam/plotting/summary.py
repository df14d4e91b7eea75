"""Several experiments in one figure, over the area that past searches exclude by our own calculation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.plotting.overlay import COLOURS, DASHES
from darkbeam.plotting.reach import label_short_axis, polygon
from darkbeam.plotting.style import STYLE, save_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from darkbeam.sensitivity.result import Reach

__all__ = ["draw_bremsstrahlung", "draw_summary", "save_figure"]

PAST = "0.85"
JOINED = ("combination", "envelope")
SIZE = (5.2, 3.9)
"""Width and height of the axes with their labels, inches; the legend stands below."""
PANEL = 3.1
"""Height of one of several panels, inches."""
LEGEND_ROW = 0.185
COLUMNS = 3
WIDE = 22
"""Characters of a name above which the legend has two columns."""


def draw_summary(results: Sequence[Reach], behind: Sequence[Reach] = ()) -> Axes:
    """Central contours of several experiments.

    Parameters
    ----------
    results : sequence of Reach
        Drawn as lines; a combination or envelope in black.
    behind : sequence of Reach
        Past searches: their union is filled in grey.

    Returns
    -------
    matplotlib Axes
    """
    (ax,) = _panels(results, 1, SIZE[1])
    _fill_past(behind, ax)
    for k, result in enumerate(results):
        _draw(result, k, result.islands, ax)
    _finish([ax], [i for r in results for i in r.islands], results, behind)
    _say_empty([r for r in results if not r.islands], ax)
    return ax


def draw_bremsstrahlung(results: Sequence[Reach], behind: Sequence[Reach] = ()) -> Axes:
    """Contours with lower bremsstrahlung above those with upper; parameters as for `draw_summary`."""
    panels = _panels(results, 2, PANEL)
    islands = []
    for name, ax in zip(("lower", "upper"), panels, strict=True):
        _fill_past(behind, ax)
        found = [r.band[name].islands if name in r.band else r.islands for r in results]
        for k, (result, own) in enumerate(zip(results, found, strict=True)):
            _draw(result, k, own, ax)
            islands += own
        ax.text(0.98, 0.95, f"bremsstrahlung: {name}", transform=ax.transAxes, ha="right", va="top")
        _say_empty([r for r, own in zip(results, found, strict=True) if not own], ax)
    _finish(panels, islands, results, behind)
    panels[0].set_xlabel("")
    return panels[0]


def _panels(results: Sequence[Reach], n: int, height: float) -> list[Axes]:
    """Log-log axes above each other, with room for the legend below."""
    from matplotlib import pyplot as plt  # slow to import

    rows = -(-(len(results) + 1) // _columns(results))
    with plt.rc_context(STYLE):
        _, axes = plt.subplots(
            n, 1, figsize=(SIZE[0], n * height + LEGEND_ROW * rows), sharex=True, sharey=True, squeeze=False,
            layout="constrained",
        )  # fmt: skip
    for ax in axes[:, 0]:
        ax.set(xscale="log", yscale="log")
        ax.set(xlabel=r"dark photon mass $m_{A'}$ [GeV]", ylabel=r"kinetic mixing $\varepsilon$")
    return list(axes[:, 0])


def _draw(result: Reach, k: int, islands: list[list[list[float]]], ax: Axes) -> None:
    """Outlines of one result; its name once, also where it has no region."""
    colour, dash, width = _look(k, result)
    for island in islands:
        ax.plot(*polygon(island), color=colour, ls=dash, lw=width)
    ax.plot([], [], color=colour, ls=dash, lw=width, label=_name(result))


def _columns(results: Sequence[Reach]) -> int:
    return COLUMNS if max((len(r.experiment) for r in results), default=0) <= WIDE else 2


def _look(k: int, result: Reach) -> tuple[str, str, float]:
    """Colour, dash and width of a line."""
    if result.experiment in JOINED:
        return "black", DASHES[JOINED.index(result.experiment)], 1.8
    return COLOURS[k % len(COLOURS)], DASHES[(k // len(COLOURS)) % len(DASHES)], 1.3


def _name(result: Reach) -> str:
    return result.experiment.replace("_", " ")


def _fill_past(behind: Sequence[Reach], ax: Axes) -> None:
    """Union of the past searches: all in one grey without edges."""
    for result in behind:
        for island in result.islands:
            ax.fill(*polygon(island), facecolor=PAST, edgecolor=PAST, lw=0.3, zorder=0)
    if any(r.islands for r in behind):
        ax.fill([], [], facecolor=PAST, edgecolor="none", label="past searches (darkbeam)")


def _finish(
    panels: Sequence[Axes],
    islands: list[list[list[float]]],
    results: Sequence[Reach],
    behind: Sequence[Reach],
) -> None:
    """Limits and legend."""
    ax = panels[0]
    shown = islands + [i for r in behind for i in r.islands]
    if shown:
        low = min(row[1] for island in shown for row in island)
        high = max(row[2] for island in shown for row in island)
        right = max(row[0] for island in shown for row in island)
        ax.set_xlim(min(r.masses_GeV[0] for r in (*results, *behind)), right * 1.25)
        ax.set_ylim(10.0 ** np.floor(np.log10(low / 1.5)), 10.0 ** np.ceil(np.log10(high * 1.5)))
    handles, labels = ax.get_legend_handles_labels()
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=_columns(results), fontsize=8, handlelength=2.6
        )
    for axis in (a for panel in panels for a in (panel.xaxis, panel.yaxis)):
        label_short_axis(axis)


def _say_empty(empty: Sequence[Reach], ax: Axes) -> None:
    """Names of those without a region."""
    if empty:
        text = "no region: " + ", ".join(map(_name, empty))
        ax.text(0.02, 0.02, text, transform=ax.transAxes, fontsize=7.5, va="bottom", wrap=True)
