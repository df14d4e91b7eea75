r"""Three-body decays with a current J = F(s12, s13, s23) eps(p1, p2, p3): exact unweighted sampling.

Density in (s12, c), c: cosine between 1 and 3 in the (12) frame (`darkbeam.hadrons.dalitz`),

    dGamma ~ |p1 x p2|^2 |F|^2 dPhi_3 ~ w ds12 dc,   w = (L^3/s12^2) (1 - c^2) |F|^2,
    L^2 = [s12 - (m1+m2)^2] [s12 - (m1-m2)^2] [(m-m3)^2 - s12] [(m+m3)^2 - s12],
    s13 = m1^2 + m3^2 + [(s12 + m1^2 - m2^2)(m^2 - s12 - m3^2) - L c]/(2 s12).

Proposal: constant on the cells of a grid whose lines are denser at a pole of s12, at an upper bound of w there;
acceptance w/bound, so the grid decides on the speed only, not on the distribution.  The bound is the largest
corner plus the curvature of w (second differences) plus a margin.  Should a point exceed it, the call starts again
with all bounds raised: nothing is clipped.

All amplitudes here are sums of functions of one invariant, F = f12(s12) + f13(s13) + f23(s23), which are tabulated
(40 points per width of the narrowest resonance, linear: |F|^2 to about 3e-4).  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .angular import isotropic, perpendicular

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Amplitude = Callable[[Floats, Floats, Floats], NDArray[np.complex128]]

__all__ = ["DalitzGrid", "dalitz_grid", "density", "plane_momenta", "sample_planes"]

ROWS = 64
"""Cells in s12."""
COLUMNS = (48, 192)
"""Least and largest number of cells in c: CELLS_PER_WIDTH for each width of the narrowest resonance."""
CELLS_PER_WIDTH = 2.5
SLOTS = 2**16
"""Entries of the look-up table of cells."""
CHUNK = 2**14
MARGIN, FLOOR = 1.02, 2.0e-3
"""Bounds are raised by 2 % of their own and 0.2 % of the largest w."""
POINTS_PER_WIDTH = 40.0


@dataclass(frozen=True, eq=False)
class Table:
    """A complex function of one invariant on equal steps: value and slope per step at each node."""

    start: float
    inverse_step: float
    value: NDArray[np.complex128]
    slope: NDArray[np.complex128]

    def __call__(self, s: Floats) -> NDArray[np.complex128]:
        """Linear interpolation at s (GeV^2), inside the range."""
        x = (s - self.start) * self.inverse_step
        np.clip(x, 0.0, self.slope.size - 1e-9, out=x)
        i = x.astype(np.intp)
        out = self.slope[i]
        out *= x - i
        out += self.value[i]
        return out


def _tables(
    F: Amplitude, m: float, masses: tuple[float, float, float], pole: tuple[float, float]
) -> list[Table]:
    """The functions f12, f13, f23 of an additive amplitude."""
    m1, m2, m3 = masses
    pairs = ((m1, m2, m3), (m1, m3, m2), (m2, m3, m1))
    ranges = [((a + b) ** 2, (m - c) ** 2) for a, b, c in pairs]
    middle = [np.array([0.5 * (lo + hi)]) for lo, hi in ranges]
    offset = F(*middle) * (2.0 / 3.0)
    tables = []
    for k, (lo, hi) in enumerate(ranges):
        steps = int(np.clip(POINTS_PER_WIDTH * (hi - lo) / (pole[0] * pole[1]), 64, 8192))
        s = np.linspace(lo, hi, steps + 1)
        value = np.broadcast_to(F(*[s if j == k else x for j, x in enumerate(middle)]) - offset, s.shape)
        tables.append(Table(lo, steps / (hi - lo), value[:-1], np.diff(value)))
    return tables


@dataclass(frozen=True, eq=False)
class DalitzGrid:
    """A prepared decay V(m) -> 1 2 3: `draw` gives points of the Dalitz plot.

    Attributes
    ----------
    mass, masses : float, tuple of float
        GeV.
    tables : list of Table
        f12, f13, f23.
    edges : array
        Lines of the grid in s12, GeV^2.
    cell : array of int, shape (about SLOTS,)
        Cells in proportion to their share of the proposal.
    cap : array, shape (ROWS, columns)
        Value of the proposal in each cell, in units of w.
    """

    mass: float
    masses: tuple[float, float, float]
    tables: list[Table]
    edges: Floats
    cell: NDArray[np.int32]
    cap: Floats

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Unweighted s12 (GeV^2) and c of ``n`` decays."""
        raised = 1.0
        while True:
            points, excess = self._try(n, rng, raised)
            if excess <= 1.0:
                return points[0], points[1]
            raised *= 1.1 * excess

    def _try(self, n: int, rng: np.random.Generator, raised: float) -> tuple[Floats, float]:
        """Points of shape (2, n) and the largest ratio of w to its bound: above 1 the points are no good."""
        out, filled, rate = np.empty((2, n)), 0, 0.8
        while filled < n:
            trial = min(int(1.03 * (n - filled) / rate) + 16, CHUNK)
            s12, c, cap = self.propose(trial, rng)
            w = density(self, s12, c) / (cap * raised)
            excess = float(w.max())
            if excess > 1.0:
                return out, excess
            keep = np.flatnonzero(rng.random(trial) < w)[: n - filled]
            out[0, filled : filled + keep.size], out[1, filled : filled + keep.size] = s12[keep], c[keep]
            filled += keep.size
        return out, 1.0

    def propose(self, n: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
        """Points s12, c from the proposal and its value there."""
        slot = rng.random(n) * self.cell.size
        whole = slot.astype(np.intp)
        cell = self.cell[whole]
        columns = self.cap.shape[1]
        row, column = np.divmod(cell, columns)
        low = self.edges[row]
        s12 = low + (slot - whole) * (self.edges[row + 1] - low)
        c = (column + rng.random(n)) * (2.0 / columns) - 1.0
        return s12, c, self.cap.ravel()[cell]


def density(grid: DalitzGrid, s12: Floats, c: Floats) -> Floats:
    """The density w at points of the Dalitz plot (arbitrary units)."""
    m, (m1, m2, m3) = grid.mass, grid.masses
    L = _lambda_root(m, grid.masses, s12)
    s13 = (s12 + (m1 * m1 - m2 * m2)) * ((m * m - m3 * m3) - s12) - L * c
    s13 = s13 / (2.0 * s12) + (m1 * m1 + m3 * m3)
    s23 = (m * m + m1 * m1 + m2 * m2 + m3 * m3) - s12 - s13
    f12, f13, f23 = grid.tables
    F = f12(s12) + f13(s13)
    F += f23(s23)
    return np.asarray((F.real**2 + F.imag**2) * (1.0 - c * c) * (L * L * L) / (s12 * s12))


def _lambda_root(m: float, masses: tuple[float, float, float], s12: Floats) -> Floats:
    """L, GeV^4."""
    m1, m2, m3 = masses
    inner = (s12 - (m1 + m2) ** 2) * (s12 - (m1 - m2) ** 2)
    outer = ((m - m3) ** 2 - s12) * ((m + m3) ** 2 - s12)
    return np.sqrt(np.maximum(inner * outer, 0.0))


def _edges(lo: float, hi: float, pole: tuple[float, float]) -> Floats:
    """Grid lines in s12: half of them dense at both ends, half of them dense at the pole."""
    M2, MG = pole[0] ** 2, pole[0] * pole[1]
    half = ROWS // 2
    a, b = np.arctan((lo - M2) / MG), np.arctan((hi - M2) / MG)
    dense = M2 + MG * np.tan(np.linspace(a, b, half + 2)[1:-1])
    ends = lo + (hi - lo) * np.sin(np.linspace(0.0, 0.5 * np.pi, half + 1)) ** 2
    lines = np.clip(np.concatenate([ends, dense]), lo, hi)
    return np.asarray(np.sort(lines))


def _bounds(w: Floats) -> Floats:
    """Upper bound of w in each cell from its values at the corners."""
    corner = np.maximum(np.maximum(w[1:, 1:], w[:-1, 1:]), np.maximum(w[1:, :-1], w[:-1, :-1]))
    wide = np.pad(w, 1, mode="reflect", reflect_type="odd")  # no curvature across the border itself
    bend = np.abs(wide[2:, 1:-1] - 2.0 * w + wide[:-2, 1:-1]) + np.abs(
        wide[1:-1, 2:] - 2.0 * w + wide[1:-1, :-2]
    )
    bend[1:-1] = np.maximum(
        np.maximum(bend[2:], bend[:-2]), bend[1:-1]
    )  # a ridge may cross a cell diagonally
    bend[[0, -1]] = np.maximum(bend[[0, -1]], bend[[1, -2]])
    bend = np.maximum(np.maximum(bend[1:, 1:], bend[:-1, 1:]), np.maximum(bend[1:, :-1], bend[:-1, :-1]))
    return np.asarray(MARGIN * corner + 0.25 * bend + FLOOR * w.max())


def dalitz_grid(
    F: Amplitude, mass: float, masses: tuple[float, float, float], pole: tuple[float, float]
) -> DalitzGrid:
    """Prepare V(mass) -> 1 2 3.

    Parameters
    ----------
    F : callable
        Amplitude at s12, s13, s23 (GeV^2, broadcast against each other): a sum of functions of one invariant.
    mass, masses : float, tuple of float
        Mass of V, above the sum of the product masses, GeV.
    pole : tuple of float
        Mass and width (GeV) of the resonance in s12, the narrowest of the amplitude.
    """
    m1, m2, m3 = masses
    edges = _edges((m1 + m2) ** 2, (mass - m3) ** 2, pole)
    grid = DalitzGrid(
        mass, masses, _tables(F, mass, masses, pole), edges, np.empty(0, dtype=np.int32), np.empty((0, 0))
    )
    span = ((mass - m2) ** 2 - (m1 + m3) ** 2) / (pole[0] * pole[1])
    columns = int(np.clip(CELLS_PER_WIDTH * span, *COLUMNS))
    s12, c = np.meshgrid(edges, np.linspace(-1.0, 1.0, columns + 1), indexing="ij")
    bound = _bounds(density(grid, s12, c))
    area = np.diff(edges)[:, None]
    share = bound * area
    slots = np.ceil(share * (SLOTS / share.sum())).astype(np.intp)
    cap = slots / np.where(area > 0.0, area, 1.0) * (share.sum() / SLOTS)
    cell = np.repeat(np.arange(slots.size, dtype=np.int32), slots.ravel())
    return DalitzGrid(mass, masses, grid.tables, edges, cell, cap)


def plane_momenta(grid: DalitzGrid, s12: Floats, c: Floats) -> Floats:
    """(E, along 3, across) of the three products in the decay plane, rest frame of V, shape (3, 3, n)."""
    m, (m1, m2, m3) = grid.mass, grid.masses
    L = _lambda_root(m, grid.masses, s12)
    q = np.sqrt(s12)
    P = np.sqrt(np.maximum(((m - m3) ** 2 - s12) * ((m + m3) ** 2 - s12), 0.0)) / (2.0 * m)
    k = np.divide(L, 4.0 * m * q * P, out=np.zeros_like(L), where=P > 0.0)
    e1, e2 = (s12 + (m1 * m1 - m2 * m2)) / (2.0 * q), (s12 - (m1 * m1 - m2 * m2)) / (2.0 * q)
    E12, kc = (s12 + (m * m - m3 * m3)) / (2.0 * m), k * c
    out = np.empty((3, 3, s12.size))
    out[0, 0], out[0, 1], out[0, 2] = (
        (E12 * e1 - P * kc) / q,
        (E12 * kc - P * e1) / q,
        k * np.sqrt(1.0 - c * c),
    )
    out[1, 0], out[1, 1], out[1, 2] = (E12 * e2 + P * kc) / q, -(E12 * kc + P * e2) / q, -out[0, 2]
    out[2, 0], out[2, 1], out[2, 2] = m - E12, P, 0.0
    return out


def sample_planes(
    grid: DalitzGrid, n: int, normals: Callable[[slice], Floats | None], rng: np.random.Generator
) -> Floats:
    """Momenta of ``n`` decays at rest.

    Parameters
    ----------
    grid : DalitzGrid
    n : int
    normals : callable
        Normals of the decay planes, shape (3, k), of a slice of the decays; None for isotropic ones.
    rng : numpy.random.Generator

    Returns
    -------
    array, shape (3, 4, n)
        (E, px, py, pz) in GeV.
    """
    out = np.empty((3, 4, n))
    for start in range(0, n, CHUNK):
        part = slice(start, min(start + CHUNK, n))
        plane = plane_momenta(grid, *grid.draw(part.stop - start, rng))
        _orient(plane, normals(part), rng, out[:, :, part])
    return out


def _orient(plane: Floats, normal: Floats | None, rng: np.random.Generator, out: Floats) -> None:
    """Turn decays in a plane to the given normals with flat angle about them; fills ``out`` (3, 4, n)."""
    n = plane.shape[2]
    t1, t2 = perpendicular(isotropic(n, rng) if normal is None else normal)
    psi = (2.0 * np.pi) * rng.random(n)
    cos, sin = np.cos(psi), np.sin(psi)
    along, across = cos * t1 + sin * t2, cos * t2 - sin * t1
    out[:, 0] = plane[:, 0]
    for i in range(3):
        out[0, 1 + i] = plane[0, 1] * along[i] + plane[0, 2] * across[i]
        out[1, 1 + i] = plane[1, 1] * along[i] + plane[1, 2] * across[i]
        out[2, 1 + i] = plane[2, 1] * along[i]
