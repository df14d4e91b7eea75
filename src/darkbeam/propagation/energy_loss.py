r"""Ionisation loss of a particle of charge epsilon.

    -dE/dx = epsilon^2 K (Z/A) rho (1/beta^2) [ (1/2) ln(2 m_e beta^2 gamma^2 T_max / I^2) - beta^2 - delta/2 ]
    T_max = 2 m_e beta^2 gamma^2 / [1 + 2 gamma m_e/m + (m_e/m)^2]
    delta/2 = max(0, ln(hbar omega_p/I) + ln(beta gamma) - 1/2)

K = 0.307075 MeV cm^2/mol, rho density, I mean excitation energy, hbar omega_p plasma energy, m mass, E energy, x path.
Particle Data Group, "Passage of particles through matter"; the density effect is its limit at high energy, cut at zero.
Radiative losses go with epsilon^4 and are left out.  Valid for beta gamma > 0.1: a particle that is slower has stopped.

The energy behind a layer solves dE/dx with steps of at most a twentieth of the kinetic energy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_E
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .materials import Material

    Array = NDArray[np.float64]

__all__ = ["BETA_GAMMA_MIN", "lose_energy", "stopping_power"]

K = 0.307075e-3
"""GeV cm^2/mol."""
BETA_GAMMA_MIN = 0.1
"""Below it a particle counts as stopped."""
_PART = 0.05
_MOST_STEPS = 2000


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
    E = np.array(energy, dtype=np.float64)
    floor = mass * np.sqrt(1.0 + BETA_GAMMA_MIN**2)
    for material, thickness in layers:
        if not thickness >= 0.0:
            raise ValueRangeError(f"a layer of {material.name} is {thickness:g} m thick; give 0 or more")
        left = np.where(floor < E, thickness, 0.0)
        for _ in range(_MOST_STEPS):
            moving = np.flatnonzero((left > 0.0) & (floor < E))
            if not len(moving):
                break
            loss = epsilon**2 * stopping_power(E[moving], mass, material)
            # the midpoint rule over a step that costs a small part of the kinetic energy
            step = np.minimum(left[moving], _PART * (E[moving] - mass) / np.maximum(loss, 1e-300))
            middle = np.maximum(E[moving] - 0.5 * step * loss, floor)
            E[moving] -= step * epsilon**2 * stopping_power(middle, mass, material)
            left[moving] -= step
        E = np.where(floor < E, E, np.nan)
    return E
