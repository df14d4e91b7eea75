r"""Materials of thick targets: what electromagnetic showers need to know.

Atomic weights, radiation lengths and densities are those of the Particle Data Group (Atomic and Nuclear Properties of
Materials); they were entered by hand, and a test recomputes the radiation lengths from Tsai's formula (PDG review,
Passage of Particles Through Matter, Eq. 34.25)::

    1/X0 = 4 alpha r_e^2 (N_A/A) {Z^2 [L_rad - f(Z)] + Z L'_rad}

with L_rad = ln(184.15 Z^-1/3) and L'_rad = ln(1194 Z^-2/3) for Z > 4.  Critical energy (Rossi's definition) of solids
from the fit in the same review::

    E_c = 610 MeV / (Z + 1.24),   rms deviation 2.2 %
"""

from __future__ import annotations

from dataclasses import dataclass

from darkbeam.errors import UnknownNameError

__all__ = ["AVOGADRO", "MATERIALS", "TARGET_MATERIALS", "Material", "target_material"]

AVOGADRO = 6.02214076e23
"""1/mol, exact."""


@dataclass(frozen=True)
class Material:
    """An element in bulk.

    Attributes
    ----------
    name : str
    Z : int
    A : float
        Standard atomic weight, g/mol.
    radiation_length : float
        X0, g/cm^2.
    density : float
        g/cm^3; only turns lengths into metres, no yield depends on it.
    """

    name: str
    Z: int
    A: float
    radiation_length: float
    density: float

    @property
    def critical_energy(self) -> float:
        """E_c in GeV: ionisation loss per radiation length equals the energy."""
        return 0.610 / (self.Z + 1.24)

    @property
    def electrons_per_gram(self) -> float:
        """Electrons in one gram."""
        return AVOGADRO * self.Z / self.A

    @property
    def atoms_per_gram(self) -> float:
        """Atoms in one gram."""
        return AVOGADRO / self.A


MATERIALS = {
    m.name: m
    for m in (
        Material("C", 6, 12.011, 42.70, 2.210),
        Material("Al", 13, 26.982, 24.01, 2.699),
        Material("Fe", 26, 55.845, 13.84, 7.874),
        Material("Cu", 29, 63.546, 12.86, 8.960),
        Material("Mo", 42, 95.95, 9.80, 10.22),
        Material("W", 74, 183.84, 6.76, 19.30),
        Material("Pb", 82, 207.2, 6.37, 11.35),
    )
}
"""Materials by symbol; carbon is graphite."""

TARGET_MATERIALS = {"SPS": "Mo", "Fermilab": "Fe", "Serpukhov": "Fe", "JPARC": "C"}
"""Main material of the target or dump of a facility, as for Drell-Yan."""


def target_material(facility: str) -> Material:
    """Material in which the protons of a facility stop.

    Raises
    ------
    UnknownNameError
        For a facility without a thick target.

    Examples
    --------
    >>> target_material("SPS").name
    'Mo'
    """
    if facility not in TARGET_MATERIALS:
        raise UnknownNameError("facility with a thick target", facility, TARGET_MATERIALS)
    return MATERIALS[TARGET_MATERIALS[facility]]
