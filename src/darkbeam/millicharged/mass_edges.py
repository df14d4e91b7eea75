"""The charges at one mass between which an experiment sees enough events, with errors, variations and shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.source import N_BLOCKS, block_error

from . import notes
from .contour import find_edges
from .simulate import KEPT, LEVEL_MIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .contour import Edges
    from .simulate import MassPoint, Simulation

    Array = NDArray[np.float64]

__all__ = ["EdgesWork", "MassEdges", "edges_at"]

FEW, ROUGH = 10.0, "few simulated particles shape the upper edge: it is rough"
"""Effective particles below which a note warns."""


@dataclass(frozen=True)
class MassEdges:
    """Edges at one mass.

    Attributes
    ----------
    mass : float
        GeV.
    edges : Edges
        Rows: central, then `Simulation.variations`.
    others : dict of str to Edges
        Of the variants of the detector, central row only.
    errors : (float, float)
        Relative statistical errors of lower and upper edge.
    shares : array, shape (sources, 2)
        Shares of the sources in the events at lower and upper edge.
    effective : float
        Effective number of particles behind the edge that has fewer.
    notes : tuple of str
    """

    mass: float
    edges: Edges
    others: dict[str, Edges]
    errors: tuple[float, float]
    shares: Array
    effective: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class EdgesWork:
    """What a process does with one mass."""

    simulation: Simulation
    threshold: float

    def __call__(self, mass: float) -> MassEdges:
        """Edges at a mass in GeV."""
        return edges_at(self.simulation, mass, self.threshold)


def edges_at(simulation: Simulation, mass: float, threshold: float) -> MassEdges:
    """Edges of the central value, of every variation and of every variant of the detector, at a mass in GeV."""
    point = simulation.at(mass)
    edges = _edges(point, "", 1 + len(simulation.variations), threshold)
    # the matter of the central edge serves the others: it acts on them in nearly the same way
    others = {name: _edges(point, name, 1, threshold, edges.level) for name in simulation.experiment.variants}
    errors, shares, effective = [], np.zeros((len(simulation.sources), 2)), []
    for side, (edge, slope) in enumerate(zip((edges.lower[0], edges.upper[0]), edges.slopes, strict=True)):
        if not np.isfinite(edge):
            errors.append(float("nan"))
            continue
        spread, shares[:, side] = _spread_and_shares(point, edges, side)
        errors.append(spread / abs(slope) if np.isfinite(slope) and slope else float("nan"))
        effective.append(1.0 / max(spread, 1e-9) ** 2)
    remarks = [ROUGH] if len(effective) == 2 and effective[1] < FEW else []
    remarks += notes.of_sources(simulation.sources, mass)
    return MassEdges(
        mass, edges, others, (errors[0], errors[1]), shares, min(effective, default=float("nan")), tuple(remarks)
    )  # fmt: skip


def _spread_and_shares(point: MassPoint, edges: Edges, side: int) -> tuple[float, Array]:
    """Relative error of the events at the lower (0) or upper (1) edge from blocks of mothers; shares of the sources."""
    epsilon, level = ((edges.lower[0], float(edges.lower[0])), (edges.upper[0], None))[side]
    rows = point.events(float(epsilon), rows=slice(None), level=level, photons=KEPT[side])
    first = 1 + len(point.simulation.variations)
    blocks = rows[first : first + N_BLOCKS]
    spread = float(block_error(blocks) / max(np.sum(blocks), 1e-300))
    return spread, rows[first + N_BLOCKS :] / max(rows[0], 1e-300)


def _edges(point: MassPoint, detector: str, rows: int, threshold: float, known: float | None = None) -> Edges:
    """Edges of the first rows; ``known`` is the charge at which matter acts on the lower edges, if it is known."""

    def near(found: float) -> Callable[[float], Array]:
        level = found if known is None else known
        return lambda epsilon: point.events(
            epsilon, detector, slice(0, rows), level=level, photons=KEPT[level == 0.0]
        )

    def events(epsilon: float) -> Array:
        return point.events(epsilon, detector, slice(0, rows), photons=KEPT[1])

    bends = point.simulation.experiment.bends
    return find_edges(events, threshold, near) if bends else find_edges(near(LEVEL_MIN), threshold)
