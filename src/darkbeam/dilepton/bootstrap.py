r"""Smeared bootstrap: the kinematics at mass m are those of pairs near m in the data.

A pair is drawn among the k nearest in mass with probability proportional to its weight, and its

    u = (ln(pT + 20 MeV), y) -> c + sqrt(1 - h^2) (u - c) + h sigma g,     g standard normal

with the mean c and width sigma of the neighbourhood and h the smearing; shrinking towards c keeps mean and width.  No
training, and as good as a flow above some 1e6 pairs; with fewer it has the error of k pairs at every mass.  Points
beyond the kinematic limit are drawn again from the data without smearing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.model import PT_OFFSET, KinematicModel, pack, save_arrays, unpack
from darkbeam.dilepton.sample import energy_limit, lab_shift
from darkbeam.errors import ValueRangeError
from darkbeam.facilities import get_facility

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.dilepton.sample import DileptonSample

    Array = NDArray[np.float64]

__all__ = ["NEIGHBOURS", "SMEARING", "BootstrapModel", "fit_bootstrap", "inside"]

NEIGHBOURS = 400
SMEARING = 0.1
MEMBERS = 10
"""Replicas of the data behind the error band."""


def inside(mass: Array, pt: Array, y: Array, beam: str) -> NDArray[np.bool_]:
    """Whether a pair respects energy conservation, m_T cosh y_cm < (s + m^2)/(2 sqrt s); shape (n,)."""
    facility = get_facility(beam)
    energy = np.hypot(mass, pt) * np.cosh(y - lab_shift(facility))
    return np.asarray((energy < energy_limit(mass, facility)) & (pt >= 0.0))


@dataclass(frozen=True)
class BootstrapModel:
    """Back end ``bootstrap``.

    Attributes
    ----------
    mass, pt, y : arrays, shape (n,)
        Data sorted by mass (GeV, GeV, lab rapidity).
    weight : array, shape (n,)
    beam : str
    neighbours : int
        k, counted in pairs of equal weight.
    smearing : float
        h, in units of the local widths.
    replicas : array, shape (members, n), of unsigned 8-bit int
        Poisson numbers of every pair in every replica.
    equal : array, shape (n,), or None
        Means e = w^2/v of these numbers where a subtraction has enlarged the variance v; None if all are 1.
    """

    mass: Array
    pt: Array
    y: Array
    weight: Array
    beam: str = "SPS"
    neighbours: int = NEIGHBOURS
    smearing: float = SMEARING
    replicas: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.uint8))
    equal: Array | None = None
    _cumulative: list[Array] = field(default_factory=list, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the back end."""
        return "bootstrap"

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest mass of the data, GeV."""
        return float(self.mass[0]), float(self.mass[-1])

    @property
    def members(self) -> tuple[KinematicModel, ...]:
        """One back end for each replica of the data."""
        return tuple(self._member(row) for row in self.replicas)

    def _member(self, row: NDArray[np.uint8]) -> BootstrapModel:
        keep = row > 0
        # as many pairs of the data as in the central window: fewer different ones, some of them twice
        near = max(round(self.neighbours * float(np.mean(keep))), 1)
        return BootstrapModel(
            self.mass[keep],
            self.pt[keep],
            self.y[keep],
            (self.weight * self._factor(row))[keep],
            self.beam,
            near,
            self.smearing,
        )

    def _factor(self, row: NDArray[np.uint8]) -> Array:
        """Factors (n,) of the weights in a replica."""
        return np.asarray(row if self.equal is None else row / self.equal, dtype=np.float64)

    def _sums(self) -> tuple[Array, ...]:
        """Cumulative sums of w, w u, w u^2 with a leading 0, for local means and widths."""
        if not self._cumulative:
            u = np.log(self.pt + PT_OFFSET)
            w = self.weight
            terms = (w, w * u, w * u * u, w * self.y, w * self.y**2)
            self._cumulative.extend(np.concatenate([[0.0], np.cumsum(t)]) for t in terms)
        return tuple(self._cumulative)

    def _window(self, mass: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First row and one past the last of the neighbourhood of each mass."""
        n = self.mass.size
        k = min(self.neighbours, n)
        first = np.clip(np.searchsorted(self.mass, mass) - k // 2, 0, n - k)
        return first, first + k

    def sample(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return pT (GeV) and lab rapidity at the masses (n,), GeV."""
        pt, y, _ = self.drawn(mass, rng)
        return pt, y

    def member_ratios(self, mass: Array, row: NDArray[np.int64]) -> Array:
        """p(pT, y | m) of each replica over the central one for `drawn` points, (members, n), smearing apart."""
        first, last = self._window(mass)
        total = self._sums()[0]
        found = []
        for number in self.replicas:
            factor = self._factor(number)
            moved = np.concatenate([[0.0], np.cumsum(self.weight * factor)])
            mean = (moved[last] - moved[first]) / (total[last] - total[first])
            found.append(factor[row] / np.where(mean > 0.0, mean, 1.0))
        return np.array(found).reshape(len(self.replicas), mass.size)

    def drawn(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array, NDArray[np.int64]]:
        """As `sample`, and the rows (n,) of the data from which the points come."""
        sums = self._sums()
        first, last = self._window(mass)
        low, total = sums[0][first], sums[0][last] - sums[0][first]
        r = rng.random(mass.size)
        row = np.clip(np.searchsorted(sums[0], low + r * total, side="right") - 1, first, last - 1)
        pt, y = self.pt[row], self.y[row]
        if self.smearing > 0.0:
            means = [(s[last] - s[first]) / total for s in sums[1:]]
            g = rng.standard_normal((2, mass.size))
            u = self._smeared(np.log(pt + PT_OFFSET), means[0], means[1], g[0])
            v = self._smeared(y, means[2], means[3], g[1])
            new = np.exp(u) - PT_OFFSET
            good = inside(mass, new, v, self.beam)
            pt, y = np.where(good, new, pt), np.where(good, v, y)
        return pt, y, row

    def _smeared(self, u: Array, mean: Array, square: Array, g: Array) -> Array:
        h = self.smearing
        width = np.sqrt(np.maximum(square - mean * mean, 0.0))
        return np.asarray(mean + np.sqrt(1.0 - h * h) * (u - mean) + h * width * g)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for an ``.npz``."""
        settings = {"beam": self.beam, "neighbours": self.neighbours, "smearing": self.smearing}
        return {
            "backend": np.array(self.name), "settings": pack(settings), "mass": self.mass, "pt": self.pt,
            "y": self.y, "weight": self.weight, "replicas": self.replicas,
            **({} if self.equal is None else {"equal": self.equal}),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BootstrapModel:
        """Rebuild from `arrays`."""
        s = unpack(arrays["settings"])
        columns = (np.asarray(arrays[k], dtype=np.float64) for k in ("mass", "pt", "y", "weight"))
        mass, pt, y, weight = columns
        equal = np.asarray(arrays["equal"], dtype=np.float64) if "equal" in arrays else None
        return cls(
            mass, pt, y, weight, s["beam"], s["neighbours"], s["smearing"], np.asarray(arrays["replicas"]), equal
        )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write the arrays to one ``.npz``."""
        save_arrays(path, self.arrays())


def fit_bootstrap(
    sample: DileptonSample,
    rng: np.random.Generator,
    *,
    members: int = MEMBERS,
    neighbours: int = NEIGHBOURS,
    smearing: float = SMEARING,
) -> BootstrapModel:
    """Make the back end from data.

    Parameters
    ----------
    sample : DileptonSample
        With weights that are not negative.
    rng : Generator
        For the replicas.
    members : int
        Replicas of the data, for the statistical band.
    neighbours, smearing
        See `BootstrapModel`.

    Raises
    ------
    ValueRangeError
        Fewer than 20 pairs, or negative weights.
    """
    if np.any(sample.weight < 0.0):
        raise ValueRangeError(
            f"{int(np.sum(sample.weight < 0.0))} pairs have negative weights; subtract with weights of at least 0"
        )
    data = sample.select(sample.weight > 0.0)
    if len(data) < 20:
        raise ValueRangeError(f"{len(data)} pairs are too few; at least 20 are needed")
    order = np.argsort(data.mass, kind="stable")
    equal = None if data.variance is None else (data.weight**2 / data.variance)[order]
    mean = 1.0 if equal is None else equal
    replicas = np.minimum(rng.poisson(mean, (members, len(data))), 255).astype(np.uint8)
    if equal is not None:
        # as many pairs as have the error of k pairs of weight 1
        neighbours = round(neighbours / float(np.mean(equal)))
    return BootstrapModel(
        data.mass[order],
        data.pt[order],
        data.y[order],
        data.weight[order],
        data.beam,
        neighbours,
        smearing,
        replicas,
        equal,
    )
