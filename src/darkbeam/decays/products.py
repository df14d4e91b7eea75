"""Decay products as padded arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Products"]


@dataclass(frozen=True)
class Products:
    """Final states of n decays, at most k particles each.

    Attributes
    ----------
    channel : array of int, shape (n,)
        Index into ``names``.
    names : tuple of str
        Decay channels.
    pdg : array of int, shape (n, k)
        PDG ids; 0 pads, behind the products.
    p4 : array, shape (4, n, k)
        (E, px, py, pz) in GeV, rest frame of the decaying particle unless stated; 0 pads.
    weight : array, shape (n,)
        Weight of each decay, mean 1 within a channel.
    mother : array of int, shape (n, k), optional
        With history: row of the particle that each one comes from, -1 for the decaying vector and for pads.
        A mother stands before its daughters.
    status : array of int, shape (n, k), optional
        With history: 1 final, 2 decayed, 0 pads.  Without: all products are final.
    """

    channel: NDArray[np.int64]
    names: tuple[str, ...]
    pdg: NDArray[np.int64]
    p4: NDArray[np.float64]
    weight: NDArray[np.float64]
    mother: NDArray[np.int64] | None = None
    status: NDArray[np.int8] | None = None

    def __len__(self) -> int:
        return len(self.channel)

    def take(self, index: NDArray[np.int64], width: int | None = None) -> Products:
        """Decays at the given positions (repeats allowed).

        ``width`` keeps only so many products of each; the others must be padding.
        """
        mother = None if self.mother is None else self.mother[:, :width][index]
        status = None if self.status is None else self.status[:, :width][index]
        pdg, p4 = self.pdg[:, :width], self.p4[:, :, :width]
        channel, weight = self.channel[index], self.weight[index]
        return Products(channel, self.names, pdg[index], p4[:, index], weight, mother, status)

    def final(self) -> Products:
        """Plain view without history: the final particles only."""
        if self.status is None:
            return self
        keep = self.status == 1
        slot = np.cumsum(keep, axis=1) - 1
        n, k = len(self), int(keep.sum(axis=1).max(initial=0))
        pdg, p4 = np.zeros((n, k), dtype=np.int64), np.zeros((4, n, k))
        row, column = np.nonzero(keep)
        at = slot[row, column]
        pdg[row, at] = self.pdg[row, column]
        p4[:, row, at] = self.p4[:, row, column]
        return Products(self.channel, self.names, pdg, p4, self.weight)

    def p4_sum(self) -> NDArray[np.float64]:
        """Sum of the four-momenta of the final particles of each decay, shape (4, n)."""
        if self.status is None:
            return np.asarray(self.p4.sum(axis=2))
        return np.asarray(np.where(self.status == 1, self.p4, 0.0).sum(axis=2))
