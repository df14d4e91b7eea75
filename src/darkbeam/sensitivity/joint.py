r"""Several experiments as one: joint exclusion and envelope.

``combination``
    The members count together.  Where all of them are free of background the expected events add,

        sum_i N_i(eps) n_0/n_i = n_0,        n_0 = -ln(1 - CL),

    n_i the number that makes the contour of each.  With background or events seen the confidence is that of
    `darkbeam.statistics.joint_confidence` (CLs of the likelihood ratio), with -ln(1 - confidence) in place of the sum.
    Errors of signal and background of the members are left out.
``envelope``
    A coupling is excluded where at least one member excludes it.

Members are independent: production that they have in common is varied for all of them together, and statistical errors
are added block by block, so that the stored meson sample, which members at one facility share, counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.sensitivity.contour import Curve, Edge, Interval
from darkbeam.sensitivity.point import MassPoint, compute_point
from darkbeam.sensitivity.scan import MassResult, summarise
from darkbeam.sensitivity.spectrum import DecaySpectrum
from darkbeam.statistics import Counting, joint_confidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from darkbeam.production import Source
    from darkbeam.sensitivity.setup import Setup
    from darkbeam.sensitivity.shared import Shared

__all__ = ["KINDS", "JointSetup"]

KINDS = ("combination", "envelope")
DEFAULT_LEVEL = 0.90
"""Confidence level of a member that only states a number of events."""
HOPELESS = 0.1
"""Sum of N_i/n_i below which a joint confidence need not be computed."""
LN_STEP = 0.05
"""Lattice in ln eps on which a joint confidence is looked up before its edges are refined."""
IN_BAND = ("brem-lower", "brem-upper")
"""Variations of a joint confidence with background, which takes long."""


@dataclass(frozen=True)
class JointSetup:
    """Setups of several experiments and how they make one contour.

    Attributes
    ----------
    setups : tuple of Setup
    kind : {"combination", "envelope"}
    """

    setups: tuple[Setup, ...]
    kind: str

    @property
    def sources(self) -> tuple[Source, ...]:
        """Sources of all members."""
        return tuple({id(s): s for setup in self.setups for s in setup.sources}.values())

    def sources_at(self, mass: float) -> tuple[Source, ...]:
        """Sources of all members that produce at a mass."""
        return tuple(s for s in self.sources if s.valid[0] < mass < s.valid[1])

    @property
    def variations(self) -> tuple[str, ...]:
        """Variations of any member; for a combination with background those of the printed band."""
        names = dict.fromkeys(v for s in self.setups for v in s.variations)
        return tuple(v for v in names if self.kind == "envelope" or not self.has_background or v in IN_BAND)

    @property
    def confidence_level(self) -> float:
        """Confidence level of all members.

        Raises
        ------
        ValueRangeError
            Where they differ.
        """
        levels = {s.experiment.counting.confidence_level for s in self.setups if s.experiment.counting}
        if len(levels) > 1:
            text = ", ".join(f"{x:g}" for x in sorted(levels))
            raise ValueRangeError(
                f"the experiments have different confidence levels ({text}); give --confidence-level"
            )
        return levels.pop() if levels else DEFAULT_LEVEL

    @property
    def has_background(self) -> bool:
        """Whether a member has background or has seen events."""
        counts = [_counting(s, self.confidence_level) for s in self.setups]
        return any(c.background > 0.0 or c.events_seen > 0 for c in counts)

    @property
    def threshold(self) -> float:
        """n_0: events that are excluded without background."""
        return -log(1.0 - self.confidence_level)

    def result(self, mass: float, shared: Shared) -> MassResult:
        """Contour information of the members together at one mass."""
        members = [s for s in self.setups if s.sources_at(mass)]
        points = [compute_point(s, mass, shared) for s in members]
        scales = [self.threshold / s.experiment.n_events for s in members]
        scaled = [_scaled(p, c, s.experiment.name) for p, c, s in zip(points, scales, members, strict=True)]
        if self.kind == "envelope":
            return _envelope([summarise(p, self.threshold) for p in scaled], ("central", *self.variations))
        together = summarise(_sum(scaled, self.variations), self.threshold)
        if not self.has_background:
            return together
        counts = [_counting(s, self.confidence_level) for s in members]
        # members with errors or acceptance regions of their own keep their expected events, not the scaled ones
        plain = [p if s.experiment.counting else q for p, q, s in zip(points, scaled, members, strict=True)]
        return _with_background(plain, counts, together, self.threshold)


def _scaled(point: MassPoint, factor: float, name: str) -> MassPoint:
    """Point with its events in units of a common threshold, and one source: the experiment."""
    spectra = {id(s): s * factor for s in point.by_variation.values()}
    by_variation = {v: spectra[id(s)] for v, s in point.by_variation.items()}
    by_source = {name: by_variation["central"]}
    return MassPoint(point.mass, by_source, by_variation, point.couplings, point.n_effective, point.notes)


def _sum(points: Sequence[MassPoint], variations: tuple[str, ...]) -> MassPoint:
    """Sum of points; a member without a variation takes part with its central spectrum."""
    kept: dict[tuple[int, ...], DecaySpectrum] = {}
    by_variation = {}
    for v in ("central", *variations):
        parts = [p.by_variation.get(v, p.by_variation["central"]) for p in points]
        key = tuple(id(s) for s in parts)
        if key not in kept:
            kept[key] = reduce(DecaySpectrum.__add__, parts, DecaySpectrum.empty())
        by_variation[v] = kept[key]
    couplings, effective = _mothers(points)
    by_source: dict[str, DecaySpectrum] = {}
    for p in points:
        for name, s in p.by_source.items():
            by_source[name] = by_source[name] + s if name in by_source else s
    notes = tuple(dict.fromkeys(n for p in points for n in p.notes))
    return MassPoint(points[0].mass, by_source, by_variation, couplings, effective, notes)


def _mothers(points: Sequence[MassPoint]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effective mothers behind the sum, (sum N)^2 / sum (N^2/n), at the couplings of all members."""
    couplings = np.unique(np.concatenate([p.couplings for p in points]))
    if not len(couplings):
        return couplings, couplings
    total, square = np.zeros(len(couplings)), np.zeros(len(couplings))
    for p in points:
        if len(p.couplings):
            n = p.by_variation["central"].events(couplings)
            mothers = np.interp(np.log(couplings), np.log(p.couplings), np.maximum(p.n_effective, 1e-9))
            total += n
            square += n * n / mothers
    return couplings, np.where(square > 0.0, total * total / np.maximum(square, 1e-300), 0.0)


def _envelope(results: Sequence[MassResult], names: tuple[str, ...]) -> MassResult:
    """Union of the intervals, and the best peak."""
    found = {v: _union([i for r in results for i in r.found.get(v, r.found["central"])]) for v in names}
    peaks = {v: max((r.peaks.get(v, r.peaks["central"]) for r in results), key=lambda p: p[1]) for v in names}
    best = max(results, key=lambda r: r.peaks["central"][1])
    shares: dict[str, tuple[float, float]] = {}
    for r in results:
        shares |= {name: _holds(r, found["central"]) for name in r.shares}
    notes = tuple(dict.fromkeys(n for r in results for n in r.notes))
    effective = [r.n_effective for r in results if r.found["central"]] or [best.n_effective]
    worst = min(e[0] for e in effective), min(e[1] for e in effective)
    return MassResult(best.mass, found, peaks, worst, shares, notes, best.peak_error)


def _holds(result: MassResult, union: list[Interval]) -> tuple[float, float]:
    """1 for each edge of the envelope that this member sets."""
    own = result.found["central"]
    if not own or not union:
        return 0.0, 0.0
    return float(own[0].lower == union[0].lower), float(own[-1].upper == union[-1].upper)


def _union(intervals: Sequence[Interval]) -> list[Interval]:
    """Disjoint intervals that cover the same couplings."""
    merged: list[Interval] = []
    for i in sorted(intervals, key=lambda i: i.lower.epsilon):
        if merged and i.lower.epsilon <= merged[-1].upper.epsilon:
            last = merged[-1]
            upper = max(last.upper, i.upper, key=lambda e: e.epsilon)
            merged[-1] = Interval(last.lower, upper)
        else:
            merged.append(i)
    return merged


def _counting(setup: Setup, level: float) -> Counting:
    """Background and observation of a member; none where it only states a number of events."""
    return setup.experiment.counting or Counting(confidence_level=level)


def _with_background(
    points: Sequence[MassPoint], counts: Sequence[Counting], together: MassResult, threshold: float
) -> MassResult:
    """Replace the sum of events by the joint confidence, for the variations of the printed band."""
    found, peaks = {}, {}
    for v in together.found:
        spectra = [p.by_variation.get(v, p.by_variation["central"]) for p in points]

        def strength(ln_eps: float, spectra: list[DecaySpectrum] = spectra) -> float:
            confidence = joint_confidence(counts, [float(s.events(exp(ln_eps))[0]) for s in spectra])
            return -log(max(1.0 - confidence, 1e-300))

        total = reduce(DecaySpectrum.__add__, spectra, DecaySpectrum.empty())
        found[v], peaks[v] = _confident(strength, total, together.peaks[v], threshold)
    return MassResult(
        together.mass,
        found,
        peaks,
        together.n_effective,
        together.shares,
        together.notes,
        together.peak_error,
    )


def _confident(
    strength: Callable[[float], float],
    total: DecaySpectrum,
    best: tuple[float, float],
    threshold: float,
) -> tuple[list[Interval], tuple[float, float]]:
    """Interval around the best coupling in which the strength exceeds the threshold, and its peak."""
    if not np.isfinite(best[0]):
        return [], best
    start = log(best[0])
    peak = best[0], strength(start)
    if best[1] < HOPELESS * threshold or peak[1] <= threshold:
        return [], peak
    curve = Curve.of(total, 1.0)
    edges = []
    for sign in (-1.0, 1.0):
        inside, outside = start, start + sign * LN_STEP
        while strength(outside) > threshold:
            inside, outside = outside, outside + sign * LN_STEP
        edges.append(_refined(strength, curve, inside, outside, threshold))
    return [Interval(edges[0], edges[1])], peak


def _refined(
    strength: Callable[[float], float], curve: Curve, inside: float, outside: float, threshold: float
) -> Edge:
    """Bisect an edge; its error is that of the summed events over their slope."""
    for _ in range(20):
        middle = 0.5 * (inside + outside)
        above = strength(middle) > threshold
        inside, outside = (middle, outside) if above else (inside, middle)
    eps = exp(0.5 * (inside + outside))
    n, error = float(curve.spectrum.events(eps)[0]), float(curve.spectrum.events_error(eps)[0])
    near = curve.spectrum.events(np.array([eps / 1.01, eps * 1.01]))
    slope = float(np.log(near[1] / near[0]) / (2.0 * log(1.01)))
    return Edge(eps, error / n / abs(slope), slope)
