r"""Gauss-Legendre quadrature over the three-body phase space.

    dPhi_3 = ds12 /(2 pi) (p3/(4 pi m)) (k/(4 pi sqrt(s12))) dcos/2
    |p1 x p2|^2 = (p3 k)^2 (1 - cos^2)                  (V rest frame)

k: momentum of 1 in the (12) frame, p3: momentum of 3 in the V frame, cos: angle between 1 and 3 in the
(12) frame.  For a current J = F eps(p1, p2, p3) the master formula gives

    R = (2 pi/m^2) sum w m^2 |p1 x p2|^2 |F|^2.

An optional pole (M, G) in s12 is flattened with the arctan map.  Momenta in GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics import breakup_momentum

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["DalitzNodes", "dalitz_nodes", "legendre", "per_mass", "ratio_epsilon"]

N_NODES = 96


@cache
def legendre(n: int = N_NODES) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of Gauss-Legendre quadrature on (-1, 1)."""
    return np.polynomial.legendre.leggauss(n)


@dataclass(frozen=True)
class DalitzNodes:
    """Points of one Dalitz plot, arrays broadcastable to (N_NODES, N_NODES); weights sum to Phi_3."""

    s12: NDArray[np.float64]
    s13: NDArray[np.float64]
    s23: NDArray[np.float64]
    cross2: NDArray[np.float64]
    weight: NDArray[np.float64]


def _s12_nodes(lo: float, hi: float, pole: tuple[float, float] | None) -> tuple[NDArray[np.float64], ...]:
    x, w = legendre()
    if pole is None:
        return 0.5 * (hi - lo) * x + 0.5 * (hi + lo), 0.5 * (hi - lo) * w
    M, G = pole
    a, b = np.arctan((lo - M * M) / (M * G)), np.arctan((hi - M * M) / (M * G))
    s12 = M * M + M * G * np.tan(0.5 * (b - a) * x + 0.5 * (a + b))
    return s12, 0.5 * (b - a) * w * ((s12 - M * M) ** 2 + (M * G) ** 2) / (M * G)


def dalitz_nodes(
    m: float, m1: float, m2: float, m3: float, pole: tuple[float, float] | None = None
) -> DalitzNodes:
    """Quadrature points of V(m) -> 1 2 3, for m above threshold (GeV)."""
    s12, ds = _s12_nodes((m1 + m2) ** 2, (m - m3) ** 2, pole)
    c, wc = legendre()
    s12 = s12[:, None]
    q = np.sqrt(s12)
    k, p3 = breakup_momentum(q, m1, m2), breakup_momentum(m, q, m3)
    e1, e3 = np.sqrt(k * k + m1 * m1), (m * m - s12 - m3 * m3) / (2.0 * q)
    s13 = m1 * m1 + m3 * m3 + 2.0 * (e1 * e3 - k * p3 * m / q * c)
    s23 = m * m + m1 * m1 + m2 * m2 + m3 * m3 - s12 - s13
    density = p3 * k / (2.0 * np.pi * 4.0 * np.pi * m * 4.0 * np.pi * q)
    return DalitzNodes(s12, s13, s23, (p3 * k) ** 2 * (1.0 - c * c), 0.5 * ds[:, None] * wc * density)


def ratio_epsilon(nodes: DalitzNodes, F: NDArray[np.complex128]) -> float:
    """R of a current F eps(p1, p2, p3); F (GeV^-3) at the nodes."""
    return float(2.0 * np.pi * np.sum(nodes.weight * nodes.cross2 * np.abs(F) ** 2))


def per_mass(mass: ArrayLike, threshold: float, evaluate: Callable[[float], float]) -> NDArray[np.float64]:
    """Apply a scalar function to every mass above threshold; zero below."""
    m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
    return np.array([evaluate(float(x)) if x > threshold else 0.0 for x in m])
