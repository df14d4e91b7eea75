"""Fixtures of this folder: a toy experiment and toy decays."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from darkbeam.constants import M_E, M_K0, M_MU, M_N, M_P, M_PI
from darkbeam.experiments import experiment_from_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.experiments import Experiment

MASS = {11: M_E, 13: M_MU, 211: M_PI, 2212: M_P, 22: 0.0, 130: M_K0, 2112: M_N, 12: 0.0, 0: 0.0}
Z_PLANE = {"z_m": 30.0, "section": "rectangle", "width_m": 2.0, "height_m": 2.0}
CARD: dict[str, Any] = {
    "name": "Toy",
    "title": "Box of 2 x 2 x 10 m from z = 10 m",
    "status": "study",
    "citations": ["none"],
    "facility": "SPS",
    "exposure": {"pot": 1.0},
    "decay_volume": {"shape": "box", "z_min_m": 10.0, "length_m": 10.0, "dx_m": 2.0, "dy_m": 2.0},
    "detector": {"is_decay_volume": False, "has_ecal": True, "planes": [Z_PLANE]},
    "selection": {"final_states": "all", "required_products": 2},
    "efficiency": {"ee": 1.0, "mumu": 1.0, "tautau": 1.0, "hadrons": 1.0},
    "statistics": {"n_events_threshold": 2.3},
}


def _toy_card(**tables: Any) -> dict[str, Any]:
    """Toy card with keys of its tables changed; a key ``...`` is taken out."""
    card = copy.deepcopy(CARD)
    for name, changes in tables.items():
        card[name] = copy.deepcopy(card.get(name, {}))
        for key, value in changes.items():
            if value is ...:
                card[name].pop(key, None)
            else:
                card[name][key] = value
    return card


def _toy(**tables: Any) -> Experiment:
    """Experiment of `_toy_card`."""
    return experiment_from_card(_toy_card(**tables))


def _toy_decays(
    n: int, rng: np.random.Generator, spread: float = 0.05, products: int = 4
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Decays in the toy's box: vertex (3, n), p4 (4, n, k), pdg (n, k), class (n,)."""
    vertex = np.stack([*rng.uniform(-1.0, 1.0, (2, n)), rng.uniform(10.0, 20.0, n)])
    pdg = rng.choice([11, -11, 13, -13, 211, -211, 22, 130, 2112, 12, 0], (n, products))
    mass = np.vectorize(lambda i: MASS[abs(i)])(pdg)
    size = np.exp(rng.uniform(np.log(0.3), np.log(60.0), (n, products)))
    axis = np.array([0.0, 0.0, 1.0])[:, None, None]
    p = size * (axis + spread * rng.normal(size=(3, n, products)))
    p4 = np.concatenate([np.sqrt((p**2).sum(axis=0) + mass**2)[None], p])
    return vertex, np.where(pdg == 0, 0.0, p4), pdg, rng.integers(0, 4, n)


@pytest.fixture(scope="session")
def toy_card() -> Callable[..., dict[str, Any]]:
    """Make the card of a toy experiment with keys of its tables changed."""
    return _toy_card


@pytest.fixture(scope="session")
def toy() -> Callable[..., Experiment]:
    """Make a toy experiment with keys of its tables changed."""
    return _toy


@pytest.fixture(scope="session")
def toy_decays() -> Callable[..., tuple[np.ndarray, ...]]:
    """Draw decays in the toy's box."""
    return _toy_decays
