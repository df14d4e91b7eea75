"""Splitting functions of p -> p' A': d^2 P / (dz dpT^2), in GeV^-2 and per epsilon^2, for unit form factors.

z = E_A'/P, pT transverse momentum of the dark photon (GeV), m its mass, mp the proton mass::

    H = pT^2 + (1-z) m^2 + z^2 mp^2          (the leg is off shell by p'^2 - mp^2 = -H/z)

Bluemlein-Brunner (``bb``; arXiv:1311.3870, arXiv:2409.11096 equation 10).  Multiplies |F1|^2::

    w = alpha/(2 pi H) { [1+(1-z)^2]/z - 2 z (1-z) (2 mp^2 + m^2) pT^2/H^2 }

  (the published, longer expression is the same function; this one has no cancellations);

Altarelli-Parisi, quasi-real (``ap``; arXiv:2409.11096 equation 7), full polarisation sum.  Multiplies
|F1|^2 Fv^2::

    w = alpha/(2 pi H) [ z - z(1-z)(2 mp^2 + m^2)/H + H/(2 z m^2) ]

  The 1/m^2 term belongs to the longitudinal mode coupled to a current that is not conserved in this
  approximation; it is unphysical and dominates below about 0.4 GeV;

Foroughi-Abari, Reimitz, Ritz (``fr``; arXiv:2409.09123, arXiv:2409.11096 equations 11-15), Dawson
subtraction. The density is Fv^2 [ |F1|^2 w11 + |F2|^2 w22 + Re(F1 F2*) w12 ]::

    w11 = alpha/(2 pi H) { [1+(1-z)^2]/z - z(1-z)(2 mp^2 + m^2)/H }
    w22 = w11 + alpha/(4 pi mp^2) [1 - (1-z)(4 mp^2 + m^2)/H] [1/z - (z/4)(4 mp^2 - m^2)/H]
    w12 = alpha/(2 pi H) [ 2z - 3z(1-z) m^2/H ]

Pauli-vertex scheme (a systematic of ``fr``): with the on-shell momentum of the dark photon in the Pauli
vertex, instead of q = p' - p with p' on shell, w11 stays and::

    w22' = alpha/(2 pi H) { H/(4 mp^2 z) + z m^2/(8 mp^2) - z(1-z) m^2 (8 mp^2 + m^2)/(8 mp^2 H) }
    w12' = alpha/(2 pi H) { z - 3z(1-z) m^2/H }

  Neither is more right in this approximation; the closed forms were
  obtained from spinor traces;

Virtuality form factor (amplitude level, enters squared), cut-off Lambda in GeV::

    Fv = Lambda^4 / (Lambda^4 + (p'^2 - mp^2)^2) = 1 / (1 + (H/(z Lambda^2))^2)

Validity of the splitting picture (advanced over retarded energy denominators)::

    H / (4 P^2 z (1-z)^2) < 0.1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.constants import ALPHA, M_P

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "FRWeights", "minimal_offshellness", "pt2_validity_limit", "virtuality_form_factor", "w_ap", "w_bb",
    "w_fr",
]  # fmt: skip

MP2 = M_P**2


class FRWeights(NamedTuple):
    """Coefficients of |F1|^2, |F2|^2 and Re(F1 F2*), GeV^-2."""

    w11: Array
    w22: Array
    w12: Array


def minimal_offshellness(z: Array, m: float) -> Array:
    """Return H at pT = 0, GeV^2."""
    return (1.0 - z) * m**2 + z**2 * MP2


def w_bb(z: Array, H: Array, m: float) -> Array:
    """Return the Bluemlein-Brunner splitting function."""
    pt2 = H - minimal_offshellness(z, m)
    return (
        ALPHA / (2 * np.pi * H) * ((1 + (1 - z) ** 2) / z - 2 * z * (1 - z) * (2 * MP2 + m**2) * pt2 / H**2)
    )


def w_ap(z: Array, H: Array, m: float) -> Array:
    """Return the Altarelli-Parisi splitting function."""
    return ALPHA / (2 * np.pi * H) * (z - z * (1 - z) * (2 * MP2 + m**2) / H + H / (2 * z * m**2))


def w_fr(z: Array, H: Array, m: float, *, onshell_pauli: bool = False) -> FRWeights:
    """Return the three Foroughi-Abari-Reimitz-Ritz splitting functions.

    Parameters
    ----------
    z, H : arrays
        Momentum fraction; off-shellness in GeV^2 (shapes that broadcast).
    m : float
        Dark-photon mass, GeV.
    onshell_pauli : bool
        Use the on-shell dark-photon momentum in the Pauli vertex (w22', w12').
    """
    h, m2, y = 1.0 / H, m**2, z * (1 - z)
    front = ALPHA / (2 * np.pi) * h
    w11 = front * ((1 + (1 - z) ** 2) / z - (2 * MP2 + m2) * y * h)
    if onshell_pauli:
        r = m2 / (8 * MP2)
        w22 = front * (H / (4 * MP2 * z) + r * z - m2 * (1 + r) * y * h)
        return FRWeights(w11, w22, front * (z - 3 * m2 * y * h))
    magnetic = (1 - (4 * MP2 + m2) * (1 - z) * h) * (1 / z - (4 * MP2 - m2) / 4 * z * h)
    w22 = w11 + ALPHA / (4 * np.pi * MP2) * magnetic
    return FRWeights(w11, w22, front * (2 * z - 3 * m2 * y * h))


def virtuality_form_factor(z: Array, H: Array, cutoff: float) -> Array:
    """Return Fv for a cut-off Lambda in GeV."""
    return 1.0 / (1.0 + (H / (z * cutoff**2)) ** 2)


def pt2_validity_limit(z: Array, m: float, P: float, cut: float = 0.1) -> Array:
    """Return the largest valid pT^2 (GeV^2) of the splitting picture; negative where there is none."""
    return 4.0 * cut * P**2 * z * (1 - z) ** 2 - minimal_offshellness(z, m)
