r"""Meson decays into any vector X: the photon's rate times a ratio of quark-line amplitudes.

    A(P -> gamma X) ~ Tr[T_P Q X],   A(V -> P X) ~ Tr[T_V T_P X]      arXiv:1801.04847, equations 2.7-2.10 and A.1
    X = c1 J_1 + c0 J_0 + cs J_s,    J_1 = diag(1,-1,0)/2,  J_0 = diag(1,1,0)/6,  J_s = -diag(0,0,1)/3

T: meson flavours, Tr T^2 = 1/2; eta = diag(1,1,-1)/sqrt6 and eta' = diag(1,1,2)/sqrt12, a mixing angle of -19.5
degrees (also arXiv:1404.4370); omega and phi mixed ideally.  c: `darkbeam.hadrons.couplings`.  Each current couples
through its own vector meson (rho, omega, phi), with propagators P_i(m^2) normalised to 1 at 0:

    w_i = Tr[T Q J_i] / Tr[T Q Q]  (T_P J_i for V decays),   sum_i w_i = 1

    vertex         isovector   light isoscalar   strange
    pi0  gamma     1/2         1/2               0
    eta  gamma     9/8         1/8               -1/4
    eta' gamma     9/14        1/14              4/14
    omega pi0      1           0                 0
    phi  eta       0           0                 1
    Delta N        1           0                 0

The measured form factor F of the photon belongs to the sum.  The rate is the photon's times

    | c_r + sum_i (c_i - c_r) w_i P_i/F |^2,     r the current of the largest weight, arg F = arg P_r,

c^2 where all c are equal, and for one current only.  P_i/F = 1 without form factors and for the pi0 (rho and omega
differ by 2e-4 there), whose rate is then (c1 + c0)^2/4 = (2 x_u + x_d)^2 of the photon's, zero for a protophobic
vector.  Baryon number: |F_omega + F_phi|^2/16 (eta), |F_omega - 2 F_phi|^2/49 (eta') of the photon's at small m.

Left out: SU(3) breaking in decay constants (up to 30 % in the strange amplitudes of eta and eta', from memory, not
verified) and the omega line in the measured F of the eta', a single pole: within 20 MeV of the omega the eta' rate of
vectors whose c0 and c1 differ is rough (it is below a tenth of mixing there).  Validity: that of the decays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_ETA, M_ETAP, M_PI0
from darkbeam.production.charged_model import couplings_at
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.mixing_couplings import COUPLING_SETS
from darkbeam.production.transition_form_factors import form_factor_squared

if TYPE_CHECKING:
    from darkbeam.hadrons.couplings import Couplings
    from darkbeam.production.charged_model import ChargedModel
    from darkbeam.production.mesons import Channel
    from darkbeam.production.source import Flux

__all__ = ["ChargedMesonDecay", "amplitude_ratio", "vertex_weights"]

_QUARKS = {
    "gamma": (2.0, -1.0, -1.0), "pi0": (1.0, -1.0, 0.0), "eta": (1.0, 1.0, -1.0), "etap": (1.0, 1.0, 2.0),
    "rho0": (1.0, -1.0, 0.0), "omega": (1.0, 1.0, 0.0), "phi": (0.0, 0.0, 1.0),
}  # fmt: skip
"""u, d and s on the diagonal of T, of any norm: only ratios matter."""
_CURRENTS = ((0.5, -0.5, 0.0), (1.0 / 6.0, 1.0 / 6.0, 0.0), (0.0, 0.0, -1.0 / 3.0))
_MESONS = ("rho", "omega", "phi")
_PARTNERS = {0.0: "gamma", M_PI0: "pi0", M_ETA: "eta", M_ETAP: "etap"}
"""What accompanies the vector, by its mass in GeV."""
_ZERO = 1e-12
"""Amplitude below which rounding is taken for a zero."""


@cache
def vertex_weights(mother: str, partner: str) -> tuple[float, float, float]:
    """Shares w of the isovector, light isoscalar and strange currents in the photon's amplitude; they sum to 1.

    Parameters
    ----------
    mother, partner : str
        ``pi0``, ``eta``, ``etap``, ``rho0``, ``omega``, ``phi``; the partner may be ``gamma``.  ``Delta+`` and
        ``Delta0`` decay by the isovector current alone (change of isospin by 1), and so does phi -> pi0 gamma.

    Examples
    --------
    >>> [round(w, 4) for w in vertex_weights("eta", "gamma")]
    [1.125, 0.125, -0.25]
    """
    if mother.startswith("Delta") or (mother, partner) == ("phi", "pi0"):
        return (1.0, 0.0, 0.0)
    line = np.array(_QUARKS[mother]) * np.array(_QUARKS[partner])
    traces = [float(np.sum(line * np.array(current))) for current in _CURRENTS]
    w1, w0, ws = (t / sum(traces) for t in traces)
    return (w1, w0, ws)


def _propagator(meson: str, mass: float) -> complex:
    """P_i(m^2), 1 at m = 0."""
    vector = COUPLING_SETS["measured"][meson]
    return vector.theta(mass) / vector.theta(0.0)


def amplitude_ratio(
    mother: str, partner: str, mass: float, couplings: Couplings, form_factors: str = "default"
) -> complex:
    """Amplitude for X over that for a dark photon of the same mass (dimensionless).

    Parameters
    ----------
    mother, partner : str
        As for `vertex_weights`.
    mass : float
        Of X, GeV.
    couplings : Couplings
    form_factors : str
        Set of transition form factors that the photon's rate uses.

    Examples
    --------
    >>> from darkbeam.hadrons.couplings import Couplings
    >>> baryon = Couplings.from_quarks(1 / 3, 1 / 3, 1 / 3)
    >>> round(abs(amplitude_ratio("eta", "gamma", 0.0, baryon)), 4)
    0.5
    """
    weights = vertex_weights(mother, partner)
    c = (couplings.c1, couplings.c0, couplings.cs)
    r = max(range(3), key=lambda i: abs(weights[i]))
    ratio = complex(c[r])
    for i, w in enumerate(weights):
        if i != r and w != 0.0 and c[i] != c[r]:
            ratio += (c[i] - c[r]) * w * _relative(mother, i, r, mass, form_factors)
    return ratio if abs(ratio) > _ZERO * max(map(abs, c)) else 0.0j


def _relative(mother: str, i: int, r: int, mass: float, form_factors: str) -> complex:
    """P_i/F."""
    if form_factors == "none" or mother == "pi0":
        return 1.0 + 0.0j
    reference = _propagator(_MESONS[r], mass)
    modulus = np.sqrt(float(form_factor_squared(mother, mass * mass, form_factors)))
    F = complex(modulus * reference / abs(reference))
    return _propagator(_MESONS[i], mass) / F


@dataclass(frozen=True)
class ChargedMesonDecay(MesonDecay):
    """Meson decays into the vector of a model.

    Attributes
    ----------
    model : ChargedModel
    """

    model: ChargedModel | None = None

    def branching(self, channel: Channel, mass: float, variation: str = "central") -> float:
        """Branching ratio mother -> X at epsilon = 1."""
        photon = super().branching(channel, mass, variation)
        if photon == 0.0:
            return 0.0
        partner = _PARTNERS.get(channel.product_mass, "")
        c = couplings_at(self.model, mass)
        return photon * abs(amplitude_ratio(channel.species, partner, mass, c, self.form_factors)) ** 2

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        """Weighted vectors of one mass; those of the dark photon with weight 0 where the charges cancel."""
        if self.total(mass) > 0.0:
            return super().flux(mass, n, rng)
        photons = MesonDecay(**{f.name: getattr(self, f.name) for f in fields(MesonDecay)})
        flux = photons.flux(mass, n, rng)
        return flux.scaled(np.zeros_like(flux.weight))
