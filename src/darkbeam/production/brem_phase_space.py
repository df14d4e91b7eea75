"""Coordinates, quadrature and sampling of the (z, pT^2) plane of bremsstrahlung.

Coordinates: y = ln(z/(1-z)) on [y(z_min), y(z_max)] and u = ln(H/A) on [0, L(z)], with A = H(pT=0) and L =
ln(1 + pT_top^2/A).  The density varies slowly in both, over eight decades in pT^2.  With a, b the ends in y
and unit coordinates Y, U in [0, 1]::

    dz dpT^2 = (b - a) z (1-z) * L H * dY dU

pT_top is the least of the cut in pT, the validity of the splitting picture, the momentum k of the dark
photon, and for densities with a virtuality form factor the point where H = max(60 z Lambda^2, 30 A), beyond
which less than 1e-5 of the yield lies.

Sampling: the densities of all variations on a grid of equal cells are normalised, averaged and mixed with a
uniform part, so that one set of points serves all of them.  Each block of mothers is the lattice (i/n, i g
mod 1), g the golden ratio, with its own random shift: blocks are independent and each is unbiased (Cranley
and Patterson, SIAM J. Numer. Anal. 13 (1976) 904).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.source import N_BLOCKS
from darkbeam.production.splitting_functions import minimal_offshellness, pt2_validity_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["CellProposal", "PhaseSpace", "Points", "block_lattice"]

N_CELLS = 48
"""Cells in each coordinate of the proposal."""
UNIFORM_SHARE = 0.2
"""Share of the uniform part of the proposal: keeps rare corners populated for cuts that select them."""
GOLDEN_RATIO = 0.6180339887498949
"""Generator of the lattice, (sqrt(5) - 1)/2."""


@dataclass(frozen=True)
class Points:
    """Points of the plane: z, H (GeV^2) and the Jacobian d(z, pT^2)/d(Y, U) in GeV^2."""

    z: Array
    H: Array
    jacobian: Array


@dataclass(frozen=True)
class PhaseSpace:
    """Region of integration for one mass.

    Attributes
    ----------
    mass, momentum : float
        Dark-photon mass and beam momentum, GeV.
    z_min, z_max : float
        Range of z.
    pt_max : float
        Cut in transverse momentum, GeV.
    validity_cut : float
        Largest ratio of energy denominators.
    cutoff : float
        Largest Lambda in GeV that will be used, or infinity without a virtuality form factor.
    """

    mass: float
    momentum: float
    z_min: float
    z_max: float
    pt_max: float
    validity_cut: float
    cutoff: float = np.inf

    def points(self, Y: Array, U: Array) -> Points:
        """Map unit coordinates (shapes that broadcast) to the plane."""
        low = max(self.z_min, self.mass / self.momentum)
        if low >= self.z_max:
            return Points(np.full_like(Y, self.z_max), np.ones_like(Y * U), np.zeros_like(Y * U))
        a, b = np.log(low / (1 - low)), np.log(self.z_max / (1 - self.z_max))
        z = 1.0 / (1.0 + np.exp(-(a + (b - a) * Y)))
        A = minimal_offshellness(z, self.mass)
        L = np.log1p(np.maximum(self._pt2_top(z, A), 0.0) / A)
        H = A * np.exp(L * U)
        return Points(z, H, (b - a) * z * (1 - z) * L * H)

    def _pt2_top(self, z: Array, A: Array) -> Array:
        top = np.minimum(pt2_validity_limit(z, self.mass, self.momentum, self.validity_cut), self.pt_max**2)
        top = np.minimum(top, (z * self.momentum) ** 2 - self.mass**2)
        if np.isfinite(self.cutoff):
            top = np.minimum(top, np.maximum(60.0 * z * self.cutoff**2, 30.0 * A) - A)
        return top

    def quadrature(self, n: int) -> Points:
        """Return n x n Gauss-Legendre points whose Jacobian includes the quadrature weights."""
        x, w = _gauss_legendre(n)
        node, weight = 0.5 * (x + 1.0), 0.5 * w
        p = self.points(node[:, None], node[None, :])
        return Points(p.z, p.H, p.jacobian * weight[:, None] * weight[None, :])

    def cells(self) -> Points:
        """Return the centres of the cells of a `CellProposal`."""
        centre = (np.arange(N_CELLS) + 0.5) / N_CELLS
        return self.points(centre[:, None], centre[None, :])


class CellProposal:
    """Piecewise constant density on the unit square.

    Parameters
    ----------
    densities : sequence of arrays, shape (N_CELLS, N_CELLS)
        Non-negative densities at the cell centres, one per variation; each is normalised before the average.
    """

    def __init__(self, densities: Sequence[Array]) -> None:
        usable = [d / d.sum() for d in densities if d.sum() > 0.0]
        p = np.full((N_CELLS, N_CELLS), 1.0 / N_CELLS**2)
        if usable:
            p = UNIFORM_SHARE * p + (1.0 - UNIFORM_SHARE) * np.mean(usable, axis=0)
        self._density = p * N_CELLS**2
        row = p.sum(axis=1)
        self._edges = np.linspace(0.0, 1.0, N_CELLS + 1)
        self._row_cdf = np.concatenate([[0.0], np.cumsum(row)]) / row.sum()
        cdf = np.concatenate([np.zeros((N_CELLS, 1)), np.cumsum(p, axis=1)], axis=1)
        cdf /= cdf[:, -1:]
        # rows are laid out 2 apart, so one interpolation inverts the conditional distributions of all rows
        self._flat_cdf = (cdf + 2.0 * np.arange(N_CELLS)[:, None]).ravel()
        self._flat_edges = np.tile(self._edges, N_CELLS)

    def sample(self, a: Array, b: Array) -> tuple[Array, Array, Array]:
        """Map uniform numbers (a, b) to (Y, U) and return the density there as third item."""
        Y = np.interp(a, self._row_cdf, self._edges)
        row = np.minimum((Y * N_CELLS).astype(np.int64), N_CELLS - 1)
        U = np.interp(2.0 * row + b, self._flat_cdf, self._flat_edges)
        column = np.minimum((U * N_CELLS).astype(np.int64), N_CELLS - 1)
        return Y, U, self._density[row, column]


def block_lattice(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return about n points of the unit square in `N_BLOCKS` randomly shifted lattices.

    Point i belongs to block i % N_BLOCKS; the number of points is n rounded up to a multiple of N_BLOCKS.
    The first coordinate increases with i: take every point, or every k-th, not the first few.
    """
    per_block = max(-(-n // N_BLOCKS), 1)
    shift = rng.random((2, N_BLOCKS))
    index = np.arange(per_block)[:, None]
    a = (index + shift[0]) / per_block
    b = shift[1] + index * GOLDEN_RATIO
    return a.ravel(), (b - np.floor(b)).ravel()


@lru_cache(maxsize=8)
def _gauss_legendre(n: int) -> tuple[Array, Array]:
    # finding the nodes costs more than the integral
    x, w = np.polynomial.legendre.leggauss(n)
    return np.asarray(x), np.asarray(w)
