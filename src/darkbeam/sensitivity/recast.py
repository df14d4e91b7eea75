r"""A published limit on one vector model, translated to another through N(epsilon).

At each point (m, eps) of the limit,

    N_from(m, eps) = N_to(m, eps'),        eps' on the same branch as eps,

with N of both models from the same chain (production x branching ratios x decay in the volume x acceptance) and the
same experiment.  What the publication did with the events (efficiency, background, threshold) cancels as far as it is
common to both models.  Branch: "lower" below the coupling of the largest N_from, "upper" above it.  This is the
recasting of arXiv:1801.04847 with N(epsilon) itself in place of its ratio of effective lifetimes.

Valid where (i) the production and the final states of the publication are those of the calculation, (ii) N has
one maximum in epsilon, and (iii) both models are searched for in the same way.  `Point.events` is N_from at the limit:
far from the number of events that the experiment excludes, our description of it is not that of the publication
and the result inherits only the ratio.  No solution (N_to never reaches N_from) means: not excluded by this limit.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import darkbeam
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.contour import Curve, intervals, peak
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.points import compute_points
from darkbeam.sensitivity.spectrum import DecaySpectrum

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from darkbeam.experiments import Experiment
    from darkbeam.sensitivity.limits import Limit

__all__ = ["Point", "Recast", "recast"]

FEWEST = 1e-6
"""Events of the first model below which a point of the limit has nothing to be compared with."""


@dataclass(frozen=True)
class Point:
    """One point of a limit: old coupling, events of the old model, branch, new coupling (NaN: not excluded)."""

    mass: float
    epsilon: float
    events: float
    branch: str
    recast: float


@dataclass(frozen=True)
class Recast:
    """A limit for another model.

    Attributes
    ----------
    name, experiment, from_model, to_model : str
    threshold : float
        Events that the card of the experiment excludes.
    parts : list of lists of tuples of Point
        Like the parts of the limit: for each row one point, or the points of the lower and upper edge.
    """

    name: str
    experiment: str
    from_model: str
    to_model: str
    threshold: float
    parts: list[list[tuple[Point, ...]]]

    def points(self) -> list[Point]:
        """All points in order."""
        return [p for part in self.parts for row in part for p in row]

    def notes(self) -> tuple[str, ...]:
        """What a reader of the result must know."""
        every = self.points()
        lost = [p.mass for p in every if not np.isfinite(p.recast)]
        ratio = [p.events / self.threshold for p in every if p.events > 0.0]
        notes = []
        if ratio:
            notes.append(
                f"{self.from_model} events at the limit: {min(ratio) * self.threshold:.3g} to "
                f"{max(ratio) * self.threshold:.3g}; {self.experiment} excludes {self.threshold:g}"
            )
        if lost:
            span = f"{min(lost):.4g}-{max(lost):.4g} GeV"
            notes.append(f"{len(lost)} of {len(every)} points have no coupling of {self.to_model} ({span})")
        return tuple(notes)

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable form; None stands for "not excluded"."""
        plain = {n: getattr(self, n) for n in ("name", "experiment", "from_model", "to_model", "threshold")}
        points = [vars(p) | {"recast": p.recast if np.isfinite(p.recast) else None} for p in self.points()]
        return {**plain, "points": points, "notes": list(self.notes())}

    def to_csv(self) -> str:
        """Table in the layout of a limit (``m,epsilon`` or ``m,lower,upper``), with the old couplings and events."""
        text = io.StringIO()
        text.write(f"# darkbeam {darkbeam.__version__}: {self.name} recast from {self.from_model} to ")
        text.write(f"{self.to_model} with {self.experiment}\n")
        for note in self.notes():
            text.write(f"# {note}\n")
        writer = csv.writer(text, lineterminator="\n")
        edges = len(self.parts[0][0]) == 2
        names = ("lower", "upper") if edges else ("epsilon",)
        writer.writerow(
            ["m", *names, *(f"{n}_{self.from_model}" for n in names), *(f"events_{n}" for n in names)]
        )
        for number, part in enumerate(self.parts):
            if number:
                text.write("\n")
            for row in part:
                cells = [p.recast for p in row] + [p.epsilon for p in row] + [p.events for p in row]
                writer.writerow(
                    [f"{row[0].mass:.8g}", *(f"{x:.6e}" if np.isfinite(x) else "" for x in cells)]
                )
        return text.getvalue()


def recast(
    limit: Limit,
    experiment: str | Path | Experiment,
    to_model: str,
    *,
    from_model: str = "dark-photon",
    pot: float | None = None,
    lumi_fb: float | None = None,
    options: Options | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Recast:
    """Translate a limit to another vector model.

    Parameters
    ----------
    limit : Limit
        `darkbeam.sensitivity.limits.read_limit` reads one.
    experiment : str, path or Experiment
        The experiment that set it.
    to_model, from_model : str
        Names or cards of models.
    pot, lumi_fb, options
        As for `darkbeam.reach`; model and masses of ``options`` are not used.
    workers, progress
        As for `darkbeam.reach`.

    Returns
    -------
    Recast

    Raises
    ------
    MassRangeError
        If no source of one of the models produces at any mass of the limit.
    """
    masses = limit.masses.tolist()
    base = replace(options or Options(), masses=(masses[0], max(masses[-1], masses[0] * 1.0001), 2))
    spectra: list[dict[float, DecaySpectrum]] = []
    names = []
    for step, model in enumerate((from_model, to_model)):
        chosen, setup, _ = prepare(experiment, replace(base, model=model), pot=pot, lumi_fb=lumi_fb)
        points = compute_points(setup, masses, workers, _part_of(progress, step))
        spectra.append({p.mass: p.by_variation["central"] for p in points})
        names.append(setup.model.name)
    old, new = spectra
    empty = DecaySpectrum.empty()
    parts = [
        [
            tuple(_translate(float(row[0]), float(e), old.get(row[0], empty), new.get(row[0], empty)) for e in row[1:])
            for row in part
        ]
        for part in limit.parts
    ]  # fmt: skip
    return Recast(limit.name, chosen.name, names[0], names[1], chosen.n_events, parts)


def _part_of(progress: Callable[[int, int], None] | None, step: int) -> Callable[[int, int], None] | None:
    """Progress of one of the two models."""
    return None if progress is None else lambda done, total: progress(step * total + done, 2 * total)


def _translate(mass: float, epsilon: float, old: DecaySpectrum, new: DecaySpectrum) -> Point:
    """Equal events on the same branch."""
    wanted = float(old.events(epsilon)[0])
    if wanted < FEWEST:
        return Point(mass, epsilon, wanted, "none", np.nan)
    top, _ = peak(Curve.of(old, wanted))
    branch = "lower" if epsilon <= top else "upper"
    found = intervals(Curve.of(new, wanted), wanted)
    if not found:
        return Point(mass, epsilon, wanted, branch, np.nan)
    solution = found[0].lower if branch == "lower" else found[-1].upper
    return Point(mass, epsilon, wanted, branch, solution.epsilon)
