r"""Light dark matter chi behind a dark photon A' that decays to it (benchmark BC2), Dirac or complex scalar.

    L = -epsilon e A'_mu J_em^mu - e_D A'_mu J_chi^mu,        alpha_D = e_D^2/(4 pi)
    Gamma = (alpha_D m_A/3)  (1 + 2 r) sqrt(1 - 4 r)          Dirac,      r = m^2/m_A^2
    Gamma = (alpha_D m_A/12) (1 - 4 r)^(3/2)                  scalar                     (arXiv:1609.01770)

A source of F(q) dark photons of mass q per epsilon^2 makes pairs of chi on and off the mass shell of the A', with the
density of millicharged particles (`darkbeam.models.millicharged`), S(q^2), times the ratio of the propagators:

    dN/dq^2 = F(q) D(q^2),    D(q^2) = S(q^2) P(q)
            = alpha_D/(3 pi) q^2/((q^2 - m_A^2)^2 + m_A^2 Gamma^2) [beta (1 + 2 m^2/q^2), scalar: beta^3/4]
    P(q) = (alpha_D/alpha) q^4/((q^2 - m_A^2)^2 + m_A^2 Gamma^2)

m mass of chi, m_A of the A', q of the pair, GeV; beta = sqrt(1 - 4 m^2/q^2).  A light A' with alpha_D = alpha makes
D = S; a narrow one makes int dq^2 F D = F(m_A): all A' decay to chi.  A quarkonium of mass M has its pairs times P(M);
the A' of its flank at q = m_A, fewer by its width over Gamma, are left out.

    y = epsilon^2 alpha_D (m/m_A)^4

Validity: leading order, constant width; good for Gamma << m_A.  The width to visible particles, of order
epsilon^2 alpha m_A, is neglected: epsilon^2 << alpha_D/alpha.  An A' lighter than 2 m makes pairs off the shell only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.models.millicharged import LIGHTEST, SPINS, pair_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["LightDarkMatter"]

GAP = 0.01
"""Relative distance of m_A' to 2 m_chi below which the constant width describes nothing."""


@dataclass(frozen=True)
class LightDarkMatter:
    """Dark matter of any mass, with the ratio of masses fixed.

    Attributes
    ----------
    spin : {"scalar", "dirac"}
    alpha_d : float
        Coupling alpha_D of the A' to chi.
    ratio : float
        m_A'/m_chi.

    Examples
    --------
    >>> dm = LightDarkMatter()
    >>> round(dm.width(0.03), 7)
    0.0003106
    >>> f"{dm.y(1e-3):.3e}"
    '1.235e-09'
    """

    spin: str = "scalar"
    alpha_d: float = 0.1
    ratio: float = 3.0
    name = "light-dark-matter"

    def __post_init__(self) -> None:
        if self.spin not in SPINS:
            raise UnknownNameError("spin", self.spin, SPINS)
        if not 0.0 < self.alpha_d <= 1.0:
            raise ValueRangeError(f"alpha_D must be above 0 and at most 1, not {self.alpha_d:g}")
        if not 0.0 < self.ratio < np.inf:
            raise ValueRangeError(
                f"the mass ratio m_A'/m_chi must be positive and finite, not {self.ratio:g}"
            )
        if abs(self.ratio - 2.0) < 2.0 * GAP:
            raise ValueRangeError(
                f"the mass ratio m_A'/m_chi = {self.ratio:g} is at the threshold of the decay; keep away from 2 by "
                f"{2.0 * GAP:g} or more"
            )

    def check(self, mass: float) -> None:
        """Refuse a mass outside the validity.

        Raises
        ------
        MassRangeError
        """
        if not LIGHTEST < mass < np.inf:
            raise MassRangeError(
                f"light dark matter needs a mass above {LIGHTEST:.4g} GeV (the electron's), not {mass:g} GeV"
            )

    def mediator(self, mass: float) -> float:
        """m_A', GeV."""
        return self.ratio * mass

    def width(self, mass: float) -> float:
        """Width of the A' to chi chibar, GeV; zero where the decay is closed."""
        M, r = self.mediator(mass), 1.0 / self.ratio**2
        beta = float(np.sqrt(max(1.0 - 4.0 * r, 0.0)))
        if self.spin == "dirac":
            return self.alpha_d * M / 3.0 * (1.0 + 2.0 * r) * beta
        return self.alpha_d * M / 12.0 * beta**3

    def propagators(self, q: ArrayLike, mass: float) -> Array:
        """P(q), shape of ``q``: propagator and coupling of the A' over those of the photon, squared."""
        q2 = np.square(np.asarray(q, dtype=np.float64))
        M, width = self.mediator(mass), self.width(mass)
        return np.asarray(self.alpha_d / ALPHA * q2 * q2 / (np.square(q2 - M * M) + (M * width) ** 2))

    def factor(self, q: ArrayLike, mass: float) -> Array:
        """D(q^2) in GeV^-2, shape of ``q``; zero below threshold."""
        return np.asarray(pair_factor(q, mass, self.spin) * self.propagators(q, mass))

    def y(self, epsilon: ArrayLike) -> Array:
        """Dimensionless yield of dark matter, y = epsilon^2 alpha_D (m_chi/m_A')^4."""
        return np.asarray(np.square(epsilon) * self.alpha_d / self.ratio**4)
