"""Random events that are consistent (momentum, links, vertices), made with plain loops.

Three topologies in turn: e+ e-; pi+ pi- pi0 with pi0 -> gamma gamma at the same point; K_S K_L with K_S -> pi+ pi- in
flight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from darkbeam.events import Events

M_PI, M_PI0, M_K, M_E = 0.13957039, 0.1349768, 0.497611, 0.00051099895
CHANNELS = ("e+e-", "mu+mu-", "pi+pi-pi0", "KSKL")
SOURCES = ("bremsstrahlung", "meson:pi0", "mixing")
MakeEvents = Callable[..., Events]


def boost(p: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Boost (E, p) from the rest frame of the momentum ``frame``."""
    m = np.sqrt(frame[0] ** 2 - frame[1:] @ frame[1:])
    along = frame[1:] @ p[1:]
    energy = (frame[0] * p[0] + along) / m
    return np.array([energy, *(p[1:] + frame[1:] * (p[0] + energy) / (frame[0] + m))])


def two_body(frame: np.ndarray, m1: float, m2: float, rng: np.random.Generator) -> list[np.ndarray]:
    m = np.sqrt(frame[0] ** 2 - frame[1:] @ frame[1:])
    k = np.sqrt((m**2 - (m1 + m2) ** 2) * (m**2 - (m1 - m2) ** 2)) / (2 * m)
    cos, phi = rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
    sin = np.sqrt(1 - cos**2)
    n = k * np.array([sin * np.cos(phi), sin * np.sin(phi), cos])
    return [boost(np.array([np.hypot(k, m1), *n]), frame), boost(np.array([np.hypot(k, m2), *-n]), frame)]


def decay(kind: int, frame: np.ndarray, start: np.ndarray, rng: np.random.Generator) -> list[tuple]:
    """Particles as (pdg, status, mother, p4, start with c t in front)."""
    if kind == 0:
        a, b = two_body(frame, M_E, M_E, rng)
        return [(11, 1, -1, a, start), (-11, 1, -1, b, start)]
    if kind == 1:
        mass = np.sqrt(frame[0] ** 2 - frame[1:] @ frame[1:])
        pair = rng.uniform(2 * M_PI, mass - M_PI0)
        pi0, rest = two_body(frame, M_PI0, pair, rng)
        a, b = two_body(rest, M_PI, M_PI, rng)
        g, h = two_body(pi0, 0.0, 0.0, rng)
        return [
            (211, 1, -1, a, start), (111, 2, -1, pi0, start), (22, 1, 1, g, start), (22, 1, 1, h, start),
            (-211, 1, -1, b, start),
        ]  # fmt: skip
    short, long = two_body(frame, M_K, M_K, rng)
    stop = start + rng.exponential(0.02684) * short / M_K
    a, b = two_body(short, M_PI, M_PI, rng)
    return [
        (310, 2, -1, short, start),
        (130, 1, -1, long, start),
        (211, 1, 0, a, stop),
        (-211, 1, 0, b, stop),
    ]


def build(
    n: int = 30, seed: int = 1, first: int = 0, mass: float = 1.2, kinds: tuple[int, ...] = (0, 1, 2)
) -> Events:
    """``n`` events numbered from ``first``, with weights and three variations."""
    rng = np.random.default_rng([seed, first])
    rows, sizes, parents, production, stops = [], [], [], [], []
    for i in range(n):
        p = rng.uniform(20, 200) * np.array([rng.normal(0, 0.01), rng.normal(0, 0.01), 1.0])
        parent = np.array([np.sqrt(mass**2 + p @ p), *p])
        origin = np.array([0.0, *rng.normal(0, 0.005, 2), rng.uniform(0, 0.5)])
        stop = origin + rng.uniform(33, 80) * parent / parent[3]
        event = decay(kinds[i % len(kinds)], parent, stop, rng)
        rows += event
        sizes.append(len(event))
        parents.append(parent)
        production.append(origin)
        stops.append(stop)
    weight = rng.uniform(0.5, 1.5, n)
    channel = np.array([(0, 2, 3)[kinds[i % len(kinds)]] for i in range(n)], dtype=np.int64)
    starts = np.array([row[4] for row in rows]).T
    stops_array = np.array(stops).T
    return Events(
        number=np.arange(first, first + n),
        weight=weight,
        variations={
            "brem-lower": 0.7 * weight, "brem-upper": 1.4 * weight, "scale <2>": weight * rng.uniform(0.9, 1.1, n)
        },
        mass=np.full(n, mass), epsilon=np.full(n, 1e-6), ctau=np.full(n, 12.5),
        source=rng.integers(0, len(SOURCES), n), channel=channel, source_names=SOURCES, channel_names=CHANNELS,
        parent=np.array(parents).T.copy(), production=np.array(production).T[1:].copy(), decay=stops_array[1:].copy(),
        decay_time=stops_array[0].copy(), probability=rng.uniform(1e-5, 1e-3, n), passed=rng.random(n) < 0.5,
        offset=np.concatenate([[0], np.cumsum(sizes)]),
        pdg=np.array([row[0] for row in rows]), status=np.array([row[1] for row in rows]),
        mother=np.array([row[2] for row in rows]), p4=np.array([row[3] for row in rows]).T.copy(),
        vertex=starts[1:].copy(), time=starts[0].copy(), card=CARD,
    )  # fmt: skip


CARD = {"darkbeam": "0.1.0", "experiment": {"name": "SHiP"}, "mass_GeV": 1.2, "epsilon": 1e-6, "seed": 1}


@pytest.fixture(scope="session")
def make_events() -> MakeEvents:
    """The function that makes random events."""
    return build


@pytest.fixture(scope="session")
def events(make_events: MakeEvents) -> Events:
    """Thirty random events."""
    return make_events()


@pytest.fixture
def card() -> dict:
    """Card of the events."""
    return dict(CARD)
