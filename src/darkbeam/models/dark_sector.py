r"""Invisible decays to a dark sector (BC2 of arXiv:1901.09966): widths that do not scale with epsilon^2.

    r = m_chi^2/m^2
    Dirac            Gamma = (alpha_D m/3) (1 + 2 r) sqrt(1 - 4 r)
    complex scalar   Gamma = (alpha_D m/12) (1 - 4 r)^{3/2}
    Majorana         Gamma = (alpha_D m/6) (1 - 4 r)^{3/2}                                    (axial coupling)
    pseudo-Dirac     Gamma = (alpha_D m/3) sqrt[(1 - S^2/m^2)(1 - D^2/m^2)] (1 + S^2/(2 m^2)) (1 - D^2/m^2),
                     S = m_1 + m_2,  D = m_2 - m_1                                            (V -> chi_1 chi_2)

alpha_D = g_D^2/(4 pi); masses GeV.  chi_2 -> chi_1 f fbar is not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["KINDS", "DarkSector"]

KINDS = ("dirac", "scalar", "majorana", "pseudo-dirac")
"""Kinds of dark particles."""


@dataclass(frozen=True)
class DarkSector:
    """Dark particles that the vector decays to.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    alpha_D : float
        g_D^2/(4 pi).
    m_chi : float, optional
        Mass of the (lighter) dark particle, GeV.
    R_chi : float, optional
        Or its mass over that of the vector.
    splitting : float
        (m_2 - m_1)/m_1 of the pseudo-Dirac pair.

    Examples
    --------
    >>> sector = DarkSector("dirac", alpha_D=0.1, R_chi=1 / 3)
    >>> print(f"{sector.width(np.array([0.3]))[0]:.4e} GeV")
    9.1099e-03 GeV
    """

    kind: str
    alpha_D: float = 0.1
    m_chi: float | None = None
    R_chi: float | None = None
    splitting: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind of dark particle", self.kind, KINDS)
        if (self.m_chi is None) == (self.R_chi is None):
            raise ValueRangeError("a dark sector needs either m_chi (GeV) or R_chi = m_chi/m")
        values = {"alpha_D": self.alpha_D, "m_chi": self.m_chi, "R_chi": self.R_chi}
        for name, value in values.items():
            if value is not None and not 0.0 < value < np.inf:
                raise ValueRangeError(f"{name} of a dark sector must be above 0, not {value:g}")
        if self.splitting != 0.0 and self.kind != "pseudo-dirac":
            raise ValueRangeError(f"only a pseudo-dirac pair has a splitting, not {self.kind}")
        if not 0.0 <= self.splitting < np.inf:
            raise ValueRangeError(f"splitting of a dark sector must be at least 0, not {self.splitting:g}")

    def width(self, mass: Array) -> Array:
        """Gamma(V -> invisible) at masses in GeV, shape of ``mass``; zero below threshold."""
        ratio = np.full_like(mass, self.R_chi) if self.R_chi is not None else (self.m_chi or 0.0) / mass
        heavier = ratio * (1.0 + self.splitting)
        total = np.minimum(ratio + heavier, 1.0)
        root = np.sqrt(1.0 - total**2)
        scale = self.alpha_D * mass / 3.0
        if self.kind == "scalar":
            return np.asarray(scale / 4.0 * root**3)
        if self.kind == "majorana":
            return np.asarray(scale / 2.0 * root**3)
        difference = np.minimum((heavier - ratio) ** 2, 1.0)
        return np.asarray(
            scale * root * np.sqrt(1.0 - difference) * (1.0 + total**2 / 2.0) * (1.0 - difference)
        )
