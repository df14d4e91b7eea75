"""Cuts on the products of a decay.

Plain frozen records, filled from a card by `darkbeam.experiments.build_selection`.  Lengths in m, energies, momenta
and masses in GeV, angles in rad.  A cut of ``None`` is not applied.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .detector_planes import Plane

__all__ = ["Requirement", "Selection", "Thresholds"]


@dataclass(frozen=True)
class Thresholds:
    """Least energy of a product by kind; hadrons are everything but e, mu and photons."""

    electron: float | None = None
    muon: float | None = None
    photon: float | None = None
    hadron: float | None = None


@dataclass(frozen=True)
class Requirement:
    """At least ``count`` counted products of a kind; if ``opposite``, of both signs of charge among them."""

    kind: str
    count: int
    opposite: bool = False


@dataclass(frozen=True)
class Selection:
    """Cuts on the products.

    Attributes
    ----------
    required_products : int
        How many products must be detectable and pass every cut of their own.
    energy_each_min, momentum_each_min, transverse_momentum_each_min : float or None
        Threshold of each product; transverse to z.
    thresholds : Thresholds or None
        Thresholds in energy by kind of product.
    require : tuple of Requirement
        What kinds of products must be there.
    energy_sum_min : float or None
        Energy of all passing products together.
    pair_mass_min, pair_mass_max : float or None
        Invariant mass of all passing products together.
    calorimeter_energy_min : float or None
        Energy of the passing products other than muons.
    impact_parameter_max : float or None
        Distance at z = 0 from the production point of the line through the vertex along the summed momentum.
    opening_angle_min : float or None
        Angle at the vertex of at least one pair of passing products.
    separation_mumu_min, separation_mumu_at : float, Plane or None
        Distance of at least one pair of passing products in a plane, for mumu decays.
    separation_other_min, separation_other_at : float, Plane or None
        The same for all other decays.
    photon_separation_min, photon_separation_at : float, Plane or None
        A photon closer than this to a counted photon is merged with it and not counted.
    """

    required_products: int
    energy_each_min: float | None = None
    momentum_each_min: float | None = None
    transverse_momentum_each_min: float | None = None
    thresholds: Thresholds | None = None
    require: tuple[Requirement, ...] = ()
    energy_sum_min: float | None = None
    pair_mass_min: float | None = None
    pair_mass_max: float | None = None
    calorimeter_energy_min: float | None = None
    impact_parameter_max: float | None = None
    opening_angle_min: float | None = None
    separation_mumu_min: float | None = None
    separation_mumu_at: Plane | None = None
    separation_other_min: float | None = None
    separation_other_at: Plane | None = None
    photon_separation_min: float | None = None
    photon_separation_at: Plane | None = None

    @property
    def planes(self) -> tuple[Plane, ...]:
        """Planes at which distances are measured."""
        named = (self.separation_mumu_at, self.separation_other_at, self.photon_separation_at)
        return tuple(plane for plane in named if plane is not None)

    @property
    def combines_products(self) -> bool:
        """Whether any cut looks at several products together."""
        single = {"required_products", "energy_each_min", "momentum_each_min", "thresholds"}
        single |= {"transverse_momentum_each_min"}
        return any(getattr(self, f.name) not in (None, ()) for f in fields(self) if f.name not in single)
