r"""Isospin of the proton's form factors: which part couples to which current of a vector X.

    F_i^X = c0 F_i + (c1 - c0) F_i^(1) + (cs - c0) F_i^(s),      i = 1 (Dirac), 2 (Pauli)

F_i: electromagnetic (`proton_form_factors`); F^(1): its isovector, F^(s): its strange part, the rest is the light
isoscalar part; c: `darkbeam.hadrons.couplings`.  Charges fix them at zero momentum transfer,

    F_1^(1) = 1/2,   F_2^(1) = (kappa_p - kappa_n)/2,   F^(s) = 0      so that F_1^X(0) = 2 x_u + x_d,

(kappa_p = 1.793, kappa_n = -1.913) and vector mesons on their poles: rho isovector, omega light, phi strange.

``vmd-...``: F_1^(1)(m) = rho tower(m) F_1(0)/[2 rho tower(0)] (`darkbeam.hadrons.vmd`), F^(s) = 0 (these models have no
phi).  Constant widths make the tower complex at 0, 0.50 + 0.06i; the factor (phase of -8 degrees) restores the charge.
``point``: F_1^(1) = 1/2, no F_2 and F^(s).

``ua``: the surrogate is a sum over poles in V.  The pairs R_rho, R_omega, R_phi nearest to the measured poles are
assigned as above; the rest B (excited states, thresholds, constant) is shared in proportion to what charges
require at V_0 = V(0),

    F^(s) = g [R_phi(V) - R_phi(V_0)],      g = x^2 (3 - 2x),  x = min(m^2/m_phi^2, 1)
    F^(1) = R_rho(V) + beta [B(V) + R_phi(V_0)],
    beta chosen such that F^(1)(0) is as above:  0.18 for F_1, 0.96 for F_2

The residue of the phi is large (it violates the OZI rule); its tail towards small m is cancelled by other strange
states, since strange form factors are measured to vanish within a few per cent of the proton's at space-like 0.08 to
0.6 GeV^2 (Phys. Rev. Lett. 98 (2007) 032301 and 108 (2012) 102001).  g, the lowest polynomial without charge and radius
that leaves the pole as it is, hands the tail to the light isoscalar part, which then agrees with VMD towers to 4 % up
to 0.3 GeV.  This split is ours; no published separation of this model into isospin was available.

Valid up to `ISOSPIN_MASS_MAX` = 1.13 GeV.  F_1 of baryon number moves by 6 to 30 % (most at 0.9 GeV) if all
variation of B is isovector (sharing ``isovector``), and by a factor of 2 at 0.5 GeV, 1.3 at 0.7 and 0.4 at 0.9 GeV,
but not within 30 MeV of the phi, with g = 1.  Above 1.13 GeV rho', omega' and phi' are under B, and the proton alone
does not tell their isospin.  Edges of the band multiply all parts alike.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_OMEGA, M_PHI, M_PI, M_RHO, W_OMEGA, W_PHI
from darkbeam.errors import UnknownNameError
from darkbeam.hadrons import proton_ua_poles as poles
from darkbeam.hadrons.nucleon_pair import MU_N, MU_P
from darkbeam.hadrons.proton_form_factors import (
    form_factors,
    pole_sum,
    two_threshold_variable,
    ua_edge_ratio,
)
from darkbeam.hadrons.vmd import VMD_VERSIONS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from darkbeam.hadrons.couplings import Couplings

    Complex = NDArray[np.complex128]

__all__ = ["ISOSPIN_MASS_MAX", "SHARINGS", "charged_form_factors", "isovector_and_strange"]

ISOSPIN_MASS_MAX = 1.13
"""Mass in GeV above which the isospin of the ``ua`` form factors is not known."""
SHARINGS = ("proportional", "isovector")
"""How the variation of the background B of ``ua`` is shared between isovector and light isoscalar part."""
_POLES = {"rho": (M_RHO, 0.1476), "omega": (M_OMEGA, W_OMEGA), "phi": (M_PHI, W_PHI)}
"""Mass and width in GeV of the poles to find."""
_ISOVECTOR_AT_ZERO = {"F1": 0.5, "F2": 0.5 * (MU_P - 1.0 - MU_N)}
_TABLES = {
    "F1": (poles.F1_S_IN, poles.F1_CONSTANT, poles.F1_POLES),
    "F2": (poles.F2_S_IN, poles.F2_CONSTANT, poles.F2_POLES),
}


def _complex_mass(pole: poles.Pole, s_in: float) -> complex:
    """M - i Gamma/2 of a pole: t = s0 - 4 (s_in - s0) V^2/(1 - V^2)^2."""
    V = complex(pole[0], pole[1])
    s0 = 4.0 * M_PI**2
    return complex(np.sqrt(s0 - 4.0 * (s_in - s0) * (V / (1.0 - V * V)) ** 2))


@cache
def _assigned(which: str) -> dict[str, poles.Pole]:
    """Pole pair of rho, omega and phi in the surrogate of ``F1`` or ``F2``."""
    s_in, _, table = _TABLES[which]
    return {
        name: min(table, key=lambda p: abs(_complex_mass(p, s_in) - complex(mass, -0.5 * width)))
        for name, (mass, width) in _POLES.items()
    }


def _ua_parts(mass: NDArray[np.float64], which: str, sharing: str) -> tuple[Complex, Complex]:
    """Isovector and strange part of ``F1`` or ``F2``, central curve."""
    s_in, constant, table = _TABLES[which]
    found = _assigned(which)
    rest = tuple(p for p in table if p not in found.values())

    def parts(m: ArrayLike) -> tuple[Complex, Complex, Complex]:
        V = two_threshold_variable(m, s_in)
        return (
            pole_sum(V, 0.0, (found["rho"],)),
            pole_sum(V, 0.0, (found["phi"],)),
            pole_sum(V, constant, rest),
        )

    rho, phi, background = parts(mass)
    rho_0, phi_0, background_0 = parts(0.0)
    beta = (_ISOVECTOR_AT_ZERO[which] - rho_0) / (background_0 + phi_0)
    shared = beta * (background + phi_0)
    if sharing == "isovector":
        shared = beta * (background_0 + phi_0) + background - background_0
    x = np.minimum((np.asarray(mass) / M_PHI) ** 2, 1.0)
    return rho + shared, x**2 * (3.0 - 2.0 * x) * (phi - phi_0)


def isovector_and_strange(
    mass: ArrayLike, model: str = "ua", edge: str = "central", sharing: str = "proportional"
) -> tuple[tuple[Complex, Complex], tuple[Complex, Complex]]:
    """Return the isovector (F1, F2) and the strange (F1, F2) of the proton.

    Parameters
    ----------
    mass : array_like
        Virtuality, GeV.
    model : str
        One of `darkbeam.hadrons.proton_form_factors.FORM_FACTORS`; ``ua`` up to `ISOSPIN_MASS_MAX`.
    edge : str
        Edge of the band of ``ua``.
    sharing : str
        One of `SHARINGS`; concerns ``ua`` only.

    Returns
    -------
    pair of pairs of complex arrays, shape of mass
    """
    if sharing not in SHARINGS:
        raise UnknownNameError("sharing of the background", sharing, SHARINGS)
    m = np.asarray(mass, dtype=np.float64)
    zero = np.zeros(m.shape, dtype=np.complex128)
    if model == "ua":
        (v1, s1), (v2, s2) = (_ua_parts(m, which, sharing) for which in ("F1", "F2"))
        r1, r2 = (ua_edge_ratio(m, which, edge) for which in ("F1", "F2"))
        return (v1 * r1, v2 * r2), (s1 * r1, s2 * r2)
    if model == "point":
        return (zero + 0.5, zero), (zero, zero)
    tower = VMD_VERSIONS[model.removeprefix("vmd-")][0]
    origin = np.zeros(())
    half_charge = 0.5 * form_factors(0.0, model)[0]
    return (tower(m) * (half_charge / tower(origin)), zero), (zero, zero)


def charged_form_factors(
    mass: ArrayLike,
    couplings: Couplings,
    model: str = "ua",
    edge: str = "central",
    tail: str = "power12",
    sharing: str = "proportional",
) -> tuple[Complex, Complex]:
    """Return the complex (F1, F2) of the proton for a vector with given couplings.

    Equal couplings multiply the electromagnetic form factors, at any mass.

    Examples
    --------
    >>> from darkbeam.hadrons.couplings import Couplings
    >>> F1, F2 = charged_form_factors(0.0, Couplings.from_quarks(1 / 3, 1 / 3, 1 / 3))
    >>> round(abs(complex(F1)), 3)
    1.0
    """
    F1, F2 = form_factors(mass, model, edge, tail)
    c1, c0, cs = couplings.c1, couplings.c0, couplings.cs
    if c1 == c0 == cs:
        return c0 * F1, c0 * F2
    (v1, v2), (s1, s2) = isovector_and_strange(mass, model, edge, sharing)
    return c0 * F1 + (c1 - c0) * v1 + (cs - c0) * s1, c0 * F2 + (c1 - c0) * v2 + (cs - c0) * s2
