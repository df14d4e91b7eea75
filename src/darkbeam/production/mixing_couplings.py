r"""Mixing of a dark photon with neutral vector mesons, per epsilon.

    theta_V(m) = (sqrt(4 pi alpha) / g_V) m_V^2 / [m_V^2 - m^2 - i m Gamma_V(m)]      (method of arXiv:2504.06828)
    Gamma(V -> e+ e-) = 4 pi alpha^2 m_V / (3 g_V^2)

m mass of the A', m_V mass, Gamma_V width (GeV), g_V coupling, alpha fine-structure constant.  With g_V from the
measured Gamma(V -> e+ e-) a narrow V, N_V per collision, makes exactly N_V BR(V -> l+ l-) lepton pairs through
virtual photons.  |theta|^2 times the vector mesons of mass m is the yield per epsilon^2
(`darkbeam.production.mixing`).

Set ``measured`` (default; Particle Data Group, Prog. Theor. Exp. Phys. 2022, 083C01):

    rho      Gamma_ee = 7.04 keV                                    g = 4.96
    omega    Gamma_ee = 8.68 MeV x 7.38e-5 = 0.641 keV              g = 16.5
    phi      Gamma_ee = 4.249 MeV x 2.979e-4 = 1.266 keV            g = 13.4

    m Gamma_rho(m) = m_rho Gamma_rho (k/k_rho)^3 (1 + R^2 k_rho^2)/(1 + R^2 k^2)

k the momentum of the pions, k_rho at the pole, R = 5.3/GeV the range parameter of the Particle Data Group.  The barrier
factor makes Gamma_rho tend to a constant (0.20 GeV) far above the pole, where k^3 alone would let |theta_rho|^2
fall like m^-8 and below that of the omega.  Widths of omega and phi are constant.

Set ``senscalc`` (SensCalc, arXiv:2305.13383): alpha = 1/137, constant m Gamma = m_V Gamma_V for omega and phi,

    1/g_V = r_V/g,   g = m_rho/(sqrt2 f_pi) = 5.89,   f_pi = 93 MeV,   r = 1, 1/3, sqrt2/3
    m Gamma_rho(m) = m 0.149 GeV [(m^2 - 0.0729)/(m_rho^2 - 0.0729)]^{3/2}

Excited states rho(1450), omega(1420), phi(1680), for a variation only (masses and widths: Particle Data Group):

    theta_V'(m) = (sqrt(4 pi alpha) / g_V') min(m^2, m_V'^2) / [m_V'^2 - m^2 - i m_V' Gamma_V']
    Gamma_ee = alpha^2 Gamma_V' R_V' / 9

The numerator m^2 leaves the normalisation at low mass to the ground states.  R_V', the ratio to muon pairs at the
mass of the state, is that of its main channels (fits of arXiv:1911.11147 and hep-ph/0512180 in
`darkbeam.hadrons`): 4 pi, 2 pi, eta pi pi; 3 pi, omega pi pi; K K pi, eta phi, phi pi pi.  All of it is counted as
the resonance, so Gamma_ee = 3.8, 0.20 and 0.38 keV are upper estimates.

Signs: by the quark charges theta_rho and theta_omega are equal in sign below both poles (u ubar couples with 2/3).
Valid from 0 to 4 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING

from darkbeam.constants import ALPHA, M_OMEGA, M_PHI, M_PI, M_RHO, W_OMEGA
from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "COUPLING_SETS",
    "EXCITED",
    "Vector",
    "coupling_from_width",
    "theta",
    "theta_excited",
    "width_from_coupling",
]

RANGE = 5.3
"""Range R of the P-wave barrier of the rho, 1/GeV."""


def coupling_from_width(mass: float, ee_width: float) -> float:
    """g_V from the width to electron pairs; both arguments in GeV.

    Examples
    --------
    >>> round(coupling_from_width(0.77526, 7.04e-6), 2)
    4.96
    """
    return ALPHA * sqrt(4.0 * pi * mass / (3.0 * ee_width))


def width_from_coupling(mass: float, coupling: float) -> float:
    """Width to electron pairs in GeV."""
    return 4.0 * pi * ALPHA**2 * mass / (3.0 * coupling**2)


@dataclass(frozen=True)
class Vector:
    """A neutral vector meson.

    Attributes
    ----------
    mass, width : float
        GeV.
    coupling : float
        g_V.
    threshold : float
        Mass of the products of a P-wave decay with energy-dependent width, GeV; 0 for m Gamma = m_V Gamma_V.
    barrier : float
        Range of the barrier factor, 1/GeV; 0 for m Gamma = m Gamma_V (k/k_V)^3.
    alpha : float
        Fine-structure constant.
    """

    mass: float
    width: float
    coupling: float
    threshold: float = 0.0
    barrier: float = 0.0
    alpha: float = ALPHA

    def m_gamma(self, m: float) -> float:
        """M Gamma(m) in GeV^2."""
        if self.threshold == 0.0:
            return self.mass * self.width
        k2, k2_pole = (max(x * x - self.threshold**2, 0.0) / 4.0 for x in (m, self.mass))
        growth = float((k2 / k2_pole) ** 1.5)
        if self.barrier == 0.0:
            return m * self.width * growth
        R2 = self.barrier**2
        return self.mass * self.width * growth * (1.0 + R2 * k2_pole) / (1.0 + R2 * k2)

    def theta(self, m: float) -> complex:
        """Mixing amplitude per epsilon at mass m (GeV)."""
        M2 = self.mass**2
        return sqrt(4.0 * pi * self.alpha) / self.coupling * M2 / complex(M2 - m * m, -self.m_gamma(m))


def _measured(
    mass: float, width: float, ee_width: float, threshold: float = 0.0, barrier: float = 0.0
) -> Vector:
    return Vector(mass, width, coupling_from_width(mass, ee_width), threshold, barrier)


def _senscalc(mass: float, width: float, r: float, threshold: float = 0.0) -> Vector:
    g = 0.775 / (sqrt(2.0) * 0.093)
    return Vector(mass, width, g / r, threshold, alpha=1.0 / 137.0)


COUPLING_SETS: Mapping[str, Mapping[str, Vector]] = {
    "measured": {
        "rho": _measured(M_RHO, 0.1491, 7.04e-6, 2.0 * M_PI, RANGE),
        "omega": _measured(M_OMEGA, W_OMEGA, W_OMEGA * 7.38e-5),
        "phi": _measured(M_PHI, 4.249e-3, 4.249e-3 * 2.979e-4),
    },
    "senscalc": {
        "rho": _senscalc(0.775, 0.149, 1.0, 0.27),
        "omega": _senscalc(0.782, 0.008, 1.0 / 3.0),
        "phi": _senscalc(1.019455, 0.00426, sqrt(2.0) / 3.0),
    },
}
"""Ground states of each convention."""

EXCITED: Mapping[str, Vector] = {
    "rho": _measured(1.465, 0.400, 3.8e-6),
    "omega": _measured(1.410, 0.290, 0.20e-6),
    "phi": _measured(1.680, 0.150, 0.38e-6),
}
"""First radial excitation of each."""


def theta(meson: str, mass: float, couplings: str = "measured") -> complex:
    """Mixing amplitude per epsilon.

    Parameters
    ----------
    meson : {"rho", "omega", "phi"}
    mass : float
        GeV.
    couplings : {"measured", "senscalc"}

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> round(abs(theta("rho", 0.05)) ** 2, 5)
    0.00376
    """
    if couplings not in COUPLING_SETS:
        raise UnknownNameError("set of mixing couplings", couplings, COUPLING_SETS)
    vectors = COUPLING_SETS[couplings]
    if meson not in vectors:
        raise UnknownNameError("vector meson", meson, vectors)
    return vectors[meson].theta(mass)


def theta_excited(meson: str, mass: float) -> complex:
    """Mixing amplitude with the first excitation of ``rho``, ``omega`` or ``phi``, per epsilon; mass in GeV."""
    vector = EXCITED[meson]
    return vector.theta(mass) * min((mass / vector.mass) ** 2, 1.0)


def mass_nodes(low: float, high: float) -> list[float]:
    """Masses in GeV that a grid between ``low`` and ``high`` needs to resolve the poles: m_V + k Gamma_V.

    Examples
    --------
    >>> len(mass_nodes(0.95, 1.1))
    13
    """
    steps = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    nodes = {M_RHO - 0.075, M_RHO + 0.075}
    for meson in ("omega", "phi"):
        v = COUPLING_SETS["measured"][meson]
        nodes |= {v.mass + sign * k * v.width for k in steps for sign in (-1.0, 1.0)}
    return sorted(m for m in nodes if low < m < high)
