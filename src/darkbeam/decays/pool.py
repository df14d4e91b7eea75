"""Particles of many decays while they are being decayed further: flat arrays by particle kind.

A `Pool` maps a PDG id to pairs (event numbers, momenta (4, N)).  All decays of one kind happen in one
array call; at the end the pool is packed into padded arrays.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Pool"]


class Pool:
    """Particles in flight, grouped by PDG id."""

    def __init__(self) -> None:
        self.blocks: dict[int, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = defaultdict(list)

    def add(self, pdg: int, events: NDArray[np.int64], p4: NDArray[np.float64]) -> None:
        """Add one particle to each of the given events; ``p4`` has shape (4, len(events))."""
        if len(events):
            self.blocks[pdg].append((events, p4))

    def merge(self, other: Pool) -> None:
        """Take over all particles of another pool."""
        for pdg, blocks in other.blocks.items():
            self.blocks[pdg].extend(blocks)

    def take(self, pdg: int) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """Remove and return all particles of one kind."""
        blocks = self.blocks.pop(pdg, None)
        if not blocks:
            return None
        if len(blocks) == 1:
            return blocks[0]
        return np.concatenate([e for e, _ in blocks]), np.concatenate([p for _, p in blocks], axis=1)

    def pack(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return padded arrays ``pdg (n, k)`` and ``p4 (4, n, k)`` over ``n`` events."""
        flat = [(pdg, e, p) for pdg, blocks in self.blocks.items() for e, p in blocks]
        counts = np.zeros(n, dtype=np.int64)
        slots = [_next_slots(counts, e) for _, e, _ in flat]
        k = int(counts.max())
        pdg_out, p4_out = np.zeros(n * k, dtype=np.int64), np.zeros((4, n * k))
        for (pdg, e, p), slot in zip(flat, slots, strict=True):
            cell = e * k + slot
            pdg_out[cell] = pdg
            for component, target in zip(p, p4_out, strict=True):
                target[cell] = component
        return pdg_out.reshape(n, k), p4_out.reshape(4, n, k)


def _next_slots(counts: NDArray[np.int64], events: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slot of each particle in its event; ``counts`` (particles per event so far) is updated."""
    if np.all(events[1:] > events[:-1]):  # each event at most once
        slot = counts[events]
        counts[events] = slot + 1
        return slot
    order = np.argsort(events, kind="stable")
    ordered = events[order]
    position = np.arange(len(events))
    new_event = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    rank = position - np.maximum.accumulate(np.where(new_event, position, 0))
    slots = np.empty_like(events)
    slots[order] = counts[ordered] + rank
    counts += np.bincount(events, minlength=len(counts))
    return slots
