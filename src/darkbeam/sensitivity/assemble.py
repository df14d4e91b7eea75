"""From the results at single masses to a contour with islands, tips and band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.sensitivity.contour import join_islands
from darkbeam.sensitivity.result import Band, Reach
from darkbeam.sensitivity.setup import Setup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.sensitivity.scan import MassResult

__all__ = ["assemble"]

FEW_MOTHERS = Setup.min_mothers
"""Below this effective number of mothers an edge is flagged instead of believed."""


def assemble(
    results: Sequence[MassResult],
    name: str,
    threshold: float,
    variation: str,
    labels: dict[str, str],
    card: dict[str, Any],
    seconds: float,
) -> Reach:
    """Build a `Reach`.

    Parameters
    ----------
    results : sequence of MassResult
        In increasing mass.
    name : str
        Experiment.
    threshold : float
    variation : str
        Variation of the main contour.
    labels : dict
        Short name of a variation -> full name, e.g. ``{"lower": "brem-lower"}``.
    card : dict
    seconds : float
    """
    masses = np.array([r.mass for r in results])
    lower, upper = _edges(results, variation)
    errors = np.array([_errors(r, variation) for r in results]).reshape(-1, 2)
    peaks = np.array([r.peaks[variation] for r in results]).reshape(-1, 2)
    islands = _islands(results, variation, threshold)
    sources = tuple(dict.fromkeys(s for r in results for s in r.shares))
    shares = {s: np.array([r.shares.get(s, (0.0, 0.0)) for r in results]) for s in sources}
    return Reach(
        experiment=name, sources=tuple(card["sources"]), threshold=threshold, masses_GeV=masses,
        epsilon_lower=lower, epsilon_upper=upper, peak_events=peaks[:, 1], peak_epsilon=peaks[:, 0],
        error_lower=errors[:, 0], error_upper=errors[:, 1],
        n_effective=np.array([min(r.n_effective) for r in results]), islands=islands,
        max_mass_GeV=_max_mass(islands), band=_bands(results, threshold, labels), shares=shares,
        notes=_notes(results, lower), card=card, seconds=seconds, tip_error=_tip_error(results, islands),
    )  # fmt: skip


def _edges(results: Sequence[MassResult], variation: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = [r.found[variation] for r in results]
    lower = np.array([f[0].lower.epsilon if f else np.nan for f in found])
    upper = np.array([f[-1].upper.epsilon if f else np.nan for f in found])
    return lower, upper


def _errors(result: MassResult, variation: str) -> tuple[float, float]:
    found = result.found[variation]
    return (found[0].lower.error, found[-1].upper.error) if found else (np.nan, np.nan)


def _tip(inside: MassResult, outside: MassResult, variation: str, threshold: float) -> list[float] | None:
    """Mass where the largest N crosses the threshold between two neighbours, by interpolation of ln N."""
    (eps_in, n_in), (eps_out, n_out) = inside.peaks[variation], outside.peaks[variation]
    if not (n_in > threshold > n_out > 0.0 and np.isfinite(eps_out)):
        return None
    t = float(np.log(n_in / threshold) / np.log(n_in / n_out))
    mass = float(inside.mass * (outside.mass / inside.mass) ** t)
    eps = float(eps_in * (eps_out / eps_in) ** t)
    return [mass, eps, eps]


def _islands(results: Sequence[MassResult], variation: str, threshold: float) -> list[list[list[float]]]:
    """Islands closed by their tips where they end inside the scanned range."""
    found = [[(i.lower.epsilon, i.upper.epsilon) for i in r.found[variation]] for r in results]
    islands = join_islands([r.mass for r in results], found)
    at = {r.mass: k for k, r in enumerate(results)}
    for island in islands:
        first, last = at[island[0][0]], at[island[-1][0]]
        ends = []
        if first > 0 and not found[first - 1]:
            ends.append((0, _tip(results[first], results[first - 1], variation, threshold)))
        if last + 1 < len(results) and not found[last + 1]:
            ends.append((len(island), _tip(results[last], results[last + 1], variation, threshold)))
        for place, tip in reversed(ends):
            if tip is not None:
                island.insert(place, tip)
    return islands


def _max_mass(islands: list[list[list[float]]]) -> float | None:
    return max((row[0] for island in islands for row in island), default=None)


def _tip_error(results: Sequence[MassResult], islands: list[list[list[float]]]) -> float | None:
    """Relative statistical error of the mass tip: that of the largest N over its slope d ln N/d ln m."""
    tip = _max_mass(islands)
    if tip is None:
        return None
    near = sorted(sorted(results, key=lambda r: abs(r.mass - tip))[:2], key=lambda r: r.mass)
    peaks = [r.peaks["central"][1] for r in near]
    if len(near) < 2 or not all(p > 0.0 for p in peaks) or peaks[0] == peaks[1]:
        return None
    slope = np.log(peaks[1] / peaks[0]) / np.log(near[1].mass / near[0].mass)
    return float(np.mean([r.peak_error for r in near]) / abs(slope))


def _bands(results: Sequence[MassResult], threshold: float, labels: dict[str, str]) -> dict[str, Band]:
    """One contour for the central value and each variation, under its short name if it has one."""
    if not results:
        return {}
    short = {full: label for label, full in labels.items()}
    bands = {}
    for variation in results[0].found:
        lower, upper = _edges(results, variation)
        islands = _islands(results, variation, threshold)
        bands[short.get(variation, variation)] = Band(lower, upper, _max_mass(islands), islands)
    return bands


def _notes(results: Sequence[MassResult], lower: NDArray[np.float64]) -> tuple[str, ...]:
    """Notes of the sources, with the masses that they concern, and of poor statistics."""
    where: dict[str, list[float]] = {}
    for r in results:
        for note in r.notes:
            where.setdefault(note, []).append(r.mass)
    notes = [f"{note} ({min(m):.4g}-{max(m):.4g} GeV)" for note, m in where.items()]
    poor = [
        r.mass
        for r, x in zip(results, lower, strict=True)
        if np.isfinite(x) and min(r.n_effective) < FEW_MOTHERS
    ]
    if poor:
        span = f"{min(poor):.4g}-{max(poor):.4g} GeV"
        notes.append(
            f"fewer than {FEW_MOTHERS:g} effective mothers at an edge at {len(poor)} masses ({span})"
        )
    return tuple(notes)
