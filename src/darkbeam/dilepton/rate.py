r"""From the rate of lepton pairs to virtual photons, and on to other pairs and other vectors.

A pair of mass m comes from a photon of virtuality m^2; its angles integrate to the factor L (arXiv:1603.08926, as
used in arXiv:2512.04153):

    dN_ll/dm = (2 alpha/3 pi m) L_l(m) F(m)        F: photons of mass m per collision
    F(m)     = [3 pi m / (2 alpha L_l(m))] dN_ll/dm
    dN_xx/dm = [L_x(m)/L_l(m)] dN_ll/dm            per Q^2 and species
    L(m)     = beta (1 + 2 m_x^2/m^2)  Dirac,   beta^3/4  complex scalar,   beta = sqrt(1 - 4 m_x^2/m^2)

The second line is the number of dark photons per epsilon^2, the third that of millicharged pairs; no coupling constant
is left in the latter.

Decay angles: with a share f0 of longitudinal photons along an axis, cos = x to it,

    W = 1 - beta^2 [(1 - f0)(1 - x^2)/2 + f0 x^2]  Dirac,     (1 - f0)(1 - x^2)/2 + f0 x^2  scalar
    W ~ 1 + lambda x^2
    lambda = beta^2 (1 - 3 f0)/(2 - beta^2 (1 - f0))  Dirac,   (3 f0 - 1)/(1 - f0)  scalar
    f0 = [beta^2 - lambda (2 - beta^2)] / [beta^2 (3 + lambda)]

f0 belongs to the photon: a lambda measured with leptons gives that of every other pair.  f0 = 1/3 is no polarisation.

Valid for pairs from one virtual photon, inclusive in the rest of the final state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.pairs import pair_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["UNPOLARISED", "angular_law", "longitudinal_share", "pair_ratio", "photons_per_pair"]

UNPOLARISED = 1.0 / 3.0
"""Longitudinal share f0 without polarisation."""


def photons_per_pair(mass: ArrayLike, lepton_mass: float) -> Array:
    """Return F / (dN_ll/dm) in GeV, shape of ``mass`` (GeV, above threshold)."""
    m = np.asarray(mass, dtype=np.float64)
    return np.asarray(1.0 / (2.0 * m * pair_factor(m, lepton_mass, "dirac")))


def pair_ratio(mass: ArrayLike, particle: float, spin: str, lepton_mass: float) -> Array:
    """Return L_x/L_l of pairs of mass ``mass`` (GeV) above both thresholds, 0 below that of x.

    Parameters
    ----------
    mass : array
        Masses of the pairs, GeV.
    particle : float
        Mass of one particle x, GeV.
    spin : {"dirac", "scalar"}
    lepton_mass : float
        GeV.
    """
    m = np.asarray(mass, dtype=np.float64)
    return np.asarray(pair_factor(m, particle, spin) / pair_factor(m, lepton_mass, "dirac"))


def angular_law(beta_squared: ArrayLike, f0: ArrayLike, spin: str) -> tuple[Array, Array]:
    """Coefficients a, b of W = a + b x^2; shape of ``beta_squared``."""
    b2, f = np.asarray(beta_squared, dtype=np.float64), np.asarray(f0, dtype=np.float64)
    a, b = 0.5 * (1.0 - f) + 0.0 * b2, f - 0.5 * (1.0 - f) + 0.0 * b2
    return (a, b) if spin == "scalar" else (1.0 - b2 * a, -b2 * b)


def longitudinal_share(anisotropy: ArrayLike, beta_squared: ArrayLike) -> Array:
    """Return f0 from the measured lambda of Dirac pairs of velocity^2 ``beta_squared``."""
    b2, lam = np.asarray(beta_squared, dtype=np.float64), np.asarray(anisotropy, dtype=np.float64)
    return np.asarray((b2 - lam * (2.0 - b2)) / (b2 * (3.0 + lam)))
