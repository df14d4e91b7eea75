r"""Weights of the dual-QCD tower of radial excitations (arXiv:1002.0279).

    c_n = (-1)^n Gamma(b - 1/2) sin[pi (b - 1 - n)] Gamma(2 - b + n) / (pi^{3/2} (1/2 + n) Gamma(n + 1))
    M_n = M_0 sqrt(1 + 2 n)

with sum_n c_n = 1 and b fixed by the weight of the ground state,
c_0(b) = (2/sqrt(pi)) Gamma(b - 1/2)/Gamma(b - 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import gamma

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["beta_from_ground_state", "tower_masses", "tower_weights"]


def tower_weights(b: float, n_max: int) -> NDArray[np.float64]:
    """Weights c_0 .. c_{n_max-1}."""
    n = np.arange(n_max)
    ratio = np.concatenate([[gamma(2.0 - b)], (1.0 - b + n[1:]) / n[1:]])
    quotient = np.cumprod(ratio)  # Gamma(2 - b + n) / Gamma(n + 1)
    sign = np.where(n % 2 == 0, 1.0, -1.0)
    return np.asarray(
        sign * gamma(b - 0.5) * np.sin(np.pi * (b - 1.0 - n)) * quotient / (np.pi**1.5 * (0.5 + n))
    )


def beta_from_ground_state(c0: float) -> float:
    """Solve c_0(b) = c0 for b."""

    def excess(b: float) -> float:
        return float(2.0 / np.sqrt(np.pi) * gamma(b - 0.5) / gamma(b - 1.0)) - c0

    return float(brentq(excess, 1.0 + 1e-9, 10.0, xtol=1e-14))


def tower_masses(first: tuple[float, ...], n_max: int) -> NDArray[np.float64]:
    """Masses of the states: measured ones first, then the tower formula, GeV."""
    masses = first[0] * np.sqrt(1.0 + 2.0 * np.arange(n_max))
    masses[: len(first)] = first
    return np.asarray(masses)
