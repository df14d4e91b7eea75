r"""e+e- -> pi0 gamma (SND, arXiv:1601.08061) and eta gamma (SND, arXiv:hep-ex/0605109).

    F = sum_V c_V A_V e^{i phi_V} M_V^2 / (M_V^2 - s - i sqrt(s) G_V(s)),   R = p^3 |F|^2/m

A_V in 1/GeV, M_V and G_V in GeV; G_rho(s) = G (M^2/s) ((s - 4m_pi^2)/(M^2 - 4m_pi^2))^{3/2}, the others
constant.  The excited state couples as omega' for pi0 gamma, as rho' for eta gamma.  Valid to 2 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_ETA, M_PI, M_PI0

from .couplings import PHOTON, Couplings
from .propagators import bw_energy, rho_width
from .vector_pseudoscalar import ratio_from_form_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ratio_eta", "ratio_pi0"]

# (M, G, A, phase in degrees) of rho, omega, phi and the excited state
PI0 = (
    (0.77526, 0.1491, 0.0426, -12.7),
    (0.78284, 0.00868, 0.0434, 0.0),
    (1.01952, 0.00421, 0.00303, 158.0),
    (1.45, 0.40, 0.00523, 180.0),
)
ETA = (
    (0.77526, 0.1491, 0.0861, 0.0),
    (0.78284, 0.00868, 0.00824, 11.3),
    (1.01952, 0.00421, 0.0158, 170.0),
    (1.465, 0.40, 0.0147, 61.0),
)


def _form_factor(
    s: NDArray[np.float64],
    states: tuple[tuple[float, float, float, float], ...],
    charges: tuple[float, float, float, float],
) -> NDArray[np.complex128]:
    F = np.zeros(s.shape, dtype=np.complex128)
    for k, ((M, G, A, degrees), c) in enumerate(zip(states, charges, strict=True)):
        width = rho_width(s, M, G, M_PI) if k == 0 else G
        F += c * A * np.exp(1j * np.radians(degrees)) * bw_energy(s, M, width)
    return F


def ratio_pi0(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(pi0 gamma) at masses in GeV."""
    c = (couplings.c1, couplings.c0, couplings.cs, couplings.c0)
    return ratio_from_form_factor(mass, M_PI0, 0.0, lambda s: _form_factor(s, PI0, c))


def ratio_eta(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(eta gamma) at masses in GeV."""
    c = (couplings.c1, couplings.c0, couplings.cs, couplings.c1)
    return ratio_from_form_factor(mass, M_ETA, 0.0, lambda s: _form_factor(s, ETA, c))
