r"""Widths to leptons, neutrinos and three photons over x_f^2 Gamma_0, Gamma_0 = alpha m/3 at epsilon = 1.

    Gamma(l l)   = x_l^2 Gamma_0 (1 + 2 r) sqrt(1 - 4 r),  r = m_l^2/m^2
    Gamma(nu nu) = x_nu^2 Gamma_0/2                                                  (one chirality)
    Gamma(3 gamma) = x_e^2 alpha^4/(2^7 3^6 5^2 pi^3) (m^9/m_e^8)
                     [17/5 + (67/42) m^2/m_e^2 + (128941/246960) m^4/m_e^4]          (m < 2 m_e)

Three photons: electron loop expanded in m/m_e (arXiv:1705.00619).  The last term is 10 % of the sum at m = m_e and 46 %
at 2 m_e, where further terms are missing and the width is too small; zero above, where e+ e- takes all.  GeV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_E

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NEUTRINO_RATIO", "lepton_ratio", "three_photon_ratio"]

NEUTRINO_RATIO = 0.5
"""Gamma(nu nu)/(x_nu^2 Gamma_0)."""
SERIES = (17.0 / 5.0, 67.0 / 42.0, 128941.0 / 246960.0)


def lepton_ratio(mass: NDArray[np.float64], m_l: float) -> NDArray[np.float64]:
    """Gamma(l+ l-)/(x_l^2 Gamma_0), zero below threshold."""
    r = np.minimum((m_l / mass) ** 2, 0.25)
    return np.asarray(np.sqrt(1.0 - 4.0 * r) * (1.0 + 2.0 * r))


def three_photon_ratio(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gamma(3 gamma)/(x_e^2 Gamma_0), zero above 2 m_e."""
    z = np.minimum((mass / M_E) ** 2, 4.0)
    series = SERIES[0] + z * (SERIES[1] + z * SERIES[2])
    ratio = 3.0 * ALPHA**3 / (2**7 * 3**6 * 5**2 * np.pi**3) * z**4 * series
    return np.where(mass < 2.0 * M_E, ratio, 0.0)
