"""One mass: from sources and experiment to decay spectra, per source and per variation.

The chain is  source -> flux -> rays through the decay volume -> vertices for all couplings ->
decay products -> acceptance -> spectrum.  Decays at rest are sampled once per mass and shared by all sources
(they do not depend on the production), every random stream is keyed by its task and *not* by the mass, so
neighbouring masses use common random numbers and contours are smooth.

Sampling goes in rounds, each a full estimate with fresh mothers; the spectra of the rounds are averaged until the
lower edge is known to the wanted precision, or until a round no longer helps because the stored meson sample, which all
rounds share, dominates the error; and for some rounds more where the upper edge rests on few mothers and they may
still become enough.  A source that makes less than a hundredth of the decays at every coupling is sampled once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.rng import stream
from darkbeam.sensitivity.contour import Curve, intervals
from darkbeam.sensitivity.passing import accepted_draws, visible_decays
from darkbeam.sensitivity.plan import aim_source, make_plan
from darkbeam.sensitivity.shared import Shared
from darkbeam.sensitivity.spectrum import DecaySpectrum
from darkbeam.sensitivity.vertices import draw_vertices
from darkbeam.sensitivity.widths import width_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.decays import Products
    from darkbeam.sensitivity.aiming import AimedFlux
    from darkbeam.sensitivity.plan import Plan
    from darkbeam.sensitivity.setup import Setup
    from darkbeam.sensitivity.vertices import Draws

__all__ = ["MassPoint", "compute_point", "fill_variations", "fill_widths"]

FEW_DECAYS = 2**11
"""Decays at rest where the largest N is only reported: it is made of few draws there."""
MAX_ROUNDS = 3
"""Rounds for the precision of the lower edge."""
MOST_ROUNDS = 8
"""Rounds where the upper edge rests on few mothers."""
DOUBT = 2.0
"""Factor by which the first rounds may underestimate the mothers of the upper edge."""
WORTHWHILE = 0.9
"""A further round is made only if the last one brought the error below this part of what it was."""


@dataclass(frozen=True)
class MassPoint:
    """Decay spectra at one mass, scaled to the exposure.

    Attributes
    ----------
    mass : float
        GeV.
    by_source : mapping
        Central spectrum of each source.
    by_variation : mapping
        Sum over sources for ``central`` and each variation.
    couplings, n_effective : arrays, shape (K,)
        Effective number of mothers behind the central N at each of the couplings used for drawing.
    notes : tuple of str
    """

    mass: float
    by_source: Mapping[str, DecaySpectrum]
    by_variation: Mapping[str, DecaySpectrum]
    couplings: NDArray[np.float64]
    n_effective: NDArray[np.float64]
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class _Round:
    """Spectra by source and variation, sums over mothers (2, K), notes of the sources."""

    spectra: dict[str, dict[str, DecaySpectrum]]
    sums: NDArray[np.float64]
    notes: tuple[str, ...]


def compute_point(setup: Setup, mass: float, shared: Shared | None = None) -> MassPoint:
    """Decay spectra of all sources and variations at one mass.

    Parameters
    ----------
    setup : Setup
    mass : float
        GeV.
    shared : Shared, optional
        Fluxes and decays of other experiments at this mass; changes the time, not the result.

    Returns
    -------
    MassPoint
    """
    shared = shared or Shared()
    plan = make_plan(setup, mass, shared)
    if plan.hopeless:
        setup = replace(setup, n_decays=min(setup.n_decays, FEW_DECAYS))
    # without a ray there is nothing to decay
    decays, visible = visible_decays(setup, mass, shared) if plan.sources else (None, 0.0)
    rounds: list[_Round] = []
    error = np.inf
    while len(rounds) < MOST_ROUNDS and decays is not None:
        rounds.append(_sample(setup, mass, plan, decays, visible, len(rounds), shared))
        before = error
        error, mothers = _edge_quality(rounds, setup.experiment.n_events, plan.couplings)
        helps = WORTHWHILE * before > error > setup.precision and len(rounds) < MAX_ROUNDS
        if not helps and not _few_but_growing(mothers, len(rounds), setup.min_mothers):
            break
    return _average(mass, rounds, setup.variations, plan)


def _few_but_growing(mothers: float, rounds: int, wanted: float) -> bool:
    """Whether the upper edge has too few mothers, and further rounds may still give it enough."""
    # after a round or two the number itself is not well known
    hope = MOST_ROUNDS * (DOUBT if rounds < MAX_ROUNDS else 1.0)
    return mothers < wanted and mothers * hope >= wanted * rounds


def _sample(
    setup: Setup, mass: float, plan: Plan, decays: Products, visible: float, number: int, shared: Shared
) -> _Round:
    """One full estimate, with mothers and vertices of its own."""
    spectra: dict[str, dict[str, DecaySpectrum]] = {}
    sums = np.zeros((2, len(plan.couplings)))
    notes: list[str] = []
    for part in plan.sources:
        if number and part.negligible:
            continue
        name = part.source.name
        aimed = aim_source(part.source, mass, setup, part.n_points, number + 1, shared)
        draws = draw_vertices(
            aimed.rays, plan.couplings, part.counts, stream(setup.seed, f"vertices/{name}", number)
        )
        used = (np.arange(len(draws.ray)) + number * int(part.counts.sum())) % len(decays)
        accepted, _ = accepted_draws(setup, aimed, draws, decays, used)
        drawn = draws.weight * accepted * (visible * setup.collisions) / aimed.rays.weight[draws.ray]
        spectra[name] = fill_variations(aimed, draws, drawn)
        spectra[name] |= fill_widths(setup, mass, aimed, draws, drawn, decays.channel[used])
        sums += _mother_sums(aimed, draws, drawn, plan.couplings)
        notes += aimed.flux.notes
    return _Round(spectra, sums, tuple(dict.fromkeys(notes)))


def fill_variations(aimed: AimedFlux, draws: Draws, weight: NDArray[np.float64]) -> dict[str, DecaySpectrum]:
    """Spectra of the central value and of every variation; ``weight`` is per unit of production weight."""
    flux, ray = aimed.flux, draws.ray
    weights = {name: weight * flux.weights(name)[ray] for name in ("central", *flux.variations)}
    return DecaySpectrum.fill_each(draws.lam, weights, flux.block[ray])


def fill_widths(
    setup: Setup,
    mass: float,
    aimed: AimedFlux,
    draws: Draws,
    weight: NDArray[np.float64],
    channel: NDArray[np.int64],
) -> dict[str, DecaySpectrum]:
    """Spectra with another decay width; ``channel`` is that of each draw, in the order of the model's channels."""
    central, block = weight * aimed.flux.weight[draws.ray], aimed.flux.block[draws.ray]
    return {
        change.name: DecaySpectrum.fill(draws.lam * change.scale, central * change.ratio[channel], block)
        for change in width_changes(setup.model, mass, setup.widths)
    }


def _mother_sums(
    aimed: AimedFlux, draws: Draws, weight: NDArray[np.float64], couplings: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum and sum of squares, over mothers, of their contributions to N at each coupling."""
    central = weight * aimed.flux.weight[draws.ray]
    # numbered anew: only few of the mothers of a narrow volume have a ray
    mother = np.unique(aimed.flux.mother, return_inverse=True)[1][draws.ray]
    each = [np.bincount(mother, central * np.exp(-e * e * draws.lam)) for e in couplings]
    return np.array([[x.sum() for x in each], [np.square(x).sum() for x in each]])


def _effective(rounds: list[_Round], n_couplings: int) -> NDArray[np.float64]:
    """Effective number of mothers at each coupling: (sum of contributions)^2 / sum of squares."""
    first, second = np.sum([r.sums for r in rounds], axis=0) if rounds else np.zeros((2, n_couplings))
    return np.asarray(np.where(second > 0.0, first * first / np.maximum(second, 1e-300), 0.0))


def _edge_quality(
    rounds: list[_Round], threshold: float, couplings: NDArray[np.float64]
) -> tuple[float, float]:
    """Relative error of epsilon on the lower edge, and effective mothers at the upper one; (0, inf) without edges."""
    names = dict.fromkeys(n for r in rounds for n in r.spectra)
    total = DecaySpectrum.sum([_mean(rounds, n, "central") for n in names])
    found = intervals(Curve.of(total, threshold), threshold)
    if not found:
        return 0.0, np.inf
    mothers = np.maximum(_effective(rounds, len(couplings)), 1e-9)
    at_upper = np.interp(np.log(found[-1].upper.epsilon), np.log(couplings), np.log(mothers))
    return found[0].lower.error, float(np.exp(at_upper))


def _mean(rounds: list[_Round], name: str, variation: str) -> DecaySpectrum:
    """Mean of one source over the rounds that have it."""
    own = [r.spectra[name] for r in rounds if name in r.spectra]
    mean = DecaySpectrum.sum([s.get(variation, s["central"]) for s in own])
    return mean if len(own) == 1 else mean * (1.0 / len(own))


def _average(mass: float, rounds: list[_Round], variations: tuple[str, ...], plan: Plan) -> MassPoint:
    """Mean over rounds; a variation that no source has at this mass *is* the central spectrum."""
    names = tuple(dict.fromkeys(n for r in rounds for n in r.spectra))
    by_source = {n: _mean(rounds, n, "central") for n in names}
    by_variation = {"central": DecaySpectrum.sum(list(by_source.values()))}
    # sources that a variation leaves alone are added up once for all variations that leave the same ones alone
    unchanged: dict[tuple[str, ...], DecaySpectrum] = {}
    for v in variations:
        changed = [n for n in names if any(v in r.spectra.get(n, ()) for r in rounds)]
        rest = tuple(n for n in names if n not in changed)
        if not changed:
            by_variation[v] = by_variation["central"]
            continue
        if rest not in unchanged:
            unchanged[rest] = DecaySpectrum.sum([by_source[n] for n in rest])
        by_variation[v] = DecaySpectrum.sum([unchanged[rest], *(_mean(rounds, n, v) for n in changed)])
    effective = _effective(rounds, len(plan.couplings))
    notes = tuple(dict.fromkeys(note for r in rounds for note in r.notes))
    return MassPoint(mass, by_source, by_variation, plan.couplings, effective, notes)
