"""Detectable products as a flat list of tracks, and what kind of particle each is.

Padded arrays (n decays, k products) are compressed once, to the products that can be seen; every later step
works on that list and goes back to decays by counting or summing over ``row``.

Charged particles that live long enough leave tracks: e, mu, pi+-, K+-, p, and the hyperons Sigma+-, Xi-, Omega- where
the caller kept them.  Neutral ones (photon, K_L, n, and where they were kept K_S, Lambda, Xi0) deposit their energy in
a calorimeter.  A kept particle is followed as if it did not decay on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TRACK_KINDS", "Tracks", "detectable_table", "seen"]

_CHARGED = {
    11: -1.0, 13: -1.0, 211: 1.0, 321: 1.0, 2212: 1.0, 3112: -1.0, 3222: 1.0, 3312: -1.0, 3334: -1.0,
}  # fmt: skip
_NEUTRAL = (22, 130, 310, 2112, 3122, 3322)
_ELECTRON, _MUON, _PHOTON = 11, 13, 22
_TOP = max(*_CHARGED, *_NEUTRAL)
# Indexed by the signed id: negative ids count from the end.
_CHARGE = np.zeros(2 * _TOP + 1)
_CHARGE[list(_CHARGED)] = list(_CHARGED.values())
_CHARGE[[-i for i in _CHARGED]] = [-q for q in _CHARGED.values()]

TRACK_KINDS = ("charged", "muon", "electron", "photon", "hadron", "any")
"""Kinds that `Tracks.of_kind` knows; a hadron is whatever is not e, mu or photon."""


def detectable_table(*, has_ecal: bool) -> NDArray[np.bool_]:
    """Whether |PDG id| is detectable: charged, and with a calorimeter neutral (module docstring).

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

    @property
    def electron(self) -> NDArray[np.bool_]:
        """Which tracks are electrons or positrons."""
        return np.asarray(np.abs(self.pdg) == _ELECTRON)

    @property
    def charge(self) -> NDArray[np.float64]:
        """Electric charge, units of e."""
        return _CHARGE[self.pdg]

    def of_kind(self, kind: str) -> NDArray[np.bool_]:
        """Which tracks are of one of `TRACK_KINDS`."""
        if kind == "charged":
            return np.asarray(self.charge != 0.0)
        if kind == "hadron":
            return ~(self.electron | self.muon | self.photon)
        if kind == "any":
            return np.ones(len(self.row), dtype=np.bool_)
        return {"muon": self.muon, "electron": self.electron, "photon": self.photon}[kind]

    def take(self, at: NDArray[np.int64]) -> Tracks:
        """Tracks at the given positions."""
        return Tracks(self.row[at], self.pdg[at], self.energy[at], self.px[at], self.py[at], self.pz[at])
