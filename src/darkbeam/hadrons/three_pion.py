r"""e+e- -> pi+ pi- pi0: current of arXiv:hep-ph/0512180 (fit of that paper).

    J^mu = F eps^{mu nu rho sigma} p+_nu p-_rho p0_sigma
    s+ = (p+ + p0)^2,  s- = (p- + p0)^2,  s0 = (p+ + p-)^2
    H(r) = BW_P(s+; r) + BW_P(s-; r) + BW_P(s0; r)
    F_0 = c0 {H(rho)[A BW(w) + C BW(w') + D BW(w'')] + F H(rho'') BW(w'')} + cs BW(phi)[B H(rho) + E H(rho')]
    F_1 = c1 G_w BW(w)/m_w^2 [BW_P(rho)/m_rho^2 + sigma BW_P(rho'')/m_rho''^2]

BW without argument: at Q^2 = m^2, constant width.  A..F in GeV^-3, s in GeV^2.  Valid to 2 GeV.

The isospin-violating chain F_1 is gamma* -> rho -> omega pi0, omega -> pi+ pi-, which puts the omega pole in
s0 and the rho pole in Q^2 (``chain="physical"``).  Public implementations (Herwig, DeLiVeR, Hazma)
evaluate the two the other way round (``chain="code"``, the default, used for the tables of this package);
R changes by -3.9 % at 0.782, -1.7 % at 0.9 and +2.5 % at 1.5 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from darkbeam.constants import M_PI, M_PI0

from .couplings import PHOTON, Couplings
from .dalitz import dalitz_nodes, per_mass, ratio_epsilon
from .propagators import bw_fixed, bw_p_wave

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Chain = Literal["code", "physical"]
    Pole = tuple[float, float]

__all__ = ["RHO", "THRESHOLD", "form_factor", "ratio"]

THRESHOLD = 2.0 * M_PI + M_PI0
A, B, C, D, E, F_RHO2 = 18.20, -0.87, -0.77, -1.12, -0.72, -0.59
RHO, RHO1, RHO2 = (0.77609, 0.14446), (1.465, 0.31), (1.7, 0.235)
OMEGA, OMEGA1, OMEGA2 = (0.7824, 0.00869), (1.375, 0.25), (1.631, 0.245)
PHI = (1.01924, 0.00414)
OMEGA_ISO, RHO2_ISO, SIGMA = (0.78259, 0.00849), (1.7, 0.26), -0.1
MAP = (OMEGA_ISO[0], 0.1)
"""Map that resolves the narrow omega in s0 of the physical chain, GeV."""
G_OMEGA = 1.55 / np.sqrt(2.0) * 12.924 * 0.266 * RHO[0] ** 2 * 0.185


def _isovector(Q2: float, s0: NDArray[np.float64], chain: Chain) -> NDArray[np.complex128]:
    """F_1 without its coupling."""
    s_omega, s_rho = (Q2, s0) if chain == "code" else (s0, Q2)
    rho = bw_p_wave(s_rho, *RHO, M_PI, M_PI) / RHO[0] ** 2
    rho2 = bw_p_wave(s_rho, *RHO2_ISO, M_PI, M_PI) / RHO2_ISO[0] ** 2
    return np.asarray(G_OMEGA * bw_fixed(s_omega, *OMEGA_ISO) / OMEGA_ISO[0] ** 2 * (rho + SIGMA * rho2))


def form_factor(
    Q2: float,
    s_plus: NDArray[np.float64],
    s_minus: NDArray[np.float64],
    s_zero: NDArray[np.float64],
    couplings: Couplings = PHOTON,
    chain: Chain = "code",
) -> NDArray[np.complex128]:
    """F (GeV^-3) of the three-pion current; invariants in GeV^2."""

    def H(pole: Pole) -> NDArray[np.complex128]:
        charged = bw_p_wave(s_plus, *pole, M_PI, M_PI0) + bw_p_wave(s_minus, *pole, M_PI, M_PI0)
        return charged + bw_p_wave(s_zero, *pole, M_PI, M_PI)

    omega, omega1, omega2 = (bw_fixed(Q2, *pole) for pole in (OMEGA, OMEGA1, OMEGA2))
    H_rho = H(RHO)
    F0 = couplings.c0 * (H_rho * (A * omega + C * omega1 + D * omega2) + F_RHO2 * H(RHO2) * omega2)
    Fs = couplings.cs * bw_fixed(Q2, *PHI) * (B * H_rho + E * H(RHO1))
    return np.asarray(F0 + Fs + couplings.c1 * _isovector(Q2, s_zero, chain))


def ratio(mass: ArrayLike, couplings: Couplings = PHOTON, chain: Chain = "code") -> NDArray[np.float64]:
    """R(pi+ pi- pi0) at masses in GeV, zero below threshold."""

    def one(m: float) -> float:
        pole = MAP if chain == "physical" else None
        nodes = dalitz_nodes(m, M_PI, M_PI, M_PI0, pole)
        return ratio_epsilon(nodes, form_factor(m * m, nodes.s13, nodes.s23, nodes.s12, couplings, chain))

    return per_mass(mass, THRESHOLD, one)
