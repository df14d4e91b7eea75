"""The decay tree of each event, in flat arrays: who decays, where, and how long it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .record import Events

__all__ = ["ends", "flight_length", "parent_flight", "row_of_mother"]


def row_of_mother(events: Events) -> NDArray[np.int64]:
    """Row of each particle's mother among all particles, -1 for the decaying particle; shape (N,)."""
    first = np.repeat(events.offset[:-1], events.multiplicity)
    return np.asarray(np.where(events.mother >= 0, first + events.mother, -1))


def ends(events: Events) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Decays among the products.

    Returns
    -------
    decays : array of bool, shape (N,)
        Whether the event has daughters of this particle.
    end : array, shape (4, N)
        (x, y, z, c t) of its decay in metres; its start if there is none.
    """
    mother = row_of_mother(events)
    (daughters,) = np.nonzero(mother >= 0)
    decays = np.zeros(len(mother), dtype=np.bool_)
    decays[mother[daughters]] = True
    start = np.concatenate([events.vertex, events.time[None]])
    end = start.copy()
    end[:, mother[daughters]] = start[:, daughters]
    return decays, end


def flight_length(
    mass: NDArray[np.float64], p4: NDArray[np.float64], path: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Proper length c tau = L m/p of flights (3, k) with momenta (4, k), in the unit of the path; 0 at rest."""
    p = np.sqrt(np.einsum("i...,i...->...", p4[1:], p4[1:]))
    length = np.sqrt(np.einsum("i...,i...->...", path, path))
    return np.asarray(length * mass / np.where(p > 0.0, p, np.inf))


def parent_flight(events: Events) -> NDArray[np.float64]:
    """Proper length of the flight of the decaying particle, m; shape (n,)."""
    return flight_length(events.mass, events.parent, events.decay - events.production)
