r"""Solid angles used to compare a table with the sample it was made from.

They are acceptances of a direction and an energy only, seen from the production point: the far face of SHiP's
decay vessel (4.0 m x 6.2 m at 82 m, arXiv:2305.13383), NuCal (radius 1.3 m at 87 m, arXiv:1311.3870) and
FASER2 (radius 1.0 m at 630 m, arXiv:2203.05090).  The share of the azimuth inside a rectangle |x| < a,
|y| < b (slopes) at slope rho = tan theta is

    1 - (2/pi) [arccos min(1, a/rho) + arccos min(1, b/rho)],   not below 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = ["CONES", "Cone", "cones_of"]


@dataclass(frozen=True)
class Cone:
    """A solid angle around the beam with an energy threshold.

    Attributes
    ----------
    name : str
    half_x, half_y : float
        Half sizes as slopes; ``half_y = 0`` for a circle of radius ``half_x``.
    energy_min : float
        GeV.
    collider : bool
        Whether it belongs to a collider.
    """

    name: str
    half_x: float
    half_y: float
    energy_min: float
    collider: bool

    def accepts(self, energy: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the azimuth inside, 0 to 1, for particles of uniform azimuth."""
        slope = np.where(theta < 0.5, np.tan(np.minimum(theta, 0.5)), np.inf)
        if self.half_y == 0.0:
            inside = (slope < self.half_x).astype(np.float64)
        else:
            slope = np.maximum(slope, 1e-12)
            outside = sum(np.arccos(np.minimum(1.0, half / slope)) for half in (self.half_x, self.half_y))
            inside = np.maximum(1.0 - 2.0 / np.pi * outside, 0.0)
        return np.asarray(np.where(energy > self.energy_min, inside, 0.0))


CONES = (
    Cone("SHiP", 2.0 / 82.0, 3.1 / 82.0, 10.0, collider=False),
    Cone("NuCal", 1.3 / 87.0, 0.0, 10.0, collider=False),
    Cone("FASER2", 1.0 / 630.0, 0.0, 100.0, collider=True),
)


def cones_of(facility: Facility) -> tuple[Cone, ...]:
    """Solid angles that make sense at a facility."""
    return tuple(c for c in CONES if c.collider == facility.collider)
