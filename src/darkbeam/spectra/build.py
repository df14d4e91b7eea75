"""From a generator sample to the table of a species (see `darkbeam.spectra.spectrum` for what it holds)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError

from .species import N_BLOCKS
from .spectrum import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .generator import Block
    from .species import Species

__all__ = ["build_table", "light_cone_log", "sample_momenta"]

TAIL_COUNT = 400
"""Mesons in the hard tail that fix its power."""
_N_LNX = 512
_N_PT_BINS = 64
_PT_COUNT = 200
"""Raw mesons per bin of pT on average, at least."""
_PT_LAST = 100
"""Raw mesons in the hardest and in the softest bin of pT."""
_N_LEAST = 1000
"""Raw mesons without which no table is made."""
_PT_W = np.concatenate(
    [[0.0, 0.01, 0.03, 0.06, 0.1, 0.15], np.arange(2, 30) / 10, np.arange(12, 24) / 4, np.arange(12, 19) / 2]
)
"""Nodes in w = -ln(1 - v): v = 0 to 0.99988."""
_STRIP_COUNT = 800
"""Raw mesons in a strip of four cells, at least."""
_N_STRIPS = 18
_LOW_STRIPS = (0.7, 0.9, 0.99)
"""Survivals that divide the soft half of the mesons into strips."""
_CELL_V = np.array([0.25, 0.5, 0.75])


def sample_momenta(
    facility: Facility, species: Species, block: Block
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(pT, pz) of a block in GeV; at a collider |pz|, because its two hemispheres are alike."""
    pt, pz = block.momenta[species.name].astype(np.float64)
    return pt, np.abs(pz) if facility.collider else pz


def light_cone_log(
    facility: Facility, species: Species, pt: NDArray[np.float64], pz: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ln x of momenta, computed without cancellation in the backward hemisphere."""
    mt2 = species.mass**2 + pt * pt
    larger = np.sqrt(mt2 + pz * pz) + np.abs(pz)
    return np.asarray(np.log(np.where(pz > 0.0, larger, mt2 / larger) / facility.light_cone))


def _at_rank(ordered: NDArray[np.float64], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear interpolation of an ordered sample at fractional positions."""
    position = np.clip(position, 0.0, len(ordered) - 1.0)
    i = np.minimum(position.astype(np.int64), len(ordered) - 2)
    return np.asarray(ordered[i] + (position - i) * (ordered[i + 1] - ordered[i]))


def _survival(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(z)))


def _kinematic_limit(facility: Facility, species: Species) -> float:
    """Largest x at pT = 0: (P+ - xP)(P- - m^2/xP) = M_X^2."""
    plus, minus = facility.total
    b = plus * minus + species.mass**2 - species.recoil**2
    root = np.sqrt(b * b - 4.0 * minus * plus * species.mass**2)
    return float((b + root) / (2.0 * minus) / facility.light_cone)


def _fit_tail(
    ordered: NDArray[np.float64], limit: float, block: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S_c, x_c, x_max, n + 1) of maximum likelihood, and what each generator block adds to ln(n + 1).

    ``ordered`` is ln x in ascending order; ``block`` the blocks of its largest values, which are fitted.  The limit
    moves up if a resonance lighter than its nominal mass lies beyond it.
    """
    n, count = len(ordered), len(block)
    x = np.exp(ordered[n - count :])
    x_c = float(np.exp(0.5 * (ordered[n - count - 1] + ordered[n - count])))
    x_max = max(limit, float(x[-1]) + (1.0 - float(x[-1])) * 1e-3)
    L = np.log((x_max - x_c) / (x_max - x))
    pull = -N_BLOCKS / count * np.bincount(block, L / np.mean(L) - 1.0, minlength=N_BLOCKS)
    return np.array([count / n, x_c, x_max, 1.0 / np.mean(L)]), np.asarray(pull, dtype=np.float64)


def _pt_edges(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner edges in z of the pT bins: dense in z (both tails), in rank and in ln x alike."""
    n = len(ordered)
    z_max = np.log(n / _PT_LAST - 1.0)
    z = np.linspace(-z_max, z_max, _N_LNX)
    u = 1.0 - _survival(z)
    shares = [(f - f[0]) / (f[-1] - f[0]) for f in (z, u, _at_rank(ordered, n * u - 0.5))]
    blend = 0.5 * shares[0] + 0.2 * shares[1] + 0.3 * shares[2]
    return np.asarray(np.interp(np.linspace(0.0, 1.0, min(_N_PT_BINS, n // _PT_COUNT) - 1), blend, z))


def _pt2_quantiles(pt2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles of one bin at the nodes of w, continued by an exponential in pT where mesons run out."""
    ordered = np.sort(pt2)
    n = len(ordered)
    quantiles = _at_rank(ordered, -np.expm1(-_PT_W) * n - 0.5)
    quantiles[0] = 0.0
    count = min(60, n // 4)
    pt = np.sqrt(ordered[n - count - 1 :])
    scale = float(np.mean(pt[1:] - pt[0]))
    w_c = np.log(n / count)
    far = w_c + 1.0 < _PT_W
    quantiles[far] = np.square(pt[0] + scale * (_PT_W[far] - w_c))
    return np.maximum.accumulate(quantiles)


def _cells(
    n: int, order: NDArray[np.int64], pt2: NDArray[np.float64], block: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Edges of the strips in z, and raw mesons per cell and block; ``pt2`` is ordered by x."""
    n_strips = int(np.clip(np.log2(0.5 * n / _STRIP_COUNT), 1, _N_STRIPS))
    hard = 0.5 * min(2.0 * _STRIP_COUNT / n, 0.5) ** (np.arange(n_strips + 1) / n_strips)
    survival = np.concatenate([_LOW_STRIPS[::-1], hard])
    cuts = np.concatenate([[0], np.rint(n * (1.0 - survival)).astype(np.int64), [n]])
    counts = []
    for lo, hi in pairwise(cuts):
        part = pt2[lo:hi]
        quarter = np.searchsorted(np.quantile(part, _CELL_V), part)
        flat = quarter * N_BLOCKS + block[order[lo:hi]]
        counts.append(np.bincount(flat, minlength=(len(_CELL_V) + 1) * N_BLOCKS).reshape(-1, N_BLOCKS))
    return np.log(1.0 / survival - 1.0), np.concatenate(counts)


def build_table(facility: Facility, species: Species, blocks: Sequence[Block]) -> Table:
    """Build the table of one species.

    Parameters
    ----------
    facility : Facility
    species : Species
    blocks : sequence of Block
        The generator sample, `N_BLOCKS` blocks.

    Returns
    -------
    Table

    Raises
    ------
    ValueRangeError
        If the sample holds too few mesons of this species.
    """
    parts = [sample_momenta(facility, species, b) for b in blocks]
    block = np.repeat(np.arange(len(parts)), [len(p[0]) for p in parts])
    pt = np.concatenate([p[0] for p in parts])
    lnx = light_cone_log(facility, species, pt, np.concatenate([p[1] for p in parts]))
    n = len(lnx)
    if n < _N_LEAST:
        raise ValueRangeError(f"only {n} {species.name} in the sample, {_N_LEAST} needed: make more events")
    order = np.argsort(lnx, kind="stable")
    ordered, pt2 = lnx[order], np.square(pt[order])
    count = min(TAIL_COUNT, n // 20)
    z_max = np.log(n / count - 1.0)
    z = np.linspace(-z_max, z_max, _N_LNX)
    nodes = _at_rank(ordered, n * (1.0 - _survival(z)) - 0.5)
    edges = _pt_edges(ordered)
    cuts = np.concatenate([[0], np.rint(n * (1.0 - _survival(edges))).astype(np.int64), [n]])
    mid = np.clip(0.5 * (cuts[1:] + cuts[:-1]) / n, 0.5 / n, 1.0 - 0.5 / n)
    cell_z, n_block = _cells(n, order, pt2, block)
    tail, tail_block = _fit_tail(ordered, _kinematic_limit(facility, species), block[order[n - count :]])
    return Table(
        multiplicity=n / sum(b.n_events for b in blocks),
        n_raw=n,
        z_range=np.array([-z_max, z_max]),
        lnx=nodes,
        tail=tail,
        tail_block=tail_block,
        pt_z=np.log(mid) - np.log1p(-mid),
        pt_w=_PT_W,
        pt2=np.stack([_pt2_quantiles(pt2[a:b]) for a, b in pairwise(cuts)]),
        cell_z=cell_z,
        cell_w=-np.log1p(-_CELL_V),
        n_block=n_block,
    )
