r"""Decays of light mesons: pi0, eta, eta', rho, omega, phi, K*(892), K0 and K_S.

Branching ratios: Particle Data Group, edition 2026 of its data files (https://pdg.lbl.gov), all modes above 1e-4
for pi0, eta, eta', omega and phi that are measured; the sum is renormalised to 1.  Dynamics:

    pi0, eta, eta' -> gamma l l, omega -> pi0 l l, phi -> eta l l    Kroll-Wada with |F|^2 = 1/(1 - q^2/Lambda^2)^2
    eta, eta' -> pi pi gamma     |F|^2 = (1 + alpha q^2)^2 |rho propagator|^2, alpha = 1.32 GeV^-2 for the
                                 eta (KLOE, arXiv:1209.4611), 0 for the eta'
    eta -> pi+ pi- pi0           1 - 1.095 Y + 0.145 Y^2 + 0.081 X^2 + 0.141 Y^3 - 0.044 X^2 Y
                                 with Y = 3 T_0/Q - 1                             (KLOE-2, arXiv:1601.06985)
    eta -> 3 pi0                 1 - 2 * 0.0296 (X^2 + Y^2)                        (PDG average)
    eta' -> eta pi+ pi-          1 - 0.056 Y - 0.049 Y^2 - 0.063 X^2,
    eta' -> eta pi0 pi0          1 - 0.087 Y - 0.073 Y^2 - 0.074 X^2               (BESIII, arXiv:1709.04627)
    omega, phi -> pi+ pi- pi0    |p+ x p-|^2 |sum of rho propagators|^2            (`vector_decays`)

Everything else is flat.  Lambda^-2 = 0.03323 m_pi0^-2 (pi0), (0.731 GeV)^-2 (eta), 1.526 GeV^-2 (eta'),
(0.6698 GeV)^-2 (omega), 1.293 GeV^-2 (phi), and the slope 0.0296 of 3 pi0: PDG 2026 averages.  The pole of the eta'
lies inside its phase space and gets the width of BESIII, |F|^2 = (L^2 + c^2)/((L - q^2)^2 + c^2), L = Lambda^2,
c = 0.13 GeV Lambda.  The KLOE and KLOE-2 numbers, the width 0.13 GeV, and the
coefficients of eta' -> eta pi pi except -0.049 and -0.073 are quoted from memory, not verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI0
from darkbeam.hadrons.propagators import beta_squared, bw_p_wave
from darkbeam.hadrons.three_pion import RHO
from darkbeam.kinematics import kallen

from .secondary_kernels import Pair, Polynomial
from .secondary_modes import Mode
from .vector_decays import decay_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .secondary_kernels import Kernel

    Floats = NDArray[np.float64]

__all__ = ["LIGHT_MESONS", "dalitz_decay"]

ALPHA_ETA = 1.32


def _kappa_dalitz(_M: float, m_l: float, q2: Floats) -> Floats:
    return (q2 - 4.0 * m_l * m_l) / (q2 + 4.0 * m_l * m_l)


def _kappa_transverse(_M: float, _m: float, q2: Floats) -> Floats:
    return np.full_like(q2, -1.0)


def dalitz_decay(pole2: float, width2: float = 0.0) -> Pair:
    """Kroll-Wada law of l+ l- X with a pole at ``pole2`` and a width (c above), both in GeV^2."""

    def density(M: float, m_x: float, m_l: float, _m: float, q2: Floats) -> Floats:
        r = m_l * m_l / q2
        lepton = np.sqrt(np.maximum(1.0 - 4.0 * r, 0.0)) * (1.0 + 2.0 * r)
        lam = np.maximum(kallen(M * M, m_x * m_x, q2), 0.0)
        F2 = (pole2**2 + width2**2) / ((pole2 - q2) ** 2 + width2**2)
        return np.asarray(lam**1.5 * lepton / q2 * F2)

    return Pair(density, _kappa_dalitz)


def _radiative(alpha: float) -> Pair:
    """Law of gamma pi+ pi- with a rho and (1 + alpha q^2); products pi, pi, gamma."""

    def density(M: float, _m_x: float, m_a: float, m_b: float, q2: Floats) -> Floats:
        F = (1.0 + alpha * q2) * np.abs(bw_p_wave(q2, *RHO, m_a, m_b))
        return np.asarray((M * M - q2) ** 3 * q2 * beta_squared(q2, m_a, m_b) ** 1.5 * F**2)

    return Pair(density, _kappa_transverse)


def three_pions(mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /) -> Floats:
    """Momenta of pi+ pi- pi0 from unpolarised omega or phi."""
    rest = np.zeros((4, n))
    rest[0] = mass
    return decay_to(ids, rest, None, rng)


ETA_CHARGED = Polynomial(
    lambda X, Y: 1.0 - 1.095 * Y + 0.145 * Y**2 + 0.081 * X**2 + 0.141 * Y**3 - 0.044 * X**2 * Y, scale=3.0
)
ETA_NEUTRAL = Polynomial(lambda X, Y: 1.0 - 2.0 * 0.0296 * (X**2 + Y**2))
ETAP_CHARGED = Polynomial(lambda X, Y: 1.0 - 0.056 * Y - 0.049 * Y**2 - 0.063 * X**2)
ETAP_NEUTRAL = Polynomial(lambda X, Y: 1.0 - 0.087 * Y - 0.073 * Y**2 - 0.074 * X**2)
PI0_DALITZ, ETA_DALITZ = dalitz_decay(M_PI0**2 / 0.03323), dalitz_decay(0.731**2)
ETAP_DALITZ = dalitz_decay(1.0 / 1.526, 0.13 / 1.526**0.5)
OMEGA_DALITZ, PHI_DALITZ = dalitz_decay(0.6698**2), dalitz_decay(1.0 / 1.293)
_THREE_PIONS: Kernel = three_pions

LIGHT_MESONS: dict[int, tuple[Mode, ...]] = {
    333: (
        Mode(0.50114, (321, -321)), Mode(0.33628, (130, 310)), Mode(0.14689, (211, -211, 111), _THREE_PIONS),
        Mode(0.013064, (221, 22)), Mode(0.0013282, (111, 22)), Mode(1.0842e-4, (11, -11, 221), PHI_DALITZ),
        Mode(1.1261e-4, (111, 111, 22)),
    ),
    331: (
        Mode(0.42469, (211, -211, 221), ETAP_CHARGED), Mode(0.29481, (211, -211, 22), _radiative(0.0)),
        Mode(0.22371, (111, 111, 221), ETAP_NEUTRAL), Mode(0.02519, (223, 22)), Mode(0.023068, (22, 22)),
        Mode(0.0024994, (111, 111, 111)), Mode(0.0036058, (211, -211, 111)), Mode(0.0024281, (211, -211, 11, -11)),
        Mode(4.8036e-4, (11, -11, 22), ETAP_DALITZ), Mode(1.1303e-4, (13, -13, 22), ETAP_DALITZ),
        Mode(0.0032, (111, 22, 22)), Mode(2.1084e-4, (211, -211, 111, 111)), Mode(1.97e-4, (11, -11, 223)),
    ),
    323: (Mode(2.0 / 3.0, (311, 211)), Mode(1.0 / 3.0, (321, 111))),
    313: (Mode(2.0 / 3.0, (321, -211)), Mode(1.0 / 3.0, (311, 111))),
    223: (
        Mode(0.89246, (211, -211, 111), _THREE_PIONS), Mode(0.083264, (111, 22)), Mode(0.015349, (211, -211)),
        Mode(4.4779e-4, (221, 22)), Mode(7.6731e-4, (11, -11, 111), OMEGA_DALITZ),
        Mode(1.3358e-4, (13, -13, 111), OMEGA_DALITZ),
    ),
    213: (Mode(1.0, (211, 111)),),
    113: (Mode(1.0, (211, -211)),),
    221: (
        Mode(0.39361, (22, 22)), Mode(0.32564, (111, 111, 111), ETA_NEUTRAL),
        Mode(0.2302, (211, -211, 111), ETA_CHARGED), Mode(0.04277, (211, -211, 22), _radiative(ALPHA_ETA)),
        Mode(0.0069569, (11, -11, 22), ETA_DALITZ), Mode(2.9842e-4, (13, -13, 22), ETA_DALITZ),
        Mode(2.5539e-4, (111, 22, 22)), Mode(2.7599e-4, (211, -211, 11, -11)),
    ),
    311: (Mode(0.5, (310,)), Mode(0.5, (130,))),
    310: (Mode(0.6920, (211, -211)), Mode(0.3069, (111, 111))),
    111: (Mode(0.98823, (22, 22)), Mode(0.011735, (11, -11, 22), PI0_DALITZ)),
}  # fmt: skip
"""Modes by id, in an order in which no product comes before its parent."""
