r"""A vector with any charges: widths, lifetime and branching ratios.

    Gamma(f) = epsilon^2 (alpha m/3) R_f(m),   Gamma(invisible) as given by the dark sector, whatever epsilon
    c tau = hbar c/sum Gamma

R_f: leptons, neutrinos and three photons in `darkbeam.models.fermions`, hadrons in `darkbeam.models.hadronic`, charges
that loops induce in `darkbeam.models.induced`.  m GeV; valid from 2 m_e to 10 GeV, and below 2 m_e with
``three_photons``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from darkbeam.constants import ALPHA, HBARC_GEV_M, M_E, M_MU, M_TAU
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.hadrons.channels import EXCLUSIVE

from .charges import FERMIONS, LEPTON_FIELDS, NEUTRINO_FIELDS, PHOTON_CHARGES, QUARK_FIELDS, Charges
from .fermions import NEUTRINO_RATIO, lepton_ratio, three_photon_ratio
from .hadronic import SCHEMES, hadronic_ratios
from .variations import CENTRAL, VARIATIONS, check_variation, width_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from darkbeam.hadrons.couplings import Couplings

    from .dark_sector import DarkSector
    from .induced import ConstantMixing, LeptonLoop

    Array = NDArray[np.float64]

__all__ = ["INVISIBLE", "LEPTONS", "MASS_RANGE", "VISIBLE", "VectorModel"]

MASS_RANGE = (2.0 * M_E, 10.0)
"""Validity of a model, GeV."""
LOWEST = 1e-5
"""Lower end with three photons, GeV: the width falls with the ninth power of the mass."""
LEPTONS = {"e+e-": ("e", M_E), "mu+mu-": ("mu", M_MU), "tau+tau-": ("tau", M_TAU)}
VISIBLE = (*LEPTONS, *EXCLUSIVE, "quarks")
"""Channels of every model: leptons, exclusive hadronic channels, and "quarks" (jets above 2 GeV)."""
INVISIBLE = ("nunu", "invisible")
"""Channels that leave no track: neutrinos of all flavours, and the dark sector."""


@dataclass(frozen=True)
class VectorModel:
    """Vector boson with given charges.

    Attributes
    ----------
    name : str
    charges : Charges
        Direct charges in units of epsilon e.
    induced : ConstantMixing or LeptonLoop, optional
        Mixing that gives charged fermions without a direct charge x_f = Q_f kappa(m^2).
    dark : DarkSector, optional
        Invisible decays.
    three_photons : bool
        Include V -> 3 gamma; the model then reaches below 2 m_e.
    scheme : str
        Hadronic width: ``default``, ``deliver`` or ``naive``.
    variation : str
        ``central`` or one of `variations`.

    Examples
    --------
    >>> model = VectorModel("dark-photon", PHOTON_CHARGES)
    >>> print(f"{model.ctau(0.1):.4e} m")
    8.1123e-13 m
    """

    name: str
    charges: Charges
    induced: ConstantMixing | LeptonLoop | None = None
    dark: DarkSector | None = None
    three_photons: bool = False
    scheme: str = "default"
    variation: str = CENTRAL

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise UnknownNameError("scheme of the hadronic width", self.scheme, SCHEMES)
        check_variation(self.variation)
        values = np.array([getattr(self.charges, f) for f in FERMIONS])
        if not np.all(np.isfinite(values)):
            raise ValueRangeError(f"model {self.name}: charges must be finite")
        # a top quark alone opens nothing below 10 GeV
        if not np.any([getattr(self.charges, f) for f in FERMIONS if f != "t"]):
            raise ValueRangeError(f"model {self.name}: charges that give no decay (all are zero)")

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the decay channels."""
        extra = {
            "nunu": any(getattr(self.charges, f) for f in NEUTRINO_FIELDS),
            "3gamma": self.three_photons,
            "invisible": self.dark is not None,
        }
        return (*VISIBLE, *(name for name, there in extra.items() if there))

    @property
    def mass_range(self) -> tuple[float, float]:
        """Open interval of valid masses, GeV."""
        return (LOWEST if self.three_photons else MASS_RANGE[0], MASS_RANGE[1])

    @property
    def variations(self) -> tuple[str, ...]:
        """Names that `with_variation` takes, beside ``central``."""
        return VARIATIONS

    def with_variation(self, name: str) -> Self:
        """Return the same model with a varied hadronic width."""
        return replace(self, variation=name)

    def with_scheme(self, name: str) -> Self:
        """Return the same model with another hadronic width."""
        return replace(self, scheme=name)

    def charge_arrays(self, mass: ArrayLike) -> dict[str, Array]:
        """Charges at masses in GeV by fermion, arrays of the shape of ``mass``; loops at q^2 = m^2."""
        m = np.asarray(mass, dtype=np.float64)
        kappa = np.zeros(m.shape) if self.induced is None else self.induced.factor(m)
        out = {}
        for f in FERMIONS:
            direct = getattr(self.charges, f)
            out[f] = np.full(m.shape, direct) if direct else getattr(PHOTON_CHARGES, f) * kappa
        return out

    def charges_at(self, mass: float) -> Charges:
        """Charges at one mass in GeV, in units of epsilon e."""
        return Charges(**{f: float(x) for f, x in self.charge_arrays(mass).items()})

    def couplings_at(self, mass: float) -> Couplings:
        """Isovector, light isoscalar and strange current at one mass in GeV."""
        return self.charges_at(mass).couplings

    def partial_widths(self, mass: ArrayLike, epsilon: float = 1.0) -> dict[str, Array]:
        """Partial widths (GeV, shape of ``mass``), one for each of `channels`.

        Parameters
        ----------
        mass : array_like
            GeV.
        epsilon : float
            Coupling; all widths scale as its square, except "invisible", which does not depend on it.
        """
        if not 0.0 < epsilon < np.inf:
            raise ValueRangeError(f"epsilon must be above 0, not {epsilon:g}")
        m = self._checked(mass)
        gamma0 = epsilon**2 * ALPHA * m / 3.0
        widths = {name: gamma0 * ratio for name, ratio in self._ratios(m).items()}
        if self.dark is not None:
            widths["invisible"] = self.dark.width(m)
        shape = np.shape(mass)
        return {name: widths[name].reshape(shape)[()] for name in self.channels}

    def width(self, mass: ArrayLike, epsilon: float = 1.0) -> Array:
        """Total width, GeV, shape of ``mass``."""
        total: Array = np.sum(list(self.partial_widths(mass, epsilon).values()), axis=0)[()]
        return total

    def ctau(self, mass: ArrayLike, epsilon: float = 1.0) -> Array:
        """Proper decay length, m, shape of ``mass``; MassRangeError where nothing is open."""
        width = self.width(mass, epsilon)
        if not np.all(width > 0.0):
            closed = float(np.atleast_1d(np.asarray(mass, dtype=np.float64))[np.atleast_1d(width) <= 0.0][0])
            raise MassRangeError(f"{self.name} of mass {closed:g} GeV: no decay channel is open")
        return HBARC_GEV_M / width

    def branching(self, mass: ArrayLike, epsilon: float = 1.0) -> dict[str, Array]:
        """Branching ratios, arrays of the shape of ``mass`` that sum to 1 over the channels."""
        total = HBARC_GEV_M / self.ctau(mass, epsilon)
        return {name: w / total for name, w in self.partial_widths(mass, epsilon).items()}

    def _ratios(self, m: Array) -> dict[str, Array]:
        """Gamma_f/Gamma_0 at epsilon = 1 of everything but the dark sector."""
        x = self.charge_arrays(m)
        ratios = {name: x[f] ** 2 * lepton_ratio(m, m_l) for name, (f, m_l) in LEPTONS.items()}
        exclusive, quarks = hadronic_ratios(self.scheme, m, {q: x[q] for q in QUARK_FIELDS})
        factor = width_factor(self.variation, m)
        ratios |= {name: factor * r for name, r in exclusive.items()}
        ratios["quarks"] = factor * quarks
        ratios["nunu"] = NEUTRINO_RATIO * np.sum([x[f] ** 2 for f in NEUTRINO_FIELDS], axis=0)
        ratios["3gamma"] = x[LEPTON_FIELDS[0]] ** 2 * three_photon_ratio(m)
        return ratios

    def _checked(self, mass: ArrayLike) -> Array:
        m = np.atleast_1d(np.asarray(mass, dtype=np.float64)).ravel()
        lo, hi = self.mass_range
        bad = m[~((m > lo) & (m <= hi))]
        if bad.size:
            name = "dark photon" if self.name == "dark-photon" else self.name
            start = f"{lo:.4g}" if self.three_photons else f"2 m_e = {lo:.4g}"
            raise MassRangeError(
                f"{name} of mass {bad[0]:g} GeV: widths are valid from {start} to {hi:g} GeV."
            )
        return m
