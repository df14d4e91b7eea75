r"""Drell-Yan production q qbar -> A' as a source of dark photons.

Narrow width, leading order, per nucleon and per epsilon^2, with the parton luminosities L of
`darkbeam.spectra.drell_yan_luminosity`::

    sigma = K (4 pi^2 alpha / 3 m^2) sum_q [ (g_qL^2 + g_qR^2) / 2 ] L_q(m^2/s),
    sigma_N = (Z/A) sigma_pp + (1 - Z/A) sigma_pn

alpha is the fine-structure constant at zero momentum: epsilon multiplies the charge e of the Thomson limit, as in
every source of this package (with e at m_Z the cross-section would be 7 % larger there).

Couplings in units of epsilon e.  A' mixing with hypercharge, (epsilon / 2 c_W) F' B, shifts B -> B + (epsilon/c_W) A'
and mixes A' with the Z; to first order in epsilon (arXiv:1412.0018, section 2) a fermion of charge Q and isospin T3
(T3 = 0 if right-handed) has::

    g = Q + [m^2 / (m_Z^2 - m^2 - i m_Z Gamma_Z)] (T3 - s_W^2 Q) / c_W^2

Q for m << m_Z (photon only), hypercharge Y/c_W^2 = (Q - T3)/c_W^2 for m >> m_Z.  The width regulates the pole; within
a few Gamma_Z of it the formula is the rate through an off-shell Z, not that of a state with a mass of its own.

Other vectors do not mix with the Z: g_q = x_q, their vector charges (``model``).  The luminosities add u and c, and d,
s and b, so that x_u = x_c and x_d = x_s = x_b are needed; models with other charges are refused.

K factor (``k_factor``): ``nlo`` (default) uses the O(alpha_s) luminosities, i.e. K(m) = sigma_NLO/sigma_LO with
the coefficient functions of Altarelli, Ellis and Martinelli (1979), same densities and scale: 1.5 to 1.9 at fixed
target, 1.15 at the Z.  ``none`` is leading order, ``senscalc`` is 1.7 at the SPS and 1 elsewhere (the SensCalc
repository; inconsistent, for comparison), and a number is that number.

Variations are other weights on the same points: ``dy-scale-down`` and ``dy-scale-up`` (factorisation and
renormalisation scale m/2 and 2m, frozen at Q_0 of the set), ``dy-pdf-nnpdf31-lo``, ``dy-pdf-nnpdf31-nlo`` and
``dy-pdf-ct14`` (central: NNPDF3.1 NNLO).  Below 3 GeV m/2 is frozen at Q_0 = 1.65 GeV, and at the LHC the scale
band is a factor of 2: there the spread of the sets is the better, if optimistic, error.

Weight per inelastic collision (``normalisation``): sigma_N / sigma_inel(pp) for ``inelastic``, sigma_N/sigma_tot(pp)
for ``tot``.  Both are per *nucleon*: the hard cross-section of a nucleus grows like A, the inelastic one like A^0.7, so
a thick target makes up to A^0.3 more per collision.  ``senscalc`` includes it: sigma_N / (51 mb A^-0.29).

Shapes in (x, pT) are those of Pythia's shower (`darkbeam.spectra.drell_yan_events`): proton target, photon
couplings, intrinsic kT fixed by pT data of E288 and E605.  At 400 GeV <pT> is 0.8 GeV at m = 1.5 GeV, 1.0 at 3 and
1.2 at 8; the sample behind SensCalc has 1.8 and 2.1 GeV at 2 and 3 GeV, about twice the fixed-target data.

Validity: 1.5 GeV (perturbative only in name below 2 GeV) to 0.38 sqrt(s), at the LHC to 200 GeV.

Pairs of millicharged particles (`darkbeam.production.pairs`) take all of this at m = mass of the pair: K factor, scale
m, photon and Z (the charge is one of hypercharge).  SensCalc's tables for millicharged pairs above 2 GeV are leading
order with NNPDF2.3 LO, scale m, alpha = 1/132.5 and no K factor.  With these, 400 and 120 GeV agree to 3 %, and the LHC
to 5 % from 0.5 to 60 GeV if it is taken as 13 TeV with u, d, s and c in the proton and the weak angle that follows from
that alpha, G_F and m_Z; at 14 TeV and with b our numbers are 4 to 16 % above the table.

References: SPS cross-sections of arXiv:2409.11096 are reproduced to 1 % from 3 to 6 GeV (``none``, photon only).
Its tables at 120 GeV below 2.5 GeV and at the LHC below 2.5 GeV fall towards small mass (factors 1200 and 80 at 1.5
and 2 GeV at 120 GeV, 18 and 4 at the LHC): an artefact of its generator's phase space, not reproduced here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, GEV2_MB
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import Facility, get_facility
from darkbeam.hadrons.monotone_cubic import MonotoneCubic
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.source import N_BLOCKS, Flux
from darkbeam.spectra.drell_yan import VARIATIONS, load_drell_yan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.models.charges import Charges
    from darkbeam.production.charged_model import ChargedModel

__all__ = [
    "K_FACTORS", "NORMALISATIONS", "TARGETS", "DrellYan", "Target", "coupling_squared", "same_in_generations",
    "target_of",
]  # fmt: skip

K_FACTORS = ("nlo", "none", "senscalc")
"""Names of K factors; a number is accepted too."""
NORMALISATIONS = ("inelastic", "tot", "senscalc")
M_Z, GAMMA_Z = 91.1880, 2.4955
"""Mass and width of the Z in GeV (Particle Data Group 2024)."""
SIN2_W = 0.23122
"""sin^2 of the weak angle in the MSbar scheme at m_Z (Particle Data Group 2024)."""
_CHARGE_ISOSPIN = {"up": (2.0 / 3.0, 0.5), "down": (-1.0 / 3.0, -0.5)}
_SENSCALC_SPS_K = 1.7
SENSCALC_MB, SENSCALC_POWER = 51.0, -0.29
"""SensCalc's inelastic cross-section per nucleon of a nucleus: 51 mb A^-0.29."""


@dataclass(frozen=True)
class Target:
    """A nucleus: element, protons, mean mass number."""

    element: str
    Z: int
    A: float

    @property
    def z_over_a(self) -> float:
        """Share of protons."""
        return self.Z / self.A


PROTON = Target("H", 1, 1.0)
TARGETS: Mapping[str, Target] = {
    "SPS": Target("Mo", 42, 95.95),
    "Fermilab": Target("Fe", 26, 55.845),
    "Serpukhov": Target("Fe", 26, 55.845),
    "JPARC": Target("C", 6, 12.011),
}
"""Main element of the target or dump of a facility; standard atomic weights."""


def target_of(facility: Facility) -> Target:
    """Target of a facility; a proton at colliders and where none is known."""
    return PROTON if facility.collider else TARGETS.get(facility.name, PROTON)


def coupling_squared(mass: float, quark: str, *, z_mixing: bool = True) -> float:
    """(g_L^2 + g_R^2) / 2 of a quark of class ``up`` or ``down``, in units of (epsilon e)^2."""
    Q, T3 = _CHARGE_ISOSPIN[quark]
    if not z_mixing:
        return Q * Q
    c2 = 1.0 - SIN2_W
    admixture = mass**2 / complex(M_Z**2 - mass**2, -M_Z * GAMMA_Z)
    left, right = (abs(Q + admixture * (t - SIN2_W * Q) / c2) ** 2 for t in (T3, 0.0))
    return 0.5 * (left + right)


def same_in_generations(x: Charges) -> bool:
    """Whether u and c, and d, s and b, couple alike, as the tables need."""
    pairs = ((x.u, x.c), (x.d, x.s), (x.d, x.b))
    return all(abs(a - b) <= 1e-9 * max(abs(a), abs(b)) for a, b in pairs)


@lru_cache(maxsize=512)
def _curve(facility: str, variation: str, target: int, quark: int, order: int) -> MonotoneCubic:
    """Logarithm of L as a function of ln m."""
    table = load_drell_yan(facility)
    values = table.luminosity[list(VARIATIONS).index(variation), target, quark, order]
    return MonotoneCubic(tuple(zip(np.log(table.masses), np.log(values), strict=True)))


@dataclass(frozen=True)
class DrellYan:
    """Dark photons from q qbar annihilation.

    Attributes
    ----------
    facility : Facility or str
        One with tables: `darkbeam.spectra.drell_yan.TABLES`.
    k_factor : str or float
        One of `K_FACTORS`, or a positive number that multiplies the leading order.
    normalisation : str
        One of `NORMALISATIONS`.
    z_mixing : bool
        Couplings of hypercharge mixing (True) or of the photon only.
    target : Target, optional
        By default that of the facility.
    model : ChargedModel, optional
        Vector that is made, without mixing with the Z; the dark photon by default.
    """

    facility: Facility | str
    k_factor: str | float = "nlo"
    normalisation: str = "inelastic"
    z_mixing: bool = True
    target: Target | None = None
    model: ChargedModel | None = None

    def __post_init__(self) -> None:
        if isinstance(self.k_factor, str):
            if self.k_factor not in K_FACTORS:
                raise UnknownNameError("K factor", self.k_factor, K_FACTORS)
        elif not 0.0 < self.k_factor < np.inf:
            raise ValueRangeError(f"the K factor of Drell-Yan must be positive, not {self.k_factor:g}")
        if self.normalisation not in NORMALISATIONS:
            raise UnknownNameError("normalisation", self.normalisation, NORMALISATIONS)
        load_drell_yan(self.site.name)

    @property
    def site(self) -> Facility:
        """The facility itself."""
        return get_facility(self.facility) if isinstance(self.facility, str) else self.facility

    @property
    def nucleus(self) -> Target:
        """The target in use."""
        return target_of(self.site) if self.target is None else self.target

    @property
    def name(self) -> str:
        """Name on the command line."""
        return "drell-yan"

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval in GeV."""
        masses = load_drell_yan(self.site.name).masses
        return float(masses[0]), float(masses[-1])

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        return tuple(v for v in VARIATIONS if v != "central")

    def _check(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            raise MassRangeError(
                f"drell-yan at {self.site.name} is valid from {low:.4g} to {high:.4g} GeV, not at {mass:g} GeV"
            )

    def _coupling_squared(self, mass: float, quark: str) -> float:
        if self.model is None:
            return coupling_squared(mass, quark, z_mixing=self.z_mixing)
        x = self.model.charges_at(mass)
        if not same_in_generations(x):
            raise ValueRangeError(
                f"drell-yan adds the densities of u and c and of d, s and b: no {self.model.name} vector, whose "
                "charges differ between generations"
            )
        return (x.u if quark == "up" else x.d) ** 2

    def _sum(self, mass: float, variation: str, order: int) -> float:
        """Sum over quarks of (g_L^2 + g_R^2)/2 L, averaged over the nucleons of the target."""
        self._check(mass)
        site, name = self.site, variation if variation in VARIATIONS else "central"
        protons = 1.0 if site.collider else self.nucleus.z_over_a
        shares = ((0, protons), (1, 1.0 - protons))
        return sum(
            share
            * self._coupling_squared(mass, quark)
            * float(np.exp(_curve(site.name, name, target, k, order)(np.log(mass))))
            for k, quark in enumerate(_CHARGE_ISOSPIN)
            for target, share in shares
            if share > 0.0
        )

    @property
    def _order_and_factor(self) -> tuple[int, float]:
        """Order of the luminosities and the number that multiplies them."""
        if self.k_factor == "nlo":
            return 1, 1.0
        if isinstance(self.k_factor, str):
            return 0, _SENSCALC_SPS_K if self.k_factor == "senscalc" and self.site.name == "SPS" else 1.0
        return 0, float(self.k_factor)

    def k(self, mass: float, variation: str = "central") -> float:
        """K factor at a mass (GeV): cross-section over leading order."""
        order, factor = self._order_and_factor
        if order == 0:
            return factor
        return self._sum(mass, variation, 1) / self._sum(mass, variation, 0)

    def cross_section(self, mass: float, variation: str = "central") -> float:
        """Cross-section per nucleon at epsilon = 1 in mb, K factor included.

        A variation that is not one of this source gives the central value, as in `Flux.weights`.
        """
        order, factor = self._order_and_factor
        born = 4.0 * np.pi**2 * ALPHA / (3.0 * mass**2)
        return float(factor * born * self._sum(mass, variation, order) * GEV2_MB)

    @property
    def reference_mb(self) -> float:
        """Cross-section that turns sigma per nucleon into a number per collision, mb."""
        if self.normalisation == "senscalc":
            return float(SENSCALC_MB * self.nucleus.A**SENSCALC_POWER)
        return float(sigma_total(self.site.s)) if self.normalisation == "tot" else self.site.sigma_inel_mb

    def total(self, mass: float, variation: str = "central") -> float:
        """Dark photons per collision at epsilon = 1."""
        return self.cross_section(mass, variation) / self.reference_mb

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return about n weighted points; the number is rounded up to a multiple of the number of blocks."""
        central = self.total(mass)
        spectrum = load_drell_yan(self.site.name).shapes.spectrum(self.site, mass)
        vectors = spectrum.sample(-(-n // N_BLOCKS) * N_BLOCKS, rng)
        weight = central * vectors.weight
        ratios = {v: self.total(mass, v) / max(central, 1e-300) for v in self.variation_names}
        return Flux(
            mass, vectors.energy, vectors.theta, weight, vectors.block, vectors.index,
            {v: weight * r for v, r in ratios.items()}, self.notes(mass),
        )  # fmt: skip

    def notes(self, mass: float) -> tuple[str, ...]:
        """Return what the user should know about this mass."""
        if mass < 2.0:
            return (
                "drell-yan: hardly perturbative below 2 GeV, densities frozen; the spread of the sets is a lower bound",
            )
        if self.model is None and self.z_mixing and abs(mass - M_Z) < 2.0 * GAMMA_Z:
            return ("drell-yan: at the Z pole, rate through the off-shell Z, at first order in epsilon",)
        return ()
