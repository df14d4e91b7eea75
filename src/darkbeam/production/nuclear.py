r"""Mesons from nuclear targets: A-dependence by a power that falls with x_F.

    E d^3 sigma_A / dp^3 = A^alpha  E d^3 sigma_p / dp^3
    alpha(x_F, pT) = (0.74 - 0.55 x_F + 0.26 x_F^2) (0.98 + 0.21 pT^2)

(pT in GeV; fit to D. Barton et al., Phys. Rev. D 27 (1983) 2580, and others, in M. Bonesini et al.,
arXiv:hep-ph/0101163; the numbers were checked against a public implementation of it).  The inelastic cross-section
grows as A^0.71, so per inelastic collision a meson gets the weight

    w = A^(alpha - 0.71),       x_F = 2 p*_z / sqrt(s)

in the centre-of-mass frame of the proton and one nucleon.  The fit is to charged pions, kaons and protons with
0 < x_F < 0.9 and pT < 2 GeV; it is used for all neutral mesons and for the Delta.  Outside, alpha is that at the
nearest edge, and at most 1.  In particular nothing is known about x_F < 0, where nuclear targets make many more slow
mesons (generators with nuclei: twice the pp multiplicity in molybdenum): this is about the forward yield, and neither
about multiplicities nor about other sources than meson decays.
Fixed targets only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.production.drell_yan import TARGETS, target_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    Array = NDArray[np.float64]

__all__ = ["NUCLEAR", "NuclearTarget", "nuclear_target"]

NUCLEAR = ("none", "a-dependence")
"""What ``--nuclear`` accepts: mesons as in proton-proton collisions (default), or with the weight above."""
INELASTIC = 0.71
"""Exponent of the inelastic cross-section."""
_X_MAX = 0.9
_PT_MAX = 2.0


@dataclass(frozen=True)
class NuclearTarget:
    """Nuclei that a beam hits.

    Attributes
    ----------
    mass_number : float
        A; 1 for a free proton.
    """

    mass_number: float

    def __post_init__(self) -> None:
        if not 1 <= self.mass_number <= 250:
            raise ValueRangeError(f"mass number {self.mass_number:g} is not between 1 and 250")

    def exponent(self, x_f: Array, pt: Array) -> Array:
        """Return alpha at x_F and pT in GeV, shape (n,)."""
        x = np.clip(x_f, 0.0, _X_MAX)
        p = np.minimum(pt, _PT_MAX)
        return np.minimum((0.74 - 0.55 * x + 0.26 * x * x) * (0.98 + 0.21 * p * p), 1.0)

    def weight(self, facility: Facility, energy: Array, pt: Array, pz: Array) -> Array:
        """Weights of mesons in the laboratory, momenta in GeV, shape (n,)."""
        total_plus, total_minus = facility.total
        stretch = np.sqrt(total_minus / total_plus)  # boost of light-cone momenta to the centre of mass
        longitudinal = 0.5 * (stretch * (energy + pz) - (energy - pz) / stretch)
        alpha = self.exponent(2.0 * longitudinal / np.sqrt(facility.s), pt)
        return np.asarray(self.mass_number ** (alpha - INELASTIC))


def nuclear_target(
    facility: Facility, nuclear: str = "none", mass_number: float | None = None
) -> NuclearTarget | None:
    """Return the target that ``--nuclear`` stands for; None without nuclear effects.

    Parameters
    ----------
    facility : Facility
    nuclear : {"none", "a-dependence"}
    mass_number : float, optional
        Of the target, e.g. from a facility card; by default that of `darkbeam.production.drell_yan.TARGETS`.

    Raises
    ------
    UnknownNameError, ValueRangeError

    Examples
    --------
    >>> from darkbeam.facilities import get_facility
    >>> nuclear_target(get_facility("SPS"), "a-dependence")
    NuclearTarget(mass_number=95.95)
    """
    if nuclear not in NUCLEAR:
        raise UnknownNameError("nuclear effect", nuclear, NUCLEAR)
    if nuclear == "none":
        return None
    if facility.collider:
        raise ValueRangeError(f"nuclear {nuclear}: {facility.name} collides protons; it is for fixed targets")
    chosen = target_of(facility).A if mass_number is None else mass_number
    if mass_number is None and facility.name not in TARGETS:
        raise ValueRangeError(
            f"nuclear {nuclear}: the mass number of the target of {facility.name} is not known"
        )
    return NuclearTarget(chosen)
