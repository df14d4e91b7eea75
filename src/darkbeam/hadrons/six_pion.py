r"""e+e- -> 3(pi+ pi-), 2(pi+ pi-) 2 pi0 (shape of arXiv:hep-ex/0602006, fit of arXiv:2201.01788).

    R = 3 |c1 f|^2/m,
    f = c M^2 e^{i phi}/(s - M^2 + i sqrt(s) G) + d + e exp(-b/x)/x^{2-a},   x = sqrt(s) - m_0

Fitted for m > 1.4 GeV; taken as zero below.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .couplings import PHOTON, Couplings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["THRESHOLD", "ratio_charged", "ratio_neutral"]

THRESHOLD = 1.4


@dataclass(frozen=True)
class Fit:
    """Parameters of one mode, in the letters of the formula."""

    c: float
    M: float
    degrees: float
    G: float
    d: float
    e: float
    a: float
    b: float
    m0: float


CHARGED = Fit(
    0.0036595657695477346, 1.88, 21.0, 0.13, 0.015278568501613186, -1.0819476867207243,
    0.8896494373262481, 1.4, 1.26158551198849,
)  # fmt: skip
NEUTRAL = Fit(
    -0.0072157182261625066, 1.86, -3.0, 0.16, -0.027580774291809617, 2.3792205359064202,
    0.8543454953801702, 1.5431907628236239, 1.19907252783525,
)  # fmt: skip


def _ratio(mass: ArrayLike, couplings: Couplings, fit: Fit) -> NDArray[np.float64]:
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    out = np.zeros_like(m)
    up = m > THRESHOLD
    w = m[up]
    pole = fit.c * fit.M**2 * np.exp(1j * np.radians(fit.degrees)) / (w * w - fit.M**2 + 1j * w * fit.G)
    x = w - fit.m0
    f = pole + fit.d + fit.e * np.exp(-fit.b / x) / x ** (2.0 - fit.a)
    out[up] = 3.0 * np.abs(couplings.c1 * f) ** 2 / w
    return out


def ratio_charged(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(3(pi+ pi-)) at masses in GeV."""
    return _ratio(mass, couplings, CHARGED)


def ratio_neutral(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(2(pi+ pi-) 2 pi0) at masses in GeV."""
    return _ratio(mass, couplings, NEUTRAL)
