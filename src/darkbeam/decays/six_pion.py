r"""3(pi+ pi-) and 2(pi+ pi-) 2 pi0: a model, since no amplitude is published.

One rho0 in a P wave with four more pions in S waves, flat phase space otherwise:

    dGamma ~ sum_ij rho_ij J_i J_j^* dPhi_6,   J = sum_{pi+, pi-} BW_P(s_{+-}; rho) (q_- - q_+)

(the current is odd under charge conjugation and Bose symmetric; BaBar, arXiv:hep-ex/0602006, sees about one rho0 in
each decay to six charged pions: from memory, not verified).  Of 2(pi+ pi-) 2 pi0 the share OMEGA_SHARE is omega
pi+ pi- pi0 instead, flat in four-body phase space with an omega of zero width that decays to three pions: a choice,
not a measurement; this part ignores the polarisation.  Isovector: closed for c1 = 0.
Fitted widths exist for m > 1.4 GeV.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI, M_PI0
from darkbeam.hadrons.four_pion_current import RHO
from darkbeam.hadrons.propagators import bw_p_wave
from darkbeam.kinematics import mass_squared
from darkbeam.kinematics.phase_space import n_body

from .candidates import Candidates
from .choice import child_streams, stratified_choice
from .four_pion import check_isovector, fill
from .particles import mass_of
from .pool import Pool
from .setting import DEFAULT_SETTING
from .vector_decays import decay_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .setting import DecaySetting

__all__ = ["OMEGA_SHARE", "SIX_PION_CHARGED", "SIX_PION_NEUTRAL", "SixPion", "SixPionSource"]

OMEGA_SHARE = 0.5
SET = 2
OMEGA_3PI = (211, -211, 111)


@dataclass(frozen=True)
class SixPionSource:
    """Candidates with one rho0 at one mass (GeV): flat phase space, ``pdg`` in the order of the momenta."""

    pdg: tuple[int, ...]
    mass: float
    size: int = SET

    def candidates(self, n: int, rng: np.random.Generator) -> Candidates:
        """``n`` sets in the rest frame."""
        flat = n_body(self.mass, tuple(map(mass_of, self.pdg)), self.size * n, rng)
        q = flat.reshape(len(self.pdg), 4, self.size, n)
        plus = [k for k, i in enumerate(self.pdg) if i == 211]
        minus = [k for k, i in enumerate(self.pdg) if i == -211]
        J = np.zeros((3, self.size, n), dtype=np.complex128)
        for i, k in product(plus, minus):
            J += bw_p_wave(mass_squared(q[i] + q[k]), *RHO, M_PI, M_PI) * (q[k, 1:] - q[i, 1:])
        square = np.square(J.real) + np.square(J.imag)
        return Candidates(square[0] + square[1] + square[2], q, J)


@dataclass(frozen=True)
class SixPion:
    """Sampler of one mode; ``omega_share`` of the decays are omega pi+ pi- pi0."""

    pdg: tuple[int, ...]
    omega_share: float = 0.0

    def __call__(
        self, mass: float, events: NDArray[np.int64], rng: np.random.Generator,
        setting: DecaySetting = DEFAULT_SETTING, /,
    ) -> Pool:  # fmt: skip
        """Sample one decay at rest for each event, see `darkbeam.decays.channels.Sampler`."""
        threshold = sum(map(mass_of, self.pdg))
        check_isovector("six pions", mass, threshold, setting)
        chain, split, rho, omega = child_streams(rng, 4)
        pool = Pool()
        share = self.omega_share if mass > mass_of(223) + 2.0 * M_PI + M_PI0 else 0.0
        choice = stratified_choice([1.0 - share, share], len(events), split)
        order = (tuple(range(len(self.pdg))),)  # flat phase space: the pions are already symmetric
        fill(pool, SixPionSource(self.pdg, mass), (self.pdg, order), events[choice == 0], rho, setting)
        with_omega = events[choice == 1]
        if len(with_omega):
            first, *pions = n_body(mass, tuple(map(mass_of, (223, *OMEGA_3PI))), len(with_omega), chain)
            pions += list(decay_to(OMEGA_3PI, first, None, omega))
            for i, p4 in zip(OMEGA_3PI * 2, pions, strict=True):
                pool.add(i, with_omega, p4)
        return pool


SIX_PION_CHARGED = SixPion((211, 211, 211, -211, -211, -211))
"""3(pi+ pi-)."""
SIX_PION_NEUTRAL = SixPion((211, 211, -211, -211, 111, 111), OMEGA_SHARE)
"""2(pi+ pi-) 2 pi0."""
