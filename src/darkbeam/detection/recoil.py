r"""Elastic scattering of a millicharged particle on an electron at rest, tree level and exact.

    d sigma/dT = (2 pi alpha^2 epsilon^2 E^2/(m_e p^2 T^2)) [1 - a T + b T^2]
    a = 1/E + (m_e^2 + m^2)/(2 m_e E^2),  b = 1/(2 E^2)        Dirac
    a = 1/E + m^2/(2 m_e E^2),            b = 0                complex scalar
    T_max = 2 m_e p^2/(m_e^2 + m^2 + 2 m_e E)
    sigma(T_1, T_2) = (2 pi alpha^2 epsilon^2 E^2/(m_e p^2)) [1/T_1 - 1/T_2 - a ln(T_2/T_1) + b (T_2 - T_1)]

T kinetic energy of the electron, E, p, m energy, momentum and mass of the particle, GeV.  Binding is neglected: good
above about 10 keV.  For T << E: sigma = 2.55e-25 epsilon^2 cm^2 (MeV/T_1).

Light dark matter scatters through an A' of mass M and coupling alpha_D (arXiv:1609.01770):

    d sigma/dT = 8 pi m_e epsilon^2 alpha alpha_D [E^2 - E T - T m^2/(2 m_e)] / (p^2 (2 m_e T + M^2)^2)          scalar
    d sigma/dT = 4 pi m_e epsilon^2 alpha alpha_D [2 E^2 - 2 E T + T^2 - T (m_e^2 + m^2)/m_e] / (same)           Dirac

which is the first formula with alpha_D for one alpha and 1/(T + mu)^2 for 1/T^2, mu = M^2/(2 m_e).  Its integral is a
Gauss rule in ln(T + mu), because the closed form loses its digits for mu >> T.  The electron flies at

    cos theta = sqrt(T/(T + 2 m_e)) (E + m_e)/p,       T(theta) = 2 m_e cos^2 theta/(sin^2 theta + 2 m_e/T_max)

to the particle, so that a window in theta is one in T; E_e theta^2 < 2 m_e always holds at small angles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, GEV2_MB, M_E
from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "SPINS", "cross_section", "differential", "electron_cos", "largest_recoil", "mediator_cross_section",
    "mediator_differential", "recoil_at_angle",
]  # fmt: skip

SPINS = ("dirac", "scalar")
"""Names of the spins."""
CM2 = GEV2_MB * 1e-27
"""cm^2 in one GeV^-2."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


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


def mediator_differential(
    recoil: Array, energy: Array, mass: float, mediator: float, alpha_d: float, spin: str = "scalar"
) -> Array:
    """Cross-section per recoil energy through a mediator of mass ``mediator`` (GeV) at epsilon = 1, cm^2/GeV."""
    front, a, b = _coefficients(energy, mass, spin)
    T = np.asarray(recoil, dtype=np.float64)
    shape = (1.0 - a * T + b * T * T) / np.square(T + mediator**2 / (2.0 * M_E))
    return np.asarray(np.where(largest_recoil(energy, mass) >= T, CM2 * front * alpha_d / ALPHA * shape, 0.0))


def mediator_cross_section(
    energy: Array,
    mass: float,
    mediator: float,
    alpha_d: float,
    low: float | Array,
    high: float | Array = np.inf,
    spin: str = "scalar",
) -> Array:
    """Cross-section through a massive mediator for recoils in a window at epsilon = 1.

    Parameters
    ----------
    energy : array, shape (n,)
        GeV.
    mass, mediator : float
        Of the particle and of the mediator, GeV.
    alpha_d : float
    low, high : float or array, shape (n,)
        Window of recoils, GeV; an empty one gives zero.
    spin : {"dirac", "scalar"}

    Returns
    -------
    array, shape (n,)
        cm^2.
    """
    front, a, b = _coefficients(energy, mass, spin)
    mu = mediator**2 / (2.0 * M_E)
    first = np.minimum(low, largest_recoil(energy, mass))
    last = np.maximum(np.minimum(largest_recoil(energy, mass), high), first)
    # x = T + mu runs from first + mu over a span in ln x; T itself by expm1, exact for mu >> T
    span = np.log1p((last - first) / (first + mu))
    t = 0.5 * span[:, None] * (_NODES + 1.0)
    start = np.broadcast_to(first, span.shape)[:, None]
    T = start + (start + mu) * np.expm1(t)
    shape = (1.0 - a[:, None] * T + b[:, None] * T * T) / (T + mu)
    integral = 0.5 * span * np.sum(_WEIGHTS * shape, axis=1)
    return np.asarray(CM2 * front * alpha_d / ALPHA * np.maximum(integral, 0.0))


def electron_cos(recoil: Array, energy: Array, mass: float) -> Array:
    """Cosine of the electron's angle to the particle; above 1 beyond the kinematic limit."""
    T, E = np.asarray(recoil, dtype=np.float64), np.asarray(energy, dtype=np.float64)
    p = np.sqrt((E - mass) * (E + mass))
    return np.asarray(np.sqrt(T / (T + 2.0 * M_E)) * (E + M_E) / p)


def recoil_at_angle(angle: float, energy: Array, mass: float) -> Array:
    """Recoil energy (GeV) of electrons at an angle (rad, 0 to pi/2) to the particle; it falls with the angle."""
    sin2, cos2 = np.sin(angle) ** 2, np.cos(angle) ** 2
    return np.asarray(2.0 * M_E * cos2 / (sin2 + 2.0 * M_E / largest_recoil(energy, mass)))
