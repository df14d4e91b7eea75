"""Expected events at one mass and coupling, with their error, by channel, and the cut flow."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.rng import stream
from darkbeam.sensitivity.api import prepare
from darkbeam.sensitivity.options import Options, variation_name
from darkbeam.sensitivity.passing import accepted_draws, visible_decays
from darkbeam.sensitivity.plan import aim_source, plan_one
from darkbeam.sensitivity.point import fill_variations, fill_widths
from darkbeam.sensitivity.spectrum import DecaySpectrum
from darkbeam.sensitivity.vertices import SMALLEST, decay_probability, draw_vertices, too_few

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.decays import Products
    from darkbeam.experiments import Experiment
    from darkbeam.production import Source
    from darkbeam.sensitivity.aiming import AimedFlux
    from darkbeam.sensitivity.setup import Setup

__all__ = ["Rate", "SourceRate", "rate"]

SPREAD = np.array([0.8, 1.0, 1.25])
"""Couplings of the drawing mixture relative to the requested one."""
EFFORT = 4
"""Sample size relative to one round of a scan, for every source."""


@dataclass(frozen=True)
class SourceRate:
    """Events of one source: number, its error, the same by decay class, and what is left after each step.

    With `below_range` the number is too small to compute, and counted as 0.
    """

    events: float
    error: float
    by_decay: dict[str, float]
    cut_flow: dict[str, float]
    n_effective: float
    below_range: bool = False


@dataclass(frozen=True)
class Rate:
    """Expected events at one point.

    Attributes
    ----------
    experiment : str
    mass_GeV, epsilon, ctau_m : float
    events, error : float
        Expected events of the exposure and their statistical error.
    by_source : dict of str to SourceRate
    by_decay : dict of str to float
        Events by decay channel.
    cut_flow : dict of str to float
        Expected dark photons left after each step: produced, aimed at the decay volume, decayed inside it,
        decayed into a counted final state, and each cut.
    variations : dict of str to float
        Expected events of each named variation.
    card : dict
    seconds : float
    """

    experiment: str
    mass_GeV: float
    epsilon: float
    ctau_m: float
    events: float
    error: float
    by_source: dict[str, SourceRate]
    by_decay: dict[str, float]
    cut_flow: dict[str, float]
    variations: dict[str, float]
    card: dict[str, Any]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable form."""
        plain = {k: getattr(self, k) for k in self.__dataclass_fields__ if k != "by_source"}
        sources = {name: vars(s) for name, s in self.by_source.items()}
        return {**plain, "by_source": sources, "seconds": round(self.seconds, 3)}


def rate(
    experiment: str | Path | Experiment,
    mass: float,
    epsilon: float,
    *,
    pot: float | None = None,
    lumi_fb: float | None = None,
    options: Options | None = None,
    **choices: Any,  # fields of Options
) -> Rate:
    """Expected events at one mass and coupling.

    Parameters
    ----------
    experiment : str, path or Experiment
    mass : float
        GeV.
    epsilon : float
        Kinetic mixing.
    pot, lumi_fb : float, optional
        Exposure instead of the card's.
    options, **choices
        As for `darkbeam.reach`.

    Returns
    -------
    Rate

    Raises
    ------
    MassRangeError
        If no requested source produces at this mass.
    ValueRangeError
        If epsilon is not between 0 and 1, or so few dark photons decay in the volume that floating-point
        numbers cannot hold the expected events.
    """
    if not 0.0 < epsilon < 1.0:
        raise ValueRangeError(f"--epsilon {epsilon:g} is outside 0 < epsilon < 1")
    if not 0.0 < mass < np.inf:
        raise MassRangeError(f"--mass {mass:g} GeV is not a positive mass")
    chosen = replace(options or Options(), **choices)
    chosen = replace(chosen, masses=(mass, mass * 1.0001, 2))
    start = time.perf_counter()
    exp, setup, card = prepare(experiment, chosen, pot=pot, lumi_fb=lumi_fb)
    sources = setup.sources_at(mass)
    if not sources:
        spans = ", ".join(f"{s.name} {s.valid[0]:.3g}-{s.valid[1]:.3g}" for s in setup.sources)
        raise MassRangeError(f"no source produces at {mass:g} GeV; valid (GeV): {spans}")
    decays, visible = visible_decays(setup, mass)
    parts = {s.name: _source_rate(setup, s, mass, epsilon, decays, visible) for s in sources}
    spectra = [p[1] for p in parts.values()]
    by_source = {name: p[0] for name, p in parts.items()}
    ctau = float(setup.model.ctau(mass)) / epsilon**2
    if any(s.below_range for s in by_source.values()) and not any(s.events > 0.0 for s in by_source.values()):
        raise too_few(exp.name, mass, epsilon, ctau)
    total = {
        v: float(sum(s.get(v, s["central"]).events(epsilon)[0] for s in spectra))
        for v in ("central", *setup.variations)
    }
    error = float(np.sqrt(sum(s.error**2 for s in by_source.values())))
    shown = variation_name(chosen, setup)
    return Rate(
        exp.name, mass, epsilon, ctau, total[shown], error, by_source,
        _sum_dicts([s.by_decay for s in by_source.values()]),
        _sum_dicts([s.cut_flow for s in by_source.values()]), total, card, time.perf_counter() - start,
    )  # fmt: skip


def _sum_dicts(parts: list[dict[str, float]]) -> dict[str, float]:
    """Sum by key, in the order of first appearance."""
    names = dict.fromkeys(k for p in parts for k in p)
    return {k: float(sum(p.get(k, 0.0) for p in parts)) for k in names}


def _source_rate(
    setup: Setup, source: Source, mass: float, epsilon: float, decays: Products | None, visible: float
) -> tuple[SourceRate, dict[str, DecaySpectrum]]:
    """Events and cut flow of one source, and its spectra."""
    aimed = aim_source(source, mass, setup, plan_one(source, mass, setup, EFFORT * setup.n_rays), 1)
    e2n = epsilon**2 * setup.collisions
    decayed = (aimed.flux.weight * decay_probability(aimed.rays, epsilon)).sum()
    flow = {
        "produced": e2n * source.total(mass),
        "aimed at the decay volume": e2n * float(aimed.flux.weight.sum()),
        "decayed in the volume": e2n * float(decayed),
        "into a counted final state": e2n * float(decayed) * visible,
    }
    if decays is None or e2n * decayed < SMALLEST:
        lost = decays is not None and bool(aimed.flux.weight.any())
        return SourceRate(0.0, 0.0, {}, flow, 0.0, lost), {"central": DecaySpectrum.empty()}
    counts = np.full(len(SPREAD), EFFORT * setup.n_draws // len(SPREAD) + 1)
    draws = draw_vertices(aimed.rays, epsilon * SPREAD, counts, stream(setup.seed, f"vertices/{source.name}"))
    used = np.arange(len(draws.ray)) % len(decays)
    passed, stages = accepted_draws(setup, aimed, draws, decays, used)
    unit = draws.weight * (visible * setup.collisions) / aimed.rays.weight[draws.ray]
    at_eps = unit * aimed.flux.weight[draws.ray] * epsilon**4 * np.exp(-(epsilon**2) * draws.lam)
    for name, mask in stages.items():
        flow[name] = float((at_eps * decays.weight[used])[mask].sum())
    flow["efficiency"] = float((at_eps * passed).sum())
    spectra = fill_variations(aimed, draws, unit * passed)
    spectra |= fill_widths(setup, mass, aimed, draws, unit * passed, decays.channel[used])
    by_decay = np.bincount(decays.channel[used], at_eps * passed, len(decays.names))
    kept = {n: float(x) for n, x in zip(decays.names, by_decay, strict=True) if x > 0.0}
    error = float(spectra["central"].events_error(epsilon)[0])
    effective = _effective(aimed, draws.ray, at_eps * passed)
    return SourceRate(flow["efficiency"], error, kept, flow, effective), spectra


def _effective(aimed: AimedFlux, ray: NDArray[np.int64], weight: NDArray[np.float64]) -> float:
    """Effective number of mothers."""
    _, mother = np.unique(aimed.flux.mother[ray], return_inverse=True)
    per_mother = np.bincount(mother, weight)
    square = float(np.square(per_mother).sum())
    return float(per_mother.sum()) ** 2 / square if square > 0.0 else 0.0
