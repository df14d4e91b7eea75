r"""Lorentz boosts and rotations on struct-of-arrays four-momenta.

A momentum k given in the rest frame of a parent with four-momentum P = (E, **P**), P^2 = M^2, is in the lab

    k_lab^0 = (E k^0 + **P**.**k**) / M
    **k**_lab = **k** + **P** [ **P**.**k** / (M (E + M)) + k^0 / M ]

written without gamma and beta, so that it is accurate for gamma up to 1e5 and for a parent at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["boost_from_rest", "mass_squared", "rotate_to"]


def boost_from_rest(
    p_rest: NDArray[np.float64], parent: NDArray[np.float64], mass: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Boost momenta from the parent's rest frame to the lab.

    Parameters
    ----------
    p_rest : array, shape (4, ...)
        Momenta in the parent's rest frame, GeV.
    parent : array, shape (4, ...)
        Parent's lab momentum, broadcastable against ``p_rest``, GeV.
    mass : float or array
        Parent's mass, GeV.

    Returns
    -------
    array, shape (4, ...)
        Lab momenta, GeV.
    """
    energy, px, py, pz = parent
    k0, kx, ky, kz = p_rest
    dot = px * kx + py * ky + pz * kz
    along = dot / (mass * (energy + mass)) + k0 / mass
    return np.stack([(energy * k0 + dot) / mass, kx + px * along, ky + py * along, kz + pz * along])


def rotate_to(
    vector: NDArray[np.float64], cos_theta: NDArray[np.float64], sin_theta: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Rotate three-vectors so that the z axis goes to (sin theta, 0, cos theta).

    Parameters
    ----------
    vector : array, shape (3, ...)
    cos_theta, sin_theta : arrays
        Direction of the new z axis, in the x-z plane.
    """
    x, y, z = vector
    return np.stack([x * cos_theta + z * sin_theta, y, z * cos_theta - x * sin_theta])


def mass_squared(p4: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invariant mass squared E^2 - p^2 of momenta ``(4, ...)``, GeV^2."""
    energy, px, py, pz = p4
    return np.asarray(energy * energy - px * px - py * py - pz * pz)
