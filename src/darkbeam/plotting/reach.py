"""The reach figure: epsilon against mass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.plotting.style import BAND, BAND_FILL, FILL, REGION, log_axes, save_figure, say_empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from darkbeam.sensitivity.result import Reach

__all__ = ["draw_reach", "existing_bounds", "exposure_text", "label_short_axis", "polygon", "save_figure"]


def existing_bounds() -> Sequence[tuple[str, list[list[float]]]]:
    """Published bounds that darkbeam may ship, as (label, polygon of [mass, epsilon]).

    Empty: none is free to be redistributed yet.  What this returns is drawn in grey behind every contour.
    """
    return ()


def polygon(island: list[list[float]]) -> tuple[list[float], list[float]]:
    """Outline of an island: along its lower edge and back along its upper one."""
    mass = [row[0] for row in island]
    return mass + mass[::-1], [row[1] for row in island] + [row[2] for row in reversed(island)]


def draw_reach(result: Reach, ax: Axes | None = None) -> Axes:
    """Draw a reach contour with its bremsstrahlung band.

    Parameters
    ----------
    result : Reach
    ax : matplotlib Axes, optional
        Log-log axes are made if not given.

    Returns
    -------
    matplotlib Axes
    """
    if result.card.get("model", {}).get("name") == "millicharged":
        from darkbeam.plotting.millicharged import draw_mcp_reach  # it imports this module

        return draw_mcp_reach(result, ax)
    ax = log_axes(ax, r"dark photon mass $m_{A'}$ [GeV]", r"kinetic mixing $\varepsilon$")
    for label, outline in existing_bounds():
        ax.fill(*zip(*outline, strict=True), color="0.85", zorder=0, label=label)
    _draw_band(result, ax)
    label = f"{result.experiment.replace('_', ' ')}, $N>{result.threshold:g}$"
    for k, island in enumerate(result.islands):
        x, y = polygon(island)
        ax.fill(x, y, facecolor=FILL, edgecolor="none", zorder=2)
        ax.plot(x, y, color=REGION, lw=1.5, zorder=3, label=label if k == 0 else None)
    _set_limits(result, ax)
    for axis in (ax.xaxis, ax.yaxis):
        label_short_axis(axis)
    if result.islands:
        ax.legend(loc="upper right")
    else:
        say_empty(ax, "no coupling gives\nenough events")
    ax.text(0.02, 0.02, exposure_text(result.card), transform=ax.transAxes, fontsize=8.5, va="bottom")
    return ax


def _draw_band(result: Reach, ax: Axes) -> None:
    """Outer contour of the upper and inner contour of the lower bremsstrahlung."""
    for name, style, label in (
        ("upper", "-", "bremsstrahlung: upper"),
        ("lower", "--", "bremsstrahlung: lower"),
    ):
        band = result.band.get(name)
        for k, island in enumerate(band.islands if band else []):
            x, y = polygon(island)
            ax.plot(x, y, color=BAND, lw=1.2, ls=style, zorder=4, label=label if k == 0 else None)
            if name == "upper":
                ax.fill(x, y, facecolor=BAND_FILL, edgecolor="none", zorder=1)


def _set_limits(result: Reach, ax: Axes) -> None:
    """Room for the legend above and for the exposure below."""
    islands = result.islands + [i for b in result.band.values() for i in b.islands]
    if not islands:
        ax.set(xlim=(result.masses_GeV[0], result.masses_GeV[-1]), ylim=(1e-9, 1e-2))
        return
    low = min(row[1] for island in islands for row in island)
    high = max(row[2] for island in islands for row in island)
    right = max(row[0] for island in islands for row in island)
    ax.set_xlim(result.masses_GeV[0], min(right * 1.6, result.masses_GeV[-1] * 1.05))
    ax.set_ylim(10.0 ** np.floor(np.log10(low / 3.0)), 10.0 ** np.ceil(np.log10(high * 3.0)))


def label_short_axis(axis: Axis) -> None:
    """Label 2 and 5 between the powers of ten where an axis spans little more than a decade, and nothing else."""
    low, high = axis.get_view_interval()
    short = np.log10(high / low) < 1.5

    def label(value: float, _: float) -> str:
        exponent = int(np.floor(np.log10(value) + 1e-9))
        digit = round(value / 10.0**exponent)
        return rf"${digit}\times10^{{{exponent}}}$" if short and digit in (2, 5) else ""

    axis.set_minor_formatter(label)


def exposure_text(card: dict[str, Any]) -> str:
    """Exposure and version of the card of a result."""
    exposure, version = card["experiment"]["exposure"], f"darkbeam {card['darkbeam']}"
    if not exposure:  # a combination
        return version
    if "pot" in exposure:
        return f"{_scientific(exposure['pot'])} protons on target, {version}"
    return f"{exposure['lumi_fb']:g} fb$^{{-1}}$, {version}"


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"${float(mantissa):g}\times10^{{{int(exponent)}}}$"
