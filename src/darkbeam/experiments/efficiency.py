r"""Efficiency tables: linear interpolation on a grid in properties of the decaying particle.

Variables, in any number and order:

    momentum_GeV    |P| of the decaying particle, P the sum over all its products
    mass_GeV        its mass, sqrt(E^2 - P^2)
    radius_m        distance of the decay point from the beam line through the production point
    z_m             distance of the decay point along the beam

Between grid points the table is linear in each variable; beyond its ends it is held at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["VARIABLES", "EfficiencyTable"]

VARIABLES = ("momentum_GeV", "radius_m", "mass_GeV", "z_m")
"""What a table can depend on."""


@dataclass(frozen=True)
class EfficiencyTable:
    """Efficiency on a grid.

    Attributes
    ----------
    variables : tuple of str
        Out of `VARIABLES`.
    axes : tuple of tuple of float
        Ascending grid points of each.
    values : tuple of float
        Efficiencies, the last variable runs fastest.
    """

    variables: tuple[str, ...]
    axes: tuple[tuple[float, ...], ...]
    values: tuple[float, ...]

    @cached_property
    def _interpolate(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        from scipy.interpolate import RegularGridInterpolator

        grid = np.array(self.values).reshape([len(axis) for axis in self.axes])
        return RegularGridInterpolator(self.axes, grid)

    def __call__(self, vertex: NDArray[np.float64], parent: NDArray[np.float64]) -> NDArray[np.float64]:
        """Efficiency (n,) of decays at ``vertex`` (3, n), m, of particles with momentum ``parent`` (4, n), GeV."""
        energy, momentum = parent[0], np.sqrt((parent[1:] ** 2).sum(axis=0))
        values = {
            "momentum_GeV": momentum,
            "radius_m": np.hypot(vertex[0], vertex[1]),
            "mass_GeV": np.sqrt(np.maximum((energy - momentum) * (energy + momentum), 0.0)),
            "z_m": vertex[2],
        }
        points = [
            np.clip(values[name], axis[0], axis[-1])
            for name, axis in zip(self.variables, self.axes, strict=True)
        ]
        return np.asarray(self._interpolate(np.stack(points, axis=-1)), dtype=np.float64)
