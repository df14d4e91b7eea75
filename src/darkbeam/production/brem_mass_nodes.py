"""Masses that resolve the proton form factors: omega (width 8.7 MeV), phi (4.2 MeV) and thresholds.

Between peaks ln P is nearly linear in ln m.  Nodes are added where ln(|F1|^2 + |F2|^2) of any edge of the
band departs most from its interpolation, until it departs by less than the tolerance.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.hadrons.proton_form_factors import EDGES, MASS_TABLE_MAX, form_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["mass_nodes"]

STRUCTURE = (0.6, MASS_TABLE_MAX)
"""Range in GeV in which the form factors have peaks and thresholds."""
STRUCTURE_STEP = 5e-4
"""Step in GeV on which `mass_nodes` looks at the form factors."""


@lru_cache(maxsize=16)
def _structure(model: str, tolerance: float) -> tuple[float, ...]:
    """Return masses between which ln |F|^2 of all edges is linear in ln m within the tolerance."""
    low, high = STRUCTURE
    mass = np.linspace(low, high, round((high - low) / STRUCTURE_STEP) + 1)
    x = np.log(mass)
    curves = []
    for edge in EDGES if model == "ua" else ("central",):
        F1, F2 = form_factors(mass, model, edge)
        curves.append(np.log(np.abs(F1) ** 2 + np.abs(F2) ** 2))
    chosen = [0, mass.size - 1]
    while True:
        error = np.max([np.abs(np.interp(x, x[chosen], y[chosen]) - y) for y in curves], axis=0)
        worst = int(error.argmax())
        if error[worst] < tolerance:
            return tuple(round(float(mass[k]), 4) for k in chosen)
        chosen = sorted([*chosen, worst])


def mass_nodes(lo: float, hi: float, model: str = "ua", tolerance: float = 0.1) -> Array:
    """Return masses in GeV between lo and hi that a grid needs in addition to its own.

    With them, interpolation of ln P in ln m between 0.6 and 1.989 GeV follows the peaks of omega and phi
    and the thresholds of the form factors within about the tolerance.

    Parameters
    ----------
    lo, hi : float
        Open interval, GeV.
    model : str
        Form factor, see `Bremsstrahlung.form_factor_model`.
    tolerance : float
        In ln |F|^2.

    Examples
    --------
    >>> nodes = mass_nodes(0.1, 2.5)
    >>> bool(np.any(np.abs(nodes - 1.0195) < 1e-3)), bool(np.any(np.abs(nodes - 0.7827) < 1e-3))
    (True, True)
    """
    nodes = np.array(_structure(model, tolerance))
    return nodes[(nodes > lo) & (nodes < hi)]
