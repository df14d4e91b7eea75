"""From drawn vertices to accepted decays."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.decays import final_state_class
from darkbeam.experiments import CHANNEL_CLASSES, accept
from darkbeam.kinematics import boost_from_rest
from darkbeam.rng import stream
from darkbeam.sensitivity.shared import Shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.decays import Products
    from darkbeam.sensitivity.aiming import AimedFlux
    from darkbeam.sensitivity.setup import Setup
    from darkbeam.sensitivity.vertices import Draws

__all__ = ["accepted_draws", "visible_decays"]

CHUNK = 2**14
"""Decays boosted and tested at a time; keeps the working set in the cache."""


def visible_decays(setup: Setup, mass: float, shared: Shared | None = None) -> tuple[Products | None, float]:
    """Decays at rest into the final states that the experiment counts, and their branching ratio."""
    branching = setup.branching(mass)
    states = setup.experiment.final_states
    counted = [c for c, b in branching.items() if b > 0.0 and final_state_class(c) in states]
    visible = float(sum(branching[c] for c in counted))
    if visible <= 0.0:
        return None, 0.0
    return (shared or Shared()).decays(setup, mass, counted), visible


def accepted_draws(
    setup: Setup, aimed: AimedFlux, draws: Draws, decays: Products, used: NDArray[np.int64]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.bool_]]]:
    """Acceptance of each draw.

    Parameters
    ----------
    setup : Setup
    aimed : AimedFlux
    draws : Draws
        m of them.
    decays : Products
        At rest.
    used : array of int, shape (m,)
        Decay of each draw.

    Returns
    -------
    weight : array, shape (m,)
        Efficiency where the decay passes, times the weight of the decay.
    stages : dict of str to array of bool, shape (m,)
        Draws that pass up to and including each stage of the selection.
    """
    # channels that no card counts are in no decay; their class only has to be one that exists
    found = [final_state_class(name) for name in decays.names]
    classes = [c if c in CHANNEL_CLASSES else CHANNEL_CLASSES[-1] for c in found]
    smear = stream(setup.seed, "smearing") if setup.smearing else None
    size = np.count_nonzero(decays.pdg, axis=1)[used]
    weight = np.zeros(len(draws.ray))
    stages: dict[str, NDArray[np.bool_]] = {}
    # most decays have two products: taken apart, they do not drag the padding of the others along
    for low, high in pairwise((0, 2, 4, int(max(size.max(initial=0), 5)))):
        group = np.flatnonzero((size > low) & (size <= high))
        for start in range(0, len(group), CHUNK):
            part = group[start : start + CHUNK]
            vertex, p4, products = _decay_in_flight(aimed, draws, part, decays.take(used[part], high))
            passed = accept(
                setup.experiment, vertex, p4, products.pdg, products.channel, classes, smear=smear
            )
            weight[part] = passed.weight * products.weight
            for name, mask in passed.stages.items():
                stages.setdefault(name, np.zeros(len(weight), dtype=np.bool_))[part] = mask
    return weight, stages


def _decay_in_flight(
    aimed: AimedFlux, draws: Draws, part: NDArray[np.int64], products: Products
) -> tuple[NDArray[np.float64], NDArray[np.float64], Products]:
    """Vertices (3, m) and lab momenta (4, m, k) of the products of some draws."""
    flux, ray = aimed.flux, draws.ray[part]
    direction, energy = aimed.direction[:, ray], flux.energy[ray]
    vertex = direction * (draws.lam[part] * aimed.length_1[ray])
    momentum = np.sqrt((energy - flux.mass) * (energy + flux.mass))
    parent = np.concatenate([energy[None], direction * momentum])
    return vertex, boost_from_rest(products.p4, parent[:, :, None], flux.mass), products
