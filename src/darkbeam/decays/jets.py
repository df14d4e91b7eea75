r"""Hadronic decays above 2 GeV as a statistical multi-hadron model ("quarks").

A decay is one of two classes: only pions (probability 1 - P_KAON), or a kaon pair with pions.  The number of
pions n has Poisson weights of mean lambda(m) - 2 in n - 2 (pions only) or in n (beside kaons); charges follow
the statistical weights n!/(n+! n-! n0!) at fixed total charge.  Photon quantum numbers enter through the
G-parity of the pion class: isovector (n = 4, 6, ...) to isoscalar (n = 3, 5, ...) as 9 to 1.  Two-body pi pi
and K K are left out (below 1 % at 2 GeV), all-neutral pion states are forbidden by C.  Momenta: flat phase
space.

    lambda(m) = LAMBDA_2 + GROWTH ln(m/2 GeV)

This is a model, not a fit.  LAMBDA_2 makes the charged multiplicity (K_S decays counted) continuous with the
exclusive channels: 3.10 there at 2 GeV; 3.1 at 2.05, 3.3 at 2.5, 3.5 at 3, 3.9 at 4, 4.9 at 8 GeV here.
It knows no eta, omega, baryons or charm (a real generator for these is left to the hadronisation option).
m GeV; valid from 2 to 10 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, factorial, log
from typing import TYPE_CHECKING

from darkbeam.kinematics.phase_space import n_body

from .choice import stratified_choice
from .particles import mass_of
from .pool import Pool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["composition", "sample_quarks"]

P_KAON = 0.22
"""Probability of a kaon pair: that of the exclusive channels at 1.9 GeV (s sbar alone would be 1/6)."""
LAMBDA_2 = 4.1
GROWTH = 2.4
N_MAX = 12
P_MIN = 2.0e-3
"""Compositions rarer than this are left out and the others renormalised."""
KAON_PAIRS = ((321, -321), (311, -311), (321, -311), (-321, 311))
"""K+ K-, K0 K0bar, K+ K0bar, K- K0, equally likely."""


@dataclass(frozen=True)
class Composition:
    """Probability and PDG ids of one set of hadrons."""

    probability: float
    ids: tuple[int, ...]


def _pions(plus: int, minus: int, zero: int) -> tuple[int, ...]:
    return (211,) * plus + (-211,) * minus + (111,) * zero


def _charge_states(n: int, charge: int) -> dict[tuple[int, ...], float]:
    """Statistical probabilities of n pions with a total charge; all-neutral only beside kaons."""
    weights = {}
    for zero in range(n + 1):
        charged = n - zero
        plus, odd = divmod(charged + charge, 2)
        minus = charged - plus
        if odd or plus < 0 or minus < 0:
            continue
        weights[_pions(plus, minus, zero)] = factorial(n) / (
            factorial(plus) * factorial(minus) * factorial(zero)
        )
    total = sum(weights.values())
    return {ids: w / total for ids, w in weights.items()}


def _poisson(n: int, mean: float) -> float:
    return exp(-mean) * mean**n / factorial(n) if n >= 0 else 0.0


def _pion_class(mean: float) -> dict[tuple[int, ...], float]:
    """Compositions without kaons; isospin share fixed at 9 (even) to 1 (odd)."""
    out: dict[tuple[int, ...], float] = {}
    for first, share in ((4, 0.9), (3, 0.1)):
        weights = {n: _poisson(n - 2, mean - 2.0) for n in range(first, N_MAX + 1, 2)}
        total = sum(weights.values())
        for n, w in weights.items():
            states = {ids: p for ids, p in _charge_states(n, 0).items() if 211 in ids}
            norm = sum(states.values())
            out |= {ids: share * w / total * p / norm for ids, p in states.items()}
    return out


def _kaon_class(mean: float) -> dict[tuple[int, ...], float]:
    """Compositions with a kaon pair, which takes the place of two pions."""
    out: dict[tuple[int, ...], float] = {}
    for pair in KAON_PAIRS:
        charge = -sum((i == 321) - (i == -321) for i in pair)
        for n in range(1, N_MAX - 1):
            for ids, p in _charge_states(n, charge).items():
                out[pair + ids] = 0.25 * _poisson(n, mean - 2.0) * p
    return out


@lru_cache(maxsize=256)
def composition(mass: float) -> tuple[Composition, ...]:
    """Hadron sets at one mass (GeV) with probabilities that sum to 1."""
    mean = LAMBDA_2 + GROWTH * log(mass / 2.0)
    classes = ((1.0 - P_KAON, _pion_class(mean)), (P_KAON, _kaon_class(mean)))
    table: dict[tuple[int, ...], float] = {}
    for share, states in classes:
        kept = {ids: p for ids, p in states.items() if p > P_MIN and sum(map(mass_of, ids)) < mass - 0.05}
        total = sum(kept.values())
        table |= {ids: share * p / total for ids, p in kept.items()}
    return tuple(Composition(p, ids) for ids, p in table.items())


def sample_quarks(mass: float, events: NDArray[np.int64], rng: np.random.Generator) -> Pool:
    """Hadrons of the given events (ascending numbers) at rest."""
    states = composition(mass)
    choice = stratified_choice([state.probability for state in states], len(events), rng)
    pool = Pool()
    for k, state in enumerate(states):
        chosen = events[choice == k]
        momenta = n_body(mass, tuple(map(mass_of, state.ids)), len(chosen), rng)
        for pdg, p4 in zip(state.ids, momenta, strict=True):
            pool.add(pdg, chosen, p4)
    return pool
