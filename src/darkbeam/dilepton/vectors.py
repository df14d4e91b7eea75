r"""Other vectors from labelled pairs: the weight of each source times the square of its amplitude ratio.

Pairs fix the electromagnetic combination only.  With labels (a cocktail fit) source k scales with charges x by

    rho c_1^2,   omega c_0^2,   phi c_s^2,   J/psi, psi(2S) (x_c/Q_c)^2
    P -> gamma X, V -> P X      |amplitude ratio|^2 of `darkbeam.production.charged_mesons`
    continuum                   (4 x_u^2 + x_d^2)/(4 Q_u^2 + Q_d^2)      Drell-Yan of valence quarks, u : d = 4

in units of the dark photon.  Interference between sources, which the pairs contain for the photon, is lost: this is no
longer free of a model.  A file made so (``darkbeam dilepton fit --model B``) is a source of that vector alone.  The
weight 4 is a rough valence ratio of proton beams, not a calculation with parton densities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.production.charged_mesons import amplitude_ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.sample import DileptonSample
    from darkbeam.dilepton.source import OffShellPhoton
    from darkbeam.models.charges import Charges
    from darkbeam.production.charged_model import ChargedModel
    from darkbeam.production.source import Flux

    Array = NDArray[np.float64]

__all__ = ["LABELS", "VectorSource", "constant_charges", "for_vector"]

_DALITZ = {
    "eta-dalitz": ("eta", "gamma"), "etap-dalitz": ("etap", "gamma"), "omega-dalitz": ("omega", "pi0"),
    "phi-dalitz": ("phi", "eta"), "pi0-dalitz": ("pi0", "gamma"),
}  # fmt: skip
LABELS = (*_DALITZ, "rho", "omega", "phi", "jpsi", "psi2s", "continuum")
"""Labels with a known amplitude."""
_NODES = 200


def for_vector(sample: DileptonSample, charges: Charges) -> DileptonSample:
    """Weights of the pairs for a vector of given charges.

    Parameters
    ----------
    sample : DileptonSample
        With labels.
    charges : Charges

    Raises
    ------
    ValueRangeError
        The sample has no labels.
    UnknownNameError
        A label that is not in `LABELS`.
    """
    if sample.label is None:
        raise ValueRangeError(
            "other vectors need the column label: the data fix the electromagnetic current only"
        )
    factor = np.ones(len(sample))
    for label in np.unique(sample.label).tolist():
        here = sample.label == label
        factor[here] = _factor(label, sample.mass[here], charges)
    if not np.any(factor * sample.weight > 0.0):
        raise ValueRangeError("none of the labelled pairs couples to this vector")
    return sample.reweighted(sample.weight * factor)


def _factor(label: str, mass: Array, charges: Charges) -> Array:
    """Squared amplitude ratio of one source at the masses (n,), GeV."""
    c = charges.couplings
    simple = {
        "rho": c.c1**2, "omega": c.c0**2, "phi": c.cs**2,
        "jpsi": (1.5 * charges.c) ** 2, "psi2s": (1.5 * charges.c) ** 2,
        "continuum": (4.0 * charges.u**2 + charges.d**2) / (17.0 / 9.0),
    }  # fmt: skip
    if label in simple:
        return np.full(mass.shape, simple[label])
    if label not in _DALITZ:
        raise UnknownNameError("label", label, LABELS)
    nodes = np.linspace(float(mass.min()), float(mass.max()), _NODES)
    ratio = [abs(amplitude_ratio(*_DALITZ[label], float(m), c)) ** 2 for m in nodes]
    return np.interp(mass, nodes, ratio)


def constant_charges(model: ChargedModel) -> Charges:
    """Charges of a model, which must not run with the mass.

    Raises
    ------
    ValueRangeError
    """
    charges = model.charges_at(1.0)
    if any(model.charges_at(m) != charges for m in (0.25, 3.0)):
        raise ValueRangeError(
            f"the charges of {model.name} run with the mass: labelled pairs do not give them"
        )
    return charges


@dataclass(frozen=True)
class VectorSource:
    """Source of one vector, from pairs weighted for it; asked for dark photons it refuses.

    Attributes
    ----------
    made : OffShellPhoton
        Yields per epsilon^2 of the vector.
    vector : str
        Name of its model.
    charges : Charges
    """

    made: OffShellPhoton
    vector: str
    charges: Charges

    @property
    def name(self) -> str:
        """Name on the command line."""
        return self.made.name

    @property
    def valid(self) -> tuple[float, float]:
        """Open mass interval, GeV."""
        return self.made.valid

    @property
    def variation_names(self) -> tuple[str, ...]:
        """Variations of the vector."""
        return self.made.variation_names

    @property
    def _refusal(self) -> ValueRangeError:
        return ValueRangeError(
            f"{self.name} is made from pairs weighted for {self.vector} vectors; give --model {self.vector}"
        )

    def total(self, mass: float, variation: str = "central") -> float:
        """Refuse."""
        del mass, variation
        raise self._refusal

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Refuse."""
        del mass, n, rng
        raise self._refusal

    def charged(self, model: ChargedModel) -> OffShellPhoton:
        """Source of the vector of a model.

        Raises
        ------
        ValueRangeError
            For another model than the one the pairs were weighted for.
        """
        if constant_charges(model) != self.charges:
            raise self._refusal
        return self.made
