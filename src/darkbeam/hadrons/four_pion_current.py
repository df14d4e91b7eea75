r"""Hadronic current of e+e- -> 4 pi: arXiv:0804.0359, fit of arXiv:1911.11147.

Base current of pi0(q1) pi0(q2) pi+(q3) pi-(q4), P[v] = v - Q (Q.v)/Q^2, J = sum_X c_X F_X(Q^2) j_X:

    j_a1  = T(4;2,1,3) + T(4;1,2,3) - T(3;2,1,4) - T(3;1,2,4),
            T(a;b,c,d) = BW_a1((Q-a)^2) B_rho((c+d)^2) P[c - d + a (b.(c-d))/(Q-a)^2]
    j_w   = Om(1;2,3,4) + Om(2;1,3,4),
            Om(a;b,c,d) = -2 g_wpr g_rpp BW((Q-a)^2; w) h(b,c,d) {b[(a.d)(c.Q) - (a.c)(d.Q)]
                          + c[(a.b)(d.Q) - (a.d)(b.Q)] + d[(a.c)(b.Q) - (a.b)(c.Q)]}
    j_f0  = -BW_f0((q1+q2)^2) T_rho((q3+q4)^2) P[q3 - q4]
    j_rho = -g_rpp^3 g_rg D(Q^2) P[G(1,2,3,4) + G(4,1,2,3) - G(1,2,4,3) - G(3,1,2,4) + (1 <-> 2)],
            G(a,b,c,d) = a D((a+c)^2) {D((b+d)^2) (a+b+3c+d).(b-d) + 2}

    2(pi+ pi-), a,b = pi+, c,d = pi-:  J(b,d|a,c) + J(a,d|b,c) + J(b,c|a,d) + J(a,c|b,d)   (j_w cancels)

Momenta (4, n) in GeV.  Valid from threshold to about 2.5 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI

from .propagators import bw_fixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Momentum = NDArray[np.float64]
    Current = NDArray[np.complex128]

__all__ = ["CURRENTS", "OMEGA", "RHO", "currents_charged", "currents_neutral", "lorentz_dot", "prefactors"]

CURRENTS = ("a1", "omega", "f0", "rho")
RHO, RHO1, RHO2 = (0.7755, 0.1494), (1.459, 0.4), (1.72, 0.25)
A1, F0, OMEGA = (1.23, 0.2), (1.35, 0.2), (0.78265, 0.00849)
G_OMEGA_PI_RHO, G_RHO_PI_PI, G_RHO_GAMMA = 42.3, 5.997, 0.1212
BETA_B = -0.145
BETA_T = (0.08, -0.0075)
NORMS = (-201.79098091602876, -1.5791482789120541, 124.10534971287902, -2.3089567893904537)
EXCITED = ((1.437, 0.6784824438511003), (1.738, 0.8049287553822373), (2.12, 0.20919646790795576))
BETAS = (
    (-0.051871563361440096, -0.041610293030827125, -0.0018934309483457441),
    (-0.36687866443745953, 0.036253295280213906, -0.004717302695776386),
    (73860.28659732222, -26182.725634782986, 333.6314358023821),
)
MU = 4.0 * M_PI**2


def lorentz_dot(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.float64]:
    """Minkowski product over the first axis (no complex conjugation)."""
    return np.asarray(a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3])


def _square(a: Momentum) -> NDArray[np.float64]:
    return lorentz_dot(a, a)


def _bw3(s: float | NDArray[np.float64], pole: tuple[float, float], power: int = 3) -> Current:
    """Breit-Wigner with the two-pion width of the paper; power 1 for the f0."""
    M, G = pole
    excess = np.maximum(s - MU, 0.0) / (M * M - MU)
    return np.asarray(M * M / (M * M - s - 1j * G * M * M * np.sqrt(excess**power / s)))


def _a1_width(s: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Kuehn-Santamaria phase space g(s) of a1 -> 3 pi."""
    y = np.maximum(np.asarray(s) - 9.0 * M_PI**2, 0.0)
    low = 4.1 * y**3 * (1.0 - 3.3 * y + 5.8 * y * y)
    high = 1.623 * s + 10.38 - 9.32 / s + 0.65 / np.square(s)
    return np.where(np.asarray(s) > 0.838968432668, high, low)


def _bw_a1(s: NDArray[np.float64]) -> Current:
    M, G = A1
    return np.asarray(M * M / (M * M - s - 1j * G * M * _a1_width(s) / _a1_width(M * M)))


def _B_rho(s: NDArray[np.float64]) -> Current:
    return np.asarray((_bw3(s, RHO) + BETA_B * _bw3(s, RHO1)) / (1.0 + BETA_B))


def _T_rho(s: NDArray[np.float64]) -> Current:
    b1, b2 = BETA_T
    return np.asarray((_bw3(s, RHO) + b1 * _bw3(s, RHO1) + b2 * _bw3(s, RHO2)) / (1.0 + b1 + b2))


def _D(s: NDArray[np.float64]) -> Current:
    return np.asarray(_bw3(s, RHO) / RHO[0] ** 2 - _bw3(s, RHO1) / RHO1[0] ** 2)


def prefactors(Q2: float) -> NDArray[np.complex128]:
    """c_X F_X(Q^2) for X = a1, omega, f0, rho, shape (4,)."""
    out = np.array(NORMS, dtype=np.complex128)
    for k, beta in enumerate(BETAS):
        states = _bw3(Q2, RHO) + sum(b * _bw3(Q2, pole) for b, pole in zip(beta, EXCITED, strict=True))
        out[k] *= states / (1.0 + sum(beta))
    return out


def _a1(Q: Momentum, a: Momentum, b: Momentum, c: Momentum, d: Momentum) -> Current:
    """T(a;b,c,d) before the projection P."""
    k2 = _square(Q - a)
    relative = c - d
    return np.asarray(_bw_a1(k2) * _B_rho(_square(c + d)) * (relative + a * (lorentz_dot(b, relative) / k2)))


def _omega(Q: Momentum, a: Momentum, b: Momentum, c: Momentum, d: Momentum) -> Current:
    """Om(a;b,c,d)."""
    h = _bw3(_square(b + c), RHO) + _bw3(_square(b + d), RHO) + _bw3(_square(c + d), RHO)
    scale = -2.0 * G_OMEGA_PI_RHO * G_RHO_PI_PI * bw_fixed(_square(Q - a), *OMEGA) * h
    ab, ac, ad = lorentz_dot(a, b), lorentz_dot(a, c), lorentz_dot(a, d)
    bQ, cQ, dQ = lorentz_dot(b, Q), lorentz_dot(c, Q), lorentz_dot(d, Q)
    vector = b * (ad * cQ - ac * dQ) + c * (ab * dQ - ad * bQ) + d * (ac * bQ - ab * cQ)
    return np.asarray(scale * vector)


def _rho(a: Momentum, b: Momentum, c: Momentum, d: Momentum) -> Current:
    """G(a,b,c,d)."""
    inner = _D(_square(b + d)) * lorentz_dot(a + b + 3.0 * c + d, b - d) + 2.0
    return np.asarray(a * (_D(_square(a + c)) * inner))


def currents_neutral(
    q1: Momentum, q2: Momentum, q3: Momentum, q4: Momentum, *, omega: bool = True
) -> list[Current]:
    """Return the currents j_X of pi0 pi0 pi+ pi-, each (4, n); ``omega=False`` leaves j_w out (zero)."""
    Q = q1 + q2 + q3 + q4
    Q2 = _square(Q)

    def project(v: Current) -> Current:
        return np.asarray(v - Q * (lorentz_dot(Q, v) / Q2))

    j_a1 = _a1(Q, q4, q2, q1, q3) + _a1(Q, q4, q1, q2, q3) - _a1(Q, q3, q2, q1, q4) - _a1(Q, q3, q1, q2, q4)
    j_f0 = (q4 - q3) * (_bw3(_square(q1 + q2), F0, power=1) * _T_rho(_square(q3 + q4)))
    j_rho = _rho(q1, q2, q3, q4) + _rho(q4, q1, q2, q3) - _rho(q1, q2, q4, q3) - _rho(q3, q1, q2, q4)
    j_rho += _rho(q2, q1, q3, q4) + _rho(q4, q2, q1, q3) - _rho(q2, q1, q4, q3) - _rho(q3, q2, q1, q4)
    j_rho *= -(G_RHO_PI_PI**3) * G_RHO_GAMMA * _D(Q2)
    j_omega = _omega(Q, q1, q2, q3, q4) + _omega(Q, q2, q1, q3, q4) if omega else np.zeros_like(j_a1)
    return [project(j_a1), j_omega, project(j_f0), project(j_rho)]


def currents_charged(momenta: Sequence[Momentum]) -> list[Current]:
    """Return the currents j_X of pi+(a) pi+(b) pi-(c) pi-(d), each (4, n); the omega part is zero."""
    a, b, c, d = momenta
    assignments = [(b, d, a, c), (a, d, b, c), (b, c, a, d), (a, c, b, d)]
    parts = [currents_neutral(*q, omega=False) for q in assignments]
    return [np.sum(same, axis=0) for same in zip(*parts, strict=True)]
