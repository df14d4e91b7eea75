"""The numbers of a point: expected particles step by step, and their summary for a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from darkbeam.events.sampling import Point

__all__ = ["Totals", "summary"]


@dataclass(frozen=True)
class Totals:
    """Expected numbers for the exposure at one mass and coupling.

    Attributes
    ----------
    mass_GeV, epsilon, ctau_m : float
    produced, in_polar_window, in_volume : float
        Dark photons in all, at polar angles of the decay volume, on a path through it.
    mean_decay_probability : float
        Of those on a path through the volume, to decay inside.
    visible_branching : float
        Into the channels that are made.
    acceptance, accepted_events, accepted_error : float
        Part of these decays that passes the whole selection with its efficiency, and their number.
    expected_events, expected_error : float
        Sum of the weights of the events written, which passed the selection asked for, and its Monte Carlo error.
    effective_mothers : float
    by_source : mapping of str to float
        Decays in the volume into the channels that are made.
    variations : mapping of str to float
        ``expected_events`` with the weights of each variation.
    notes : tuple of str
    """

    mass_GeV: float
    epsilon: float
    ctau_m: float
    produced: float
    in_polar_window: float
    in_volume: float
    mean_decay_probability: float
    visible_branching: float
    acceptance: float
    accepted_events: float
    accepted_error: float
    expected_events: float
    expected_error: float
    effective_mothers: float
    by_source: Mapping[str, float]
    variations: Mapping[str, float]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, point: Point, expected: float, error: float, accepted: float, accepted_error: float,
        variations: Mapping[str, float],
    ) -> Totals:  # fmt: skip
        """Totals of a point whose selection is known."""
        yields = point.mothers.yields
        made = point.epsilon**2 * point.setup.collisions
        in_volume = sum(y.in_volume for y in yields.values())
        decayed = sum(y.decayed for y in yields.values())
        return cls(
            point.mass, point.epsilon, point.ctau,
            made * sum(y.produced for y in yields.values()), made * sum(y.in_window for y in yields.values()),
            made * in_volume, decayed / in_volume, point.final_states.visible,
            accepted / (point.scale * decayed), accepted, accepted_error, expected, error,
            point.mothers.effective, {name: point.scale * y.decayed for name, y in yields.items()},
            variations, _notes(point),
        )  # fmt: skip

    def for_files(self) -> dict[str, float]:
        """Factors of the number of decays in the volume, for the headers of event files."""
        return {
            "produced": self.produced,
            "polar_acceptance": self.in_polar_window / self.produced,
            "azimuthal_acceptance": self.in_volume / self.in_polar_window,
            "mean_decay_probability": self.mean_decay_probability,
            "visible_branching": self.visible_branching,
        }


def _notes(point: Point) -> tuple[str, ...]:
    """Remarks for the user."""
    found = [*point.mothers.notes, *point.final_states.notes(point.settings.n)]
    if (effective := point.mothers.effective) < point.setup.min_mothers:
        found.append(
            f"{point.mass:g} GeV, epsilon = {point.epsilon:g}: only {effective:.3g} effective mothers: "
            "numbers and spectra are rough"
        )
    return tuple(found)


_MEANS = ("acceptance", "mean_decay_probability", "visible_branching")


def summary(points: Sequence[Totals], requested: int, written: int, seconds: float) -> dict[str, Any]:
    """JSON-serialisable summary of a run; of several points, numbers are added and ratios are left to the points."""
    several = len(points) > 1
    added = {k: float(sum(getattr(p, k) for p in points)) for k in ("expected_events", "produced")}
    error = float(np.sqrt(sum(p.expected_error**2 for p in points)))
    means = {k: None if several else getattr(points[0], k) for k in _MEANS}
    return {
        "requested": requested, "written": written, **added, "expected_error": error, **means,
        "seconds": round(seconds, 3), "points": [asdict(p) for p in points],
    }  # fmt: skip
