r"""Dark photons from decays of light mesons and of the Delta, with exact two-body kinematics.

Branching ratios at epsilon = 1, m the mass of the A':

    P -> gamma A'   BR = 2 BR(P -> gamma gamma) (1 - m^2/M^2)^3 |F(m^2)|^2             P = pi0, eta, eta'
    V -> P A'       BR = BR(V -> P gamma) [lambda(M^2, M_P^2, m^2) / (M^2 - M_P^2)^2]^{3/2} |F(m^2)|^2
                                                              omega -> pi0, phi -> eta; rare: rho -> pi0, rho -> eta,
                                                              omega -> eta, phi -> pi0, phi -> eta'
    D -> N A'       Gamma = (alpha/16) (M + M_N)^2 / (M^3 M_N^2) [(M + M_N)^2 - m^2]^{1/2}
                            [(M - M_N)^2 - m^2]^{3/2} |G|^2
                    G = 3.03,  BR = Gamma / 0.117 GeV                               D = Delta+, Delta0

Formulas: arXiv:0906.5614 (P), Phys. Rept. 128 (1985) 301 (V), arXiv:nucl-th/0104045 (Delta); F:
`darkbeam.production.transition_form_factors`; measured branching ratios: Particle Data Group.  All decays
are isotropic in the rest frame of the mother, which is exact for P and for unpolarised V and Delta.  Valid
between 2 m_e and the kinematic limit of the decay.  The rare decays are one source, ``meson:rare``: below 1 % of all
dark photons, below 0.15 % of millicharged pairs.

Mothers come from the tables of `darkbeam.spectra`, per inelastic collision, with the nominal mass; the
Deltas include their antiparticles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_DELTA, M_E, M_ETA, M_ETAP, M_N, M_OMEGA, M_P, M_PHI, M_PI0, M_RHO
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.kinematics import boost_from_rest, kallen, two_body_rest
from darkbeam.production.generator_spread import mother_ratios, spread_names
from darkbeam.production.kept_mothers import kept_mothers
from darkbeam.production.mother_weights import mean_weight
from darkbeam.production.source import Flux
from darkbeam.production.transition_form_factors import FORM_FACTOR_SETS, form_factor_squared
from darkbeam.spectra import Spectra, load_spectra
from darkbeam.spectra.quasi import lattice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.production.nuclear import NuclearTarget

__all__ = ["MESON_DECAYS", "Channel", "MesonDecay", "decay_products", "meson_sources"]

_G_DELTA = 3.03
"""Magnetic N-Delta transition form factor."""
_WIDTH_DELTA = 0.117
"""GeV, Particle Data Group."""


@dataclass(frozen=True)
class Channel:
    """One decay mother -> product + A'.

    Attributes
    ----------
    species : str
        Name of the mother in `darkbeam.spectra.SPECIES`.
    mass, product_mass : float
        Masses of the mother and of what accompanies the A', GeV.
    branching : callable
        Branching ratio at epsilon = 1 and F = 1 as a function of the A' mass.
    vertex : str
        Name in `darkbeam.production.transition_form_factors`.
    """

    species: str
    mass: float
    product_mass: float
    branching: Callable[[float], float]
    vertex: str

    @property
    def limit(self) -> float:
        """Largest A' mass, GeV."""
        return self.mass - self.product_mass


def _pseudoscalar(species: str, mass: float, br_gamma_gamma: float) -> Channel:
    return Channel(species, mass, 0.0, lambda m: 2.0 * br_gamma_gamma * (1.0 - (m / mass) ** 2) ** 3, species)


def _vector(species: str, mass: float, product_mass: float, br_gamma: float, vertex: str = "") -> Channel:
    def branching(m: float) -> float:
        ratio = kallen(mass**2, product_mass**2, m**2) / (mass**2 - product_mass**2) ** 2
        return float(br_gamma * np.maximum(ratio, 0.0) ** 1.5)

    return Channel(species, mass, product_mass, branching, vertex or species)


def _delta(species: str, nucleon_mass: float) -> Channel:
    def branching(m: float) -> float:
        M, M_N = M_DELTA, nucleon_mass
        upper, lower = (M + M_N) ** 2 - m**2, max((M - M_N) ** 2 - m**2, 0.0)
        width = ALPHA / 16.0 * (M + M_N) ** 2 / (M**3 * M_N**2) * upper**0.5 * lower**1.5 * _G_DELTA**2
        return float(width / _WIDTH_DELTA)

    return Channel(species, M_DELTA, nucleon_mass, branching, "Delta")


MESON_DECAYS = {
    "meson:pi0": (_pseudoscalar("pi0", M_PI0, 0.98823),),
    "meson:eta": (_pseudoscalar("eta", M_ETA, 0.3936),),
    "meson:etap": (_pseudoscalar("etap", M_ETAP, 0.02307),),
    "meson:omega": (_vector("omega", M_OMEGA, M_PI0, 8.35e-2),),
    "meson:phi": (_vector("phi", M_PHI, M_ETA, 1.301e-2),),
    "meson:Delta": (_delta("Delta+", M_P), _delta("Delta0", M_N)),
    "meson:rare": (
        _vector("rho0", M_RHO, M_PI0, 4.7e-4, "rho0-pi0"),
        _vector("rho0", M_RHO, M_ETA, 3.00e-4, "rho0-eta"),
        _vector("omega", M_OMEGA, M_ETA, 4.5e-4, "omega-eta"),
        _vector("phi", M_PHI, M_PI0, 1.32e-3, "phi-pi0"),
        _vector("phi", M_PHI, M_ETAP, 6.22e-5, "phi-etap"),
    ),
}
"""Decay channels of each source, by source name."""

_VARIATIONS = {"meson:omega": {"omega-vmd": "vmd"}}
"""Alternative form-factor sets offered as re-weights of the default set."""


def decay_products(
    channel: Channel,
    mass: float,
    mother: NDArray[np.float64],
    cos_theta: NDArray[np.float64],
    phi: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lab momenta of the A' and of the other product.

    Parameters
    ----------
    channel : Channel
    mass : float
        Mass of the A', GeV.
    mother : array, shape (4, n)
        Lab momenta of the mothers, GeV.
    cos_theta, phi : arrays, shape (n,)
        Direction of the A' in the mother's rest frame, axes parallel to the lab's.

    Returns
    -------
    dark_photon, product : arrays, shape (4, n)
    """
    rest = two_body_rest(channel.mass, mass, channel.product_mass, cos_theta, phi)
    dark, other = (boost_from_rest(p, mother, channel.mass) for p in rest)
    return dark, other


@dataclass(frozen=True)
class MesonDecay:
    """Dark photons from one kind of mother.

    Attributes
    ----------
    name : str
        A key of `MESON_DECAYS`.
    spectra : Spectra
        Spectra of the mothers at one facility.
    form_factors : {"default", "none", "vmd"}
    n_decays : int
        Decays of each sampled mother.
    scale : float
        Factor on every yield, e.g. sigma_inel/sigma_tot for rates per collision elastic ones included.
    spread : bool
        Offer the other generators of `darkbeam.production.generator_spread` as variations.
    nuclear : NuclearTarget, optional
        Nuclei instead of free protons, see `darkbeam.production.nuclear`.
    """

    name: str
    spectra: Spectra
    form_factors: str = "default"
    n_decays: int = 1
    scale: float = 1.0
    spread: bool = False
    nuclear: NuclearTarget | None = None

    def __post_init__(self) -> None:
        if self.name not in MESON_DECAYS:
            raise UnknownNameError("meson source", self.name, MESON_DECAYS)
        if self.form_factors not in FORM_FACTOR_SETS:
            raise UnknownNameError("form factor set", self.form_factors, FORM_FACTOR_SETS)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Decays that this source sums."""
        return MESON_DECAYS[self.name]

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval in GeV: electron pairs to the kinematic limit."""
        return 2.0 * M_E, max(c.limit for c in self.channels)

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        decays = tuple(_VARIATIONS.get(self.name, {})) if self.form_factors == "default" else ()
        mothers = tuple(self.spectra.species(c.species) for c in self.channels) if self.spread else ()
        return (*decays, *spread_names(mothers))

    def branching(self, channel: Channel, mass: float, variation: str = "central") -> float:
        """Branching ratio mother -> A' at epsilon = 1."""
        if mass >= channel.limit:
            return 0.0
        named = _VARIATIONS.get(self.name, {}) if variation in self.variation_names else {}
        form_factors = named.get(variation, self.form_factors)
        return channel.branching(mass) * float(form_factor_squared(channel.vertex, mass * mass, form_factors))

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per inelastic collision at epsilon = 1."""
        self._check(mass)
        yields = (self._mothers(c, variation) * self.branching(c, mass, variation) for c in self.channels)
        return self.scale * sum(yields)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Weighted dark photons of one mass.

        Parameters
        ----------
        mass : float
            GeV.
        n : int
            Points wanted; rounded up to whole mothers.
        rng : Generator
        """
        self._check(mass)
        central = [self._mothers(c) * self.branching(c, mass) for c in self.channels]
        parts: list[Flux] = []
        for channel, rate in zip(self.channels, central, strict=True):
            if rate > 0.0:
                share = max(round(n * rate / sum(central)), 1)
                first = sum(len(p.energy) for p in parts) // self.n_decays
                parts.append(self._channel_flux(channel, mass, share, first, rng))
        return parts[0] if len(parts) == 1 else _concatenate(parts)

    def _channel_flux(
        self, channel: Channel, mass: float, n: int, first: int, rng: np.random.Generator
    ) -> Flux:
        n_mothers = -(-n // self.n_decays)
        shift = rng.random(4)
        spectrum = self.spectra.species(channel.species)
        mothers = kept_mothers(spectrum, self.nuclear, n_mothers, shift)
        mother = np.stack([mothers.energy, mothers.pt, np.zeros(n_mothers), mothers.pz])
        angles = lattice(n_mothers, shift, -2)
        if self.n_decays > 1:
            mother = np.repeat(mother, self.n_decays, axis=1)
            turn = np.arange(self.n_decays) / self.n_decays
            angles = (angles[:, :, None] + np.array([[1.0], [0.5]])[:, None] * turn).reshape(2, -1) % 1.0
        rest, _ = two_body_rest(
            channel.mass, mass, channel.product_mass, 2.0 * angles[0] - 1.0, 2.0 * np.pi * angles[1]
        )
        energy, px, py, pz = boost_from_rest(rest, mother, channel.mass)
        branching = self.branching(channel, mass)
        weight = np.repeat(mothers.weight, self.n_decays) * (self.scale * branching / self.n_decays)
        variations = {
            name: weight * (self.branching(channel, mass, name) / branching) for name in self.variation_names
        }
        for name, ratio in mother_ratios(spectrum).items() if self.spread else ():
            if mothers.survival is not None and mothers.rank is not None:
                variations[name] = variations[name] * np.repeat(
                    ratio(mothers.survival, mothers.rank), self.n_decays
                )
        return Flux(
            mass, energy, np.arctan2(np.hypot(px, py), pz), weight, np.repeat(mothers.block, self.n_decays),
            np.repeat(mothers.index + first, self.n_decays), variations,
        )  # fmt: skip

    def _mothers(self, channel: Channel, variation: str = "central") -> float:
        spectrum = self.spectra.species(channel.species)
        ratio = mother_ratios(spectrum).get(variation) if self.spread else None
        return spectrum.multiplicity * mean_weight(spectrum, self.nuclear, ratio)

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )


def _concatenate(parts: list[Flux]) -> Flux:
    return Flux(
        mass=parts[0].mass,
        energy=np.concatenate([p.energy for p in parts]),
        theta=np.concatenate([p.theta for p in parts]),
        weight=np.concatenate([p.weight for p in parts]),
        block=np.concatenate([p.block for p in parts]),
        mother=np.concatenate([p.mother for p in parts]),
        variations={v: np.concatenate([p.variations[v] for p in parts]) for v in parts[0].variations},
    )


def meson_sources(
    facility: str,
    form_factors: str = "default",
    n_decays: int = 1,
    scale: float = 1.0,
    *,
    spread: bool = False,
    nuclear: NuclearTarget | None = None,
) -> list[MesonDecay]:
    """All meson sources at a facility; parameters as for `MesonDecay`.

    Examples
    --------
    >>> [source.name for source in meson_sources("SPS")][:3]
    ['meson:pi0', 'meson:eta', 'meson:etap']
    """
    spectra = load_spectra(facility)
    return [
        MesonDecay(name, spectra, form_factors, n_decays, scale, spread, nuclear) for name in MESON_DECAYS
    ]
