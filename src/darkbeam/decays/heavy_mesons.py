r"""Decays of charmed hadrons: D0, D+, D_s, D*, D_s* and Lambda_c.

    D -> P l nu    dGamma/dq^2 ~ lambda^{3/2}(M^2, m_P^2, q^2)(1 - m_l^2/q^2)^2/(1 - q^2/M_V^2)^2,  sin^2 of the lepton,
                   M_V = 2.112 GeV (D_s*) for c -> s, 2.010 GeV (D*) for c -> d; helicity-0 part of the muon left out

All other modes are flat phase space (K*, rho with their line shapes): a model, good for multiplicities and energies.

Branching ratios: Particle Data Group, edition 2026 of its data files (https://pdg.lbl.gov), measured modes above about
2e-3, without those that are part of another mode.  What was assigned by hand: where only the K_S mode is
measured, K_L has the same rate (written as one mode with K0bar); contributions of eta and omega that are listed as
modes of their own are subtracted from the modes of their pions (K_S pi+ pi- pi0, K- 2pi+ pi- pi0, K_S 3 pi0 of the
D0; K_S 2pi+ pi- pi0 of the D+; 2pi+ pi- 2pi0 of the D_s).  The measured modes add up to 0.93 (D0), 0.91 (D+), 0.84
(D_s) and 0.80 (Lambda_c).  What is missing is hadronic: leptonic and semileptonic modes keep their branching ratios,
the hadronic ones are multiplied by one number such that the sum is 1 (`completed`).
D*0 -> D0 e+ e- and D_s* -> D_s e+ e- follow the Kroll-Wada law without a form factor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import kallen

from .secondary_kernels import Pair
from .secondary_light import dalitz_decay
from .secondary_modes import Mode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CHARM", "completed", "semileptonic"]

NEUTRINOS = frozenset({12, 14, 16})


def semileptonic(M_V: float) -> Pair:
    """D -> l nu P with a vector pole (GeV); products l, nu, P."""

    def density(M: float, m_x: float, m_l: float, _m: float, q2: Floats) -> Floats:
        lam = np.maximum(kallen(M * M, m_x * m_x, q2), 0.0)
        return np.asarray(lam**1.5 * (1.0 - m_l * m_l / q2) ** 2 / (1.0 - q2 / M_V**2) ** 2)

    return Pair(density, lambda _M, _m, q2: np.full_like(q2, -1.0))


_STRANGE, _DOWN, _PHOTON = semileptonic(2.112), semileptonic(2.010), dalitz_decay(1e9)

D_ZERO = (
    Mode(0.035369, (-11, 12, -321), _STRANGE), Mode(0.034177, (-13, 14, -321), _STRANGE),
    Mode(0.021596, (-11, 12, -323)), Mode(0.020055, (-13, 14, -323)),
    Mode(0.0029109, (-11, 12, -211), _DOWN), Mode(0.0026739, (-13, 14, -211), _DOWN),
    Mode(0.001462, (-11, 12, -213)), Mode(0.00135, (-13, 14, -213)),
    Mode(0.039362, (-321, 211)), Mode(0.012386, (310, 111)), Mode(0.0097606, (130, 111)),
    Mode(0.0050825, (310, 221)), Mode(0.004335, (130, 221)), Mode(0.0094918, (310, 331)), Mode(0.008119, (130, 331)),
    Mode(0.011107, (310, 223)), Mode(0.01164, (130, 223)), Mode(2 * 0.02839, (-311, 211, -211)),
    Mode(0.14389, (-321, 211, 111)), Mode(0.0091436, (310, 111, 111)), Mode(0.0126, (130, 111, 111)),
    Mode(2 * 0.0060, (-311, 111, 111, 111)), Mode(0.082046, (-321, 211, 211, -211)),
    Mode(2 * 0.0411, (-311, 211, -211, 111)), Mode(0.0886, (-321, 211, 111, 111)),
    Mode(0.00954, (-321, 211, 111, 111, 111)), Mode(2 * 0.01266, (-311, 211, -211, 111, 111)),
    Mode(0.0084, (-321, 211, 211, -211, 111)), Mode(0.03392, (-321, 211, 223)), Mode(0.018763, (-321, 211, 221)),
    Mode(0.00643, (-321, 211, 331)), Mode(2 * 0.01006, (-311, 221, 111)), Mode(2 * 0.00848, (-311, 223, 111)),
    Mode(0.00449, (-321, 211, 111, 221)), Mode(2 * 0.0044856, (-311, 321, -321)), Mode(0.014851, (211, -211, 111)),
    Mode(0.0071509, (211, 211, -211, -211)), Mode(0.01002, (211, -211, 111, 111)),
    Mode(0.00346, (211, 211, -211, -211, 111)), Mode(0.00477, (211, 211, -211, -211, 111, 111)),
    Mode(0.00323, (211, -211, 111, 221)), Mode(0.0040689, (321, -321)), Mode(2 * 0.0033536, (311, -321, 211)),
    Mode(0.0034102, (321, -321, 111)),
)  # fmt: skip
D_PLUS = (
    Mode(0.088137, (-11, 12, -311), _STRANGE), Mode(0.086764, (-13, 14, -311), _STRANGE),
    Mode(0.053994, (-11, 12, -313)), Mode(0.052634, (-13, 14, -313)),
    Mode(0.0037177, (-11, 12, 111), _DOWN), Mode(0.0035, (-13, 14, 111), _DOWN),
    Mode(0.0011061, (-11, 12, 221), _DOWN), Mode(0.0010413, (-13, 14, 221), _DOWN),
    Mode(0.0018702, (-11, 12, 113)), Mode(0.00164, (-13, 14, 113)), Mode(0.001693, (-11, 12, 223)),
    Mode(0.0017711, (-13, 14, 223)), Mode(0.015542, (310, 211)), Mode(0.0146, (130, 211)),
    Mode(0.093134, (-321, 211, 211)), Mode(2 * 0.073111, (-311, 211, 111)), Mode(0.0635, (-321, 211, 211, 111)),
    Mode(2 * 0.030828, (-311, 211, 211, -211)), Mode(2 * 0.02888, (-311, 211, 111, 111)),
    Mode(0.0056738, (-321, 211, 211, 211, -211)), Mode(2 * 0.0061, (-311, 211, 211, -211, 111)),
    Mode(2 * 0.00707, (-311, 211, 223)), Mode(2 * 0.0127, (-311, 211, 221)),
    Mode(2 * 0.0014, (-311, 211, 111, 111, 111)), Mode(0.00495, (-321, 211, 211, 111, 111)),
    Mode(0.00327, (211, 211, -211)), Mode(0.00461, (211, 111, 111)), Mode(0.01165, (211, 211, -211, 111)),
    Mode(0.00417, (211, 111, 111, 111)), Mode(0.01074, (211, 211, -211, 111, 111)),
    Mode(0.00342, (211, 211, -211, 111, 111, 111)), Mode(0.0037543, (221, 211)), Mode(0.0032, (221, 211, 111, 111)),
    Mode(0.00341, (221, 211, 211, -211)), Mode(0.00388, (221, 211, 211, -211, 111)), Mode(0.00387, (223, 211, 111)),
    Mode(0.0049649, (331, 211)), Mode(0.0030235, (310, 321)), Mode(0.00321, (130, 321)),
    Mode(0.00507, (310, 321, 111)), Mode(0.00524, (130, 321, 111)), Mode(0.0096118, (321, -321, 211)),
    Mode(0.00662, (321, -321, 211, 111)), Mode(9.9e-4, (-15, 16)),
)  # fmt: skip
D_STRANGE = (
    Mode(0.053923, (-15, 16)), Mode(0.0053691, (-13, 14)), Mode(0.023353, (-11, 12, 333)),
    Mode(0.022367, (-13, 14, 333)), Mode(0.022714, (-11, 12, 221), _STRANGE), Mode(0.022393, (-13, 14, 221), _STRANGE),
    Mode(0.008059, (-11, 12, 331), _STRANGE), Mode(0.0080429, (-13, 14, 331), _STRANGE),
    Mode(0.0028827, (-11, 12, 311), _DOWN), Mode(0.0020501, (-11, 12, 313)),
    Mode(0.015003, (321, 310)), Mode(0.01485, (321, 130)), Mode(0.0186, (310, 130, 211)),
    Mode(0.0073222, (310, 310, 211)), Mode(0.0073222, (130, 130, 211)), Mode(0.054528, (321, -321, 211)),
    Mode(2 * 0.014708, (321, -311, 111)), Mode(0.055326, (321, -321, 211, 111)),
    Mode(2 * 0.015687, (311, -321, 211, 211)), Mode(2 * 0.0093358, (321, -311, 211, -211)),
    Mode(0.0066, (321, -321, 211, 211, -211)), Mode(0.010902, (211, 211, -211)), Mode(0.0051515, (211, 111, 111)),
    Mode(0.0204, (211, 211, -211, 111)), Mode(0.0079597, (211, 211, 211, -211, -211)),
    Mode(0.0210, (211, 211, -211, 111, 111)), Mode(0.016859, (221, 211)), Mode(0.091022, (221, 211, 111)),
    Mode(0.0308, (221, 211, 211, -211)), Mode(0.039491, (331, 211)), Mode(0.061399, (331, 211, 111)),
    Mode(0.0054, (223, 221, 211)), Mode(0.0062287, (321, 211, -211)), Mode(2 * 0.0050944, (311, 211, 111)),
    Mode(0.0096866, (321, 211, -211, 111)), Mode(0.0082, (321, 223, 111)), Mode(0.0079, (321, 223, 221)),
    Mode(0.0054, (321, 223, 211, -211)), Mode(0.049, (211, 211, 211, -211, -211, 111)),
)  # fmt: skip
LAMBDA_C = (
    Mode(0.0356, (-11, 12, 3122)), Mode(0.0348, (-13, 14, 3122)), Mode(0.016274, (2212, 310)),
    Mode(0.0167, (2212, 130)), Mode(0.063748, (2212, -321, 211)), Mode(0.021221, (2212, 310, 111)),
    Mode(0.0202, (2212, 130, 111)), Mode(2 * 0.0186, (2112, -311, 211)), Mode(2 * 0.0085, (2112, -311, 211, 111)),
    Mode(0.019, (2112, -321, 211, 211)), Mode(0.0089555, (2212, -311, 221)), Mode(0.016322, (2212, 310, 211, -211)),
    Mode(0.0169, (2212, 130, 211, -211)), Mode(0.045378, (2212, -321, 211, 111)),
    Mode(0.0102, (2212, -321, 211, 111, 111)), Mode(0.0046869, (2212, 211, -211)), Mode(0.0064, (2112, 211, 111)),
    Mode(0.0045, (2112, 211, 211, -211)), Mode(0.013166, (3122, 211)), Mode(0.071582, (3122, 211, 111)),
    Mode(0.036917, (3122, 211, 211, -211)), Mode(0.022949, (3122, 211, 211, -211, 111)),
    Mode(0.019182, (3122, 211, 221)), Mode(0.0059249, (3122, 321, -311)), Mode(0.01294, (3212, 211)),
    Mode(0.0076497, (3212, 211, 221)), Mode(0.012731, (3222, 111)), Mode(0.0034041, (3222, 221)),
    Mode(0.0042013, (3222, 331)), Mode(0.045664, (3222, 211, -211)), Mode(0.018718, (3112, 211, 211)),
    Mode(0.035723, (3212, 211, 111)), Mode(0.015746, (3222, 111, 111)), Mode(0.011264, (3212, 211, 211, -211)),
    Mode(0.017217, (3222, 223)), Mode(0.0211, (3112, 211, 211, 111)), Mode(0.0036639, (3222, 321, -321)),
    Mode(0.0055348, (3322, 321)), Mode(0.0063069, (3312, 321, 211)), Mode(0.00779, (3322, 321, 111)),
    Mode(2 * 0.0037, (3322, 311, 211)),
)  # fmt: skip


def completed(modes: tuple[Mode, ...]) -> tuple[Mode, ...]:
    """Give the same modes, the hadronic ones multiplied by one number such that all branching ratios add up to 1.

    Examples
    --------
    >>> mode = completed(D_STRANGE)[0]
    >>> mode.ids, mode.branching
    ((-15, 16), 0.053923)
    """
    leptonic = [not NEUTRINOS.isdisjoint(m.ids) for m in modes]
    kept, scaled = (
        sum(m.branching for m, x in zip(modes, leptonic, strict=True) if x == kind) for kind in (True, False)
    )
    factor = (1.0 - kept) / scaled
    return tuple(
        m if x else replace(m, branching=m.branching * factor) for m, x in zip(modes, leptonic, strict=True)
    )


CHARM: dict[int, tuple[Mode, ...]] = {
    4122: completed(LAMBDA_C),
    433: (Mode(0.93553, (431, 22)), Mode(0.057732, (431, 111)), Mode(0.0067358, (11, -11, 431), _PHOTON)),
    413: (Mode(0.67688, (421, 211)), Mode(0.30689, (411, 111)), Mode(0.01623, (411, 22))),
    423: (Mode(0.64672, (421, 111)), Mode(0.35328, (421, 22)), Mode(0.0039144, (11, -11, 421), _PHOTON)),
    431: completed(D_STRANGE),
    411: completed(D_PLUS),
    421: completed(D_ZERO),
}
"""Modes by id, in an order in which no product comes before its parent."""
