r"""Decays to three pseudoscalars with the published currents J = F eps(p1, p2, p3).

    dGamma ~ |e.(p1 x p2)|^2 |F(s12, s13, s23)|^2 dPhi_3        (V rest frame, e: polarisation of V)

so the normal of the decay plane is isotropic for an unpolarised V and follows n^T Re(rho) n for a density matrix
rho.  F: `darkbeam.hadrons.three_pion`, `kaon_kaon_pion`, `eta_two_pion`; couplings fix its interference.  Points of
the Dalitz plot: `darkbeam.decays.dalitz_sampling`.  All samples are unweighted (there is no faster weighted form).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.hadrons import eta_two_pion, kaon_kaon_pion, three_pion

from .angular import around, cosine, polarisation_axes
from .dalitz_sampling import DalitzGrid, dalitz_grid, sample_planes
from .particles import anti, mass_of
from .pool import Pool
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.hadrons.couplings import Couplings

    from .dalitz_sampling import Amplitude
    from .setting import DecaySetting

    Floats = NDArray[np.float64]
    Complex = NDArray[np.complex128]

__all__ = ["THREE_BODY", "ThreeBody"]


def _three_pions(mass: float, couplings: Couplings) -> Amplitude:
    """F of pi+ pi- pi0."""

    def F(s0: Floats, s_plus: Floats, s_minus: Floats) -> Complex:
        return three_pion.form_factor(mass * mass, s_plus, s_minus, s0, couplings)

    return F


def _kaons_pion(
    masses: tuple[float, float, float], signs: tuple[int, int], mass: float, couplings: Couplings
) -> Amplitude:
    """F of K1 pi K2 with a = A0 + sign A1 on the K1 and on the K2 side; masses of K1, K2, pi."""
    a0, a1 = kaon_kaon_pion.isospin(mass * mass, couplings)
    a = (a0 + signs[0] * a1, a0 + signs[1] * a1)

    def F(s1: Floats, _s_kaons: Floats, s2: Floats) -> Complex:
        return kaon_kaon_pion.form_factor(a, s1, s2, masses)

    return F


def _eta(fit: eta_two_pion.Fit, mass: float, _couplings: Couplings) -> Amplitude:
    """F of pi+ pi- eta (eta'); purely isovector, so the couplings are a common factor."""

    def F(s_pipi: Floats, _s13: Floats, _s23: Floats) -> Complex:
        return eta_two_pion.form_factor(mass * mass, s_pipi, fit)

    return F


@dataclass(frozen=True)
class ThreeBody:
    """Sampler of one channel: ids in the order 1, 2, 3, amplitude, and the narrowest resonance (M, G) in s12.

    With ``conjugate`` half of the decays are the charge-conjugate state.
    """

    ids: tuple[int, int, int]
    amplitude: Callable[[float, Couplings], Amplitude]
    pole: tuple[float, float]
    conjugate: bool = False

    @property
    def masses(self) -> tuple[float, float, float]:
        """Masses of the products, GeV."""
        one, two, three = self.ids
        return mass_of(one), mass_of(two), mass_of(three)

    def grid(self, mass: float, couplings: Couplings) -> DalitzGrid:
        """Prepared Dalitz plot at one mass (GeV)."""
        return _prepared(self, mass, couplings)

    def momenta(
        self, mass: float, n: int, rng: np.random.Generator, setting: DecaySetting = DEFAULT_SETTING
    ) -> Floats:
        """Momenta of ``n`` decays at rest, shape (3, 4, n), GeV."""

        def normals(part: slice) -> Floats | None:
            if setting.density is None:
                return None
            k = part.stop - part.start
            return around(polarisation_axes(setting.density, k, rng), cosine(0.0, 1.0, k, rng), rng)

        return sample_planes(self.grid(mass, setting.couplings), n, normals, rng)

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay for each event, see `darkbeam.decays.channels.Sampler`."""
        momenta = self.momenta(mass, len(events), rng, setting)
        pool = Pool()
        flipped = rng.random(len(events)) < 0.5 if self.conjugate else np.zeros(len(events), dtype=bool)
        for pdg, p4 in zip(self.ids, momenta, strict=True):
            if not self.conjugate or anti(pdg) == pdg:
                pool.add(pdg, events, p4)
                continue
            pool.add(pdg, events[~flipped], p4[:, ~flipped])
            pool.add(anti(pdg), events[flipped], p4[:, flipped])
        return pool


@lru_cache(maxsize=64)
def _prepared(channel: ThreeBody, mass: float, couplings: Couplings) -> DalitzGrid:
    return dalitz_grid(channel.amplitude(mass, couplings), mass, channel.masses, channel.pole)


def _kaon_channel(
    one: int, pion: int, two: int, signs: tuple[int, int], *, conjugate: bool = False
) -> ThreeBody:
    amplitude = partial(_kaons_pion, (mass_of(one), mass_of(two), mass_of(pion)), signs)
    return ThreeBody((one, pion, two), amplitude, kaon_kaon_pion.KSTAR, conjugate)


THREE_BODY: dict[str, ThreeBody] = {
    "pi+pi-pi0": ThreeBody((211, -211, 111), _three_pions, three_pion.RHO),
    "K_LK_Spi0": _kaon_channel(310, 111, 130, (1, 1)),
    "K+K-pi0": _kaon_channel(321, 111, -321, (-1, -1)),
    "K0K+-pi-+": _kaon_channel(-311, -211, 321, (1, -1), conjugate=True),
    "etapi+pi-": ThreeBody((211, -211, 221), partial(_eta, eta_two_pion.ETA), eta_two_pion.RHO),
    "etaprimepi+pi-": ThreeBody((211, -211, 331), partial(_eta, eta_two_pion.ETAP), eta_two_pion.RHO),
}
"""Samplers of the three-body channels."""
