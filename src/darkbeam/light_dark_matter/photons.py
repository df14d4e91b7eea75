r"""Photons that make pairs of light dark matter: those of millicharged particles with the pole of the A' put in.

The photons of a source at all q, made once (`darkbeam.millicharged.pool`), stand for F/q dq and make 2 q^2 S(q^2) pairs
each.  For dark matter S becomes D = S P (`darkbeam.models.light_dark_matter`), so their weights take the factor P(q).
Near the pole, |q - m_A| < w m_A, they are too few and are replaced by photons that are made for the mass at hand, with

    q^2 = m_A^2 + m_A Gamma tan(phi),    phi even between the ends of the window
    weight = F(q)/q dq/dphi P(q) = F(q) (alpha_D/alpha) q^2 (phi_2 - phi_1)/(2 m_A Gamma)  per photon, over their number

The Cauchy map takes the pole out of the weight.  Decays of mesons have their exact kinematics and the axis of the
decay at every q; other sources give the momenta of dark photons of mass m_A (or the nearest that they make).  A
quarkonium has one mass: its photons take P(M) alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA
from darkbeam.errors import ValueRangeError
from darkbeam.kinematics import boost_from_rest, two_body_rest
from darkbeam.millicharged.pool import PhotonPool, photon_pool
from darkbeam.production.drell_yan import DrellYan
from darkbeam.production.mother_weights import mean_weight, weigh_mothers
from darkbeam.production.pairs import DalitzPairs, NarrowPairs, VirtualPhotonPairs
from darkbeam.production.pairs_angles import collins_soper_axis, mother_axis
from darkbeam.production.source import N_BLOCKS
from darkbeam.production.weighted import innermost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.models.light_dark_matter import LightDarkMatter
    from darkbeam.production.mesons import Channel
    from darkbeam.production.pairs import PairSource
    from darkbeam.production.pairs_spectrum import PhotonTable

    Array = NDArray[np.float64]

__all__ = ["WINDOW", "DarkPhotons"]

WINDOW = 0.1
"""w: half width of the window around the pole over m_A."""


class DarkPhotons:
    """Photons of one source, for every mass of the dark matter.

    Parameters
    ----------
    pairs : PairSource
    model : LightDarkMatter
    n : int
        Photons of all q.

    Raises
    ------
    ValueRangeError
        For a source that makes its pairs itself: it has no rate at the pole.
    """

    def __init__(self, pairs: PairSource, model: LightDarkMatter, n: int, rng: np.random.Generator) -> None:
        if not isinstance(pairs, DalitzPairs | NarrowPairs | VirtualPhotonPairs):
            raise ValueRangeError(f"{pairs.name} gives pairs, not dark photons; not for light dark matter")
        self.pairs, self.model = pairs, model
        self.all = photon_pool(pairs, n, rng)

    def at(self, mass: float, n: int, rng: np.random.Generator) -> list[PhotonPool]:
        """Photons on and off the pole for one mass (GeV), in pools whose `PhotonPool.pairs` are pairs of dark matter.

        Parameters
        ----------
        mass : float
        n : int
            Photons near the pole.
        rng : Generator
        """
        M = self.model.mediator(mass)
        off = self.model.propagators(self.all.q, mass)
        if isinstance(self.pairs, NarrowPairs) or not self.model.width(mass) > 0.0:
            return [_weighted(self.all, off)]
        outside = np.abs(self.all.q - M) >= WINDOW * M
        pools = [_weighted(self.all, np.where(outside, off, 0.0))]
        if isinstance(self.pairs, DalitzPairs):
            channels = self.pairs.inner.channels
            near = (self._decays(self.pairs, c, mass, n // len(channels), rng) for c in channels)
            return pools + [p for p in near if p is not None]
        flown = self._flown(self.pairs, mass, n, rng)
        return pools if flown is None else [*pools, flown]

    def _window(self, table: PhotonTable, mass: float) -> tuple[float, float]:
        """Range of q near the pole in which there are photons; may be empty."""
        M = self.model.mediator(mass)
        low = max((1.0 - WINDOW) * M, float(table.q[0]), 2.0 * mass)
        return low, min((1.0 + WINDOW) * M, float(table.q[-1]))

    def _masses(
        self, table: PhotonTable, mass: float, n: int, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Masses q near the pole, and their weights over F(q)."""
        M = self.model.mediator(mass)
        scale = M * self.model.width(mass)
        ends = [np.arctan((q * q - M * M) / scale) for q in self._window(table, mass)]
        u = rng.permutation((np.arange(n) + rng.random(n)) / n)
        q2 = M * M + scale * np.tan(ends[0] + (ends[1] - ends[0]) * u)
        return np.sqrt(q2), self.model.alpha_d / ALPHA * q2 * (ends[1] - ends[0]) / (2.0 * scale * n)

    def _flown(
        self, pairs: VirtualPhotonPairs, mass: float, n: int, rng: np.random.Generator
    ) -> PhotonPool | None:
        """Photons near the pole of a source that is not a Dalitz decay."""
        table = pairs.photons()
        low, high = self._window(table, mass)
        if not low < high:
            return None
        centre = min(max(self.model.mediator(mass), low), high)
        flux = pairs.source.flux(centre, n, rng)
        size, total = len(flux.energy), flux.total()
        if not total > 0.0:
            return None
        q, weight = self._masses(table, mass, size, rng)
        # momenta of mass `centre`, numbers of mass q
        share = size * weight * table(q) / total
        pool = PhotonPool(
            pairs.name, q, flux.momentum, flux.theta, flux.weight * share, flux.block,
            {k: w * share for k, w in flux.variations.items()},
        )  # fmt: skip
        hard = [s for s in innermost(pairs.source) if isinstance(s, DrellYan)]
        if not hard:
            return pool
        across = flux.momentum * np.sin(flux.theta)
        along = flux.momentum * np.cos(flux.theta)
        pair = np.stack([np.hypot(flux.momentum, q), across, np.zeros(size), along])
        return replace(pool, axis=collins_soper_axis(pair, q, hard[0].site))

    def _decays(
        self, pairs: DalitzPairs, channel: Channel, mass: float, n: int, rng: np.random.Generator
    ) -> PhotonPool | None:
        """Photons near the pole of one channel of meson decays; the kinematics of `darkbeam.millicharged.pool`."""
        table = pairs.photons(channel)
        low, high = self._window(table, mass)
        if not low < high:
            return None
        n = N_BLOCKS * max(n // N_BLOCKS, 1)
        q, weight = self._masses(table, mass, n, rng)
        inner, spectrum = pairs.inner, pairs.inner.spectra.species(channel.species)
        mothers = weigh_mothers(spectrum, spectrum.sample(n, rng), inner.nuclear)
        mother = np.stack([mothers.energy, mothers.pt, np.zeros(n), mothers.pz])
        u, v = rng.random((2, n))
        rest, _ = two_body_rest(channel.mass, q, channel.product_mass, 2.0 * u - 1.0, 2.0 * np.pi * v)
        pair = boost_from_rest(rest, mother, channel.mass)
        across = np.hypot(pair[1], pair[2])
        cos, sin = pair[1:3] / np.maximum(across, 1e-300)
        x, y, z = mother_axis(pair, mother, q)
        count = inner.scale * spectrum.multiplicity * mean_weight(spectrum, inner.nuclear, None)
        per_mother = count * mothers.weight / float(np.sum(mothers.weight)) * n * weight
        variations = {k: per_mother * pairs.photons(channel, k)(q) for k in pairs.variation_names}
        return PhotonPool(
            pairs.name, q, np.hypot(across, pair[3]), np.arctan2(across, pair[3]), per_mother * table(q),
            mothers.block, variations, np.stack([x * cos + y * sin, y * cos - x * sin, z]),
        )  # fmt: skip


def _weighted(pool: PhotonPool, factor: Array) -> PhotonPool:
    """The same photons with every weight multiplied."""
    return replace(
        pool, weight=pool.weight * factor, variations={k: w * factor for k, w in pool.variations.items()}
    )
