"""What to sample at one mass: couplings, points and draws for each source.

A small pilot flux of every source says which couplings matter (`darkbeam.sensitivity.couplings`), how the
sources share the decays at each of them, and which part of their points crosses the volume.  Draws are dealt out
in these shares, so that mesons get them at the lower edge where they dominate, and bremsstrahlung at the upper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.rng import stream
from darkbeam.sensitivity.aiming import aim_flux
from darkbeam.sensitivity.couplings import draw_shares, geometric_yield, spread_couplings
from darkbeam.sensitivity.shared import Shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.production import Source
    from darkbeam.sensitivity.aiming import AimedFlux
    from darkbeam.sensitivity.setup import Setup

__all__ = ["Plan", "SourcePlan", "aim_source", "make_plan", "plan_one"]

PILOT = 2**12
"""Points of the pilot flux of each source."""
MAX_POINTS = 2**18
"""Most points of one source in a round, where few of them cross the volume."""
MIN_POINTS = 2**10
LEAST_SHARE = 0.01
"""Share of the draws at each coupling that even a negligible source gets, so that its own number is known."""
EDGE_SHARE = 0.35
"""Share of the rays of a source that dominates one edge only."""
HOPELESS = 0.3
"""Where even full acceptance gives less than this part of the threshold in every variation, few draws are enough."""
FEW = 0.1
"""Part of the draws and rays that are made there: the largest N is only reported."""


@dataclass(frozen=True)
class SourcePlan:
    """Points of the flux, and vertices to draw at each coupling, in each round.

    ``negligible`` sources never make `LEAST_SHARE` of the decays; one round of them is enough.
    """

    source: Source
    n_points: int
    counts: NDArray[np.int64]
    negligible: bool = False


@dataclass(frozen=True)
class Plan:
    """Couplings of the drawing mixture and the plan of each source that can reach the volume.

    ``hopeless`` where nothing can come near the threshold.
    """

    couplings: NDArray[np.float64]
    sources: tuple[SourcePlan, ...]
    hopeless: bool = False


def aim_source(
    source: Source, mass: float, setup: Setup, n: int, chunk: int, shared: Shared | None = None
) -> AimedFlux:
    """Rays through the decay volume out of ``n`` points of one source; ``chunk`` selects the random stream."""
    flux = (shared or Shared()).flux(source, mass, n, setup.seed, chunk)
    u = stream(setup.seed, f"azimuth/{source.name}", chunk).random(len(flux.energy))
    return aim_flux(flux, setup.experiment, setup.ctau(mass), u)


def _points(hits: int, wanted: float) -> int:
    """Points that give about ``wanted`` rays, judged by the pilot.

    The nearest power of two: experiments that need about as many can then share a flux.
    """
    if not hits:
        return PILOT
    return int(2 ** round(np.log2(min(max(PILOT * wanted / hits, MIN_POINTS), MAX_POINTS))))


def plan_one(source: Source, mass: float, setup: Setup, wanted: float) -> int:
    """Points of one source that give about ``wanted`` rays."""
    return _points(len(aim_source(source, mass, setup, PILOT, 0).length_1), wanted)


def _hopeless(setup: Setup, pilots: list[AimedFlux], most: float, threshold: float) -> bool:
    """Whether nothing can come near the threshold."""
    central = sum(float(a.flux.weight.sum()) for a in pilots)
    largest = max(
        (sum(float(a.flux.weights(v).sum()) for a in pilots) for v in setup.variations), default=central
    )
    return bool(most * max(largest / central, 1.0) < HOPELESS * threshold)


def make_plan(setup: Setup, mass: float, shared: Shared | None = None) -> Plan:
    """Plan the sampling at one mass."""
    sources = setup.sources_at(mass)
    pilots = [aim_source(s, mass, setup, PILOT, 0, shared) for s in sources]
    threshold = setup.experiment.n_events / setup.collisions
    couplings = spread_couplings([a.rays for a in pilots], threshold)
    reaching = [(s, a) for s, a in zip(sources, pilots, strict=True) if len(a.length_1)]
    if not reaching or not len(couplings):
        return Plan(couplings, ())
    decays = np.array([geometric_yield([a.rays], couplings) for _, a in reaching])
    fraction = decays / np.maximum(decays.sum(axis=0), 1e-300)
    part = np.maximum(fraction, LEAST_SHARE) * draw_shares()
    part /= part.sum()
    hopeless = _hopeless(setup, pilots, float(decays.sum(axis=0).max()), threshold)
    part *= FEW if hopeless else 1.0
    # an edge that few draws decide still needs mothers to draw from
    edge = EDGE_SHARE * part.sum() * fraction.max(axis=1)
    rays = np.maximum(part.sum(axis=1), edge) * setup.n_rays
    counts = np.ceil(setup.n_draws * part).astype(np.int64)
    plans = [
        SourcePlan(s, _points(len(a.length_1), float(r)), c, bool(f < LEAST_SHARE))
        for (s, a), r, c, f in zip(reaching, rays, counts, fraction.max(axis=1), strict=True)
    ]
    return Plan(couplings, tuple(plans), hopeless)
