"""Figure of light dark matter: y or epsilon against the mass of the dark matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.plotting.reach import exposure_text, label_short_axis
from darkbeam.plotting.style import BAND, BAND_FILL, FILL, REGION, log_axes, save_figure, say_empty

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from darkbeam.light_dark_matter.result import DarkMatterReach

__all__ = ["draw_dark_matter_reach", "save_figure"]

LABELS = {
    "y": r"$y=\varepsilon^2\,\alpha_D\,(m_\chi/m_{A'})^4$",
    "epsilon": r"kinetic mixing $\varepsilon$",
}


def draw_dark_matter_reach(result: DarkMatterReach, axis: str = "y", ax: Axes | None = None) -> Axes:
    """Region that one search sees, with the band of all production variations.

    Parameters
    ----------
    result : DarkMatterReach
    axis : {"y", "epsilon"}
    ax : matplotlib Axes, optional
        Log-log axes are made if not given.

    Returns
    -------
    matplotlib Axes
    """
    ax = log_axes(ax, r"dark-matter mass $m_\chi$ [GeV]", LABELS[axis])
    ax.set_xlim(result.masses_GeV[0], result.masses_GeV[-1])
    m, edge = result.masses_GeV, result.coupling(axis)
    good = np.isfinite(edge)
    if good.any():
        low, high = (float(f(edge[good])) for f in (np.min, np.max))
        top = 10.0 ** np.ceil(np.log10(2.0 * high))
        name = f"{result.experiment.replace('_', ' ')}, $N>{result.threshold:.3g}$"
        ax.fill_between(m[good], edge[good], top, facecolor=FILL, edgecolor="none", zorder=1)
        ax.plot(m[good], edge[good], color=REGION, lw=1.5, zorder=4, label=name)
        if result.band:
            rows = np.array([result.coupling(axis, v)[good] for v in result.band])
            rows = np.vstack([np.where(np.isfinite(rows), rows, edge[good]), edge[good]])
            ax.fill_between(
                m[good], np.min(rows, axis=0), np.max(rows, axis=0), facecolor=BAND_FILL, edgecolor=BAND, lw=0.6,
                zorder=2, label="edge: production",
            )  # fmt: skip
        ax.set_ylim(10.0 ** np.floor(np.log10(low / 2.0)), top)
        ax.legend(loc="upper left")
    else:
        say_empty(ax, "no coupling below 1 gives\nenough events")
    for each in (ax.xaxis, ax.yaxis):
        label_short_axis(each)
    ax.text(0.98, 0.02, _text(result), transform=ax.transAxes, fontsize=8.5, va="bottom", ha="right")
    return ax


def _text(result: DarkMatterReach) -> str:
    """Model, exposure and version."""
    model = result.model
    spin = "complex scalar" if model.spin == "scalar" else "Dirac"
    ratio = rf"$m_{{A'}}={model.ratio:g}\,m_\chi$"
    return f"{spin}, $\\alpha_D={model.alpha_d:g}$, {ratio}\n{exposure_text(result.card)}"
