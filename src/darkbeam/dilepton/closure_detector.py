r"""A detector-like acceptance for the closure test, and pseudo-data made with it.

Each muon of momentum p and polar angle theta is seen with probability

    e(p, theta) = P / {[1 + exp(-(p - p_0)/w)] [1 + exp(-(theta - theta_1)/v_1)] [1 + exp((theta - theta_2)/v_2)]}

and its momentum is smeared by a relative Gaussian error.  The mass resolution that follows is tabulated by simulation
of isotropic decays, as for a card: 0.1 (threshold) to 0.7 times ``smearing``.  Pairs are kept at measured rapidities in
``fiducial``; those below ``trigger`` are prescaled.  The efficiency of a pair, eff(m, pT, y), is tabulated as an
experiment would do it, from what it knows before: isotropic decays up to ``drell_yan``, where mesons of unknown
polarisation dominate, and above it the lepton angles of q qbar -> gamma* at leading order, 1 + cos^2 theta to the
Collins-Soper axis z = (n_beam - n_target)/|...|, n the directions of the beams in the rest frame of the pair
(Phys. Rev. D 16 (1977) 2219).  Isotropic decays there would make the rate 3 % too small.

The numbers are of no experiment; they resemble a muon spectrometer behind a short absorber at 400 GeV.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_MU
from darkbeam.dilepton.closure_pool import BEAM
from darkbeam.dilepton.efficiency import EfficiencyTable, unfold
from darkbeam.dilepton.sample import DileptonSample
from darkbeam.rng import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.dilepton.closure_pool import PairPool

    Array = NDArray[np.float64]

__all__ = ["Detector", "PseudoData", "kinematics", "pool_kinematics", "pseudo_data"]

GRID_M = np.geomspace(0.212, 4.2, 28)
GRID_PT = np.concatenate([[0.0], np.geomspace(0.1, 4.0, 14)])
FLOOR = 0.05
CALIBRATED = (0.22, 0.25, 0.3, 0.4, 0.5, 0.65, 0.7827, 0.9, 1.0195, 1.35, 2.0, 3.0, 4.0)
"""Masses of the table of the resolution, GeV."""
TYPICAL_PT = 0.5
"""Transverse momentum of the decays that the resolution is taken from, GeV."""
DECAYS = 200
"""Decays in each cell of the efficiency table."""


def kinematics(plus: Array, minus: Array) -> tuple[Array, Array, Array]:
    """Mass, transverse momentum (GeV) and rapidity of pairs of muons with momenta (3, n), GeV."""
    e1, e2 = (np.sqrt(M_MU**2 + np.einsum("in,in->n", p, p)) for p in (plus, minus))
    p = plus + minus
    across = np.hypot(p[0], p[1])
    # 2 (m_mu^2 + E1 E2 - p1.p2), in a form without cancellation at small angles
    difference = np.einsum("in,in->n", plus - minus, plus - minus) - (e1 - e2) ** 2
    m = np.sqrt(4.0 * M_MU**2 + difference)
    return m, across, np.asarray(np.arcsinh(p[2] / np.hypot(m, across)))


def pool_kinematics(pool: PairPool) -> tuple[Array, Array, Array]:
    """`kinematics` of a pool, computed once."""
    if not pool.columns:
        pool.columns.extend(kinematics(pool.plus, pool.minus))
    mass, pt, y = pool.columns
    return mass, pt, y


def _rise(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0))))


@dataclass(frozen=True)
class Detector:
    """Acceptance of muons and pairs.

    Attributes
    ----------
    plateau : float
    p_half, p_width : float
        p_0 and w, GeV.
    theta_low, theta_high : (float, float)
        (theta_1, v_1) and (theta_2, v_2), rad.
    smearing : float
        Relative error of the momentum of a muon.
    fiducial : (float, float)
        Rapidities of pairs in the lab.
    trigger : float
        Mass below which pairs are prescaled, GeV.
    prescale : float
    """

    plateau: float = 0.95
    p_half: float = 2.0
    p_width: float = 0.4
    theta_low: tuple[float, float] = (0.005, 0.001)
    theta_high: tuple[float, float] = (0.25, 0.02)
    smearing: float = 0.02
    fiducial: tuple[float, float] = (3.2, 5.0)
    trigger: float = 1.2
    prescale: float = 100.0
    drell_yan: float = 1.5
    _table: list[EfficiencyTable] = field(default_factory=list, repr=False, compare=False)
    _calibration: list[float] = field(default_factory=list, repr=False, compare=False)

    @property
    def resolution(self) -> tuple[tuple[float, float], ...]:
        """Table of the relative mass resolution; smearing/sqrt(2) for massless muons, less near threshold."""
        if not self._calibration:
            rng = stream(0, "closure/resolution")
            self._calibration.extend(self._spread(m, rng) for m in CALIBRATED)
        return tuple(zip(CALIBRATED, self._calibration, strict=True))

    def _spread(self, mass: float, rng: np.random.Generator) -> float:
        """Relative resolution of the accepted isotropic decays of one mass (GeV)."""
        n = 40_000
        y = rng.uniform(*self.fiducial, n)
        legs = isotropic(np.full(n, mass), np.full(n, TYPICAL_PT), y, M_MU, rng)
        weight = self.muon(legs[0]) * self.muon(legs[1])
        smear = 1.0 + self.smearing * rng.standard_normal((2, n))
        ratio = kinematics(legs[0] * smear[0], legs[1] * smear[1])[0] / mass
        share = weight / np.sum(weight)
        return float(np.sqrt(np.sum(share * (ratio - np.sum(share * ratio)) ** 2)))

    def muon(self, p: Array) -> Array:
        """Efficiency of muons of momenta (3, n), GeV."""
        size = np.sqrt(np.einsum("in,in->n", p, p))
        theta = np.arctan2(np.hypot(p[0], p[1]), p[2])
        (t1, v1), (t2, v2) = self.theta_low, self.theta_high
        return np.asarray(
            self.plateau
            * _rise((size - self.p_half) / self.p_width)
            * _rise((theta - t1) / v1)
            * _rise((t2 - theta) / v2)
        )

    def kept(self, mass: Array) -> Array:
        """Share of the pairs that the trigger keeps at measured masses, GeV."""
        return np.where(mass < self.trigger, 1.0 / self.prescale, 1.0)

    def inside(self, y: Array) -> NDArray[np.bool_]:
        """Whether a pair is in the fiducial range of rapidity."""
        return np.asarray((y > self.fiducial[0]) & (y < self.fiducial[1]))

    @property
    def efficiency(self) -> EfficiencyTable:
        """Efficiency of pairs without the trigger, as a card has it."""
        if not self._table:
            low, high = self.fiducial
            axes = (GRID_M, GRID_PT, np.linspace(low - 0.1, high + 0.1, 17))
            self._table.append(EfficiencyTable(axes, self._cells(*axes)))
        return self._table[0]

    def pair(self, mass: Array, pt: Array, y: Array) -> Array:
        """Efficiency of pairs, from the table; constant beyond its last mass and pT."""
        return self.efficiency(np.clip(mass, GRID_M[0], GRID_M[-1]), np.minimum(pt, GRID_PT[-1]), y)

    def _cells(self, mass: Array, pt: Array, y: Array) -> Array:
        """Efficiency at the nodes, by sampling; shape of the grid."""
        m, q, v = (x.ravel() for x in np.meshgrid(mass, pt, y, indexing="ij"))
        rng = stream(0, "closure/efficiency")
        total = np.zeros(m.size)
        for law, here in ((isotropic, m <= self.drell_yan), (transverse, m > self.drell_yan)):
            for _ in range(DECAYS):
                legs = law(m[here], q[here], v[here], M_MU, rng)
                total[here] += self.muon(legs[0]) * self.muon(legs[1])
        return (total / DECAYS).reshape(mass.size, pt.size, y.size)


def isotropic(
    mass: Array, pt: Array, y: Array, particle: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Momenta (3, n) of both products of isotropic decays of photons, GeV."""
    from darkbeam.dilepton.pairs import decayed
    from darkbeam.dilepton.rate import UNPOLARISED

    p4, _ = decayed(mass, pt, y, 0.0, particle, "dirac", UNPOLARISED, rng)
    return p4[1:, 0], p4[1:, 1]


def transverse(
    mass: Array, pt: Array, y: Array, particle: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Momenta (3, n) of both products of photons polarised transversely to the Collins-Soper axis, GeV."""
    from darkbeam.decays.angular import around, cosine
    from darkbeam.dilepton.rate import angular_law
    from darkbeam.kinematics import boost_from_rest, breakup_momentum

    n = mass.size
    phi, across = 2.0 * np.pi * rng.random(n), np.hypot(mass, pt)
    photon = np.stack([across * np.cosh(y), pt * np.cos(phi), pt * np.sin(phi), across * np.sinh(y)])
    back = photon * np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    one, zero = np.ones(n), np.zeros(n)
    beams = [boost_from_rest(np.stack([one, zero, zero, s * one]), back, mass) for s in (1.0, -1.0)]
    axis = beams[0][1:] / beams[0][0] - beams[1][1:] / beams[1][0]
    axis /= np.sqrt(np.einsum("in,in->n", axis, axis))
    k = breakup_momentum(mass, particle, particle)
    direction = around(axis, cosine(*angular_law(4.0 * (k / mass) ** 2, 0.0, "dirac"), n, rng), rng)
    legs = [boost_from_rest(np.stack([0.5 * mass, *(s * k * direction)]), photon, mass) for s in (1.0, -1.0)]
    return legs[0][1:], legs[1][1:]


@dataclass(frozen=True)
class PseudoData:
    """One pseudo-data set.

    Attributes
    ----------
    seen : DileptonSample
        As an experiment writes it: weights 1/(share kept by the trigger).
    sample : DileptonSample
        Unfolded: these weights times 1/efficiency, with the normalisation.
    lost : float
        Share of the pairs below the smallest efficiency that is unfolded.
    """

    seen: DileptonSample
    sample: DileptonSample
    lost: float


def pseudo_data(pool: PairPool, detector: Detector, draws: int, rng: np.random.Generator) -> PseudoData:
    """Draw collisions from the pool, let the detector see them, and unfold its efficiency.

    Parameters
    ----------
    pool : PairPool
        The population.
    detector : Detector
    draws : int
        Expected number of pairs that the trigger keeps, before efficiency and fiducial range.
    rng : Generator
    """
    mass = pool_kinematics(pool)[0]
    # the trigger cuts on the measured mass: pairs are offered with the larger of the shares within reach
    offered = detector.kept(mass * (1.0 + 4.5 * detector.smearing))
    cumulative = np.cumsum(pool.weight * offered)
    n = int(rng.poisson(draws))
    row = np.minimum(np.searchsorted(cumulative, rng.random(n) * cumulative[-1]), mass.size - 1)
    luminosity = draws / float(cumulative[-1])
    plus, minus = pool.plus[:, row], pool.minus[:, row]
    seen = rng.random(n) < detector.muon(plus) * detector.muon(minus)
    smear = 1.0 + detector.smearing * rng.standard_normal((2, n))
    m, pt, y = kinematics(plus * smear[0], minus * smear[1])
    kept = rng.random(n) < detector.kept(m) / offered[row]
    keep = seen & kept & detector.inside(y)
    m, pt, y = m[keep], pt[keep], y[keep]
    found = DileptonSample(m, pt, y, 1.0 / detector.kept(m), beam=BEAM)
    unfolded = unfold(found, detector.pair, FLOOR, "drop")
    normalisation = float(np.sum(unfolded.sample.weight)) / luminosity
    return PseudoData(found, replace(unfolded.sample, normalisation=normalisation), unfolded.share)
