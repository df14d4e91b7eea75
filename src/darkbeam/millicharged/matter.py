"""Matter and field between the production point and the detector, as one particle sees them.

Displacement d of directions by scattering and by the field, see `darkbeam.millicharged.crossing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.propagation import least_energy, projected_angle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.propagation import Material

    from .experiment import McpExperiment

    Array = NDArray[np.float64]

__all__ = ["displacement", "material_layers", "needed_energy", "typical_displacement"]

FIELD = 0.299792458
"""GeV per T m."""


def needed_energy(experiment: McpExperiment, mass: float, epsilon: float) -> float:
    """Energy, GeV, of the particle that just comes through the matter."""
    return least_energy(mass, epsilon, material_layers(experiment))


def typical_displacement(experiment: McpExperiment, mass: float, epsilon: float) -> float:
    """Displacement of a fast particle times its energy, rad GeV."""
    energy = 1e3 * mass
    p = np.array([np.sqrt((energy - mass) * (energy + mass))])
    d = displacement(experiment, mass, epsilon, p, np.ones((2, 1)), np.zeros(1))
    return float(np.hypot(*d)[0]) * energy


def material_layers(experiment: McpExperiment) -> list[tuple[Material, float]]:
    """Materials and thicknesses, m, in the order in which they are crossed."""
    return [(s.material, s.thickness) for s in experiment.shielding]


def displacement(
    experiment: McpExperiment, mass: float, epsilon: float, p: Array, z: Array, sign: Array
) -> Array:
    """Angles d (2, n), as tangents: to the side and up."""
    p = np.maximum(p, 1e-3 * mass)
    energy = np.sqrt(p * p + mass * mass)
    width2 = np.zeros_like(p)
    for s in experiment.shielding:
        theta_0 = projected_angle(energy, mass, epsilon, [(s.material, s.thickness)])
        width2 += (theta_0 * s.lever(experiment.distance)) ** 2
    a, b = np.sqrt(width2) * z
    magnet = experiment.magnet
    if magnet is not None:
        kick = FIELD * magnet.field_integral * epsilon / p * (1.0 - magnet.position / experiment.distance)
        a = a + np.where(sign < 0.5, kick, -kick)
    return np.asarray(np.tan(np.clip([a, b], -1.5, 1.5)))
