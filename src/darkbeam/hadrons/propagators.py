r"""Propagators of unstable mesons, normalised to 1 at s = 0 (constant numerator M^2).

    fixed      BW(s) = M^2 / (M^2 - s - i M G)
    energy     BW(s) = M^2 / (M^2 - s - i sqrt(s) G(s)),  any given G(s)
    p-wave     G_P(s) = G (sqrt(s)/M) (beta(s)/beta(M^2))^3
    beta^2 = (1 - (m1 + m2)^2/s) (1 - (m1 - m2)^2/s)

and the Gounaris-Sakurai form (Phys. Rev. Lett. 21 (1968) 244; arXiv:1002.0279)

    GS(s) = (M^2 + H0) / (M^2 - s + H(s) - i sqrt(s) G_P(s)),
    Hhat(s) = (G/(pi M)) s (beta/beta_M)^3 ln[(1 + beta)/(1 - beta)],
    H(s) = Hhat(s) - Hhat(M^2) - (s - M^2) Hhat'(M^2),   H0 = H(0).

Symbols: s GeV^2; M, G, m1, m2 GeV.  Valid above the two-body threshold (beta is clipped to zero below).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Real = float | NDArray[np.float64]
    Complex = NDArray[np.complex128]

__all__ = ["beta_squared", "bw_energy", "bw_fixed", "bw_p_wave", "gounaris_sakurai", "rho_width"]


def beta_squared(s: ArrayLike, m1: float, m2: float) -> NDArray[np.float64]:
    """Squared velocity factor (1 - (m1+m2)^2/s)(1 - (m1-m2)^2/s), zero below threshold."""
    s = np.asarray(s, dtype=np.float64)
    return np.where(s > (m1 + m2) ** 2, (1.0 - (m1 + m2) ** 2 / s) * (1.0 - (m1 - m2) ** 2 / s), 0.0)


def bw_fixed(s: Real, M: Real, G: Real) -> Complex:
    """Breit-Wigner with constant width."""
    return np.asarray(M * M / (M * M - s - 1j * M * G))


def bw_energy(s: Real, M: Real, G: Real) -> Complex:
    """Breit-Wigner with denominator M^2 - s - i sqrt(s) G, where G may depend on s."""
    return np.asarray(M * M / (M * M - s - 1j * np.sqrt(s) * G))


def _p_wave_width(s: Real, M: Real, G: Real, m1: float, m2: float) -> NDArray[np.float64]:
    ratio = beta_squared(s, m1, m2) / beta_squared(M * M, m1, m2)
    return np.asarray(G * np.sqrt(s) / M * ratio**1.5)


def bw_p_wave(s: Real, M: Real, G: Real, m1: float, m2: float) -> Complex:
    """Breit-Wigner with the p-wave width of the decay to m1 m2."""
    return bw_energy(s, M, _p_wave_width(s, M, G, m1, m2))


def rho_width(s: Real, M: float, G: float, m_pi: float) -> NDArray[np.float64]:
    """Width G (M^2/s) ((s - 4 m^2)/(M^2 - 4 m^2))^{3/2} used by the SND fits, GeV."""
    excess = np.maximum(np.asarray(s) - 4.0 * m_pi**2, 0.0) / (M * M - 4.0 * m_pi**2)
    return np.asarray(G * M * M / s * excess**1.5)


def gounaris_sakurai(s: Real, M: Real, G: Real, m1: float, m2: float) -> Complex:
    """Gounaris-Sakurai propagator; ``s``, ``M`` and ``G`` broadcast against each other."""
    M2 = np.square(M)
    b2 = beta_squared(M2, m1, m2)
    b = np.sqrt(b2)
    scale = G / (np.pi * M)
    log_M = np.log((1.0 + b) / (1.0 - b))
    rho = (m1 * m1 + m2 * m2) / M2
    slope = scale / b2 * ((3.0 - 2.0 * b2 - 3.0 * rho) * log_M + 2.0 * b * (1.0 - rho / (1.0 - b2)))
    hhat_M = scale * M2 * log_M
    h0 = -2.0 * (m1 + m2) ** 2 * scale / b**3 - hhat_M + M2 * slope
    beta = np.sqrt(beta_squared(s, m1, m2))
    hhat = scale * s * (beta / b) ** 3 * np.log((1.0 + beta) / (1.0 - beta))
    h = hhat - hhat_M - (s - M2) * slope
    return np.asarray((M2 + h0) / (M2 - s + h - 1j * np.sqrt(s) * _p_wave_width(s, M, G, m1, m2)))
