r"""How one mode of a secondary decay is drawn: flat phase space, a pair with a line shape, a Dalitz plot.

**Flat** phase space; products with a width (rho, K*) first get a mass from the Breit-Wigner
1/((s - M^2)^2 + M^2 G^2), cut off at the kinematic limits.

**Pair**: P -> a b X, with q^2 = (p_a + p_b)^2 drawn from a tabulated density and the angle theta between a
and the direction of the pair, in the pair's frame, from 1 + kappa(q^2) cos^2 theta:

    Dalitz decay, P -> X l l    f = lambda^{3/2}(M^2, m_X^2, q^2) beta_l (1 + 2 m_l^2/q^2) |F|^2/q^2,
                                kappa = (q^2 - 4 m_l^2)/(q^2 + 4 m_l^2)     (Kroll, Wada, Phys. Rev. 98 (1955) 1355)
    P -> gamma pi pi            f = (M^2 - q^2)^3 q^2 beta^3 |F|^2,          kappa = -1
    P -> P' l nu                f = lambda^{3/2}(M^2, m_P'^2, q^2)/(1 - q^2/M_V^2)^2,  kappa = -1  (lepton mass 0)

**Polynomial**: three bodies, |A|^2 a polynomial of the Dalitz variables

    X = sqrt(3) (T_1 - T_2)/Q,   Y = c T_3/Q - 1,   c = (m_3 + 2 m_1)/m_1 unless another is given,

T kinetic energies, Q their sum (m_1 = m_2); accept-reject from flat phase space.  GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from darkbeam.kinematics import boost_from_rest, breakup_momentum
from darkbeam.kinematics.phase_space import isotropic_two_body, n_body

from .angular import around, cosine, isotropic
from .particles import MASS, WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Flat", "Kernel", "Pair", "Polynomial", "draw_mass", "n_body_masses", "on_axis", "tabulated"]

NODES = 4096
SCAN = 4096


class Kernel(Protocol):
    """Momenta of the products of one mode."""

    def __call__(
        self, mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /
    ) -> Floats:
        """Momenta at rest, shape (len(ids), 4, n), of ``n`` decays; mass in GeV, or one per decay (n,)."""
        ...


def n_body_masses(mass: Floats, masses: list[float | Floats], rng: np.random.Generator) -> Floats:
    """Flat phase space with other masses in every decay.

    Parameters
    ----------
    mass : array, shape (n,)
        GeV, above the sum of the product masses in every decay.
    masses : list of float or array (n,)
        Product masses, GeV.
    rng : numpy.random.Generator

    Returns
    -------
    array, shape (len(masses), 4, n)
    """
    n, k = len(mass), len(masses)
    m = np.stack([np.broadcast_to(x, (n,)) for x in masses])
    chain = _chains(mass, m, rng)
    out = np.empty((k, 4, n))
    parent: Floats | None = None
    for i in range(k - 1, 0, -1):
        particle, rest = isotropic_two_body(chain[i], m[i], chain[i - 1], n, rng)
        if parent is not None:
            particle = boost_from_rest(particle, parent, chain[i])
            rest = boost_from_rest(rest, parent, chain[i])
        out[i], parent = particle, rest
    out[0] = parent
    return out


def _chains(mass: Floats, m: Floats, rng: np.random.Generator) -> Floats:
    """Intermediate masses, by accept-reject as in `darkbeam.kinematics.phase_space`.

    Weight prod g_i with g_i^2 = (M_i + M_{i-1} + m_i)(M_i + M_{i-1} - m_i)(M_i - M_{i-1} + m_i)/M_i^2; the
    bound of each factor is 4 (T + 2 m_i), T the kinetic energy.
    """
    k, n = m.shape
    floor = np.cumsum(m, axis=0)
    kinetic = mass - floor[-1]
    chain = np.empty((k, n))
    left = np.arange(n)
    while left.size:
        share = rng.standard_gamma(1.5, (k - 1, left.size))
        share = np.cumsum(share / share.sum(axis=0), axis=0)
        trial = floor[:, left].copy()
        trial[1:] += kinetic[left] * share
        trial[-1] = mass[left]
        weight = np.ones(left.size)
        for i in range(1, k):
            up, low, one = trial[i], trial[i - 1], m[i, left]
            weight *= (up + low + one) * (up + low - one) * (up - low + one) / (up * up)
            weight /= 4.0 * (kinetic[left] + 2.0 * one)
        keep = rng.random(left.size) ** 2 < weight
        chain[:, left[keep]] = trial[:, keep]
        left = left[~keep]
    return chain


def draw_mass(M: float, G: float, low: float | Floats, high: float | Floats, u: Floats) -> Floats:
    """Masses from a relativistic Breit-Wigner between two limits (GeV), by inversion of ``u`` in (0, 1)."""
    a, b = (np.arctan((np.square(x) - M * M) / (M * G)) for x in (low, high))
    return np.sqrt(M * M + M * G * np.tan(a + (b - a) * u))


K_PI = MASS[311] + MASS[211]
LIGHTEST = {113: 2.0 * MASS[211], 213: MASS[211] + MASS[111], 313: K_PI, 323: K_PI}
"""Lower end of each line shape, above the thresholds of all its decays, GeV."""


@dataclass(frozen=True)
class Flat:
    """Flat phase space with line shapes."""

    def __call__(
        self, mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /
    ) -> Floats:
        """Sample, see `Kernel`."""
        table = [MASS[abs(i)] for i in ids]
        broad = [k for k, i in enumerate(ids) if abs(i) in WIDTH]
        if isinstance(mass, float) and not broad:
            return n_body(mass, tuple(table), n, rng)
        m = np.broadcast_to(np.asarray(mass, dtype=np.float64), (n,))
        drawn: list[float | Floats] = list(table)
        for k in broad:
            drawn[k] = LIGHTEST[abs(ids[k])]
        for k in broad:  # one after the other: the next one has what is left
            high = m - sum((drawn[j] for j in range(len(ids)) if j != k), np.zeros(n))
            pdg = abs(ids[k])
            drawn[k] = draw_mass(MASS[pdg], WIDTH[pdg], LIGHTEST[pdg], 0.999 * high, rng.random(n))
        return n_body_masses(m, drawn, rng)


def tabulated(x: Floats, density: Floats, u: Floats) -> Floats:
    """Invert the cumulative integral of a density given on the ascending points ``x``, for u in (0, 1)."""
    step = 0.5 * (density[1:] + density[:-1]) * np.diff(x)
    cumulative = np.concatenate([[0.0], np.cumsum(step)])
    return np.asarray(np.interp(u * cumulative[-1], cumulative, x))


@dataclass(frozen=True)
class Pair:
    """P -> (a b) + X with a density in q^2 and a law 1 + kappa cos^2 in the pair's frame.

    Attributes
    ----------
    density : callable
        f(M, m_X, m_a, m_b, q2): density in q^2.
    kappa : callable
        kappa(M, m_a, q2).
    """

    density: Callable[[float, float, float, float, Floats], Floats]
    kappa: Callable[[float, float, Floats], Floats]

    def __call__(
        self, mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /
    ) -> Floats:
        """Sample, see `Kernel`."""
        M = float(np.mean(mass))
        m_a, m_b, m_x = (MASS[abs(i)] for i in ids)
        q2 = self._draw(M, m_x, m_a, m_b, rng.random(n))
        q = np.sqrt(q2)
        kappa = self.kappa(M, m_a, q2)
        axis = isotropic(n, rng)
        direction = around(axis, cosine(np.ones(n), kappa, n, rng), rng)
        pair, other = on_axis(M, q, m_x, axis)
        first, second = on_axis(q, m_a, m_b, direction)
        out = np.empty((3, 4, n))
        out[0], out[1], out[2] = boost_from_rest(first, pair, q), boost_from_rest(second, pair, q), other
        return out

    def _draw(self, M: float, m_x: float, m_a: float, m_b: float, u: Floats) -> Floats:
        points, cumulative = _pair_table(self, M, m_x, m_a, m_b)
        return np.interp(u, cumulative, points)


@lru_cache(maxsize=256)
def _pair_table(kernel: Pair, M: float, m_x: float, m_a: float, m_b: float) -> tuple[Floats, Floats]:
    """Points in q^2 and the cumulative distribution there.

    The points are dense at threshold and, on a logarithmic scale, where a photon propagator peaks.
    """
    low, high = (m_a + m_b) ** 2, (M - m_x) ** 2
    z = np.linspace(0.0, 1.0, NODES)
    z *= z * (3.0 - 2.0 * z)  # dense at both ends
    points = low + (high - low) * z if low > 1e-3 * high else low * (high / low) ** z
    points[0], points[-1] = low, high
    f = np.maximum(kernel.density(M, m_x, m_a, m_b, points), 0.0)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (f[1:] + f[:-1]) * np.diff(points))])
    return points, cumulative / cumulative[-1]


def on_axis(
    mass: float | Floats, m1: float | Floats, m2: float | Floats, axis: Floats
) -> tuple[Floats, Floats]:
    """Two-body decays at rest with the first product along ``axis`` (3, n)."""
    p = np.broadcast_to(breakup_momentum(mass, m1, m2), axis.shape[1:])
    k = p * axis
    e1, e2 = np.sqrt(p * p + np.square(m1)), np.sqrt(p * p + np.square(m2))
    return np.concatenate([e1[None], k]), np.concatenate([e2[None], -k])


@dataclass(frozen=True)
class Polynomial:
    """Three bodies with |A|^2 a function of the Dalitz variables; the third product is the odd one.

    Attributes
    ----------
    square : callable
        |A|^2(X, Y), any norm.
    scale : float, optional
        Factor of T_3/Q in Y, (m_3 + 2 m_1)/m_1 if not given.
    """

    square: Callable[[Floats, Floats], Floats]
    scale: float | None = None

    def __call__(
        self, mass: float | Floats, ids: tuple[int, ...], n: int, rng: np.random.Generator, /
    ) -> Floats:
        """Sample, see `Kernel`."""
        M = float(np.mean(mass))
        masses = (MASS[abs(ids[0])], MASS[abs(ids[1])], MASS[abs(ids[2])])
        top = _polynomial_top(self, M, masses)
        out, filled = np.empty((3, 4, n)), 0
        while filled < n:
            trial = int(1.4 * (n - filled)) + 32
            p = n_body(M, masses, trial, rng)
            keep = np.flatnonzero(
                rng.random(trial) * top < self.square(*dalitz_xy(M, masses, p, self.scale))
            )[: n - filled]
            out[:, :, filled : filled + keep.size] = p[:, :, keep]
            filled += keep.size
        return out


def dalitz_xy(
    M: float, masses: tuple[float, float, float], p: Floats, scale: float | None = None
) -> tuple[Floats, Floats]:
    """Dalitz variables X and Y of momenta (3, 4, n)."""
    Q = M - sum(masses)
    T = p[:, 0] - np.array(masses)[:, None]
    X = np.sqrt(3.0) * (T[0] - T[1]) / Q
    Y = (2.0 + masses[2] / masses[0] if scale is None else scale) * T[2] / Q - 1.0
    return X, Y


@lru_cache(maxsize=64)
def _polynomial_top(kernel: Polynomial, M: float, masses: tuple[float, float, float]) -> float:
    """Upper bound of |A|^2: the largest of a scan of the plot and its edge, plus 3 %."""
    p = n_body(M, masses, SCAN, np.random.default_rng(1))
    scan = kernel.square(*dalitz_xy(M, masses, p, kernel.scale)).max()
    edge = _edge(M, masses)
    return 1.03 * float(max(scan, kernel.square(*dalitz_xy(M, masses, edge, kernel.scale)).max()))


def _edge(M: float, masses: tuple[float, float, float]) -> Floats:
    """Energies on the boundary of the Dalitz plot (collinear products), as momenta (3, 4, n)."""
    m1, m2, m3 = masses
    s = np.linspace((m1 + m2) ** 2, (M - m3) ** 2, 257)
    q = np.sqrt(s)
    k, P = breakup_momentum(q, m1, m2), breakup_momentum(M, q, m3)
    out = np.zeros((3, 4, 2 * s.size))
    for half, sign in ((slice(None, s.size), 1.0), (slice(s.size, None), -1.0)):
        E12 = np.sqrt(P * P + s)
        out[0, 0, half] = (E12 * np.sqrt(k * k + m1 * m1) + sign * P * k) / q
        out[1, 0, half] = (E12 * np.sqrt(k * k + m2 * m2) - sign * P * k) / q
        out[2, 0, half] = M - E12
    return out
