"""Detectable products as a flat list of tracks, and the lines on which they fly.

Padded arrays (n decays, k products) are compressed once, to the products that can be seen; every later step
works on that list and goes back to decays by counting or summing over ``row``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .magnet import bend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .layout import Magnet

__all__ = ["Line", "Tracks", "detectable_table", "seen"]

_CHARGED = {11: -1.0, 13: -1.0, 211: 1.0, 321: 1.0, 2212: 1.0}
_NEUTRAL = (22, 130, 2112)
_MUON, _PHOTON = 13, 22
_TOP = max(*_CHARGED, *_NEUTRAL)
# Indexed by the signed id: negative ids count from the end.
_CHARGE = np.zeros(2 * _TOP + 1)
_CHARGE[list(_CHARGED)] = list(_CHARGED.values())
_CHARGE[[-i for i in _CHARGED]] = [-q for q in _CHARGED.values()]


def detectable_table(*, has_ecal: bool) -> NDArray[np.bool_]:
    """Whether |PDG id| is detectable: e, mu, pi+-, K+-, p, and with a calorimeter gamma, K_L, n.

    Ids beyond the table are not; `seen` maps them to entry 0.
    """
    table = np.zeros(_TOP + 1, dtype=np.bool_)
    table[list(_CHARGED)] = True
    if has_ecal:
        table[list(_NEUTRAL)] = True
    return table


def seen(pdg: NDArray[np.int64], table: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which products (n, k) a detector can see at all."""
    kind = np.abs(pdg)
    np.copyto(kind, 0, where=kind > _TOP)
    return table[kind]


@dataclass(frozen=True)
class Line:
    """Straight lines (x, y)(z) = (x0, y0) + (z - z0) (tx, ty), arrays of shape (m,), m."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    tx: NDArray[np.float64]
    ty: NDArray[np.float64]

    def at(self, z: NDArray[np.float64] | float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Transverse position at ``z``, m."""
        drift = z - self.z
        return self.x + drift * self.tx, self.y + drift * self.ty

    def take(self, at: NDArray[np.int64]) -> Line:
        """Lines at the given positions."""
        return Line(self.x[at], self.y[at], self.z[at], self.tx[at], self.ty[at])


@dataclass(frozen=True)
class Tracks:
    """Tracks in order of their decay.

    Attributes
    ----------
    row : array of int, shape (m,)
        Decay that the track belongs to, non-decreasing.
    pdg : array of int, shape (m,)
    energy, px, py, pz : arrays, shape (m,)
        Lab momentum at the vertex, GeV.
    """

    row: NDArray[np.int64]
    pdg: NDArray[np.int64]
    energy: NDArray[np.float64]
    px: NDArray[np.float64]
    py: NDArray[np.float64]
    pz: NDArray[np.float64]

    @classmethod
    def pick(cls, p4: NDArray[np.float64], pdg: NDArray[np.int64], flat: NDArray[np.int64]) -> Tracks:
        """Tracks at flat positions of the padded arrays p4 (4, n, k) and pdg (n, k)."""
        energy, px, py, pz = (component.ravel()[flat] for component in p4)
        return cls(flat // pdg.shape[1], pdg.ravel()[flat], energy, px, py, pz)

    @property
    def muon(self) -> NDArray[np.bool_]:
        """Which tracks are muons."""
        return np.asarray(np.abs(self.pdg) == _MUON)

    @property
    def photon(self) -> NDArray[np.bool_]:
        """Which tracks are photons."""
        return np.asarray(self.pdg == _PHOTON)

    def take(self, at: NDArray[np.int64]) -> Tracks:
        """Tracks at the given positions."""
        return Tracks(self.row[at], self.pdg[at], self.energy[at], self.px[at], self.py[at], self.pz[at])

    def line(self, vertex: NDArray[np.float64]) -> Line:
        """Lines from the vertices (3, n), m; needs pz > 0."""
        x, y, z = (component[self.row] for component in vertex)
        return Line(x, y, z, self.px / self.pz, self.py / self.pz)

    def behind(self, line: Line, magnet: Magnet) -> tuple[Line, NDArray[np.bool_]]:
        """Lines behind the field, and which tracks get there.

        A track whose vertex lies inside the field sees the rest of it; one from behind sees none.
        """
        start = np.maximum(line.z, magnet.z_min)
        length = np.maximum(magnet.z_max - start, 0.0)
        x, y = line.at(start)
        bent = bend(self.px, self.py, self.pz, _CHARGE[self.pdg], magnet.field, length)
        after = Line(x + bent.dx, y + bent.dy, start + length, bent.px / bent.pz, self.py / bent.pz)
        return after, ~bent.lost
