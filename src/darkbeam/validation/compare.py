"""One comparison: edges and mass tip of darkbeam divided by the published ones.

``events`` is threshold / N(published epsilon): the factor by which the source must have more events than darkbeam at
that point.  On the lower edge N ~ epsilon^4; on the upper edge N falls exponentially, so a few per cent in epsilon
are a large factor in events.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production import resonance_nodes
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.mesons import MesonDecay
from darkbeam.production.weighted import innermost
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.contour import Curve, intervals
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.point import compute_point
from darkbeam.validation.published import read_published

if TYPE_CHECKING:
    from darkbeam.production.source import Source
    from darkbeam.sensitivity.setup import Setup
    from darkbeam.validation.cases import Case, Reading

__all__ = ["AIMS", "Comparison", "Run", "compare"]

Edges = tuple[float, float]

AIMS = (0.15, 0.20, 0.10)
"""Wanted agreement of the lower edge and the upper edge in epsilon, and of the mass tip."""


@dataclass(frozen=True)
class Run:
    """One way of running a case.

    Attributes
    ----------
    name : {"card", "source"}
    ratios : tuple of (float, float)
        Edges divided by the published ones at each mass; NaN where one of the two has no region.
    events : tuple of (float, float)
        Threshold / N at the published edges.
    tip : float or None
        Largest mass with a region, GeV.
    """

    name: str
    ratios: tuple[Edges, ...]
    events: tuple[Edges, ...]
    tip: float | None


@dataclass(frozen=True)
class Comparison:
    """A case with its published edges (at the masses of the case) and its runs."""

    case: Case
    published: tuple[Edges, ...]
    published_tip: float
    runs: tuple[Run, ...]

    def worst(self, run: Run) -> tuple[float, float, float]:
        """Largest |ln ratio| of lower edge, upper edge and tip; NaN where nothing can be compared."""
        logs = np.abs(np.log(np.array(run.ratios)))
        lower, upper = (float(np.nanmax(x)) if np.any(np.isfinite(x)) else float("nan") for x in logs.T)
        tip = abs(float(np.log(run.tip / self.published_tip))) if run.tip else float("nan")
        return lower, upper, tip

    def agrees(self, run: Run) -> tuple[bool, bool, bool]:
        """Whether lower edge, upper edge and tip are within `AIMS`."""
        lower, upper, tip = (w <= np.log1p(aim) for w, aim in zip(self.worst(run), AIMS, strict=True))
        return bool(lower), bool(upper), bool(tip)


def compare(case: Case, folder: Path) -> Comparison:
    """Run a case and compare it with the published curve below ``folder``.

    Raises
    ------
    DarkbeamError
        If the curve cannot be read or the case cannot be run.
    """
    published = read_published(folder / case.file, case.masses)
    edges = tuple(zip(published.lower.tolist(), published.upper.tolist(), strict=True))
    readings = {"card": case.first} | ({"source": case.second} if case.second else {})
    runs = tuple(_run(name, case, reading, edges) for name, reading in readings.items())
    return Comparison(case, edges, published.tip, runs)


def _run(name: str, case: Case, reading: Reading, published: tuple[Edges, ...]) -> Run:
    setup, threshold = build(case, reading)
    at = [_at_mass(setup, m, threshold, edges) for m, edges in zip(case.masses, published, strict=True)]
    return Run(name, tuple(r for r, _ in at), tuple(e for _, e in at), tip(setup, threshold, case.masses[0]))


def build(case: Case, reading: Reading) -> tuple[Setup, float]:
    """Setup and threshold of one reading of a case."""
    options = Options(
        sources=case.sources, brem=case.description, form_factors="none", normalisation=reading.normalisation
    )
    with tempfile.TemporaryDirectory() as folder:
        card = Path(folder) / "card.toml"
        card.write_text(f'based_on = "{case.experiment}"\n{reading.card}', encoding="utf-8")
        experiment, setup, _ = prepare(card, options)
    sources = tuple(_changed(s, reading) for s in setup.sources)
    return replace(setup, sources=sources), reading.threshold or experiment.n_events


def _changed(source: Source, reading: Reading) -> Source:
    """Return the source of a reading, without the wrappers that add variations."""
    source = next(innermost(source))
    if isinstance(source, Bremsstrahlung):
        return replace(source, **reading.brem)
    if isinstance(source, MesonDecay):
        return replace(source, scale=source.scale * reading.yields.get(source.name, 1.0))
    return source


def _at_mass(setup: Setup, mass: float, threshold: float, published: Edges) -> tuple[Edges, Edges]:
    """Ratios of the edges to the published ones, and threshold / N at the published edges."""
    spectrum = compute_point(setup, mass).by_variation["central"]
    found = intervals(Curve.of(spectrum, threshold), threshold)
    low, high = published
    ratios = (found[0].lower.epsilon / low, found[-1].upper.epsilon / high) if found else (np.nan, np.nan)
    with np.errstate(divide="ignore"):
        missing = threshold / spectrum.events(np.array(published))
    return ratios, (float(missing[0]), float(missing[1]))


def tip(setup: Setup, threshold: float, start: float) -> float | None:
    """Largest mass (GeV) at which a region exists, searched from ``start`` on to 1 %; None if there is none."""

    def above(mass: float) -> bool:
        if not setup.sources_at(mass):
            return False
        curve = Curve.of(compute_point(small, mass).by_variation["central"], threshold)
        return bool(np.any(curve.events > threshold))

    small = replace(setup, n_draws=10_000)
    end = min(max(s.valid[1] for s in setup.sources), 3.0)
    nodes = np.array(resonance_nodes(setup.sources, start, end))
    grid = np.unique(np.concatenate([np.geomspace(start, end, 25), nodes[(nodes > 0.7) & (nodes < 1.1)]]))
    last = next((k for k in range(len(grid) - 1, -1, -1) if above(float(grid[k]))), None)
    if last is None or last == len(grid) - 1:
        return None if last is None else end
    low, high = float(grid[last]), float(grid[last + 1])
    for _ in range(6):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if above(middle) else (low, middle)
    return low
