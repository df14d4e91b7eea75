"""Particles of many decays while they are being decayed further: flat arrays by particle kind.

A `Pool` maps a PDG id to blocks (event numbers, momenta (4, N)).  All decays of one kind happen in one array
call; at the end the pool is packed into padded arrays.  Every particle has a serial number, which grows in
the order of arrival: a daughter always has a larger one than its mother.  A block stores only its first
number, so that the numbers cost nothing; mothers are written down with ``history`` only.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Block", "Pool", "Record"]


@dataclass(frozen=True, eq=False)
class Block:
    """Particles of one kind.

    Attributes
    ----------
    events : array of int, shape (N,)
    p4 : array, shape (4, N)
        (E, px, py, pz) in GeV.
    serials : int or array of int, shape (N,)
        Serial numbers; an int is the first of N consecutive ones.
    mothers : array of int, shape (N,), or None
        Serial numbers of the mothers; None for primary particles (or if no history is kept).
    """

    events: NDArray[np.int64]
    p4: NDArray[np.float64]
    serials: int | NDArray[np.int64]
    mothers: NDArray[np.int64] | None = None

    def serial_array(self) -> NDArray[np.int64]:
        """Serial numbers, one per particle."""
        if isinstance(self.serials, int):
            return np.arange(self.serials, self.serials + len(self.events))
        return self.serials

    def mother_array(self) -> NDArray[np.int64]:
        """Serial numbers of the mothers, -1 for none."""
        return np.full(len(self.events), -1) if self.mothers is None else self.mothers


@dataclass(frozen=True, eq=False)
class Record:
    """Padded arrays of packed events: ids, mothers' rows, status (each (n, k)) and momenta (4, n, k)."""

    pdg: NDArray[np.int64]
    p4: NDArray[np.float64]
    mother: NDArray[np.int64]
    status: NDArray[np.int8]


class Pool:
    """Particles in flight, grouped by PDG id.

    Parameters
    ----------
    history : bool
        Keep the particles that decay, and who made whom.
    """

    def __init__(self, *, history: bool = False) -> None:
        self.blocks: dict[int, list[Block]] = defaultdict(list)
        self.weights: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        self.decayed: list[tuple[int, Block]] = []
        self.history = history
        self.count = 0

    def add(
        self, pdg: int, events: NDArray[np.int64], p4: NDArray[np.float64],
        mothers: NDArray[np.int64] | None = None,
    ) -> None:  # fmt: skip
        """Add one particle to each of the given events; ``p4`` has shape (4, len(events))."""
        if len(events):
            kept = mothers if self.history else None
            self.blocks[pdg].append(Block(events, p4, self.count, kept))
            self.count += len(events)

    def weigh(self, events: NDArray[np.int64], weight: NDArray[np.float64]) -> None:
        """Give the events a weight, which multiplies any other they have."""
        self.weights.append((events, weight))

    def event_weights(self, n: int) -> NDArray[np.float64]:
        """Weights of ``n`` events, 1 where none was given."""
        out = np.ones(n)
        for events, weight in self.weights:
            out[events] *= weight
        return out

    def merge(self, other: Pool) -> None:
        """Take over all particles of another pool (their serial numbers move up)."""
        first = self.count
        for pdg, blocks in other.blocks.items():
            self.blocks[pdg].extend(_moved(block, first) for block in blocks)
        self.decayed.extend((pdg, _moved(block, first)) for pdg, block in other.decayed)
        self.count += other.count
        self.weights.extend(other.weights)

    def take(self, pdg: int) -> Block | None:
        """Remove and return all particles of one kind; with ``history`` they stay on record as decayed."""
        blocks = self.blocks.pop(pdg, None)
        if not blocks:
            return None
        if len(blocks) == 1:
            taken = blocks[0]
        else:
            events = np.concatenate([b.events for b in blocks])
            p4 = np.concatenate([b.p4 for b in blocks], axis=1)
            taken = Block(events, p4, -1)
            if self.history:
                serials = np.concatenate([b.serial_array() for b in blocks])
                taken = Block(events, p4, serials, np.concatenate([b.mother_array() for b in blocks]))
        if self.history:
            self.decayed.append((pdg, taken))
        return taken

    def pack(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return padded arrays ``pdg (n, k)`` and ``p4 (4, n, k)`` of the undecayed particles of ``n`` events."""
        flat = [(pdg, b) for pdg, blocks in self.blocks.items() for b in blocks]
        counts = np.zeros(n, dtype=np.int64)
        slots = [_next_slots(counts, b.events) for _, b in flat]
        k = int(counts.max(initial=0))
        pdg_out, p4_out = np.zeros(n * k, dtype=np.int64), np.zeros((4, n * k))
        for (pdg, block), slot in zip(flat, slots, strict=True):
            cell = block.events * k + slot
            pdg_out[cell] = pdg
            for component, target in zip(block.p4, p4_out, strict=True):
                target[cell] = component
        return pdg_out.reshape(n, k), p4_out.reshape(4, n, k)

    def pack_history(self, n: int) -> Record:
        """Return padded arrays of all particles, decayed ones too; a mother stands before its daughters."""
        final = [(pdg, b, 1) for pdg, blocks in self.blocks.items() for b in blocks]
        flat = final + [(pdg, b, 2) for pdg, b in self.decayed]
        if not flat:
            return Record(*self.pack(n), np.empty((n, 0), dtype=np.int64), np.empty((n, 0), dtype=np.int8))
        order = np.argsort(
            np.concatenate([b.serial_array() for _, b, _ in flat])
        )  # a permutation of all serials
        events = np.concatenate([b.events for _, b, _ in flat])[order]
        counts = np.zeros(n, dtype=np.int64)
        slot = _next_slots(counts, events)
        k = int(counts.max())
        cell = events * k + slot
        pdg, p4 = np.zeros(n * k, dtype=np.int64), np.zeros((4, n * k))
        mother, status = np.full(n * k, -1), np.zeros(n * k, dtype=np.int8)
        pdg[cell] = np.repeat([i for i, _, _ in flat], [len(b.events) for _, b, _ in flat])[order]
        status[cell] = np.repeat([code for _, _, code in flat], [len(b.events) for _, b, _ in flat])[order]
        p4[:, cell] = np.concatenate([b.p4 for _, b, _ in flat], axis=1)[:, order]
        row_of = np.append(slot, -1)  # by serial number; the last entry answers for mother -1
        mother[cell] = row_of[np.concatenate([b.mother_array() for _, b, _ in flat])[order]]
        return Record(pdg.reshape(n, k), p4.reshape(4, n, k), mother.reshape(n, k), status.reshape(n, k))


def _moved(block: Block, first: int) -> Block:
    """Block with all serial numbers moved up."""
    return Block(
        block.events,
        block.p4,
        block.serials + first,
        None if block.mothers is None else block.mothers + first,
    )


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
