"""Figures of millicharged particles: charge against mass, one experiment, or bounds and projections together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.plotting.overlay import COLOURS
from darkbeam.plotting.reach import exposure_text, label_short_axis, polygon
from darkbeam.plotting.style import BAND, BAND_FILL, FILL, REGION, STYLE, log_axes, save_figure, say_empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from darkbeam.sensitivity.result import Reach

__all__ = ["draw_mcp_reach", "draw_mcp_summary", "save_figure"]

PAST_DASHES = ("--", "-.")
DETECTOR = "#5a8f4a"
SHORT = {"light-mean": "mean light yield", "light-compound-poisson": "compound-Poisson light"}
XLABEL = r"mass $m_\chi$ [GeV]"
YLABEL = r"charge $\epsilon=Q/e$"


def draw_mcp_reach(result: Reach, ax: Axes | None = None) -> Axes:
    """Region of one experiment, the band of all production variations and the variants of the detector.

    Parameters
    ----------
    result : Reach
    ax : matplotlib Axes, optional
        Log-log axes are made if not given.

    Returns
    -------
    matplotlib Axes
    """
    ax = log_axes(ax, XLABEL, YLABEL)
    name = f"{result.experiment.replace('_', ' ')}, {_condition(result)}"
    for k, island in enumerate(result.islands):
        ax.fill(*polygon(island), facecolor=FILL, edgecolor="none", zorder=1)
        ax.plot(*polygon(island), color=REGION, lw=1.5, zorder=4, label=name if k == 0 else None)
    low, high = _production_band(result)
    good = np.isfinite(low) & np.isfinite(high)
    if good.any():
        ax.fill_between(
            result.masses_GeV[good], low[good], high[good], facecolor=BAND_FILL, edgecolor=BAND, lw=0.6,
            zorder=2, label="lower edge: production",
        )  # fmt: skip
    styles = ("--", ":", "-.")
    for k, variant in enumerate(_detector_variants(result)):
        edge = result.band[variant].epsilon_lower
        label = f"lower edge: {SHORT.get(variant, variant)}"
        ax.plot(result.masses_GeV, edge, color=DETECTOR, ls=styles[k % 3], lw=1.2, zorder=3, label=label)
    _limits(ax, [result])
    if result.islands:
        ax.legend(loc="upper left" if _open_above(result) is False else "center left", fontsize=8.5)
    else:
        say_empty(ax, "no charge below 1 gives\nenough events")
    ax.text(
        0.98, 0.02, exposure_text(result.card), transform=ax.transAxes, fontsize=8, va="bottom", ha="right"
    )
    return ax


def draw_mcp_summary(results: Sequence[Reach]) -> Axes:
    """Lower edges: broken for past searches, full for others; areas are not filled, since most cards are unverified."""
    from matplotlib import pyplot as plt  # slow to import

    with plt.rc_context(STYLE):
        _, ax = plt.subplots(figsize=(5.2, 5.2), layout="constrained")
    log_axes(ax, XLABEL, YLABEL)
    for i, result in enumerate(results):
        past = result.card["experiment"]["status"] == "past"
        label = result.experiment.replace("_", " ")
        colour = COLOURS[i % len(COLOURS)]
        for k, island in enumerate(result.islands):
            x, y = [row[0] for row in island], [row[1] for row in island]
            ax.plot(
                x, y, color=colour, lw=1.1 if past else 1.5, ls=PAST_DASHES[(i // len(COLOURS)) % 2] if past else "-",
                label=label if k == 0 else None,
            )  # fmt: skip
    _limits(ax, results)
    figure = ax.get_figure(root=True)
    if figure is not None:
        handles, labels = ax.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, handlelength=2.4)
    text = "broken: past searches, full: projections\nall computed by darkbeam, most geometry unverified"
    ax.text(0.02, 0.98, text, transform=ax.transAxes, fontsize=8, va="top")
    return ax


def _condition(result: Reach) -> str:
    """What makes the contour: events, or the limit of the signal regions."""
    experiment = result.card["experiment"]
    if "regions" not in experiment:
        return f"$N>{result.threshold:.3g}$"
    return f"{100.0 * experiment['statistics'].get('confidence_level', 0.95):g}% CL"


def _detector_variants(result: Reach) -> list[str]:
    """Names in the band that are no variations of production."""
    of_card = result.card["experiment"].get("variants", {})
    return [n for n in result.band if n.startswith("light-") or n in of_card]


def _production_band(result: Reach) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest lower edge over all variations of production."""
    own = set(_detector_variants(result))
    edges = np.array([b.epsilon_lower for n, b in result.band.items() if n not in own])
    edges = np.where(np.isfinite(edges), edges, result.epsilon_lower)
    return np.min(edges, axis=0), np.max(edges, axis=0)


def _open_above(result: Reach) -> bool:
    """Whether the region goes on to charge 1."""
    return bool(np.any(result.epsilon_upper > 0.99))


def _limits(ax: Axes, results: Sequence[Reach]) -> None:
    """Axes over everything that is drawn."""
    rows = [row for r in results for island in r.islands for row in island]
    masses = [m for r in results for m in (r.masses_GeV[0], r.masses_GeV[-1])]
    ax.set_xlim(min(masses), max(masses))
    if rows:
        low = min(row[1] for row in rows)
        ax.set_ylim(10.0 ** np.floor(np.log10(low / 1.3)), 1.0)
        ax.set_xlim(min(masses), min(max(masses), 1.3 * max(row[0] for row in rows)))
    else:
        ax.set_ylim(1e-6, 1.0)
    for axis in (ax.xaxis, ax.yaxis):
        label_short_axis(axis)
