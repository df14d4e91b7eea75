r"""Charm and beauty just above threshold: pairs of heavy mesons in place of strings.

    weight(P1 P2) = spin * strange * p^3,   p = momentum of the pair at rest mass m

spin = 1 : 4 : 7 for D Dbar : D Dbar* + c.c. : D* Dbar*, the spin count of De Rujula, Georgi, Glashow (Phys. Rev. Lett.
37 (1976) 398): a Q Qbar pair of spin 1 without orbital momentum leaves the light quarks, of spin 1 and in a P wave,
with total angular momentum 0; recoupling (Q qbar)(q Qbar) gives 1/12, 4/12, 7/12 (derived in the tests).
strange = 1 for u and d and `STRANGE` for s (probStoUD of Pythia's default tune).
p^3 is the P wave of two mesons from a vector current.  It knows neither the nodes of the psi wave functions nor
final-state interactions, which move D Dbar : D Dbar* : D* Dbar* by factors of two between 3.9 and 4.3 GeV.

Only pairs from threshold to `PAIRS_ONLY` above it (D D_1 opens at 4.29 GeV), a share falling linearly to zero at
`STRINGS_ONLY`, strings beyond.  Masses from the `particle` package (PDG), GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import breakup_momentum

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PAIRS", "HeavyPair", "open_pairs", "pair_momentum", "pair_share", "threshold"]

STRANGE = 0.217
PAIRS_ONLY = 0.56
STRINGS_ONLY = 1.0


@dataclass(frozen=True)
class HeavyPair:
    """Two heavy mesons: PDG ids of meson and antimeson, and their weight without p^3."""

    ids: tuple[int, int]
    weight: float


def _family(pseudoscalar: int, vector: int, strange: float) -> tuple[HeavyPair, ...]:
    """P Pbar, P Vbar, V Pbar (2 each of the 4) and V Vbar of one light flavour."""
    return (
        HeavyPair((pseudoscalar, -pseudoscalar), strange),
        HeavyPair((pseudoscalar, -vector), 2.0 * strange),
        HeavyPair((vector, -pseudoscalar), 2.0 * strange),
        HeavyPair((vector, -vector), 7.0 * strange),
    )


PAIRS = {
    "c": (*_family(421, 423, 1.0), *_family(411, 413, 1.0), *_family(431, 433, STRANGE)),
    "b": (*_family(521, 523, 1.0), *_family(511, 513, 1.0), *_family(531, 533, STRANGE)),
}
"""Pairs by heavy flavour."""


@lru_cache(maxsize=64)
def _meson_mass(pdg: int) -> float:
    from particle import Particle

    mass = Particle.from_pdgid(pdg).mass
    if mass is None:
        raise ValueError(f"no mass of particle {pdg}")
    return float(mass) * 1e-3


def threshold(pair: HeavyPair) -> float:
    """Sum of the two masses, GeV."""
    return sum(_meson_mass(abs(i)) for i in pair.ids)


def pair_momentum(mass: float, pair: HeavyPair) -> float:
    """Momentum of the two mesons at rest mass ``mass``, zero below threshold; GeV."""
    a, b = (_meson_mass(abs(i)) for i in pair.ids)
    return float(breakup_momentum(mass, a, b)) if mass > a + b else 0.0


@lru_cache(maxsize=256)
def open_pairs(flavour: str, mass: float) -> tuple[tuple[HeavyPair, ...], NDArray[np.float64]]:
    """Pairs open at a mass (GeV) and their probabilities.

    Examples
    --------
    >>> [pair.ids for pair in open_pairs("c", 3.735)[0]]
    [(421, -421)]
    """
    pairs = tuple(pair for pair in PAIRS[flavour] if mass > threshold(pair))
    weights = np.array([pair.weight * pair_momentum(mass, pair) ** 3 for pair in pairs])
    return pairs, weights / weights.sum() if pairs else weights


@lru_cache(maxsize=256)
def pair_share(flavour: str, mass: float) -> float:
    """Probability that a heavy quark pair becomes two mesons and not a string.

    Examples
    --------
    >>> pair_share("c", 4.0), pair_share("c", 6.0)
    (1.0, 0.0)
    """
    above = mass - min(threshold(pair) for pair in PAIRS[flavour])
    return float(np.clip((STRINGS_ONLY - above) / (STRINGS_ONLY - PAIRS_ONLY), 0.0, 1.0))
