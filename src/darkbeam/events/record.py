"""Decay events as flat arrays.

Particles of all events stand one behind the other: those of event i are ``offset[i]:offset[i + 1]``.  The decaying
particle itself is not among them; ``mother`` is the position of the mother *within its event*, -1 for the decaying
particle.  GeV and metres, lab frame, origin at the production point (target or collision), beam along z; times are c t
in metres from the collision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["DECAYED", "FINAL", "Events"]

FINAL, DECAYED = 1, 2
"""Status of a particle, as in HepMC: reaches the detector, or decayed."""


@dataclass(frozen=True)
class Events:
    """n events with N particles in all.

    Attributes
    ----------
    number : array of int, shape (n,)
        Event number within the run.
    weight : array, shape (n,)
        Their sum over a run is the expected number of events for the exposure of the card.
    variations : mapping of str to array, shape (n,)
        Weights of named variations.
    mass, epsilon, ctau : arrays, shape (n,)
        GeV; coupling; proper decay length at that coupling, m.
    source, channel : arrays of int, shape (n,)
        Index into ``source_names`` and ``channel_names``.
    source_names, channel_names : tuple of str
    parent : array, shape (4, n)
        (E, px, py, pz) of the decaying particle.
    production, decay : arrays, shape (3, n)
        Vertices.
    decay_time : array, shape (n,)
        c t at the decay.
    probability : array, shape (n,)
        Probability to decay inside the volume along its path.
    passed : array of bool, shape (n,)
        Whether the decay passes the full selection.
    offset : array of int, shape (n + 1,)
    pdg, status, mother : arrays of int, shape (N,)
    p4 : array, shape (4, N)
    vertex : array, shape (3, N)
        Where each particle starts.
    time : array, shape (N,)
        c t where it starts.
    parent_pdg : int
        Id of the decaying particle.
    card : mapping
        What defines the run.
    """

    number: Ints
    weight: Floats
    variations: Mapping[str, Floats]
    mass: Floats
    epsilon: Floats
    ctau: Floats
    source: Ints
    channel: Ints
    source_names: tuple[str, ...]
    channel_names: tuple[str, ...]
    parent: Floats
    production: Floats
    decay: Floats
    decay_time: Floats
    probability: Floats
    passed: NDArray[np.bool_]
    offset: Ints
    pdg: Ints
    status: Ints
    mother: Ints
    p4: Floats
    vertex: Floats
    time: Floats
    parent_pdg: int = 4900022
    card: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.number)

    @property
    def multiplicity(self) -> Ints:
        """Particles of each event, shape (n,)."""
        return np.diff(self.offset)

    @property
    def event_of(self) -> Ints:
        """Event (position in this batch) of each particle, shape (N,)."""
        return np.repeat(np.arange(len(self)), self.multiplicity)

    def select(self, keep: NDArray[np.bool_]) -> Events:
        """Events where ``keep`` (n,) is true."""
        rows = keep[self.event_of]
        offset = np.concatenate([[0], np.cumsum(self.multiplicity[keep])])
        return Events(
            self.number[keep], self.weight[keep], {k: w[keep] for k, w in self.variations.items()},
            self.mass[keep], self.epsilon[keep], self.ctau[keep], self.source[keep], self.channel[keep],
            self.source_names, self.channel_names, self.parent[:, keep], self.production[:, keep],
            self.decay[:, keep], self.decay_time[keep], self.probability[keep], self.passed[keep],
            offset, self.pdg[rows], self.status[rows], self.mother[rows], self.p4[:, rows],
            self.vertex[:, rows], self.time[rows], self.parent_pdg, self.card,
        )  # fmt: skip
