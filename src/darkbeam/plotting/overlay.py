"""Several contours and bounds in one figure, from saved results, without computing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.plotting.reach import label_short_axis, polygon
from darkbeam.plotting.style import log_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from darkbeam.sensitivity.limits import Limit
    from darkbeam.sensitivity.result import Reach

    Array = NDArray[np.float64]

__all__ = ["COLOURS", "draw_overlay"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7a5195", "#5c5c5c")
"""Told apart with every kind of colour vision (Okabe and Ito), in the order of the files."""
DASHES = ("-", "--", "-.", ":")
"""A colour that comes again has another line."""
GREYS = ("0.55", "0.35", "0.7", "0.2")
AROUND = 4.0
"""Factor by which bounds may widen the axes beyond the contours."""
FEW_FILLED = 3
"""Up to so many contours are filled: more shades on top of each other tell nothing."""
FEW_LABELS = 4
"""Up to so many labels the legend has one column inside the axes, otherwise it stands below them."""


def draw_overlay(
    contours: Sequence[Reach],
    bounds: Sequence[Limit] = (),
    labels: Sequence[str] | None = None,
    *,
    band: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw contours in colour over bounds in grey.

    Parameters
    ----------
    contours : sequence of Reach
    bounds : sequence of Limit
    labels : sequence of str, optional
        Of the contours and then of the bounds; names of experiments and files by default.
    band : bool
        Shade the bremsstrahlung band of each contour.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueRangeError
        If there is nothing to draw, or the number of labels is another one.
    """
    if not contours and not bounds:
        raise ValueRangeError("nothing to draw: give contour.json files or --bounds")
    names = _names(contours, bounds) if labels is None else list(labels)
    if len(names) != len(contours) + len(bounds):
        raise ValueRangeError(f"{len(names)} labels for {len(contours) + len(bounds)} curves")
    ax = log_axes(ax, *_axis_labels(contours))
    for k, (bound, label) in enumerate(zip(bounds, names[len(contours) :], strict=True)):
        _draw_bound(bound, label, GREYS[k % len(GREYS)], ax)
    for k, (contour, label) in enumerate(zip(contours, names, strict=False)):
        if band:
            _draw_band(contour, COLOURS[k % len(COLOURS)], ax)
        _draw_contour(contour, label, k, ax, fill=not band and len(contours) <= FEW_FILLED)
    _set_limits(contours, bounds, ax, band=band)
    for axis in (ax.xaxis, ax.yaxis):
        label_short_axis(axis)
    _legend(ax, names)
    return ax


def _names(contours: Sequence[Reach], bounds: Sequence[Limit]) -> list[str]:
    """Experiments, with what tells those of the same name apart, and files."""
    plain = [c.experiment.replace("_", " ") for c in contours]
    models = {_model(c) for c in contours}
    names = []
    for name, contour in zip(plain, contours, strict=True):
        extra = [_model(contour)] if len(models) > 1 else []
        if plain.count(name) > 1:
            extra += [f"$N>{contour.threshold:g}$"] if len({c.threshold for c in contours}) > 1 else []
            extra += [" + ".join(contour.sources)] if len({c.sources for c in contours}) > 1 else []
        names.append(f"{name} ({', '.join(extra)})" if extra else name)
    return [*names, *(b.name.replace("_", " ") for b in bounds)]


def _model(contour: Reach) -> str:
    return str(contour.card.get("model", {}).get("name", "dark-photon"))


def _axis_labels(contours: Sequence[Reach]) -> tuple[str, str]:
    if contours and all(_model(c) == "millicharged" for c in contours):
        return r"mass $m_\chi$ [GeV]", r"charge $\epsilon=Q/e$"
    if all(_model(c) == "dark-photon" for c in contours):
        return r"dark photon mass $m_{A'}$ [GeV]", r"kinetic mixing $\varepsilon$"
    return r"mass $m_V$ [GeV]", r"coupling $\varepsilon = g/e$"


def _draw_bound(bound: Limit, label: str, grey: str, ax: Axes) -> None:
    """Line of a bound; filled where it encloses an area (both edges, or an outline that closes)."""
    for k, (x, y) in enumerate(bound.outlines()):
        closed = bound.has_edges or np.hypot(np.log(x[0] / x[-1]), np.log(y[0] / y[-1])) < 0.05
        if closed:
            ax.fill(x, y, facecolor=grey, edgecolor="none", alpha=0.25, zorder=0)
        ax.plot(x, y, color=grey, lw=1.0, zorder=1, label=label if k == 0 else None)


def _draw_contour(contour: Reach, label: str, k: int, ax: Axes, *, fill: bool) -> None:
    """Outline of every island; a region that is empty keeps its place in the legend."""
    colour, dash = COLOURS[k % len(COLOURS)], DASHES[k // len(COLOURS) % len(DASHES)]
    if not contour.islands:
        ax.plot([], [], color=colour, ls=dash, lw=1.5, label=f"{label}: no region")
    for number, island in enumerate(contour.islands):
        x, y = polygon(island)
        if fill:
            ax.fill(x, y, facecolor=colour, edgecolor="none", alpha=0.08, zorder=2)
        ax.plot(x, y, color=colour, ls=dash, lw=1.5, zorder=4, label=label if number == 0 else None)


def _draw_band(contour: Reach, colour: str, ax: Axes) -> None:
    """Upper bremsstrahlung as a shade with a thin line, lower one as a thin dashed line."""
    for name, style in (("upper", "-"), ("lower", "--")):
        part = contour.band.get(name)
        for island in part.islands if part else []:
            x, y = polygon(island)
            ax.plot(x, y, color=colour, lw=0.7, ls=style, zorder=3)
            if name == "upper":
                ax.fill(x, y, facecolor=colour, edgecolor="none", alpha=0.12, zorder=1)


def _set_limits(contours: Sequence[Reach], bounds: Sequence[Limit], ax: Axes, *, band: bool) -> None:
    """Every contour in view, and of the bounds what lies within `AROUND` of the contours."""
    islands = [i for c in contours for i in c.islands]
    if band:
        islands += [i for c in contours for n in ("lower", "upper") if n in c.band for i in c.band[n].islands]
    inner = [tuple(np.array(v) for v in polygon(i)) for i in islands]
    outer = [o for b in bounds for o in b.outlines()]
    if not inner and not outer:
        ax.set(xlim=(0.01, 3.0), ylim=(1e-9, 1e-2))
        return
    (left, right), (low, high) = (
        _span([line[k] for line in inner], [line[k] for line in outer]) for k in (0, 1)
    )
    ax.set_xlim(left, right * 1.25)
    ax.set_ylim(10.0 ** np.floor(np.log10(low / 1.5)), 10.0 ** np.ceil(np.log10(high * 1.5)))


def _span(inner: Sequence[Array], outer: Sequence[Array]) -> tuple[float, float]:
    """Range of the inner lines, and of the outer ones as far as they are near (all of them if they are alone)."""
    low, high = (float(f([f(v) for v in outer or inner])) for f in (np.min, np.max))
    if not inner:
        return low, high
    first, last = (float(f([f(v) for v in inner])) for f in (np.min, np.max))
    return min(first, max(low, first / AROUND)), max(last, min(high, last * AROUND))


def _legend(ax: Axes, labels: Sequence[str]) -> None:
    """In the order of the labels; inside while there is room, in columns below the axes otherwise."""
    handles, found = ax.get_legend_handles_labels()
    # contours are drawn after the bounds and listed before them; an empty region has a longer label
    order = sorted(
        range(len(found)), key=lambda k: next(i for i, n in enumerate(labels) if found[k].startswith(n))
    )
    chosen = ([handles[k] for k in order], [found[k] for k in order])
    if len(labels) <= FEW_LABELS:
        ax.legend(*chosen, loc="best", fontsize=8.5)
        return
    ax.legend(
        *chosen, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2 if len(labels) < 9 else 3, fontsize=8.0,
        columnspacing=1.2, handlelength=1.6,
    )  # fmt: skip
