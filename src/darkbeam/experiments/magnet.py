r"""Exact motion in a uniform field along +y or +x.

A charge Q (units of e) with momentum p obeys the Lorentz force dp/dt = Q v x B.  With kappa = 0.2998 Q B
(GeV/m, B in T), between two planes a distance L apart:

    p_x' = p_x - kappa L,    p_y' = p_y,    p_z' = sqrt(p_z^2 + kappa L (p_x + p_x'))
    Delta x = L (p_x + p_x') / (p_z + p_z')
    Delta y = p_y Delta alpha / kappa,    Delta alpha = arctan(kappa L G)
    G = [p_z + p_x (p_x + p_x') / (p_z + p_z')] / (p_x p_x' + p_z p_z')

In the x-z plane this is a circle of radius p_xz / |kappa|, p_xz^2 = p_x^2 + p_z^2; alpha is the angle of the
momentum to the z axis.  A particle with |p_x'| >= p_xz curls up before the far plane and is lost.  Written
like this, every line has the straight line as its limit kappa -> 0, so neutral particles need no branch.
Valid for p_z > 0; energy loss and the fringe field are neglected.  A field along +x is the same in coordinates
x' = -y, y' = x.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.constants import TESLA_M_GEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bent", "bend", "bend_along"]


_SERIES = [(-1) ** n / (2 * n + 1) for n in range(8)]


class Bent(NamedTuple):
    """State behind the field.

    Attributes
    ----------
    dx, dy : arrays
        Displacement inside the field, m.
    px, py, pz : arrays
        Momentum behind the field, GeV.
    lost : array of bool
        Curled up inside the field; the other entries are then without meaning, but finite.
    """

    dx: NDArray[np.float64]
    dy: NDArray[np.float64]
    px: NDArray[np.float64]
    py: NDArray[np.float64]
    pz: NDArray[np.float64]
    lost: NDArray[np.bool_]


def bend(
    px: NDArray[np.float64],
    py: NDArray[np.float64],
    pz: NDArray[np.float64],
    charge: NDArray[np.float64],
    field: float,
    length: NDArray[np.float64],
) -> Bent:
    """Follow particles through ``length`` (m, along z) of a field (T, along +y).

    Parameters
    ----------
    px, py, pz : arrays, shape (m,)
        Momenta at the entry, GeV, pz > 0.
    charge : array, shape (m,)
        Units of the positron charge.
    field : float
        T.
    length : array, shape (m,)
        Extent of the field still ahead along z, m.
    """
    kick = (TESLA_M_GEV * field) * charge * length
    out = px - kick
    both = px + out
    left = pz * pz + kick * both
    lost = left <= 0.0
    pz_out = np.sqrt(np.where(lost, 1.0, left))
    slope = both / (pz + pz_out)
    rise, forward = pz + px * slope, px * out + pz * pz_out
    return Bent(length * slope, py * length * _angle_per_kick(kick, rise, forward), out, py, pz_out, lost)


def bend_along(
    axis: str,
    p: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    charge: NDArray[np.float64],
    field: float,
    length: NDArray[np.float64],
) -> Bent:
    """`bend` in a field along +``axis``, "x" or "y", for momenta (px, py, pz)."""
    if axis == "y":
        return bend(*p, charge, field, length)
    turned = bend(-p[1], p[0], p[2], charge, field, length)
    return Bent(turned.dy, -turned.dx, turned.py, -turned.px, turned.pz, turned.lost)


def _angle_per_kick(
    kick: NDArray[np.float64], rise: NDArray[np.float64], forward: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Delta alpha / (kappa L) = arctan(kappa L G) / (kappa L), with G = rise / forward.

    Below an angle of 0.1 by the series of arctan(t) / t, then exact to 1e-17 and without a division by the
    kick; by the library function for the rest.
    """
    small = forward > np.abs(rise * kick) / 0.1
    g = rise / np.where(small, forward, 1.0)
    t2 = (kick * g) ** 2
    series = np.full_like(t2, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        series *= t2
        series += coefficient
    result = g * series
    large = np.flatnonzero(~small)
    result[large] = np.arctan2(rise[large] * kick[large], forward[large]) / kick[large]
    return result
