"""The decay figure: branching ratios by family and lifetime against mass, with the band of the hadronic width.

The third panel compares the lifetime with that of its variations and of the other schemes of the hadronic width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_OMEGA, M_PHI, W_OMEGA, W_PHI
from darkbeam.hadrons.inclusive import NARROW
from darkbeam.models.families import group_by_family
from darkbeam.models.hadronic import SCHEMES
from darkbeam.plotting.style import STYLE
from darkbeam.sensitivity.masses import mass_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from darkbeam.models import VectorModel

    Array = NDArray[np.float64]

__all__ = ["decay_masses", "draw_decays"]

BAND = ("width-low", "width-high")
BAND_COLOUR = "#4477aa"
STYLES = {
    "e+e-": (r"$e^+e^-$", "#4477aa", "-"), "mu+mu-": (r"$\mu^+\mu^-$", "#66ccee", "--"),
    "tau+tau-": (r"$\tau^+\tau^-$", "#228833", "-."), "2 pions": (r"$\pi^+\pi^-$", "#ee6677", "-"),
    "3 pions": (r"$3\pi$", "#aa3377", "-"), "4 pions": (r"$4\pi$", "#cc6600", "-"),
    "2 kaons": (r"$K\bar K$", "#997700", "-"), "2 kaons and a pion": (r"$K\bar K\pi$", "#997700", "--"),
    "photon and a meson": (r"$\pi^0\gamma,\,\eta\gamma$", "#663399", ":"), "quarks": ("quarks", "black", "-"),
    "other hadrons": ("other hadrons", "#888888", "-"), "nunu": (r"$\nu\bar\nu$", "#007777", ":"),
    "3gamma": (r"$3\gamma$", "#5566cc", ":"), "invisible": ("invisible", "#bbbbbb", "-."),
}  # fmt: skip
"""Label, colour and line of every family."""
LOWEST = 1e-3
"""Smallest branching ratio shown."""
WIDTHS = np.array([-8, -4, -2, -1, -0.5, -0.2, 0.2, 0.5, 1, 2, 4, 8])
"""Distances from the omega and phi, in widths, at which there is always a mass."""
NOTCH = np.array([-20, -5, -2, 2, 5, 20]) * 1e-3
"""Distances from a narrow quarkonium, GeV: its tails are drawn, its top is narrower than a line."""
SHOWN = 0.25
"""Largest relative change of the lifetime shown."""


def decay_masses(model: VectorModel, low: float, high: float, n: int) -> Array:
    """Masses in GeV from ``low`` to ``high`` that resolve the narrow resonances of a model."""
    model.width([low, high])  # refuses a range outside the validity
    narrow = [M + NOTCH for M, _, _ in NARROW.values()]
    light = [M + W * WIDTHS for M, W in ((M_OMEGA, W_OMEGA), (M_PHI, W_PHI))]
    return mass_grid(low, high, n, [float(m) for m in np.concatenate([*light, *narrow])])


def draw_decays(model: VectorModel, masses: Array) -> Axes:
    """Draw branching ratios and c tau at epsilon = 1.

    Parameters
    ----------
    model : VectorModel
    masses : array, shape (n,)
        GeV.

    Returns
    -------
    matplotlib Axes
        The first panel.
    """
    from matplotlib import pyplot as plt  # slow to import

    varied = [model.with_variation(name) for name in BAND]
    with plt.rc_context(STYLE):
        _, panels = plt.subplots(
            3, 1, sharex=True, figsize=(6.8, 7.2), layout="constrained", height_ratios=(3, 1.5, 1.3)
        )
    first: Axes
    first, second, third = panels
    _draw_branching(first, masses, _families(model, masses), [_families(v, masses) for v in varied])
    _draw_lifetime(second, third, masses, model, varied)
    first.set_title(f"{model.name}, hadronic width: {model.scheme}", fontsize=10)
    first.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    third.set_xlabel(r"$m_V$ [GeV]")
    return first


def _families(model: VectorModel, masses: Array) -> dict[str, Array]:
    grouped = group_by_family(model.branching(masses))
    return {family: np.sum(list(members.values()), axis=0) for family, members in grouped.items()}


def _draw_branching(ax: Axes, masses: Array, central: dict[str, Array], band: list[dict[str, Array]]) -> None:
    for family, values in central.items():
        if values.max() < LOWEST:
            continue
        label, colour, line = STYLES[family]
        ends = [np.where(v[family] > 0.0, v[family], np.nan) for v in band]
        ax.plot(masses, np.where(values > 0.0, values, np.nan), color=colour, ls=line, lw=1.3, label=label)
        ax.fill_between(masses, np.minimum(*ends), np.maximum(*ends), color=colour, alpha=0.2, lw=0)
    ax.set(xscale="log", yscale="log", ylim=(LOWEST, 1.5), xlim=(masses[0], masses[-1]))
    ax.set_ylabel("branching ratio")


def _draw_lifetime(
    ax: Axes, change: Axes, masses: Array, model: VectorModel, varied: list[VectorModel]
) -> None:
    central = model.ctau(masses)
    low, high = (v.ctau(masses) for v in varied)
    for panel, unit in ((ax, 1.0), (change, central)):
        panel.fill_between(
            masses, low / unit, high / unit, color=BAND_COLOUR, alpha=0.3, lw=0, label="uncertainty"
        )
        panel.plot(masses, central / unit, color=BAND_COLOUR, lw=1.3)
    lines = iter(("--", ":"))
    for scheme in SCHEMES:
        if scheme != model.scheme:
            ratio = model.with_scheme(scheme).ctau(masses) / central
            change.plot(masses, ratio, color="#cc6600", ls=next(lines), lw=1.1, label=scheme)
    ax.set(yscale="log")
    ax.set_ylabel(r"$c\tau$ at $\varepsilon = 1$ [m]")
    change.set(ylim=(1.0 - SHOWN, 1.0 + SHOWN))
    change.set_ylabel(r"$c\tau$ / central")
    change.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
