"""What stands behind the decay volume: planes, cross-section, dipole, cuts.

Plain frozen records, filled from a card by `darkbeam.experiments.build`.  Lengths in m, z from the production
point, fields in tesla, energies and momenta in GeV.  A cut of ``None`` is not applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CHANNEL_CLASSES", "Detector", "Magnet", "Section", "Selection", "channel_classes"]

CHANNEL_CLASSES = ("ee", "mumu", "tautau", "hadrons")
"""Classes of final states that cards speak about."""

_CLASS_OF_CHANNEL = {"e+e-": "ee", "mu+mu-": "mumu", "tau+tau-": "tautau"}


def channel_classes(names: tuple[str, ...]) -> NDArray[np.int64]:
    """Index into `CHANNEL_CLASSES` of each decay channel; whatever is not a lepton pair is hadronic.

    Examples
    --------
    >>> channel_classes(("e+e-", "pi+pi-", "mu+mu-")).tolist()
    [0, 3, 1]
    """
    known = {name: name for name in CHANNEL_CLASSES} | _CLASS_OF_CHANNEL
    return np.array([CHANNEL_CLASSES.index(known.get(name, "hadrons")) for name in names], dtype=np.int64)


@dataclass(frozen=True)
class Section:
    """Cross-section of a detector: rectangle (dx, dy), or circle or ring (radius, hole_radius).

    ``radius`` None means a rectangle.
    """

    dx: float = 0.0
    dy: float = 0.0
    radius: float | None = None
    hole_radius: float = 0.0
    x: float = 0.0
    y: float = 0.0

    def contains(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which transverse points (m) are inside."""
        u, v = x - self.x, y - self.y
        if self.radius is None:
            return np.asarray((np.abs(u) <= 0.5 * self.dx) & (np.abs(v) <= 0.5 * self.dy))
        rho2 = u * u + v * v
        inside = rho2 <= self.radius**2
        return np.asarray(inside & (rho2 >= self.hole_radius**2) if self.hole_radius else inside)


@dataclass(frozen=True)
class Magnet:
    """Uniform field along +y between two planes."""

    z_min: float
    z_max: float
    field: float
    enabled: bool


@dataclass(frozen=True)
class Detector:
    """Planes that the products must cross.

    Attributes
    ----------
    is_decay_volume : bool
        The decay volume is the detector: no geometric condition.
    has_ecal : bool
        Photons, neutrons and K_L can be seen.
    section : Section or None
        Cross-section at every plane and in the magnet.
    plane_muon, plane_other : float or None
        Plane to be reached by muons and by all others, m.
    inside_at : tuple of float
        Further planes that every product must cross inside the section, m.
    ecal : float or None
        Front of the calorimeter, m.
    """

    is_decay_volume: bool
    has_ecal: bool
    section: Section | None = None
    plane_muon: float | None = None
    plane_other: float | None = None
    inside_at: tuple[float, ...] = ()
    ecal: float | None = None


@dataclass(frozen=True)
class Selection:
    """Cuts on the products.

    Attributes
    ----------
    required_products : int
        How many products must be detectable and pass every cut of their own.
    energy_each_min, momentum_each_min : float or None
        Threshold of each product.
    energy_sum_min : float or None
        Energy of all passing products together.
    calorimeter_energy_min : float or None
        Energy of the passing products other than muons.
    impact_parameter_max : float or None
        Distance at z = 0 from the production point of the line through the vertex along the summed momentum.
    separation_mumu_min, separation_mumu_z : float or None
        Transverse distance of at least one pair of passing products at a plane, for mumu decays.
    separation_other_min, separation_other_z : float or None
        The same for all other decays.
    photon_separation_min, photon_separation_z : float or None
        A photon closer than this to a counted photon is merged with it and not counted.
    """

    required_products: int
    energy_each_min: float | None = None
    momentum_each_min: float | None = None
    energy_sum_min: float | None = None
    calorimeter_energy_min: float | None = None
    impact_parameter_max: float | None = None
    separation_mumu_min: float | None = None
    separation_mumu_z: float | None = None
    separation_other_min: float | None = None
    separation_other_z: float | None = None
    photon_separation_min: float | None = None
    photon_separation_z: float | None = None

    @property
    def combines_products(self) -> bool:
        """Whether any cut looks at several products together."""
        cuts = (
            self.energy_sum_min, self.calorimeter_energy_min, self.impact_parameter_max,
            self.separation_mumu_min, self.separation_other_min, self.photon_separation_min,
        )  # fmt: skip
        return any(cut is not None for cut in cuts)
