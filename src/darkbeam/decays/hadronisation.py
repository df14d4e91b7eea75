r"""Hadronisation of V -> q qbar: which pools of final states, and their shares.

    non-strange quarks:  x_u |u ubar> + x_d |d dbar>,   R = 3 (x_u^2 + x_d^2) = 3 c1^2/2 + 3 c0^2/18
    s:                   R = 3 x_s^2 = cs^2/3
    Q = c, b:            R = 3 x_Q^2 (1 + 2 z) sqrt(1 - 4 z) + psi resonances,  z = m_H^2/m^2, H = D, B

c1 = x_u - x_d, c0 = 3 (x_u + x_d), cs = -3 x_s (1 for the dark photon).  Hadron sets with a defined G-parity come
from the isovector part (G = +1) or from the isoscalar part (G = -1): pools "isovector" and "isoscalar", so that a
vector with c1 = 0 makes no 2 pi, 4 pi or omega pi0.  A share kappa(m) of non-strange pairs makes kaons or baryons:
there the amplitudes of u and d do not interfere (pools "u" and "d", kappa x_u^2 and kappa x_d^2).  "s", "c" and "b"
are pools of their own.  For the dark photon this is u : d : s = 4 : 1 : 1 in all, and 9 : 1 isovector to isoscalar.

The final states themselves are strings of Pythia 8 (Lund model, arXiv:2203.11601) with `SETTINGS`: the default
tune, except that a string goes on breaking to the end (StringFragmentation:stopMass = 0 in place of 0.8 GeV).  The
default ends 2 GeV strings in two hadrons: 2.1 charged particles from u ubar at 2 GeV where exclusive data give 3, and
2.8 at 2.6 GeV where BES measured 3.1 (integral of dN/dxi, hep-ex/0306055).  The charged multiplicity is therefore
a tuned model, not a prediction; `tests/decays/test_hadronisation.py` holds the comparison.
C-forbidden sets (5 % of u ubar at 2 GeV), and bare pi+ pi-, K+ K- and K0 K0bar (2.4 % of R at 2 GeV in all and falling
like form factors, but 40 % of s sbar strings there; none above 2.5 GeV), are drawn again
(`darkbeam.decays.c_parity`); charm near threshold is in `darkbeam.decays.charm_threshold`; final-state showers act
with a probability rising from 0 to 1 between 4 and 6 GeV.  Narrow psi and Upsilon states are hadronised like the
continuum.

m GeV; valid `MASS_RANGE`.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from darkbeam.constants import M_B, M_D
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.hadrons.inclusive import ratio_resonances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from darkbeam.hadrons.couplings import Couplings

__all__ = [
    "LEFT",
    "MASS_RANGE",
    "PHOTON_HEAVY",
    "POOLS",
    "SETTINGS",
    "check_mass",
    "pool_shares",
    "shower_probability",
]

POOLS = ("isovector", "isoscalar", "u", "d", "s", "c", "b")
"""Kinds of final states, see the formula above."""
MASS_RANGE = (1.8, 10.5)
"""Masses at which "quarks" can be sampled, GeV; the dark photon uses it above 2."""
PHOTON_HEAVY: Mapping[str, float] = {"c": 2.0 / 3.0, "b": -1.0 / 3.0}
"""Charges of the heavy quarks of the dark photon, units of epsilon e."""
LEFT = (13, 111, 130, 211, 221, 310, 311, 321, 2112)
"""Unstable particles that Pythia leaves: they live long, or are decayed by `darkbeam.decays.secondary`."""
SETTINGS = (
    "ProcessLevel:all = off",
    "Check:event = off",
    "StringFragmentation:stopMass = 0.0",
    *(f"{pdg}:mayDecay = off" for pdg in LEFT),
)
_SHOWER = (4.0, 6.0)


def check_mass(mass: float) -> None:
    """Refuse a mass outside `MASS_RANGE`.

    Raises
    ------
    MassRangeError
    """
    lo, hi = MASS_RANGE
    if not lo <= mass <= hi:
        raise MassRangeError(
            f"hadronisation of quarks is valid from {lo:g} to {hi:g} GeV, not at {mass:g} GeV."
        )


def shower_probability(mass: float) -> float:
    """Probability that the quarks radiate gluons before they hadronise."""
    lo, hi = _SHOWER
    return min(max((mass - lo) / (hi - lo), 0.0), 1.0)


def _heavy(mass: float, x: float, m_h: float) -> float:
    z = (m_h / mass) ** 2
    return 3.0 * x * x * (1.0 + 2.0 * z) * sqrt(1.0 - 4.0 * z) if z < 0.25 else 0.0


def pool_shares(
    mass: float, kappa: float, couplings: Couplings, heavy: Mapping[str, float] = PHOTON_HEAVY
) -> dict[str, float]:
    """Shares of the pools, in units of R without QCD corrections.

    Parameters
    ----------
    mass : float
        GeV.
    kappa : float
        Part of non-strange pairs that make kaons or baryons.
    couplings : Couplings
    heavy : mapping of str to float
        Charges of "c" and "b", units of epsilon e.

    Raises
    ------
    ValueRangeError
        If no quark couples.

    Examples
    --------
    >>> from darkbeam.hadrons.couplings import PHOTON
    >>> shares = pool_shares(3.0, 0.25, PHOTON)
    >>> round(sum(shares.values()), 6), round(shares["isovector"] / shares["isoscalar"], 6)
    (2.0, 9.0)
    """
    c1, c0, cs = couplings.c1, couplings.c0, couplings.cs
    x_u, x_d = 0.5 * (c0 / 3.0 + c1), 0.5 * (c0 / 3.0 - c1)
    shares = {
        "isovector": (1.0 - kappa) * 1.5 * c1**2,
        "isoscalar": (1.0 - kappa) * c0**2 / 6.0,
        "u": kappa * 3.0 * x_u**2,
        "d": kappa * 3.0 * x_d**2,
        "s": cs**2 / 3.0,
        "c": _heavy(mass, heavy["c"], M_D),
        "b": _heavy(mass, heavy["b"], M_B),
    }
    if not any(shares.values()):
        raise ValueRangeError(f"none of the quarks that couple to the vector is open at {mass:g} GeV.")
    if shares["c"] > 0.0:  # the broad psi states decay to charm
        relative = (heavy["c"] / PHOTON_HEAVY["c"]) ** 2
        shares["c"] += relative * float(ratio_resonances(mass, narrow=False)[0])
    return shares
