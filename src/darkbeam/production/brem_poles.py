r"""How much of bremsstrahlung is due to the omega and phi poles of the form factor.

The time-like form factor adds narrow poles to a slowly varying radiation of the beam.  Near pole V the share of
the pole in the yield P(m) is modelled as pole over pole plus background,

    f_V(m) = t_V(m) L_V / (L_V + b_V),    L_V = (m_V Gamma_V)^2 / [(m^2 - m_V^2)^2 + (m_V Gamma_V)^2]
    b_V    = min[P(m_1), P(m_2)] / P(m_V)
    t_V(m) = (m^2 - 4 m_pi^2) / (m_V^2 - 4 m_pi^2), limited to [0, 1]

with m_1, m_2 the ends of the pole region: 0.60 and 0.95 GeV for the omega (which includes the broad rho under it),
0.95 and 1.12 GeV for the phi.  t_V keeps the radiation of the charge, F_1(0) = 1, untouched: below 2 m_pi the form
factor is real.  A pole whose b_V exceeds 0.1 does not stand out (no phi in VMD form factors) and counts as absent.
Weights of a yield whose poles have the strengths s_V (0: removed, 1: as they are):

    s(m) = prod_V [ 1 - (1 - s_V) f_V(m) ]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_OMEGA, M_PHI, M_PI, W_OMEGA, W_PHI

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from darkbeam.production.source import Source

    Array = NDArray[np.float64]

__all__ = ["POLE_REGIONS", "PoleWeight", "pole_backgrounds"]


@dataclass(frozen=True)
class PoleRegion:
    """Mass and width of a pole and the ends of the region that it dominates, GeV."""

    mass: float
    width: float
    low: float
    high: float


POLE_REGIONS = (PoleRegion(M_OMEGA, W_OMEGA, 0.60, 0.95), PoleRegion(M_PHI, W_PHI, 0.95, 1.12))
"""omega (with the rho) and phi."""
NO_POLE = 0.1
"""Background b_V above which there is no pole to speak of."""


def pole_backgrounds(source: Source) -> tuple[float, float]:
    """Return b_V of omega and phi; 1 for a pole outside the validity of the source."""
    low, high = source.valid
    found = []
    for pole in POLE_REGIONS:
        if not (low < pole.low and pole.high < high):
            found.append(1.0)
            continue
        peak = max(source.total(pole.mass + k * pole.width) for k in (-0.5, 0.0, 0.5))
        ends = min(source.total(pole.low), source.total(pole.high))
        found.append(min(ends / peak, 1.0) if peak > 0.0 else 1.0)
    return found[0], found[1]


@dataclass(frozen=True)
class PoleWeight:
    """The factor s(m).

    Attributes
    ----------
    backgrounds : (float, float)
        b_V of omega and phi.
    strengths : (float, float)
        s_V of omega and phi, 0 to 1.
    """

    backgrounds: tuple[float, float]
    strengths: tuple[float, float] = (0.0, 0.0)

    def shares(self, mass: ArrayLike) -> tuple[Array, Array]:
        """Return f_V of omega and phi at masses in GeV."""
        m2 = np.square(np.asarray(mass, dtype=np.float64))
        threshold = 4.0 * M_PI**2
        shares = []
        for pole, b in zip(POLE_REGIONS, self.backgrounds, strict=True):
            m2_V, m_gamma2 = pole.mass**2, (pole.mass * pole.width) ** 2
            line = m_gamma2 / ((m2 - m2_V) ** 2 + m_gamma2)
            opening = np.clip((m2 - threshold) / (m2_V - threshold), 0.0, 1.0)
            shares.append(opening * line / (line + b) if b < NO_POLE else np.zeros_like(m2))
        return shares[0], shares[1]

    def at(self, mass: ArrayLike) -> Array:
        """Return s(m) at masses in GeV."""
        omega, phi = self.shares(mass)
        s_omega, s_phi = self.strengths
        return np.asarray((1.0 - (1.0 - s_omega) * omega) * (1.0 - (1.0 - s_phi) * phi))

    def __call__(self, mass: float) -> float:
        """Return s(m) at one mass."""
        return float(self.at(mass))
