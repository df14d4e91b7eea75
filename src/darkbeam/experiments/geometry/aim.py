r"""Azimuths at which a solid can be hit.

A flux is symmetric around the beam.  For a ray at polar angle theta the azimuth phi is drawn uniformly from a
set S(theta) of azimuths that contains every phi that hits the solid; the ray carries the share |S| / 2 pi:

    (1 / 2 pi) int_0^{2 pi} g(theta, phi) dphi = share * < g(theta, phi) >_{phi in S},   if g = 0 outside S.

S is a union of azimuth cells, tabulated in rows of theta (`Solid.azimuths`).  A cell
[theta_i, theta_i+1] x [phi_j, phi_j+1] is left out only if it lies wholly outside the outline of the solid seen
from the origin (`darkbeam.experiments.geometry.outline`): S may be too large by about a cell, never too small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .solid import Solid

__all__ = ["Aim"]


class Aim:
    """Sampler of azimuths towards one solid.

    Parameters
    ----------
    solid : Solid
        The volume to aim at.
    n_theta, n_phi : int
        Rows between the smallest and the largest polar angle, azimuth cells in a turn.
    """

    def __init__(self, solid: Solid, n_theta: int = 256, n_phi: int = 512) -> None:
        self.theta_min, self.theta_max = solid.angular_window()
        self._n_theta, self._n_phi = n_theta, n_phi
        edges = np.linspace(self.theta_min, self.theta_max, n_theta + 1)
        self._mask = solid.azimuths(edges, 2.0 * np.pi * np.arange(n_phi + 1) / n_phi)
        self._count = self._mask.sum(axis=1).astype(np.int64)
        self._cells = np.argsort(~self._mask, axis=1, kind="stable").astype(np.int64)

    def _row(self, theta: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Row of each polar angle, and whether it lies in the window."""
        width = (self.theta_max - self.theta_min) / self._n_theta
        row = ((theta - self.theta_min) / width).astype(np.int64)
        inside = (theta >= self.theta_min) & (theta <= self.theta_max)
        return np.clip(row, 0, self._n_theta - 1), inside

    def sample(self, theta: ArrayLike, u: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draw an azimuth for each polar angle.

        Parameters
        ----------
        theta : array, shape (n,)
            Polar angles, rad.
        u : array, shape (n,)
            Uniform numbers in [0, 1).

        Returns
        -------
        phi : array, shape (n,)
            Azimuths in [0, 2 pi), rad.
        share : array, shape (n,)
            Share of 2 pi that was sampled; 0 where no azimuth hits.
        """
        row, inside = self._row(np.asarray(theta, dtype=np.float64))
        count = np.where(inside, self._count[row], 0)
        place = np.asarray(u, dtype=np.float64) * count
        rank = place.astype(np.int64)
        phi = (self._cells[row, rank] + (place - rank)) * (2.0 * np.pi / self._n_phi)
        return phi, count / self._n_phi

    def covers(self, theta: ArrayLike, phi: ArrayLike) -> NDArray[np.bool_]:
        """Return whether `sample` could return these azimuths (rad) at these polar angles (rad)."""
        row, inside = self._row(np.asarray(theta, dtype=np.float64))
        turn = np.mod(np.asarray(phi, dtype=np.float64), 2.0 * np.pi)
        cell = np.minimum((turn * (self._n_phi / (2.0 * np.pi))).astype(np.int64), self._n_phi - 1)
        return inside & self._mask[row, cell]
