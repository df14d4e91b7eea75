r"""J/psi, psi(2S) and Upsilon(1S, 2S, 3S) as sources: A' by mixing, and the mesons themselves.

A vector meson V of coupling g_V turns into an A' of mass m near its pole with (per epsilon^2)::

    P(m) = N_V (4 pi alpha / g_V^2) m_V^4 / [ (m^2 - m_V^2)^2 + m_V^2 Gamma_V^2 ]
    Gamma(V -> l l) = 4 pi alpha^2 m_V / (3 g_V^2),   i.e.  4 pi alpha / g_V^2 = 3 Gamma_ee / (alpha m_V)

so that the lepton pairs that the same virtual photons imply, dN_ll = dq^2 (alpha / 3 pi q^2) P(q), integrate over the
narrow peak to N_V Gamma_ee / Gamma_V.  N_V is the number of V per inelastic collision,

    N_V = sigma_V A^(a-1) / sigma_inel(pp).

sigma_V per nucleon comes from measurements (`darkbeam.spectra.quarkonium_make.MEASUREMENTS`), interpolated as

    sigma_V = c(sqrt s) (1 - m_V/sqrt s)^12,      ln c linear in ln sqrt s between the measurements,

c constant below the first (20 GeV for the J/psi, 29.1 GeV for the Upsilon) and continued with the last slope above the
last; the power is that of the fixed-target fits (hep-ph/9403387).  Excited states are the ground state times a measured
ratio, linear in ln sqrt s: the psi(2S), and at all energies the 2S and 3S of the Upsilon with the ratios of the LHC,
0.25 and 0.12 in lepton pairs, and the spectrum of the 1S.  Expect 20 % at the SPS (340 nb per nucleon at 400 GeV), a
factor of 2 at 30 and 70 GeV.  SensCalc has 3.5e-6 J/psi per collision, times A^0.29, at the SPS: 0.4 of this per
nucleon.  At the LHC it agrees to 5 % (J/psi, 80 microbarn) and 10 % (Upsilon).

Vectors with other charges: P times (x_c/Q_c)^2 or (x_b/Q_b)^2 (``model``).

Nuclear dependence sigma_A = A^a sigma: a = 0.954 (J/psi), 0.936 (psi(2S)), measured at 800 GeV by E866
(nucl-ex/9909007), 0.962 (Upsilon, E772, Phys. Rev. Lett. 66 (1991) 2285).  The number is per nucleon of the nucleus as
for Drell-Yan; see `darkbeam.production.drell_yan` for the conventions of ``normalisation``.

Validity: |m - m_V| < 0.05 m_V, where the rate of producing a V of mass m is N_V to about 30 % and the other poles
are far; the tails beyond belong to Drell-Yan.  Shapes in (x, pT) are Pythia's direct production; <pT> of the J/psi at
400 GeV is 1.4 GeV, harder than the 1.2 GeV of fixed-target data because the matrix elements need a cut at small pT.
J/psi from b decays are left out (15 % at the LHC).  Variations ``quarkonium-sigma-down`` and ``quarkonium-sigma-up``
are the errors of the nearest measurement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_P
from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.facilities import Facility, get_facility
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.drell_yan import NORMALISATIONS, SENSCALC_MB, SENSCALC_POWER, Target, target_of
from darkbeam.production.source import N_BLOCKS, Flux
from darkbeam.spectra.quarkonium import load_cross_sections, load_shape, states_at

if TYPE_CHECKING:
    from darkbeam.production.charged_model import ChargedModel
    from darkbeam.spectra import Mothers

__all__ = ["QUARKONIA", "Quarkonium", "Resonance", "quarkonium_sources", "sigma_nb"]

WINDOW = 0.05
"""Largest distance of the mass from the pole, relative."""
_NODES = (-0.0499, -0.02, -0.008, -0.003, -0.001, 0.001, 0.003, 0.008, 0.02, 0.0499)
"""Nodes of a mass grid, relative to the pole; the peak itself is a few 1e-5 wide."""
_THRESHOLD_POWER = 12
_NB_PER_MB = 1.0e6


@dataclass(frozen=True)
class Resonance:
    """A vector meson: mass, width, electronic width (GeV, Particle Data Group 2024), nuclear exponent."""

    mass: float
    width: float
    gamma_ee: float
    exponent: float

    @property
    def branching_ll(self) -> float:
        """Branching ratio to one kind of massless lepton pairs."""
        return self.gamma_ee / self.width

    @property
    def g_squared(self) -> float:
        """Coupling g_V^2."""
        return float(4.0 * np.pi * ALPHA**2 * self.mass / (3.0 * self.gamma_ee))


QUARKONIA = {
    "jpsi": Resonance(3.0969, 92.6e-6, 5.53e-6, 0.954),
    "psi2s": Resonance(3.68610, 293e-6, 2.33e-6, 0.936),
    "upsilon": Resonance(9.46040, 54.02e-6, 1.340e-6, 0.962),
    "upsilon2s": Resonance(10.0234, 31.98e-6, 0.612e-6, 0.962),
    "upsilon3s": Resonance(10.3551, 20.32e-6, 0.443e-6, 0.962),
}
"""States by the part of their source name after the colon."""
GROUND = {"psi2s": "jpsi", "upsilon2s": "upsilon", "upsilon3s": "upsilon"}
"""Excited states and the ground state to which their rate is measured."""


def _threshold(mass: float, sqrt_s: float) -> float:
    return (1.0 - mass / sqrt_s) ** _THRESHOLD_POWER if sqrt_s > mass + 2.0 * M_P else 0.0


def sigma_nb(state: str, sqrt_s: float) -> float:
    """Cross-section per nucleon in nb at sqrt s (GeV); zero below threshold.

    Examples
    --------
    >>> 250.0 < sigma_nb("jpsi", 27.4) < 450.0
    True
    """
    points = load_cross_sections(state)
    ln_s = np.log(points.sqrt_s)
    if state in GROUND:
        open_channel = sqrt_s > QUARKONIA[state].mass + 2.0 * M_P
        return (
            sigma_nb(GROUND[state], sqrt_s)
            * float(np.interp(np.log(sqrt_s), ln_s, points.sigma))
            * open_channel
        )
    mass = QUARKONIA[state].mass
    ln_c = np.log(points.sigma) - _THRESHOLD_POWER * np.log1p(-mass / points.sqrt_s)
    beyond = max(np.log(sqrt_s) - ln_s[-1], 0.0)
    slope = (ln_c[-1] - ln_c[-2]) / (ln_s[-1] - ln_s[-2])
    return float(np.exp(np.interp(np.log(sqrt_s), ln_s, ln_c) + slope * beyond)) * _threshold(mass, sqrt_s)


def _relative_error(state: str, sqrt_s: float) -> float:
    """Of the measurement nearest in energy."""
    points = load_cross_sections(state)
    return float(points.relative_error[np.argmin(np.abs(np.log(points.sqrt_s / sqrt_s)))])


@dataclass(frozen=True)
class Quarkonium:
    """Dark photons that mix with one quarkonium.

    Attributes
    ----------
    name : str
        ``quarkonium:jpsi``, ``quarkonium:psi2s``, ``quarkonium:upsilon``, ``quarkonium:upsilon2s`` or
        ``quarkonium:upsilon3s``.
    facility : Facility or str
    normalisation : str
        One of `darkbeam.production.drell_yan.NORMALISATIONS`.
    target : Target, optional
        By default that of the facility.
    model : ChargedModel, optional
        Vector that mixes; the dark photon by default.
    """

    name: str
    facility: Facility | str
    normalisation: str = "inelastic"
    target: Target | None = None
    model: ChargedModel | None = None

    def __post_init__(self) -> None:
        valid = [f"quarkonium:{s}" for s in QUARKONIA]
        if self.name not in valid:
            raise UnknownNameError("quarkonium", self.name, valid)
        if self.normalisation not in NORMALISATIONS:
            raise UnknownNameError("normalisation", self.normalisation, NORMALISATIONS)
        load_shape(self.site.name, self.state)

    @property
    def site(self) -> Facility:
        """The facility itself."""
        return get_facility(self.facility) if isinstance(self.facility, str) else self.facility

    @property
    def state(self) -> str:
        """Key in `QUARKONIA`."""
        return self.name.removeprefix("quarkonium:")

    @property
    def resonance(self) -> Resonance:
        """Mass, widths and nuclear exponent."""
        return QUARKONIA[self.state]

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval in GeV."""
        return (1.0 - WINDOW) * self.resonance.mass, (1.0 + WINDOW) * self.resonance.mass

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        return ("quarkonium-sigma-down", "quarkonium-sigma-up")

    @property
    def mass_nodes(self) -> tuple[float, ...]:
        """Masses in GeV that a grid needs to follow the flanks of the peak."""
        return tuple(self.resonance.mass * (1.0 + d) for d in _NODES)

    def _factor(self, variation: str) -> float:
        states = (self.state, GROUND[self.state]) if self.state in GROUND else (self.state,)
        error = float(np.hypot.reduce([_relative_error(s, self.site.sqrt_s) for s in states]))
        return {"quarkonium-sigma-down": 1.0 - error, "quarkonium-sigma-up": 1.0 + error}.get(variation, 1.0)

    def multiplicity(self, variation: str = "central") -> float:
        """N_V, mesons per collision."""
        nucleus = target_of(self.site) if self.target is None else self.target
        reference = {
            "inelastic": self.site.sigma_inel_mb,
            "tot": float(sigma_total(self.site.s)),
            "senscalc": SENSCALC_MB * nucleus.A**SENSCALC_POWER,
        }
        sigma = sigma_nb(self.state, self.site.sqrt_s) * nucleus.A ** (self.resonance.exponent - 1.0)
        return float(self._factor(variation) * sigma / (_NB_PER_MB * reference[self.normalisation]))

    def charge(self, mass: float) -> float:
        """Vector charge of the heavy quark over its electric charge."""
        if self.model is None:
            return 1.0
        x = self.model.charges_at(mass)
        return -3.0 * x.b if self.state.startswith("upsilon") else 1.5 * x.c

    def mixing(self, mass: float) -> float:
        """P(m) / N_V: dark photons per meson at epsilon = 1."""
        v = self.resonance
        pole = v.mass**4 / ((mass**2 - v.mass**2) ** 2 + (v.mass * v.width) ** 2)
        return float(4.0 * np.pi * ALPHA / v.g_squared * pole * self.charge(mass) ** 2)

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per collision at epsilon = 1."""
        self._check(mass)
        return self.multiplicity(variation) * self.mixing(mass)

    def two_body_mothers(self, n: int, rng: np.random.Generator) -> Mothers:
        """Weighted mesons of mass m_V for their two-body decays; the weights sum to N_V."""
        return self._vectors(self.resonance.mass, self.multiplicity(), n, rng)

    def _vectors(self, mass: float, norm: float, n: int, rng: np.random.Generator) -> Mothers:
        shape = load_shape(self.site.name, self.state).spectrum(self.site, mass)
        one = shape.sample(-(-n // N_BLOCKS) * N_BLOCKS, rng)
        return replace(one, weight=norm * one.weight)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return about n weighted points; the number is rounded up to a multiple of the number of blocks."""
        vectors = self._vectors(mass, self.total(mass), n, rng)
        variations = {v: vectors.weight * self._factor(v) for v in self.variation_names}
        return Flux(
            mass, vectors.energy, vectors.theta, vectors.weight, vectors.block, vectors.index, variations
        )

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"{self.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )


def quarkonium_sources(facility: Facility | str, normalisation: str = "inelastic") -> list[Quarkonium]:
    """Every quarkonium that a facility makes.

    Examples
    --------
    >>> [source.name for source in quarkonium_sources("SPS")]
    ['quarkonium:jpsi', 'quarkonium:psi2s', 'quarkonium:upsilon', 'quarkonium:upsilon2s', 'quarkonium:upsilon3s']
    """
    site = get_facility(facility) if isinstance(facility, str) else facility
    return [Quarkonium(f"quarkonium:{s}", site, normalisation) for s in states_at(site.name)]
