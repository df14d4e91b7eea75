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
    """

    channel: NDArray[np.int64]
    names: tuple[str, ...]
    pdg: NDArray[np.int64]
    p4: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.channel)

    def take(self, index: NDArray[np.int64], width: int | None = None) -> Products:
        """Decays at the given positions (repeats allowed).

        ``width`` keeps only so many products of each; the others must be padding.
        """
        pdg, p4 = self.pdg[:, :width], self.p4[:, :, :width]
        return Products(self.channel[index], self.names, pdg[index], p4[:, index], self.weight[index])

    def p4_sum(self) -> NDArray[np.float64]:
        """Sum of the four-momenta of each decay, shape (4, n)."""
        return np.asarray(self.p4.sum(axis=2))
