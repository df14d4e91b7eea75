r"""Vector charges of the twelve fermions: what a vector couples to.

    L = epsilon e V_mu sum_f x_f fbar gamma^mu f

x_f in units of epsilon e, so that the dark photon has x_f = Q_f, every width is Gamma_0 = alpha m/3 times a ratio, and
a model with a coupling g of its own (B-L and others) has g = epsilon e and its published charges as x_f.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from darkbeam.hadrons.couplings import Couplings

__all__ = ["FERMIONS", "LEPTON_FIELDS", "NEUTRINO_FIELDS", "PHOTON_CHARGES", "QUARK_FIELDS", "Charges"]


@dataclass(frozen=True)
class Charges:
    """Vector charges in units of epsilon e; neutrinos are left-handed.

    Examples
    --------
    >>> PHOTON_CHARGES.couplings
    Couplings(c1=1.0, c0=1.0, cs=1.0)
    """

    d: float = 0.0
    u: float = 0.0
    s: float = 0.0
    c: float = 0.0
    b: float = 0.0
    t: float = 0.0
    e: float = 0.0
    mu: float = 0.0
    tau: float = 0.0
    nu_e: float = 0.0
    nu_mu: float = 0.0
    nu_tau: float = 0.0

    @property
    def couplings(self) -> Couplings:
        """Isovector, light isoscalar and strange current."""
        return Couplings.from_quarks(self.u, self.d, self.s)


FERMIONS = tuple(f.name for f in fields(Charges))
"""Names of the charges, in the order of the fields."""
QUARK_FIELDS = FERMIONS[:6]
LEPTON_FIELDS = ("e", "mu", "tau")
NEUTRINO_FIELDS = ("nu_e", "nu_mu", "nu_tau")
PHOTON_CHARGES = Charges(d=-1 / 3, u=2 / 3, s=-1 / 3, c=2 / 3, b=-1 / 3, t=2 / 3, e=-1.0, mu=-1.0, tau=-1.0)
"""The dark photon: electric charges."""
