"""The yield figure: dark photons per collision against mass, and the part inside an experiment's decay volume.

Second panel (the hierarchy of sources): a dark photon counts if its straight path crosses the decay volume, whatever
its lifetime; what decays inside is smaller by the decay probability and differs in energy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.plotting.style import STYLE
from darkbeam.production.brem_poles import POLE_REGIONS
from darkbeam.production.weighted import innermost
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from darkbeam.experiments import Experiment
    from darkbeam.production.assembly import Choice
    from darkbeam.production.source import Source
    from darkbeam.production.yields import YieldScan

    Array = NDArray[np.float64]
    Curves = Mapping[str, Mapping[str, Array]]

__all__ = ["aimed_yields", "draw_yields", "yield_masses"]

CENTRAL = "central"
STYLES = {
    "meson:pi0": ("#4477aa", "-"), "meson:eta": ("#66ccee", "-"), "meson:etap": ("#228833", "-"),
    "meson:omega": ("#aa8800", "--"), "meson:phi": ("#aa3377", "--"), "meson:Delta": ("#888888", "--"),
    "meson:rare": ("#bbbbbb", ":"),
    "bremsstrahlung": ("#ee6677", "-"), "mixing": ("#663399", "-"), "mixing-old": ("#663399", ":"),
    "drell-yan": ("#111177", "-."), "quarkonium:jpsi": ("#994455", ":"), "quarkonium:psi2s": ("#bb7788", ":"),
    "quarkonium:upsilon": ("#664444", ":"), "quarkonium:upsilon2s": ("#886666", ":"),
    "quarkonium:upsilon3s": ("#aa8888", ":"),
}  # fmt: skip
"""Colour and line of every known source; others take the next of `OTHERS`."""
LABELS = {
    "meson:pi0": r"$\pi^0$", "meson:eta": r"$\eta$", "meson:etap": r"$\eta^\prime$", "meson:omega": r"$\omega\pi^0$",
    "meson:phi": r"$\phi\eta$", "meson:Delta": r"$\Delta$", "meson:rare": "rare mesons", "drell-yan": "Drell-Yan",
    "quarkonium:jpsi": r"$J/\psi$", "quarkonium:psi2s": r"$\psi(2S)$", "quarkonium:upsilon": r"$\Upsilon$",
    "quarkonium:upsilon2s": r"$\Upsilon(2S)$", "quarkonium:upsilon3s": r"$\Upsilon(3S)$",
}  # fmt: skip
"""What the legend says instead of the name of a source."""
OTHERS = ("#cc6600", "#007777", "#997700", "#5566cc")
N_POINTS = 2**13
"""Points of each source at each mass, before more are asked for."""
ENOUGH = 500
"""Points inside the volume that are enough; otherwise the sample is enlarged once, up to 16 times."""
WIDTHS = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Distances from the omega and phi poles, in widths, at which there is always a mass."""
TAILS = (-0.03, -0.01, -0.003, 0.003, 0.01, 0.03)
"""Relative distances from the pole of a quarkonium."""
DECADES = 7.0
"""Decades shown below the highest curve."""


def yield_masses(choice: Choice, low: float, high: float, n: int) -> Array:
    """Masses in GeV that resolve the peaks and thresholds of the chosen sources."""
    from darkbeam.production import resonance_nodes  # needs SciPy
    from darkbeam.sensitivity.masses import mass_grid

    inner = [i for s in choice.sources for i in innermost(s)]
    ends = [m * (1.0 + k * 2e-3) for s in choice.sources for m in s.valid for k in (-1, 1)]
    poles = [p.mass * (1.0 + k * p.width / p.mass) for p in POLE_REGIONS for k in WIDTHS]
    # a quarkonium is far narrower than any grid: its tails are drawn, its top is not
    narrow = [0.5 * sum(i.valid) * (1.0 + x) for i in inner if i.name.startswith("quarkonium") for x in TAILS]
    extra = [*resonance_nodes(inner, low, high), *poles, *narrow, *(m for m in ends if np.isfinite(m))]
    return mass_grid(low, high, n, extra)


def aimed_yields(
    choice: Choice, experiment: Experiment, masses: Sequence[float] | Array, seed: int = 1
) -> dict[str, dict[str, Array]]:
    """Dark photons per collision whose path crosses the decay volume, at epsilon = 1.

    Parameters
    ----------
    choice : Choice
    experiment : Experiment
    masses : array, shape (n,)
        GeV.
    seed : int

    Returns
    -------
    mapping of str to mapping of str to array, shape (n,)
        By source and by variation (``central`` first); NaN outside the validity of a source.
    """
    grid = np.asarray(masses, dtype=np.float64)
    out: dict[str, dict[str, Array]] = {}
    for s in choice.sources:
        for k, mass in enumerate(grid):
            if not s.valid[0] < mass < s.valid[1]:
                continue
            rows = out.setdefault(s.name, {})
            for v, value in _aimed(s, experiment, float(mass), seed).items():
                rows.setdefault(v, np.full(grid.shape, np.nan))[k] = value
    return out


def _aimed(source: Source, experiment: Experiment, mass: float, seed: int) -> dict[str, float]:
    """Sum of the weights that cross the volume, by variation."""
    from darkbeam.sensitivity.aiming import aim_flux

    n = N_POINTS
    for attempt in range(2):
        flux = source.flux(mass, n, stream(seed, f"flux/{source.name}", attempt))
        u = stream(seed, f"azimuth/{source.name}", attempt).random(len(flux.energy))
        kept = aim_flux(flux, experiment, 1.0, u).flux
        hits = len(kept.energy)
        if hits >= ENOUGH:
            break
        n = N_POINTS * int(min(np.ceil(ENOUGH / max(hits, 1)), 16))
    return {v: kept.total(v) for v in (CENTRAL, *source.variation_names)}


def draw_yields(scan: YieldScan, inside: Curves | None = None, experiment: Experiment | None = None) -> Axes:
    """Draw yields by source with their bands, and a second panel with what crosses a decay volume.

    Parameters
    ----------
    scan : YieldScan
    inside : mapping, optional
        Result of `aimed_yields` at the masses of the scan.
    experiment : Experiment, optional
        Whose volume it is.

    Returns
    -------
    matplotlib Axes
        The first panel.
    """
    from matplotlib import pyplot as plt  # slow to import

    panels = 1 if inside is None else 2
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            panels, 1, sharex=True, squeeze=False, layout="constrained", figsize=(6.8, 3.4 * panels + 0.8)
        )
    c = scan.choice
    kind = "inelastic collision" if c.normalisation == "inelastic" else "collision"
    first: Axes = axes[0, 0]
    _draw_panel(first, scan.masses_GeV, scan.by_source)
    first.set_ylabel(rf"$N_{{A^\prime}}/\varepsilon^2$ per {kind}")
    preset = f", preset {c.preset}" if c.preset else ""
    title = f"{c.facility.description} ({c.facility.name.replace('_', ' ')}), overlap: {c.overlap}{preset}"
    first.set_title(title, fontsize=10)
    if inside is not None:
        second: Axes = axes[1, 0]
        _draw_panel(second, scan.masses_GeV, inside)
        name = experiment.name.replace("_", " ") if experiment else "the experiment"
        second.set_ylabel(f"... through the decay volume\nof {name}")
    axes[-1, 0].set_xlabel(r"$m_{A^\prime}$ [GeV]")
    handles, labels = first.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper")
    return first


def _draw_panel(ax: Axes, masses: Array, curves: Curves) -> None:
    others = iter(OTHERS * 4)
    tops = []
    for name, rows in curves.items():
        colour, line = STYLES.get(name) or (next(others), "-")
        low, high = _envelope(rows)
        ax.plot(masses, _positive(rows[CENTRAL]), color=colour, ls=line, lw=1.4, label=LABELS.get(name, name))
        if len(rows) > 1:
            ax.fill_between(masses, _positive(low), _positive(high), color=colour, alpha=0.18, lw=0)
        tops.append(np.nanmax(rows[CENTRAL]))
    total, low, high = _totals(curves)
    ax.plot(masses, _positive(total), color="black", lw=1.8, label="sum", zorder=1.5)
    ax.set(xscale="log", yscale="log")
    highest = max([t for t in tops if t > 0.0], default=1.0)  # nothing crosses a small volume: an empty panel
    top = 10.0 ** np.ceil(np.log10(highest * 1.5))
    ax.set_ylim(top * 10.0**-DECADES, top)
    ax.set_xlim(masses[0], masses[-1])


def _envelope(rows: Mapping[str, Array]) -> tuple[Array, Array]:
    """Smallest and largest of the central value and all variations."""
    stack = np.array(list(rows.values()))
    inside = ~np.isnan(rows[CENTRAL])
    low, high = np.full(inside.shape, np.nan), np.full(inside.shape, np.nan)
    # a variation may be absent at some masses, where it equals the central value
    low[inside] = np.nanmin(stack[:, inside], axis=0)
    high[inside] = np.nanmax(stack[:, inside], axis=0)
    return low, high


def _totals(curves: Curves) -> tuple[Array, Array, Array]:
    """Sum of central values, of lower and of upper envelopes."""
    parts = [(rows[CENTRAL], *_envelope(rows)) for rows in curves.values()]
    total, low, high = (np.nansum([p[k] for p in parts], axis=0) for k in range(3))
    return total, low, high


def _positive(values: Array) -> Array:
    """Values with zeros as gaps, for a logarithmic axis."""
    return np.where(values > 0.0, values, np.nan)
