r"""e+e- -> eta pi+ pi-, eta' pi+ pi- (form of arXiv:1306.1985, fit of arXiv:1911.11147).

    J = F eps(p_P, p+, p-),   F = N c1 sum_i a_i BW_i(Q^2) BW_0(s_pipi)
    N = 1/(4 sqrt 3 pi^2 f_pi^3)  (times sqrt 2 for eta'),   sum a_i = 1,   f_pi = 0.0933 GeV

Widths: G_0(s) = G (M^2/s)((s - 4m_pi^2)/(M^2 - 4m_pi^2))^{3/2}, G_i(s) = G_i s/M_i^2; denominators
M^2 - s - i sqrt(s) G(s).  Valid to 2.5 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_ETA, M_ETAP, M_PI

from .couplings import PHOTON, Couplings
from .dalitz import dalitz_nodes, per_mass, ratio_epsilon
from .propagators import bw_energy, rho_width

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ETA", "ETAP", "RHO", "Fit", "form_factor", "ratio_eta", "ratio_etap"]

F_PI = 0.0933
RHO = (0.77549, 0.1494)


@dataclass(frozen=True)
class Fit:
    """Mass of the eta or eta', norm, and (a, M, G) of the excited states; the rho has a = 1."""

    m_eta: float
    norm: float
    excited: tuple[tuple[complex, float, float], ...]


ETA = Fit(
    M_ETA, 1.0, ((0.326 * np.exp(3.14j), 1.54, 0.356), (0.0115 * np.exp(3.14j), 1.76, 0.113))
)  # fmt: skip
ETAP = Fit(M_ETAP, np.sqrt(2.0), ((0.02 * np.exp(3.14j), 2.11, 0.176),))


def form_factor(Q2: float, s_pipi: NDArray[np.float64], fit: Fit) -> NDArray[np.complex128]:
    """F (GeV^-3) at c1 = 1; invariants in GeV^2."""

    def rho(s: float | NDArray[np.float64]) -> NDArray[np.complex128]:
        return bw_energy(s, RHO[0], rho_width(s, *RHO, M_PI))

    tower = rho(Q2) + sum(a * bw_energy(Q2, M, G * Q2 / M**2) for a, M, G in fit.excited)
    norm = fit.norm / (4.0 * np.sqrt(3.0) * np.pi**2 * F_PI**3)
    return np.asarray(norm * tower / (1.0 + sum(a for a, _, _ in fit.excited)) * rho(s_pipi))


def _ratio(mass: ArrayLike, couplings: Couplings, fit: Fit) -> NDArray[np.float64]:
    def one(m: float) -> float:
        nodes = dalitz_nodes(m, M_PI, M_PI, fit.m_eta)
        F = np.broadcast_to(form_factor(m * m, nodes.s12, fit), nodes.weight.shape)
        return couplings.c1**2 * ratio_epsilon(nodes, F)

    return per_mass(mass, fit.m_eta + 2.0 * M_PI, one)


def ratio_eta(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(eta pi+ pi-) at masses in GeV."""
    return _ratio(mass, couplings, ETA)


def ratio_etap(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(eta' pi+ pi-) at masses in GeV."""
    return _ratio(mass, couplings, ETAP)
