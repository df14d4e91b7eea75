r"""e+e- -> K+ K-, K0 K0bar: form of arXiv:1002.0279, refitted in arXiv:1911.11147.

    R = (1/4) beta^3 |F|^2
    F = +-(c1/2) sum c_n^rho GS(rho_n; pi pi) + (c0/6) sum c_n^w BW(w_n) + (cs/3) sum c_n^phi BW_P(phi_n; K K)

upper sign K+K-; the phi(1020) term of the neutral mode carries the factor ETA_PHI.  Towers: the measured
weights first, the next state takes what is missing to sum c_n = 1, then the dual-QCD weights with b fixed
by c_0; widths G_n/M_n = G_rho/M_rho, 0.5 (omega), 0.2 (phi).  s GeV^2.  Valid from threshold to 2.5 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_K, M_K0, M_PI

from .couplings import PHOTON, Couplings
from .propagators import bw_fixed, bw_p_wave, gounaris_sakurai
from .regge_tower import beta_from_ground_state, tower_masses, tower_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["kaon_form_factor", "ratio_charged", "ratio_neutral"]

N_TOWER = 200
ETA_PHI = 1.055


@dataclass(frozen=True)
class Family:
    """Fitted weights, masses and widths (GeV) of one family, and width/mass of its tower states."""

    weights: tuple[float, ...]
    masses: tuple[float, ...]
    widths: tuple[float, ...]
    slope: float


RHO = Family(
    (1.1148916618504967, -0.050374779737077324, -0.014908906283692132, -0.03902475997619905,
     -0.038341465215871416),
    (0.77549, 1.5206995754050117, 1.7409719246639341, 1.9922811314327789),
    (0.1494, 0.21341728317817743, 0.08412224414791908, 0.2899733272437917), 0.1494 / 0.77549,
)  # fmt: skip
OMEGA = Family(
    (1.3653229680598022, -0.02775156567495144, -0.32497166559032715, 1.3993153161869765),
    (0.78265, 1.4144344268685891, 1.655375231284883),
    (0.00849, 0.0854413887755723, 0.16031760444832305), 0.5,
)  # fmt: skip
PHI = Family(
    (0.965842498579515, -0.002379766320723148, -0.1956211640216197, 0.16527771485190898),
    (1.0194209171596993, 1.594759278457624, 2.156971341201067),
    (0.004252653332329334, 0.028741821847408196, 0.6737556174184005), 0.2,
)  # fmt: skip


@cache
def _tower(family: Family) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights, masses and widths of one family, as columns."""
    weights = tower_weights(beta_from_ground_state(family.weights[0]), N_TOWER)
    fitted = len(family.weights)
    weights[:fitted] = family.weights
    weights[fitted] += 1.0 - weights.sum()
    masses = tower_masses(family.masses, N_TOWER)
    widths = family.slope * masses
    widths[: len(family.widths)] = family.widths
    return weights[:, None], masses[:, None], widths[:, None]


def kaon_form_factor(
    s: NDArray[np.float64], *, charged: bool, couplings: Couplings = PHOTON
) -> NDArray[np.complex128]:
    """Time-like kaon form factor at s above threshold (GeV^2), shape of ``s``."""
    m_K = M_K if charged else M_K0
    c, M, G = _tower(RHO)
    F = (0.5 if charged else -0.5) * couplings.c1 * np.sum(c * gounaris_sakurai(s, M, G, M_PI, M_PI), axis=0)
    c, M, G = _tower(OMEGA)
    F = F + couplings.c0 / 6.0 * np.sum(c * bw_fixed(s, M, G), axis=0)
    c, M, G = _tower(PHI)
    if not charged:
        c = np.concatenate([ETA_PHI * c[:1], c[1:]])
    return np.asarray(F + couplings.cs / 3.0 * np.sum(c * bw_p_wave(s, M, G, m_K, m_K), axis=0))


def _ratio(mass: ArrayLike, couplings: Couplings, *, charged: bool) -> NDArray[np.float64]:
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    m_K = M_K if charged else M_K0
    out = np.zeros_like(m)
    up = m > 2.0 * m_K
    s = m[up] ** 2
    F = kaon_form_factor(s, charged=charged, couplings=couplings)
    out[up] = 0.25 * (1.0 - 4.0 * m_K**2 / s) ** 1.5 * np.abs(F) ** 2
    return out


def ratio_charged(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K+ K-) at masses in GeV, zero below threshold."""
    return _ratio(mass, couplings, charged=True)


def ratio_neutral(mass: ArrayLike, couplings: Couplings = PHOTON) -> NDArray[np.float64]:
    """R(K0 K0bar) = R(K_S K_L) at masses in GeV, zero below threshold."""
    return _ratio(mass, couplings, charged=False)
