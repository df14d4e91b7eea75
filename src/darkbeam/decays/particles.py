"""PDG ids, masses, widths and lifetimes of everything that decays of a vector can contain.

Charge conjugation flips the sign of an id unless the particle is its own antiparticle.  K_S (310) and K_L
(130) are mass eigenstates; K0 (311) turns into either with probability one half.  Numbers: Particle Data
Group as distributed in the package ``particle`` (a test compares them).
"""

from __future__ import annotations

from darkbeam.constants import (
    HBARC_GEV_M,
    M_D,
    M_E,
    M_ETA,
    M_ETAP,
    M_K,
    M_K0,
    M_MU,
    M_N,
    M_OMEGA,
    M_P,
    M_PHI,
    M_PI,
    M_PI0,
    M_RHO,
    M_TAU,
)

__all__ = [
    "CHARGE", "CTAU", "LONG_LIVED", "MASS", "STABLE", "WIDTH", "anti", "charge_of", "mass_of",
]  # fmt: skip

MASS = {
    11: M_E, 12: 0.0, 13: M_MU, 14: 0.0, 15: M_TAU, 16: 0.0, 22: 0.0,
    111: M_PI0, 113: M_RHO, 130: M_K0, 211: M_PI, 213: 0.77511, 221: M_ETA, 223: M_OMEGA, 310: M_K0, 311: M_K0,
    313: 0.89556, 321: M_K, 323: 0.89188, 331: M_ETAP, 333: M_PHI,
    411: 1.86966, 413: 2.01027, 421: M_D, 423: 2.00686, 431: 1.96835, 433: 2.1122,
    2112: M_N, 2212: M_P, 3112: 1.197449, 3122: 1.115683, 3212: 1.192642, 3222: 1.18937, 3312: 1.32171,
    3322: 1.31486, 3334: 1.67245, 4122: 2.28646,
}  # fmt: skip
"""Mass of each particle by absolute PDG id, GeV."""
WIDTH = {113: 0.1474, 213: 0.1491, 313: 0.0471, 323: 0.0485}
"""Widths (GeV) of the particles whose mass is drawn, and read back from their momentum, case by case."""
_WIDTH_OF_LONG_LIVED = {
    310: 7.3508e-15, 3112: 4.45e-15, 3122: 2.515e-15, 3222: 8.209e-15, 3312: 4.02e-15, 3322: 2.27e-15,
    3334: 8.02e-15,
}  # fmt: skip
CTAU = {pdg: HBARC_GEV_M / width for pdg, width in _WIDTH_OF_LONG_LIVED.items()}
"""Proper decay lengths (m) of the particles that fly a visible distance."""
LONG_LIVED = frozenset(CTAU)
STABLE = frozenset({11, 12, 13, 14, 16, 22, 130, 211, 321, 2112, 2212})
"""Absolute ids that are not decayed here."""
CHARGE = {
    11: -1, 13: -1, 15: -1, 211: 1, 213: 1, 321: 1, 323: 1, 411: 1, 413: 1, 431: 1, 433: 1, 2212: 1,
    3112: -1, 3222: 1, 3312: -1, 3334: -1, 4122: 1,
}  # fmt: skip
"""Electric charges by absolute id; neutral if absent."""
_SELF_CONJUGATE = frozenset({22, 111, 113, 130, 221, 223, 310, 331, 333})


def anti(pdg: int) -> int:
    """Antiparticle's id."""
    return pdg if pdg in _SELF_CONJUGATE else -pdg


def mass_of(pdg: int) -> float:
    """Mass in GeV."""
    return MASS[abs(pdg)]


def charge_of(pdg: int) -> int:
    """Electric charge in units of e."""
    return CHARGE.get(abs(pdg), 0) * (1 if pdg > 0 else -1)
