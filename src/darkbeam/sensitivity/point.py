"""One mass: from sources and experiment to decay spectra, per source and per variation.

The chain is  source -> flux -> rays through the decay volume -> vertices for all couplings ->
decay products -> acceptance -> spectrum.  Decays at rest are sampled once per mass and shared by all sources
(they do not depend on the production), every random stream is keyed by its task and *not* by the mass, so
neighbouring masses use common random numbers and contours are smooth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.decays import final_state_class, sample_rest
from darkbeam.experiments import accept
from darkbeam.kinematics import boost_from_rest
from darkbeam.rng import stream
from darkbeam.sensitivity.aiming import aim_flux
from darkbeam.sensitivity.couplings import draws_per_coupling, geometric_yield, spread_couplings
from darkbeam.sensitivity.spectrum import DecaySpectrum
from darkbeam.sensitivity.vertices import draw_vertices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.decays import Products
    from darkbeam.experiments import Experiment
    from darkbeam.models import DarkPhoton
    from darkbeam.production.source import Source
    from darkbeam.sensitivity.aiming import AimedFlux
    from darkbeam.sensitivity.vertices import Draws

__all__ = [
    "MassPoint",
    "Setup",
    "accepted_draws",
    "aim_enough",
    "aim_sources",
    "compute_point",
    "visible_decays",
]

CHUNK = 2**14
"""Decays boosted and tested at a time; keeps the working set in the cache."""
MAX_POINTS = 2**18
"""Most points of one source, where few of them cross the volume."""
LEAST_SHARE = 0.03
"""Share of the draws that even a negligible source gets, so that its own number is known."""


@dataclass(frozen=True)
class Setup:
    """Everything that defines the calculation at one mass.

    Attributes
    ----------
    experiment : Experiment
    model : DarkPhoton
    sources : tuple of Source
    collisions : float
        Inelastic collisions of the exposure.
    seed : int
    n_flux : int
        Points asked from each source at first.
    n_draws : int
        Vertices drawn at each mass, all sources together.
    n_decays : int
        Decays at rest sampled at each mass.
    min_rays : int
        Rays through the volume wanted from all sources together.
    """

    experiment: Experiment
    model: DarkPhoton
    sources: tuple[Source, ...]
    collisions: float
    seed: int = 1
    n_flux: int = 2**13
    n_draws: int = 40_000
    n_decays: int = 2**14
    min_rays: int = 20_000

    @property
    def variations(self) -> tuple[str, ...]:
        """Named variations of any source, without ``central``."""
        return tuple(dict.fromkeys(v for s in self.sources for v in s.variation_names))

    def sources_at(self, mass: float) -> tuple[Source, ...]:
        """Sources that produce at this mass."""
        return tuple(s for s in self.sources if s.valid[0] < mass < s.valid[1])


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


def aim_source(source: Source, mass: float, setup: Setup, n: int, chunk: int = 0) -> AimedFlux:
    """Rays through the decay volume out of ``n`` points of one source; ``chunk`` selects the random stream."""
    flux = source.flux(mass, n, stream(setup.seed, f"flux/{source.name}", chunk))
    u = stream(setup.seed, f"azimuth/{source.name}", chunk).random(len(flux.energy))
    return aim_flux(flux, setup.experiment, _ctau(setup.model, mass), u)


@lru_cache(maxsize=64)
def _ctau(model: DarkPhoton, mass: float) -> float:
    """Proper decay length at epsilon = 1, m; every source asks for it."""
    return float(model.ctau(mass))


def aim_enough(
    source: Source, mass: float, setup: Setup, wanted: float, first: AimedFlux | None = None
) -> AimedFlux:
    """Rays of one source, from a sample large enough to have about ``wanted`` of them through the volume."""
    aimed = first or aim_source(source, mass, setup, setup.n_flux)
    hits = len(aimed.length_1)
    if 0 < hits < wanted:
        aimed = aim_source(source, mass, setup, int(min(setup.n_flux * wanted / hits, MAX_POINTS)), chunk=1)
    return aimed


def aim_sources(
    setup: Setup, mass: float
) -> tuple[dict[str, AimedFlux], NDArray[np.float64], dict[str, float]]:
    """Rays of all sources, the couplings of the drawing mixture, and the share of each source in the draws.

    A small sample of every source says which of them matter at any of the couplings; those get as many points as it
    takes to have their share of ``min_rays`` through the volume.
    """
    sources = setup.sources_at(mass)
    aimed = {s.name: aim_source(s, mass, setup, setup.n_flux) for s in sources}
    threshold = setup.experiment.n_events / setup.collisions
    couplings = spread_couplings([a.rays for a in aimed.values()], threshold)
    shares = _shares(aimed, couplings)
    for s in sources:
        wanted = setup.min_rays * shares.get(s.name, 0.0)
        aimed[s.name] = aim_enough(s, mass, setup, wanted, aimed[s.name])
    return aimed, couplings, shares


def _shares(aimed: Mapping[str, AimedFlux], couplings: NDArray[np.float64]) -> dict[str, float]:
    """Largest share of each source in the decays at any coupling, at least LEAST_SHARE."""
    names = [name for name, a in aimed.items() if len(a.length_1)]
    decays = np.array([geometric_yield([aimed[name].rays], couplings) for name in names])
    if not names or not np.any(decays):
        return {}
    share = (decays / np.maximum(decays.sum(axis=0), 1e-300)).max(axis=1)
    return {name: float(max(x, LEAST_SHARE)) for name, x in zip(names, share, strict=True)}


def accepted_draws(
    setup: Setup, aimed: AimedFlux, draws: Draws, decays: Products
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.bool_]]]:
    """Acceptance weight of each draw and the cumulative stages of the selection."""
    flux = aimed.flux
    weights: list[NDArray[np.float64]] = []
    stages: dict[str, list[NDArray[np.bool_]]] = {}
    momentum = flux.momentum
    classes = [final_state_class(name) for name in decays.names]
    for start in range(0, len(draws.ray), CHUNK):
        ray = draws.ray[start : start + CHUNK]
        direction = aimed.direction[:, ray]
        vertex = direction * (draws.lam[start : start + CHUNK] * aimed.length_1[ray])
        parent = np.concatenate([flux.energy[ray][None], direction * momentum[ray]])
        products = decays.take(np.arange(start, start + len(ray)) % len(decays))
        p4 = boost_from_rest(products.p4, parent[:, :, None], flux.mass)
        passed = accept(setup.experiment, vertex, p4, products.pdg, products.channel, classes)
        weights.append(passed.weight * products.weight)
        for name, mask in passed.stages.items():
            stages.setdefault(name, []).append(mask)
    return np.concatenate(weights), {name: np.concatenate(m) for name, m in stages.items()}


def visible_decays(setup: Setup, mass: float) -> tuple[Products | None, float]:
    """Decays at rest into the final states that the experiment counts, and their branching ratio."""
    branching = setup.model.branching(mass)
    states = setup.experiment.final_states
    counted = [c for c, b in branching.items() if b > 0.0 and final_state_class(c) in states]
    visible = float(sum(branching[c] for c in counted))
    if visible <= 0.0:
        return None, 0.0
    # the order of the channels is random, so that it is not correlated with the order of the draws
    return sample_rest(setup.model, mass, setup.n_decays, stream(setup.seed, "decays"), counted), visible


def compute_point(setup: Setup, mass: float) -> MassPoint:
    """Decay spectra of all sources and variations at one mass.

    Parameters
    ----------
    setup : Setup
    mass : float
        GeV.

    Returns
    -------
    MassPoint
    """
    aimed, couplings, shares = aim_sources(setup, mass)
    notes = tuple(dict.fromkeys(note for a in aimed.values() for note in a.flux.notes))
    decays, visible = visible_decays(setup, mass)
    spectra: dict[str, dict[str, DecaySpectrum]] = {}
    mothers = []
    if decays is not None and len(couplings):
        for name, share in shares.items():
            rays = aimed[name]
            n = int(np.ceil(setup.n_draws * share / sum(shares.values())))
            draws = draw_vertices(
                rays.rays, couplings, draws_per_coupling(n), stream(setup.seed, f"vertices/{name}")
            )
            spectra[name], effective = _spectra(setup, rays, draws, decays, visible, couplings)
            mothers.append(effective)
    by_source = {name: s["central"] for name, s in spectra.items()}
    total = _total_by_variation(list(spectra.values()), setup.variations)
    return MassPoint(mass, by_source, total, couplings, _combine_effective(mothers, len(couplings)), notes)


def _total_by_variation(
    spectra: list[dict[str, DecaySpectrum]], variations: tuple[str, ...]
) -> dict[str, DecaySpectrum]:
    """Sum over sources; a variation that no source has at this mass *is* the central spectrum."""
    central = reduce(DecaySpectrum.__add__, (s["central"] for s in spectra), DecaySpectrum.empty())
    total = {"central": central}
    for name in variations:
        if any(name in s for s in spectra):
            parts = (s.get(name, s["central"]) for s in spectra)
            total[name] = reduce(DecaySpectrum.__add__, parts, DecaySpectrum.empty())
        else:
            total[name] = central
    return total


def _spectra(
    setup: Setup,
    aimed: AimedFlux,
    draws: Draws,
    decays: Products,
    visible: float,
    couplings: NDArray[np.float64],
) -> tuple[dict[str, DecaySpectrum], NDArray[np.float64]]:
    """Spectra of one source for all its variations, and sums for the effective number of mothers."""
    accepted, _ = accepted_draws(setup, aimed, draws, decays)
    flux, ray = aimed.flux, draws.ray
    drawn = draws.weight * accepted * (visible * setup.collisions) / aimed.rays.weight[ray]
    central = drawn * flux.weight[ray]
    _, mother = np.unique(flux.mother[ray], return_inverse=True)
    sums = []
    for e in couplings:
        per_mother = np.bincount(mother, central * np.exp(-e * e * draws.lam))
        sums.append((per_mother.sum(), np.square(per_mother).sum()))
    return fill_variations(aimed, draws, drawn), np.array(sums).T


def fill_variations(aimed: AimedFlux, draws: Draws, weight: NDArray[np.float64]) -> dict[str, DecaySpectrum]:
    """Spectra of the central value and of every variation; ``weight`` is per unit of production weight."""
    flux, ray = aimed.flux, draws.ray
    names = ("central", *flux.variations)
    return {v: DecaySpectrum.fill(draws.lam, weight * flux.weights(v)[ray], flux.block[ray]) for v in names}


def _combine_effective(sums: list[NDArray[np.float64]], n_couplings: int) -> NDArray[np.float64]:
    """(sum of contributions)^2 / sum of squares, over mothers of all sources."""
    if not sums:
        return np.zeros(n_couplings)
    first, second = np.sum(sums, axis=0)
    return np.asarray(np.where(second > 0.0, first * first / np.maximum(second, 1e-300), 0.0))
