r"""Decaying particles on their way through the volume: which one decays, and where.

The fluxes of all sources give rays i with weight w_i (per collision, epsilon = 1) and path segments s inside the
volume.  With d = beta gamma c tau and lambda = distance/d, at the lifetime asked for,

    P_is = exp(-lambda_in) [1 - exp(-(lambda_out - lambda_in))],
    N    = epsilon^2 N_coll sum_is w_i P_is                                  decays in the volume.

A draw takes the pair (i, s) with probability proportional to v_i P_is, and its vertex from the exponential truncated to
the segment, which is exact for any lifetime:

    lambda = lambda_in - ln[1 - u (1 - exp(-(lambda_out - lambda_in)))],     u uniform in (0, 1).

v = w in unweighted samples: every decay then has the same weight.  In weighted ones v is the mean of w and all its
variations (`darkbeam.sensitivity.aiming`), and the decay carries w/v.  The rays are made once for each point, so that
every chunk has the same normalisation; a ray is used again in a long run, each time with another vertex and another
decay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.source import N_BLOCKS
from darkbeam.sensitivity.plan import PILOT, aim_source, plan_one
from darkbeam.sensitivity.shared import Shared
from darkbeam.sensitivity.vertices import decay_probability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.production import Source
    from darkbeam.sensitivity.aiming import AimedFlux
    from darkbeam.sensitivity.setup import Setup

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Mothers", "SourceYield", "gather"]

LEAST_RAYS, MOST_RAYS = 2**15, 2**18
"""Rays of a point, all sources together; between them one ray for every few events."""
EVENTS_PER_RAY = 4
LEAST_SHARE = 0.02
"""Part of the rays that even a negligible source gets."""


@dataclass(frozen=True)
class SourceYield:
    """Particles per collision at epsilon = 1 of one source, step by step.

    Attributes
    ----------
    produced, in_window, in_volume, decayed : float
        In all, at polar angles of the volume, on a path through it, decaying there.
    """

    produced: float
    in_window: float
    in_volume: float
    decayed: float


@dataclass(frozen=True, eq=False)
class Mothers:
    """Rays of all sources through the volume at one mass and lifetime.

    Attributes
    ----------
    parent : array, shape (4, R)
        (E, px, py, pz), GeV.
    length : array, shape (R,)
        beta gamma c tau, m.
    lam_in, lam_out : arrays, shape (k, R)
        Ends of the path segments, in decay lengths.
    drawing : array, shape (R,)
        v, per collision at epsilon = 1.
    relative : mapping of str to array, shape (R,)
        w/v of ``central`` and of every production variation.
    source, block : arrays of int, shape (R,)
        Source (position in ``names``) and block of mothers.
    probability : array, shape (R,)
        sum_s P_is.
    cumulative : array, shape (k R,)
        Cumulative v_i P_is; the last one is the normalisation of the draws.
    names : tuple of str
        Sources of the setup.
    yields : mapping of str to SourceYield
    effective : float
        Effective number of mothers, (sum w P)^2 / sum over mothers of their (w P)^2.
    notes : tuple of str
    """

    parent: Floats
    length: Floats
    lam_in: Floats
    lam_out: Floats
    drawing: Floats
    relative: Mapping[str, Floats]
    source: Ints
    block: Ints
    probability: Floats
    cumulative: Floats
    names: tuple[str, ...]
    yields: Mapping[str, SourceYield]
    effective: float
    notes: tuple[str, ...]

    @property
    def total(self) -> float:
        """Normalisation of the draws, sum v P, per collision at epsilon = 1."""
        return float(self.cumulative[-1])

    def by_block(self) -> Floats:
        """Normalisation of the draws by block of mothers."""
        return np.bincount(self.block, self.drawing * self.probability, N_BLOCKS).astype(np.float64)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Draw ``n`` decays: their rays, and lambda at their vertices.

        Rays are drawn from n equal strata, in random order; vertices are stratified too.
        """
        points = (np.arange(n) + rng.random(n)) * (self.total / n)  # ascending: the search is much faster
        found = np.searchsorted(self.cumulative, points, side="right")
        cell = np.minimum(found, len(self.cumulative) - 1)[rng.permutation(n)]
        width = (self.lam_out - self.lam_in).ravel()[cell]
        u = (rng.permutation(n) + rng.random(n)) / n
        depth = -np.log1p(u * np.expm1(-width))
        return cell % len(self.drawing), self.lam_in.ravel()[cell] + np.minimum(depth, width)


def gather(setup: Setup, mass: float, ctau: float, n: int, *, weighted: bool = False) -> Mothers:
    """Make the rays of one point.

    Parameters
    ----------
    setup : Setup
    mass : float
        GeV.
    ctau : float
        Proper decay length, m.
    n : int
        Events wanted: long runs get more rays.
    weighted : bool
        Draw with the mean of all production variations instead of the central weight.
    """
    shared = Shared()
    at = float(np.sqrt(setup.ctau(mass) / ctau))  # coupling that has this lifetime
    sources = setup.sources_at(mass)
    pilots = [aim_source(s, mass, setup, PILOT, 0, shared) for s in sources]
    first = [float((a.flux.weight * decay_probability(a.rays, at)).sum()) for a in pilots]
    share = np.maximum(np.array(first) / max(sum(first), 1e-300), LEAST_SHARE)
    rays = min(max(n // EVENTS_PER_RAY, LEAST_RAYS), MOST_RAYS) * share / share.sum()
    names = tuple(s.name for s in setup.sources)
    parts, yields = [], {}
    for source, wanted in zip(sources, rays, strict=True):
        points = plan_one(source, mass, setup, float(wanted))
        aimed = aim_source(source, mass, setup, points, 1, shared)
        parts.append((names.index(source.name), aimed))
        yields[source.name] = _source_yield(setup, source, mass, points, aimed, at, shared)
    return _join(mass, ctau, at, parts, names, yields, weighted)


def _source_yield(
    setup: Setup, source: Source, mass: float, points: int, aimed: AimedFlux, at: float, shared: Shared
) -> SourceYield:
    flux = shared.flux(source, mass, points, setup.seed, 1)
    low, high = setup.experiment.decay_volume.angular_window()
    window = (flux.theta >= low) & (flux.theta <= high)
    decayed = float((aimed.flux.weight * decay_probability(aimed.rays, at)).sum())
    return SourceYield(
        source.total(mass), float(flux.weight[window].sum()), float(aimed.flux.weight.sum()), decayed
    )


def _join(
    mass: float, ctau: float, at: float, parts: list[tuple[int, AimedFlux]], names: tuple[str, ...],
    yields: Mapping[str, SourceYield], weighted: bool,
) -> Mothers:  # fmt: skip
    """All rays, one source behind the other."""
    aimed = [a for _, a in parts]
    momentum = np.concatenate([a.flux.momentum for a in aimed])
    energy = np.concatenate([a.flux.energy for a in aimed])
    direction = np.concatenate([a.direction for a in aimed], axis=1)
    drawing = np.concatenate([a.rays.weight if weighted else a.flux.weight for a in aimed])
    kinds = dict.fromkeys(("central", *(v for a in aimed for v in a.flux.variations)))
    weights = {v: np.concatenate([a.flux.weights(v) for a in aimed]) for v in kinds}
    probability = np.concatenate([decay_probability(a.rays, at) for a in aimed], axis=1)
    total = probability.sum(axis=0)
    return Mothers(
        parent=np.concatenate([energy[None], direction * momentum]),
        length=momentum / mass * ctau,
        lam_in=np.concatenate([a.rays.lam_in for a in aimed], axis=1) * at**2,
        lam_out=np.concatenate([a.rays.lam_out for a in aimed], axis=1) * at**2,
        drawing=drawing, relative={v: _ratio(w, drawing) for v, w in weights.items()},
        source=np.repeat([k for k, _ in parts], [len(a.length_1) for a in aimed]),
        block=np.concatenate([a.flux.block for a in aimed]),
        probability=total, cumulative=np.cumsum((drawing * probability).ravel()),
        names=names, yields=yields, effective=_effective(aimed, weights["central"] * total),
        notes=tuple(dict.fromkeys(note for a in aimed for note in a.flux.notes)),
    )  # fmt: skip


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0.0))


def _effective(parts: list[AimedFlux], contribution: Floats) -> float:
    """Effective number of mothers; those of different sources are different."""
    first, square = 0, 0.0
    for aimed in parts:
        mine = contribution[first : first + len(aimed.length_1)]
        first += len(aimed.length_1)
        _, mother = np.unique(aimed.flux.mother, return_inverse=True)
        square += float(np.square(np.bincount(mother, mine)).sum())
    return float(contribution.sum()) ** 2 / square if square > 0.0 else 0.0
