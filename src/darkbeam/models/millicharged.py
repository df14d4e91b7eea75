r"""Millicharged particles chi: charge epsilon e, spin 1/2 (Dirac) or spin 0 (complex scalar).

    L = -epsilon e A_mu chibar gamma^mu chi - m chibar chi                          Dirac
    L = |(d_mu + i epsilon e A_mu) chi|^2 - m^2 |chi|^2                             scalar

A photon of virtuality q^2 that would be emitted as a dark photon of mass q makes a pair instead, with the density

    dN/dq^2 = F(q) S(q^2),    F(q) dark photons of mass q per epsilon^2             (arXiv:2512.04153, 1603.08926)
    S(q^2) = alpha/(3 pi q^2) beta (1 + 2 m^2/q^2)     Dirac
    S(q^2) = alpha/(3 pi q^2) beta^3/4                 scalar,                      beta = sqrt(1 - 4 m^2/q^2)

m mass of the particle and q mass of the pair, GeV; alpha the fine-structure constant at zero momentum.  So from the
branching ratio B(q) of X -> Y A'(q) follows that of X -> Y chi chibar, and a narrow vector V (mass M) decays with

    BR(X -> Y chi chibar) = int dq^2 S(q^2) B(q)                                    (arXiv:1806.03310)
    BR(V -> chi chibar) = BR(V -> e e) beta (1 + 2 m^2/M^2)    (scalar: beta^3/4; the electron mass is neglected)

Every rate is per *pair* and per epsilon^2, epsilon = Q/e; a pair is two particles that can be seen.

Charge: epsilon is the charge at all q below the Z.  Where the charge comes from mixing with hypercharge (BC3,
arXiv:1901.09966), the Z couples too, with -epsilon e tan(theta_W); Drell-Yan contains it.  Validity: electron mass < m,
because no source makes photons lighter than two electrons; epsilon < 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA, M_E
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["LIGHTEST", "SPINS", "Millicharged", "pair_branching", "pair_factor", "vector_branching"]

SPINS = ("dirac", "scalar")
"""Names of the spins."""
LIGHTEST = M_E
"""Smallest mass that is offered, GeV."""


@cache
def _rule() -> tuple[Array, Array]:
    """Nodes and weights in [-1, 1]; made on first use, because it is the slowest part of the import otherwise."""
    node, weight = np.polynomial.legendre.leggauss(256)
    return np.asarray(node), np.asarray(weight)


def _law(r: Array, spin: str) -> Array:
    """Phase space over that of massless Dirac pairs; r = m^2/q^2."""
    if spin not in SPINS:
        raise UnknownNameError("spin", spin, SPINS)
    beta = np.sqrt(np.maximum(1.0 - 4.0 * r, 0.0))
    return beta * (1.0 + 2.0 * r) if spin == "dirac" else 0.25 * beta**3


def pair_factor(q: ArrayLike, mass: float, spin: str = "dirac") -> Array:
    """S(q^2) in GeV^-2, shape of ``q``; zero below threshold.

    Parameters
    ----------
    q : array
        Masses of the pairs, GeV.
    mass : float
        Mass of one particle, GeV.
    spin : {"dirac", "scalar"}

    Raises
    ------
    UnknownNameError
        For a spin that does not exist.

    Examples
    --------
    >>> float(pair_factor(1.0, 0.6))
    0.0
    """
    q = np.asarray(q, dtype=np.float64)
    return np.asarray(ALPHA / (3.0 * np.pi * np.square(q)) * _law(np.square(mass / q), spin))


def pair_branching(
    photons: Callable[[Array], Array], limit: float, mass: float, spin: str = "dirac"
) -> float:
    """Branching ratio of X -> Y chi chibar per epsilon^2.

    Parameters
    ----------
    photons : callable
        B(q), branching ratio to a dark photon of mass q (array, GeV) at epsilon = 1.
    limit : float
        Largest q, GeV.
    mass : float
        Mass of one particle, GeV.
    spin : {"dirac", "scalar"}

    Returns
    -------
    float
        Zero where the decay is closed.

    Examples
    --------
    >>> round(pair_branching(np.ones_like, 1.0, 0.49), 6)  # nearly closed
    6e-06
    """
    if 2.0 * mass >= limit:
        return 0.0
    # ln q^2 runs as x^2 (3 - 2x): square roots at the threshold and powers at the limit become smooth
    node, weight = _rule()
    x = 0.5 * (node + 1.0)
    span = 2.0 * np.log(limit / (2.0 * mass))
    q = 2.0 * mass * np.exp(0.5 * span * x * x * (3.0 - 2.0 * x))
    dq2 = 0.5 * weight * span * 6.0 * x * (1.0 - x) * q * q
    return float(np.sum(dq2 * pair_factor(q, mass, spin) * photons(q)))


def vector_branching(branching_ee: float, meson_mass: float, mass: float, spin: str = "dirac") -> float:
    """Branching ratio of a narrow vector meson to a pair per epsilon^2, from that to electrons.

    Examples
    --------
    >>> vector_branching(5.971e-2, 3.0969, 1.6)
    0.0
    """
    return branching_ee * float(_law(np.asarray((mass / meson_mass) ** 2), spin))


@dataclass(frozen=True)
class Millicharged:
    """A millicharged particle of one spin.

    Attributes
    ----------
    spin : {"dirac", "scalar"}

    Examples
    --------
    >>> Millicharged("scalar").name
    'millicharged'
    """

    spin: str = "dirac"
    name = "millicharged"

    def __post_init__(self) -> None:
        if self.spin not in SPINS:
            raise UnknownNameError("spin", self.spin, SPINS)

    def check(self, mass: float, epsilon: float | None = None) -> None:
        """Refuse a mass or a charge outside the validity.

        Raises
        ------
        MassRangeError, ValueRangeError
        """
        if not LIGHTEST < mass < np.inf:
            raise MassRangeError(
                f"millicharged particles need a mass above {LIGHTEST:.4g} GeV (the electron's), not {mass:g} GeV"
            )
        if epsilon is not None and not 0.0 < epsilon < 1.0:
            raise ValueRangeError(f"the charge epsilon must be between 0 and 1, not {epsilon:g}")

    def factor(self, q: ArrayLike, mass: float) -> Array:
        """S(q^2) in GeV^-2."""
        return pair_factor(q, mass, self.spin)

    def branching(self, photons: Callable[[Array], Array], limit: float, mass: float) -> float:
        """Branching ratio of X -> Y chi chibar per epsilon^2, see `pair_branching`."""
        return pair_branching(photons, limit, mass, self.spin)

    def vector_branching(self, branching_ee: float, meson_mass: float, mass: float) -> float:
        """Branching ratio of a narrow vector meson per epsilon^2."""
        return vector_branching(branching_ee, meson_mass, mass, self.spin)
