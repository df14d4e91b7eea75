r"""Quark continuum of arXiv:2201.01788: massless QCD with steps in the number of flavours.

    R = 3 sum x^2 [1 + sum_{n=1..4} c_n (alpha_s/pi)^n]      u, d, s; charm from 2 m_D, bottom from 2 m_Upsilon
    alpha_s = 4 pi/(b0 L) {1 - b1 l/(b0^2 L) + b1^2/(b0^4 L^2) [l^2 - l - 1 + b2 b0/b1^2]
              + b1^3/(b0^6 L^3) [-l^3 + (5/2) l^2 + 2 l - 1/2 - 3 b2 b0 l/b1^2 + b3 b0^2/(2 b1^3)]}
    L = ln(m^2/Lambda^2),  l = ln L,  Lambda = 0.212 GeV for all flavours

c_n of `darkbeam.hadrons.inclusive`.  The number of flavours in alpha_s steps at m_c = 1.27 and m_b = 4.18 GeV.  The
coefficient b3 is the one of that paper's program, not the four-loop one; with the latter R is 0.2 % smaller at 1.8 GeV.
Only for comparison with that work: `darkbeam.hadrons.inclusive` is the default.  m GeV, above 1.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_D

from .inclusive import qcd_correction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ratio_steps", "step_alpha_s"]

LAMBDA = 0.212
STEPS = (1.27, 4.18)
"""Quark masses at which the number of flavours of alpha_s changes, GeV."""
OPEN = {"c": 2.0 * M_D, "b": 2.0 * 9.4604}


def step_alpha_s(mass: ArrayLike) -> NDArray[np.float64]:
    """alpha_s at scales in GeV, shape of ``mass``."""
    m = np.asarray(mass, dtype=np.float64)
    nf = 3.0 + np.sum([m >= step for step in STEPS], axis=0)
    b0 = 11.0 - 2.0 * nf / 3.0
    b1 = 102.0 - 38.0 * nf / 3.0
    b2 = 2857.0 / 2.0 - 5033.0 * nf / 18.0 + 325.0 * nf**2 / 54.0
    b3 = 100541.0 - 24423.3 * nf + 1625.4 * nf**2 - 27.493 * nf**3
    L = 2.0 * np.log(m / LAMBDA)
    x = np.log(L)
    r = b2 * b0 / b1**2
    second = x * x - x - 1.0 + r
    third = -(x**3) + 2.5 * x * x + 2.0 * x - 0.5 - 3.0 * r * x + b3 * b0**2 / (2.0 * b1**3)
    k = b1 / (b0**2 * L)
    return np.asarray(4.0 * np.pi / (b0 * L) * (1.0 - k * x + k**2 * second + k**3 * third))


def ratio_steps(mass: ArrayLike, charges: Mapping[str, float | NDArray[np.float64]]) -> NDArray[np.float64]:
    """R at masses in GeV, shape (n,); charges of u, d, s, c, b, numbers or arrays of shape (n,)."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    alpha = step_alpha_s(m)
    r = np.zeros_like(m)
    lows = (0.0, *OPEN.values())
    for k, (low, high) in enumerate(zip(lows, (*lows[1:], np.inf), strict=True)):
        part = (m >= low) & (m < high)
        x = tuple(np.broadcast_to(charges[q], m.shape)[part] for q in "udscb"[: 3 + k])
        r[part] = 3.0 * sum(q * q for q in x) * (1.0 + qcd_correction(alpha[part], 3 + k, x))
    return r
