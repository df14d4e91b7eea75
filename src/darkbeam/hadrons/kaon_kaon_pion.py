r"""e+e- -> K K pi through K* K (arXiv:1911.11147, after BaBar arXiv:0710.4451).

    J = F eps(p_K1, p_K2, p_pi),
    F = (2 g/sqrt 6) [a1 BW_P(s_1pi; K*) + a2 BW_P(s_2pi; K*)]/m_K*^2

    K_L K_S pi0: a1 = a2 = A0 + A1;   K+ K- pi0: a1 = a2 = A0 - A1;
    K0 K+- pi-+: a1 = A0 + A1 (K0 pi), a2 = A0 - A1 (K+- pi); both charges, K_S and K_L: factor 2
    A0 = cs sum a BW(M, G),   A1 = c1 sum a BW(M, G)

The K_S and K_L copies of K+- pi-+ are equal; ``ratio_neutral_charged`` counts one of them (K_S), as the
published sums do, `darkbeam.hadrons.channels` adds the other.
Invariants in GeV^2.  Valid to 2.5 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_K, M_K0, M_PI, M_PI0

from .couplings import PHOTON, Couplings
from .dalitz import dalitz_nodes, per_mass, ratio_epsilon
from .propagators import bw_fixed, bw_p_wave

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["KSTAR", "form_factor", "isospin", "ratio_charged", "ratio_neutral", "ratio_neutral_charged"]

G_KSTAR = 5.37392360229
KSTAR = (0.8956, 0.047)
# (amplitude, M, G)
ISOSCALAR = ((0.233, 1.6334, 0.218), (0.0405 * np.exp(5.19j), 1.957, 0.267))
ISOVECTOR = (
    (-2.34, 0.77526, 0.1491),
    (0.594 * np.exp(0.317j), 1.470, 0.400),
    (-0.0179 * np.exp(2.57j), 1.720, 0.250),
)


def isospin(s: float, couplings: Couplings) -> tuple[complex, complex]:
    """Amplitudes A0 and A1 at s (GeV^2)."""
    a0 = sum(complex(a * bw_fixed(s, M, G)) for a, M, G in ISOSCALAR)
    a1 = sum(complex(a * bw_fixed(s, M, G)) for a, M, G in ISOVECTOR)
    return couplings.cs * a0, couplings.c1 * a1


def form_factor(
    a: tuple[complex, complex],
    s1: NDArray[np.float64],
    s2: NDArray[np.float64],
    masses: tuple[float, float, float],
) -> NDArray[np.complex128]:
    """F (GeV^-3) from the K pi invariants s1, s2 (GeV^2) and the masses of K1, K2, pi."""
    m1, m2, m3 = masses
    kstars = a[0] * bw_p_wave(s1, *KSTAR, m1, m3) + a[1] * bw_p_wave(s2, *KSTAR, m2, m3)
    return np.asarray(2.0 * G_KSTAR / np.sqrt(6.0) * kstars / KSTAR[0] ** 2)


def _ratio(
    mass: ArrayLike, couplings: Couplings, masses: tuple[float, float, float], signs: tuple[int, int]
) -> NDArray[np.float64]:
    m1, m2, m3 = masses

    def one(m: float) -> float:
        a0, a1 = isospin(m * m, couplings)
        nodes = dalitz_nodes(m, m1, m3, m2, pole=(KSTAR[0], 3.0 * KSTAR[1]))
        F = form_factor((a0 + signs[0] * a1, a0 + signs[1] * a1), nodes.s12, nodes.s23, masses)
        return ratio_epsilon(nodes, F)

    return per_mass(mass, sum(masses), one)


def ratio_neutral(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K_L K_S pi0) at masses in GeV."""
    return _ratio(mass, couplings, (M_K0, M_K0, M_PI0), (1, 1))


def ratio_charged(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K+ K- pi0) at masses in GeV."""
    return _ratio(mass, couplings, (M_K, M_K, M_PI0), (-1, -1))


def ratio_neutral_charged(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K_S K+- pi-+), both charges, at masses in GeV; K_L K+- pi-+ is equal to it."""
    return 2.0 * _ratio(mass, couplings, (M_K0, M_K, M_PI), (1, -1))
