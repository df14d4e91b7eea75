r"""Curvature of a spectrum around a mass, and what it adds to a mean over a window and to a smeared spectrum.

The even part of the spectrum in |x| < H is taken as f cosh(kappa t), t = x/H: exact for an exponential, and with
kappa^2 < 0 a cosine.  kappa^2 = s follows from the second moment, and with it

    <t^2> = 1 + 2/s - 2 coth(kappa)/kappa
    mean over |x| < h        = f sinh(kappa h/H)/(kappa h/H)
    smeared by sigma         = f + (sigma^2 f)''/2 = f (1 + s sigma^2/2H^2 + d),    d = (sigma^2)' f'/f + (sigma^2)''/2

For a spectrum g f with a known g: d = (sigma^2 g)'/g f'/f + (sigma^2 g)''/2g.  The slope f'/f follows from the first
moment <t> = (H f'/f) (coth(kappa) - 1/kappa)/kappa.  All are divided out.  With r = H/h and
D = (15/2) [1/(3 r^2) + (sigma/H)^2] the variance of a nearest-k density grows, for a flat spectrum, by the factor
1 + [D^2/5 + D (1 - 1/r^2)]/r: the moment and the count share their pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["REACH", "SIGMAS", "WIDEST", "bend", "blur", "drift", "growth"]

REACH = 4.0
"""H/h where nothing is in the way; with less the correction is phased in, and at 1 there is none."""
SIGMAS = 5.0
"""H/sigma, likewise."""
WIDEST = 0.3
"""Largest H, relative to the mass."""
_S = np.concatenate([np.linspace(-6.0, -0.01, 200), np.linspace(0.01, 60.0, 1200)])


def _moment(s: Array) -> Array:
    """<t^2> of cosh(kappa t) on |t| < 1."""
    k = np.sqrt(np.abs(s))
    return np.asarray(1.0 + 2.0 / s - 2.0 * np.where(s > 0.0, 1.0 / np.tanh(k), -1.0 / np.tan(k)) / k)


_MOMENT = _moment(_S)


def _full(r: Array, smear: Array) -> Array:
    """Power of the correction: less where a state or an edge is too near to see the curvature."""
    seen = np.minimum(1.0, 1.0 / (SIGMAS * np.maximum(smear, 1e-9))) ** 2
    return np.asarray(np.clip((r - 1.0) / (REACH - 1.0), 0.0, 1.0) * seen)


def drift(moment: Array, first: Array, rise: Array, bow: Array) -> Array:
    """What a resolution, or a factor g, that changes with the mass adds to `blur`, d.

    Parameters
    ----------
    moment, first : arrays, shape (n,)
        <t^2> and <t> in |x| < H.
    rise, bow : arrays, shape (n,)
        (sigma^2 g)'/gH and (sigma^2 g)''/g.
    """
    s = np.interp(moment, _MOMENT, _S)
    s = np.where(np.abs(s) < 1e-3, 1e-3, s)
    k = np.sqrt(np.abs(s))
    slope = first * s / (np.where(s > 0.0, k / np.tanh(k), k / np.tan(k)) - 1.0)
    return np.asarray(rise * slope + 0.5 * bow)


def bend(moment: Array, r: Array, smear: Array, moved: Array | float = 0.0) -> Array:
    """Factor by which curvature raises the counted spectrum.

    Parameters
    ----------
    moment : array, shape (n,)
        <t^2> in |x| < H.
    r : array, shape (n,)
        H/h.
    smear : array, shape (n,)
        sigma/H.
    moved : array, shape (n,)
        d of `drift`.
    """
    s = np.interp(moment, _MOMENT, _S)
    k = np.sqrt(np.abs(s)) / np.maximum(r, 1.0)
    window = np.where(s > 0.0, np.sinh(k), np.sin(k)) / k
    return np.asarray((window * np.maximum(1.0 + 0.5 * s * smear**2 + moved, 0.5)) ** _full(r, smear))


def blur(moment: Array, r: Array, smear: Array, moved: Array | float = 0.0) -> Array:
    """Factor by which the resolution alone raises the spectrum; parameters as for `bend`."""
    s = np.interp(moment, _MOMENT, _S)
    return np.asarray(np.maximum(1.0 + 0.5 * s * smear**2 + moved, 0.5) ** _full(r, smear))


def growth(r: Array, smear: Array) -> Array:
    """Factor by which `bend` raises the relative error of the density; shapes as there."""
    r = np.maximum(r, 1.0)
    slope = 7.5 * (1.0 / (3.0 * r**2) + smear**2) * _full(r, smear)
    return np.asarray(np.sqrt(1.0 + (0.2 * slope**2 + slope * (1.0 - r**-2)) / r))
