r"""Decays of the tau, unpolarised.

    tau -> l nu nu        |M|^2 ~ (p_tau.p_nubar)(p_l.p_nu) ~ x (x_max - x),  x = 2 E_nubar/M,  x_max = 1 - m_l^2/M^2
    tau -> nu P P'        dGamma/ds ~ (1 - s/M^2)^2 (1 + 2 s/M^2) k^3/s^{3/2} |F(s)|^2,
                          1 + kappa cos^2 of P to the pair's direction, kappa = (M^2 - s)/s
    tau -> nu 3 pi        |M|^2 ~ 2 |p.J|^2 + (p_tau.p_nu) |J|^2 in the 3 pi frame, p the neutrino's momentum,
                          J = BW_a1(s) [B(s_13) (q_1 - q_3)_T + B(s_23) (q_2 - q_3)_T]

k: momentum of P in the pair's frame, s = mass squared of the hadrons.  The pair's law is that of a vector current;
F = B(s) = [BW(rho) + beta BW(rho')]/(1 + beta), beta = -0.145, for pi pi0 and K K0, the K* for K pi.  In 3 pi the pions
1 and 2 are the equal ones and T means transverse to the sum; a1 with the width g(s) and all parameters of J. Kuehn,
A. Santamaria, Z. Phys. C 48 (1990) 445: rho 0.773/0.145, rho' 1.370/0.510, a1 1.251/0.599 GeV (masses and
widths from memory, not verified).  The parity-violating term, odd under reflection in the 3 pi plane, is left out.
All other modes are flat.  Branching ratios: Particle Data Group, edition 2026 of its data files, modes above 6e-4
that do not contain one another, renormalised to 1.  Validity: unpolarised tau, any momentum by boost; GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI, M_TAU
from darkbeam.hadrons.propagators import bw_energy, bw_p_wave
from darkbeam.kinematics import boost_from_rest, breakup_momentum
from darkbeam.kinematics.phase_space import n_body

from .angular import isotropic
from .particles import MASS, WIDTH
from .secondary_kernels import Pair, n_body_masses, on_axis, tabulated
from .secondary_modes import Mode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Current = NDArray[np.complex128]

__all__ = ["TAU", "ThreePions", "leptonic", "rho_form_factor"]

RHO, RHO1, BETA = (0.773, 0.145), (1.370, 0.510), -0.145
A1 = (1.251, 0.599)
K_STAR = (MASS[323], WIDTH[323])
NODES, SCAN = 96, 512
MARGIN = 1.1


def rho_form_factor(s: Floats) -> Current:
    """B(s): rho and rho' with P-wave widths."""
    rho, rho1 = (bw_p_wave(s, *pole, M_PI, M_PI) for pole in (RHO, RHO1))
    return np.asarray((rho + BETA * rho1) / (1.0 + BETA))


def _k_star(s: Floats) -> Current:
    return bw_p_wave(s, *K_STAR, MASS[321], MASS[111])


def _pair(form: str) -> Pair:
    F = {"rho": rho_form_factor, "K*": _k_star}[form]

    def density(M: float, _m_x: float, m_a: float, m_b: float, s: Floats) -> Floats:
        k = breakup_momentum(np.sqrt(s), m_a, m_b)
        y = s / (M * M)
        return np.asarray((1.0 - y) ** 2 * (1.0 + 2.0 * y) * k**3 / s**1.5 * np.abs(F(s)) ** 2)

    return Pair(density, lambda M, _m, s: (M * M - s) / s)


def leptonic(_mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /) -> Floats:
    """Momenta (3, 4, n) of l nubar_l nu_tau."""
    m_l = MASS[abs(ids[0])]
    x_max = 1.0 - (m_l / M_TAU) ** 2
    out, filled = np.empty((3, 4, n)), 0
    while filled < n:
        trial = int(1.6 * (n - filled)) + 32
        p = n_body(M_TAU, (m_l, 0.0, 0.0), trial, rng)
        x = 2.0 * p[1, 0] / M_TAU
        keep = np.flatnonzero(rng.random(trial) * 0.25 * x_max**2 < x * (x_max - x))[: n - filled]
        out[:, :, filled : filled + keep.size] = p[:, :, keep]
        filled += keep.size
    return out


def _a1_width(s: Floats) -> Floats:
    """Kuehn-Santamaria phase space g(s) of a1 -> 3 pi."""
    y = np.maximum(s - 9.0 * M_PI**2, 0.0)
    low = 4.1 * y**3 * (1.0 - 3.3 * y + 5.8 * y * y)
    return np.where(s > 0.838968432668, 1.623 * s + 10.38 - 9.32 / s + 0.65 / (s * s), low)


def _a1(s: Floats) -> Current:
    M, G = A1
    return bw_energy(s, M, G * M / np.sqrt(s) * _a1_width(s) / _a1_width(np.asarray(M * M)))


def _current(q: Floats) -> Current:
    """Spatial part of J / BW_a1 for pion momenta (3, 4, n) in their rest frame, shape (3, n)."""

    def mass2(i: int, j: int) -> Floats:
        p = q[i] + q[j]
        return np.asarray(p[0] ** 2 - p[1] ** 2 - p[2] ** 2 - p[3] ** 2)

    s13, s23 = mass2(0, 2), mass2(1, 2)
    return np.asarray(
        rho_form_factor(s13) * (q[0, 1:] - q[2, 1:]) + rho_form_factor(s23) * (q[1, 1:] - q[2, 1:])
    )


def _norm(J: Current) -> Floats:
    return np.asarray((J.real**2 + J.imag**2).sum(axis=0))


@dataclass(frozen=True)
class ThreePions:
    """Tau -> pi pi pi nu through the a1; products: the two equal pions, the odd one, the neutrino."""

    def __call__(
        self, _mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /
    ) -> Floats:
        """Sample, see `secondary_kernels.Kernel`."""
        masses = (MASS[abs(ids[0])], MASS[abs(ids[1])], MASS[abs(ids[2])])
        points, proposal, top = _a1_table(masses)
        out, filled = np.empty((4, 4, n)), 0
        while filled < n:
            trial = 8 * (n - filled) + 64  # one in eight passes
            s = tabulated(points, proposal, rng.random(trial))
            pions = n_body_masses(np.sqrt(s), list(masses), rng)
            axis = isotropic(trial, rng)  # direction of the hadrons
            passed = rng.random(trial) * np.interp(s, points, top) < _weight(s, pions, axis)
            keep = np.flatnonzero(passed)[: n - filled]
            q = np.sqrt(s[keep])
            parent, neutrino = on_axis(M_TAU, q, 0.0, axis[:, keep])
            slot = slice(filled, filled + keep.size)
            out[:3, :, slot] = boost_from_rest(
                pions[:, :, keep].transpose(1, 0, 2), parent[:, None], q
            ).transpose(1, 0, 2)
            out[3, :, slot] = neutrino
            filled += keep.size
        return out


def _weight(s: Floats, pions: Floats, axis: Floats) -> Floats:
    """|M|^2 without BW_a1 and common factors: |J|^2 + (M^2/s - 1) |n.J|^2."""
    J = _current(pions)
    along = (axis * J).sum(axis=0)
    return np.asarray(_norm(J) + (M_TAU**2 / s - 1.0) * (along.real**2 + along.imag**2))


@lru_cache(maxsize=4)
def _a1_table(masses: tuple[float, float, float]) -> tuple[Floats, Floats, Floats]:
    """Points in s, the proposal there, and the upper bound of `_weight`.

    The bound is |J|^2 M^2/s with the largest |J|^2 of a scan of the Dalitz plot; proposal: the bound times
    (M^2 - s)^2 |BW_a1|^2 V_3(s), V_3 the phase space of the pions.
    """
    rng = np.random.default_rng(1)
    low, high = sum(masses) ** 2, M_TAU**2
    s = low + (high - low) * np.linspace(0.0, 1.0, NODES) ** 1.5
    s[0], s[-1] = low * (1.0 + 1e-6), high * (1.0 - 1e-9)
    q = np.sqrt(s)
    pions = n_body_masses(np.repeat(q, SCAN), list(masses), rng)
    largest = _norm(_current(pions)).reshape(NODES, SCAN).max(axis=1)
    top = MARGIN * largest * M_TAU**2 / s
    fine = np.linspace(low, high, 4001)
    bound = np.interp(fine, s, top)
    proposal = bound * (high - fine) ** 2 * np.abs(_a1(fine)) ** 2 * _volume(fine, masses)
    return fine, proposal, bound


def _volume(s: Floats, masses: tuple[float, float, float]) -> Floats:
    """Three-body phase space, up to a constant: integral of p k d(mass of 1 and 2)/sqrt(s)."""
    m1, m2, m3 = masses
    q = np.sqrt(s)
    u, w = np.polynomial.legendre.leggauss(48)
    inner = (m1 + m2) + np.maximum(q - m1 - m2 - m3, 0.0)[:, None] * 0.5 * (u + 1.0)
    p, k = breakup_momentum(q[:, None], inner, m3), breakup_momentum(inner, m1, m2)
    return np.asarray((p * k * w).sum(axis=1) * np.maximum(q - m1 - m2 - m3, 0.0) / q)


_RHO, _K_PI, _A1 = _pair("rho"), _pair("K*"), ThreePions()
TAU: dict[int, tuple[Mode, ...]] = {
    15: (
        Mode(0.17847, (11, -12, 16), leptonic), Mode(0.17366, (13, -14, 16), leptonic), Mode(0.10815, (-211, 16)),
        Mode(0.0069654, (-321, 16)), Mode(0.25493, (-211, 111, 16), _RHO), Mode(0.0014857, (-321, 311, 16), _RHO),
        Mode(0.0043281, (-321, 111, 16), _K_PI), Mode(0.008384, (-311, -211, 16), _K_PI),
        Mode(0.09259, (111, 111, -211, 16), _A1), Mode(0.08986, (-211, -211, 211, 16), _A1),
        Mode(0.010435, (-211, 111, 111, 111, 16)), Mode(0.027405, (-211, -211, 211, 111, 16)),
        Mode(0.019494, (-211, 223, 16)), Mode(0.0040853, (-211, 223, 111, 16)),
        Mode(0.0011211, (-211, 111, 111, 111, 111, 16)), Mode(9.7969e-4, (-211, -211, 211, 111, 111, 16)),
        Mode(8.2712e-4, (-211, -211, -211, 211, 211, 16)), Mode(0.0013886, (-211, 111, 221, 16)),
        Mode(0.003817, (-211, -311, 111, 16)), Mode(0.0015, (-321, 311, 111, 16)),
        Mode(0.0015499, (-211, 311, -311, 16)), Mode(0.0014349, (-321, 321, -211, 16)),
        Mode(0.0029272, (-321, 211, -211, 16)), Mode(7.5941e-4, (-321, 211, -211, 111, 16)),
        Mode(6.4735e-4, (-321, 111, 111, 16)),
    ),
}  # fmt: skip
"""Modes of the tau-."""
