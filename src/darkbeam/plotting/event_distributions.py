"""Distributions of the events of a file: weighted histograms with their statistical errors.

Each bin holds sum w with the error sqrt(sum w^2): expected events for the exposure of the card.  The file is read in
batches; seven numbers per event are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.events.record import FINAL
from darkbeam.plotting.style import FILL, REGION, STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from darkbeam.events.record import Events

    Array = NDArray[np.float64]

__all__ = ["Distributions", "Histogram", "draw_distributions", "histogram", "visible_mass"]

BINS = 40
CHANNELS_SHOWN = 8
LOG_FROM = 100.0
"""Ratio of the largest and smallest energy from which its axis is logarithmic: two powers of ten are then on it."""
NEUTRINOS = (12, 14, 16)


@dataclass(frozen=True)
class Histogram:
    """Sum of weights and its error in each bin."""

    edges: Array
    content: Array
    error: Array


def histogram(values: NDArray[np.floating], weight: Array, edges: Array) -> Histogram:
    """Weighted histogram; the last edge belongs to the last bin."""
    content = np.histogram(values, edges, weights=weight)[0]
    squares = np.histogram(values, edges, weights=weight * weight)[0]
    return Histogram(edges, content, np.sqrt(squares))


def visible_mass(events: Events) -> Array:
    """Invariant mass of all final particles but neutrinos, shape (n,), GeV."""
    seen = (events.status == FINAL) & ~np.isin(np.abs(events.pdg), NEUTRINOS)
    of = events.event_of[seen]
    energy, *momentum = (np.bincount(of, p[seen], len(events)) for p in events.p4)
    # (E - p)(E + p): E^2 - p^2 loses digits for light particles of high energy
    size = np.sqrt(sum(p * p for p in momentum))
    return np.asarray(np.sqrt(np.maximum((energy - size) * (energy + size), 0.0)))


@dataclass(frozen=True)
class Distributions:
    """What the figure needs of every event.

    Attributes
    ----------
    energy, angle, z, mass : arrays, shape (n,)
        Of the decaying particle, GeV and rad; of its decay vertex, m; invariant mass of what can be seen, GeV.
    multiplicity : array of int, shape (n,)
        Final particles but neutrinos.
    channel : array of int, shape (n,)
    channel_names : tuple of str
    weight : array, shape (n,)
    """

    energy: NDArray[np.floating]
    angle: NDArray[np.floating]
    z: NDArray[np.floating]
    mass: NDArray[np.floating]
    multiplicity: NDArray[np.integer]
    channel: NDArray[np.integer]
    channel_names: tuple[str, ...]
    weight: Array

    @classmethod
    def of(cls, batches: Iterable[Events]) -> Distributions:
        """Go through events.

        Raises
        ------
        ValueRangeError
            If there are none.
        """
        columns: dict[str, list[NDArray[Any]]] = {}
        names: tuple[str, ...] = ()
        for events in batches:
            for name, values in _columns(events).items():
                columns.setdefault(name, []).append(values)
            names = events.channel_names
        if not columns:
            raise ValueRangeError("there are no events to plot")
        # one after the other: the batches of a column are let go before the next is joined
        whole = {name: np.concatenate(columns.pop(name)) for name in list(columns)}
        return cls(**whole, channel_names=names)

    @property
    def total(self) -> float:
        """Sum of weights."""
        return float(self.weight.sum())

    def shares(self, most: int | None = None) -> list[tuple[str, float, float]]:
        """Name, share and error of each channel that occurs, by falling share; the rarest as one beyond ``most``."""
        n = len(self.channel_names)
        content = np.bincount(self.channel, self.weight, n)
        squares = np.bincount(self.channel, self.weight**2, n)
        order = np.argsort(-content, kind="stable")
        order = order[content[order] > 0.0]
        names = [self.channel_names[k] for k in order]
        content, squares = content[order], squares[order]
        if most is not None and len(names) > most:
            keep = most - 1
            names = [*names[:keep], f"{len(names) - keep} others"]
            content = np.append(content[:keep], content[keep:].sum())
            squares = np.append(squares[:keep], squares[keep:].sum())
        share = content / content.sum()
        # part and whole are correlated: Var(p) = [(1 - p)^2 sum_in w^2 + p^2 sum_out w^2] / W^2
        rest = squares.sum() - squares
        error = np.sqrt((1.0 - share) ** 2 * squares + share**2 * rest) / content.sum()
        return list(zip(names, share.tolist(), error.tolist(), strict=True))


def _columns(events: Events) -> dict[str, NDArray[Any]]:
    """What is kept of a batch; single precision is plenty for a bin and halves the memory."""
    energy, px, py, pz = events.parent
    seen = (events.status == FINAL) & ~np.isin(np.abs(events.pdg), NEUTRINOS)
    return {
        "energy": energy.astype(np.float32),
        "angle": np.arctan2(np.hypot(px, py), pz).astype(np.float32),
        "z": events.decay[2].astype(np.float32),
        "mass": visible_mass(events).astype(np.float32),
        "multiplicity": np.bincount(events.event_of[seen], minlength=len(events)).astype(np.int32),
        "channel": events.channel.astype(np.int32),
        "weight": events.weight,
    }


def _edges(values: NDArray[np.floating], *, log: bool = False) -> Array:
    """Edges of equal bins, in the logarithm if asked, over all values."""
    low, high = float(values.min()), float(values.max())
    if log and 0.0 < LOG_FROM * low < high:
        return np.geomspace(low * (1.0 - 1e-6), high * (1.0 + 1e-6), BINS + 1)
    margin = 0.02 * (high - low) or 0.05 * abs(high) or 1.0
    return np.linspace(low - margin * (high == low), high + margin * (high == low), BINS + 1)


def draw_distributions(data: Distributions, title: str) -> Figure:
    """Draw six panels.

    Parameters
    ----------
    data : Distributions
    title : str

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib as mpl  # slow to import

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import MaxNLocator

    with plt.rc_context(STYLE | {"axes.formatter.use_mathtext": True}):
        figure, axes = plt.subplots(3, 2, figsize=(6.6, 7.6), layout="constrained")
        (energy, angle), (z, multiplicity), (mass, channels) = axes
        _steps(energy, data.energy, data.weight, _edges(data.energy, log=True), "energy [GeV]")
        _steps(angle, 1e3 * data.angle, data.weight, _edges(1e3 * data.angle), "polar angle [mrad]")
        _steps(z, data.z, data.weight, _edges(data.z), "decay vertex $z$ [m]")
        # an empty bin on both sides, so that a single number of particles has an axis too
        whole = np.arange(data.multiplicity.min() - 1, data.multiplicity.max() + 3) - 0.5
        _steps(multiplicity, data.multiplicity.astype(float), data.weight, whole, "visible particles")
        top = 1.05 * float(data.mass.max()) or 1.0
        _steps(mass, data.mass, data.weight, np.linspace(0.0, top, BINS + 1), "visible mass [GeV]", log=True)
        multiplicity.xaxis.set_major_locator(MaxNLocator(integer=True))
        multiplicity.tick_params(axis="x", which="minor", bottom=False, top=False)
        _bars(channels, data)
        figure.suptitle(f"{title}: {data.total:.4g} events expected, {len(data.weight)} drawn", fontsize=11)
    return figure


def _steps(
    axes: Axes, values: NDArray[np.floating], weight: Array, edges: Array, label: str, *, log: bool = False
) -> None:
    """One histogram with error bars; logarithmic counts if ``log``, a logarithmic axis where its bins are."""
    h = histogram(values, weight, edges)
    if (
        len(edges) > 2
        and edges[0] > 0.0
        and np.allclose(edges[1:] / edges[:-1], edges[1] / edges[0], rtol=1e-6)
    ):
        axes.set_xscale("log")
    axes.stairs(h.content, edges, fill=True, facecolor=FILL, edgecolor=REGION, lw=1.0)
    filled = h.content > 0.0
    centre = 0.5 * (edges[1:] + edges[:-1])
    bars: dict[str, Any] = {"fmt": "none", "ecolor": REGION, "elinewidth": 0.8}
    axes.errorbar(centre[filled], h.content[filled], h.error[filled], **bars)
    axes.set(xlabel=label, ylabel="events per bin", xlim=(edges[0], edges[-1]))
    if log:
        axes.set_yscale("log")
        top = float(h.content.max())
        axes.set_ylim(min(0.3 * float(h.content[filled].min()), 0.003 * top), 3.0 * top)
    else:
        axes.set_ylim(bottom=0.0)


def _bars(axes: Axes, data: Distributions) -> None:
    """Share of each channel, the rare ones together."""
    names, share, error = zip(*data.shares(CHANNELS_SHOWN), strict=True)
    percent, spread = 100.0 * np.array(share), 100.0 * np.array(error)
    place = np.arange(len(names))
    axes.barh(place, percent, color=FILL, edgecolor=REGION, lw=1.0)
    axes.errorbar(percent, place, xerr=spread, fmt="none", ecolor=REGION, elinewidth=0.8)
    axes.set_yticks(place, names)
    axes.tick_params(axis="y", which="both", left=False, right=False, labelsize=9)
    axes.minorticks_off()
    axes.invert_yaxis()
    axes.set_xlim(left=0.0)
    axes.set_xlabel("share of decays [%]")
