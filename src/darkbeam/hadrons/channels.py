"""Registry of the exclusive e+e- -> hadrons channels: name, R(m) and threshold.

R_f = Gamma_f/(alpha m/3) at epsilon = 1; every ratio takes masses (GeV) and `Couplings` and returns an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from darkbeam.constants import M_ETA, M_ETAP, M_K, M_K0, M_N, M_OMEGA, M_P, M_PHI, M_PI, M_PI0

from . import (
    eta_two_pion,
    eta_vector,
    four_pion,
    kaon_kaon_pion,
    nucleon_pair,
    omega_pion,
    pseudoscalar_photon,
    six_pion,
    three_pion,
    two_kaon,
    two_pion,
    vector_pair,
)
from .couplings import PHOTON, Couplings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["EXCLUSIVE", "ExclusiveChannel", "RatioFunction"]


class RatioFunction(Protocol):
    """R(m) of a channel."""

    def __call__(self, mass: ArrayLike, couplings: Couplings = PHOTON, /) -> NDArray[np.float64]:
        """R at masses in GeV, shape (n,)."""
        ...


@dataclass(frozen=True)
class ExclusiveChannel:
    """One exclusive final state: function R(m[, couplings]), threshold (GeV), source and the currents that feed it.

    ``currents``: letters 1 (isovector), 0 (light isoscalar), s (strange).
    """

    ratio: RatioFunction
    threshold: float
    source: str
    currents: str


def _k0_charged_kaon_pion(mass: ArrayLike, couplings: Couplings = PHOTON, /) -> NDArray[np.float64]:
    """R of K_S K+- pi-+ and of its equal K_L copy."""
    return 2.0 * kaon_kaon_pion.ratio_neutral_charged(mass, couplings)


EXCLUSIVE: dict[str, ExclusiveChannel] = {
    "pi+pi-": ExclusiveChannel(two_pion.ratio, 2 * M_PI, "arXiv:1002.0279", "1"),
    "pi+pi-pi0": ExclusiveChannel(three_pion.ratio, three_pion.THRESHOLD, "arXiv:hep-ph/0512180", "10s"),
    "2pi+2pi-": ExclusiveChannel(
        four_pion.ratio_charged, four_pion.CHARGED.threshold, "arXiv:0804.0359", "1"
    ),
    "pi+pi-2pi0": ExclusiveChannel(
        four_pion.ratio_neutral, four_pion.NEUTRAL.threshold, "arXiv:0804.0359", "1"
    ),
    "K+K-": ExclusiveChannel(two_kaon.ratio_charged, 2 * M_K, "arXiv:1911.11147", "10s"),
    "K0K0bar": ExclusiveChannel(two_kaon.ratio_neutral, 2 * M_K0, "arXiv:1911.11147", "10s"),
    "K_LK_Spi0": ExclusiveChannel(kaon_kaon_pion.ratio_neutral, 2 * M_K0 + M_PI0, "arXiv:1911.11147", "1s"),
    "K+K-pi0": ExclusiveChannel(kaon_kaon_pion.ratio_charged, 2 * M_K + M_PI0, "arXiv:1911.11147", "1s"),
    "K0K+-pi-+": ExclusiveChannel(_k0_charged_kaon_pion, M_K0 + M_K + M_PI, "arXiv:1911.11147", "1s"),
    "pi0gamma": ExclusiveChannel(pseudoscalar_photon.ratio_pi0, M_PI0, "arXiv:1601.08061", "10s"),
    "etagamma": ExclusiveChannel(pseudoscalar_photon.ratio_eta, M_ETA, "arXiv:hep-ex/0605109", "10s"),
    "omegapi0(pi0gamma)": ExclusiveChannel(omega_pion.ratio, M_OMEGA + M_PI0, "arXiv:1610.00235", "1"),
    "etapi+pi-": ExclusiveChannel(eta_two_pion.ratio_eta, M_ETA + 2 * M_PI, "arXiv:1911.11147", "1"),
    "etaprimepi+pi-": ExclusiveChannel(eta_two_pion.ratio_etap, M_ETAP + 2 * M_PI, "arXiv:1911.11147", "1"),
    "omegapipi": ExclusiveChannel(vector_pair.ratio_omega, M_OMEGA + 2 * M_PI0, "arXiv:2201.01788", "0"),
    "phipipi": ExclusiveChannel(vector_pair.ratio_phi, M_PHI + 2 * M_PI0, "arXiv:2201.01788", "s"),
    "K+K-pi+pi-": ExclusiveChannel(
        vector_pair.ratio_kaons_charged, vector_pair.M_KSTAR + M_K + M_PI, "arXiv:2201.01788", "1s"
    ),
    "K_SK+-pi-+pi0": ExclusiveChannel(
        vector_pair.ratio_kaons_mixed, vector_pair.M_KSTAR + M_K + M_PI0, "arXiv:2201.01788", "1s"
    ),
    "etaomega": ExclusiveChannel(eta_vector.ratio_eta_omega, M_ETA + M_OMEGA, "arXiv:1911.11147", "0"),
    "etaphi": ExclusiveChannel(eta_vector.ratio_eta_phi, M_ETA + M_PHI, "arXiv:1911.11147", "s"),
    "phipi0": ExclusiveChannel(eta_vector.ratio_phi_pi0, M_PHI + M_PI0, "arXiv:1911.11147", "1"),
    "3pi+3pi-": ExclusiveChannel(six_pion.ratio_charged, six_pion.THRESHOLD, "arXiv:hep-ex/0602006", "1"),
    "2pi+2pi-2pi0": ExclusiveChannel(six_pion.ratio_neutral, six_pion.THRESHOLD, "arXiv:hep-ex/0602006", "1"),
    "ppbar": ExclusiveChannel(nucleon_pair.ratio_proton, 2 * M_P, "arXiv:1911.11147", "10"),
    "nnbar": ExclusiveChannel(nucleon_pair.ratio_neutron, 2 * M_N, "arXiv:1911.11147", "10"),
}
"""Exclusive channels of a photon of mass m, valid from threshold to 2.5 GeV."""
