r"""Inclusive R(e+e- -> hadrons) above 2 GeV: massless QCD, open-flavour thresholds, psi and Upsilon.

    R = 3 sum_uds q^2 [1 + delta(nf=3)] + sum_{H=D,B} 3 q^2 (1 + 2 r) sqrt(1 - 4 r) [1 + delta(nf)]
        + sum_V R_V
    delta = sum_{n=1..4} c_n (alpha_s/pi)^n,   r = m_H^2/m^2                (PDG review "QCD")
    c_1 = 1, c_2 = 1.9857 - 0.1152 nf, c_3 = -6.63694 - 1.20013 nf - 0.00518 nf^2 - 1.240 eta,
    c_4 = -156.61 + 18.775 nf - 0.7974 nf^2 + 0.0215 nf^3 - (17.828 - 0.575 nf) eta,
    eta = (sum q)^2/(3 sum q^2)
    R_V = (9/alpha^2) s G_ee G/[(s - M^2)^2 + M^2 G^2]

Masses, widths and G_ee of the resonances: PDG 2024.  Resonances are summed incoherently, which is good to
10-15 % between 3.8 and 4.6 GeV.  Broad states are switched on between 3.0 and 3.6 GeV and narrow ones fade
between 50 and 150 MeV from their mass, because a Breit-Wigner far from its pole means nothing.
For a vector with other charges q becomes x (units of epsilon e), and R_V is scaled by (x_c/Q_c)^2 (psi) or
(x_b/Q_b)^2 (Upsilon).  m GeV; valid 1.9 GeV to 10.5 GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_B, M_D

from .strong_coupling import alpha_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Real = float | NDArray[np.float64]
    QuarkCharges = Mapping[str, Real]

__all__ = [
    "BROAD", "CHARGE", "NARROW", "qcd_correction", "ratio", "ratio_continuum", "ratio_partons", "ratio_resonances",
]  # fmt: skip

CHARGE: QuarkCharges = {"u": 2.0 / 3.0, "d": -1.0 / 3.0, "s": -1.0 / 3.0, "c": 2.0 / 3.0, "b": -1.0 / 3.0}
# (M, G, G_ee) in GeV
BROAD = {
    "psi(3770)": (3.7737, 27.2e-3, 0.26e-6),
    "psi(4040)": (4.039, 80e-3, 0.86e-6),
    "psi(4160)": (4.191, 70e-3, 0.48e-6),
    "psi(4415)": (4.421, 62e-3, 0.58e-6),
}
NARROW = {
    "J/psi": (3.096900, 92.6e-6, 5.53e-6),
    "psi(2S)": (3.686097, 293e-6, 2.33e-6),
    "Upsilon(1S)": (9.46040, 54.02e-6, 1.340e-6),
    "Upsilon(2S)": (10.0234, 31.98e-6, 0.612e-6),
    "Upsilon(3S)": (10.3551, 20.32e-6, 0.443e-6),
}


def _ramp(x: NDArray[np.float64], lo: float, hi: float) -> NDArray[np.float64]:
    """Linear step from 0 at ``lo`` to 1 at ``hi``."""
    return np.clip((x - lo) / (hi - lo), 0.0, 1.0)


def qcd_correction(alpha: NDArray[np.float64], nf: int, charges: tuple[Real, ...]) -> NDArray[np.float64]:
    """Return delta of massless quarks with the given charges at a strong coupling, shape of ``alpha``."""
    squares = np.asarray(sum(q * q for q in charges))
    eta = np.square(sum(charges)) / (3.0 * np.where(squares > 0.0, squares, 1.0))
    c = (
        1.0,
        1.9857 - 0.1152 * nf,
        -6.63694 - 1.20013 * nf - 0.00518 * nf**2 - 1.240 * eta,
        -156.61 + 18.775 * nf - 0.7974 * nf**2 + 0.0215 * nf**3 - (17.828 - 0.575 * nf) * eta,
    )
    a = alpha / np.pi
    return np.asarray(a * (c[0] + a * (c[1] + a * (c[2] + a * c[3]))))


def _open_flavour(m: NDArray[np.float64], m_H: float) -> NDArray[np.float64]:
    """Phase space (1 + 2 r) sqrt(1 - 4 r) of a pair of mesons of mass m_H, zero below threshold."""
    z = np.minimum((m_H / m) ** 2, 0.25)
    return np.asarray(np.sqrt(1.0 - 4.0 * z) * (1.0 + 2.0 * z))


def ratio_continuum(mass: ArrayLike, charges: QuarkCharges = CHARGE) -> NDArray[np.float64]:
    """R of the quark continuum at masses in GeV; charges of u, d, s, c, b, numbers or arrays of shape (n,)."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    light = (charges["u"], charges["d"], charges["s"])
    alpha = alpha_s(m)
    r = 3.0 * sum(q * q for q in light) * (1.0 + qcd_correction(alpha, 3, light))
    for q, m_H, nf in ((charges["c"], M_D, 4), (charges["b"], M_B, 5)):
        r = r + 3.0 * q * q * _open_flavour(m, m_H) * (1.0 + qcd_correction(alpha, nf, (q,)))
    return np.asarray(r)


def ratio_partons(mass: ArrayLike, charges: QuarkCharges = CHARGE) -> NDArray[np.float64]:
    """R of free u, d, s and c quarks at masses in GeV, charm with the phase space of D mesons."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    light = np.asarray(sum(3.0 * charges[q] * charges[q] for q in "uds"))
    return np.asarray(light + 3.0 * charges["c"] * charges["c"] * _open_flavour(m, M_D))


def _breit_wigner(m: NDArray[np.float64], M: float, G: float, G_ee: float) -> NDArray[np.float64]:
    s = m * m
    return np.asarray(9.0 / ALPHA**2 * s * G_ee * G / ((s - M * M) ** 2 + (M * G) ** 2))


def ratio_resonances(
    mass: ArrayLike, charges: QuarkCharges = CHARGE, *, narrow: bool = True
) -> NDArray[np.float64]:
    """R of the psi and Upsilon states at masses in GeV."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    squares = {q: np.square(charges[q]) / np.square(CHARGE[q]) for q in "cb"}
    r = np.zeros_like(m)
    for pole in BROAD.values():
        r += squares["c"] * _breit_wigner(m, *pole) * _ramp(m, 3.0, 3.6)
    for name, pole in NARROW.items() if narrow else ():
        fade = 1.0 - _ramp(np.abs(m - pole[0]), 0.05, 0.15)
        r += squares["b" if name.startswith("Upsilon") else "c"] * _breit_wigner(m, *pole) * fade
    return r


def ratio(mass: ArrayLike, charges: QuarkCharges = CHARGE, *, narrow: bool = True) -> NDArray[np.float64]:
    """Inclusive R at masses in GeV; ``narrow=False`` leaves the narrow resonances out."""
    return ratio_continuum(mass, charges) + ratio_resonances(mass, charges, narrow=narrow)
