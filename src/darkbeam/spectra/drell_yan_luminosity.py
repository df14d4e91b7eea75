r"""Parton luminosities of q qbar -> A', at leading and at next-to-leading order.

With tau = m^2/s and x f the momentum densities, the cross-section of a vector with couplings g_q e epsilon is

    sigma = (4 pi^2 alpha / 3 m^2) epsilon^2 sum_q g_q^2 L_q,
    L_q = int_tau^1 dz [ Delta_qq(z) Lambda_q(tau/z) + Delta_qg(z) Lambda_qg(tau/z) ],
    Lambda_q(t)  = int dy [x1 q(x1) x2 qbar(x2) + (q <-> qbar)],     x_1,2 = sqrt(t) e^(+-y),
    Lambda_qg(t) = int dy [x1 (q + qbar)(x1) x2 g(x2) + (1 <-> 2)].

Leading order: Delta_qq = delta(1 - z), Delta_qg = 0.  Next order in the MSbar scheme, with L = ln(m^2/mu^2),
a = alpha_s(mu)/2 pi (Altarelli, Ellis, Martinelli, Nucl. Phys. B157 (1979) 461; Ellis, Stirling, Webber,
"QCD and Collider Physics", section 9.2; Hamberg, van Neerven, Matsuura, Nucl. Phys. B359 (1991) 343, appendix B)::

    Delta_qq = delta(1-z) + a (4/3) { 4 (1+z^2) [ln(1-z)/(1-z)]_+ - 2 (1+z^2)/(1-z) ln z
               + delta(1-z) (2 pi^2/3 - 8) + 2 L [ (1+z^2)/(1-z) ]_+ }
    Delta_qg = a (1/2) { [z^2 + (1-z)^2] [ln((1-z)^2/z) + L] + 1/2 + 3 z - 7 z^2/2 }

u, c and d, s, b have equal couplings, so that two classes, ``up`` and ``down``, suffice.  A neutron has u and d
exchanged.  Factorisation and renormalisation scale are the same, mu = factor * m, frozen at the first knot Q_0 of
the densities.  alpha_s runs at two loops from 0.118 at m_Z, with thresholds at 4.92 and 1.51 GeV.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .pdf_grid import GLUON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .pdf_grid import PdfGrid

    Array = NDArray[np.float64]

__all__ = ["CLASSES", "alpha_s", "luminosities"]

CLASSES = {"up": (2, 4), "down": (1, 3, 5)}
"""Quarks of equal couplings."""
_ISOSPIN = {1: 2, 2: 1, -1: -2, -2: -1}
"""Partons of a neutron in terms of those of a proton."""
_ALPHA_S_MZ, _M_Z = 0.118, 91.1876
_M_CHARM, _M_BOTTOM = 1.51, 4.92
_N_Y, _N_T, _N_Z = 160, 80, 64  # exact to 1e-4 or better


def _running(n_f: int, start: float, mu0: float, mu: float) -> float:
    """Two-loop alpha_s at mu from its value at mu0, by Runge-Kutta steps in ln mu^2."""
    b0 = (33.0 - 2.0 * n_f) / (12.0 * np.pi)
    b1 = (153.0 - 19.0 * n_f) / (24.0 * np.pi**2)

    def slope(a: float) -> float:
        return float(-a * a * (b0 + b1 * a))

    a, n = start, 200
    h = 2.0 * np.log(mu / mu0) / n
    for _ in range(n):
        k1 = slope(a)
        k2 = slope(a + 0.5 * h * k1)
        k3 = slope(a + 0.5 * h * k2)
        a += h * (k1 + 2.0 * k2 + 2.0 * k3 + slope(a + h * k3)) / 6.0
    return float(a)


@lru_cache(maxsize=4096)
def alpha_s(mu: float) -> float:
    """Strong coupling at mu (GeV).

    Examples
    --------
    >>> round(alpha_s(10.0), 3)
    0.178
    """
    if mu >= _M_BOTTOM:
        return _running(5, _ALPHA_S_MZ, _M_Z, mu)
    bottom = _running(5, _ALPHA_S_MZ, _M_Z, _M_BOTTOM)
    if mu >= _M_CHARM:
        return _running(4, bottom, _M_BOTTOM, mu)
    return _running(3, _running(4, bottom, _M_BOTTOM, _M_CHARM), _M_CHARM, mu)


def _lambdas(pdf: PdfGrid, t: Array, Q: float, target: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Lambda_q and Lambda_qg of both classes at every t, arrays of shape (n_t,)."""
    half = -0.5 * np.log(t)
    node, weight = np.polynomial.legendre.leggauss(_N_Y)
    y = half[:, None] * node
    x1, x2 = (np.sqrt(t)[:, None] * np.exp(sign * y) for sign in (1.0, -1.0))
    partons = (*range(-5, 0), *range(1, 6), GLUON)
    beam = {i: pdf.xf(i, x1, Q) for i in partons}
    flip = _ISOSPIN if target == "neutron" else {}
    other = {i: pdf.xf(flip.get(i, i), x2, Q) for i in partons}
    annihilation, compton = {}, {}
    for name, quarks in CLASSES.items():
        pairs = sum(beam[q] * other[-q] + beam[-q] * other[q] for q in quarks)
        mixed = sum(
            (beam[q] + beam[-q]) * other[GLUON] + beam[GLUON] * (other[q] + other[-q]) for q in quarks
        )
        annihilation[name] = half * np.einsum("ij,j->i", pairs, weight)
        compton[name] = half * np.einsum("ij,j->i", mixed, weight)
    return annihilation, compton


def _next_order(tau: float, ln_t: Array, lam: Array, lam_qg: Array, log: float) -> float:
    """O(a) term of L_q divided by a; Lambdas are tabulated at ln_t, the last node is t = 1 where they vanish."""
    node, weight = np.polynomial.legendre.leggauss(_N_Z)
    # z = 1 - (1 - tau) v^2 puts nodes at the soft end, z -> 1
    v, weight = 0.5 * (node + 1.0), 0.5 * weight
    z = 1.0 - (1.0 - tau) * v * v
    dz = 2.0 * (1.0 - tau) * v * weight
    ln_tz = np.log(tau) - np.log(z)
    shifted, shifted_qg = np.interp(ln_tz, ln_t, lam), np.interp(ln_tz, ln_t, lam_qg)
    born = lam[0]
    soft, p_qq = np.log1p(-z) / (1.0 - z), 1.0 / (1.0 - z)
    edge = np.log1p(-tau)  # int_0^tau of the plus distributions
    plus = np.sum(dz * soft * ((1.0 + z * z) * shifted - 2.0 * born)) + born * edge * edge
    # [(1+z^2)/(1-z)]_+ = (1+z^2) [1/(1-z)]_+ + (3/2) delta(1-z)
    split = np.sum(dz * p_qq * ((1.0 + z * z) * shifted - 2.0 * born)) + 2.0 * born * edge + 1.5 * born
    rest = np.sum(dz * -2.0 * (1.0 + z * z) * p_qq * np.log(z) * shifted)
    quark = 4.0 * plus + rest + (2.0 * np.pi**2 / 3.0 - 8.0) * born + 2.0 * log * split
    p_qg = z * z + (1.0 - z) ** 2
    gluon = p_qg * (2.0 * np.log1p(-z) - np.log(z) + log) + 0.5 + 3.0 * z - 3.5 * z * z
    return float(4.0 / 3.0 * quark + 0.5 * np.sum(dz * gluon * shifted_qg))


def luminosities(
    pdf: PdfGrid, mass: float, s: float, target: str = "proton", factor: float = 1.0
) -> dict[str, tuple[float, float]]:
    """L_q at leading and at next-to-leading order of both classes.

    Parameters
    ----------
    pdf : PdfGrid
    mass : float
        GeV.
    s : float
        GeV^2, of the nucleon pair.
    target : {"proton", "neutron"}
    factor : float
        Scale mu divided by the mass.

    Returns
    -------
    dict
        ``{"up": (LO, NLO), "down": (LO, NLO)}``, dimensionless.
    """
    tau = mass * mass / s
    mu = pdf.scale(factor * mass)
    a = alpha_s(mu) / (2.0 * np.pi)
    # nodes dense near t = tau, where the soft distributions act
    ln_t = np.log(tau) * (1.0 - np.linspace(0.0, 1.0, _N_T) ** 2)
    lam, lam_qg = _lambdas(pdf, np.exp(ln_t), mu, target)
    log = 2.0 * np.log(mass / mu)
    return {
        c: (float(lam[c][0]), float(lam[c][0]) + a * _next_order(tau, ln_t, lam[c], lam_qg[c], log))
        for c in CLASSES
    }
