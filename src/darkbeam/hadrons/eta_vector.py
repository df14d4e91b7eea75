r"""e+e- -> eta omega, eta phi, phi pi0 (fits of arXiv:1911.11147).

    R = p^3 |F|^2/m
    F(eta omega) = c0 sum A BW(M, G),   F(eta phi) = cs sum A e^{i phi} BW(M, G)
    F(phi pi0)   = c1 sum A e^{i phi} M^2/(M^2 - s - i sqrt(s) G(s)),
    G(s) = G [1 - b + b (M^2/s) ((s - 16 m^2)/(M^2 - 16 m^2))^{3/2}],  b = 0.33 for the second state.

A in 1/GeV.  Valid to 2.5 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_ETA, M_OMEGA, M_PHI, M_PI0

from .couplings import PHOTON, Couplings
from .propagators import bw_energy, bw_fixed
from .vector_pseudoscalar import ratio_from_form_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ratio_eta_omega", "ratio_eta_phi", "ratio_phi_pi0"]


def _eta_omega(s: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.asarray(0.0862 * bw_fixed(s, 1.43, 0.215) - 0.0648 * bw_fixed(s, 1.67, 0.113))


def _eta_phi(s: NDArray[np.float64]) -> NDArray[np.complex128]:
    second = 0.00409 * np.exp(2.19j) * bw_fixed(s, 2.14, 0.0435)
    return np.asarray(0.175 * bw_fixed(s, 1.67, 0.122) + second)


def _phi_pi0(s: NDArray[np.float64]) -> NDArray[np.complex128]:
    M, G, b = 1.593, 0.203, 0.33
    four_pions = 16.0 * M_PI0**2
    excess = np.maximum(s - four_pions, 0.0) / (M * M - four_pions)
    width = G * (1.0 - b + b * M * M / s * excess**1.5)
    phase = np.exp(1j * np.radians(123.82008351626034))
    ground = 0.177522453644825 * bw_energy(s, 0.77526, 0.1491)
    return np.asarray(ground + 0.023840592398187477 * phase * bw_energy(s, M, width))


def ratio_eta_omega(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(eta omega) at masses in GeV."""
    return np.asarray(couplings.c0**2 * ratio_from_form_factor(mass, M_ETA, M_OMEGA, _eta_omega))


def ratio_eta_phi(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(eta phi) at masses in GeV."""
    return np.asarray(couplings.cs**2 * ratio_from_form_factor(mass, M_ETA, M_PHI, _eta_phi))


def ratio_phi_pi0(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(phi pi0) at masses in GeV."""
    return np.asarray(couplings.c1**2 * ratio_from_form_factor(mass, M_PHI, M_PI0, _phi_pi0))
