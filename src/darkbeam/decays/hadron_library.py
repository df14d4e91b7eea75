r"""Shipped library of hadronised decays at rest, and the sampler of the channel "quarks" from it.

The library holds decays of every pool of `darkbeam.decays.hadronisation` at mass nodes m_1 < m_2 < ... .  At a mass
between two nodes a decay comes from the upper one with probability ln(m/m_k)/ln(m_{k+1}/m_k), from the lower
one otherwise: means are linear in ln m.  Decays whose hadrons are heavier than the mass are left out; below
the first node of charm or beauty, that node is used.  `RestEvents` closes every decay at the new mass.

Files: momenta as int16 multiples of `STEP` in two planes of bytes; the last particle of a decay carries what makes
the momenta sum to zero.  Rounding moves a momentum by `STEP`/sqrt(12) per component.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from .choice import stratified_choice
from .hadronisation import PHOTON_HEAVY, check_mass, pool_shares
from .hadronisation_events import RestEvents
from .setting import DEFAULT_SETTING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from numpy.typing import NDArray

    from .pool import Pool
    from .setting import DecaySetting

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = [
    "FILES",
    "STEP",
    "HadronLibrary",
    "heavy_charges",
    "library",
    "pack",
    "repeats",
    "sample_quarks",
    "unpack",
]

STEP = 2.0e-3
"""Rounding of stored momenta, GeV."""
FILES = ("hadronisation_pions", "hadronisation_open", "hadronisation_charm")
"""Shipped files: pools isovector and isoscalar; u, d and s; c."""


def heavy_charges(setting: DecaySetting) -> Mapping[str, float]:
    """Charges of c and b: those of the setting if it has them, else the dark photon's."""
    return PHOTON_HEAVY if setting.quarks is None else setting.quarks


def pack(nodes: Sequence[float], blocks: Sequence[RestEvents]) -> dict[str, NDArray[Any]]:
    """Arrays of one pool for a file: ``node`` (GeV), ``size``, ``count``, ``id`` and the bytes of the momenta."""
    counts = np.concatenate([block.counts for block in blocks])
    quantum = np.rint(np.concatenate([block.p for block in blocks], axis=1) / STEP).astype(np.int16)
    kept = np.ones(quantum.shape[1], dtype=bool)
    kept[np.cumsum(counts) - 1] = False
    split = np.ascontiguousarray(quantum[:, kept].astype("<i2")).view(np.uint8).reshape(3, -1, 2)
    return {
        "node": np.asarray(nodes, dtype=np.float64),
        "size": np.array([len(block) for block in blocks], dtype=np.int32),
        "count": counts.astype(np.uint8),
        "id": np.concatenate([block.ids for block in blocks]).astype(np.int16),
        "low": np.ascontiguousarray(split[:, :, 0]),
        "high": np.ascontiguousarray(split[:, :, 1]),
    }


def unpack(data: Mapping[str, NDArray[Any]], pool: str) -> tuple[Floats, Ints, RestEvents]:
    """Nodes (GeV), first decay of each node (one more than nodes) and decays of one pool of a file."""
    counts = data[f"{pool}/count"].astype(np.int64)
    ids = data[f"{pool}/id"].astype(np.int64)
    split = np.stack([data[f"{pool}/low"], data[f"{pool}/high"]], axis=-1)
    p = np.zeros((3, len(ids)))
    last = np.cumsum(counts) - 1
    kept = np.ones(len(ids), dtype=bool)
    kept[last] = False
    p[:, kept] = split.view("<i2")[:, :, 0] * STEP
    p[2, kept & ~p.any(axis=0)] = 0.5 * STEP  # a photon has to go somewhere
    p[:, last] = -np.add.reduceat(p, last - counts + 1, axis=1)
    edges = np.concatenate([[0], np.cumsum(data[f"{pool}/size"])]).astype(np.int64)
    return data[f"{pool}/node"].astype(np.float64), edges, RestEvents.build(counts, ids, p)


@dataclass(frozen=True, eq=False)
class HadronLibrary:
    """Hadronised decays of all pools, one after the other.

    Attributes
    ----------
    nodes : mapping of str to array, shape (k,)
        Mass nodes of each pool, GeV.
    edges : mapping of str to array of int, shape (k + 1,)
        First decay of each node.
    events : RestEvents
    least_mass : array, shape (n,)
        Sum of the particles' masses of each decay, GeV.
    kappa_nodes, kappa_values : array
        Part of non-strange pairs that make kaons or baryons.
    """

    nodes: Mapping[str, Floats]
    edges: Mapping[str, Ints]
    events: RestEvents
    least_mass: Floats
    kappa_nodes: Floats
    kappa_values: Floats

    def kappa(self, mass: float) -> float:
        """Part of non-strange pairs that make kaons or baryons at a mass (GeV)."""
        return float(np.interp(np.log(mass), np.log(self.kappa_nodes), self.kappa_values))

    def _pool(self, pool: str, mass: float) -> tuple[Ints, Floats]:
        """Decays of one pool that can be used at a mass, and their probabilities."""
        nodes, edges = self.nodes[pool], self.edges[pool]
        k = int(np.clip(np.searchsorted(nodes, mass, side="right") - 1, 0, len(nodes) - 2))
        upper = float(np.clip(np.log(mass / nodes[k]) / np.log(nodes[k + 1] / nodes[k]), 0.0, 1.0))
        index, weight = [], []
        for node, share in ((k, 1.0 - upper), (k + 1, upper)):
            block = np.arange(edges[node], edges[node + 1])
            block = block[self.least_mass[block] < mass - 1e-3]
            if share > 0.0 and len(block):
                index.append(block)
                weight.append(np.full(len(block), share / len(block)))
        probability = np.concatenate(weight)
        return np.concatenate(index), probability / probability.sum()

    def mixture(self, mass: float, setting: DecaySetting = DEFAULT_SETTING) -> tuple[Ints, Floats]:
        """Decays used at a mass (GeV) and their probabilities, which sum to 1."""
        check_mass(mass)
        shares = pool_shares(mass, self.kappa(mass), setting.couplings, heavy_charges(setting))
        total = sum(shares.values())
        parts = [(share / total, self._pool(pool, mass)) for pool, share in shares.items() if share > 0.0]
        return np.concatenate([i for _, (i, _) in parts]), np.concatenate([w * p for w, (_, p) in parts])


def _read(folder: Traversable | Path, names: Sequence[str]) -> HadronLibrary:
    nodes, edges, blocks = {}, {}, []
    first = 0
    kappa: dict[str, Floats] = {}
    for name in names:
        with folder.joinpath(f"{name}.npz").open("rb") as file:
            data = np.load(io.BytesIO(file.read()), allow_pickle=False)
        for pool in json.loads(str(data["about"]))["pools"]:
            nodes[pool], edge, events = unpack(data, pool)
            edges[pool] = edge + first
            first += len(events)
            blocks.append(events)
        if "kappa" in data:
            kappa = {"node": data["kappa_node"], "value": data["kappa"]}
    merged = RestEvents(
        np.cumsum(np.concatenate([[0], *(block.counts for block in blocks)]))[:-1],
        np.concatenate([block.kind for block in blocks]),
        np.concatenate([block.p for block in blocks], axis=1),
    )
    return HadronLibrary(nodes, edges, merged, merged.least_mass, kappa["node"], kappa["value"])


@lru_cache(maxsize=1)
def library() -> HadronLibrary:
    """The shipped library, read once."""
    return _read(files("darkbeam") / "data" / "decays", FILES)


def repeats(n: int, mass: float, setting: DecaySetting = DEFAULT_SETTING) -> float:
    """How often each library decay that occurs among ``n`` decays to quarks at a mass (GeV) is used, on average.

    Examples
    --------
    >>> 1.0 <= repeats(10, 3.0) < 1.1 and repeats(10**6, 3.0) > 50.0
    True
    """
    _, probability = library().mixture(mass, setting)
    distinct = -np.expm1(n * np.log1p(-probability)).sum()
    return float(n / distinct)


def sample_quarks(
    mass: float, events: Ints, rng: np.random.Generator, setting: DecaySetting = DEFAULT_SETTING, /
) -> Pool:
    """Hadrons of the given events (ascending numbers) at rest, from the shipped library.

    Parameters
    ----------
    mass : float
        GeV, within `darkbeam.decays.hadronisation.MASS_RANGE`.
    events : array of int, shape (n,)
    rng : numpy.random.Generator
    setting : DecaySetting
        Its couplings fix the flavours; every decay has weight 1.

    Returns
    -------
    Pool
        Hadrons with pi0, eta and K_S not yet decayed.
    """
    index, probability = library().mixture(mass, setting)
    chosen = index[stratified_choice(probability, len(events), rng)]
    return library().events.take(chosen).at_rest(mass, events, rng)
