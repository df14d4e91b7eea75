r"""What production needs to know of a model: its name and its twelve vector charges at a mass.

Charges are in units of epsilon e (`darkbeam.models.charges`), so that the dark photon has x_f = Q_f and every yield
stays per epsilon^2.  Sources see a model only through this seam; a source without a model makes dark photons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from darkbeam.hadrons.couplings import PHOTON
from darkbeam.models.charges import PHOTON_CHARGES

if TYPE_CHECKING:
    from darkbeam.hadrons.couplings import Couplings
    from darkbeam.models.charges import Charges

__all__ = [
    "DARK_PHOTON",
    "ChargedModel",
    "ElectronStrength",
    "couplings_at",
    "is_dark_photon",
    "is_photon_like",
]

DARK_PHOTON = "dark-photon"
"""Name of the model that mixes with hypercharge: the one that sources make by themselves."""
SAME = 1e-9
"""Relative difference below which couplings count as proportional to electric charge."""


class ChargedModel(Protocol):
    """A vector with charges that may run with its mass; hashable, as the sources that hold it are."""

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    def charges_at(self, mass: float, /) -> Charges:
        """Return the vector charges of the twelve fermions at a mass in GeV, in units of epsilon e."""
        ...


def is_dark_photon(model: ChargedModel | None) -> bool:
    """Whether sources need no change for a model."""
    return model is None or (model.name == DARK_PHOTON and model.charges_at(1.0) == PHOTON_CHARGES)


def couplings_at(model: ChargedModel | None, mass: float) -> Couplings:
    """Weights of the isovector, light isoscalar and strange currents at a mass (GeV); 1, 1, 1 without a model.

    Examples
    --------
    >>> couplings_at(None, 0.5)
    Couplings(c1=1.0, c0=1.0, cs=1.0)
    """
    return PHOTON if model is None else model.charges_at(mass).couplings


def is_photon_like(c: Couplings) -> bool:
    """Whether the light quarks couple in proportion to their electric charges, so that no hadron physics enters."""
    spread = max(c.c1, c.c0, c.cs) - min(c.c1, c.c0, c.cs)
    return spread <= SAME * max(abs(c.c1), abs(c.c0), abs(c.cs))


@dataclass(frozen=True)
class ElectronStrength:
    """x_e(m)^2, the factor of a source of electrons and positrons (for `darkbeam.production.weighted`).

    Attributes
    ----------
    model : ChargedModel
    """

    model: ChargedModel

    def __call__(self, mass: float) -> float:
        """Return the factor at one mass (GeV)."""
        return self.model.charges_at(mass).e ** 2
