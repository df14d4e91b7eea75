r"""Subtraction of pairs that are not one virtual photon, with weights that stay at or above 0.

In cells of (m, pT, y) with equal numbers of data pairs, N the sum of the weights of the data and B that of a template,

    w_i -> w_i (1 - B/N)        B < N,         0 otherwise

so that no weight is negative; the weights of a slice in m are then scaled to its N - B, which cells with B > N would
raise.  With the variances V of N and B the pairs of a cell share that of N - B,

    v_i -> v_i (V_N + V_B)/V_N         v_i = w_i^2 before

which is what regions of a cell or more fluctuate by; the weights squared would give (1 - B/N)^2 V_N.  Cells are so
large that N - B has 3 standard deviations on average, and slices 200 effective pairs.  A relative error r of the norm
of a template shifts w_i by -r w_i B/N.  Templates are samples with weights in the units of the data:

* combinatorial pairs of like sign: the like-sign pairs scaled to 2 R sqrt(N++ N--) in each mass bin;
* event mixing: pairs of leptons of different events, with the same norm;
* open charm, Bethe-Heitler and others: a sample of the user's;
* lines of two photons, eta -> mu mu: pairs near the line, smeared with the resolution.

Final-state radiation moves pairs of mass m to z^{1/2} m with (leading logarithm, both leptons, soft photons summed)

    D(z) = (h/2) (1 + z^2) (1 - z)^{h - 1},     h = (2 alpha/pi) (ln(m^2/m_l^2) - 1)

and is unfolded in m alone by Bayesian iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import ALPHA
from darkbeam.dilepton.sample import DileptonSample
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "Subtracted",
    "averaged",
    "born_masses",
    "like_sign",
    "line_template",
    "mixed_events",
    "radiation",
    "subtract",
]

CELLS = (200, 5, 5)
"""Cells in mass, pT and y, at most."""
FEWEST = 20
"""Pairs in a cell, at least."""
SIGNIFICANCE = 3.0
"""Standard deviations of the sum of the weights of a cell, on average."""
SLICE = 200.0
"""Effective pairs in a slice of mass: half of those behind a rate, which then fluctuates as the pairs of the slices."""


@dataclass(frozen=True)
class Subtracted:
    """Sample after a subtraction.

    Attributes
    ----------
    sample : DileptonSample
    removed : float
        Sum of weights removed.
    excess : float
        What the template held beyond the data, cell by cell, and could not be removed.
    """

    sample: DileptonSample
    removed: float
    excess: float


def _cells(sample: DileptonSample, shape: tuple[int, int, int]) -> tuple[Array, NDArray[np.int64]]:
    """Edges in mass and the cell of every pair; nested quantiles, found in the data."""
    edges = np.quantile(sample.mass, np.linspace(0.0, 1.0, shape[0] + 1)[1:-1])
    return edges, np.searchsorted(edges, sample.mass, side="right")


def _nested(
    data: DileptonSample, other: DileptonSample, shape: tuple[int, int, int]
) -> tuple[NDArray[np.int64], ...]:
    """Cells of the pairs of data and template."""
    edges, of_data = _cells(data, shape)
    of_other = np.searchsorted(edges, other.mass, side="right")
    for column, n in (("pt", shape[1]), ("y", shape[2])):
        new = [np.zeros(len(data), dtype=np.int64), np.zeros(len(other), dtype=np.int64)]
        for cell in np.unique(of_data):
            inside, there = of_data == cell, of_other == cell
            values = getattr(data, column)
            cuts = np.quantile(values[inside], np.linspace(0.0, 1.0, n + 1)[1:-1])
            new[0][inside] = np.searchsorted(cuts, values[inside], side="right")
            new[1][there] = np.searchsorted(cuts, getattr(other, column)[there], side="right")
        of_data, of_other = of_data * n + new[0], of_other * n + new[1]
    return of_data, of_other


def _shape(pairs: int, effective: float, cells: tuple[int, int, int]) -> tuple[int, int, int]:
    """Numbers of cells that the data allow; ``effective`` is the squared significance of their sum."""
    least = min(SIGNIFICANCE**2 * cells[1] * cells[2], SLICE)
    slices = min(cells[0], max(int(min(pairs / FEWEST, effective / least)), 1))
    inside = min(pairs / FEWEST, effective / SIGNIFICANCE**2) / slices
    side = max(int(np.sqrt(inside)), 1)
    return slices, min(cells[1], side), min(cells[2], side)


def subtract(
    sample: DileptonSample,
    template: DileptonSample,
    cells: tuple[int, int, int] = CELLS,
    error: float = 0.0,
) -> Subtracted:
    """Remove a template from the data by weights.

    Parameters
    ----------
    sample, template : DileptonSample
        Weights in the same units, e.g. pairs.
    cells : tuple of int
        Number of cells in mass, in pT within them, in y within those; fewer if the data are few.
    error : float
        Relative, of the norm of the template.

    Raises
    ------
    ValueRangeError
        The template holds more than the data.
    """
    if float(np.sum(template.weight)) >= float(np.sum(sample.weight)):
        raise ValueRangeError(
            f"the background ({np.sum(template.weight):.4g}) is not smaller than the data ({np.sum(sample.weight):.4g})"
        )
    low, high = float(sample.mass.min()), float(sample.mass.max())
    template = template.select((template.mass >= low) & (template.mass <= high))
    squares = sample.squares
    left = float(np.sum(sample.weight) - np.sum(template.weight))
    effective = left**2 / float(np.sum(squares) + np.sum(template.squares))
    shape = _shape(len(sample), effective, cells)
    of_data, of_template = _nested(sample, template, shape)
    size = shape[0] * shape[1] * shape[2]
    N, V_N = (np.bincount(of_data, x, size) for x in (sample.weight, squares))
    B, V_B = (np.bincount(of_template, x, size) for x in (template.weight, template.squares))
    keep = np.where(N > 0.0, np.maximum(1.0 - B / np.where(N > 0.0, N, 1.0), 0.0), 1.0)
    slices = np.arange(size) // (shape[1] * shape[2])
    kept, wanted = (np.bincount(slices, x, shape[0]) for x in (keep * np.maximum(N, 0.0), N - B))
    keep *= (np.clip(wanted, 0.0, kept) / np.where(kept > 0.0, kept, 1.0))[slices]
    weight = sample.weight * keep[of_data]
    grown = squares * (1.0 + V_B / np.where(V_N > 0.0, V_N, 1.0))[of_data]
    new = replace(sample.reweighted(weight), variance=grown, shift=sample.shift)
    if error > 0.0:
        before = 0.0 if sample.shift is None else sample.shift
        new = replace(new, shift=before - error * (sample.weight - weight))
    removed = float(np.sum(sample.weight) - np.sum(weight))
    return Subtracted(new, removed, float(np.sum(np.maximum(-wanted, 0.0))))


def averaged(sample: DileptonSample, cells: tuple[int, int, int] = CELLS) -> Subtracted:
    """Give all pairs of a cell the mean weight of the cell, and none where that is negative.

    For weights of both signs, e.g. sWeights: sums over cells stay, structure within a cell is lost.

    Raises
    ------
    ValueRangeError
        The sum of the weights is not positive.
    """
    total = float(np.sum(sample.weight))
    if not total > 0.0:
        raise ValueRangeError(f"the weights of the pairs sum to {total:.4g}")
    shape = _shape(len(sample), sample.effective_size, cells)
    cell, _ = _nested(sample, sample, shape)
    size = shape[0] * shape[1] * shape[2]
    number = np.maximum(np.bincount(cell, minlength=size), 1)
    sums, squares = (np.bincount(cell, x, size) for x in (sample.weight, sample.squares))
    slices = np.arange(size) // (shape[1] * shape[2])
    kept, wanted = (np.bincount(slices, x, shape[0]) for x in (np.maximum(sums, 0.0), sums))
    scale = (np.clip(wanted, 0.0, kept) / np.where(kept > 0.0, kept, 1.0))[slices]
    mean = np.maximum(sums, 0.0) * scale / number
    shift = None if sample.shift is None else (np.bincount(cell, sample.shift, size) / number)[cell]
    new = replace(sample.reweighted(mean[cell]), variance=(squares / number)[cell], shift=shift)
    return Subtracted(new, total - float(np.sum(new.weight)), float(np.sum(np.maximum(-wanted, 0.0))))


def like_sign(
    sample: DileptonSample, ratio: float = 1.0, bins: int = 20
) -> tuple[DileptonSample, DileptonSample]:
    """Split a sample with charges into the opposite-sign pairs and the template of the combinatorial ones.

    Parameters
    ----------
    sample : DileptonSample
        With the column ``charge``: 0, +2 or -2.
    ratio : float
        R, acceptance of opposite-sign over that of like-sign pairs.
    bins : int
        In mass, with equal numbers of like-sign pairs.

    Raises
    ------
    ValueRangeError
        No charges, or no like-sign pairs of both signs.
    """
    if sample.charge is None:
        raise ValueRangeError("like-sign subtraction needs the column charge")
    plus, minus = sample.charge > 1.0, sample.charge < -1.0
    if not (np.any(plus) and np.any(minus)):
        raise ValueRangeError(
            f"like-sign subtraction needs both signs: there are {plus.sum()} pairs ++ and {minus.sum()} pairs --"
        )
    like = plus | minus
    template = sample.select(like)
    n = max(min(bins, int(min(plus.sum(), minus.sum())) // 20), 1)
    edges = np.quantile(template.mass, np.linspace(0.0, 1.0, n + 1)[1:-1])
    cell = np.searchsorted(edges, template.mass, side="right")
    positive = plus[like]
    up, down = (np.bincount(cell[s], template.weight[s], n) for s in (positive, ~positive))
    factor = 2.0 * ratio * np.sqrt(up * down) / np.maximum(up + down, 1e-300)
    # of sqrt(N++ N--): a pair ++ counts for N--/N++, not for the square of its weight
    other = np.where(positive, (down / np.maximum(up, 1e-300))[cell], (up / np.maximum(down, 1e-300))[cell])
    variance = template.squares * ratio**2 * other
    made = template.reweighted(template.weight * factor[cell])
    return sample.select(~like), replace(made, variance=variance)


def mixed_events(
    event: NDArray[np.int64], charge: Array, momentum: Array, n: int, rng: np.random.Generator,
    *, ratio: float = 1.0, lepton: str = "mu", beam: str = "SPS",
) -> DileptonSample:  # fmt: skip
    """Template of combinatorial pairs from single leptons of different events.

    Parameters
    ----------
    event : array of int, shape (n_leptons,)
        Event of each lepton.
    charge : array, shape (n_leptons,)
        +-1.
    momentum : array, shape (3, n_leptons)
        Lab momenta, GeV.
    n : int
        Mixed pairs to make.
    rng : Generator
    ratio, lepton, beam
        See `like_sign`, `DileptonSample`.

    Returns
    -------
    DileptonSample
        Opposite-sign pairs; the weights sum to 2 R sqrt(N++ N--) of the pairs within events.
    """
    from darkbeam.dilepton.readers import pairs_of_leptons

    _, index = np.unique(event, return_inverse=True)
    plus, minus = (np.bincount(index, charge == s, index.max() + 1) for s in (1, -1))
    norm = 2.0 * ratio * np.sqrt(np.sum(plus * (plus - 1.0) / 2.0) * np.sum(minus * (minus - 1.0) / 2.0))
    if norm <= 0.0:
        raise ValueRangeError("event mixing: no like-sign pairs of both signs to normalise to")
    first = rng.choice(np.flatnonzero(charge == 1), n)
    second = rng.choice(np.flatnonzero(charge == -1), n)
    other = event[first] != event[second]
    pairs = pairs_of_leptons(momentum[:, first[other]], momentum[:, second[other]], lepton)
    weight = np.full(int(other.sum()), norm / max(int(other.sum()), 1))
    return DileptonSample(*pairs, weight, lepton=lepton, beam=beam)


def line_template(
    sample: DileptonSample,
    mass: float,
    pairs: float,
    resolution: float,
    rng: np.random.Generator,
    n: int = 20000,
) -> DileptonSample:
    """Template of a narrow false line, e.g. eta -> mu mu at 0.548 GeV, with the kinematics of the data around it.

    Parameters
    ----------
    sample : DileptonSample
    mass : float
        Of the line, GeV.
    pairs : float
        Expected sum of weights of the line.
    resolution : float
        Relative.
    rng : Generator
    n : int
        Size of the template.
    """
    near = np.argsort(np.abs(sample.mass - mass), kind="stable")[: max(len(sample) // 100, 50)]
    row = rng.choice(near, n, p=sample.weight[near] / np.sum(sample.weight[near]))
    smeared = mass * (1.0 + resolution * rng.standard_normal(n))
    chosen = sample.select(row)
    return replace(chosen, mass=smeared, weight=np.full(n, pairs / n), variance=None, shift=None)


def radiation(z: Array, mass: Array, lepton_mass: float) -> Array:
    """Probability that final-state radiation leaves a pair with m'^2 > z m^2, shape of ``z``: integral of D(z), to 1.

    Parameters
    ----------
    z : array
        0 to 1.
    mass : array
        Born mass m, GeV.
    lepton_mass : float
        GeV.
    """
    h = (2.0 * ALPHA / np.pi) * np.maximum(2.0 * np.log(mass / lepton_mass) - 1.0, 0.0)
    x = 1.0 - z

    # (1 + z^2)/2 = 1 - x + x^2/2, so that the integral of D from z to 1 is elementary
    def integral(x: Array) -> Array:
        return np.asarray(x**h - h * x ** (h + 1.0) / (h + 1.0) + 0.5 * h * x ** (h + 2.0) / (h + 2.0))

    return np.where(h > 0.0, integral(x) / integral(np.ones_like(x)), 1.0)


def born_masses(sample: DileptonSample, bins: int = 400, iterations: int = 6) -> DileptonSample:
    """Correct the weights for final-state radiation; masses and kinematics stay.

    Parameters
    ----------
    sample : DileptonSample
    bins : int
        In ln m, between the smallest and the largest mass.
    iterations : int
        Of the Bayesian unfolding.
    """
    low, high = float(sample.mass.min()), float(sample.mass.max())
    edges = np.geomspace(low * (1.0 - 1e-9), high * (1.0 + 1e-9), bins + 1)
    measured, _ = np.histogram(sample.mass, edges, weights=sample.weight)
    middle = np.sqrt(edges[1:] * edges[:-1])
    # survival[i, j]: a pair born in the bin j is measured above the lower edge of i
    z = np.clip((edges[:-1, None] / middle[None, :]) ** 2, 0.0, 1.0)
    above = radiation(z, np.broadcast_to(middle, z.shape), sample.lepton_mass)
    above = np.where(edges[:-1, None] >= edges[None, 1:], 0.0, above)
    response = above - np.concatenate([above[1:], np.zeros((1, bins))])
    born = measured.copy()
    for _ in range(iterations):
        folded = np.sum(response * born, axis=1)
        ratio = np.where(folded > 0.0, measured / np.where(folded > 0.0, folded, 1.0), 0.0)
        born = born * np.sum(response * ratio[:, None], axis=0) / np.maximum(np.sum(response, axis=0), 1e-12)
    factor = np.where(measured > 0.0, born / np.where(measured > 0.0, measured, 1.0), 0.0)
    cell = np.clip(np.searchsorted(edges, sample.mass, side="right") - 1, 0, bins - 1)
    return sample.reweighted(sample.weight * factor[cell])
