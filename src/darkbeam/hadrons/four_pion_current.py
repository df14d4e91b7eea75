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

Every j_X is a sum over the pions of an invariant coefficient and P[q_i],

    j_X = sum_i A_Xi P[q_i],

and the code computes A_Xi (`neutral_coefficients`, `charged_coefficients`): at rest P[q_i] is the three-momentum.
The sums over permutations are done by hand,

    j_rho: A = -g_rpp^3 g_rg D(Q^2) {2 sum_{i = 1,2; k = 3,4} sigma_ik D(ik) (q_i - q_k)
               + D(13) D(24) [q1 (Q+2q3).(q2-q4) + q4 (Q+2q2).(q1-q3) - q2 (Q+2q4).(q1-q3) - q3 (Q+2q1).(q2-q4)]
               - (3 <-> 4)},      sigma = + for (13), (23), - for (14), (24)

and in 2(pi+ pi-) rho's of like sign cancel, and so do two rho0 (charge conjugation), which leaves

    j_rho = -4 g_rpp^3 g_rg D(Q^2) sum_{+-} D(+-) P[q_- - q_+]
    j_f0  = sum_{+-} T_rho(+-) BW_f0(the other pair) P[q_- - q_+]
    j_a1  = sum_{+-} T(other -; other +; -, +) + T(other +; other -; -, +).

Momenta (4, n) in GeV.  Valid from threshold to about 2.5 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Momentum = NDArray[np.float64]
    Current = NDArray[np.complex128]

__all__ = [
    "A1",
    "CURRENTS",
    "OMEGA",
    "RHO",
    "Invariants",
    "charged_coefficients",
    "currents_charged",
    "currents_neutral",
    "lorentz_dot",
    "neutral_coefficients",
    "prefactors",
]

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
PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


def lorentz_dot(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.float64]:
    """Minkowski product over the first axis (no complex conjugation)."""
    return np.asarray(a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3])


def _over(scale: float, x: Floats, y: Floats) -> Current:
    """scale/(x - i y) without a complex division."""
    norm = scale / (x * x + y * y)
    out = np.empty(np.shape(x), dtype=np.complex128)
    out.real, out.imag = x * norm, y * norm
    return out


def _bw3(s: float | Floats, pole: tuple[float, float]) -> Current:
    """Breit-Wigner with the two-pion width of the paper."""
    M, G = pole
    excess = np.maximum(s - MU, 0.0) / (M * M - MU)
    return _over(M * M, np.asarray(M * M - s), G * M * M * excess * np.sqrt(excess / s))


def _bw_f0(s: Floats) -> Current:
    M, G = F0
    return _over(M * M, M * M - s, G * M * M * np.sqrt(np.maximum(s - MU, 0.0) / ((M * M - MU) * s)))


def _bw_omega(s: Floats) -> Current:
    M, G = OMEGA
    return _over(M * M, M * M - s, np.full_like(s, M * G))


def _a1_width(s: Floats) -> Floats:
    """Kuehn-Santamaria phase space g(s) of a1 -> 3 pi."""
    y = np.maximum(s - 9.0 * M_PI**2, 0.0)
    low = 4.1 * y * y * y * (1.0 - y * (3.3 - 5.8 * y))
    inverse = 1.0 / s
    high = 1.623 * s + 10.38 - inverse * (9.32 - 0.65 * inverse)
    return np.where(s > 0.838968432668, high, low)


A1_WIDTH_AT_POLE = float(_a1_width(np.asarray(A1[0] ** 2)))


def _bw_a1(s: Floats) -> Current:
    M, G = A1
    return _over(M * M, M * M - s, G * M / A1_WIDTH_AT_POLE * _a1_width(s))


def prefactors(Q2: float) -> NDArray[np.complex128]:
    """c_X F_X(Q^2) for X = a1, omega, f0, rho, shape (4,)."""
    out = np.array(NORMS, dtype=np.complex128)
    for k, beta in enumerate(BETAS):
        states = _bw3(Q2, RHO) + sum(b * _bw3(Q2, pole) for b, pole in zip(beta, EXCITED, strict=True))
        out[k] *= states / (1.0 + sum(beta))
    return out


@dataclass(frozen=True)
class Invariants:
    """Scalar products of four pion momenta q_i with each other and with Q, shape (n,), GeV^2."""

    Q2: Floats
    Qq: tuple[Floats, ...]
    square: tuple[float | Floats, ...]
    dot: dict[tuple[int, int], Floats]

    @classmethod
    def of(cls, momenta: Sequence[Momentum]) -> Invariants:
        """Invariants of four momenta (4, n)."""
        Q = momenta[0] + momenta[1] + momenta[2] + momenta[3]
        Qq = tuple(lorentz_dot(Q, q) for q in momenta)
        square = tuple(lorentz_dot(q, q) for q in momenta)
        return cls(
            lorentz_dot(Q, Q), Qq, square, {(i, j): lorentz_dot(momenta[i], momenta[j]) for i, j in PAIRS}
        )

    def product(self, i: int, j: int) -> Floats:
        """q_i.q_j of two different pions."""
        return self.dot[min(i, j), max(i, j)]

    def pair(self, i: int, j: int) -> Floats:
        """(q_i + q_j)^2."""
        return np.asarray(self.square[i] + self.square[j] + 2.0 * self.product(i, j))

    def without(self, i: int) -> Floats:
        """(Q - q_i)^2."""
        return np.asarray(self.Q2 + self.square[i] - 2.0 * self.Qq[i])

    @cached_property
    def a1(self) -> tuple[Current, ...]:
        """BW_a1((Q - q_i)^2) for each i."""
        return tuple(_bw_a1(self.without(i)) for i in range(4))


@dataclass(frozen=True)
class Pair:
    """Rho propagators of one pair of pions."""

    rho: Current
    rho1: Current

    @classmethod
    def of(cls, s: Floats) -> Pair:
        """Propagators at s = (q_i + q_j)^2."""
        return cls(_bw3(s, RHO), _bw3(s, RHO1))

    @cached_property
    def B(self) -> Current:
        """B_rho."""
        return np.asarray((self.rho + BETA_B * self.rho1) * (1.0 / (1.0 + BETA_B)))

    @cached_property
    def D(self) -> Current:
        """D, 1/GeV^2."""
        return np.asarray(self.rho * (1.0 / RHO[0] ** 2) - self.rho1 * (1.0 / RHO1[0] ** 2))

    def T(self, s: Floats) -> Current:
        """T_rho; ``s`` is the pair's mass squared."""
        b1, b2 = BETA_T
        return np.asarray((self.rho + b1 * self.rho1 + b2 * _bw3(s, RHO2)) * (1.0 / (1.0 + b1 + b2)))


def _add_a1(A: Current, inv: Invariants, B: Current, sign: float, legs: tuple[int, int, int, int]) -> None:
    """Add sign T(a;b,c,d), with B = B_rho((c+d)^2) and legs = (a, b, c, d)."""
    a, b, c, d = legs
    scale = (sign * inv.a1[a]) * B
    A[c] += scale
    A[d] -= scale
    A[a] += scale * ((inv.product(b, c) - inv.product(b, d)) / inv.without(a))


def _add_omega(A: Current, inv: Invariants, h: Current, legs: tuple[int, int, int, int]) -> None:
    """Add Om(a;b,c,d), legs = (a, b, c, d)."""
    a, b, c, d = legs
    scale = (-2.0 * G_OMEGA_PI_RHO * G_RHO_PI_PI) * _bw_omega(inv.without(a)) * h
    ab, ac, ad = inv.product(a, b), inv.product(a, c), inv.product(a, d)
    bQ, cQ, dQ = inv.Qq[b], inv.Qq[c], inv.Qq[d]
    A[b] += scale * (ad * cQ - ac * dQ)
    A[c] += scale * (ab * dQ - ad * bQ)
    A[d] += scale * (ac * bQ - ab * cQ)


def _add_two_rho(A: Current, inv: Invariants, DD: Current, c: int, d: int) -> None:
    """Add the terms with rho(1c) rho(2d): (c, d) = (3, 4) as written above, (4, 3) with ``DD`` negative."""

    def bracket(i: int, a: int, b: int) -> Floats:
        """(Q + 2 q_i).(q_a - q_b)."""
        return inv.Qq[a] - inv.Qq[b] + 2.0 * (inv.product(i, a) - inv.product(i, b))

    A[0] += DD * bracket(c, 1, d)
    A[d] += DD * bracket(1, 0, c)
    A[1] -= DD * bracket(d, 0, c)
    A[c] -= DD * bracket(0, 1, d)


def _add_difference(A: Current, value: Current, i: int, j: int) -> None:
    """Add value (q_i - q_j)."""
    A[i] += value
    A[j] -= value


def neutral_coefficients(inv: Invariants, *, omega: bool = True) -> list[Current]:
    """Coefficients A_Xi of pi0 pi0 pi+ pi-, each (4, n); ``omega=False`` leaves j_w out (zero)."""
    a1, om, f0, rho = np.zeros((4, 4, *inv.dot[0, 1].shape), dtype=np.complex128)
    pair = {(i, k): Pair.of(inv.pair(i, k)) for i in (0, 1) for k in (2, 3)}
    s34 = inv.pair(2, 3)
    charged = Pair.of(s34)
    for a, c, sign in ((3, 2, 1.0), (2, 3, -1.0)):
        for i in (0, 1):
            _add_a1(a1, inv, pair[i, c].B, sign, (a, 1 - i, i, c))
    if omega:
        for a, b in ((0, 1), (1, 0)):
            _add_omega(om, inv, pair[b, 2].rho + pair[b, 3].rho + charged.rho, (a, b, 2, 3))
    _add_difference(f0, _bw_f0(inv.pair(0, 1)) * charged.T(s34), 3, 2)
    for i, k, sign in ((0, 2, 2.0), (1, 3, -2.0), (0, 3, -2.0), (1, 2, 2.0)):
        _add_difference(rho, sign * pair[i, k].D, i, k)
    _add_two_rho(rho, inv, pair[0, 2].D * pair[1, 3].D, 2, 3)
    _add_two_rho(rho, inv, -pair[0, 3].D * pair[1, 2].D, 3, 2)
    rho *= -(G_RHO_PI_PI**3) * G_RHO_GAMMA * Pair.of(inv.Q2).D
    return [a1, om, f0, rho]


def charged_coefficients(inv: Invariants) -> list[Current]:
    """Coefficients A_Xi of pi+(a) pi+(b) pi-(c) pi-(d), each (4, n); the omega part is zero."""
    a1, om, f0, rho = np.zeros((4, 4, *inv.dot[0, 1].shape), dtype=np.complex128)
    for p in (0, 1):
        for n in (2, 3):
            s, other_p, other_n = inv.pair(p, n), 1 - p, 5 - n
            pair = Pair.of(s)
            _add_a1(a1, inv, pair.B, 1.0, (other_n, other_p, n, p))
            _add_a1(a1, inv, pair.B, 1.0, (other_p, other_n, n, p))
            _add_difference(f0, _bw_f0(inv.pair(other_p, other_n)) * pair.T(s), n, p)
            _add_difference(rho, 4.0 * pair.D, n, p)
    rho *= -(G_RHO_PI_PI**3) * G_RHO_GAMMA * Pair.of(inv.Q2).D
    return [a1, om, f0, rho]


def _vectors(momenta: Sequence[Momentum], coefficients: list[Current], inv: Invariants) -> list[Current]:
    """j_X = sum_i A_Xi P[q_i]."""
    Q = momenta[0] + momenta[1] + momenta[2] + momenta[3]
    projected = [q - Q * (Qq / inv.Q2) for q, Qq in zip(momenta, inv.Qq, strict=True)]
    return [
        A[0] * projected[0] + A[1] * projected[1] + A[2] * projected[2] + A[3] * projected[3]
        for A in coefficients
    ]


def currents_neutral(
    q1: Momentum, q2: Momentum, q3: Momentum, q4: Momentum, *, omega: bool = True
) -> list[Current]:
    """Return the currents j_X of pi0 pi0 pi+ pi-, each (4, n); ``omega=False`` leaves j_w out (zero)."""
    momenta = (q1, q2, q3, q4)
    inv = Invariants.of(momenta)
    return _vectors(momenta, neutral_coefficients(inv, omega=omega), inv)


def currents_charged(momenta: Sequence[Momentum]) -> list[Current]:
    """Return the currents j_X of pi+(a) pi+(b) pi-(c) pi-(d), each (4, n); the omega part is zero."""
    inv = Invariants.of(momenta)
    return _vectors(momenta, charged_coefficients(inv), inv)
