r"""e+e- -> p pbar, n nbar (form of arXiv:1407.7995, fit of arXiv:1911.11147).

    R = beta (|G_M|^2 + |G_E|^2/(2 tau)),  tau = s/(4 m_N^2),  beta^2 = 1 - 1/tau
    G_M = F1 + F2,  G_E = F1 + tau F2,  F_i(p, n) = F_is +- F_iv
    F1s = c0/2 S1,  F1v = c1/2 S2,  F2s = -(b/2) c0 S3,  F2v = (a/2) c1 S4,   S = sum C_i BW(s; i)/sum C_i
    a = mu_p - mu_n - 1,  b = 1 - mu_p - mu_n

S1, S3 run over omega states, S2, S4 over rho states.  The last coefficient follows from
sum C_i M_i^2 = 0 (F1 ~ 1/s^2), the last two of F2 also from sum C_i M_i^2 (M_i^2 - i M_i G_i) = 0.
Valid from threshold to about 3 GeV.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_N, M_P

from .couplings import PHOTON, Couplings
from .propagators import bw_fixed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ratio_neutron", "ratio_proton", "sachs_form_factors"]

MU_P, MU_N = 2.793, -1.913
RHO_M = np.array([0.77549, 1.465, 1.72, 2.12, 2.32647])
RHO_G = np.array([0.1491, 0.4, 0.25, 0.3, 0.4473])
OMEGA_M = np.array([0.78265, 1.425, 1.67, 2.0707, 2.34795])
OMEGA_G = np.array([0.00849, 0.215, 0.315, 1.03535, 1.173975])
DIRAC_OMEGA = (1.0, -0.467 - 0.385j, -0.177 + 0.149j, 0.301 + 0.264j)
DIRAC_RHO = (1.0, 0.0521 - 3.04j, -0.00308 + 2.38j, -0.348 - 0.104j)
PAULI_OMEGA = (1.0, -7.88 + 5.67j, 10.2 - 1.94j)
PAULI_RHO = (1.0, -0.832 + 0.308j, 0.405 - 0.25j)


@cache
def _coefficients(isovector: bool, pauli: bool) -> NDArray[np.complex128]:
    """All five coefficients, closed by the asymptotic conditions and normalised to sum 1."""
    M, G = (RHO_M, RHO_G) if isovector else (OMEGA_M, OMEGA_G)
    known = {(False, False): DIRAC_OMEGA, (True, False): DIRAC_RHO}.get(
        (isovector, pauli), PAULI_RHO if isovector else PAULI_OMEGA
    )
    c = np.zeros(5, dtype=np.complex128)
    c[: len(known)] = known
    if pauli:
        z = M**2 - 1j * M * G
        c[3] = np.sum(c[:3] * M[:3] ** 2 * (z[:3] - z[4])) / (M[3] ** 2 * (z[4] - z[3]))
    c[4] = -np.sum(c[:4] * M[:4] ** 2) / M[4] ** 2
    return np.asarray(c / c.sum())


def _sum(s: NDArray[np.float64], *, isovector: bool, pauli: bool) -> NDArray[np.complex128]:
    M, G = (RHO_M, RHO_G) if isovector else (OMEGA_M, OMEGA_G)
    poles = bw_fixed(s[:, None], M, G)
    return np.asarray(np.sum(_coefficients(isovector, pauli) * poles, axis=1))


def sachs_form_factors(
    s: NDArray[np.float64], couplings: Couplings, m_N: float, sign: int
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """G_E and G_M at s above threshold (GeV^2); sign +1 for the proton, -1 for the neutron."""
    a, b = MU_P - MU_N - 1.0, 1.0 - MU_P - MU_N
    c0, c1 = couplings.c0, sign * couplings.c1
    F1 = 0.5 * (c0 * _sum(s, isovector=False, pauli=False) + c1 * _sum(s, isovector=True, pauli=False))
    F2 = 0.5 * (-b * c0 * _sum(s, isovector=False, pauli=True) + a * c1 * _sum(s, isovector=True, pauli=True))
    return F1 + s / (4.0 * m_N**2) * F2, F1 + F2


def _ratio(mass: ArrayLike, couplings: Couplings, m_N: float, sign: int) -> NDArray[np.float64]:
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    out = np.zeros_like(m)
    up = m > 2.0 * m_N
    s = m[up] ** 2
    tau = s / (4.0 * m_N**2)
    G_E, G_M = sachs_form_factors(s, couplings, m_N, sign)
    out[up] = np.sqrt(1.0 - 1.0 / tau) * (np.abs(G_M) ** 2 + np.abs(G_E) ** 2 / (2.0 * tau))
    return out


def ratio_proton(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(p pbar) at masses in GeV."""
    return _ratio(mass, couplings, M_P, 1)


def ratio_neutron(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(n nbar) at masses in GeV."""
    return _ratio(mass, couplings, M_N, -1)
