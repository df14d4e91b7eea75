"""Look of the figures: column width, fonts that survive it, two files per figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

__all__ = ["BAND", "BAND_FILL", "FILL", "REGION", "STYLE", "log_axes", "save_figure", "say_empty"]

REGION = "#1f5fa8"
BAND = "#e0902a"
FILL = "#cfdff1"
BAND_FILL = "#fbe9d0"

STYLE: Any = {
    "figure.figsize": (5.2, 4.2),
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 11,
    "axes.labelsize": 12,
    "axes.linewidth": 0.9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "mathtext.fontset": "stix",
    "font.family": "STIXGeneral",
    "pdf.fonttype": 42,
}


def log_axes(ax: Axes | None, xlabel: str, ylabel: str) -> Axes:
    """Make axes log-log and label them; new axes of column width without any."""
    from matplotlib import pyplot as plt  # slow to import

    if ax is None:
        with plt.rc_context(STYLE):
            _, ax = plt.subplots(layout="constrained")
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    return ax


def say_empty(ax: Axes, text: str) -> None:
    """Write into the middle of axes why they are empty."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center")


def save_figure(draw: Callable[[], Axes], folder: Path, stem: str) -> list[Path]:
    """Draw once and write ``stem.png`` and ``stem.pdf``, without dates so that equal results are equal files."""
    import matplotlib as mpl  # slow to import, and only needed when a figure is drawn

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with mpl.rc_context(STYLE):
        figure = draw().get_figure(root=True)
        if figure is None:
            raise ValueError("these axes belong to no figure")
        written = []
        for suffix, metadata in (("png", {"Software": "darkbeam"}), ("pdf", {"CreationDate": None})):
            target = folder / f"{stem}.{suffix}"
            with atomic_path(target) as part:
                figure.savefig(part, format=suffix, metadata=metadata, bbox_inches="tight", pad_inches=0.04)
            written.append(target)
        plt.close("all")
    return written
