r"""Tables of N(m, epsilon) and of decay spectra, from which any contour can be computed again.

    N(m, eps) = eps^4 sum_l C_l(m) exp(-eps^2 lambda_l),     ln lambda_l = STEP (first + l)

C_l: histogram of ln lambda, lambda = s/(gamma beta c tau_1) at epsilon = 1 (`darkbeam.sensitivity.spectrum`);
events of the whole exposure.  The spectra give N at every coupling, the grid N(m, epsilon) only at those of the
grid, between which ln N is interpolated in ln epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.contour import Curve, intervals, join_islands
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.points import compute_points
from darkbeam.sensitivity.spectrum import DecaySpectrum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.experiments import Experiment
    from darkbeam.sensitivity.point import MassPoint

    Array = NDArray[np.float64]

__all__ = ["DEFAULT_EPSILON", "EventGrid", "event_grid", "parse_epsilon"]

DEFAULT_EPSILON = (1e-9, 1e-2, 141)
"""Couplings of a grid: twenty for each decade."""


@dataclass(frozen=True)
class EventGrid:
    """Expected events on a grid, and the spectra behind them.

    Attributes
    ----------
    experiment : str
    threshold : float
        Events that make the contour of the experiment.
    masses_GeV : array, shape (M,)
    epsilon : array, shape (E,)
    events : dict of str to array, shape (M, E)
        ``central`` and every variation.
    error : array, shape (M, E)
        Statistical error of the central events.
    ctau_m : array, shape (M,)
        Proper decay length at epsilon = 1; empty in a grid read from CSV.
    first : int
        Lattice index of the first column of the spectra.
    spectra : dict of str to array, shape (M, L)
        Histogram of ln lambda of ``central`` and every variation; empty in a grid read from CSV.
    by_source : dict of str to array, shape (M, L)
        The same of each source, central.
    card : dict
    """

    experiment: str
    threshold: float
    masses_GeV: Array
    epsilon: Array
    events: dict[str, Array]
    error: Array
    ctau_m: Array
    first: int
    spectra: dict[str, Array]
    by_source: dict[str, Array]
    card: dict[str, Any] = field(compare=False, repr=False)

    def spectrum(self, k: int, variation: str = "central") -> DecaySpectrum:
        """Decay spectrum at mass number ``k``; its statistical error is not kept (it comes out as zero)."""
        counts = self.spectra[variation][k]
        return DecaySpectrum(self.first, np.tile(counts / N_BLOCKS, (N_BLOCKS, 1)))

    def edges(
        self, k: int, threshold: float | None = None, variation: str = "central"
    ) -> list[tuple[float, float]]:
        """Intervals of epsilon above a threshold at mass number ``k``: exact from the spectra, else interpolated."""
        if variation not in self.events:
            raise UnknownNameError("variation", variation, self.events)
        wanted = self.threshold if threshold is None else threshold
        if not 0.0 < wanted < np.inf:
            raise ValueRangeError(f"a threshold must be positive and finite, not {wanted:g} events")
        if self.spectra:
            found = intervals(Curve.of(self.spectrum(k, variation), wanted), wanted)
            return [(i.lower.epsilon, i.upper.epsilon) for i in found]
        return _crossings(self.epsilon, self.events[variation][k], wanted)

    def islands(self, threshold: float | None = None, variation: str = "central") -> list[list[list[float]]]:
        """Connected regions of [mass, lower, upper], without the tips between two masses."""
        found = [self.edges(k, threshold, variation) for k in range(len(self.masses_GeV))]
        return join_islands(self.masses_GeV.tolist(), found)


def _crossings(epsilon: Array, events: Array, threshold: float) -> list[tuple[float, float]]:
    """Intervals above a threshold, ln N linear in ln epsilon between the points of the grid."""
    x, y = np.log(epsilon), np.log(np.maximum(events, 1e-300) / threshold)
    flips = np.flatnonzero((y[1:] > 0.0) != (y[:-1] > 0.0))
    at = np.exp(x[flips] - y[flips] * (x[flips + 1] - x[flips]) / (y[flips + 1] - y[flips])).tolist()
    # a region that runs out of the grid ends there
    if y[0] > 0.0:
        at.insert(0, float(epsilon[0]))
    if y[-1] > 0.0:
        at.append(float(epsilon[-1]))
    return list(zip(at[::2], at[1::2], strict=True))


def parse_epsilon(text: str) -> tuple[float, float, int]:
    """Read ``LO:HI:N`` of couplings.

    Examples
    --------
    >>> parse_epsilon("1e-8:1e-3:51")
    (1e-08, 0.001, 51)
    """
    try:
        low, high, n = (kind(part) for kind, part in zip((float, float, int), text.split(":"), strict=True))
    except ValueError:
        raise ValueRangeError(f"couplings {text!r} are not LO:HI:N, e.g. 1e-9:1e-2:141") from None
    if not (0.0 < low < high < 1.0) or n < 2:
        raise ValueRangeError(f"couplings {text}: need 0 < LO < HI < 1 and N of at least 2")
    return float(low), float(high), int(n)


def event_grid(
    experiment: str | Path | Experiment,
    masses: Sequence[float],
    epsilon: tuple[float, float, int] = DEFAULT_EPSILON,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    options: Options | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> EventGrid:
    """Compute N(m, epsilon) and the decay spectra.

    Parameters
    ----------
    experiment : str, path or Experiment
    masses : sequence of float
        GeV; those at which no source produces are left out.
    epsilon : (low, high, n)
        Couplings, uniform in ln epsilon.
    pot, lumi_fb, options
        As for `darkbeam.reach`; the masses of ``options`` are not used.
    workers, progress
        As for `darkbeam.reach`.

    Returns
    -------
    EventGrid
    """
    chosen, setup, card = prepare(experiment, options or Options(), pot=pot, lumi_fb=lumi_fb)
    points = compute_points(setup, sorted({float(m) for m in masses}), workers, progress)
    coupling = np.geomspace(*epsilon)
    variations = {name: [p.by_variation[name] for p in points] for name in ("central", *setup.variations)}
    lattice = _Lattice.of(points)
    return EventGrid(
        experiment=chosen.name, threshold=chosen.n_events, masses_GeV=np.array([p.mass for p in points]),
        epsilon=coupling,
        events={n: np.array([s.events(coupling) for s in many]) for n, many in variations.items()},
        error=np.array([s.events_error(coupling) for s in variations["central"]]),
        ctau_m=np.array([setup.ctau(p.mass) for p in points]),
        first=lattice.first,
        spectra={n: lattice.table(many) for n, many in variations.items()},
        by_source={s.name: lattice.table([_of_source(p.by_source, s.name) for p in points]) for s in setup.sources},
        card=card,
    )  # fmt: skip


def _of_source(spectra: Mapping[str, DecaySpectrum], name: str) -> DecaySpectrum:
    """Spectrum of a source; empty where it does not produce at this mass."""
    return spectra.get(name, DecaySpectrum.empty())


@dataclass(frozen=True)
class _Lattice:
    """Columns that hold every spectrum of a grid."""

    first: int
    width: int

    @classmethod
    def of(cls, points: Sequence[MassPoint]) -> _Lattice:
        used = [
            s for p in points for s in (*p.by_variation.values(), *p.by_source.values()) if np.any(s.counts)
        ]
        if not used:
            return cls(0, 1)
        first = min(s.first for s in used)
        return cls(first, max(s.first + s.counts.shape[1] for s in used) - first)

    def table(self, spectra: Sequence[DecaySpectrum]) -> Array:
        """Histograms summed over blocks of mothers, shape (masses, columns)."""
        out = np.zeros((len(spectra), self.width))
        for row, s in zip(out, spectra, strict=True):
            if np.any(s.counts):
                start = s.first - self.first
                row[start : start + s.counts.shape[1]] = s.counts.sum(axis=0)
        return out
