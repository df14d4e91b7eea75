r"""Mass spectrum of lepton pairs: dN/dm with errors, quantiles, and lines that the detector does not resolve.

Nearest-k estimator, with the threshold factor g(m) = L_l(m)/m of `darkbeam.dilepton.rate` divided out:

    dN/dm = g(m) sum_{|m_i - m| < h} [w_i / g(m_i)] / (b - a),     relative error = 1/sqrt(N_eff)

The mean over the window exceeds the value in its middle where the spectrum is convex; that, and the same effect of the
resolution, is divided out with the second moment of a window up to 4 times as wide (`darkbeam.dilepton.curvature`).
h is such that the window, cut at the edges (a, b) of the data, holds N_eff = k pairs, N_eff = (sum w)^2/sum v, but at
most 15 % of the mass as long as that leaves 25 pairs.  v is the variance of a pair, w^2 unless a background was
subtracted.
Within 3 sigma of a state narrower than the resolution (`darkbeam.dilepton.line_shapes`) counting would return the
resolution and not the state: there the rate comes from the fitted line, or is refused.  Pairs within 3 sigma of a state
without a line, or within 20 widths of a state that is narrower than 1e-3 of its mass, are left out of the windows of
other masses; between them the rate is refused if the window is wider than the state.

The data are kept as sums of w and v between knots of equal numbers of pairs.  A replica multiplies each sum by
Poisson(N_eff)/N_eff and draws the coefficients of each line from their covariance: the bootstrap of the spectrum.
Masses are drawn from the piecewise linear cumulative sum.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.curvature import REACH, SIGMAS, WIDEST, bend, blur, drift, growth
from darkbeam.dilepton.line_shapes import (
    RESOLUTION_ERROR,
    STATES,
    Line,
    fit_line,
    near_state,
    unresolved,
)
from darkbeam.dilepton.model import pack, unpack
from darkbeam.dilepton.narrow import UNKNOWN, cut_out
from darkbeam.dilepton.resolution import Resolution, as_resolution, relative_resolution
from darkbeam.dilepton.sample import lepton_mass
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.production.pairs import pair_factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from darkbeam.dilepton.sample import DileptonSample

    Array = NDArray[np.float64]

__all__ = ["KNOTS", "NEAREST", "MassSpectrum", "fit_spectrum"]

NEAREST = 400
KNOTS = 20000
HALF = 0.15
"""Largest half width of a window, relative to the mass, ..."""
FEWEST = 25.0
"""... which holds this many effective pairs."""
_STEPS = 17
"""Knots in a gap that is filled."""
_LATTICE = 200
"""Masses at which `MassSpectrum.smeared` is found."""
EDGE = 0.01
"""Masses this close to the lepton threshold (relative) are not used for rates: 1/L diverges."""


@dataclass(frozen=True)
class MassSpectrum:
    """Weighted masses of lepton pairs.

    Attributes
    ----------
    knots : array, shape (k + 1,)
        Masses, GeV, increasing.
    content, square : arrays, shape (k,)
        Sums of w and v between the knots.
    normalisation : float or None
        Pairs per inelastic collision of the sum of the weights.
    resolution : Resolution or None
        Relative mass resolution, or its table; None if unknown, then rates near narrow states are refused.
    lines : tuple of Line
        Fitted narrow states.
    lepton : {"mu", "e"}
    nearest : int
        k of the estimator.
    shift : array, shape (k,), or None
        Changes of the contents if the templates of the background were one standard deviation larger.
    """

    knots: Array
    content: Array
    square: Array
    normalisation: float | None = None
    resolution: Resolution | None = 0.0
    lines: tuple[Line, ...] = ()
    lepton: str = "mu"
    nearest: int = NEAREST
    shift: Array | None = None

    @property
    def support(self) -> tuple[float, float]:
        """Masses between which there are rates, GeV."""
        low = 2.0 * lepton_mass(self.lepton) * (1.0 + EDGE)
        return max(float(self.knots[0]), low), float(self.knots[-1])

    @property
    def total(self) -> float:
        """Sum of the weights."""
        return float(np.sum(self.content))

    def _threshold(self, mass: ArrayLike) -> Array:
        """Threshold law g(m), of any norm."""
        m = np.maximum(np.asarray(mass, dtype=np.float64), 2.0 * lepton_mass(self.lepton) * (1.0 + 1e-6))
        return m * pair_factor(m, lepton_mass(self.lepton), "dirac")

    def _window(self, mass: Array) -> tuple[Array, Array]:
        """Edges of the windows; those of masses out of the gaps have their pairs out of the gaps."""
        a, b = self._own_window(mass)
        if self._gaps and not np.all(inside := self._in_gap(mass)):
            low, high = self._opened._own_window(mass)
            a, b = np.where(inside, a, low), np.where(inside, b, high)
        return a, b

    def _own_window(self, mass: Array) -> tuple[Array, Array]:
        """N_eff = k, or half widths of `HALF` where these are too wide, with `FEWEST` pairs."""
        square = np.where(self.square > 0.0, self.square, np.inf)
        effective = np.concatenate([[0.0], np.cumsum(self.content**2 / square)])
        enough, least = (self._half(mass, effective, n) for n in (float(self.nearest), FEWEST))
        h = np.minimum(enough, np.maximum(HALF * mass, least))
        return np.maximum(mass - h, self.knots[0]), np.minimum(mass + h, self.knots[-1])

    def _half(self, mass: Array, effective: Array, wanted: float) -> Array:
        """Half widths of windows that hold a number of effective pairs, by bisection."""
        wanted = min(wanted, 0.5 * float(effective[-1]))
        low, high = np.zeros(mass.shape), np.full(mass.shape, self.knots[-1] - self.knots[0])
        for _ in range(50):
            h = 0.5 * (low + high)
            held = np.interp(mass + h, self.knots, effective) - np.interp(mass - h, self.knots, effective)
            low, high = np.where(held < wanted, h, low), np.where(held < wanted, high, h)
        return high

    @cached_property
    def _gaps(self) -> dict[str, tuple[float, float]]:
        """States that windows of other masses leave out, and their edges, GeV."""
        fitted = {x.name for x in self.lines}
        return {
            name: edges
            for name, edges in cut_out(self.resolution).items()
            if name not in fitted and self.knots[0] < STATES[name][0] < self.knots[-1]
        }

    def _in_gap(self, m: Array) -> NDArray[np.bool_]:
        """Whether masses (n,), GeV, lie in one of the gaps."""
        inside = np.zeros(m.shape, dtype=np.bool_)
        for low, high in self._gaps.values():
            inside |= (m > low) & (m < high)
        return inside

    @cached_property
    def _opened(self) -> MassSpectrum:
        """The spectrum with nothing in the gaps; `total` is that of what is left."""
        edges = np.ravel(list(self._gaps.values()))
        knots = np.union1d(self.knots, edges[(edges > self.knots[0]) & (edges < self.knots[-1])])
        keep = ~self._in_gap(0.5 * (knots[1:] + knots[:-1]))
        parts = []
        for x in (self.content, self.square, *([] if self.shift is None else [self.shift])):
            sums = np.interp(knots, self.knots, np.concatenate([[0.0], np.cumsum(x)]))
            parts.append(np.diff(sums) * keep)
        shift = parts[2] if len(parts) > 2 else None
        return replace(self, knots=knots, content=parts[0], square=parts[1], shift=shift)

    @cached_property
    def _filled(self) -> MassSpectrum:
        """The spectrum with a smooth one in the gaps, counted beside them; for curvatures."""
        if not self._gaps:
            return self
        steps = np.concatenate([np.linspace(*edges, _STEPS) for edges in self._gaps.values()])
        steps = steps[(steps > self.knots[0]) & (steps < self.knots[-1])]
        other = self._opened
        knots = np.union1d(other.knots, steps)
        content = np.diff(np.interp(knots, other.knots, np.concatenate([[0.0], np.cumsum(other.content)])))
        middle = 0.5 * (knots[1:] + knots[:-1])
        inside = self._in_gap(middle)
        content[inside] = other._counted(middle[inside])[0] * other.total * np.diff(knots)[inside]
        return replace(self, knots=knots, content=content, square=content, shift=None)

    def counted(self, mass: ArrayLike) -> tuple[Array, Array]:
        """Nearest-k density (1/GeV, of unit integral) and its relative error, shape of ``mass`` (GeV)."""
        m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
        value, error = self._counted(m)
        if self._gaps and not np.all(inside := self._in_gap(m)):
            other, other_error = self._opened._counted(m)
            other = other * self._opened.total / self.total
            value, error = np.where(inside, value, other), np.where(inside, error, other_error)
        return value, error

    def _counted(self, m: Array) -> tuple[Array, Array]:
        """`counted` from all that this spectrum holds."""
        a, b = self._own_window(m)
        middle = 0.5 * (self.knots[1:] + self.knots[:-1])
        open_ = np.diff(self.knots) * (self.square > 0.0)
        flat, w, w2, width = (
            np.interp(b, self.knots, s) - np.interp(a, self.knots, s)
            for x in (self.content / self._threshold(middle), self.content, self.square, open_)
            for s in [np.concatenate([[0.0], np.cumsum(x)])]
        )
        return self._threshold(m) * flat / (width * self.total), np.sqrt(w2) / w

    def _curved(self, m: Array) -> tuple[Array, Array, Array, Array]:
        """Moment, H/h, sigma/H and drift of `darkbeam.dilepton.curvature`, masses (n,), GeV; out of narrow states."""
        a, b = self._window(m)
        h = 0.5 * (b - a)
        resolution = self.resolution or 0.0
        hidden = unresolved(resolution)
        sigma = relative_resolution(resolution, m) * m
        wanted = np.minimum(np.maximum(REACH * h, SIGMAS * sigma), WIDEST * m)
        reach = np.minimum(np.minimum(wanted, m - self.support[0]), self.knots[-1] - m)
        for name in {x.name for x in self.lines} | (set(STATES) - set(hidden) - set(self._gaps)):
            M, G = STATES[name]
            zone = 3.0 * max(float(relative_resolution(resolution, M)) * M, G)
            reach = np.minimum(reach, np.abs(m - M) - zone)
        reach = np.maximum(reach, h)
        knots, content = self._filled.knots, self._filled.content
        middle = 0.5 * (knots[1:] + knots[:-1])
        flat = content / self._threshold(middle)
        sums = [np.concatenate([[0.0], np.cumsum(flat * middle**j)]) for j in range(3)]
        s0, s1, s2 = (np.interp(m + reach, knots, s) - np.interp(m - reach, knots, s) for s in sums)
        moment = (s2 - 2.0 * m * s1 + m * m * s0) / (s0 * reach**2)
        # wide enough for a table of the resolution, which has kinks, and short of the threshold
        step = np.minimum(0.05 * m, 0.5 * (m - 2.0 * lepton_mass(self.lepton)))
        # the moments are those of the spectrum over the threshold law, which the resolution smears with it
        up, down = (
            (relative_resolution(resolution, x) * x) ** 2 * self._threshold(x) / self._threshold(m)
            for x in (m + step, m - step)
        )
        rise, bow = (up - down) / (2.0 * step), (up - 2.0 * sigma**2 + down) / step**2
        return moment, reach / h, sigma / reach, drift(moment, (s1 / s0 - m) / reach, rise / reach, bow)

    def _bent(self, m: Array) -> tuple[Array, Array]:
        """Factors of `bend` and `growth` at masses (n,), GeV."""
        moment, r, smear, moved = self._curved(m)
        return bend(moment, r, smear, moved), growth(r, smear)

    def smeared(self, mass: Array) -> Array:
        """Factor by which the resolution raises the spectrum at masses (n,), GeV, away from lines and edges."""
        if not self.resolution:
            return np.ones(mass.shape)
        low, high = self.support
        m = np.geomspace(low, high, _LATTICE)
        factor = blur(*self._curved(m))
        return np.interp(mass, m, factor)

    def density(self, mass: ArrayLike) -> tuple[Array, Array]:
        """Density dN/dm of unit integral (1/GeV) and its error at the true mass, shape (n,).

        Raises
        ------
        MassRangeError
            Outside the data, or at a state narrower than the resolution that was not fitted.
        """
        m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
        self._check(m)
        value, relative = self.counted(m)
        raised, grown = self._bent(m)
        value, error = value / raised, value / raised * relative * grown
        for line in self.lines:
            here = line.covers(m)
            excess = line.excess(m, *self._window(m)) / self.total
            beyond = np.maximum(value - excess, 0.1 * value)
            value = np.where(here, line.density(m) / self.total, beyond)
            moved = np.hypot(error, excess * line.error / line.pairs)
            error = np.where(here, line.density_error(m) / self.total, moved)
        return value, error

    def background(self, mass: ArrayLike) -> Array:
        """Change of `rate` if the background were one standard deviation larger, per GeV; shape (n,)."""
        m = np.atleast_1d(np.asarray(mass, dtype=np.float64))
        if self.shift is None:
            return np.zeros(m.shape)
        a, b = self._window(m)
        sums = [np.concatenate([[0.0], np.cumsum(x)]) for x in (self.shift, self.content)]
        moved, held = (np.interp(b, self.knots, s) - np.interp(a, self.knots, s) for s in sums)
        return np.asarray(moved / held * self.counted(m)[0] / self._bent(m)[0] * self.per_collision)

    def background_ratio(self, mass: Array) -> Array:
        """Relative change of the pairs near masses (n,), GeV, with a background one standard deviation larger.

        Of bins of some k/4 effective pairs; between -1 and 1.
        """
        if self.shift is None:
            return np.zeros(mass.shape)
        effective = np.cumsum(self.content**2 / self.square)
        bins = np.floor(4.0 * effective / min(float(self.nearest), float(effective[-1]))).astype(np.int64)
        moved, held = (np.bincount(bins, x) for x in (self.shift, self.content))
        ratio = np.clip(moved / np.where(held > 0.0, held, 1.0), -1.0, 1.0)
        cell = np.clip(np.searchsorted(self.knots, mass, side="right") - 1, 0, self.content.size - 1)
        return np.asarray(ratio[bins[cell]])

    def rate(self, mass: ArrayLike) -> tuple[Array, Array]:
        """Pairs per inelastic collision and GeV at the true mass, and the error; shape (n,).

        Raises
        ------
        ValueRangeError
            Without a normalisation.
        MassRangeError
            As for `density`.
        """
        value, error = self.density(mass)
        return value * self.per_collision, error * self.per_collision

    @property
    def per_collision(self) -> float:
        """Pairs per inelastic collision; refused where it is not known."""
        if self.normalisation is None:
            raise ValueRangeError(
                "the data have no normalisation; give a card with [normalisation] to get rates"
            )
        return self.normalisation

    def _check(self, m: Array) -> None:
        low, high = self.support
        outside = (m < low) | (m > high)
        if np.any(outside):
            raise MassRangeError(
                f"the data reach from {low:.4g} to {high:.4g} GeV, not to {m[outside][0]:.4g} GeV"
            )
        blind = self.blind(m)
        if np.any(blind):
            what = "unknown"
            if self.resolution is not None:
                what = f"{100.0 * float(relative_resolution(self.resolution, m[blind][0])):.2g} %"
            raise MassRangeError(
                f"{m[blind][0]:.5g} GeV is at a state narrower than the mass resolution ({what}) or than the distances "
                "of the pairs, without a line shape; fit one, or keep away"
            )

    def blind(self, mass: Array) -> NDArray[np.bool_]:
        """Masses (GeV) at which the rate is refused because a narrow state has no line shape."""
        resolution = UNKNOWN if self.resolution is None else self.resolution
        missing = tuple(k for k in unresolved(resolution) if k not in {x.name for x in self.lines})
        low, high = self.support
        near = near_state(mass, resolution, tuple(k for k in missing if low < STATES[k][0] < high))
        a, b = self._own_window(mass)
        for name, (low, high) in self._gaps.items():
            near = near | ((mass > low) & (mass < high) & (0.5 * (b - a) > STATES[name][1]))
        return near

    def quantile(self, u: ArrayLike) -> Array:
        """Mass (GeV) below which a share u of the weight lies."""
        cumulative = np.concatenate([[0.0], np.cumsum(self.content)])
        return np.asarray(np.interp(np.asarray(u, dtype=np.float64) * cumulative[-1], cumulative, self.knots))

    def rank(self, mass: ArrayLike) -> Array:
        """Share of the weight below a mass (GeV): the inverse of `quantile`."""
        cumulative = np.concatenate([[0.0], np.cumsum(self.content)])
        return np.asarray(
            np.interp(np.asarray(mass, dtype=np.float64), self.knots, cumulative / cumulative[-1])
        )

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Masses (n,) as measured, GeV."""
        return self.quantile(rng.random(n))

    def replica(self, rng: np.random.Generator) -> MassSpectrum:
        """Spectrum of a bootstrap replica of the data."""
        effective = np.maximum(self.content**2 / self.square, 1e-12)
        factor = rng.poisson(effective) / effective
        lines = tuple(x.replica(rng) for x in self.lines)
        content = self.content * factor
        norm = self.normalisation
        if norm is not None:
            norm *= float(np.sum(content)) / self.total
        square = np.maximum(self.square * factor, 1e-12 * self.square)
        shift = None if self.shift is None else self.shift * factor
        return replace(self, content=content, square=square, lines=lines, normalisation=norm, shift=shift)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for an ``.npz``; `from_arrays` reads them."""
        lines = [asdict(x) for x in self.lines]
        settings = {
            "normalisation": self.normalisation, "resolution": self.resolution, "lepton": self.lepton,
            "nearest": self.nearest, "lines": lines,
        }  # fmt: skip
        moved = {} if self.shift is None else {"shift": self.shift}
        return {
            "settings": pack(settings), "knots": self.knots, "content": self.content, "square": self.square, **moved
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> MassSpectrum:
        """Rebuild from `arrays`."""
        s = unpack(arrays["settings"])
        lines = tuple(
            Line(**{**x, "rest": tuple(x["rest"]), "covariance": tuple(map(tuple, x["covariance"]))})
            for x in s["lines"]
        )
        knots, content, square = (
            np.asarray(arrays[k], dtype=np.float64) for k in ("knots", "content", "square")
        )
        return cls(
            knots,
            content,
            square,
            s["normalisation"],
            as_resolution(s["resolution"]),
            lines,
            s["lepton"],
            s["nearest"],
            np.asarray(arrays["shift"], dtype=np.float64) if "shift" in arrays else None,
        )


def fit_spectrum(
    sample: DileptonSample,
    resolution: Resolution | None,
    *,
    resolution_error: float = RESOLUTION_ERROR,
    line_shapes: bool = True,
    knots: int = KNOTS,
    nearest: int = NEAREST,
) -> MassSpectrum:
    """Make the mass spectrum of a sample.

    Parameters
    ----------
    sample : DileptonSample
    resolution : Resolution or None
        Relative mass resolution, or its table; 0 for generated masses.
    resolution_error : float
        Relative error of the resolution: the line shapes fit it within.
    line_shapes : bool
        Fit the states of `darkbeam.dilepton.line_shapes` that the resolution hides.
    knots : int
        At most this many intervals; 2000 make a small file with little loss.
    nearest : int
        k of the estimator.

    Raises
    ------
    ValueRangeError
        Fewer than 20 pairs, or negative weights.
    """
    if len(sample) < 20 or np.any(sample.weight < 0.0):
        raise ValueRangeError(
            f"a mass spectrum needs at least 20 pairs and no negative weights; there are {len(sample)} pairs, "
            f"{int(np.sum(sample.weight < 0.0))} of them negative"
        )
    sample = sample.select(sample.squares > 0.0)
    order = np.argsort(sample.mass, kind="stable")
    mass, weight, variance = sample.mass[order], sample.weight[order], sample.squares[order]
    even = np.linspace(0, mass.size - 1, min(knots, mass.size - 1) + 1).astype(np.int64)
    # the pairs on both sides of the edges of a narrow state: its pairs must not be spread beyond
    above = np.searchsorted(mass, np.ravel(list(cut_out(resolution).values())))
    sides = np.clip(np.concatenate([above - 1, above]), 0, mass.size - 1)
    rows = np.union1d(even, sides)
    rows = rows[np.concatenate([[True], np.diff(mass[rows]) > 0.0])]
    # a knot at a pair shares it half and half between the intervals on its sides; the ends keep all
    parts = []
    for x in (weight, variance, *([] if sample.shift is None else [sample.shift[order]])):
        w = 0.5 * x
        cumulative = np.cumsum(x) - w
        edges = cumulative[rows]
        edges[0], edges[-1] = 0.0, cumulative[-1] + w[-1]
        parts.append(np.diff(edges))
    lines: list[Line] = []
    if resolution and line_shapes:
        found = (
            fit_line(
                name,
                mass,
                weight,
                resolution,
                resolution_error,
                None if sample.variance is None else variance,
            )
            for name in unresolved(resolution)
        )
        lines = [line for line in found if line is not None]
    return MassSpectrum(
        mass[rows], parts[0], parts[1], sample.normalisation, resolution, tuple(lines), sample.lepton, nearest,
        parts[2] if len(parts) > 2 else None,
    )  # fmt: skip
