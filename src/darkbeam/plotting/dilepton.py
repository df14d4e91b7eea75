"""Figures of the data-driven source: what `dilepton check` found, and the measured reach over the theory sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.plotting.overlay import COLOURS
from darkbeam.plotting.reach import label_short_axis, polygon
from darkbeam.plotting.style import BAND, BAND_FILL, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.sample import DileptonSample
    from darkbeam.sensitivity.result import Reach

    Array = NDArray[np.float64]

__all__ = ["at_masses", "draw_check", "draw_comparison", "draw_slices", "measured_band"]

MEASURED = REGION
SLICES = ((0.25, 0.40), (0.75, 0.82), (0.98, 1.06), (1.3, 2.5))
"""Mass windows of `draw_slices`, GeV."""
FEW = 200
"""Windows with fewer pairs are not drawn."""
DRAWS = 100_000


def draw_check(check: Mapping[str, Any]) -> Axes:
    """Kullback-Leibler divergence in mass bins: model, bootstrap baseline and the floor of a perfect model.

    Parameters
    ----------
    check : mapping
        JSON of `darkbeam.dilepton.check.CheckResult`.

    Returns
    -------
    matplotlib Axes
    """
    from matplotlib import pyplot as plt  # slow to import

    bins = check["mass_bins"]
    edges = np.array([b["lo"] for b in bins] + [bins[-1]["hi"]])
    _, axes = plt.subplots(2, 1, sharex=True, figsize=(5.2, 5.2), layout="constrained")
    for ax, variable, name in zip(axes, ("pT", "y"), ("$p_T$", "rapidity $y$"), strict=True):
        for key, colour, label, dash in (
            (f"kl_{variable}", COLOURS[0], str(check["back_end"]), "-"),
            (f"kl_{variable}_bootstrap", COLOURS[1], "smeared bootstrap", "--"),
            ("kl_floor", "0.5", "perfect model", ":"),
        ):
            ax.stairs([b[key] for b in bins], edges, color=colour, ls=dash, lw=1.6, label=label)
        ax.set(yscale="log", ylabel=f"KL divergence in {name}")
        ax.margins(x=0.0)
    axes[0].legend(loc="upper left")
    axes[0].set_ylim(top=axes[0].get_ylim()[1] * 2.5)
    if check["auc"] is not None:
        text = (
            f"AUC {check['auc']:.4f} (bootstrap {check['auc_bootstrap']:.4f}, floor {check['auc_floor']:.4f})"
        )
        axes[1].text(0.03, 0.95, text, transform=axes[1].transAxes, va="top", fontsize=9)
        axes[1].set_ylim(top=axes[1].get_ylim()[1] * 2.0)
    axes[1].set(xscale="log", xlabel="mass of the pair $m$ [GeV]")
    label_short_axis(axes[1].xaxis)
    return _one(axes)


def draw_slices(model: KinematicModel, data: DileptonSample, rng: np.random.Generator) -> Axes:
    """Transverse momentum and rapidity in mass windows: data with errors, and the model at the masses of the data."""
    from matplotlib import pyplot as plt  # slow to import

    _, axes = plt.subplots(2, 1, figsize=(5.2, 6.0), layout="constrained")
    low, high = model.support
    for k, (lo, hi) in enumerate(SLICES):
        inside = (data.mass > max(lo, low)) & (data.mass < min(hi, high))
        if np.sum(inside) < FEW:
            continue
        part = data.select(inside)
        at = rng.choice(part.mass, DRAWS, p=part.weight / np.sum(part.weight))
        for ax, column, drawn in zip(axes, (part.pt, part.y), model.sample(at, rng), strict=True):
            label = f"{lo:g} to {hi:g} GeV" if ax is axes[0] else None
            _points(ax, column, part.weight, drawn, COLOURS[k], label)
    axes[0].set(
        xlabel="transverse momentum $p_T$ [GeV]", ylabel=r"$(1/N)\,dN/dp_T$ [GeV$^{-1}$]", yscale="log"
    )
    axes[0].set_ylim(bottom=1e-3)
    axes[0].legend(loc="upper right", title="points: data, lines: model")
    axes[1].set(xlabel="rapidity in the lab $y$", ylabel=r"$(1/N)\,dN/dy$", ylim=(0.0, None))
    return _one(axes)


def _points(ax: Axes, data: Array, weight: Array, drawn: Array, colour: str, label: str | None) -> None:
    """Data as points with errors and the model as steps, both normalised, in 30 bins."""
    low, high = (float(np.quantile(data, q)) for q in (0.001, 0.999))
    edges = np.linspace(low, high, 31)
    width, middle = np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    content, square = (np.histogram(data, edges, weights=w)[0] for w in (weight, weight**2))
    scale = width * np.sum(weight)
    ax.errorbar(middle, content / scale, np.sqrt(square) / scale, fmt=".", ms=3, lw=0.8, color=colour)
    ax.stairs(np.histogram(drawn, edges)[0] / (width * drawn.size), edges, color=colour, lw=1.2, label=label)


def _one(axes: Sequence[Axes]) -> Axes:
    """Any axes of the figure."""
    return axes[0]


def measured_band(result: Reach) -> tuple[Array, Array]:
    """Standard deviations of ln epsilon of the lower and upper edge from the data, at every mass.

    Root mean square over the bootstrap members of a measured source, which carry rate and kinematics (the rate alone if
    there are no members), and below the threshold of the data the error of the analytic part.  NaN without a region.
    """
    names = list(result.band)
    members = [n for n in names if "-member-" in n] or [n for n in names if n.startswith("dilepton-rate-")]
    below = [n for n in names if n.startswith("dilepton-below-")]
    edges = {"epsilon_lower": result.epsilon_lower, "epsilon_upper": result.epsilon_upper}
    found = []
    for name, central in edges.items():
        square = np.where(np.isfinite(central), 0.0, np.nan)
        for group in (members, below):
            shifts = [np.log(getattr(result.band[n], name) / central) for n in group]
            square = square + (np.mean(np.square(shifts), axis=0) if shifts else 0.0)
        found.append(np.sqrt(square))
    return found[0], found[1]


def at_masses(masses: Array, result: Reach, edge: Array) -> Array:
    """Edge of a contour at other masses, log-log; NaN where a neighbour has no region."""
    found = np.interp(np.log(masses), np.log(result.masses_GeV), np.log(edge), left=np.nan, right=np.nan)
    return np.asarray(np.exp(found))


def draw_comparison(measured: Reach, theory: Reach, label: str, data_from: float = 0.0) -> Axes:
    """Draw the reach from measured pairs, with its band, over that of the theory sources with the bremsstrahlung band.

    Parameters
    ----------
    measured, theory : Reach
        Of one experiment.
    label : str
        What the measured source is, e.g. "mock data".
    data_from : float
        Mass (GeV) below which the measured source is its analytic part, drawn dotted.

    Returns
    -------
    matplotlib Axes
        Of the contours; below it are the lower edges relative to the central theory.
    """
    from matplotlib import pyplot as plt  # slow to import

    axes: list[Axes]
    _, axes = plt.subplots(
        2, 1, sharex=True, figsize=(5.2, 5.8), height_ratios=(3, 1.1), layout="constrained"
    )
    ax, ratio = axes
    ax.set(xscale="log", yscale="log", ylabel=r"kinetic mixing $\varepsilon$")
    _draw_theory(theory, ax)
    _draw_measured(measured, label, data_from, ax)
    _draw_ratio(measured, theory, data_from, ratio)
    islands = [i for r in (measured, theory) for i in r.islands]
    islands += [i for n in ("lower", "upper") if n in theory.band for i in theory.band[n].islands]
    if islands:
        rows = np.array([row for island in islands for row in island])
        ax.set_xlim(min(r.masses_GeV[0] for r in (measured, theory)), np.max(rows[:, 0]) * 1.15)
        ax.set_ylim(
            10 ** np.floor(np.log10(rows[:, 1].min() / 2)), 10 ** np.ceil(np.log10(rows[:, 2].max() * 4))
        )
    label_short_axis(ax.yaxis)
    label_short_axis(ratio.xaxis)
    ax.legend(loc="upper right", title=theory.experiment.replace("_", " "), fontsize=8.5)
    return ax


def _draw_theory(theory: Reach, ax: Axes) -> None:
    """Central contour of the theory sources and their bremsstrahlung band."""
    for name, style, zorder in (("upper", "-", 1), ("lower", "--", 3)):
        band = theory.band.get(name)
        for k, island in enumerate(band.islands if band else []):
            x, y = polygon(island)
            if name == "upper":
                ax.fill(x, y, facecolor=BAND_FILL, edgecolor="none", zorder=zorder)
            text = f"theory, {name} bremsstrahlung" if k == 0 else None
            ax.plot(x, y, color=BAND, lw=1.0, ls=style, zorder=zorder, label=text)
    for k, island in enumerate(theory.islands):
        x, y = polygon(island)
        ax.plot(x, y, color="0.35", lw=1.3, zorder=4, label="theory, central" if k == 0 else None)


def _draw_measured(measured: Reach, label: str, data_from: float, ax: Axes) -> None:
    """Contour of the measured source and its band of one standard deviation."""
    for values, sigma in zip(
        (measured.epsilon_lower, measured.epsilon_upper), measured_band(measured), strict=True
    ):
        edges = (values * np.exp(-sigma), values * np.exp(sigma))
        ax.fill_between(measured.masses_GeV, *edges, color=MEASURED, alpha=0.35, lw=0, zorder=5)
    for k, island in enumerate(measured.islands):
        m, low, high = np.array(island).T
        for n, edge in enumerate((low, high)):
            # not joined at the ends: a tip has both edges in one point, other ends are those of the data or of the scan
            text = rf"{label}, $\pm1\sigma$" if k == n == 0 else None
            _line(ax, m, edge, data_from, text)
    if measured.islands and measured.masses_GeV[0] < data_from:
        ax.plot([], [], color=MEASURED, lw=1.6, ls=":", label=r"$\eta$, $\pi^0$ Dalitz decays, added")
    if not measured.islands:
        ax.plot([], [], color=MEASURED, lw=1.6, label=f"{label}: no region")


def _line(ax: Axes, mass: Array, value: Array, data_from: float, label: str | None = None) -> None:
    """Line of the measured source, dotted below the data."""
    data, below = mass >= data_from, mass <= data_from
    if np.any(data):
        ax.plot(mass[data], value[data], color=MEASURED, lw=1.6, zorder=6, label=label)
    # one point more, so that the two meet
    joint = below | np.concatenate([[False], below[:-1]])
    ax.plot(mass[joint], value[joint], color=MEASURED, lw=1.6, ls=":", zorder=6)


def _draw_ratio(measured: Reach, theory: Reach, data_from: float, ax: Axes) -> None:
    """Lower edges relative to the central theory at the masses of both: bremsstrahlung band, measured with its band."""
    m = np.unique(np.concatenate([measured.masses_GeV, theory.masses_GeV]))
    central = at_masses(m, theory, theory.epsilon_lower)
    ends = [
        at_masses(m, theory, theory.band[n].epsilon_lower) for n in ("lower", "upper") if n in theory.band
    ]
    if len(ends) == len(("lower", "upper")):
        # where the lower bremsstrahlung reaches nothing the band is open
        inner = np.where(np.isfinite(ends[0]), ends[0] / central, 1e3)
        ax.fill_between(m, inner, ends[1] / central, color=BAND_FILL, lw=0)
        ax.plot(m, ends[0] / central, color=BAND, lw=1.0, ls="--")
        ax.plot(m, ends[1] / central, color=BAND, lw=1.0)
    ax.axhline(1.0, color="0.35", lw=1.0)
    value = at_masses(m, measured, measured.epsilon_lower) / central
    sigma = np.interp(m, measured.masses_GeV, measured_band(measured)[0])
    ax.fill_between(m, value * np.exp(-sigma), value * np.exp(sigma), color=MEASURED, alpha=0.35, lw=0)
    _line(ax, m, value, data_from)
    ax.set(
        xlabel=r"dark photon mass $m_{A'}$ [GeV]", ylabel=r"lower $\varepsilon$ / central", ylim=(0.0, 2.2)
    )
