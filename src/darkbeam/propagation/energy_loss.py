r"""Ionisation loss of a particle of charge epsilon.

    -dE/dx = epsilon^2 K (Z/A) rho (1/beta^2) [ (1/2) ln(2 m_e beta^2 gamma^2 T_max / I^2) - beta^2 - delta/2 ]
    T_max = 2 m_e beta^2 gamma^2 / [1 + 2 gamma m_e/m + (m_e/m)^2]
    delta/2 = max(0, ln(hbar omega_p/I) + ln(beta gamma) - 1/2)

K = 0.307075 MeV cm^2/mol, rho density, I mean excitation energy, hbar omega_p plasma energy, m mass, E energy, x path.
Particle Data Group, "Passage of particles through matter"; the density effect is its limit at high energy, cut at zero.
Radiative losses go with epsilon^4 and are left out.  Valid for beta gamma > 0.1: a particle that is slower has stopped.

The energy behind a layer of thickness t follows from the range R at epsilon = 1, T the kinetic energy,

    R(T) = int dT/(-dE/dx),    R(T_behind) = R(T) - epsilon^2 t

tabulated once for a mass and a material.  Both directions are interpolated linearly on the same nodes, so that one
undoes the other.  Good to 2e-3 of the loss.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_E
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .materials import Material

    Array = NDArray[np.float64]

__all__ = ["BETA_GAMMA_MIN", "least_energy", "lose_energy", "stopping_power"]

K = 0.307075e-3
"""GeV cm^2/mol."""
BETA_GAMMA_MIN = 0.1
"""Below it a particle counts as stopped."""
_NODES = 2000
_TOP = 1e6
"""End of the tables of ranges, GeV (or 1000 masses)."""


def stopping_power(energy: Array, mass: float, material: Material) -> Array:
    """-dE/dx at epsilon = 1, GeV/m, shape of ``energy`` (GeV)."""
    gamma = np.asarray(energy, dtype=np.float64) / mass
    bg2 = np.maximum(gamma * gamma - 1.0, BETA_GAMMA_MIN**2)
    beta2 = bg2 / (1.0 + bg2)
    ratio = M_E / mass
    t_max = 2.0 * M_E * bg2 / (1.0 + 2.0 * np.sqrt(1.0 + bg2) * ratio + ratio * ratio)
    excitation, plasma = material.excitation_eV * 1e-9, material.plasma_eV * 1e-9
    log = 0.5 * np.log(2.0 * M_E * bg2 * t_max / excitation**2)
    half_delta = np.maximum(np.log(plasma / excitation) + 0.5 * np.log(bg2) - 0.5, 0.0)
    per_gram = K * material.z_over_a / beta2 * np.maximum(log - beta2 - half_delta, 0.0)
    return np.asarray(100.0 * material.density * per_gram)


@lru_cache(maxsize=64)
def _ranges(mass: float, material: Material) -> tuple[Array, Array]:
    """Kinetic energies (GeV) from that of a stopped particle upwards, and ranges (m) at epsilon = 1."""
    low = mass * (np.sqrt(1.0 + BETA_GAMMA_MIN**2) - 1.0)
    kinetic = np.geomspace(low, max(_TOP, 1e3 * mass), _NODES)
    # three Gauss points between nodes, even in ln T
    nodes, weights = np.polynomial.legendre.leggauss(3)
    half = 0.5 * np.diff(np.log(kinetic))[:, None]
    inside = np.sqrt(kinetic[1:] * kinetic[:-1])[:, None] * np.exp(half * nodes)
    parts = np.sum(half * weights * inside / stopping_power(inside + mass, mass, material), axis=1)
    return kinetic, np.concatenate([[0.0], np.cumsum(parts)])


def lose_energy(
    energy: Array, mass: float, epsilon: float, layers: Iterable[tuple[Material, float]]
) -> Array:
    """Energies behind layers of material.

    Parameters
    ----------
    energy : array, shape (n,)
        GeV.
    mass : float
        GeV.
    epsilon : float
        Charge in units of e.
    layers : iterable of (Material, float)
        Materials and thicknesses, m, in the order in which they are crossed.

    Returns
    -------
    array, shape (n,)
        GeV; NaN for particles that stop.

    Raises
    ------
    ValueRangeError
        For a negative thickness.
    """
    T = np.array(energy, dtype=np.float64) - mass
    for material, thickness in _checked(layers):
        kinetic, ranges = _ranges(mass, material)
        left = np.interp(T, kinetic, ranges) - epsilon**2 * thickness
        T = np.where(left > 0.0, np.interp(left, ranges, kinetic), np.nan)
    return T + mass


def least_energy(mass: float, epsilon: float, layers: Iterable[tuple[Material, float]]) -> float:
    """Energy (GeV) that a particle needs to cross the layers; arguments and errors of `lose_energy`.

    Examples
    --------
    >>> from darkbeam.propagation.materials import get_material
    >>> round(least_energy(0.1, 0.1, [(get_material("rock"), 500.0)]), 1)
    2.6
    """
    needed = 0.0
    for material, thickness in reversed(_checked(layers)):
        kinetic, ranges = _ranges(mass, material)
        behind = np.interp(needed, kinetic, ranges)
        needed = float(np.interp(behind + epsilon**2 * thickness, ranges, kinetic))
    return needed + mass


def _checked(layers: Iterable[tuple[Material, float]]) -> list[tuple[Material, float]]:
    found = list(layers)
    for material, thickness in found:
        if not thickness >= 0.0:
            raise ValueRangeError(f"a layer of {material.name} is {thickness:g} m thick; give 0 or more")
    return found
