"""Crossings at one mass and charge, and events drawn from them; see `darkbeam.millicharged.events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.events.record import DECAYED, FINAL, Events

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from darkbeam.events.settings import EventSettings

    from .crossing import Crossings
    from .simulate import Simulation

    Array = NDArray[np.float64]

__all__ = ["McpPoint", "McpTotals"]

PARENT = 22
"""Id of the pair."""
CHANNEL = "chi chibar"


@dataclass(frozen=True)
class McpTotals:
    """Expected numbers for the exposure at one mass and charge.

    Attributes
    ----------
    mass_GeV, epsilon : float
    produced : float
        Pairs.
    crossings, crossings_error, detections, detections_error : float
        Particles that reach the face, and those that are detected, with Monte Carlo errors.
    expected_events, expected_error : float
        Sum of the weights that are written: one of the two.
    mean_probability : float
        Detections over crossings.
    effective_crossings : float
        (sum v)^2/sum v^2 of what the events are drawn from.
    by_source : mapping of str to float
        Shares of ``expected_events`` in events.
    variations : mapping of str to float
        ``expected_events`` with the weights of each variation.
    """

    mass_GeV: float
    epsilon: float
    produced: float
    crossings: float
    crossings_error: float
    detections: float
    detections_error: float
    expected_events: float
    expected_error: float
    mean_probability: float
    effective_crossings: float
    by_source: dict[str, float]
    variations: dict[str, float]

    def for_files(self) -> dict[str, float]:
        """Factors of the number of decays in the volume, for the headers of event files: none here."""
        return {}


@dataclass(frozen=True, eq=False)
class McpPoint:
    """Crossings of all sources at one mass and charge.

    Attributes
    ----------
    simulation : Simulation
    settings : EventSettings
    mass, epsilon : float
    found : Crossings
        Their weights are for the exposure.
    q : array, shape (n,)
        Masses of the pairs, GeV.
    source : array of int, shape (n,)
    probability : array, shape (n,)
        Of a detection.
    drawing : array, shape (n,)
        What events are drawn from.
    relative : array, shape (1 + variations, n)
        Weights over ``drawing`` for the central value and the variations; 0 where nothing is drawn.
    totals : McpTotals
    """

    simulation: Simulation
    settings: EventSettings
    mass: float
    epsilon: float
    found: Crossings
    q: Array
    source: NDArray[np.int64]
    probability: Array
    drawing: Array
    relative: Array
    totals: McpTotals

    @property
    def unit(self) -> float:
        """Weight of an event whose relative weight is 1."""
        return float(np.sum(self.drawing)) / self.settings.n

    def sample(self, n: int, unit: float, rng: np.random.Generator) -> Events:
        """Draw events; rows from n equal strata, in random order.

        Parameters
        ----------
        n : int
        unit : float
            As the plan of the run has it.
        rng : numpy.random.Generator

        Returns
        -------
        Events
            Numbers from 0.
        """
        cumulative = np.cumsum(self.drawing)
        at = (np.arange(n) + rng.random(n)) * (cumulative[-1] / n)
        rows = np.minimum(np.searchsorted(cumulative, at, side="right"), len(cumulative) - 1)
        rows = rows[rng.permutation(n)]
        weights = unit * self.relative[:, rows]
        full = self.settings.select == "full"
        passed = np.ones(n, dtype=np.bool_) if full else rng.random(n) < self.probability[rows]
        names = self.simulation.variations if self.settings.weighted else ()
        one, origin = np.ones(n), np.zeros((3, n))
        return Events(
            number=np.arange(n), weight=weights[0],
            variations={name: weights[1 + k] for k, name in enumerate(names)},
            mass=self.q[rows], epsilon=one * self.epsilon, ctau=0.0 * one, source=self.source[rows],
            channel=np.zeros(n, dtype=np.int64), source_names=tuple(s.name for s in self.simulation.sources),
            channel_names=(CHANNEL,), production=origin, decay=origin, decay_time=0.0 * one,
            probability=self.probability[rows], passed=passed, parent_pdg=PARENT,
            **_particles(self, rows, self.settings.pdg),
        )  # fmt: skip


def _particles(point: McpPoint, rows: NDArray[np.int64], pdg: int) -> dict[str, Any]:
    """Parent and particles of the record: chi, chibar, and the one that crosses at the face."""
    n, m, found = len(rows), point.mass, point.found
    own = found.start[:, rows]
    other = found.pair[:, rows] - own
    energy = found.energy[rows]
    flight = found.point[:, rows]
    length = np.sqrt(np.sum(flight**2, axis=0))
    p = np.sqrt((energy - m) * (energy + m))
    own, other = (np.vstack([np.sqrt(np.sum(v**2, axis=0) + m * m), v]) for v in (own, other))
    arrived = np.vstack([energy, flight * (p / length)])
    first = found.positive[rows]
    p4 = np.empty((4, n, 3))
    p4[:, :, 0], p4[:, :, 1] = np.where(first, own, other), np.where(first, other, own)
    p4[:, :, 2] = arrived
    status = np.full((n, 3), FINAL)
    which = np.where(first, 0, 1)
    status[np.arange(n), which] = DECAYED
    ids = np.stack([np.full(n, pdg), np.full(n, -pdg), np.where(first, pdg, -pdg)], axis=1)
    vertex, time = np.zeros((3, n, 3)), np.zeros((n, 3))
    vertex[:, :, 2], time[:, 2] = flight, length * energy / p
    mother = np.stack([np.full(n, -1), np.full(n, -1), which], axis=1)
    return {
        "parent": own + other, "offset": 3 * np.arange(n + 1), "pdg": ids.ravel(), "status": status.ravel(),
        "mother": mother.ravel(), "p4": p4.reshape(4, -1), "vertex": vertex.reshape(3, -1), "time": time.ravel(),
    }  # fmt: skip
