"""Lower edges of millicharged particles divided by the published ones, under named conventions.

``needed`` is threshold / N(published epsilon): the factor in events that would bring the edge onto the published one.
With N ~ epsilon^(2 + 2n), n layers in coincidence, a factor r in epsilon is r^(2 + 2n) in events.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.card_tables import Table
from darkbeam.errors import ValueRangeError
from darkbeam.millicharged.card import experiment_from_table, load_mcp_experiment
from darkbeam.millicharged.contour import EPSILON_MAX
from darkbeam.millicharged.prepare import McpOptions, prepare
from darkbeam.validation.published import read_lower_edge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.millicharged.card import McpExperiment
    from darkbeam.millicharged.simulate import MassPoint, Simulation
    from darkbeam.validation.millicharged_case import Convention, McpCase

    Array = NDArray[np.float64]

__all__ = ["AIM", "McpComparison", "McpRun", "compare_millicharged", "experiment_of", "lower_edges"]

AIM = 1.3
"""Wanted agreement of the lower edge, a factor in epsilon."""
LOWEST, STEP = 1e-5, 0.5
"""Where the search for the lower edge starts, and its steps in ln epsilon."""
ROUNDS, STAYS = 4, 0.02
"""How often the matter is adapted to the edge, and the change of ln epsilon below which it is not."""


@dataclass(frozen=True)
class McpRun:
    """One convention.

    Attributes
    ----------
    convention : Convention
    lower : tuple of float
        Our edge at each mass; NaN without a region.
    ratios : tuple of float
        Edge divided by the published one; NaN where one of the two is missing.
    needed : tuple of float
        Threshold / N at the published edge.
    leading : tuple of (str, float)
        Source with most events at our edge (the published one if there is none), and its share.
    """

    convention: Convention
    lower: tuple[float, ...]
    ratios: tuple[float, ...]
    needed: tuple[float, ...]
    leading: tuple[tuple[str, float], ...]

    @property
    def worst(self) -> float:
        """Largest factor between the edges; infinite where we have no region, NaN if nothing was compared."""
        known = [max(r, 1.0 / r) if np.isfinite(r) else np.inf for r, _ in self._compared()]
        return max(known, default=float("nan"))

    def within(self) -> tuple[bool, ...]:
        """Whether each mass with a published edge agrees within `AIM`."""
        return tuple(bool(1.0 / AIM <= r <= AIM) for r, _ in self._compared())

    def _compared(self) -> list[tuple[float, float]]:
        return [(r, n) for r, n in zip(self.ratios, self.needed, strict=True) if np.isfinite(n)]


@dataclass(frozen=True)
class McpComparison:
    """A case with its published edges and its runs."""

    case: McpCase
    published: tuple[float, ...]
    runs: tuple[McpRun, ...]


def compare_millicharged(case: McpCase, folder: Path) -> McpComparison:
    """Run a case under all its conventions and compare it with the published curve below ``folder``.

    Raises
    ------
    DarkbeamError
        If the curve cannot be read or the case cannot be run.
    """
    published = read_lower_edge(folder / case.file, case.masses)
    runs = tuple(_run(case, convention, published.tolist()) for convention in case.conventions)
    return McpComparison(case, tuple(published.tolist()), runs)


def lower_edges(case: McpCase, convention: Convention) -> list[float]:
    """Lower edges of a case under a convention, NaN without a region."""
    e, simulation = _simulation(case, convention)
    return [_edge(simulation.at(m), _weights(simulation, convention, m), e.n_events) for m in case.masses]


def experiment_of(name: str, convention: Convention) -> McpExperiment:
    """Experiment with the changes of a convention.

    Raises
    ------
    ValueRangeError, CardError
        For a change of what the card does not have.
    """
    card = {k: v for k, v in load_mcp_experiment(name).card.items() if k not in ("variants", "unverified")}
    for table in convention.without:
        if table not in card:
            raise ValueRangeError(f"convention {convention.name!r}: the card {name} has no table {table!r}")
        del card[table]
    changed = _merged(card, tomllib.loads(convention.card))
    return replace(experiment_from_table(Table(f"{name}.toml", "", changed)), variants={})


def _merged(card: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Card with other values; tables are merged, and a detector of another kind or statistics are replaced."""
    result = dict(card)
    for key, value in changes.items():
        old = card.get(key)
        whole = key == "statistics" or (isinstance(value, dict) and "kind" in value)
        merge = isinstance(value, dict) and isinstance(old, dict) and not whole
        result[key] = _merged(old, value) if merge and old is not None else value
    return result


def _simulation(case: McpCase, convention: Convention) -> tuple[McpExperiment, Simulation]:
    e = experiment_of(case.experiment, convention)
    found, simulation, _ = prepare(e, McpOptions(**convention.options))
    return found, simulation


def _weights(simulation: Simulation, convention: Convention, mass: float) -> Array:
    """Factors on the sources at a mass."""
    names = [s.name for s in simulation.sources]
    if lost := [n for n in convention.yields if n not in names]:
        raise ValueRangeError(
            f"convention {convention.name!r}: no source {lost[0]!r}, only {', '.join(names)}"
        )
    return np.array([_factor(convention.yields.get(n, 1.0), mass) for n in names])


def _factor(factor: float | tuple[tuple[float, float], ...], mass: float) -> float:
    """Factor at a mass (GeV)."""
    if not isinstance(factor, tuple):
        return float(factor)
    x, y = np.log(np.array(factor)).T
    return float(np.exp(np.interp(np.log(mass), x, y)))


def _by_source(point: MassPoint, weights: Array, epsilon: float, level: float) -> Array:
    """Events of each source, the last rows of `MassPoint.events`, with the matter as it acts at charge ``level``."""
    rows = point.events(epsilon, rows=slice(None), level=level)
    return np.asarray(rows[-len(weights) :] * weights)


def _edge(point: MassPoint, weights: Array, threshold: float) -> float:
    """Lower edge, first without matter, then with that at the edge until it stays; NaN without a region.

    `darkbeam.millicharged.contour.find_edges` looks for the upper edge too, which costs far more.
    """
    edge = _crossing(point, weights, threshold, 0.0)
    for _ in range(ROUNDS):
        if not np.isfinite(edge) or not point.simulation.experiment.bends:
            break
        last, edge = edge, _crossing(point, weights, threshold, edge)
        if not abs(np.log(edge / last)) > STAYS:
            break
    return edge


def _crossing(point: MassPoint, weights: Array, threshold: float, level: float) -> float:
    """Charge at which the events reach the threshold with the matter at ``level``."""
    from scipy.optimize import brentq  # slow to import

    def ln_ratio(x: float) -> float:
        events = float(np.sum(_by_source(point, weights, float(np.exp(x)), level)))
        return float(np.log(max(events, 1e-300) / threshold))

    below, end = float(np.log(LOWEST)), float(np.log(EPSILON_MAX))
    while below < end:
        above = min(below + STEP, end)
        if ln_ratio(above) > 0.0:
            return float(np.exp(brentq(ln_ratio, below, above, xtol=1e-4)))
        below = above
    return float("nan")


def _run(case: McpCase, convention: Convention, published: list[float]) -> McpRun:
    e, simulation = _simulation(case, convention)
    lower, needed, leading = [], [], []
    for mass, epsilon in zip(case.masses, published, strict=True):
        point, weights = simulation.at(mass), _weights(simulation, convention, mass)
        lower.append(_edge(point, weights, e.n_events))
        at = lower[-1] if np.isfinite(lower[-1]) else epsilon
        parts = _by_source(point, weights, at, at) if np.isfinite(at) else np.zeros(len(weights))
        best = int(np.argmax(parts))
        share = float(parts[best] / max(np.sum(parts), 1e-300))
        leading.append((simulation.sources[best].name, share))
        events = np.sum(_by_source(point, weights, epsilon, epsilon)) if np.isfinite(epsilon) else np.nan
        needed.append(e.n_events / max(float(events), 1e-300))
    ratios = tuple(a / b for a, b in zip(lower, published, strict=True))
    return McpRun(convention, tuple(lower), ratios, tuple(needed), tuple(leading))
