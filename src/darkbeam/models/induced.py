r"""Couplings that a loop induces: kinetic mixing of the vector with the photon.

A vector with charges +1 and -1 of two lepton flavours i and j mixes with the photon through their loops,

    kappa(q^2) = (2 alpha/pi) [P(q^2/m_i^2) - P(q^2/m_j^2) + (1/6) ln(m_i^2/m_j^2)]
    P(z) = int_0^1 dx x (1 - x) ln[1 - x (1 - x) z]
         = -5/18 - 2/(3z) + (1/6)(1 + 2/z) sqrt(1 - 4/z) ln[(sqrt(1 - 4/z) + 1)/(sqrt(1 - 4/z) - 1)]

so that a fermion without a direct charge gets x_f = Q_f kappa (all x in units of the coupling g = epsilon e).  At
q^2 = 0 this is (e^2/6 pi^2) ln(m_i/m_j), which is e/69 for mu and tau.  P is complex above the threshold z = 4; used
here at q^2 = m^2 (the vector on its mass shell): the charges that a model quotes are |kappa| with the sign of Re kappa.
Every coupling of such a fermion has the same kappa, so the phase drops out of all widths; the loop is not added to the
direct charges, of which it is below 1.5 %, like other corrections of order alpha that are left out.

For baryon number, leptons get x_l = Q_l e^2/(4 pi)^2, an estimate of the quark loops up to a logarithm.

z = q^2/m^2; masses GeV.  Sources: arXiv:1801.04847 (models and leptons of B), arXiv:1803.05466 (integral).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_E, M_MU, M_TAU

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ConstantMixing", "LeptonLoop", "vacuum_integral"]

LEPTON_MASS = {"e": M_E, "mu": M_MU, "tau": M_TAU}
SMALL = 0.02
"""|z| below which the closed form loses digits and the series is used."""


def vacuum_integral(z: ArrayLike) -> NDArray[np.complex128]:
    """P(z) of the head of the module for real z, shape of ``z``; above z = 4 with the phase of q^2 + i0."""
    z = np.asarray(z, dtype=np.float64)
    small = np.abs(z) < SMALL
    safe = np.where(small, 1.0, z).astype(np.complex128)
    root = np.sqrt(1.0 - 4.0 / safe)
    # below threshold root is imaginary, and the principal branch is right; above, +i0 chooses -i pi
    log = np.log((root + 1.0) / (root - 1.0 + 0j))
    log = np.where(z > 4.0, np.log(np.abs((root + 1.0) / (root - 1.0))) - 1j * np.pi, log)
    closed = -5.0 / 18.0 - 2.0 / (3.0 * safe) + (1.0 + 2.0 / safe) * root * log / 6.0
    series = -z * (1.0 / 30.0 + z * (1.0 / 280.0 + z * (1.0 / 1890.0 + z / 11088.0)))
    return np.where(small, series, closed)


@dataclass(frozen=True)
class LeptonLoop:
    """Mixing through the loops of two lepton flavours with charges +1 (``plus``) and -1 (``minus``).

    Examples
    --------
    >>> print(f"{LeptonLoop('mu', 'tau').factor(1e-3) / 0.30282:.5f}")
    -0.01443
    """

    plus: str
    minus: str

    def mixing(self, mass: ArrayLike) -> NDArray[np.complex128]:
        """kappa(m^2), complex, shape of ``mass`` (GeV)."""
        q2 = np.square(np.asarray(mass, dtype=np.float64))
        plus, minus = LEPTON_MASS[self.plus] ** 2, LEPTON_MASS[self.minus] ** 2
        loops = vacuum_integral(q2 / plus) - vacuum_integral(q2 / minus) + np.log(plus / minus) / 6.0
        return np.asarray(2.0 * ALPHA / np.pi * loops)

    def factor(self, mass: ArrayLike) -> NDArray[np.float64]:
        """|kappa(m^2)| with the sign of its real part, shape of ``mass`` (GeV)."""
        kappa = self.mixing(mass)
        return np.asarray(np.copysign(np.abs(kappa), kappa.real))


@dataclass(frozen=True)
class ConstantMixing:
    """Mixing that does not depend on the mass."""

    kappa: float

    def factor(self, mass: ArrayLike) -> NDArray[np.float64]:
        """Kappa at every mass (GeV)."""
        return np.full(np.shape(mass), self.kappa)
