r"""e+e- -> pi+ pi-: pion form factor of arXiv:1002.0279 (fit as used in arXiv:2201.01788).

    R = (1/4) beta^3 |F|^2,  beta^2 = 1 - 4 m_pi^2/s
    F = c1 sum_n c_n GS(s; M_n, G_n),   term n = 0 times [1 + c_w BW(s; w)]/(1 + c_w)

c_n: dual-QCD tower with b = 2.148; c_0 is the fitted 1.0876..., c_1..c_5 share the tower's sum in the
fitted complex ratios w_n; above n = 5, M_n = M_0 sqrt(1 + 2n) and G_n/M_n = G_0/M_0.  s GeV^2.
Valid from threshold to about 3 GeV.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI

from .couplings import PHOTON, Couplings
from .propagators import bw_fixed, gounaris_sakurai
from .regge_tower import tower_masses, tower_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["pion_form_factor", "ratio"]

BETA = 2.148
N_TOWER = 2000
GROUND = 1.087633403691967
MODULUS = np.array([1.0, 0.59, 0.048, 0.40, 0.43])
PHASE = np.array([0.0, -2.2, -2.0, -2.9, 1.19])
MASSES = (0.77337, 1.490, 1.870, 2.12, 2.321, 2.567)
WIDTHS = (0.1471, 0.429, 0.357, 0.3, 0.444, 0.491)
OMEGA = (0.7824, 0.00833)
C_OMEGA = 0.00187 * np.exp(0.106j)


@cache
def _tower() -> tuple[NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]]:
    """Weights, masses and widths of all states."""
    weights = tower_weights(BETA, N_TOWER).astype(np.complex128)
    fitted = MODULUS * np.exp(1j * PHASE)
    weights[1:6] = fitted * weights[1:6].sum() / fitted.sum()
    weights[0] = GROUND
    masses = tower_masses(MASSES, N_TOWER)
    widths = WIDTHS[0] / MASSES[0] * masses
    widths[: len(WIDTHS)] = WIDTHS
    return weights, masses, widths


def pion_form_factor(s: NDArray[np.float64], couplings: Couplings = PHOTON) -> NDArray[np.complex128]:
    """Time-like pion form factor at s > 4 m_pi^2 (GeV^2), shape of ``s``."""
    c, M, G = _tower()
    mixing = (1.0 + C_OMEGA * bw_fixed(s, *OMEGA)) / (1.0 + C_OMEGA)
    F = c[0] * mixing * gounaris_sakurai(s, M[0], G[0], M_PI, M_PI)
    for first in range(1, N_TOWER, 100):  # blocks of states bound the memory
        part = slice(first, first + 100)
        F = F + np.sum(c[part, None] * gounaris_sakurai(s, M[part, None], G[part, None], M_PI, M_PI), axis=0)
    return np.asarray(couplings.c1 * F)


def ratio(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(pi+ pi-) at masses in GeV, zero below threshold."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    out = np.zeros_like(m)
    up = m > 2.0 * M_PI
    s = m[up] ** 2
    out[up] = 0.25 * (1.0 - 4.0 * M_PI**2 / s) ** 1.5 * np.abs(pion_form_factor(s, couplings)) ** 2
    return out
