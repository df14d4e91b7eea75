r"""Direction of the particles in the rest frame of their pair.

theta is the angle of chi to an axis in the rest frame of the pair, beta its velocity there.  A virtual photon of spin
projection +-1 (transverse) or 0 (longitudinal) on the axis gives

    Dirac    transverse    2 - beta^2 sin^2 theta,     longitudinal    1 - beta^2 cos^2 theta
    scalar   transverse    sin^2 theta,                longitudinal    cos^2 theta

each normalised to 1; with a share f_T of transverse photons the sum is isotropic for f_T = 2/3.  For Dirac particles
the transverse law is also 1 + cos^2 + (4 m^2/q^2) sin^2, since beta^2 = 1 - 4 m^2/q^2.

* Dalitz decays X -> Y gamma*, of P -> gamma, V -> P and Delta -> N by the magnetic dipole: their vertices make no
  longitudinal photon.  Axis: the direction of the photon in the rest frame of X.  (Kroll and Wada, Phys. Rev. 98
  (1955) 1355; Landsberg, Phys. Rept. 128 (1985) 301)
* Drell-Yan: transverse about the bisector of the two beams, one reversed (Collins and Soper, Phys. Rev. D 16 (1977)
  2219), which leading order with kT of the quarks shared by both gives; Z exchange does not change it, because the
  coupling of chi to the Z is a vector and makes no forward-backward asymmetry.
* All else: isotropic, or a share f_T given by the user about the direction of flight.

The axis of a Dalitz decay needs only the momentum of X: in the rest frame of the pair the photon came out of X opposite
to where X is going, and the laws do not know the sign of the axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_P
from darkbeam.kinematics import boost_from_rest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    Array = NDArray[np.float64]

__all__ = [
    "ISOTROPIC",
    "angular_law",
    "collins_soper_axis",
    "decay_pairs",
    "flight_axis",
    "mother_axis",
    "sample_cos",
]

ISOTROPIC = 2.0 / 3.0
"""Share of transverse photons that makes the decay isotropic."""
TRANSVERSE = 1.0
"""Share of transverse photons of Dalitz decays and of Drell-Yan."""


def angular_law(cos: Array, beta: Array, transverse: Array | float = ISOTROPIC, spin: str = "dirac") -> Array:
    """Density in cos theta, normalised to 1 on [-1, 1]; arrays of one shape.

    Examples
    --------
    >>> float(angular_law(np.array(0.3), np.array(0.9)))
    0.5
    """
    c2, b2 = cos * cos, beta * beta
    if spin == "scalar":
        across, along = 0.75 * (1.0 - c2), 1.5 * c2
    else:
        norm = 4.0 - 4.0 / 3.0 * b2
        across, along = (2.0 - b2 * (1.0 - c2)) / norm, 2.0 * (1.0 - b2 * c2) / norm
    return np.asarray(transverse * across + (1.0 - transverse) * along)


def sample_cos(u: Array, beta: Array, transverse: float = ISOTROPIC, spin: str = "dirac") -> Array:
    """Draw cos theta.

    The laws are sums of a uniform, a cos^2 and a sin^2 law, whose distributions invert in closed form.

    Parameters
    ----------
    u : array, shape (2, n)
        Uniform random numbers: which law, and where.
    beta : array, shape (n,)
    transverse : float
        Share f_T.
    spin : {"dirac", "scalar"}

    Returns
    -------
    array, shape (n,)
    """
    b2 = beta * beta
    if spin == "scalar":
        flat, square = np.zeros_like(b2), np.full_like(b2, 1.0 - transverse)
    else:
        norm = 4.0 - 4.0 / 3.0 * b2
        square = transverse * (2.0 / 3.0) * b2 / norm
        flat = (transverse * (4.0 - 2.0 * b2) + (1.0 - transverse) * 4.0 * (1.0 - b2)) / norm
    which, v = u[0], 2.0 * u[1] - 1.0
    sine = 2.0 * np.sin(np.arcsin(v) / 3.0)
    return np.asarray(np.where(which < flat, v, np.where(which < flat + square, np.cbrt(v), sine)))


def _unit(vector: Array) -> Array:
    """Unit vectors (3, n); along z where there is no direction."""
    length = np.sqrt(np.sum(vector * vector, axis=0))
    z = np.array([0.0, 0.0, 1.0])[:, None]
    return np.asarray(np.where(length > 0.0, vector / np.where(length > 0.0, length, 1.0), z))


def _seen_from(pair: Array, p4: Array, q: Array) -> Array:
    """Momenta ``p4`` (4, n) in the rest frame of the pairs."""
    back = pair * np.array([1.0, -1.0, -1.0, -1.0])[:, None]
    return boost_from_rest(p4, back, q)


def flight_axis(pair: Array) -> Array:
    """Direction of flight of the pairs in the lab, shape (3, n)."""
    return _unit(pair[1:])


def mother_axis(pair: Array, mother: Array, q: Array) -> Array:
    """Axis of a Dalitz decay: direction of the mother as the pair sees it.

    Parameters
    ----------
    pair, mother : arrays, shape (4, n)
        Lab momenta, GeV.
    q : array, shape (n,)
        Masses of the pairs, GeV.

    Returns
    -------
    array, shape (3, n)
        In the rest frame of the pair, axes parallel to the lab's after the boost of `boost_from_rest`.
    """
    return _unit(_seen_from(pair, mother, q)[1:])


def collins_soper_axis(pair: Array, q: Array, facility: Facility) -> Array:
    """Bisector of the beam and the reversed other beam in the rest frame of the pairs, shape (3, n)."""
    E, p = facility.beam_energy, facility.beam_momentum
    other = (E, -p) if facility.collider else (M_P, 0.0)
    seen = [
        _unit(_seen_from(pair, np.broadcast_to(np.array([e, 0.0, 0.0, k])[:, None], pair.shape), q)[1:])
        for e, k in ((E, p), other)
    ]
    return _unit(seen[0] - seen[1])


def decay_pairs(pair: Array, q: Array, mass: float, axis: Array, cos: Array, phi: Array) -> Array:
    """Lab momenta of chi and chibar.

    Parameters
    ----------
    pair : array, shape (4, n)
        Lab momenta of the pairs, GeV.
    q : array, shape (n,)
        Their masses, GeV.
    mass : float
        Mass of one particle, GeV.
    axis : array, shape (3, n)
        Unit vectors in the rest frame of the pair.
    cos, phi : arrays, shape (n,)
        Angle of chi to the axis, and azimuth about it.

    Returns
    -------
    array, shape (4, 2, n)
    """
    x, y, z = axis
    # a vector across the axis, from whichever of z and x is farther from it
    steep = np.abs(z) > 0.9
    first = np.where(steep, np.stack([np.zeros_like(z), z, -y]), np.stack([y, -x, np.zeros_like(z)]))
    first = _unit(first)
    second = np.cross(axis, first, axis=0)
    sin = np.sqrt(np.maximum(1.0 - cos * cos, 0.0))
    direction = cos * axis + sin * (np.cos(phi) * first + np.sin(phi) * second)
    momentum = np.sqrt(np.maximum((0.5 * q - mass) * (0.5 * q + mass), 0.0)) * direction
    both = np.stack([momentum, -momentum], axis=1)
    rest = np.concatenate([np.broadcast_to(0.5 * q, (1, 2, len(q))), both])
    return boost_from_rest(rest, pair[:, None, :], q)
