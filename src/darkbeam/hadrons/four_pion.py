r"""e+e- -> 2(pi+ pi-), pi+ pi- 2 pi0: phase-space integrals of the current of arXiv:0804.0359.

The Q^2 dependence factorises, so that one 4x4 hermitian matrix per mass carries the phase space:

    R = (2 pi/m^2) sum_XY f_X f_Y^* W_XY(m),   f_X = c_X F_X(m^2),
    W_XY = S int dPhi_4 (-j_X . j_Y^*),        S = 1/2 (pi+ pi- 2 pi0), 1/4 (2(pi+ pi-))

dPhi_4 = ds_234 ds_34/(2 pi)^2 prod p*/(4 pi M) prod dOmega/(4 pi).  The integral is a mixture of
sequential maps 1 + (234), with arctan maps on the omega pole in s_234 (pi+ pi- 2 pi0) and the rho pole in
s_34, at scrambled Sobol points that are the same at every mass, so that W is smooth in m.  Momenta in GeV.
R has an error of about 0.3 % with the default 2^15 points per map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_PI, M_PI0
from darkbeam.kinematics import boost_from_rest, breakup_momentum, mass_squared, two_body_rest

from .couplings import PHOTON, Couplings
from .dalitz import per_mass
from .four_pion_current import OMEGA, RHO, currents_charged, currents_neutral, lorentz_dot, prefactors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Momentum = NDArray[np.float64]
    Real = float | NDArray[np.float64]
    Pole = tuple[float, float]

__all__ = ["CHARGED", "NEUTRAL", "Mode", "phase_space_matrix", "ratio_charged", "ratio_neutral"]

CHUNK = 4096
OMEGA_MARGIN = 0.03
"""Above omega pi0 threshold by which the omega map is used, GeV."""


@dataclass(frozen=True)
class Map:
    """Sequential map 1 + (2 + (34)): order of the four pions, poles flattened in s_234 and s_34."""

    order: tuple[int, int, int, int]
    pole_234: Pole | None = None
    pole_34: Pole | None = None


@dataclass(frozen=True)
class Mode:
    """Masses in the order of the current, symmetry factor and maps."""

    masses: tuple[float, float, float, float]
    symmetry: float
    maps: tuple[Map, ...]

    @property
    def threshold(self) -> float:
        """Sum of the masses, GeV."""
        return sum(self.masses)


CHARGED = Mode((M_PI,) * 4, 0.25, tuple(Map(o, None, RHO) for o in ((0, 2, 1, 3), (2, 0, 1, 3))))
NEUTRAL = Mode(
    (M_PI0, M_PI0, M_PI, M_PI), 0.5,
    (Map((0, 1, 2, 3), OMEGA), Map((1, 0, 2, 3), OMEGA), Map((0, 1, 2, 3)), Map((2, 0, 1, 3), None, RHO)),
)  # fmt: skip


@cache
def _sobol(n: int, seed: int) -> NDArray[np.float64]:
    """Scrambled Sobol points, shape (5, n)."""
    from scipy.stats.qmc import Sobol  # slow to import, and only new tables need it

    return np.ascontiguousarray(Sobol(5, seed=seed).random(n).T)


def _angles(lo: Real, hi: Real, pole: Pole) -> tuple[Real, Real]:
    M, G = pole
    return np.arctan((lo - M * M) / (M * G)), np.arctan((hi - M * M) / (M * G))


def _draw(lo: Real, hi: Real, pole: Pole | None, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invariant mass squared in (lo, hi), flat or Breit-Wigner."""
    if pole is None:
        return np.asarray(lo + (hi - lo) * u)
    a, b = _angles(lo, hi, pole)
    M, G = pole
    return np.clip(M * M + M * G * np.tan(a + (b - a) * u), lo, hi)


def _probability(s: NDArray[np.float64], lo: Real, hi: Real, pole: Pole | None) -> NDArray[np.float64]:
    """Probability density in s of `_draw`, 1/GeV^2."""
    if pole is None:
        return np.asarray(np.ones_like(s) / (hi - lo))
    a, b = _angles(lo, hi, pole)
    M, G = pole
    return np.asarray(M * G / (((s - M * M) ** 2 + (M * G) ** 2) * (b - a)))


def _generate(m: float, masses: tuple[float, ...], how: Map, u: NDArray[np.float64]) -> list[Momentum]:
    """Momenta of m -> 1 (234), 2 (34), 3 4 at points u (5, n); 1 along -z."""
    m1, m2, m3, m4 = masses
    m234 = np.sqrt(_draw((m2 + m3 + m4) ** 2, (m - m1) ** 2, how.pole_234, u[0]))
    m34 = np.sqrt(_draw((m3 + m4) ** 2, (m234 - m2) ** 2, how.pole_34, u[1]))
    one, zero = np.ones_like(m34), np.zeros_like(m34)
    p1, q = two_body_rest(m, m1, m234, -one, zero)
    p2, r = two_body_rest(m234, m2, m34, 2.0 * u[2] - 1.0, zero)
    p3, p4 = two_body_rest(m34, m3, m4, 2.0 * u[3] - 1.0, 2.0 * np.pi * u[4])
    r = boost_from_rest(r, q, m234)
    return [p1, boost_from_rest(p2, q, m234), boost_from_rest(p3, r, m34), boost_from_rest(p4, r, m34)]


def _density(m: float, masses: tuple[float, ...], how: Map, p: list[Momentum]) -> NDArray[np.float64]:
    """Probability of one map per unit dPhi_4."""
    m1, m2, m3, m4 = masses
    s234, s34 = mass_squared(p[1] + p[2] + p[3]), mass_squared(p[2] + p[3])
    m234, m34 = np.sqrt(s234), np.sqrt(s34)
    f = _probability(s234, (m2 + m3 + m4) ** 2, (m - m1) ** 2, how.pole_234)
    f = f * _probability(s34, (m3 + m4) ** 2, (m234 - m2) ** 2, how.pole_34)
    space = breakup_momentum(m, m1, m234) / m * breakup_momentum(m234, m2, m34) / m234
    space = space * breakup_momentum(m34, m3, m4) / m34 / (4.0 * np.pi) ** 3
    return np.asarray(f * (2.0 * np.pi) ** 2 / np.maximum(space, 1e-300))


def _chunk_matrix(
    m: float, mode: Mode, maps: tuple[Map, ...], drawn: Map, u: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Sum over points of one map of -j_X.j_Y^* divided by the mixture density (up to S/n)."""
    generated = _generate(m, tuple(mode.masses[i] for i in drawn.order), drawn, u)
    p = [generated[drawn.order.index(i)] for i in range(4)]
    density = np.zeros(u.shape[1])
    for how in maps:
        density += _density(m, tuple(mode.masses[i] for i in how.order), how, [p[i] for i in how.order])
    currents = currents_charged(p) if mode is CHARGED else currents_neutral(*p)
    W = np.zeros((4, 4), dtype=np.complex128)
    for i in range(4):
        for j in range(i, 4):
            W[i, j] = np.sum(-lorentz_dot(currents[i], np.conj(currents[j])) / density)
            W[j, i] = np.conj(W[i, j])
    return W


def phase_space_matrix(m: float, mode: Mode, n: int = 2**15, seed: int = 1) -> NDArray[np.complex128]:
    """W_XY of one mass (GeV), shape (4, 4); ``n`` (a power of 2) points per map."""
    if m <= mode.threshold:
        return np.zeros((4, 4), dtype=np.complex128)
    maps = mode.maps
    if m < OMEGA[0] + M_PI0 + OMEGA_MARGIN:
        maps = tuple(how for how in maps if how.pole_234 is None)
    W = np.zeros((4, 4), dtype=np.complex128)
    for which, drawn in enumerate(maps):
        points = _sobol(n, seed + which)
        for first in range(0, n, CHUNK):
            W += _chunk_matrix(m, mode, maps, drawn, points[:, first : first + CHUNK])
    return np.asarray(mode.symmetry / n * W)


def _ratio(mass: ArrayLike, couplings: Couplings, mode: Mode, n: int, seed: int) -> NDArray[np.float64]:
    def one(m: float) -> float:
        f = prefactors(m * m)
        W = phase_space_matrix(m, mode, n, seed)
        return couplings.c1**2 * 2.0 * np.pi / m**2 * float(np.real(np.sum(f[:, None] * np.conj(f) * W)))

    return per_mass(mass, mode.threshold, one)


def ratio_charged(
    mass: ArrayLike, couplings: Couplings = PHOTON, n: int = 2**15, seed: int = 1
) -> NDArray[np.float64]:
    """R(2(pi+ pi-)) at masses in GeV."""
    return _ratio(mass, couplings, CHARGED, n, seed)


def ratio_neutral(
    mass: ArrayLike, couplings: Couplings = PHOTON, n: int = 2**15, seed: int = 1
) -> NDArray[np.float64]:
    """R(pi+ pi- 2 pi0) at masses in GeV."""
    return _ratio(mass, couplings, NEUTRAL, n, seed)
