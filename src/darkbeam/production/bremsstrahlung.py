"""Proton bremsstrahlung p -> p' A' as a source of dark photons.

Formulas, per inelastic collision and per epsilon^2 (splitting functions w in `splitting_functions`, form
factors in `darkbeam.hadrons.proton_form_factors`, weight sigma(s')/sigma_ref in `cross_sections`)::

    d^2N / (dz dpT^2) = w(z, pT^2) |F|^2 Fv^2 sigma_NSD(s') / sigma_inel(s)      arXiv:2409.11096, equation 2
    z = E/P,  pT = k sin(theta),  k = sqrt(E^2 - m^2)
    d(z, pT^2)/d(E, theta) = 2 k^2 sin(theta) cos(theta) / P

Descriptions: ``fr`` (Dirac and Pauli form factors, cut-off Lambda; default), ``baseline``
(Bluemlein-Brunner with VMD and a cut in pT) and ``ap`` (quasi-real; for comparison).  Points and quadrature
live in y = ln(z/(1-z)) and u = ln(H/A), A = H(pT=0), in which the density is smooth.

Validity: 2 m_e < m < 3 GeV (5 GeV at the SPS and the LHC).  Below 0.2 GeV the yield is set by z_min, above
1 GeV by z_max and Lambda; above 1.989 GeV the UA form factors are extrapolated, and the flux says so.

Variations of ``fr`` are other weights on the same points: ``brem-lower`` and ``brem-upper`` (Lambda and
edge of the form factors together), ``brem-lambda1.5``, ``brem-pauli`` (on-shell momentum in the Pauli
vertex) and ``brem-pqcd-tail`` (counting-rule powers above 1.989 GeV).

Vectors with other charges (``model``): F1 and F2 are those of `darkbeam.hadrons.proton_isospin`, known up to 1.13 GeV
for ``ua``, with ``brem-isospin`` as a variation of the split; ``baseline`` and ``ap`` with VMD form factors (without a
phi) have no such limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_E
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import Facility, get_facility
from darkbeam.hadrons.couplings import PHOTON
from darkbeam.hadrons.proton_form_factors import FORM_FACTORS, MASS_TABLE_MAX
from darkbeam.hadrons.proton_isospin import ISOSPIN_MASS_MAX, charged_form_factors
from darkbeam.production import splitting_functions as sf
from darkbeam.production.brem_mass_nodes import mass_nodes
from darkbeam.production.brem_phase_space import CellProposal, PhaseSpace, Points, block_lattice
from darkbeam.production.charged_model import couplings_at, is_photon_like
from darkbeam.production.cross_sections import NORMALISATIONS, cross_section_weight
from darkbeam.production.source import N_BLOCKS, Flux

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from darkbeam.hadrons.couplings import Couplings
    from darkbeam.production.charged_model import ChargedModel

    Array = NDArray[np.float64]
    Kernels = tuple[Array, ...]

__all__ = ["DESCRIPTIONS", "Bremsstrahlung", "Setup", "mass_nodes"]

DESCRIPTIONS = ("fr", "baseline", "ap")
"""Names of the splitting functions."""
PT_CEILING = 20.0
"""Upper limit of pT in GeV where no cut is asked for; Fv makes the density negligible there."""
N_QUADRATURE = 40
"""Gauss-Legendre nodes in each variable."""
AP_DOUBTFUL_BELOW = 0.4
"""Mass in GeV below which the longitudinal term of ``ap`` dominates."""


@dataclass(frozen=True)
class Setup:
    """What one variation changes: Lambda in GeV, edge, tail and isospin of the form factors, Pauli vertex."""

    cutoff: float
    edge: str = "central"
    tail: str = "power12"
    onshell_pauli: bool = False
    sharing: str = "proportional"


@dataclass(frozen=True)
class Bremsstrahlung:
    """Dark photons from proton bremsstrahlung.

    Attributes
    ----------
    facility : Facility or str
        Beam.
    description : str
        One of `DESCRIPTIONS`.
    z_min, z_max : float, optional
        Range of z; the facility's by default.
    pt_max : float, optional
        Cut in pT, GeV; by default the facility's for ``baseline``, none otherwise.
    lambda_lower, lambda_central, lambda_upper : float
        Cut-off of the virtuality form factor, GeV (``fr`` and ``ap``).
    form_factor : str
        Model of F1 and F2, one of `darkbeam.hadrons.proton_form_factors.FORM_FACTORS`; by default ``ua`` for
        ``fr`` and ``vmd-literature`` otherwise.
    normalisation : str
        One of `darkbeam.production.cross_sections.NORMALISATIONS`.
    validity_cut : float
        Largest ratio of advanced to retarded energy denominators.
    model : ChargedModel, optional
        Vector that is radiated; the dark photon by default.
    """

    facility: Facility | str
    description: str = "fr"
    z_min: float | None = None
    z_max: float | None = None
    pt_max: float | None = None
    lambda_lower: float = 0.5
    lambda_central: float = 1.0
    lambda_upper: float = 2.0
    form_factor: str = ""
    normalisation: str = "inelastic"
    validity_cut: float = 0.1
    model: ChargedModel | None = None

    def __post_init__(self) -> None:
        if self.description not in DESCRIPTIONS:
            raise UnknownNameError("description of bremsstrahlung", self.description, DESCRIPTIONS)
        if self.normalisation not in NORMALISATIONS:
            raise UnknownNameError("normalisation", self.normalisation, NORMALISATIONS)
        if self.form_factor and self.form_factor not in FORM_FACTORS:
            raise UnknownNameError("form factor", self.form_factor, FORM_FACTORS)
        z_min, z_max = self.z_range
        if not 0.0 < z_min < z_max < 1.0:
            raise ValueRangeError(f"bremsstrahlung needs 0 < z_min < z_max < 1, got {z_min:g} and {z_max:g}")
        cutoffs = (self.lambda_lower, self.lambda_central, self.lambda_upper)
        if min(*cutoffs, self.pt_limit, self.validity_cut) <= 0.0:
            raise ValueRangeError("Lambda, pt_max and validity_cut of bremsstrahlung must be positive")

    @property
    def site(self) -> Facility:
        """The facility itself."""
        return get_facility(self.facility) if isinstance(self.facility, str) else self.facility

    @property
    def name(self) -> str:
        """Name on the command line."""
        return "bremsstrahlung"

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval in GeV."""
        high = self.site.brem_mass_max
        return (2.0 * M_E, min(high, ISOSPIN_MASS_MAX) if self.limited_by_isospin else high)

    @property
    def limited_by_isospin(self) -> bool:
        """Whether the isospin of the form factors matters and is not known at all masses."""
        return (
            self.model is not None
            and self.form_factor_model == "ua"
            and not all(is_photon_like(couplings_at(self.model, m)) for m in (0.1, 0.5, ISOSPIN_MASS_MAX))
        )

    def couplings(self, mass: float) -> Couplings:
        """Couplings of the vector to light quarks at a mass (GeV); photon-like ones exactly equal."""
        if self.model is None:
            return PHOTON
        c = couplings_at(self.model, mass)
        return replace(c, c1=c.c0, cs=c.c0) if is_photon_like(c) else c

    @property
    def z_range(self) -> tuple[float, float]:
        """Smallest and largest z."""
        site = self.site
        return (
            site.z_min if self.z_min is None else self.z_min,
            site.z_max if self.z_max is None else self.z_max,
        )

    @property
    def pt_limit(self) -> float:
        """Largest pT, GeV."""
        if self.pt_max is not None:
            return self.pt_max
        return self.site.pt_max if self.description == "baseline" else PT_CEILING

    @property
    def form_factor_model(self) -> str:
        """Model of F1 and F2."""
        return self.form_factor or ("ua" if self.description == "fr" else "vmd-literature")

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Named variations beside ``central``."""
        return tuple(name for name in self._setups(np.inf) if name != "central")

    def _setups(self, mass: float) -> dict[str, Setup]:
        """Return the variations that differ from the central one at this mass."""
        setups = {"central": Setup(self.lambda_central)}
        if self.description == "baseline":
            return setups
        setups["brem-lower"] = Setup(self.lambda_lower, "lower")
        setups["brem-upper"] = Setup(self.lambda_upper, "upper")
        setups["brem-lambda1.5"] = Setup(1.5)
        if self.description == "fr" and self.form_factor_model == "ua":
            setups["brem-pauli"] = Setup(self.lambda_central, onshell_pauli=True)
            if mass > MASS_TABLE_MAX:
                setups["brem-pqcd-tail"] = Setup(self.lambda_central, tail="pqcd")
        if self.limited_by_isospin:
            setups["brem-isospin"] = Setup(self.lambda_central, sharing="isovector")
        return setups

    def _check_mass(self, mass: float) -> None:
        low, high = self.valid
        if not low < mass < high:
            why = ""
            if mass >= high and self.limited_by_isospin and self.model is not None:
                why = (
                    f": the isospin of the form factors, which {self.model.name} vectors need, is known up to there;"
                    " '--brem baseline' has no such limit"
                )
            raise MassRangeError(
                f"bremsstrahlung at {self.site.name} needs {low:.4g} < mass < {high:g} GeV, not {mass:g}{why}"
            )

    # The density is a sum over bilinears of the form factors times kernels that do not know them.

    def _phase_space(self, mass: float, *extra: Setup) -> PhaseSpace:
        z_min, z_max = self.z_range
        cutoff = max(setup.cutoff for setup in (*self._setups(mass).values(), *extra))
        return PhaseSpace(
            mass, self.site.beam_momentum, z_min, z_max, self.pt_limit, self.validity_cut,
            np.inf if self.description == "baseline" else cutoff,
        )  # fmt: skip

    def _kernels(self, at: Points, mass: float, setups: Iterable[Setup]) -> Iterator[tuple[Array, Kernels]]:
        """Yield, per setup, d(z, pT^2)/d(Y, U) Fv^2 sigma(s')/sigma_ref and the splitting functions.

        The latter multiply |F1|^2 and, for ``fr``, |F2|^2 and Re(F1 F2*).
        """
        measure = at.jacobian * cross_section_weight(self.site, at.z, self.normalisation)
        splitting: dict[bool, Kernels] = {}
        for setup in setups:
            key = setup.onshell_pauli
            if key not in splitting:
                splitting[key] = self._splitting(at, mass, onshell_pauli=key)
            if self.description == "baseline":
                yield measure, splitting[key]
            else:
                yield measure * sf.virtuality_form_factor(at.z, at.H, setup.cutoff) ** 2, splitting[key]

    def _splitting(self, at: Points, mass: float, *, onshell_pauli: bool) -> Kernels:
        if self.description == "baseline":
            return (sf.w_bb(at.z, at.H, mass),)
        if self.description == "ap":
            return (sf.w_ap(at.z, at.H, mass),)
        return sf.w_fr(at.z, at.H, mass, onshell_pauli=onshell_pauli)

    def _bilinears(self, mass: float, setup: Setup) -> tuple[float, float, float]:
        shape = (self.form_factor_model, setup.edge, setup.tail, setup.sharing)
        return _bilinears_at(mass, self.couplings(mass), *shape)

    def _densities(self, at: Points, mass: float) -> dict[str, Array]:
        """Return d^2N/dY dU of every variation."""
        setups = self._setups(mass)
        out = {}
        for (name, setup), (factor, w) in zip(
            setups.items(), self._kernels(at, mass, setups.values()), strict=True
        ):
            c = self._bilinears(mass, setup)
            out[name] = factor * sum(a * b for a, b in zip(c, w, strict=False))
        return out

    def reduced_integrals(self, mass: float, setup: Setup | None = None) -> tuple[float, ...]:
        """Return the integrals that multiply |F1|^2 (for ``fr`` also |F2|^2 and Re(F1 F2*)).

        They contain splitting functions, virtuality form factor and cross-section weight, but no form factor.
        """
        self._check_mass(mass)
        chosen = Setup(self.lambda_central) if setup is None else setup
        at = self._phase_space(mass, chosen).quadrature(N_QUADRATURE)
        ((factor, splitting),) = self._kernels(at, mass, (chosen,))
        return tuple(float(np.sum(factor * w)) for w in splitting)

    def probability(self, mass: float, F1: complex, F2: complex = 0.0, setup: Setup | None = None) -> float:
        """Return the yield per collision at epsilon = 1 for given values of the form factors."""
        integrals = self.reduced_integrals(mass, setup)
        return float(sum(c * i for c, i in zip(bilinears(F1, F2), integrals, strict=False)))

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield per collision at epsilon = 1, by quadrature.

        A variation that the source does not have at this mass gives the central value, as in `Flux.weights`.
        """
        self._check_mass(mass)
        setups = self._setups(mass)
        setup = setups.get(variation, setups["central"])
        c = self._bilinears(mass, setup)
        return float(sum(a * b for a, b in zip(c, self.reduced_integrals(mass, setup), strict=False)))

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return about n weighted points; the number is rounded up to a multiple of the number of blocks."""
        self._check_mass(mass)
        space = self._phase_space(mass)
        proposal = CellProposal(list(self._densities(space.cells(), mass).values()))
        Y, U, density = proposal.sample(*block_lattice(n, rng))
        at = space.points(Y, U)
        share = 1.0 / (density * Y.size)
        weights = {name: d * share for name, d in self._densities(at, mass).items()}
        energy = at.z * self.site.beam_momentum
        pt = np.sqrt(np.maximum(at.H - sf.minimal_offshellness(at.z, mass), 0.0))
        k = np.sqrt((energy - mass) * (energy + mass))
        mother = np.arange(Y.size)
        return Flux(
            mass, energy, np.arcsin(np.minimum(pt / k, 1.0)), weights.pop("central"), mother % N_BLOCKS,
            mother, weights, self.notes(mass),
        )  # fmt: skip

    def notes(self, mass: float) -> tuple[str, ...]:
        """Return what the user should know about this mass."""
        notes = []
        if self.form_factor_model == "ua" and mass > MASS_TABLE_MAX:
            notes.append(
                f"bremsstrahlung: form factors extrapolated above {MASS_TABLE_MAX} GeV as (1.989 GeV/m)^12"
            )
        if self.description == "ap" and mass < AP_DOUBTFUL_BELOW:
            notes.append("bremsstrahlung: the unphysical 1/m^2 term dominates 'ap' below 0.4 GeV")
        return tuple(notes)


def bilinears(F1: complex, F2: complex) -> tuple[float, float, float]:
    """Return |F1|^2, |F2|^2 and Re(F1 F2*)."""
    a, b = complex(F1), complex(F2)
    return (abs(a) ** 2, abs(b) ** 2, (a * b.conjugate()).real)


@lru_cache(maxsize=4096)
def _bilinears_at(
    mass: float, couplings: Couplings, model: str, edge: str, tail: str, sharing: str
) -> tuple[float, float, float]:
    F1, F2 = charged_form_factors(mass, couplings, model, edge, tail, sharing)
    return bilinears(complex(F1), complex(F2))
