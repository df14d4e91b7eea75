r"""Multiple Coulomb scattering of a particle of charge epsilon (Highland's formula).

    theta_0 = (13.6 MeV/(beta p)) epsilon sqrt(x/X0) [1 + 0.038 ln(epsilon^2 x/(X0 beta^2))]

theta_0 width of the projected angle, p momentum, x/X0 thickness in radiation lengths: Particle Data Group, "Passage of
particles through matter", good to 11 % for 1e-3 < x/X0 < 100; beyond, the logarithm is kept and the accuracy is not
known.  The bracket is not taken below 1/2.  Small angles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .materials import Material

    Array = NDArray[np.float64]

__all__ = ["projected_angle", "scatter"]


def projected_angle(
    energy: Array, mass: float, epsilon: float, layers: Iterable[tuple[Material, float]]
) -> Array:
    """Width theta_0 of the projected angle behind layers (Material, thickness in m), rad, shape of ``energy``."""
    depth = sum(
        100.0 * material.density * thickness / material.radiation_length for material, thickness in layers
    )
    E = np.asarray(energy, dtype=np.float64)
    p2 = np.maximum((E - mass) * (E + mass), 1e-300)
    if depth <= 0.0 or epsilon == 0.0:
        return np.zeros_like(E)
    bracket = np.maximum(1.0 + 0.038 * np.log(epsilon**2 * depth * E * E / p2), 0.5)
    return np.asarray(13.6e-3 * E / p2 * abs(epsilon) * np.sqrt(depth) * bracket)


def scatter(direction: Array, theta_0: Array, rng: np.random.Generator) -> Array:
    """Directions (3, n) turned by Gaussian angles of width ``theta_0`` (n,) in two perpendicular planes."""
    n = np.asarray(direction, dtype=np.float64)
    # any vector that is not parallel to n starts a basis of the plane across it
    other = np.where(np.abs(n[2]) < 0.9, np.array([[0.0], [0.0], [1.0]]), np.array([[1.0], [0.0], [0.0]]))
    u = np.cross(other, n, axis=0)
    u /= np.sqrt(np.sum(u * u, axis=0))
    v = np.cross(n, u, axis=0)
    a, b = theta_0 * rng.standard_normal((2, n.shape[1]))
    turned = n + np.tan(a) * u + np.tan(b) * v
    return np.asarray(turned / np.sqrt(np.sum(turned * turned, axis=0)))
