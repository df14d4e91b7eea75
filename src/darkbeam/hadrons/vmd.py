"""Proton Dirac form factor by vector-meson dominance.

Formula (time-like virtuality m = sqrt(q^2), GeV)::

    F1(m) = sum_V f_V m_V^2 / (m_V^2 - m^2 - i m_V Gamma_V),     V = rho, omega and two recurrences each

f_V couplings (dimensionless), m_V masses and Gamma_V constant widths (GeV).  In each isospin the couplings
obey sum f = 1/2 (charge) and sum f m^2 = 0 (fall-off F1 ~ m^-4).  There is no Pauli form factor in this
model.

Versions:

* ``literature``: couplings as published, Faessler et al. arXiv:0910.5589, used for proton bremsstrahlung
  since deNiverville et al. arXiv:1609.01770 and Berlin-Kling arXiv:1810.01879.
* ``senscalc``: couplings of rho(770) and omega(782) kept, excited states at 1.42 to 1.70 GeV and their
  couplings solved from the two sum rules (SensCalc, arXiv:2305.13383).  |F1|^2 differs from the former by
  24 at 1.5 GeV.

Valid for 0 <= m < 3 GeV; above 1.7 GeV both are extrapolations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["VMD_VERSIONS", "MesonTower", "f1_vmd", "solve_couplings"]

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class MesonTower:
    """Ground state and two recurrences of one isospin: couplings, masses (GeV), widths (GeV)."""

    f: Triple
    m: Triple
    gamma: Triple

    def __call__(self, mass: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return the contribution to F1 at ``mass`` (GeV)."""
        terms = zip(self.f, self.m, self.gamma, strict=True)
        total = np.zeros(mass.shape, dtype=np.complex128)
        for f, m, gamma in terms:
            total += f * m**2 / (m**2 - mass**2 - 1j * m * gamma)
        return total


def solve_couplings(f0: float, m: Triple, total: float = 0.5) -> Triple:
    """Return (f, f', f'') from f = f0, sum f = total and sum f m^2 = 0.

    Examples
    --------
    >>> [round(f, 6) for f in solve_couplings(0.616, (0.77, 1.45, 1.70))]
    [0.616, 0.038078, -0.154078]
    """
    a, b, c = (x**2 for x in m)
    rest = total - f0
    f2 = (-f0 * a - rest * b) / (c - b)
    return (f0, rest - f2, f2)


_RHO_M, _OMEGA_M = (0.77, 1.45, 1.70), (0.78, 1.42, 1.65)

VMD_VERSIONS: dict[str, tuple[MesonTower, MesonTower]] = {
    "literature": (
        MesonTower((0.616, 0.223, -0.339), (0.77, 1.25, 1.45), (0.15, 0.30, 0.50)),
        MesonTower((1.011, -0.881, 0.369), (0.77, 1.25, 1.45), (0.0085, 0.30, 0.50)),
    ),
    "senscalc": (
        MesonTower(solve_couplings(0.616, _RHO_M), _RHO_M, (0.15, 0.40, 0.25)),
        MesonTower(solve_couplings(1.011, _OMEGA_M), _OMEGA_M, (0.0084, 0.29, 0.315)),
    ),
}
"""Isovector and isoscalar tower of each version."""


def f1_vmd(mass: ArrayLike, version: str = "literature") -> NDArray[np.complex128]:
    """Return the complex Dirac form factor of the proton.

    Parameters
    ----------
    mass : array_like
        Virtuality sqrt(q^2) in GeV.
    version : str
        Key of `VMD_VERSIONS`.

    Returns
    -------
    complex array, shape of mass
    """
    if version not in VMD_VERSIONS:
        raise UnknownNameError("version of the VMD form factor", version, VMD_VERSIONS)
    isovector, isoscalar = VMD_VERSIONS[version]
    x = np.asarray(mass, dtype=np.float64)
    return isovector(x) + isoscalar(x)
