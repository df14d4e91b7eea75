"""Materials that particles cross: numbers of the Particle Data Group (atomic and nuclear properties of materials)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from darkbeam.errors import UnknownNameError

__all__ = ["MATERIALS", "Material", "get_material"]


@dataclass(frozen=True)
class Material:
    """One material.

    Attributes
    ----------
    name : str
    z_over_a : float
        Mean Z/A, mol/g.
    density : float
        g/cm^3.
    excitation_eV : float
        Mean excitation energy I.
    radiation_length : float
        X0, g/cm^2.
    plasma_eV : float
        Plasma energy 28.816 eV sqrt(density Z/A).
    """

    name: str
    z_over_a: float
    density: float
    excitation_eV: float
    radiation_length: float

    @property
    def plasma_eV(self) -> float:
        """Plasma energy, eV."""
        return 28.816 * sqrt(self.density * self.z_over_a)

    @property
    def electrons_per_cm3(self) -> float:
        """Electron density, cm^-3."""
        return 6.02214076e23 * self.density * self.z_over_a


MATERIALS = {
    m.name: m
    for m in (
        Material("rock", 0.50000, 2.650, 136.4, 26.54),  # standard rock
        Material("concrete", 0.50274, 2.300, 135.2, 26.57),  # shielding concrete
        Material("iron", 0.46557, 7.874, 286.0, 13.84),
        Material("lead", 0.39575, 11.350, 823.0, 6.37),
        Material("argon", 0.45059, 1.396, 188.0, 19.55),  # liquid
        Material("scintillator", 0.54141, 1.032, 64.7, 43.90),  # polyvinyltoluene
        Material("silicon", 0.49848, 2.329, 173.0, 21.82),
        # three quarters of neon by moles, as in BEBC; density from memory, not verified, and so X0 and I
        Material("neon-hydrogen", 0.5115, 0.69, 130.0, 29.5),
        Material("air", 0.49919, 1.205e-3, 85.7, 36.62),
    )
}
"""Materials by name."""


def get_material(name: str) -> Material:
    """Return a material by name.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> round(get_material("argon").electrons_per_cm3 / 1e23, 2)
    3.79
    """
    if name not in MATERIALS:
        raise UnknownNameError("material", name, MATERIALS)
    return MATERIALS[name]
