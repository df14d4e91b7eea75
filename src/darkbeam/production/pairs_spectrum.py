r"""Masses of the pairs: dN/dq of a source, its integral and its quantiles.

    dN/dq = 2 q F(q) S(q^2),     N = int_2m dq dN/dq

F(q), dark photons of mass q per collision, does not know the particle's mass: it is tabulated once, on nodes that are
even in t = ln q - ln(q_max - q), fine at the poles of rho, omega, phi and Z, and at both ends.  ln F is then a monotone
cubic in t, which is exact for powers of q and of q_max - q.  The integral is a Gauss rule with three points in each
panel between nodes, and more panels above the threshold, where the density rises like a square root: N is good to
0.1 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from darkbeam.constants import M_OMEGA, M_PHI, M_RHO, W_OMEGA, W_PHI
from darkbeam.hadrons.monotone_cubic import MonotoneCubic
from darkbeam.models.millicharged import pair_factor
from darkbeam.production.drell_yan import GAMMA_Z, M_Z
from darkbeam.production.overlap import DRELL_YAN_FROM

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Panels", "PhotonTable", "mass_nodes", "pair_panels"]

POLES = ((M_RHO, 0.15), (M_OMEGA, W_OMEGA), (M_PHI, W_PHI), (M_Z, GAMMA_Z))
"""Masses and widths around which the nodes are fine, GeV."""
SPACING, END_SPACING, END = 0.05, 0.3, 2.5
"""Of the nodes in t; the second above ``END``, where F is nearly a power of q_max - q."""
_EDGE = 1e-6
_NONE = 1e-300
_POLE_STEPS = np.sinh(np.linspace(-5.5, 5.5, 65)) / 6.0  # from 0.03 widths to 20
_RISE = np.linspace(0.0, 1.0, 33)[1:] ** 2
_GAUSS, _WEIGHTS = np.polynomial.legendre.leggauss(3)


def mass_nodes(low: float, high: float) -> Array:
    """Nodes in q inside an open interval, GeV."""
    t = np.arange(float(_logit(low * (1.0 + _EDGE), high)), END, SPACING)
    end = np.arange(END, -float(np.log(_EDGE)), END_SPACING)
    even = high / (1.0 + np.exp(-np.concatenate([t, end])))
    ends = np.array([low * (1.0 + _EDGE), high * (1.0 - _EDGE)])
    start = low + (min(2.0 * low, high) - low) * np.geomspace(1e-5, 0.5, 16)
    near = [M + G * _POLE_STEPS for M, G in POLES]
    nodes = np.concatenate([even, ends, start, np.array(DRELL_YAN_FROM), *near])
    nodes = np.unique(nodes[(nodes >= ends[0]) & (nodes <= ends[1])])
    # two nodes that all but coincide would make a wild slope
    apart = np.diff(nodes) > 1e-9 * nodes[1:]
    return np.asarray(nodes[np.concatenate([[True], apart])])


def _logit(q: Array | float, high: float) -> Array:
    return np.asarray(np.log(q) - np.log(high - np.asarray(q)))


@dataclass(frozen=True)
class PhotonTable:
    """F(q) of one source and variation.

    Attributes
    ----------
    low, high : float
        Open interval of q in which there are photons, GeV.
    q, photons : arrays, shape (n,)
        Nodes, and dark photons per collision at epsilon = 1.
    curve : MonotoneCubic
        ln F as a function of t.
    """

    low: float
    high: float
    q: Array
    photons: Array
    curve: MonotoneCubic

    @classmethod
    def of(cls, photons: Callable[[float], float], low: float, high: float) -> PhotonTable:
        """Tabulate ``photons``, a function of q in GeV."""
        q = mass_nodes(low, high)
        values = np.array([photons(float(x)) for x in q])
        ln = np.log(np.maximum(values, _NONE))
        return cls(low, high, q, values, MonotoneCubic(tuple(zip(_logit(q, high), ln, strict=True))))

    def __call__(self, q: Array) -> Array:
        """F at any q inside the interval."""
        ln = self.curve(_logit(q, self.high))
        return np.asarray(np.where(ln > 0.99 * np.log(_NONE), np.exp(ln), 0.0))


class Panels(NamedTuple):
    """Yield in panels of q.

    Attributes
    ----------
    edges : array, shape (k + 1,)
        GeV.
    cumulative : array, shape (k + 1,)
        Pairs per collision and per epsilon^2 below each edge.
    """

    edges: Array
    cumulative: Array

    @property
    def total(self) -> float:
        """Pairs per collision and per epsilon^2."""
        return float(self.cumulative[-1])

    def quantile(self, u: Array) -> Array:
        """Pair mass below which the share ``u`` of the pairs lies, GeV."""
        return np.asarray(np.interp(u * self.total, self.cumulative, self.edges))


def pair_panels(table: PhotonTable, mass: float, spin: str) -> Panels:
    """Integrate dN/dq of particles of one mass (GeV) over the panels.

    Below the lower end of the table there are no pairs; above its upper end neither.
    """
    start = max(2.0 * mass, table.low)
    rise = start + (min(2.0 * start, table.high) - start) * _RISE
    inside = np.concatenate([rise[rise < table.high], table.q[table.q > start]])
    edges = np.unique(np.concatenate([[start], inside, [table.high]]))
    half = 0.5 * np.diff(edges)[:, None]
    q = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * _GAUSS
    density = 2.0 * q * table(q) * pair_factor(q, mass, spin)
    parts = np.sum(half * _WEIGHTS * density, axis=1)
    return Panels(edges, np.concatenate([[0.0], np.cumsum(parts)]))
