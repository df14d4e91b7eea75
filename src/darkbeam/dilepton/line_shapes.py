r"""Narrow states in a mass spectrum of finite resolution: fitted yields, and the rate at the true mass.

Measured, with a Gaussian resolution sigma wider than the state of mass M and width G, near M:

    dN/dm = A V(m - M; sigma, G/2) + sum_j c_j t^j,     t = (m - M)/h

V is the Voigt profile, the polynomial of degree `DEGREE` the smooth rest.  sigma = (1 + delta) sigma_card, with
delta = 0 +- `RESOLUTION_ERROR`: the resolution of a card is a simulated one, and a wrong one moves the rate at the pole
in proportion.  Weighted least squares for (A, delta, c) on bins of sigma/3 in |m - M| < h = `REACH` max(sigma, G), with
sigma^2 enlarged by step^2/12 for the width of a bin, repeated with the slope in delta and the errors of the fitted bin
contents, which removes the bias of small counts.  The rate at the true mass m is then

    dN/dm = A C(m - M; G) + sum_j c_j t^j          within 3 sigma
    dN/dm = counted - A [<V> - C(m - M)]           beyond,        C: Cauchy density of full width G,

<V> mean over the window that is counted, because the smooth rest does not change under a narrow resolution.  States:
`STATES`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.constants import M_OMEGA, M_PHI, W_OMEGA, W_PHI
from darkbeam.dilepton.resolution import Resolution, relative_resolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["STATES", "Line", "fit_line", "near_state", "unresolved"]

STATES = {
    "omega": (M_OMEGA, W_OMEGA),
    "phi": (M_PHI, W_PHI),
    "jpsi": (3.0969, 9.26e-5),
    "psi2s": (3.6861, 2.93e-4),
}
"""Masses and widths of the narrow states, GeV (Particle Data Group 2024)."""
DEGREE = 3
REACH = 4.0
REST_ERROR = 0.04
"""Relative error of the smooth rest under a line, from the bias that a cubic leaves on the mock at 2 % resolution."""
RESOLUTION_ERROR = 0.02
"""Relative error of the resolution unless a card says otherwise: what simulations of spectrometers agree to."""
_POINTS = 48
"""Points at which a line is averaged over a window."""
WRONG = 0.3
"""Largest |delta|."""
ROUNDS = 6
"""Steps of the fit."""
PRESENCE = 3.0
"""A line below this many standard deviations is not there, and no line shape is used."""


@dataclass(frozen=True)
class Line:
    """A fitted narrow state.

    Attributes
    ----------
    name : str
        In `STATES`.
    pairs : float
        Yield A of the state, in units of the sum of weights.
    sigma : float
        Fitted resolution (1 + delta) sigma_card, GeV.
    half : float
        Half width h of the fitted window, GeV.
    rest : tuple of float
        Coefficients c of the smooth rest, per GeV.
    covariance : tuple of tuples of float
        Of (A, c), whatever delta is.
    chi2, bins : float, int
        Of the fit.
    delta, delta_error : float
        Fitted shift of the resolution, relative, and its error.
    """

    name: str
    pairs: float
    sigma: float
    half: float
    rest: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    chi2: float
    bins: int
    delta: float = 0.0
    delta_error: float = 0.0

    @property
    def error(self) -> float:
        """Standard deviation of the yield."""
        return float(np.sqrt(self.covariance[0][0]))

    @property
    def mass(self) -> float:
        """Mass of the state, GeV."""
        return STATES[self.name][0]

    @property
    def width(self) -> float:
        """Width of the state, GeV."""
        return STATES[self.name][1]

    def covers(self, mass: Array) -> NDArray[np.bool_]:
        """Where the line shape replaces counting: within 3 sigma, at least 3 widths."""
        return np.asarray(np.abs(mass - self.mass) < 3.0 * max(self.sigma, self.width))

    def _cauchy(self, mass: Array) -> Array:
        d = mass - self.mass
        return np.asarray(0.5 * self.width / np.pi / (d * d + 0.25 * self.width**2))

    def density(self, mass: Array) -> Array:
        """Pairs per GeV at the true mass within the line, in units of the sum of weights."""
        t = (mass - self.mass) / self.half
        rest = np.polynomial.polynomial.polyval(t, np.array(self.rest))
        return np.asarray(self.pairs * self._cauchy(mass) + np.maximum(rest, 0.0))

    def excess(self, mass: Array, low: Array, high: Array) -> Array:
        """Pairs per GeV by which the resolution raises the spectrum counted between low and high, shape of ``mass``.

        In units of the sum of weights.
        """
        from scipy.special import voigt_profile

        points = low[:, None] + (high - low)[:, None] * (np.arange(_POINTS) + 0.5) / _POINTS
        smeared = np.mean(voigt_profile(points - self.mass, self.sigma, 0.5 * self.width), axis=1)
        return np.asarray(self.pairs * (smeared - self._cauchy(mass)))

    def density_error(self, mass: Array) -> Array:
        """Standard deviation of `density`, with `REST_ERROR`."""
        t = (mass - self.mass) / self.half
        rest = self.density(mass) - self.pairs * self._cauchy(mass)
        terms = np.stack([self._cauchy(mass), *(t**j for j in range(len(self.rest)))])
        variance = np.einsum("i...,ij,j...->...", terms, np.array(self.covariance), terms)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0) + (REST_ERROR * rest) ** 2))

    def replica(self, rng: np.random.Generator) -> Line:
        """Line with coefficients drawn from their covariance."""
        values, vectors = np.linalg.eigh(np.array(self.covariance))
        shift = np.einsum(
            "ij,j->i", vectors, np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(values.size)
        )
        drawn = np.array([self.pairs, *self.rest]) + shift
        return replace(self, pairs=max(float(drawn[0]), 0.0), rest=tuple(drawn[1:].tolist()))


def unresolved(resolution: Resolution) -> tuple[str, ...]:
    """Return the states narrower (full width) than the full width 2.35 sigma of a relative resolution."""
    return tuple(k for k, (M, G) in STATES.items() if 2.35 * relative_resolution(resolution, M) * M > G)


def near_state(mass: Array, resolution: Resolution, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Whether a mass lies within 3 sigma of one of the named states."""
    poles = [STATES[k][0] for k in names]
    near = [np.abs(mass - M) < 3.0 * relative_resolution(resolution, M) * M for M in poles]
    return np.any(near, axis=0) if near else np.zeros(np.shape(mass), dtype=bool)


def fit_line(
    name: str,
    mass: Array,
    weight: Array,
    resolution: Resolution,
    resolution_error: float = RESOLUTION_ERROR,
    variance: Array | None = None,
) -> Line | None:
    """Fit the yield of one state.

    Parameters
    ----------
    name : str
        In `STATES`.
    mass, weight : arrays, shape (n,)
        Data (GeV).
    resolution : Resolution
        Relative; of a table, the value at the mass of the state counts.
    resolution_error : float
        Relative error of the resolution; 0 fixes it.
    variance : array, shape (n,), optional
        Of each pair, where it is not the weight squared.

    Returns
    -------
    Line or None
        None if the data do not cover the window, or show no line of 3 standard deviations.
    """
    M, G = STATES[name]
    sigma = float(relative_resolution(resolution, M)) * M
    half = REACH * max(sigma, G)
    bins = int(2 * REACH * 3)
    edges = np.linspace(M - half, M + half, bins + 1)
    near = np.abs(mass - M) < half
    content = np.histogram(mass[near], edges, weights=weight[near])[0]
    squares = weight**2 if variance is None else variance
    square = np.histogram(mass[near], edges, weights=squares[near])[0]
    if np.sum(near) < 5 * bins or np.any(content <= 0.0):
        return None
    fit = _Fit(0.5 * (edges[1:] + edges[:-1]) - M, edges[1] - edges[0], half, sigma, G, resolution_error)
    # pairs of one cell of a subtraction have one variance per weight, which a small count does not bias
    per_pair = np.full(bins, np.sum(square) / np.sum(content)) if variance is None else square / content
    solution, delta, covariance, chi2 = fit.solve(content, per_pair)
    if solution[0] < PRESENCE * np.sqrt(covariance[0, 0]):
        return None
    kept = [0, *range(2, solution.size)]
    errors = tuple(tuple(row) for row in covariance[np.ix_(kept, kept)].tolist())
    rest = tuple(solution[2:].tolist())
    return Line(
        name, float(solution[0]), sigma * (1.0 + delta), half, rest, errors, chi2, bins, delta,
        float(np.sqrt(covariance[1, 1])) if resolution_error > 0.0 else 0.0,
    )  # fmt: skip


@dataclass(frozen=True)
class _Fit:
    """Bins at distances d (n,) from the pole, of width ``step``; window, resolution and its error; GeV."""

    d: Array
    step: float
    half: float
    sigma: float
    width: float
    resolution_error: float

    def line(self, delta: float) -> Array:
        """Share of the line in each bin."""
        from scipy.special import voigt_profile

        sigma = np.hypot(self.sigma * (1.0 + delta), self.step / np.sqrt(12.0))
        return np.asarray(self.step * voigt_profile(self.d, sigma, 0.5 * self.width))

    def solve(self, content: Array, per_pair: Array) -> tuple[Array, float, Array, float]:
        """(A, last step in delta, c), delta, covariance and chi^2 of the bins.

        The variance of a bin is ``per_pair`` times its expected content; a row below the bins holds delta.
        """
        rest = self.step * (self.d / self.half)[:, None] ** np.arange(DEGREE + 1)
        free, known = self.resolution_error > 0.0, max(self.resolution_error, 1e-9)
        expected, pairs, delta = np.maximum(content, per_pair), 0.0, 0.0
        for _ in range(ROUNDS):
            slope = pairs * (self.line(delta + 1e-3) - self.line(delta - 1e-3)) / 2e-3 * free
            matrix = np.column_stack([self.line(delta), slope, rest])
            scale = 1.0 / np.sqrt(per_pair * expected)
            prior = np.zeros((1, matrix.shape[1]))
            prior[0, 1] = 1.0 / known
            inverse = np.linalg.pinv(np.concatenate([matrix * scale[:, None], prior]))
            wanted = np.concatenate([content * scale, [-delta / known]])
            solution = np.sum(inverse * wanted, axis=1)
            fitted = np.sum(matrix * solution, axis=1)
            expected = np.maximum(fitted, per_pair)
            pairs, delta = float(solution[0]), float(np.clip(delta + solution[1] * free, -WRONG, WRONG))
        chi2 = float(np.sum((content - fitted) ** 2 / (per_pair * expected)))
        return solution, delta, np.einsum("ik,jk->ij", inverse, inverse), chi2
