r"""V -> V' a b through an S-wave contact term: omega pi pi, phi pi pi, K* K pi (fits of arXiv:2201.01788).

    amplitude ~ e.e'*  (four-vectors; e: polarisation of V, e': of V'; a b: isotropic in their rest frame)
    dGamma ~ p_V k_ab (1 + (e.p_V)^2/m_V'^2) dm_ab dOmega_V        (V rest frame, e real and e^2 = 1)

p_V: momentum of V', k_ab: momentum of a in the (ab) frame.  Averaged over e the factor is 1 + p_V^2/(3 m_V'^2).
Summed over its spin V' keeps the projection of e: e' ~ e - p_V (p_V.e)/m_V'^2, and decays with its own matrix
element (`darkbeam.decays.polarised_vectors`).  Unpolarised V: isotropic e.

Sub-modes: pi0 pi0 counts one half of pi+ pi-; K_S K+- pi-+ pi0 is the sum of K*0 K+- pi-+ (|b1 + b0|^2) and of
K*+- K_S pi-+ and K*+- K-+ pi0 (|b1 - b0|^2 each, `darkbeam.hadrons.vector_pair`), added without interference of
the chains with each other, as in the published sum.  m_ab: inverse of the cumulative law on 2049 nodes.  V' is
on its mass shell, as in the published rates.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.hadrons.vector_pair import M_KSTAR, kstar_isospin
from darkbeam.kinematics import boost_from_rest, breakup_momentum

from .angular import around, cosine, isotropic, polarisation_axes
from .choice import stratified_choice
from .particles import anti, mass_of
from .polarised_vectors import vector_decay
from .pool import Pool
from .setting import DEFAULT_SETTING
from .vector_decays import decay_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.hadrons.couplings import Couplings

    from .setting import DecaySetting

    Floats = NDArray[np.float64]

__all__ = ["VECTOR_CHAINS", "Chain", "VectorChains", "pair_mass_law"]

NODES = 2049


def _photon_like(_mass: float, _couplings: Couplings) -> float:
    return 1.0


def _kstar_plus(mass: float, couplings: Couplings) -> float:
    b1, b0 = kstar_isospin(np.array([mass * mass]), couplings)
    return float(np.abs(b1[0] + b0[0]) ** 2)


def _kstar_minus(mass: float, couplings: Couplings) -> float:
    b1, b0 = kstar_isospin(np.array([mass * mass]), couplings)
    return float(np.abs(b1[0] - b0[0]) ** 2)


@dataclass(frozen=True)
class Chain:
    """One sub-mode: ids of V', a, b; ids into which V' is forced (None: by branching ratio); weight, |F|^2."""

    vector: int
    pair: tuple[int, int]
    forced: tuple[int, ...] | None = None
    weight: float = 1.0
    form: Callable[[float, Couplings], float] = field(default=_photon_like)

    @property
    def vector_mass(self) -> float:
        """Mass of V', GeV."""
        return M_KSTAR if abs(self.vector) in {313, 323} else mass_of(self.vector)

    @property
    def threshold(self) -> float:
        """Sum of the masses, GeV."""
        return self.vector_mass + sum(map(mass_of, self.pair))


@lru_cache(maxsize=256)
def pair_mass_law(mass: float, m_V: float, m_a: float, m_b: float) -> tuple[Floats, Floats]:
    """Nodes of m_ab (GeV) and integral of the rate up to each (GeV^3): the last one is the rate."""
    low, high = m_a + m_b, mass - m_V
    t = np.linspace(0.0, np.pi, NODES)
    m_ab = low + (high - low) * 0.5 * (1.0 - np.cos(t))  # both ends go like a square root: smooth in t
    p = breakup_momentum(mass, m_ab, m_V)
    rate = p * breakup_momentum(m_ab, m_a, m_b) * (1.0 + p * p / (3.0 * m_V * m_V)) * np.sin(t) * (high - low)
    steps = 0.25 * (t[1] - t[0]) * (rate[1:] + rate[:-1])
    return m_ab, np.concatenate([[0.0], np.cumsum(steps)])


def _contact(
    chain: Chain, mass: float, n: int, rng: np.random.Generator, setting: DecaySetting
) -> tuple[Floats, Floats, Floats, Floats]:
    """Momenta of a, b, V' and polarisation of V', each (4, n)."""
    m_V, (m_a, m_b) = chain.vector_mass, map(mass_of, chain.pair)
    nodes, integral = pair_mass_law(mass, m_V, m_a, m_b)
    m_ab = np.interp(rng.random(n) * integral[-1], integral, nodes)
    p = breakup_momentum(mass, m_ab, m_V)
    e = polarisation_axes(setting.density, n, rng)
    x = cosine(1.0, np.square(p / m_V), n, rng)
    q = np.empty((4, n))
    q[0], q[1:] = np.sqrt(p * p + m_V * m_V), p * around(e, x, rng)
    polarisation = q * (p * x / m_V**2)  # p_V.e = -p x as a product of four-vectors
    polarisation[1:] += e
    pair = np.concatenate([(mass - q[0])[None], -q[1:]])
    k = breakup_momentum(m_ab, m_a, m_b)
    a, b = np.empty((4, n)), np.empty((4, n))
    a[0], b[0] = np.sqrt(k * k + m_a * m_a), np.sqrt(k * k + m_b * m_b)
    a[1:] = k * isotropic(n, rng)
    np.negative(a[1:], out=b[1:])
    return boost_from_rest(a, pair, m_ab), boost_from_rest(b, pair, m_ab), q, polarisation


@dataclass(frozen=True)
class VectorChains:
    """Sampler of one channel: its sub-modes; with ``conjugate`` half of the decays are charge conjugate."""

    chains: tuple[Chain, ...]
    conjugate: bool = False

    def rates(self, mass: float, couplings: Couplings) -> list[float]:
        """Relative rate of each sub-mode at one mass (GeV), zero if closed."""
        return [
            c.weight
            * c.form(mass, couplings)
            * float(pair_mass_law(mass, c.vector_mass, *map(mass_of, c.pair))[1][-1])
            if mass > c.threshold
            else 0.0
            for c in self.chains
        ]

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `darkbeam.decays.channels.Sampler`."""
        pool = Pool()
        copies = 2 if self.conjugate else 1
        rates = [r for r in self.rates(mass, setting.couplings) for _ in range(copies)]
        choice = stratified_choice(rates, len(events), rng)
        for k in range(len(rates)):
            chosen = events[choice == k]
            if len(chosen):
                _fill(pool, self.chains[k // copies], k % copies == 1, mass, chosen, rng, setting)
        return pool


def _fill(
    pool: Pool, chain: Chain, flipped: bool, mass: float,
    events: NDArray[np.int64], rng: np.random.Generator, setting: DecaySetting,
) -> None:  # fmt: skip
    """Put the products of one sub-mode, charge conjugate if ``flipped``, into the pool."""
    a, b, q, polarisation = _contact(chain, mass, len(events), rng, setting)
    products = [(chain.pair[0], events, a), (chain.pair[1], events, b)]
    if chain.forced is None:
        products += [(i, events[rows], p) for i, rows, p in vector_decay(chain.vector, q, polarisation, rng)]
    else:
        momenta = decay_to(chain.forced, q, polarisation, rng)
        products += [(i, events, p) for i, p in zip(chain.forced, momenta, strict=True)]
    for pdg, rows, p4 in products:
        pool.add(anti(pdg) if flipped else pdg, rows, p4)


def _pions(vector: int) -> VectorChains:
    return VectorChains((Chain(vector, (211, -211)), Chain(vector, (111, 111), weight=0.5)))


VECTOR_CHAINS: dict[str, VectorChains] = {
    "omegapipi": _pions(223),
    "phipipi": _pions(333),
    "K+K-pi+pi-": VectorChains((Chain(313, (-321, 211), (321, -211)),), conjugate=True),
    "K_SK+-pi-+pi0": VectorChains(
        (
            Chain(313, (-321, 211), (310, 111), form=_kstar_plus),
            Chain(323, (310, -211), (321, 111), form=_kstar_minus),
            Chain(323, (-321, 111), (310, 211), form=_kstar_minus),
        ),
        conjugate=True,
    ),
}
"""Samplers of the V' a b channels."""
