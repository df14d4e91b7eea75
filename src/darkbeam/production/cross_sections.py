"""Proton-proton cross-sections and the cross-section weight of bremsstrahlung.

Formulas (s in GeV^2, cross-sections in mb)::

    sigma_tot(s)  = 35.45 + 0.308 ln^2(s / 5.38^2) + 42.53 s^-0.458 - 33.34 s^-0.545
    sigma_NSD(s)  = 1.76 + 19.8 s^0.057
    sigma_el(s)   = 11.7 - 1.59 ln s + 0.134 ln^2 s
    sigma_inel(s) = sigma_tot(s) - sigma_el(s)

sigma_tot is the fit of the Particle Data Group (Phys. Lett. B 667 (2008) 1, section 40), sigma_NSD the
non-single-diffractive fit that SensCalc (arXiv:2305.13383) uses for bremsstrahlung, sigma_el a quadratic fit
in ln s to elastic data, of the form that TOTEM quotes (EPL 101 (2013) 21004).  Valid for 5 GeV < sqrt(s) <
100 TeV; sigma_inel lies within a few per cent of the measured values at 10 to 30 GeV and at the LHC.

Invariants for a beam proton of momentum P, energy E = sqrt(P^2 + mp^2), after emission of a fraction z::

    fixed target   s = 2 mp^2 + 2 mp E     s' = 2 mp P (1 - z) + 2 mp^2
    collider       s = 4 E^2               s' = s (1 - z)

The weight of a bremsstrahlung probability is sigma(s') / sigma_ref (arXiv:2409.11096, equation 2).  Rates
are per *inelastic* collision, hence sigma_NSD(s') / sigma_inel(s); the other normalisations are for
comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_P
from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from darkbeam.facilities import Facility

__all__ = [
    "NORMALISATIONS",
    "cross_section_weight",
    "s_initial",
    "s_reduced",
    "sigma_elastic",
    "sigma_inelastic",
    "sigma_nsd",
    "sigma_total",
]

NORMALISATIONS = ("inelastic", "tot", "one", "senscalc")
"""``inelastic``: sigma_NSD(s')/sigma_inel(s); ``tot``: sigma_NSD(s')/sigma_tot(s); ``one``: 1;
``senscalc``: sigma_NSD(sigma_NSD(s'))/sigma_tot(s) with fixed-target invariants, as SensCalc evaluates."""


def sigma_total(s: ArrayLike) -> NDArray[np.float64]:
    """Return the total proton-proton cross-section in mb, s in GeV^2."""
    s = np.asarray(s, dtype=np.float64)
    return 35.45 + 0.308 * np.log(s / 5.38**2) ** 2 + 42.53 * s**-0.458 - 33.34 * s**-0.545


def sigma_nsd(s: ArrayLike) -> NDArray[np.float64]:
    """Return the non-single-diffractive proton-proton cross-section in mb, s in GeV^2."""
    return 1.76 + 19.8 * np.asarray(s, dtype=np.float64) ** 0.057


def sigma_elastic(s: ArrayLike) -> NDArray[np.float64]:
    """Return the elastic proton-proton cross-section in mb, s in GeV^2."""
    ln_s = np.log(np.asarray(s, dtype=np.float64))
    return 11.7 - 1.59 * ln_s + 0.134 * ln_s**2


def sigma_inelastic(s: ArrayLike) -> NDArray[np.float64]:
    """Return the inelastic proton-proton cross-section in mb, s in GeV^2."""
    return sigma_total(s) - sigma_elastic(s)


def s_initial(momentum: float, *, collider: bool) -> float:
    """Return s in GeV^2 for a beam momentum in GeV."""
    energy = float(np.hypot(momentum, M_P))
    return 4.0 * energy**2 if collider else 2.0 * M_P * (M_P + energy)


def s_reduced(z: ArrayLike, momentum: float, *, collider: bool) -> NDArray[np.float64]:
    """Return s' in GeV^2, what is left for the inelastic collision after a fraction z of P is radiated."""
    z = np.asarray(z, dtype=np.float64)
    if collider:
        return s_initial(momentum, collider=True) * (1.0 - z)
    return 2.0 * M_P * momentum * (1.0 - z) + 2.0 * M_P**2


def cross_section_weight(
    facility: Facility, z: ArrayLike, normalisation: str = "inelastic"
) -> NDArray[np.float64]:
    """Return sigma(s')/sigma_ref, the weight of a bremsstrahlung probability.

    Parameters
    ----------
    facility : Facility
        Beam; its ``sigma_inel_mb`` is the reference of the normalisation ``inelastic``.
    z : array_like
        Fraction of the beam momentum taken by the dark photon.
    normalisation : str
        One of `NORMALISATIONS`.

    Returns
    -------
    array, shape of z
    """
    z = np.asarray(z, dtype=np.float64)
    P = facility.beam_momentum
    if normalisation == "one":
        return np.ones_like(z)
    if normalisation == "senscalc":
        m = 0.938
        s_prime = 2.0 * m * P * (1.0 - z) + 2.0 * m**2
        return sigma_nsd(sigma_nsd(s_prime)) / sigma_total(2.0 * P * m)
    if normalisation not in NORMALISATIONS:
        raise UnknownNameError("normalisation", normalisation, NORMALISATIONS)
    reference = facility.sigma_inel_mb if normalisation == "inelastic" else float(sigma_total(facility.s))
    return sigma_nsd(s_reduced(z, P, collider=facility.collider)) / reference
