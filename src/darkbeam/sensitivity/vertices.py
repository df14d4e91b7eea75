r"""Vertices drawn for all couplings at once: a mixture of couplings with the balance heuristic.

At the lower edge of a contour every dark photon that enters the volume counts; at the upper edge only the
hardest few and the first metres do, and a sample drawn for one coupling is wrong by factors at another.  So
couplings e_k, k = 1..K, are spread from below the lower to above the upper edge, and for each of them n_k
dark photons i are drawn with probability w_i P_i(e_k) / W_k,

    P_i(e) = sum_segments exp(-e^2 lambda_in) - exp(-e^2 lambda_out),        W_k = sum_i w_i P_i(e_k)

(lambda = distance / (gamma beta c tau_1), segments of the path inside the volume), with the vertex from the
truncated exponential at e_k.  The density of a draw is w_i sum_k n_k e_k^2 exp(-e_k^2 lambda) / W_k, so *every*
draw serves *every* coupling (Veach and Guibas 1995, balance heuristic), with

    c_j = acc_j / sum_k [ n_k e_k^2 exp(-e_k^2 lambda_j) / W_k ]

in the decay spectrum (`darkbeam.sensitivity.spectrum`); the production weight and the boost drop out.  A production
variation multiplies c_j by the ratio of its weight to the one that was used to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SMALLEST", "Draws", "Rays", "decay_probability", "draw_vertices", "too_few"]

SMALLEST = 1e-140
"""Least number of decays in the volume that is followed: squares of smaller numbers underflow, and errors with them."""
UNDERFLOW = 1e-290
"""Sum of the weights at one coupling below which nothing is drawn for it: 1/sum and its multiples stay finite."""


@dataclass(frozen=True)
class Rays:
    """Dark photons whose path crosses the decay volume.

    Attributes
    ----------
    weight : array, shape (n,)
        Weight used for drawing (per collision, epsilon = 1).
    lam_in, lam_out : arrays, shape (k, n)
        lambda at the ends of up to k path segments in the volume; equal where a segment is unused.
    """

    weight: NDArray[np.float64]
    lam_in: NDArray[np.float64]
    lam_out: NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """Draws (dark photon, vertex) that serve every coupling.

    Attributes
    ----------
    ray : array of int, shape (m,)
        Index into the rays.
    lam : array, shape (m,)
        lambda of the vertex at epsilon = 1.
    weight : array, shape (m,)
        c_j for full acceptance.
    """

    ray: NDArray[np.int64]
    lam: NDArray[np.float64]
    weight: NDArray[np.float64]


def decay_probability(rays: Rays, epsilon: float) -> NDArray[np.float64]:
    """P_i: probability to decay inside the volume, per segment, shape (k, n)."""
    e2 = epsilon * epsilon
    return np.asarray(np.exp(-e2 * rays.lam_in) * -np.expm1(-e2 * (rays.lam_out - rays.lam_in)))


def too_few(experiment: str, mass: float, epsilon: float, ctau: float) -> ValueRangeError:
    """Error for a point with fewer than `SMALLEST` decays in the volume; GeV and m."""
    return ValueRangeError(
        f"{experiment}: fewer than {SMALLEST:g} decays in the volume at {mass:g} GeV and epsilon = {epsilon:g} "
        f"(c tau = {ctau:.3g} m), too few to compute"
    )


def _systematic(probability: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw n indices with the given relative probabilities, one from each of n equal strata."""
    cumulative = np.cumsum(probability)
    points = (np.arange(n) + rng.random()) * (cumulative[-1] / n)
    cell = np.searchsorted(cumulative, points, side="right")
    return np.asarray(np.minimum(cell, len(cumulative) - 1), dtype=np.int64)


def draw_vertices(
    rays: Rays, couplings: NDArray[np.float64], counts: NDArray[np.int64], rng: np.random.Generator
) -> Draws:
    """Draw vertices for all couplings together.

    Parameters
    ----------
    rays : Rays
    couplings : array, shape (K,)
        e_k, spread over the couplings of interest.
    counts : array of int, shape (K,)
        Number of draws n_k for each coupling.
    rng : numpy.random.Generator

    Returns
    -------
    Draws
        Empty when no ray can decay in the volume at any coupling.
    """
    n_rays = rays.lam_in.shape[1]
    ray, lam = [], []
    used: list[tuple[float, float]] = []
    for e, n_k in zip(couplings.tolist(), counts.tolist(), strict=True):
        probability = (rays.weight * decay_probability(rays, e)).ravel()
        total = float(probability.sum())
        if total <= UNDERFLOW:
            continue
        cell = _systematic(probability, n_k, rng)
        width = rays.lam_out.ravel()[cell] - rays.lam_in.ravel()[cell]
        # stratified within the coupling; permuted because neighbouring strata share rays
        u = (rng.permutation(n_k) + rng.random(n_k)) / n_k
        depth = -np.log1p(u * np.expm1(-e * e * width)) / (e * e)
        ray.append(cell % n_rays)
        lam.append(rays.lam_in.ravel()[cell] + np.minimum(depth, width))
        used.append((e, n_k * e * e / total))
    if not used:
        nothing = np.empty(0)
        return Draws(np.empty(0, dtype=np.int64), nothing, nothing)
    all_lam = np.concatenate(lam)
    log_density = np.array([np.log(rate) - e * e * all_lam for e, rate in used])
    largest = log_density.max(axis=0)
    density = np.exp(log_density - largest).sum(axis=0)
    return Draws(np.concatenate(ray), all_lam, np.exp(-largest) / density)
