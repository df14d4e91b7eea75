r"""Particles of a pair that fly in a given direction (forced emission).

A detector of mCP is so small that hardly any sampled particle would meet it.  So the direction n is chosen, and the
photon of mass q decays isotropically in its rest frame into particles of mass m; per steradian of n it sends

    dN/dOmega = sum over p_+, p_-  of  p^2 / (4 pi k R)
    R^2 = k^2 - m^2 u^2 sin^2(a),        D = 1 + u^2 sin^2(a)
    p_+ = (u cos(a) q/2 + gamma R)/D,    p_+ p_- = (u^2 m^2 - k^2)/D

a angle between photon and n, u = gamma beta of the photon, k^2 = q^2/4 - m^2; p momentum of the particle in the lab.
p_- exists for u m > k, when the photon is faster than the particle in its frame; then no particle leaves the cone
R^2 > 0 around the photon.  From d^3p/E = d^3p*/E* and delta(E* - q/2).  All in GeV.  A decay that is not isotropic has
this density times its law in the angle to an axis, over 1/2 (`spin_factor`, laws: `darkbeam.production.pairs_angles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import boost_from_rest
from darkbeam.production.pairs_angles import angular_law

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["emission", "spin_factor"]


def emission(q: Array, photon: Array, mass: float, direction: Array) -> tuple[Array, Array]:
    """Momenta and densities of one particle of the pair along a direction.

    Parameters
    ----------
    q : array, shape (n,)
        Masses of the photons, GeV, above 2 ``mass``.
    photon : array, shape (3, n)
        Their lab momenta, GeV.
    mass : float
        GeV.
    direction : array, shape (3, n)
        Unit vectors.

    Returns
    -------
    p, density : arrays, shape (2, n)
        Momenta in GeV, and particles per steradian; zero density where there is no solution.
    """
    p_photon = np.sqrt(np.sum(photon * photon, axis=0))
    u = p_photon / q
    axis = photon / np.maximum(p_photon, 1e-300)
    cos = np.sum(axis * direction, axis=0)
    across = np.cross(axis, direction, axis=0)
    s2 = np.sum(across * across, axis=0)  # not 1 - cos^2: the angles are small
    k2 = np.maximum((0.5 * q - mass) * (0.5 * q + mass), 1e-300)
    R2 = k2 - (mass * u) ** 2 * s2
    D = 1.0 + u * u * s2
    R = np.sqrt(np.maximum(R2, 1e-12 * k2))
    slow = (u * mass) ** 2 - k2
    plus = (0.5 * u * cos * q + np.sqrt(1.0 + u * u) * R) / D
    good = (R2 > 0.0) & (plus > 0.0) & ((slow < 0.0) | (cos > 0.0))
    minus = slow / np.maximum(D * plus, 1e-300)
    p = np.where(np.stack([good, good & (slow > 0.0)]), np.stack([plus, minus]), 0.0)
    return p, p * p / (4.0 * np.pi * np.sqrt(k2) * R)


def spin_factor(
    q: Array, photon: Array, mass: float, direction: Array, p: Array, axis: Array, spin: str,
    transverse: Array | float = 1.0,
) -> Array:  # fmt: skip
    """Density over that of an isotropic decay, for photons that are polarised along an axis.

    Parameters
    ----------
    q, photon, mass, direction
        As for `emission`.
    p : array, shape (2, n)
        Momenta of the particles, GeV.
    axis : array, shape (3, n)
        Unit vectors in the rest frame of the pair.
    spin : {"dirac", "scalar"}
    transverse : array, shape (n,)
        Share with spin +-1 along the axis; the rest has spin 0.

    Returns
    -------
    array, shape (2, n)
    """
    back = np.concatenate([np.sqrt(np.sum(photon * photon, axis=0) + q * q)[None], -photon])
    p4 = np.concatenate([np.sqrt(p * p + mass * mass)[None], p * direction[:, None, :]])
    rest = boost_from_rest(p4, back[:, None, :], q)[1:]
    k = np.sqrt(np.maximum((0.5 * q - mass) * (0.5 * q + mass), 1e-300))
    cos = np.clip(np.sum(rest * axis[:, None, :], axis=0) / k, -1.0, 1.0)
    beta = np.broadcast_to(2.0 * k / q, cos.shape)
    return 2.0 * angular_law(cos, beta, transverse, spin)
