"""Histogram back end: p(pT, y | m) in cells at quantiles of the data, uniform inside a cell.

Mass is cut at quantiles; inside each slice ln(pT + 20 MeV) and y are cut at the quantiles (1 - cos t)/2 of that slice,
with t in equal steps, so that cells in the tails hold fewer pairs.  Also the way to
feed published spectra, which come as histograms.  Coarser than the bootstrap: a baseline, and a fall-back for tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.bootstrap import inside
from darkbeam.dilepton.model import PT_OFFSET, KinematicModel, pack, save_arrays, unpack
from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.dilepton.sample import DileptonSample

    Array = NDArray[np.float64]

__all__ = ["HistogramModel", "fit_histogram"]

SHAPE = (40, 16, 16)
"""Cells in mass, pT and y."""
TRIES = 20


@dataclass(frozen=True)
class HistogramModel:
    """Back end ``histogram``.

    Attributes
    ----------
    mass : array, shape (a + 1,)
        Edges in mass, GeV.
    u : array, shape (a, b + 1)
        Edges in ln(pT + 20 MeV) of each slice.
    y : array, shape (a, c + 1)
        Edges in lab rapidity.
    content : array, shape (members + 1, a, b c)
        Sums of weights: data, then replicas.
    beam : str
    """

    mass: Array
    u: Array
    y: Array
    content: Array
    beam: str = "SPS"

    @property
    def name(self) -> str:
        """Name of the back end."""
        return "histogram"

    @property
    def support(self) -> tuple[float, float]:
        """Smallest and largest mass, GeV."""
        return float(self.mass[0]), float(self.mass[-1])

    @property
    def members(self) -> tuple[KinematicModel, ...]:
        """Back ends of the replicas."""
        return tuple(
            HistogramModel(self.mass, self.u, self.y, self.content[k : k + 1], self.beam)
            for k in range(1, len(self.content))
        )

    def sample(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return pT (GeV) and lab rapidity at the masses (n,), GeV; points beyond the kinematic limit are redrawn."""
        slices = np.clip(np.searchsorted(self.mass, mass, side="right") - 1, 0, len(self.mass) - 2)
        pt, y = self._draw(slices, rng)
        for _ in range(TRIES):
            bad = np.flatnonzero(~inside(mass, pt, y, self.beam))
            if bad.size == 0:
                break
            pt[bad], y[bad] = self._draw(slices[bad], rng)
        return pt, y

    def _draw(self, slices: NDArray[np.int64], rng: np.random.Generator) -> tuple[Array, Array]:
        n_y = self.y.shape[1] - 1
        share = np.cumsum(self.content[0], axis=1)
        share /= share[:, -1:]
        # one search in all slices at once: slice k occupies the interval from k to k + 1
        flat = (share + np.arange(len(share))[:, None]).ravel()
        r, s, t = rng.random((3, slices.size))
        cell = np.searchsorted(flat, slices + r, side="right") - slices * share.shape[1]
        i, j = np.divmod(np.clip(cell, 0, share.shape[1] - 1), n_y)
        low, high = self.u[slices, i], self.u[slices, i + 1]
        pt = np.maximum(np.exp(low + s * (high - low)) - PT_OFFSET, 0.0)
        low, high = self.y[slices, j], self.y[slices, j + 1]
        return pt, low + t * (high - low)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for an ``.npz``."""
        return {
            "backend": np.array(self.name), "settings": pack({"beam": self.beam}), "mass": self.mass, "u": self.u,
            "y": self.y, "content": self.content,
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> HistogramModel:
        """Rebuild from `arrays`."""
        mass, u, y, content = (np.asarray(arrays[k], dtype=np.float64) for k in ("mass", "u", "y", "content"))
        return cls(mass, u, y, content, unpack(arrays["settings"])["beam"])

    def save(self, path: Path) -> None:
        """Write the arrays to one ``.npz``."""
        save_arrays(path, self.arrays())


def fit_histogram(
    sample: DileptonSample,
    rng: np.random.Generator,
    *,
    members: int = 10,
    shape: tuple[int, int, int] = SHAPE,
) -> HistogramModel:
    """Make the back end from data.

    Parameters
    ----------
    sample : DileptonSample
    rng : Generator
        For the replicas.
    members : int
    shape : tuple of int
        Cells in mass, pT and y; fewer slices in mass if they would hold fewer than 100 effective pairs.

    Raises
    ------
    ValueRangeError
        Fewer than 200 pairs, or negative weights.
    """
    if len(sample) < 200 or np.any(sample.weight < 0.0):
        raise ValueRangeError(
            f"a histogram needs at least 200 pairs and no negative weights; there are {len(sample)} pairs, "
            f"{int(np.sum(sample.weight < 0.0))} of them negative"
        )
    a, b, c = min(shape[0], max(int(sample.effective_size) // 100, 1)), shape[1], shape[2]
    edges = np.quantile(sample.mass, np.linspace(0.0, 1.0, a + 1))
    slices = np.clip(np.searchsorted(edges, sample.mass, side="right") - 1, 0, a - 1)
    log_pt = np.log(sample.pt + PT_OFFSET)
    u, y = np.empty((a, b + 1)), np.empty((a, c + 1))
    cell = np.empty(len(sample), dtype=np.int64)
    for k in range(a):
        here = slices == k
        u[k] = np.quantile(log_pt[here], _levels(b))
        y[k] = np.quantile(sample.y[here], _levels(c))
        i = np.clip(np.searchsorted(u[k], log_pt[here], side="right") - 1, 0, b - 1)
        j = np.clip(np.searchsorted(y[k], sample.y[here], side="right") - 1, 0, c - 1)
        cell[here] = (k * b + i) * c + j
    weights = [sample.weight, *(sample.weight * sample.multiples(rng) for _ in range(members))]
    sums = np.stack([np.bincount(cell, w, a * b * c) for w in weights])
    content = np.asarray(sums.reshape(members + 1, a, b * c), dtype=np.float64)
    return HistogramModel(edges, u, y, content, sample.beam)


def _levels(n: int) -> Array:
    """Quantiles at the edges of n cells, denser in the tails."""
    return np.asarray(0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, n + 1))))
