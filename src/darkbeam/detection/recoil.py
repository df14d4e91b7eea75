r"""Elastic scattering of a millicharged particle on an electron at rest, tree level and exact.

    d sigma/dT = (2 pi alpha^2 epsilon^2 E^2/(m_e p^2 T^2)) [1 - a T + b T^2]
    a = 1/E + (m_e^2 + m^2)/(2 m_e E^2),  b = 1/(2 E^2)        Dirac
    a = 1/E + m^2/(2 m_e E^2),            b = 0                complex scalar
    T_max = 2 m_e p^2/(m_e^2 + m^2 + 2 m_e E)
    sigma(T_1, T_2) = (2 pi alpha^2 epsilon^2 E^2/(m_e p^2)) [1/T_1 - 1/T_2 - a ln(T_2/T_1) + b (T_2 - T_1)]

T kinetic energy of the electron, E, p, m energy, momentum and mass of the particle, GeV.  Binding is neglected: good
above about 10 keV.  For T << E: sigma = 2.55e-25 epsilon^2 cm^2 (MeV/T_1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, GEV2_MB, M_E
from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["SPINS", "cross_section", "differential", "largest_recoil"]

SPINS = ("dirac", "scalar")
"""Names of the spins."""
CM2 = GEV2_MB * 1e-27
"""cm^2 in one GeV^-2."""


def _coefficients(energy: Array, mass: float, spin: str) -> tuple[Array, Array, Array]:
    """Prefactor in GeV^-2 GeV, a and b of the formula."""
    if spin not in SPINS:
        raise UnknownNameError("spin", spin, SPINS)
    E = np.asarray(energy, dtype=np.float64)
    p2 = (E - mass) * (E + mass)
    front = 2.0 * np.pi * ALPHA**2 * E * E / (M_E * np.maximum(p2, 1e-300))
    electron = M_E**2 if spin == "dirac" else 0.0
    a = 1.0 / E + (electron + mass**2) / (2.0 * M_E * E * E)
    b = 0.5 / (E * E) if spin == "dirac" else np.zeros_like(E)
    return front, a, b


def largest_recoil(energy: Array, mass: float) -> Array:
    """Kinematic limit T_max, GeV."""
    E = np.asarray(energy, dtype=np.float64)
    return np.asarray(2.0 * M_E * (E - mass) * (E + mass) / (M_E**2 + mass**2 + 2.0 * M_E * E))


def differential(recoil: Array, energy: Array, mass: float, spin: str = "dirac") -> Array:
    """Cross-section per recoil energy at epsilon = 1, cm^2/GeV; zero above the kinematic limit."""
    front, a, b = _coefficients(energy, mass, spin)
    T = np.asarray(recoil, dtype=np.float64)
    inside = largest_recoil(energy, mass) >= T
    return np.asarray(np.where(inside, CM2 * front / T**2 * (1.0 - a * T + b * T * T), 0.0))


def cross_section(energy: Array, mass: float, low: float, high: float = np.inf, spin: str = "dirac") -> Array:
    """Cross-section for recoils between ``low`` and ``high`` (GeV) at epsilon = 1, cm^2, shape of ``energy``."""
    front, a, b = _coefficients(energy, mass, spin)
    top = np.minimum(largest_recoil(energy, mass), high)
    upper = np.maximum(top, low)  # an empty window has no width
    integral = 1.0 / low - 1.0 / upper - a * np.log(upper / low) + b * (upper - low)
    return np.asarray(CM2 * front * np.maximum(integral, 0.0))
