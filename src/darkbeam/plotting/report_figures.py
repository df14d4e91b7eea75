"""Figures of the report of a run: where the events come from, how many there are, and N(epsilon) at single masses."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from darkbeam.output import atomic_path
from darkbeam.plotting.overlay import COLOURS
from darkbeam.plotting.style import BAND, REGION, STYLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from darkbeam.sensitivity.point import MassPoint
    from darkbeam.sensitivity.result import Reach

__all__ = ["draw_events", "draw_peak", "draw_shares", "draw_spectra", "figure_png", "save_one"]

MASS_LABEL = r"dark photon mass $m_{A'}$ [GeV]"
SMALLEST_SHARE = 0.005
"""Sources that never reach this share are drawn together."""


def figure_png(draw: Callable[[], Axes]) -> bytes:
    """PNG of a figure; equal figures are equal bytes."""
    buffer = io.BytesIO()
    _render(draw, buffer, "png")
    return buffer.getvalue()


def save_one(draw: Callable[[], Axes], target: Path) -> Path:
    """Write a figure as PNG or PDF, by the ending of its file, without dates."""
    with atomic_path(target) as part, part.open("wb") as handle:
        _render(draw, handle, target.suffix[1:])
    return target


def _render(draw: Callable[[], Axes], file: IO[bytes], kind: str) -> None:
    import matplotlib as mpl  # slow to import

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    metadata: dict[str, str | None] = {"CreationDate": None} if kind == "pdf" else {"Software": "darkbeam"}
    with mpl.rc_context(STYLE):
        figure = draw().get_figure(root=True)
        if figure is None:
            raise ValueError("these axes belong to no figure")
        figure.savefig(file, format=kind, metadata=metadata, bbox_inches="tight", pad_inches=0.04)
        plt.close("all")


def draw_shares(result: Reach) -> Axes:
    """Share of each source in the events at the lower and at the upper edge, stacked against the mass."""
    from matplotlib import pyplot as plt

    figure: Figure
    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(5.2, 5.4), layout="constrained")
    shares = _grouped(result)
    inside = np.isfinite(result.epsilon_lower)
    for side, (ax, title) in enumerate(zip(axes, ("lower edge", "upper edge"), strict=True)):
        heights = [np.where(inside, s[:, side], np.nan) for s in shares.values()]
        ax.stackplot(result.masses_GeV, heights, labels=list(shares), colors=_colours(len(shares)), lw=0)
        ax.set(xscale="log", ylim=(0.0, 1.0), ylabel=f"share, {title}")
        ax.set_xlim(result.masses_GeV[0], result.masses_GeV[-1])
    axes[1].set_xlabel(MASS_LABEL)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=3, fontsize=8.5)
    last: Axes = axes[1]
    return last


def _grouped(result: Reach) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Shares of the sources that matter, and of the rest in one."""
    inside = np.isfinite(result.epsilon_lower)
    large = {n: s for n, s in result.shares.items() if np.any(s[inside] >= SMALLEST_SHARE)}
    rest = [s for n, s in result.shares.items() if n not in large]
    return {**large, "other": np.sum(rest, axis=0)} if rest and large else large or dict(result.shares)


def _colours(count: int) -> list[str]:
    return [COLOURS[k % len(COLOURS)] for k in range(count)]


def draw_peak(result: Reach) -> Axes:
    """Largest N over all couplings against the mass, and the threshold."""
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(5.2, 3.4), layout="constrained")
    seen = result.peak_events > 0.0
    ax.plot(result.masses_GeV[seen], result.peak_events[seen], color=REGION, lw=1.5, label="largest $N$")
    ax.axhline(result.threshold, color=BAND, ls="--", lw=1.2, label=f"contour, $N={result.threshold:g}$")
    ax.set(xscale="log", yscale="log", xlabel=MASS_LABEL, ylabel="expected events")
    ax.set_xlim(result.masses_GeV[0], result.masses_GeV[-1])
    top = float(result.peak_events.max()) if np.any(seen) else result.threshold
    ax.set_ylim(result.threshold * 1e-2, max(top, result.threshold) * 5.0)
    ax.legend(loc="best")
    return ax


def draw_events(points: Sequence[MassPoint], threshold: float) -> Axes:
    """N(epsilon) at single masses with statistical error, and its lower and upper bremsstrahlung."""
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(5.2, 3.8), layout="constrained")
    tops, spans = [], []
    for k, point in enumerate(points):
        central = point.by_variation["central"]
        epsilon = np.geomspace(1e-9, 1e-2, 561)
        n, error = central.events(epsilon), central.events_error(epsilon)
        used = n > threshold * 1e-2
        if not np.any(used):
            continue
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(epsilon[used], n[used], color=colour, lw=1.5, label=f"{point.mass:.3g} GeV")
        ax.fill_between(epsilon[used], (n - error)[used], (n + error)[used], color=colour, alpha=0.3, lw=0)
        for name, style in (("brem-lower", ":"), ("brem-upper", "--")):
            varied = point.by_variation.get(name)
            if varied is not None and varied is not central:
                ax.plot(epsilon[used], varied.events(epsilon[used]), color=colour, ls=style, lw=0.9)
        tops.append(n.max())
        spans += [epsilon[used][0], epsilon[used][-1]]
    ax.axhline(threshold, color="0.4", lw=1.0)
    ax.set(xscale="log", yscale="log", xlabel=r"kinetic mixing $\varepsilon$", ylabel="expected events $N$")
    if tops:
        ax.set(xlim=(min(spans), max(spans)), ylim=(threshold * 1e-2, max(tops) * 5.0))
        ax.legend(loc="best", fontsize=8.5)
    return ax


def draw_spectra(points: Sequence[MassPoint]) -> Axes:
    """Decay spectra at single masses: density in log10 of lambda, the path in decay lengths at epsilon = 1."""
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(5.2, 3.4), layout="constrained")
    bins = 8  # lattice columns in one bin of the figure
    low, high = np.inf, 0.0
    for k, point in enumerate(points):
        spectrum = point.by_variation["central"]
        counts = spectrum.counts.sum(axis=0)
        if not np.any(counts > 0.0):
            continue
        pad = -len(counts) % bins
        density = np.pad(counts, (0, pad)).reshape(-1, bins).sum(axis=1) / counts.sum()
        lam = np.exp(np.pad(np.log(spectrum.lam), (0, pad), mode="edge").reshape(-1, bins).mean(axis=1))
        used = np.flatnonzero(density > 1e-5)
        width = bins * (np.log10(spectrum.lam[1]) - np.log10(spectrum.lam[0]))
        ax.step(
            lam[used], density[used] / width, where="mid", color=COLOURS[k % len(COLOURS)], lw=1.2,
            label=f"{point.mass:.3g} GeV",
        )  # fmt: skip
        low, high = min(low, lam[used[0]]), max(high, lam[used[-1]])
    ax.set(
        xscale="log",
        xlabel=r"$\lambda = s/(\gamma\beta c\tau)$ at $\varepsilon=1$",
        ylabel=r"share per decade of $\lambda$",
    )
    if high:
        ax.set_xlim(low, high)
        ax.set_ylim(bottom=0.0)
        ax.legend(loc="best", fontsize=8.5)
    return ax
