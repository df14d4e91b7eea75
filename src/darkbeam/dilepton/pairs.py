r"""Millicharged pairs, and lepton pairs for closure, from measured lepton pairs.

    dN_xx/dm = Q^2 [L_x(m)/L_l(m)] dN_ll/dm,      m > 2 m_x

needs no line shapes: a resolution of a few per cent is a smooth kernel here.  What it adds to a convex spectrum is
divided out (`MassSpectrum.smeared`).  The pair's mass is drawn from the
measured spectrum with these weights, pT and y from the kinematic model, the decay in the helicity frame of the photon
(centre of mass of the collision) from W of `darkbeam.dilepton.rate`.  Pairs with m below the lepton threshold come
from the analytic part, if there is one; `MeasuredPairs.parts` reports the two apart.

Variations: those of `OffShellPhoton` and ``dilepton-transverse``, photons polarised transversely (f0 = 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.dilepton.rate import angular_law, pair_ratio
from darkbeam.dilepton.sample import lab_shift, lepton_mass
from darkbeam.dilepton.source import BACKGROUND, RATES, spread_out
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.facilities import get_facility
from darkbeam.production.pairs import SPINS, PairFlux, VirtualPhotonPairs
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.mass_spectrum import MassSpectrum
    from darkbeam.dilepton.source import OffShellPhoton
    from darkbeam.millicharged.pool import PhotonPool

    Array = NDArray[np.float64]

__all__ = ["TRANSVERSE", "MeasuredPairs", "decayed"]

TRANSVERSE = "dilepton-transverse"
"""Variation: no longitudinal photons."""
_DRAWS = 20000


@dataclass(frozen=True)
class MeasuredPairs:
    """Source of pairs (protocol `darkbeam.production.pairs.PairSource`).

    Attributes
    ----------
    source : OffShellPhoton
    spin : {"dirac", "scalar"}
    """

    source: OffShellPhoton
    spin: str = "dirac"

    def __post_init__(self) -> None:
        if self.spin not in SPINS:
            raise UnknownNameError("spin", self.spin, SPINS)

    @property
    def name(self) -> str:
        """Name of the source of dark photons."""
        return self.source.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open interval of masses of one particle, GeV."""
        return 0.0, 0.5 * self.source.spectrum.support[1]

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Those of the source, and the polarisation."""
        return (*self.source.variation_names, TRANSVERSE)

    def _cumulative(self, spectrum: MassSpectrum, mass: float) -> tuple[Array, Array]:
        """Knots in m and the cumulative number of pairs per inelastic collision at them."""
        low = max(2.0 * mass, spectrum.support[0])
        q = np.concatenate([[low], spectrum.knots[spectrum.knots > low]])
        ranks = np.diff(spectrum.rank(q))
        middle = 0.5 * (q[1:] + q[:-1])
        lepton = lepton_mass(spectrum.lepton)
        number = ranks / spectrum.smeared(middle) * pair_ratio(middle, mass, self.spin, lepton)
        number *= spectrum.per_collision
        return q, np.concatenate([[0.0], np.cumsum(number)])

    def _relative(self, mass: float) -> float:
        """Relative statistical error of the measured number."""
        s = self.source.spectrum
        middle = 0.5 * (s.knots[1:] + s.knots[:-1])
        inside = middle > max(2.0 * mass, s.support[0])
        ratio = pair_ratio(middle[inside], mass, self.spin, lepton_mass(s.lepton))
        number = float(np.sum(ratio * s.content[inside]))
        return float(np.sqrt(np.sum(ratio**2 * s.square[inside]))) / number if number > 0.0 else 0.0

    def _background(self, mass: float) -> float:
        """Relative change of the measured number if the background were one standard deviation larger."""
        s = self.source.spectrum
        if s.shift is None:
            return 0.0
        q, cumulative = self._cumulative(s, mass)
        number = np.diff(cumulative)
        return float(np.sum(number * s.background_ratio(0.5 * (q[1:] + q[:-1]))) / cumulative[-1])

    def parts(self, mass: float, variation: str = "central") -> dict[str, float]:
        """Pairs per inelastic collision and squared charge: ``measured``, and ``below`` (analytic)."""
        self._check(mass)
        spectrum = next((s for name, s, _ in self.source.members if name == variation), self.source.spectrum)
        measured = float(self._cumulative(spectrum, mass)[1][-1])
        change = RATES.get(variation, 0.0) * self._relative(mass)
        change += BACKGROUND.get(variation, 0.0) * self._background(mass)
        measured *= (1.0 + change) * self._moved(mass, variation)
        below = self.source.below
        hidden = below is not None and 2.0 * mass < below.high
        added = VirtualPhotonPairs(below, self.spin).total(mass, variation) if below and hidden else 0.0
        return {"measured": measured, "below": added}

    def _moved(self, mass: float, variation: str) -> float:
        """Ratio of the yields after and before transport."""
        transport = self.source.transport
        if transport is None:
            return 1.0
        rng = stream(0, "dilepton/transport/pairs")
        cut, cumulative = self._cumulative(self.source.spectrum, mass)
        q = np.interp((np.arange(_DRAWS) + 0.5) / _DRAWS * cumulative[-1], cumulative, cut)
        _, _, ratios = transport.move(q, *self.source.model.sample(q, rng))
        return float(np.mean(ratios[variation if variation in ratios else "central"]))

    def total(self, mass: float, variation: str = "central") -> float:
        """Pairs per inelastic collision and squared charge."""
        return sum(self.parts(mass, variation).values())

    def notes(self, mass: float) -> tuple[str, ...]:
        """Say what is not measured of the pairs of a particle of one mass (GeV)."""
        source, found = self.source, []
        start = source.spectrum.support[0]
        if 2.0 * mass < start:
            added = "analytic Dalitz decays, normalised to the measured eta" if source.below else "left out"
            found.append(f"{self.name}: pairs of masses below {start:.3g} GeV are {added}")
        if source.transport is not None:
            found.append(f"{self.name}: {source.transport.note}")
        return tuple(found)

    def photon_pool(self, n: int, rng: np.random.Generator) -> PhotonPool:
        """Photons for particles of every mass, see `darkbeam.dilepton.photon_pool`."""
        from darkbeam.dilepton.photon_pool import measured_pool

        return measured_pool(self, n, rng)

    def pairs(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        """Weighted pairs of particles of one mass.

        Parameters
        ----------
        mass : float
            Of one particle, GeV.
        n : int
            Pairs wanted, members and analytic part included.
        rng : Generator
        """
        share = self.parts(mass)
        below = self.source.below
        total = share["measured"] + share["below"]
        measured = self._measured(mass, max(round(n * share["measured"] / total), N_BLOCKS), rng)
        if below is None or share["below"] == 0.0:
            return measured
        other = VirtualPhotonPairs(below, self.spin).pairs(
            mass, max(round(n * share["below"] / total), 1), rng
        )
        return _added(measured, other)

    def _measured(self, mass: float, n: int, rng: np.random.Generator) -> PairFlux:
        parts = self.source.parts(n)
        masses, kinematics, values = [], [], []
        for part in parts:
            q, cumulative = self._cumulative(part.spectrum, mass)
            u = (np.arange(part.n) + rng.random(part.n)) / part.n
            drawn = np.interp(rng.permutation(u) * cumulative[-1], cumulative, q)
            masses.append(drawn)
            kinematics.append(part.model.sample(drawn, rng))
            values.append(float(cumulative[-1]))
        q = np.concatenate(masses)
        pt, y = (np.concatenate([k[i] for k in kinematics]) for i in (0, 1))
        weight, variations = spread_out(parts, values)
        relative = self._relative(mass)
        for name, sign in RATES.items():
            variations[name] = weight * (1.0 + sign * relative)
        if self.source.spectrum.shift is not None:
            step = self.source.spectrum.background_ratio(q)
            variations |= {k: weight * (1.0 + sign * step) for k, sign in BACKGROUND.items()}
        f0 = self.source.polarisation
        beam, transport = self.source.beam, self.source.transport
        if transport is not None:
            pt, y, ratios = transport.move(q, pt, y)
            variations = {k: w * ratios["central"] for k, w in variations.items()}
            variations |= {k: weight * ratio for k, ratio in ratios.items() if k != "central"}
            weight, beam = weight * ratios["central"], transport.to
        shift = lab_shift(get_facility(beam))
        p4, x = decayed(q, pt, y - shift, shift, mass, self.spin, f0, rng)
        beta2 = 1.0 - 4.0 * (mass / q) ** 2
        (a, b), (c, d) = angular_law(beta2, f0, self.spin), angular_law(beta2, 0.0, self.spin)
        variations[TRANSVERSE] = weight * (c + d * x * x) / (a + b * x * x)
        notes = (transport.note,) if transport else ()
        return PairFlux(mass, q, p4, weight, np.arange(q.size) % N_BLOCKS, variations, notes)

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} makes pairs of masses above 0 and below {high:.4g} GeV, not {mass:g} GeV"
            )


def decayed(
    q: Array, pt: Array, y: Array, shift: float, mass: float, spin: str, f0: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Lab momenta (4, 2, n) of the pairs, and the cosine (n,) to the photon's direction in the centre of mass.

    Parameters
    ----------
    q, pt, y : arrays, shape (n,)
        Mass and transverse momentum of the photon (GeV) and its rapidity in the centre of mass.
    shift : float
        Rapidity of the centre of mass in the lab.
    mass : float
        Of one particle, GeV.
    spin, f0
        See `angular_law`.
    rng : Generator
    """
    from darkbeam.decays.angular import around, cosine
    from darkbeam.kinematics import boost_from_rest, breakup_momentum

    n = q.size
    phi = 2.0 * np.pi * rng.random(n)
    across = np.hypot(q, pt)
    photon = np.stack([across * np.cosh(y), pt * np.cos(phi), pt * np.sin(phi), across * np.sinh(y)])
    size = np.sqrt(np.sum(photon[1:] ** 2, axis=0))
    axis = np.where(size > 0.0, photon[1:] / np.maximum(size, 1e-300), np.array([[0.0], [0.0], [1.0]]))
    k = breakup_momentum(q, mass, mass)
    a, b = angular_law(4.0 * (k / q) ** 2, f0, spin)
    x = cosine(a, b, n, rng)
    direction = around(axis, x, rng)
    half = 0.5 * q
    rest = np.stack([np.stack([half, *(s * k * direction)]) for s in (1.0, -1.0)], axis=1)
    E, px, py, pz = boost_from_rest(rest, photon[:, None, :], q)
    ch, sh = np.cosh(shift), np.sinh(shift)
    return np.stack([ch * E + sh * pz, px, py, sh * E + ch * pz]), x


def _added(first: PairFlux, second: PairFlux) -> PairFlux:
    """Pairs of both parts."""
    names = tuple(dict.fromkeys((*first.variations, *second.variations)))
    variations = {k: np.concatenate([first.weights(k), second.weights(k)]) for k in names}
    return PairFlux(
        first.mass, np.concatenate([first.q, second.q]), np.concatenate([first.p4, second.p4], axis=2),
        np.concatenate([first.weight, second.weight]), np.concatenate([first.block, second.block]),
        variations, (*first.notes, *second.notes),
    )  # fmt: skip
