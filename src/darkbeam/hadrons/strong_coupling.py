r"""Strong coupling alpha_s(mu): four-loop running, decoupling at the heavy-quark masses.

    d a/d ln mu^2 = -a^2 (b0 + b1 a + b2 a^2 + b3 a^3),   a = alpha_s/(4 pi)

b_i: arXiv:hep-ph/9701390 (MS-bar).  Start alpha_s(m_Z) = 0.1180; at mu = m_b(m_b) and m_c(m_c) the
O(a_s^2) decoupling a(nf-1) = a(nf) [1 + (11/72)(alpha_s/pi)^2] (PDG review "Quantum chromodynamics").
mu GeV; valid from 1.2 GeV to m_Z.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["alpha_s"]

ALPHA_S_MZ = 0.1180
M_Z = 91.1876
M_CHARM = 1.273
M_BOTTOM = 4.183
MU_MIN = 1.2
ZETA3 = 1.2020569031595942
STEPS = 400
"""Runge-Kutta steps per number of flavours."""


def _beta_coefficients(nf: int) -> tuple[float, float, float, float]:
    return (
        11.0 - 2.0 * nf / 3.0,
        102.0 - 38.0 * nf / 3.0,
        2857.0 / 2.0 - 5033.0 * nf / 18.0 + 325.0 * nf**2 / 54.0,
        149753.0 / 6.0 + 3564.0 * ZETA3 - (1078361.0 / 162.0 + 6508.0 / 27.0 * ZETA3) * nf
        + (50065.0 / 162.0 + 6472.0 / 81.0 * ZETA3) * nf**2 + 1093.0 / 729.0 * nf**3,
    )  # fmt: skip


def _run(a: float, mu_from: float, mu_to: float, nf: int) -> tuple[list[float], list[float]]:
    """Fourth-order Runge-Kutta in ln mu^2; returns ln mu^2 and a along the way."""
    b = _beta_coefficients(nf)

    def slope(x: float) -> float:
        return -x * x * (b[0] + x * (b[1] + x * (b[2] + x * b[3])))

    lo = 2.0 * float(np.log(mu_from))
    h = 2.0 * float(np.log(mu_to / mu_from)) / STEPS
    values = [a]
    for _ in range(STEPS):
        k1 = slope(a)
        k2 = slope(a + 0.5 * h * k1)
        k3 = slope(a + 0.5 * h * k2)
        k4 = slope(a + h * k3)
        a += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        values.append(a)
    return [lo + i * h for i in range(STEPS + 1)], values


@cache
def _table() -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
    """(ln mu^2, alpha_s), ascending, for 3, 4 and 5 flavours."""
    a = ALPHA_S_MZ / (4.0 * np.pi)
    pieces = []
    for nf, start, stop in ((5, M_Z, M_BOTTOM), (4, M_BOTTOM, M_CHARM), (3, M_CHARM, MU_MIN)):
        x, y = _run(a, start, stop, nf)
        pieces.append((np.array(x[::-1]), 4.0 * np.pi * np.array(y[::-1])))
        a = y[-1] * (1.0 + 11.0 / 72.0 * (4.0 * y[-1]) ** 2)
    return tuple(pieces[::-1])


def alpha_s(mu: ArrayLike) -> NDArray[np.float64]:
    """alpha_s at scales mu (GeV), frozen below 1.2 GeV.

    Examples
    --------
    >>> print(f"{alpha_s(2.0):.4f}")
    0.3014
    """
    mu = np.maximum(np.asarray(mu, dtype=np.float64), MU_MIN)
    x = 2.0 * np.log(mu)
    three, four, five = (np.interp(x, *piece) for piece in _table())
    return np.where(mu < M_CHARM, three, np.where(mu < M_BOTTOM, four, five))
