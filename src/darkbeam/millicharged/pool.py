r"""Virtual photons of one source at all pair masses, made once and used for every mass of the particle.

The photons do not know the particle's mass m, which enters through S(q^2) only (`darkbeam.models.millicharged`):

    dN/dq = 2 q F(q) S(q^2) = (F/q) 2 q^2 S(q^2)

so a photon with a weight that stands for F/q dq makes weight 2 q^2 S(q^2) pairs.  Who uses a pool at one mass scales
these to the pairs that the source makes there by quadrature, which removes 1-4 % of statistical error.

* Dalitz decays: q is drawn half from F/q, half evenly in t = ln q - ln(q_max - q); the mother comes from its table and
  gives the axis of the pair's decay.
* Other sources: strata in q, half of equal yield, half even in t.  A stratum is sampled at one mass; its photons keep
  their momenta and get masses drawn from F/q inside it.
* A quarkonium has one mass and the weight that gives its branching ratio.
* Other sources of pairs make their own pool (method ``photon_pool(n, rng)``), e.g. measured lepton pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import boost_from_rest, two_body_rest
from darkbeam.models.millicharged import pair_factor
from darkbeam.production.drell_yan import DrellYan
from darkbeam.production.mother_weights import mean_weight, weigh_mothers
from darkbeam.production.pairs import NarrowPairs, VirtualPhotonPairs
from darkbeam.production.pairs_angles import collins_soper_axis, mother_axis
from darkbeam.production.pairs_dalitz import DalitzPairs
from darkbeam.production.pairs_spectrum import PhotonTable
from darkbeam.production.source import N_BLOCKS
from darkbeam.production.weighted import innermost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.production.mesons import Channel
    from darkbeam.production.pairs import PairSource
    from darkbeam.production.source import Flux

    Array = NDArray[np.float64]

__all__ = ["PhotonPool", "join_pools", "photon_pool"]

STRATA = 40
T_MAX = 6.0
"""End of the even part in t: 0.25 % below the largest q."""


@dataclass(frozen=True)
class PhotonPool:
    """Photons of one source.

    Attributes
    ----------
    name : str
    q, momentum, theta, weight : arrays, shape (n,)
        Mass and momentum (GeV), polar angle (rad), and weight per inelastic collision and epsilon^2.
    block : array of int, shape (n,)
    variations : mapping of str to array, shape (n,)
    axis : array, shape (3, n), or None
        Where the photon is polarised: the axis in the pair's rest frame, for a photon at azimuth 0; NaN where not.
    transverse : array, shape (n,), or None
        Share of spin +-1 along the axis, the rest has spin 0; None is 1 for all.
    """

    name: str
    q: Array
    momentum: Array
    theta: Array
    weight: Array
    block: NDArray[np.int64]
    variations: Mapping[str, Array]
    axis: Array | None = None
    transverse: Array | None = None

    def pairs(self, mass: float, spin: str, chosen: NDArray[np.int64] | slice = slice(None)) -> Array:
        """Pairs that the chosen photons stand for, central weights."""
        q = self.q[chosen]
        return np.asarray(self.weight[chosen] * 2.0 * q * q * pair_factor(q, mass, spin))


def photon_pool(pairs: PairSource, n: int, rng: np.random.Generator) -> PhotonPool:
    """Pool of about ``n`` photons of a source of pairs."""
    if isinstance(pairs, DalitzPairs):
        return _dalitz(pairs, n, rng)
    if isinstance(pairs, NarrowPairs):
        return _narrow(pairs, n, rng)
    if isinstance(pairs, VirtualPhotonPairs):
        return _continuous(pairs, n, rng)
    own = getattr(pairs, "photon_pool", None)
    if own is None:
        raise TypeError(f"{type(pairs).__name__} is no known source of pairs")
    made: PhotonPool = own(n, rng)
    return made


def join_pools(parts: list[PhotonPool]) -> PhotonPool:
    """Join the photons of several pools under the name of the first."""
    axes = [np.full((3, len(p.q)), np.nan) if p.axis is None else p.axis for p in parts]
    shares = [np.ones(len(p.q)) if p.transverse is None else p.transverse for p in parts]
    names = tuple(dict.fromkeys(k for p in parts for k in p.variations))
    q, momentum, theta, weight = (
        np.concatenate([getattr(p, k) for p in parts]) for k in ("q", "momentum", "theta", "weight")
    )
    return PhotonPool(
        parts[0].name, q, momentum, theta, weight, np.concatenate([p.block for p in parts]),
        {k: np.concatenate([p.variations.get(k, p.weight) for p in parts]) for k in names},
        None if all(p.axis is None for p in parts) else np.concatenate(axes, axis=1),
        None if all(p.transverse is None for p in parts) else np.concatenate(shares),
    )  # fmt: skip


def _cumulative(table: PhotonTable) -> Array:
    """Integral of F/q from the lowest node to each node."""
    density = table.photons / table.q
    return np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(table.q))])


def _even(table: PhotonTable, u: Array) -> Array:
    """Masses that are even in t."""
    t_0 = float(np.log(table.q[0]) - np.log(table.high - table.q[0]))
    return np.asarray(table.high / (1.0 + np.exp(-(t_0 + (T_MAX - t_0) * u))))


def _narrow(pairs: NarrowPairs, n: int, rng: np.random.Generator) -> PhotonPool:
    """Photons of one mass."""
    meson = pairs.source.resonance
    flux = pairs.source.flux(meson.mass, n, rng)
    unit = float(2.0 * meson.mass**2 * pair_factor(meson.mass, 0.0, "dirac"))
    scale = pairs.source.multiplicity() * meson.branching_ll / (unit * flux.total())
    return _pool(pairs.name, np.full(len(flux.energy), meson.mass), flux, scale)


def _pool(name: str, q: Array, flux: Flux, scale: float) -> PhotonPool:
    return PhotonPool(
        name, q, flux.momentum, flux.theta, flux.weight * scale, flux.block,
        {k: w * scale for k, w in flux.variations.items()},
    )  # fmt: skip


def _continuous(pairs: VirtualPhotonPairs, n: int, rng: np.random.Generator) -> PhotonPool:
    """Photons of all masses of a source that is not a Dalitz decay."""
    table = pairs.photons()
    cumulative = _cumulative(table)
    share = np.linspace(0.0, 1.0, STRATA // 2 + 1)
    edges = np.interp(_even(table, share), table.q, cumulative)
    edges = np.unique(np.concatenate([edges, cumulative[-1] * share]))
    edges = edges[np.concatenate([[True], np.diff(edges) > 1e-12 * cumulative[-1]])]
    each = N_BLOCKS * max(-(-n // ((len(edges) - 1) * N_BLOCKS)), 1)
    parts = []
    for low, high in pairwise(edges.tolist()):
        flux = pairs.source.flux(float(np.interp(0.5 * (low + high), cumulative, table.q)), each, rng)
        size = len(flux.energy)
        q = np.interp(low + (high - low) * (rng.permutation(size) + 0.5) / size, cumulative, table.q)
        parts.append(_pool(pairs.name, q, flux, (high - low) / flux.total()))
    pool = join_pools(parts)
    hard = [s for s in innermost(pairs.source) if isinstance(s, DrellYan)]
    if not hard:
        return pool
    pair = _four_momentum(pool.q, pool.momentum, pool.theta)
    axis = collins_soper_axis(pair, pool.q, hard[0].site)
    return PhotonPool(
        pool.name, pool.q, pool.momentum, pool.theta, pool.weight, pool.block, pool.variations, axis
    )


def _four_momentum(q: Array, momentum: Array, theta: Array) -> Array:
    """Momenta (4, n) at azimuth 0."""
    z = np.zeros_like(q)
    return np.stack([np.hypot(momentum, q), momentum * np.sin(theta), z, momentum * np.cos(theta)])


def _dalitz(pairs: DalitzPairs, n: int, rng: np.random.Generator) -> PhotonPool:
    """Photons of all masses from the mothers of a source of mesons."""
    each = n // len(pairs.inner.channels)
    return join_pools([_channel(pairs, channel, each, rng) for channel in pairs.inner.channels])


def _channel(pairs: DalitzPairs, channel: Channel, n: int, rng: np.random.Generator) -> PhotonPool:
    """Photons of one decay channel."""
    low, high = pairs.source.valid

    def branching(q: float, variation: str = "central") -> float:
        """Times the weight that the overlap policy gives the source."""
        return pairs.policy(q) * pairs.inner.branching(channel, q, variation)

    table = PhotonTable.of(branching, low, min(high, channel.limit))
    inner, spectrum = pairs.inner, pairs.inner.spectra.species(channel.species)
    n = N_BLOCKS * max(n // N_BLOCKS, 1)
    q = _masses(table, n, rng)
    mothers = weigh_mothers(spectrum, spectrum.sample(n, rng), inner.nuclear)
    mother = np.stack([mothers.energy, mothers.pt, np.zeros(n), mothers.pz])
    u, v = rng.random((2, n))
    rest, _ = two_body_rest(channel.mass, q[0], channel.product_mass, 2.0 * u - 1.0, 2.0 * np.pi * v)
    pair = boost_from_rest(rest, mother, channel.mass)
    across = np.hypot(pair[1], pair[2])
    safe = np.maximum(across, 1e-300)
    cos, sin = pair[1] / safe, pair[2] / safe
    x, y, z = mother_axis(pair, mother, q[0])
    count = inner.scale * spectrum.multiplicity * mean_weight(spectrum, inner.nuclear, None)
    weight = count * mothers.weight / float(np.sum(mothers.weight)) * q[1]
    variations = {}
    for name in pairs.variation_names:
        other = np.array([branching(float(m), name) for m in table.q])
        ratio = other / np.maximum(table.photons, 1e-300)
        variations[name] = weight * np.interp(q[0], table.q, ratio)
    return PhotonPool(
        pairs.name, q[0], np.sqrt(across**2 + pair[3] ** 2), np.arctan2(across, pair[3]), weight, mothers.block,
        variations, np.stack([x * cos + y * sin, y * cos - x * sin, z]),
    )  # fmt: skip


def _masses(table: PhotonTable, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Masses of the photons, and F/q over the density from which they come."""
    cumulative = _cumulative(table)
    half = n // 2
    u = (rng.permutation(half) + rng.random(half)) / half
    w = (rng.permutation(n - half) + rng.random(n - half)) / (n - half)
    q = np.concatenate([np.interp(u * cumulative[-1], cumulative, table.q), _even(table, w)])
    q = rng.permutation(q)
    t_0 = float(np.log(table.q[0]) - np.log(table.high - table.q[0]))
    # dt/dq = high/(q (high - q)), inside the even part only
    t = np.log(q) - np.log(table.high - q)
    even = np.where(t <= T_MAX, table.high / (q * (table.high - q)) / (T_MAX - t_0), 0.0)
    true = table(q) / q
    return q, true / ((half * true / cumulative[-1] + (n - half) * even) / n)
