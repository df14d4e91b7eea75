r"""NA60-like mock sample: lepton pairs of p(400 GeV) p in a parametrised cocktail, with its exact truth.

Own construction, not the mock data of arXiv:2512.04153 and not a measurement.  Labels and shares in `CHANNELS`:

    Dalitz P -> gamma l l, V -> P l l     dN/dm ~ 2/m L(m) [lambda(M^2, m_d^2, m^2)/(M^2 - m_d^2)^2]^{3/2} |F(m^2)|^2
    rho                                   Breit-Wigner, p-wave width, times L(m) m^{-3/2} exp(-m/170 MeV)
    omega, phi, J/psi                     Cauchy, cut at 15 (J/psi: 3.9) widths
    continuum                             L(m) m^{-1.2} exp(-m/0.9) / (1 + (0.9/m)^6)

L(m) = beta (1 + 2 m_l^2/m^2), beta = sqrt(1 - 4 m_l^2/m^2); form factors of
`darkbeam.production.transition_form_factors` (NA60, arXiv:1608.07898).  Kinematics: y* Gaussian, narrower for heavy
mesons, cut at 98 % of the limit; dN/dpT^2 ~ (1 + pT^2/p0^2)^-n, softer at large |y*|; the Dalitz pair is isotropic in
the rest frame of its parent.  Widths of y* and mean pT are those of mesons of Pythia 8 at 400 GeV within 10 %.

Truth: `mock_density` is dN/dm, `mock_kinematics` draws pT and y at given masses exactly (channel by its share at m).
Masses from 2 m_mu to 4 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from darkbeam.constants import (
    M_ETA,
    M_ETAP,
    M_MU,
    M_OMEGA,
    M_PHI,
    M_PI,
    M_PI0,
    M_RHO,
    W_OMEGA,
    W_PHI,
)  # fmt: skip
from darkbeam.dilepton.sample import DileptonSample, lab_shift
from darkbeam.errors import MassRangeError
from darkbeam.facilities import get_facility
from darkbeam.kinematics import breakup_momentum, kallen, two_body_rest
from darkbeam.production.transition_form_factors import form_factor_squared
from darkbeam.rng import stream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["CHANNELS", "MOCK_BEAM", "PAIRS_PER_COLLISION", "mock_density", "mock_kinematics", "mock_sample"]

MOCK_BEAM = "SPS"
PAIRS_PER_COLLISION = 3.4e-4
"""Pairs per inelastic collision: with it the eta Dalitz share means 0.3 eta per collision (BR 3.1e-4)."""
_LOW, _HIGH = 2.0 * M_MU * (1.0 + 1e-6), 4.0
_EDGE = 0.98
_W_RHO, _M_JPSI, _W_JPSI = 0.1491, 3.0969, 9.3e-5


@dataclass(frozen=True)
class Channel:
    """One line of the cocktail.

    Attributes
    ----------
    share : float
        Of all pairs.
    width_y, p0_squared, power : float
        Width of y*, p0^2 (GeV^2) and n of the pT law.
    parent, rest : float or None
        Mass of the Dalitz parent, of its other product (GeV).
    vertex : str
        Of the form factor.
    pole : tuple of float or None
        Mass, width and cut (GeV) of a narrow state.
    """

    share: float
    width_y: float
    p0_squared: float
    power: float
    parent: float | None = None
    rest: float = 0.0
    vertex: str = ""
    pole: tuple[float, float, float] | None = None


CHANNELS = {
    "eta-dalitz": Channel(0.27, 1.35, 0.75, 4.6, M_ETA, 0.0, "eta"),
    "etap-dalitz": Channel(0.02, 1.15, 1.0, 4.4, M_ETAP, 0.0, "etap"),
    "omega-dalitz": Channel(0.12, 1.25, 0.9, 4.5, M_OMEGA, M_PI0, "omega"),
    "rho": Channel(0.26, 1.25, 0.9, 4.5),
    "omega": Channel(0.17, 1.25, 0.9, 4.5, pole=(M_OMEGA, W_OMEGA, 15.0 * W_OMEGA)),
    "phi": Channel(0.09, 1.05, 1.3, 4.4, pole=(M_PHI, W_PHI, 15.0 * W_PHI)),
    "continuum": Channel(0.06, 0.85, 3.2, 4.2),
    "jpsi": Channel(0.01, 0.65, 4.0, 4.4, pole=(_M_JPSI, _W_JPSI, 3.9 * _W_JPSI)),
}
"""The cocktail, by label; the shares sum to 1."""


def _phase_space(m: Array) -> Array:
    r = (M_MU / m) ** 2
    return np.asarray(np.sqrt(1.0 - 4.0 * r) * (1.0 + 2.0 * r))


def _rho(m: Array) -> Array:
    width = (
        _W_RHO * (M_RHO / m) * (breakup_momentum(m, M_PI, M_PI) / breakup_momentum(M_RHO, M_PI, M_PI)) ** 3
    )
    pole = 2.0 * m * m * width / ((m * m - M_RHO**2) ** 2 + (m * width) ** 2)
    return np.asarray(pole * _phase_space(m) * m**-1.5 * np.exp(-m / 0.17))


def _shape(label: str, m: Array) -> Array:
    """Mass law of a broad channel, not normalised."""
    c = CHANNELS[label]
    if c.parent is not None:
        reach = kallen(c.parent**2, c.rest**2, m * m) / (c.parent**2 - c.rest**2) ** 2
        return np.asarray(2.0 / m * _phase_space(m) * reach**1.5 * form_factor_squared(c.vertex, m * m))
    if label == "rho":
        return _rho(m)
    return np.asarray(_phase_space(m) * m**-1.2 * np.exp(-m / 0.9) / (1.0 + (0.9 / m) ** 6))


@lru_cache(maxsize=16)
def _cumulative(label: str) -> tuple[Array, Array]:
    """Masses (GeV) and cumulative distribution of a broad channel."""
    c = CHANNELS[label]
    start = 2.0 * M_PI + 1e-5 if label == "rho" else _LOW
    stop = c.parent - c.rest - 1e-6 if c.parent is not None else 1.5 if label == "rho" else _HIGH
    grid = np.linspace(start, stop, 40001)
    middle = _shape(label, 0.5 * (grid[1:] + grid[:-1]))
    total = np.concatenate([[0.0], np.cumsum(middle)])
    return grid, total / total[-1]


def _masses(label: str, n: int, rng: np.random.Generator) -> Array:
    c = CHANNELS[label]
    u = rng.random(n)
    if c.pole is not None:
        M, G, cut = c.pole
        t = np.arctan(2.0 * cut / G)
        return np.asarray(M + 0.5 * G * np.tan(t * (2.0 * u - 1.0)))
    grid, cumulative = _cumulative(label)
    return np.interp(u, cumulative, grid)


def _density(label: str, m: Array) -> Array:
    """Normalised mass density of one channel, 1/GeV."""
    c = CHANNELS[label]
    if c.pole is not None:
        M, G, cut = c.pole
        t = np.arctan(2.0 * cut / G)
        line = G / (4.0 * t * ((m - M) ** 2 + 0.25 * G * G))
        return np.where(np.abs(m - M) < cut, line, 0.0)
    grid, cumulative = _cumulative(label)
    k = np.clip(np.searchsorted(grid, m, side="right") - 1, 0, grid.size - 2)
    inside = (m >= grid[0]) & (m < grid[-1])
    return np.where(inside, (cumulative[k + 1] - cumulative[k]) / (grid[k + 1] - grid[k]), 0.0)


def mock_density(mass: ArrayLike, labels: tuple[str, ...] = tuple(CHANNELS)) -> Array:
    """True dN/dm per inelastic collision and GeV, shape of ``mass`` (GeV), of all or some channels."""
    m = np.asarray(mass, dtype=np.float64)
    parts = [CHANNELS[k].share * _density(k, m) for k in labels]
    return np.asarray(PAIRS_PER_COLLISION * np.sum(parts, axis=0))


def _meson(c: Channel, mass: Array, scale: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Transverse momentum (GeV) and y* of mesons."""
    half = 0.5 * get_facility(MOCK_BEAM).sqrt_s
    limit = np.arccosh(np.maximum(half / mass, 1.01))
    u, v = rng.random((2, mass.size))
    edge = ndtr(_EDGE * limit / c.width_y)
    y = c.width_y * ndtri(1.0 - edge + u * (2.0 * edge - 1.0))
    softer = 1.0 - 0.6 * (y / limit) ** 2
    pt2 = c.p0_squared * scale * softer * ((1.0 - v) ** (1.0 / (1.0 - c.power)) - 1.0)
    largest = np.maximum((half / np.cosh(y)) ** 2 - mass * mass, 1e-4)
    return np.sqrt(np.minimum(pt2, _EDGE * largest)), y


def _dalitz(c: Channel, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Pairs of given masses from parents with their own kinematics."""
    M = float(c.parent or 0.0)
    pt, y = _meson(c, np.full(mass.size, M), np.ones(1), rng)
    u, v = rng.random((2, mass.size))
    energy, px, py, pz = two_body_rest(M, mass, c.rest, 2.0 * u - 1.0, 2.0 * np.pi * v)[0]
    gamma, beta_gamma = np.hypot(M, pt) / M, pt / M
    # the frame of the parent moves along x in the frame where its rapidity is 0
    px, energy = gamma * px + beta_gamma * energy, gamma * energy + beta_gamma * px
    return np.hypot(px, py), y + np.arctanh(pz / energy)


def _kinematics(label: str, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Transverse momentum (GeV) and lab rapidity of one channel."""
    c = CHANNELS[label]
    if c.parent is not None:
        pt, y = _dalitz(c, mass, rng)
    else:
        harder = np.clip(0.45 + 0.35 * mass, 0.4, 1.8) if label == "continuum" else np.ones(1)
        pt, y = _meson(c, mass, harder, rng)
    return pt, y + lab_shift(get_facility(MOCK_BEAM))


def mock_kinematics(mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """True pT (GeV) and lab rapidity at given masses (n,), GeV: the conditional distribution of the mock."""
    shares = np.cumsum([CHANNELS[k].share * _density(k, mass) for k in CHANNELS], axis=0)
    if not np.all(shares[-1] > 0.0):
        wrong = mass[shares[-1] <= 0.0][0]
        raise MassRangeError(f"the mock has no pairs of {wrong:.4g} GeV; {_LOW:.4g} to {_HIGH:g} GeV")
    channel = np.sum(shares < rng.random(mass.size) * shares[-1], axis=0)
    pt, y = np.empty(mass.size), np.empty(mass.size)
    for k, label in enumerate(CHANNELS):
        here = channel == k
        pt[here], y[here] = _kinematics(label, mass[here], rng)
    return pt, y


def mock_sample(n: int, seed: int = 1, resolution: float = 0.0) -> DileptonSample:
    """Mock lepton pairs.

    Parameters
    ----------
    n : int
        Number of pairs.
    seed : int
    resolution : float
        Relative mass resolution, e.g. 0.02.  The mass in the sample is then smeared; rows that fall below
        threshold are dropped.

    Returns
    -------
    DileptonSample
        With labels and the normalisation `PAIRS_PER_COLLISION`.
    """
    rng = stream(seed, "dilepton/mock")
    counts = rng.multinomial(n, [c.share for c in CHANNELS.values()])
    parts = []
    for label, number in zip(CHANNELS, counts.tolist(), strict=True):
        mass = _masses(label, number, rng)
        parts.append(np.stack([mass, *_kinematics(label, mass, rng)]))
    order = rng.permutation(n)
    mass, pt, y = np.concatenate(parts, axis=1)[:, order]
    labels = np.repeat(np.array(list(CHANNELS)), counts)[order]
    mass = mass * (1.0 + resolution * rng.standard_normal(n))
    sample = DileptonSample(
        mass, pt, y, np.ones(n), label=labels, beam=MOCK_BEAM, normalisation=PAIRS_PER_COLLISION
    )
    return sample if resolution == 0.0 else sample.select(mass > 2.0 * M_MU)
