r"""Bremsstrahlung of dark photons by electrons on nuclei, in the improved Weizsaecker-Williams approximation.

e N -> e N A', x = E_A'/E, theta the angle of the A' to the electron, per epsilon^2 (arXiv:0906.0580, appendix A; after
Kim and Tsai, Phys. Rev. D 8 (1973) 3109)::

    d sigma/(dx d cos theta) = 8 alpha^3 E^2 x chi sqrt(1 - m^2/E^2)
                               { (1 - x + x^2/2)/U^2 + (1-x)^2 m^4/U^4 - x (1-x) m^2/U^3 }
    U = E^2 x theta^2 + U_0,     U_0 = m^2 (1-x)/x + m_e^2 x

All three terms are GeV^-4, and with u = U_0/U uniform in (0, 1) the angle integrates to::

    d sigma/dx = 4 alpha^3 chi sqrt(1 - m^2/E^2) int_0^1 du K(x, u)
    K = (1 - x + x^2/2)/U_0 + u^2 (1-x)^2 m^4/U_0^3 - u x (1-x) m^2/U_0^2

for m/E < x < 1 - max(m_e/E, m_e^2/m^2).  Effective photons, t in GeV^2::

    chi = int dt (t - t_min)/t^2 G_2(t),     t_min = (m^2/2E)^2,    t_max = m^2
    G_2 = Z^2 [a^2 t/(1 + a^2 t)]^2 [1 + t/d]^-2
          + Z [a'^2 t/(1 + a'^2 t)]^2 [(1 + t (mu_p^2 - 1)/(4 m_p^2)) / (1 + t/0.71)^4]^2
    a = 111 Z^-1/3/m_e,   d = 0.164 A^-2/3,   a' = 773 Z^-2/3/m_e,   mu_p = 2.79

the first line elastic (screening by the atom, size of the nucleus), the second inelastic, as in that paper.
The variation ``shower-elastic`` has the first line only.

Validity: m_e << m << E.  Against the exact tree-level cross-section the approximation is wrong by -20 to +80 % for
electrons (arXiv:2409.12748).  A public code integrates G_2 alone, without (t - t_min)/t^2, and puts U where U^2
belongs: dimensions tell, chi has none and d sigma/dx is GeV^-2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_E, M_P

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.production.target_materials import Material

    Array = NDArray[np.float64]

__all__ = ["angle_kernel", "effective_photons", "sigma_gev", "softness", "theta_squared", "x_range"]

_MU_P = 2.79
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
_X_NODES, _X_WEIGHTS = np.polynomial.legendre.leggauss(48)


def effective_photons(energy: Array, mass: float, material: Material, *, inelastic: bool = True) -> Array:
    """Chi at electron energies in GeV, shape (n,).

    Examples
    --------
    >>> from darkbeam.production.target_materials import MATERIALS
    >>> 1.8e3 < float(effective_photons(np.array([20.0]), 0.1, MATERIALS["Al"])[0]) < 1.9e3
    True
    """
    Z, A = material.Z, material.A
    low, high = 2.0 * np.log(mass**2 / (2.0 * np.asarray(energy))), 2.0 * np.log(mass)
    half = 0.5 * (high - low)[:, None]
    t = np.exp(high - half * (1.0 - _NODES))
    t_min = np.exp(low)[:, None]
    a, a_in, d = 111.0 * Z ** (-1.0 / 3.0) / M_E, 773.0 * Z ** (-2.0 / 3.0) / M_E, 0.164 * A ** (-2.0 / 3.0)
    G = (Z * a**2 * t / (1.0 + a**2 * t) / (1.0 + t / d)) ** 2
    if inelastic:
        nucleon = (1.0 + t * (_MU_P**2 - 1.0) / (4.0 * M_P**2)) / (1.0 + t / 0.71) ** 4
        G += Z * (a_in**2 * t / (1.0 + a_in**2 * t) * nucleon) ** 2
    return np.asarray(np.sum(half * _WEIGHTS * (t - t_min) / t * G, axis=1))


def x_range(energy: Array, mass: float) -> tuple[Array, Array]:
    """Smallest and largest energy fraction at electron energies in GeV."""
    return mass / energy, 1.0 - np.maximum(M_E / energy, (M_E / mass) ** 2)


def softness(x: Array | float, mass: float) -> Array:
    """U_0 in GeV^2."""
    return np.asarray(mass**2 * (1.0 - x) / x + M_E**2 * x)


def angle_kernel(x: Array, u: Array, mass: float) -> Array:
    """K(x, u) in GeV^-2."""
    U0 = softness(x, mass)
    first = (1.0 - x + 0.5 * x * x) / U0
    second = (u * (1.0 - x) * mass**2) ** 2 / U0**3
    return np.asarray(first + second - u * x * (1.0 - x) * mass**2 / U0**2)


def theta_squared(x: Array, u: Array, energy: Array, mass: float) -> Array:
    """Square of the emission angle at u = U_0/U."""
    return np.asarray(softness(x, mass) * (1.0 / u - 1.0) / (energy**2 * x))


def sigma_gev(energy: Array, mass: float, photons: Array) -> Array:
    """Cross-section in GeV^-2 at electron energies in GeV and their chi; 0 where no x is left."""
    low, high = x_range(energy, mass)
    open_range = high > low
    # uniform in ln(1 - x): the integrand is close to 1/(1 - x)
    start = np.log1p(-np.where(open_range, low, 0.0))
    stop = np.log1p(-np.where(open_range, high, 0.5))
    half = 0.5 * (start - stop)[:, None]
    rest = np.exp(stop[:, None] + half * (1.0 + _X_NODES))
    x = 1.0 - rest
    U0 = softness(x, mass)
    angle = (1.0 - x + 0.5 * x * x) / U0
    angle += (rest * mass**2) ** 2 / (3.0 * U0**3) - 0.5 * x * rest * mass**2 / U0**2
    value = np.sum(half * _X_WEIGHTS * rest * angle, axis=1)
    flux = 4.0 * ALPHA**3 * photons * np.sqrt(np.maximum(1.0 - (mass / energy) ** 2, 0.0))
    return np.asarray(np.where(open_range, flux * value, 0.0))
