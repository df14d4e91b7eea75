"""Particles of a small charge through matter: energy loss and scattering."""

from __future__ import annotations

from .energy_loss import least_energy, lose_energy, stopping_power
from .materials import MATERIALS, Material, get_material
from .scattering import projected_angle, scatter

__all__ = [
    "MATERIALS", "Material", "get_material", "least_energy", "lose_energy", "projected_angle", "scatter",
    "stopping_power",
]  # fmt: skip
