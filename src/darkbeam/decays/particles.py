"""PDG ids, masses and the particles that live long enough to reach a detector.

Charge conjugation flips the sign of an id unless the particle is its own antiparticle.  K_S (310) and K_L
(130) are mass eigenstates; K0 (311) turns into either with probability one half.
"""

from __future__ import annotations

from darkbeam.constants import (
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
    M_TAU,
)

__all__ = ["MASS", "OMEGA_RADIATIVE", "STABLE", "anti", "mass_of"]

OMEGA_RADIATIVE = 9000223
"""Private id: an omega forced to decay to pi0 gamma (the part of omega pi0 that is not in the 4 pi
channel)."""

MASS = {
    11: M_E, 12: 0.0, 13: M_MU, 14: 0.0, 15: M_TAU, 16: 0.0, 22: 0.0,
    111: M_PI0, 130: M_K0, 211: M_PI, 221: M_ETA, 223: M_OMEGA, 310: M_K0, 311: M_K0, 321: M_K,
    331: M_ETAP, 333: M_PHI, 2112: M_N, 2212: M_P, OMEGA_RADIATIVE: M_OMEGA,
}  # fmt: skip
"""Mass of each particle by absolute PDG id, GeV."""
STABLE = frozenset({11, 12, 13, 14, 16, 22, 130, 211, 321, 2112, 2212})
"""Absolute ids that are not decayed here."""
_SELF_CONJUGATE = frozenset({22, 111, 130, 221, 223, 310, 331, 333, OMEGA_RADIATIVE})


def anti(pdg: int) -> int:
    """Antiparticle's id."""
    return pdg if pdg in _SELF_CONJUGATE else -pdg


def mass_of(pdg: int) -> float:
    """Mass in GeV."""
    return MASS[abs(pdg)]
