r"""e+e- -> omega pi0 -> pi0 pi0 gamma (SND, arXiv:1610.00235).

    F = (g/f_rho) c1 sum_i A_i e^{i phi_i} M_i^2 / (M_i^2 - s - i sqrt(s) G_i(s)),   R = BR p^3 |F|^2/m
    G_rho(s) = G (M^2/s) ((s - 4m_pi0^2)/(M^2 - 4m_pi0^2))^{3/2} + g^2 p_omega^3/(12 pi)

g = 15.9/GeV, f_rho = 5.06325.  Only BR(omega -> pi0 gamma) is counted: omega -> 3 pi belongs to the 4 pi
channel.  Valid to 2 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_OMEGA, M_PI0
from darkbeam.kinematics import breakup_momentum

from .couplings import PHOTON, Couplings
from .propagators import bw_energy, rho_width
from .vector_pseudoscalar import ratio_from_form_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BR_OMEGA_PI0_GAMMA", "ratio"]

BR_OMEGA_PI0_GAMMA = 0.0828
G_OMEGA_RHO_PI = 15.9
F_RHO = 5.06325
# (M, G, A, phase in degrees)
STATES = ((0.77526, 0.1491, 1.0, 0.0), (1.510, 0.44, 0.175, 124.0), (1.720, 0.25, 0.014, -63.0))


def _form_factor(s: NDArray[np.float64]) -> NDArray[np.complex128]:
    F = np.zeros(s.shape, dtype=np.complex128)
    p = breakup_momentum(np.sqrt(s), M_OMEGA, M_PI0)
    for k, (M, G, A, degrees) in enumerate(STATES):
        open_omega = G_OMEGA_RHO_PI**2 * p**3 / (12.0 * np.pi)
        width = rho_width(s, M, G, M_PI0) + open_omega if k == 0 else G
        F += A * np.exp(1j * np.radians(degrees)) * bw_energy(s, M, width)
    return G_OMEGA_RHO_PI / F_RHO * F


def ratio(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(omega pi0) BR(omega -> pi0 gamma) at masses in GeV."""
    r = ratio_from_form_factor(mass, M_OMEGA, M_PI0, _form_factor)
    return np.asarray(BR_OMEGA_PI0_GAMMA * couplings.c1**2 * r)
