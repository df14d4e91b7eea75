"""From edges at all masses to the result: arrays, islands, bands, remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.production import variation_labels
from darkbeam.sensitivity.contour import join_islands
from darkbeam.sensitivity.result import Band, Reach

from . import notes
from .contour import EPSILON_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from darkbeam.production.pairs import PairSource

    from .mass_edges import MassEdges
    from .simulate import Simulation

__all__ = ["assemble", "short_names"]


def short_names(sources: Sequence[PairSource], names: Sequence[str]) -> list[str]:
    """Names of variations as a user gives them, where there is a short one."""
    labels = {full: short for short, full in variation_labels(sources).items()}  # type: ignore[arg-type]
    return [labels.get(name, name) for name in names]


def assemble(
    results: Sequence[MassEdges], simulation: Simulation, card: dict[str, Any], seconds: float
) -> Reach:
    """Result of a scan in ascending masses; ``seconds`` of wall time."""
    e, sources = simulation.experiment, simulation.sources
    masses = np.array([r.mass for r in results])
    names = ("central", *short_names(sources, simulation.variations))
    band = {
        name: _band(masses.tolist(), [(r.edges.lower[i], r.edges.upper[i]) for r in results])
        for i, name in enumerate(names)
    }
    for name in e.variants:
        found = [r.others[name] for r in results]
        band[name] = _band(masses.tolist(), [(f.lower[0], f.upper[0]) for f in found])
    central = band["central"]
    return Reach(
        experiment=e.name, sources=tuple(s.name for s in sources), threshold=e.n_events,
        masses_GeV=masses, epsilon_lower=central.epsilon_lower, epsilon_upper=central.epsilon_upper,
        peak_events=np.array([r.edges.peak for r in results]),
        peak_epsilon=np.array([r.edges.at for r in results]),
        error_lower=np.array([r.errors[0] for r in results]),
        error_upper=np.array([r.errors[1] for r in results]),
        n_effective=np.array([r.effective for r in results]), islands=central.islands,
        max_mass_GeV=central.max_mass_GeV, band=band,
        shares={s.name: np.array([r.shares[k] for r in results]) for k, s in enumerate(sources)},
        notes=(*notes.by_mass(_remarks(results, simulation)), *notes.unverified(e.unverified)),
        card=card, seconds=seconds,
    )  # fmt: skip


def _band(masses: list[float], edges: list[tuple[float, float]]) -> Band:
    """Contour of one variation."""
    lower, upper = (np.array([float(e[i]) for e in edges]) for i in (0, 1))
    inside = [[(a, b)] if np.isfinite(a) and a < b else [] for a, b in zip(lower, upper, strict=True)]
    islands = join_islands(masses, inside)
    tip = max((row[0] for island in islands for row in island), default=None)
    return Band(lower, upper, tip, islands)


def _remarks(results: Sequence[MassEdges], simulation: Simulation) -> Iterator[tuple[float, list[str]]]:
    """Mass and remarks: of the sources, and why there is no region or no upper edge."""
    for r in results:
        texts = list(r.notes)
        if r.mass >= simulation.limit:
            texts.append(f"no source makes pairs above {simulation.limit:.4g} GeV: no region")
        elif not np.isfinite(r.edges.lower[0]):
            texts.append("no charge below 1 gives enough events")
        elif r.edges.upper[0] >= EPSILON_MAX:
            texts.append("the region goes on to charge 1: not all particles stop or turn away in front")
        yield r.mass, texts
