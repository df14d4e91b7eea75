r"""e+e- -> V a b through an S-wave contact term: omega pi pi, phi pi pi, K* K pi (fits of arXiv:2201.01788).

    R = (3/(16 pi^2 m^3)) |F(m^2)|^2 int ds_ab k_ab p_V / sqrt(s_ab) (1 + p_V^2/(3 m_V^2))

k_ab: momentum of a in the (ab) frame, p_V: momentum of V (GeV).  BW_e: denominator M^2 - s - i sqrt(s) G,
BW: constant width.  pi0 pi0 counts one half of pi+ pi-.

    omega pi pi:  F = 2.7289 c0 BW_e(1.661, 0.398)
    phi pi pi:    F = cs [1.444 e^{2.625 i} BW_e(1.680, 0.226) + 0.686 BW_e(2.162, 0.209)]
    K*0 K-+ pi+-: |F|^2 = (2/9)|a0 + a1|^2                                           (K+ K- pi+ pi-)
    K_S K+- pi-+ pi0: |F|^2 = (1/18)|b1 + b0|^2  (K*0 K+- pi-+), (1/18)|b1 - b0|^2  (others)

K_L copies, K+ K- pi0 pi0 and K_S K_L pi pi are not part of the published sum.  Valid to 2.5 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_K, M_K0, M_OMEGA, M_PHI, M_PI, M_PI0
from darkbeam.kinematics import breakup_momentum

from .couplings import PHOTON, Couplings
from .dalitz import legendre, per_mass
from .propagators import bw_energy, bw_fixed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "M_KSTAR",
    "kstar_isospin",
    "ratio_kaons_charged",
    "ratio_kaons_mixed",
    "ratio_omega",
    "ratio_phi",
]

M_KSTAR = 0.89166
"""K* mass of the published fit, GeV."""


def _phase_space(mass: ArrayLike, m_V: float, m_a: float, m_b: float) -> NDArray[np.float64]:
    """R at |F| = 1: S-wave V(ab) phase space, zero below threshold."""
    x, w = legendre()

    def one(m: float) -> float:
        lo, hi = (m_a + m_b) ** 2, (m - m_V) ** 2
        s = 0.5 * (hi - lo) * x + 0.5 * (hi + lo)
        root = np.sqrt(s)
        k, p = breakup_momentum(root, m_a, m_b), breakup_momentum(m, root, m_V)
        integral = 0.5 * (hi - lo) * np.sum(w * k * p / root * (1.0 + p * p / (3.0 * m_V**2)))
        return float(3.0 / (16.0 * np.pi**2 * m**3) * integral)

    return per_mass(mass, m_V + m_a + m_b, one)


def _squared(mass: ArrayLike) -> NDArray[np.float64]:
    return np.atleast_1d(np.asarray(mass, dtype=np.float64)) ** 2


def ratio_omega(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(omega pi pi), charged and neutral pions, at masses in GeV."""
    F = couplings.c0 * 2.728870588760009 * bw_energy(_squared(mass), 1.6608543573197, 0.3982595005228462)
    pions = _phase_space(mass, M_OMEGA, M_PI, M_PI) + 0.5 * _phase_space(mass, M_OMEGA, M_PI0, M_PI0)
    return np.asarray(np.abs(F) ** 2 * pions)


def ratio_phi(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(phi pi pi), charged and neutral pions, at masses in GeV."""
    s = _squared(mass)
    first = 1.4440212871376037 * np.exp(2.62513009401222j)
    F = first * bw_energy(s, 1.680206376111421, 0.22649014716417465)
    F = F + 0.6856322620088697 * bw_energy(s, 2.162094475680359, 0.20905046718427628)
    pions = _phase_space(mass, M_PHI, M_PI, M_PI) + 0.5 * _phase_space(mass, M_PHI, M_PI0, M_PI0)
    return np.asarray(np.abs(couplings.cs * F) ** 2 * pions)


def ratio_kaons_charged(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K*0 K-+ pi+-) = K+ K- pi+ pi- at masses in GeV."""
    s = _squared(mass)
    a0 = -4.5159727286986975 * couplings.cs * bw_fixed(s, 1.650, 0.10306362864702914)
    a1 = 15.658829780911248 * couplings.c1 * bw_fixed(s, 1.8424500809807751, 0.40316760691226605)
    return np.asarray(2.0 / 9.0 * np.abs(a0 + a1) ** 2 * _phase_space(mass, M_KSTAR, M_K, M_PI))


def kstar_isospin(
    s: NDArray[np.float64], couplings: Couplings = PHOTON
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Amplitudes b1 and b0 of the sub-modes of K_S K+- pi-+ pi0 at s (GeV^2)."""
    b0 = 2.488597350435909 * np.exp(1.0180585878258477j) * couplings.cs * bw_fixed(s, 1.7, 0.3)
    b1 = 13.505485155732044 * couplings.c1 * bw_fixed(s, 1.8975485530633405, 0.5037543149729891)
    return b1, b0


def ratio_kaons_mixed(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K_S K+- pi-+ pi0), sum of its three K* K pi sub-modes, at masses in GeV."""
    b1, b0 = kstar_isospin(_squared(mass), couplings)
    minus = _phase_space(mass, M_KSTAR, M_K0, M_PI) + _phase_space(mass, M_KSTAR, M_K, M_PI0)
    plus = _phase_space(mass, M_KSTAR, M_K, M_PI)
    return np.asarray((np.abs(b1 + b0) ** 2 * plus + np.abs(b1 - b0) ** 2 * minus) / 18.0)
