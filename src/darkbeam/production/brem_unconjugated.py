r"""Bremsstrahlung with the interference of the form factors as SensCalc evaluates it; for comparison only.

The density of description ``fr`` is |F1|^2 w11 + |F2|^2 w22 + Re(F1 F2*) w12 (`splitting_functions`).  SensCalc
(arXiv:2305.13383, notebooks of June 2025) uses Re(F1 F2) in the last term.  The two are equal below 2 m_pi, where
the form factors are real; at the SPS the ratio of yields is 0.57 at the phi and 2.2 at 1.5 GeV.
Every point of the flux is re-weighted with the ratio of the two densities at its (z, pT^2); the virtuality form
factor and the cross-section weight cancel in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.hadrons.proton_form_factors import form_factors
from darkbeam.production.bremsstrahlung import Setup, bilinears
from darkbeam.production.splitting_functions import minimal_offshellness, w_fr
from darkbeam.production.weighted import Wrapper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.production.bremsstrahlung import Bremsstrahlung
    from darkbeam.production.source import Flux

    Array = NDArray[np.float64]

__all__ = ["UnconjugatedBremsstrahlung", "bilinears_unconjugated"]


def bilinears_unconjugated(F1: complex, F2: complex) -> tuple[float, float, float]:
    """Return |F1|^2, |F2|^2 and Re(F1 F2)."""
    return abs(F1) ** 2, abs(F2) ** 2, (complex(F1) * complex(F2)).real


@dataclass(frozen=True)
class UnconjugatedBremsstrahlung(Wrapper):
    """Bremsstrahlung of description ``fr`` with Re(F1 F2) instead of Re(F1 F2*).

    Attributes
    ----------
    source : Bremsstrahlung
        Its variations ``brem-lower``, ``brem-upper`` and ``brem-lambda1.5`` are kept.
    """

    source: Bremsstrahlung

    def __post_init__(self) -> None:
        if self.source.description != "fr":
            raise ValueRangeError("only the description 'fr' of bremsstrahlung has an interference term")

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of cut-off and form factors."""
        return tuple(name for name in self._setups() if name != "central")

    def _setups(self) -> dict[str, Setup]:
        b = self.source
        return {
            "central": Setup(b.lambda_central), "brem-lower": Setup(b.lambda_lower, "lower"),
            "brem-upper": Setup(b.lambda_upper, "upper"), "brem-lambda1.5": Setup(1.5),
        }  # fmt: skip

    def _factors(self, mass: float, setup: Setup) -> tuple[complex, complex]:
        F1, F2 = form_factors(mass, self.source.form_factor_model, setup.edge, setup.tail)
        return complex(F1), complex(F2)

    def total(self, mass: float, variation: str = "central") -> float:
        """Return the yield per inelastic collision at epsilon = 1, by quadrature."""
        setups = self._setups()
        setup = setups.get(variation, setups["central"])
        integrals = self.source.reduced_integrals(mass, setup)
        c = bilinears_unconjugated(*self._factors(mass, setup))
        return float(sum(a * b for a, b in zip(c, integrals, strict=True)))

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Return the points of the wrapped source, re-weighted."""
        flux = self.source.flux(mass, n, rng)
        z = flux.energy / self.source.site.beam_momentum
        H = (flux.momentum * np.sin(flux.theta)) ** 2 + minimal_offshellness(z, mass)
        w = w_fr(z, H, mass)
        weights = {}
        for name, setup in self._setups().items():
            F = self._factors(mass, setup)
            right, other = (_density(w, f(*F)) for f in (bilinears, bilinears_unconjugated))
            weights[name] = flux.weights(name) * other / right
        return replace(flux, weight=weights.pop("central"), variations=weights)


def _density(w: tuple[Array, ...], c: tuple[float, ...]) -> Array:
    return np.asarray(sum(a * b for a, b in zip(c, w, strict=True)))
