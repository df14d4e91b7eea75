"""Isospin decomposition of a vector coupling to light quarks.

A vector with couplings x_u, x_d, x_s (in units of its gauge coupling) excites three currents,

    amplitude(f) = c1 A_f(I=1) + c0 A_f(I=0) + cs A_f(s sbar),
    c1 = x_u - x_d,   c0 = 3 (x_u + x_d),   cs = -3 x_s,

all equal to 1 for the dark photon in units of e (arXiv:2201.01788).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PHOTON", "Couplings"]


@dataclass(frozen=True)
class Couplings:
    """Weights of the isovector, light isoscalar and strange currents (dimensionless).

    Examples
    --------
    >>> Couplings.from_quarks(2 / 3, -1 / 3, -1 / 3)
    Couplings(c1=1.0, c0=1.0, cs=1.0)
    """

    c1: float = 1.0
    c0: float = 1.0
    cs: float = 1.0

    @classmethod
    def from_quarks(cls, x_u: float, x_d: float, x_s: float) -> Couplings:
        """Couplings from the vector charges of the up, down and strange quark."""
        return cls(x_u - x_d, 3.0 * (x_u + x_d), -3.0 * x_s)


PHOTON = Couplings()
"""The dark photon: the electromagnetic current, in units of e."""
