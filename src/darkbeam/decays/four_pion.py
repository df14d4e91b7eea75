r"""2(pi+ pi-) and pi+ pi- 2 pi0 with the current of arXiv:0804.0359 (fit of arXiv:1911.11147).

    dGamma ~ sum_ij rho_ij J_i J_j^* dPhi_4,      rho = 1/3 if unpolarised, where sum_i |J_i|^2 = -J.J^*

with the three-vector J = sum_X c_X F_X(m^2) j_X in the rest frame (`darkbeam.hadrons.four_pion_current`), m in GeV
from threshold to about 2.5.  The amplitude is isovector: couplings only set its size, and with c1 = 0 the channel is
closed.  Candidates: four per set from a mixture of maps (`four_pion_maps`), see `candidates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.hadrons.four_pion_current import (
    OMEGA,
    RHO,
    charged_coefficients,
    neutral_coefficients,
    prefactors,
)

from .candidates import Candidates, orientations, rotate, unweighted, weighted
from .choice import child_streams
from .four_pion_maps import Family, Mixture
from .particles import mass_of
from .pool import Pool
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.hadrons.four_pion_current import Invariants

    from .candidates import Source
    from .setting import DecaySetting

    Complex = NDArray[np.complex128]
    Order = tuple[int, int, int, int]

__all__ = ["FOUR_PION_CHARGED", "FOUR_PION_NEUTRAL", "FourPion", "FourPionSource", "check_isovector", "fill"]

A1_SHAPE, FLAT = (1.1, 0.5), (1.0, 1.2)
"""Poles of the maps for a1 with its running width, and for what has no narrow structure."""
OMEGA_ORDERS = ((0, 1, 2, 3), (1, 0, 2, 3))
RHO_BY_CHARGED = ((3, 1, 0, 2), (3, 0, 1, 2), (2, 1, 0, 3), (2, 0, 1, 3))
RHO_BY_NEUTRAL = ((0, 3, 1, 2), (0, 2, 1, 3), (1, 2, 0, 3), (1, 3, 0, 2))
ALL_CHARGED = (*RHO_BY_CHARGED, (0, 2, 1, 3), (0, 3, 1, 2), (1, 2, 0, 3), (1, 3, 0, 2))


FLAT_ABOVE = 1.6
"""Mass (GeV) above which a second rho candidate of charged pions replaces the second omega candidate."""
OMEGA_RHO_A1 = (
    Family(OMEGA_ORDERS, OMEGA, FLAT, 2), Family(RHO_BY_CHARGED, A1_SHAPE, RHO), Family(RHO_BY_NEUTRAL, FLAT, RHO),
)  # fmt: skip
RHO_A1_OMEGA = (
    Family(OMEGA_ORDERS, OMEGA, FLAT), Family(RHO_BY_CHARGED, A1_SHAPE, RHO), Family(RHO_BY_NEUTRAL, FLAT, RHO),
    Family(OMEGA_ORDERS, FLAT, RHO),
)  # fmt: skip


@dataclass(frozen=True)
class FourPionSource:
    """Candidates of one mode at one mass (GeV)."""

    mode: FourPion
    mass: float

    @cached_property
    def mixture(self) -> Mixture:
        """Maps."""
        mode = self.mode
        return Mixture(
            self.mass, mode.masses, mode.families if self.mass < FLAT_ABOVE else mode.families_above
        )

    @property
    def size(self) -> int:
        """Candidates in a set."""
        return self.mixture.size

    def candidates(self, n: int, rng: np.random.Generator) -> Candidates:
        """``n`` sets in body frames."""
        u = rng.random((n, 5 * self.size))  # by set: the first ones stay the same when n changes
        q = self.mixture.generate(np.ascontiguousarray(u.T).reshape(5, self.size, n))
        inv = self.mixture.invariants(q)
        j, f = self.mode.coefficients(inv), prefactors(self.mass**2)
        A = j[0]
        A *= f[0]
        for fX, jX in zip(f[1:], j[1:], strict=True):
            A += np.multiply(jX, fX, out=jX)
        A[:3] -= A[3]  # the three-momenta add up to zero
        J = A[0] * q[0, 1:]
        J += A[1] * q[1, 1:]
        J += A[2] * q[2, 1:]
        square = np.square(J.real) + np.square(J.imag)
        return Candidates((square[0] + square[1] + square[2]) / self.mixture.density(inv), q, J)


@dataclass(frozen=True)
class FourPion:
    """Sampler of one mode.

    Attributes
    ----------
    pdg : tuple of int
        In the order of the current.
    families, families_above : tuple of Family
        Maps below and above FLAT_ABOVE.
    coefficients : callable
        Of `darkbeam.hadrons.four_pion_current`.
    permutations : tuple
        Orders of the momenta that leave |J|^2 as it is; each decay gets one of them.
    """

    pdg: Order
    families: tuple[Family, ...]
    families_above: tuple[Family, ...]
    coefficients: Callable[[Invariants], list[Complex]]
    permutations: tuple[Order, ...]

    @property
    def masses(self) -> tuple[float, ...]:
        """Masses of the pions, GeV."""
        return tuple(mass_of(i) for i in self.pdg)

    def at(self, mass: float) -> FourPionSource:
        """Candidates at one mass (GeV)."""
        return FourPionSource(self, mass)

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay at rest for each event, see `darkbeam.decays.channels.Sampler`."""
        check_isovector("four pions", mass, sum(self.masses), setting)
        pool = Pool()
        fill(pool, self.at(mass), (self.pdg, self.permutations), events, rng, setting)
        return pool


def check_isovector(what: str, mass: float, threshold: float, setting: DecaySetting) -> None:
    """Refuse a closed channel: no isovector coupling, or a mass (GeV) below threshold."""
    if setting.couplings.c1 == 0.0:
        raise ValueRangeError(f"{what} come from the isovector current: the channel is closed for x_u = x_d.")
    if mass <= threshold:
        raise ValueRangeError(f"{what} need a mass above {threshold:.4f} GeV, not {mass:g} GeV.")


def fill(
    pool: Pool, source: Source, particles: tuple[tuple[int, ...], tuple[tuple[int, ...], ...]],
    events: NDArray[np.int64], rng: np.random.Generator, setting: DecaySetting,
) -> None:  # fmt: skip
    """Put one decay of the source for each event into the pool; ``particles``: ids and orders of the momenta."""
    n = len(events)
    if n == 0:
        return
    pdg, permutations = particles
    maps, turns, swaps = child_streams(rng, 3)
    found = (weighted if setting.weighted else unweighted)(source, n, maps)
    order = np.array(permutations)[swaps.integers(len(permutations), size=n)]
    R = orientations(found.current, setting.density, turns)
    here = np.arange(n)
    for k, i in enumerate(pdg):
        p = found.momenta[order[:, k], :, here].T
        pool.add(i, events, np.concatenate([p[:1], rotate(R, p[1:])]))
    if setting.weighted:
        pool.weigh(events, found.weight / found.weight.mean())


FOUR_PION_CHARGED = FourPion(
    (211, 211, -211, -211), (Family(ALL_CHARGED, A1_SHAPE, RHO, 4),), (Family(ALL_CHARGED, A1_SHAPE, RHO, 4),),
    charged_coefficients,
    ((0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 0, 1), (2, 3, 1, 0), (3, 2, 1, 0)),
)  # fmt: skip
"""2(pi+ pi-)."""
FOUR_PION_NEUTRAL = FourPion(
    (111, 111, 211, -211), OMEGA_RHO_A1, RHO_A1_OMEGA, neutral_coefficients,
    ((0, 1, 2, 3), (1, 0, 2, 3), (0, 1, 3, 2), (1, 0, 3, 2)),
)  # fmt: skip
"""pi+ pi- 2 pi0."""
