r"""The spectrum of one meson species in light-cone fraction and transverse momentum.

    x = (E + pz) / (E + pz)_beam,    E + pz = x P,    E - pz = (m^2 + pT^2) / (E + pz)

(x, pT) and (pz, pT) are one to one over all of phase space, polar angles 0 to pi.  The hemispheres of a
collider are alike: its table holds |pz| of both, and a part of the sampled points is turned backward.  The
table consists of two quantile functions,

    ln x(z),      z = ln u/(1-u), the logit of the rank u of x
    pT^2(z, w),   w = -ln(1-v), v the rank of pT at given x

because ln x is smooth in z, and pT^2 is linear in w both for a flat density in pT^2 (very forward) and
locally for any falling tail.  Beyond the last 400 mesons the survival function S = 1 - u is continued to
the kinematic limit,

    S(x) = S_c [(x_max - x) / (x_max - x_c)]^(n+1)

with n of maximum likelihood.  Kinematic limit: the rest of the collision has a mass of at least M_X (two
nucleons for a meson, one for a Delta), i.e. (P_total - p)^2 >= M_X^2; points beyond get weight 0.

The statistical error of the generator sample travels with the points: point i belongs to block i mod 20 and
its weight carries the replica factor b_k(cell) = 20 n_k / n of that generator block in a coarse cell of (x, pT),
so a jackknife over blocks contains both the sampling and the generator error.  In the fitted tail the error of
the power comes on top, to first order: a factor 1 + e_k (1 + ln S/S_c), e_k = -(20/K) sum_{i in k} (L_i/<L> - 1),
L_i = ln (x_max - x_c)/(x_max - x_i), over the K mesons of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .quasi import kronecker
from .species import N_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .species import Species

__all__ = ["MesonSpectrum", "Mothers", "Table"]

_MIX_S = (0.5, 0.25, 0.25)
"""Shares of proposals in the survival s: the spectrum itself, density s^-1/2 / 2, density 1/s."""
_MIX_V = (0.5, 0.5)
"""Shares of proposals in the rank v of pT: the spectrum itself, density v^-1/2 / 2 (very forward)."""
_BACKWARD = 0.2
"""Share of points that go backward at a collider: experiments look forward."""
_LOG_TAIL = -4.0
"""ln(S / S_c) below which the error of the power grows no further (it would exceed the density itself)."""
_S_RANGE = 1e-6
"""The 1/s proposal reaches down to this fraction of the survival where the fitted tail starts."""


@dataclass(frozen=True)
class Table:
    """Numbers of one species as stored.

    Attributes
    ----------
    multiplicity : float
        Mesons per inelastic collision.
    n_raw : int
        Mesons in the generator sample.
    z_range : array, shape (2,)
        First and last node of ``lnx``, uniform in z.
    lnx : array, shape (n_z,)
    tail : array, shape (4,)
        (S_c, x_c, x_max, n + 1) of the hard tail.
    tail_block : array, shape (20,)
        Relative pull of each generator block on the power n + 1; they sum to 0.
    pt_z : array, shape (n_b,)
        Nodes of ``pt2`` in z.
    pt_w : array, shape (n_w,)
        Nodes of ``pt2`` in w, from 0.
    pt2 : array, shape (n_b, n_w)
        Quantiles of pT^2, GeV^2.
    cell_z : array, shape (n_c - 1,)
        Inner edges of the cells in z.
    cell_w : array, shape (n_q - 1,)
        Inner edges of the cells in w.
    n_block : array of int, shape (n_c * n_q, 20)
        Raw mesons per cell and generator block.
    """

    multiplicity: float
    n_raw: int
    z_range: NDArray[np.float64]
    lnx: NDArray[np.float64]
    tail: NDArray[np.float64]
    tail_block: NDArray[np.float64]
    pt_z: NDArray[np.float64]
    pt_w: NDArray[np.float64]
    pt2: NDArray[np.float64]
    cell_z: NDArray[np.float64]
    cell_w: NDArray[np.float64]
    n_block: NDArray[np.int64]


@dataclass(frozen=True)
class Mothers:
    """Weighted mesons in the laboratory.

    Attributes
    ----------
    energy, pt, pz : arrays, shape (n,)
        GeV; the azimuth is uniform.
    weight : array, shape (n,)
        Mesons per inelastic collision that the point stands for.
    block, index : arrays of int, shape (n,)
        Jackknife block and number of the point.
    survival, rank : arrays, shape (n,), or None
        Share of the mesons with larger x, and rank of pT at that x; None for mesons that come from no table.
    """

    energy: NDArray[np.float64]
    pt: NDArray[np.float64]
    pz: NDArray[np.float64]
    weight: NDArray[np.float64]
    block: NDArray[np.int64]
    index: NDArray[np.int64]
    survival: NDArray[np.float64] | None = None
    rank: NDArray[np.float64] | None = None

    @property
    def momentum(self) -> NDArray[np.float64]:
        """GeV."""
        return np.hypot(self.pt, self.pz)

    @property
    def theta(self) -> NDArray[np.float64]:
        """Polar angle to the beam, rad."""
        return np.arctan2(self.pt, self.pz)


@dataclass(frozen=True)
class MesonSpectrum:
    """Spectrum of one species at one facility."""

    facility: Facility
    species: Species
    table: Table

    @property
    def multiplicity(self) -> float:
        """Mesons per inelastic collision."""
        return self.table.multiplicity

    @property
    def mass(self) -> float:
        """Nominal mass, GeV."""
        return self.species.mass

    def x(self, survival: NDArray[np.float64]) -> NDArray[np.float64]:
        """Light-cone fraction above which the share ``survival`` of the mesons lies."""
        s = np.clip(survival, 1e-300, 1.0)
        t = self.table
        z = np.log1p(-np.minimum(s, 1.0 - 1e-15)) - np.log(s)
        z0, z1 = t.z_range
        step = (z1 - z0) / (len(t.lnx) - 1)
        position = np.clip((z - z0) / step, 0.0, len(t.lnx) - 1.0)
        i = np.minimum(position.astype(np.int64), len(t.lnx) - 2)
        lnx = t.lnx[i] + (position - i) * (t.lnx[i + 1] - t.lnx[i])
        lnx += np.minimum(z - z0, 0.0) * (t.lnx[8] - t.lnx[0]) / (8.0 * step)
        s_c, x_c, x_max, power = t.tail
        tail = x_max - (x_max - x_c) * (np.minimum(s, s_c) / s_c) ** (1.0 / power)
        return np.asarray(np.where(s < s_c, tail, np.exp(lnx)))

    def pt(self, survival: NDArray[np.float64], rank: NDArray[np.float64]) -> NDArray[np.float64]:
        """Transverse momentum (GeV) at a survival in x and a rank of pT; bilinear in (z, w)."""
        t = self.table
        z = np.log1p(-np.minimum(survival, 1.0 - 1e-15)) - np.log(np.maximum(survival, 1e-300))
        w = -np.log1p(-np.minimum(rank, 1.0 - 1e-15))
        a = np.interp(z, t.pt_z, np.arange(float(len(t.pt_z))))
        b = np.interp(w, t.pt_w, np.arange(float(len(t.pt_w))))
        i = np.minimum(a.astype(np.int64), len(t.pt_z) - 2)
        j = np.minimum(b.astype(np.int64), len(t.pt_w) - 2)
        a, b = a - i, b - j
        flat, k = t.pt2.ravel(), i * len(t.pt_w) + j
        low = flat[k] + b * (flat[k + 1] - flat[k])
        k = k + len(t.pt_w)
        high = flat[k] + b * (flat[k + 1] - flat[k])
        pt = np.sqrt(low + a * (high - low))
        beyond = np.maximum(w - t.pt_w[-1], 0.0)
        if np.any(beyond > 0.0):
            slope = np.diff(np.sqrt(t.pt2[:, -2:]), axis=1)[:, 0] / (t.pt_w[-1] - t.pt_w[-2])
            pt = pt + beyond * (slope[i] + a * (slope[i + 1] - slope[i]))
        return np.asarray(pt)

    def momenta(
        self, survival: NDArray[np.float64], rank: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(E, pT, pz) in GeV at given ranks."""
        pt = self.pt(survival, rank)
        plus = self.x(survival) * self.facility.light_cone
        minus = (self.mass**2 + pt * pt) / plus
        return 0.5 * (plus + minus), pt, 0.5 * (plus - minus)

    def allowed(
        self, energy: NDArray[np.float64], pt: NDArray[np.float64], pz: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether a momentum respects the beam energy and the least mass of what recoils."""
        total_plus, total_minus = self.facility.total
        recoil = (total_plus - energy - pz) * (total_minus - energy + pz) - pt * pt
        return np.asarray((recoil >= self.species.recoil**2) & (energy <= self.facility.beam_energy))

    def sample(self, n: int, rng: np.random.Generator, points: NDArray[np.float64] | None = None) -> Mothers:
        """Draw weighted mesons, with more points than mesons in the hard and in the very forward tail.

        Parameters
        ----------
        n : int
        rng : Generator
        points : array, shape (2, n), optional
            Points in the unit square to use; a low-discrepancy sequence by default.

        Returns
        -------
        Mothers
            The weights sum to the multiplicity, up to the sampling error.
        """
        r, q = kronecker(n, 2, rng) if points is None else points
        s, density_s = self._propose_survival(r)
        backward = np.zeros(n, dtype=np.bool_)
        if self.facility.collider:
            backward = q < _BACKWARD
            q = np.where(backward, q / _BACKWARD, (q - _BACKWARD) / (1.0 - _BACKWARD))
        v, density_v = _propose_rank(q)
        energy, pt, pz = self.momenta(s, v)
        index = np.arange(n)
        block = index % N_BLOCKS
        weight = self.multiplicity / (n * density_s * density_v) * self._replica(s, v, block)
        weight = np.where(self.allowed(energy, pt, pz), weight, 0.0)
        if self.facility.collider:
            weight *= 0.5 / np.where(backward, _BACKWARD, 1.0 - _BACKWARD)
            pz = np.where(backward, -pz, pz)
        return Mothers(energy, pt, pz, weight, block, index, s, v)

    def _propose_survival(self, r: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        a, b, c = _MIX_S
        log_range = -np.log(self.table.tail[0] * _S_RANGE)
        s = np.select(
            [r < a, r < a + b],
            [r / a, np.square((r - a) / b)],
            np.exp(-log_range * np.maximum(r - a - b, 0.0) / c),
        )
        s = np.clip(s, 1e-30, 1.0 - 1e-12)
        return s, a + 0.5 * b / np.sqrt(s) + np.where(s > np.exp(-log_range), c / (s * log_range), 0.0)

    def _replica(
        self, s: NDArray[np.float64], v: NDArray[np.float64], block: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        t = self.table
        strip = np.searchsorted(t.cell_z, np.log1p(-s) - np.log(s))
        cell = strip * (len(t.cell_w) + 1) + np.searchsorted(t.cell_w, -np.log1p(-v))
        total = t.n_block.sum(axis=1, keepdims=True)
        factor = np.where(total > 0, N_BLOCKS * t.n_block / np.maximum(total, 1), 1.0)[cell, block]
        log_ratio = np.log(s / t.tail[0])
        power = 1.0 + t.tail_block[block] * (1.0 + np.maximum(log_ratio, _LOG_TAIL))
        return np.asarray(np.where(log_ratio < 0.0, factor * np.maximum(power, 0.0), factor))

    def grid(self, n_z: int = 1500, n_w: int = 160) -> tuple[Mothers, float]:
        """Points of a midpoint quadrature in (z, sqrt w), and the sum of their weights without kinematic limits.

        The weights are shares, times the allowed region; the points have no blocks (all 0).
        """
        z = np.linspace(-20.0, 25.0, n_z + 1)
        z = 0.5 * (z[1:] + z[:-1])
        q = (np.arange(n_w) + 0.5) / n_w
        w = 14.0 * q * q
        s = 1.0 / (1.0 + np.exp(z))
        grid_s, grid_v = (g.ravel() for g in np.meshgrid(s, -np.expm1(-w), indexing="ij"))
        weight = np.outer(s * (1.0 - s), q * np.exp(-w)).ravel()
        energy, pt, pz = self.momenta(grid_s, grid_v)
        kept = np.where(self.allowed(energy, pt, pz), weight, 0.0)
        none = np.zeros(len(weight), dtype=np.int64)
        return Mothers(energy, pt, pz, kept, none, none, grid_s, grid_v), float(weight.sum())

    def moments(self, n_z: int = 1500, n_w: int = 160) -> dict[str, float]:
        """Multiplicity, <p> and <pT> (GeV) of the table by midpoint quadrature in (z, sqrt w)."""
        points, total = self.grid(n_z, n_w)
        kept, pt, pz = points.weight, points.pt, points.pz
        norm = kept.sum()
        return {
            "multiplicity": float(self.multiplicity * norm / total),
            "mean_p_GeV": float(kept @ np.hypot(pt, pz) / norm),
            "mean_pT_GeV": float(kept @ pt / norm),
        }


def _propose_rank(q: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = _MIX_V
    v = np.clip(np.where(q < a, q / a, np.square((q - a) / b)), 1e-30, 1.0 - 1e-12)
    return v, a + 0.5 * b / np.sqrt(v)
