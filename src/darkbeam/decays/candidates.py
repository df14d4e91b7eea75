r"""Decays by importance sampling from sets of candidates, weighted or not, and their orientation.

Candidates x_k come in sets of K, made with the density g per set; w_k = |J(x_k)|^2/g(x_k), J the current of the
decay (a three-vector at rest).

    weighted    one decay of each set, candidate k with probability w_k/W; weight W = sum_k w_k
    unweighted  every candidate accepted with probability w_k/w_max

E[W f(x)] = int |J|^2 f dPhi exactly; the variance of W is 1/K of that of single candidates; there is no set-up, and
the same random numbers serve at every mass.  W divided by its mean over n decays shifts averages by a relative
(n/n_eff - 1)/n.  w_max is MARGIN times the largest weight of a pilot; a candidate above it raises w_max, and all
candidates of the call are accepted or rejected again with the same random numbers, so that no decay has a weight.

Orientation: sum_ij rho_ij J_i J_j^* by accept-reject, bounded by the largest eigenvalue of the density matrix rho.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from darkbeam.kinematics.rotations import random_rotations

from .choice import child_streams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Complex = NDArray[np.complex128]

__all__ = ["Candidates", "Source", "orientations", "pilot", "rotate", "unweighted", "weighted"]

CHUNK = 1024
"""Sets made at once: few enough for the processor's cache, enough to hide the cost of each array operation."""
BLOCK = 8192
"""Most sets made before accepted decays are counted."""
PILOT_SETS, PILOT_SEED, MARGIN = 2048, 1, 1.2


@dataclass(frozen=True, eq=False)
class Candidates:
    """Decays before their orientation.

    Attributes
    ----------
    weight : array, shape (n,) or (K, n)
    momenta : array, shape (particles, 4, ...)
        GeV, in the rest frame.
    current : array, shape (3, ...)
        Space components of J.
    """

    weight: Floats
    momenta: Floats
    current: Complex

    def take(self, *index: NDArray[np.int64]) -> Candidates:
        """Candidates at given positions of the last axes."""
        last: tuple[Any, ...] = (..., *index)
        return Candidates(self.weight[last], self.momenta[last], self.current[last])

    @staticmethod
    def join(parts: list[Candidates]) -> Candidates:
        """One after the other."""
        weight = np.concatenate([p.weight for p in parts], axis=-1)
        momenta = np.concatenate([p.momenta for p in parts], axis=-1)
        return Candidates(weight, momenta, np.concatenate([p.current for p in parts], axis=-1))


class Source(Protocol):
    """Makes candidates of one channel at one mass; hashable, so that its pilot is kept."""

    def __hash__(self) -> int: ...

    @property
    def size(self) -> int:
        """Candidates in a set."""
        ...

    def candidates(self, n: int, rng: np.random.Generator) -> Candidates:
        """``n`` sets: weight of shape (size, n)."""
        ...


def weighted(source: Source, n: int, rng: np.random.Generator) -> Candidates:
    """One decay of each of ``n`` sets; the mean weight is int |J|^2 dPhi."""
    maps, pick = child_streams(rng, 2)
    parts = []
    for first in range(0, n, CHUNK):
        found = source.candidates(min(CHUNK, n - first), maps)
        cumulative = np.cumsum(found.weight, axis=0)
        here = np.arange(cumulative.shape[1])
        k = np.sum(cumulative < pick.random(len(here)) * cumulative[-1], axis=0)
        chosen = found.take(np.minimum(k, source.size - 1), here)
        parts.append(Candidates(cumulative[-1], chosen.momenta, chosen.current))
    return Candidates.join(parts)


@lru_cache(maxsize=1024)
def pilot(source: Source) -> tuple[float, float]:
    """Mean and bound of the weights of a source's candidates, from sets with a fixed seed."""
    rng = np.random.default_rng(PILOT_SEED)
    w = np.concatenate([source.candidates(CHUNK, rng).weight.ravel() for _ in range(PILOT_SETS // CHUNK)])
    return float(w.mean()), MARGIN * float(w.max())


def _accepted(source: Source, sets: int, top: float, rng: np.random.Generator) -> tuple[Candidates, Floats]:
    """Candidates of whole sets with w > u top, and their u."""
    parts, numbers = [], []
    for first in range(0, sets, CHUNK):
        found = source.candidates(min(CHUNK, sets - first), rng)
        u = rng.random(found.weight.shape)
        keep = np.nonzero(found.weight > u * top)
        parts.append(found.take(*keep))
        numbers.append(u[keep])
    return Candidates.join(parts), np.concatenate(numbers)


def unweighted(source: Source, n: int, rng: np.random.Generator) -> Candidates:
    """``n`` decays by accept-reject."""
    mean, top = pilot(source)
    kept: list[Candidates] = []
    u: list[Floats] = []
    count = 0
    while count < n:
        sets = int(1.05 * (n - count) * top / (mean * source.size)) + 16
        found, numbers = _accepted(source, min(sets, BLOCK), top, rng)
        kept.append(found)
        u.append(numbers)
        highest = float(np.max(found.weight, initial=0.0))
        if highest > top:  # accept everything again
            top = highest
            count = sum(int(np.sum(p.weight > x * top)) for p, x in zip(kept, u, strict=True))
        else:
            count += len(numbers)
    everything = Candidates.join(kept)
    passed = np.flatnonzero(everything.weight > np.concatenate(u) * top)
    return everything.take(rng.permutation(passed)[:n])  # inside a set the order is that of the maps


def rotate(R: Floats, v: NDArray[Any]) -> NDArray[Any]:
    """R v for rotations (3, 3, n) and vectors (3, n)."""
    return np.stack([row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in R])


def orientations(
    current: Complex, density: NDArray[np.complex128] | None, rng: np.random.Generator
) -> Floats:
    """Rotations (3, 3, n) of decays with currents (3, n) for the spin density matrix (3, 3) of the vector."""
    R = random_rotations(current.shape[1], rng)
    if density is None:
        return R
    rho = np.asarray(density)
    bound = float(np.linalg.eigvalsh(rho)[-1])
    left = np.arange(current.shape[1])
    while len(left):
        J = rotate(R[:, :, left], current[:, left])
        rate = np.real(np.sum(J * np.stack([row[0] * J[0].conj() + row[1] * J[1].conj() + row[2] * J[2].conj()
                                            for row in rho]), axis=0))  # fmt: skip
        norm = np.sum(np.square(J.real) + np.square(J.imag), axis=0)
        left = left[rng.random(len(left)) * (bound * norm) > rate]
        R[:, :, left] = random_rotations(len(left), rng)
    return R
