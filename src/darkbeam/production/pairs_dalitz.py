r"""Pairs from Dalitz decays of mesons and of the Delta, with the exact three-body kinematics.

    X -> Y gamma* -> Y chi chibar,    dBR/dq = 2 q S(q^2) BR(X -> Y A'(q)),    2 m < q < M_X - M_Y

X = pi0, eta, eta' (Y = gamma), omega (Y = pi0), phi (Y = eta), Delta (Y = N), and the rare decays rho -> pi0, rho ->
eta, omega -> eta, phi -> pi0, phi -> eta'; S(q^2): `darkbeam.models.millicharged`; BR(X -> Y A'):
`darkbeam.production.mesons`, with the same form factors and variations.  Every event has its mother from the tables,
its q from dBR/dq, an isotropic direction of gamma* in the rest frame of X, and the angle theta of chi to that direction
from 2 - beta^2 sin^2 theta (Dirac) or sin^2 theta (scalar), see `darkbeam.production.pairs_angles`.
With F = 1 and a photon for Y the formula is that of Kroll and Wada, Phys. Rev. 98 (1955) 1355; with leptons for chi it
agrees with the measured pi0, eta, eta', omega, phi and Delta rates (Particle Data Group) within their errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import MassRangeError
from darkbeam.kinematics import boost_from_rest, two_body_rest
from darkbeam.models.millicharged import LIGHTEST, pair_branching, vector_branching
from darkbeam.production.generator_spread import mother_ratios
from darkbeam.production.mesons import MESON_DECAYS
from darkbeam.production.mother_weights import mean_weight, weigh_mothers
from darkbeam.production.pairs_angles import TRANSVERSE, decay_pairs, mother_axis, sample_cos
from darkbeam.production.pairs_flux import PairFlux, join_pairs
from darkbeam.production.pairs_spectrum import PhotonTable, pair_panels
from darkbeam.production.quarkonium import QUARKONIA
from darkbeam.production.saturation import POLES
from darkbeam.production.source import N_BLOCKS
from darkbeam.production.transition_form_factors import form_factor_squared
from darkbeam.spectra.quasi import kronecker

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.production.mesons import Channel, MesonDecay
    from darkbeam.production.source import Source

    Array = NDArray[np.float64]

__all__ = ["DalitzPairs", "branching_table", "dalitz_branching"]


def dalitz_branching(
    channel: Channel, mass: float, spin: str = "dirac", form_factors: str = "default"
) -> float:
    """BR(X -> Y chi chibar) per epsilon^2, by quadrature.

    Examples
    --------
    >>> from darkbeam.constants import M_E
    >>> round(dalitz_branching(MESON_DECAYS["meson:pi0"][0], M_E), 5)  # measured: 0.01174(35)
    0.01174
    """

    def photons(q: Array) -> Array:
        plain = np.array([channel.branching(float(x)) for x in q])
        return plain * form_factor_squared(channel.vertex, q * q, form_factors)

    return pair_branching(photons, channel.limit, mass, spin)


def branching_table(mass: float, spin: str = "dirac", form_factors: str = "default") -> dict[str, float]:
    """Branching ratios per pair and epsilon^2 of every mother, Dalitz and two-body.

    Returns
    -------
    dict
        By decay: ``pi0->gamma``, ``omega->pi0``, ..., ``rho0``, ``phi``, ``jpsi``, ...
    """
    names = (
        "pi0->gamma", "eta->gamma", "etap->gamma", "omega->pi0", "phi->eta", "Delta+->p", "Delta0->n",
        "rho0->pi0", "rho0->eta", "omega->eta", "phi->pi0", "phi->etap",
    )  # fmt: skip
    channels = [c for decays in MESON_DECAYS.values() for c in decays]
    table = {
        name: dalitz_branching(c, mass, spin, form_factors) for name, c in zip(names, channels, strict=True)
    }
    light = {v: (p.branching, p.mass) for v, p in POLES.items()}
    heavy = {v: (r.branching_ll, r.mass) for v, r in QUARKONIA.items()}
    return table | {v: vector_branching(br, M, mass, spin) for v, (br, M) in (light | heavy).items()}


@dataclass(frozen=True)
class DalitzPairs:
    """Pairs from the mothers of one source of mesons.

    Attributes
    ----------
    source : Source
        Of dark photons, after the overlap policy, around ``inner``.
    inner : MesonDecay
        Spectra and branching ratios.
    spin : {"dirac", "scalar"}
    """

    source: Source
    inner: MesonDecay
    spin: str = "dirac"
    _tables: dict[tuple[str, str, str], PhotonTable] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the source of dark photons."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        return LIGHTEST, 0.5 * self.source.valid[1]

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Those of the source."""
        return self.source.variation_names

    def notes(self, mass: float) -> tuple[str, ...]:
        """Nothing to say about any mass."""
        del mass
        return ()

    def photons(self, channel: Channel, variation: str = "central") -> PhotonTable:
        """BR(q) of one channel, times the weight that the overlap policy gives the source at q."""
        spectrum = self.inner.spectra.species(channel.species)
        if variation not in self.variation_names or variation in mother_ratios(spectrum):
            variation = "central"  # other mothers, the same decay
        key = channel.species, channel.vertex, variation  # a channel itself cannot be pickled
        if key not in self._tables:
            low, high = self.source.valid
            self._tables[key] = PhotonTable.of(
                lambda q: self.inner.branching(channel, q, variation) * self.policy(q),
                low, min(high, channel.limit),
            )  # fmt: skip
        return self._tables[key]

    def policy(self, q: float) -> float:
        """Weight that the overlap policy gives the source at q (GeV)."""
        return 1.0 if self.source is self.inner else self.source.total(q) / self.inner.total(q)

    def _mothers(self, channel: Channel, variation: str = "central") -> float:
        """Mothers per collision."""
        inner, spectrum = self.inner, self.inner.spectra.species(channel.species)
        ratio = mother_ratios(spectrum).get(variation) if inner.spread else None
        return inner.scale * spectrum.multiplicity * mean_weight(spectrum, inner.nuclear, ratio)

    def _rate(self, channel: Channel, mass: float, variation: str = "central") -> float:
        panels = pair_panels(self.photons(channel, variation), mass, self.spin)
        return self._mothers(channel, variation) * panels.total

    def _open(self, mass: float) -> list[Channel]:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} makes pairs of masses from {low:.4g} to {high:.4g} GeV, not {mass:g} GeV"
            )
        return [c for c in self.inner.channels if 2.0 * mass < c.limit]

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and per epsilon^2."""
        return sum(self._rate(c, mass, variation) for c in self._open(mass))

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Weighted pairs of particles of one mass.

        Parameters
        ----------
        mass : float
            GeV.
        n : int
            Pairs wanted.
        rng : Generator
        """
        rates = [(c, self._rate(c, mass)) for c in self._open(mass)]
        whole = sum(rate for _, rate in rates)
        if not whole > 0.0:
            raise MassRangeError(f"{self.name} makes no pairs of {mass:g} GeV")
        parts = [
            self._channel_pairs(c, mass, rate, max(round(n * rate / whole), N_BLOCKS), rng)
            for c, rate in rates
            if rate > 0.0
        ]
        return join_pairs(parts)

    def _channel_pairs(
        self, channel: Channel, mass: float, rate: float, n: int, rng: np.random.Generator
    ) -> PairFlux:
        spectrum = self.inner.spectra.species(channel.species)
        points = kronecker(n, 5, rng)
        mothers = weigh_mothers(spectrum, spectrum.sample(n, rng, points[:2]), self.inner.nuclear)
        table = self.photons(channel, "central")
        q = pair_panels(table, mass, self.spin).quantile(points[2])
        turn, *angles, phi = rng.random((5, n))
        turn, phi = 2.0 * np.pi * turn, 2.0 * np.pi * phi
        mother = np.stack([mothers.energy, mothers.pt * np.cos(turn), mothers.pt * np.sin(turn), mothers.pz])
        rest, _ = two_body_rest(
            channel.mass, q, channel.product_mass, 2.0 * points[3] - 1.0, 2.0 * np.pi * points[4]
        )
        pair = boost_from_rest(rest, mother, channel.mass)
        beta = np.sqrt(np.maximum(1.0 - np.square(2.0 * mass / q), 0.0))
        cos = sample_cos(np.stack(angles), beta, TRANSVERSE, self.spin)
        p4 = decay_pairs(pair, q, mass, mother_axis(pair, mother, q), cos, phi)
        weight = mothers.weight * (rate / float(np.sum(mothers.weight)))
        variations = {}
        for name in self.variation_names:
            other = self.photons(channel, name)
            variations[name] = weight * (1.0 if other is table else other(q) / table(q))
        for name, ratio in mother_ratios(spectrum).items() if self.inner.spread else ():
            if mothers.survival is not None and mothers.rank is not None:
                variations[name] = variations[name] * ratio(mothers.survival, mothers.rank)
        return PairFlux(mass, q, p4, weight, mothers.block, variations)
