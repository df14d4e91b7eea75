r"""Stored decays at rest: closed in float64, rotated and conjugated at random on every use.

A decay is its hadrons' ids and momenta.  Used at the rest mass m it is

    p_i = lambda R q_i,   E_i = sqrt(m_i^2 + p_i^2),   sum_i E_i = m

with q_i the stored momenta (their sum is zero), one factor lambda for all hadrons of a decay, found by Newton's method,
and a random rotation R.  With probability one half all particles become their antiparticles.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.kinematics.closing import close
from darkbeam.kinematics.rotations import random_rotations

from .particles import MASS, anti
from .pool import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["RestEvents"]

_IDS = np.array(sorted({i for pdg in MASS for i in (pdg, anti(pdg))}))
_MASSES = np.array([MASS[abs(int(i))] for i in _IDS])
_ANTI = np.array([anti(int(i)) for i in _IDS])


@dataclass(frozen=True, eq=False)
class RestEvents:
    """Decays at rest, particle lists one after the other.

    Attributes
    ----------
    start : array of int, shape (n,)
        First particle of each decay.
    kind : array of int, shape (F,)
        Particles, as positions in the table of known ids.
    p : array, shape (3, F)
        Momenta, GeV; they sum to zero in each decay.
    """

    start: Ints
    kind: NDArray[np.int64]
    p: Floats

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def build(cls, counts: Ints, ids: Ints, p: Floats) -> RestEvents:
        """From the numbers of particles (n,), PDG ids (F,) and momenta (3, F).

        Raises
        ------
        ValueError
            For a particle that this package does not know.
        """
        kind = np.minimum(np.searchsorted(_IDS, ids), len(_IDS) - 1)
        unknown = np.unique(ids[_IDS[kind] != ids])
        if len(unknown):
            raise ValueError(f"hadronised decays contain the unknown particles {unknown.tolist()}")
        return cls(np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64), kind, p)

    @classmethod
    def from_rows(cls, decays: Sequence[Sequence[tuple[float, ...]]]) -> RestEvents:
        """From lists of (PDG id, px, py, pz)."""
        flat = np.array(list(chain.from_iterable(decays)), dtype=np.float64).reshape(-1, 4)
        counts = np.array([len(rows) for rows in decays], dtype=np.int64)
        return cls.build(counts, flat[:, 0].astype(np.int64), np.ascontiguousarray(flat[:, 1:].T))

    @property
    def counts(self) -> Ints:
        """Particles of each decay, shape (n,)."""
        return np.diff(self.start, append=len(self.kind))

    @property
    def ids(self) -> Ints:
        """PDG ids, shape (F,)."""
        return np.asarray(_IDS[self.kind])

    @property
    def least_mass(self) -> Floats:
        """Sum of the masses of each decay, GeV, shape (n,)."""
        return np.asarray(np.add.reduceat(_MASSES[self.kind], self.start))

    def take(self, index: Ints) -> RestEvents:
        """Decays at the given positions (repeats allowed)."""
        counts = self.counts[index]
        start = np.cumsum(counts) - counts
        flat = np.arange(counts.sum()) + np.repeat(self.start[index] - start, counts)
        return RestEvents(start, self.kind[flat], self.p[:, flat])

    def at_rest(self, mass: float, events: Ints, rng: np.random.Generator) -> Pool:
        """One decay for each of the event numbers at the rest mass ``mass`` (GeV)."""
        n = len(self)
        pool = Pool()
        if not n:
            return pool
        m = _MASSES[self.kind]
        factor = close(self.p, m * m, self.start, np.full(n, mass))
        rotation = random_rotations(n, rng) * factor
        counts = self.counts
        kind = np.where(np.repeat(rng.random(n) < 0.5, counts), _conjugate(self.kind), self.kind)
        order = np.argsort(kind.astype(np.int16), kind="stable")
        owner = np.repeat(np.arange(n), counts)[order]
        q = self.p[:, order]
        p4 = np.empty((4, len(order)))
        for i in range(3):
            row = rotation[i]
            p4[1 + i] = row[0][owner] * q[0] + row[1][owner] * q[1] + row[2][owner] * q[2]
        p4[0] = np.sqrt((m * m)[order] + p4[1] ** 2 + p4[2] ** 2 + p4[3] ** 2)
        edges = np.searchsorted(kind[order], np.arange(len(_IDS) + 1))
        for pdg, lo, hi in zip(_IDS, edges[:-1], edges[1:], strict=True):
            pool.add(int(pdg), events[owner[lo:hi]], p4[:, lo:hi])
        return pool


def _conjugate(kind: Ints) -> Ints:
    return np.asarray(np.searchsorted(_IDS, _ANTI)[kind])
