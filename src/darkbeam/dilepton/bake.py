r"""Tables of quantiles made from a flow: the fastest sampler.

With z_0, z_1 standard normal, x_0 = t_0(m, z_0) and x_1 = t_1(m, x_0, z_1) (standardised variables of `flow_numpy`) are
tabulated at masses m_a, x_0 at x_j and z at z_k.  Interpolation is linear in z; in m and x_0 one of the two
neighbours is chosen at random with the linear weights, which is a mixture of the two distributions.  Two thirds of the
masses are at equal ranks of the data, one third equally spaced in ln m.  Beyond the grids the last value holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.flow_numpy import FlowModel, check_support, redraw
from darkbeam.dilepton.model import PT_OFFSET, KinematicModel, pack, save_arrays, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Array32 = NDArray[np.float32]

__all__ = ["TableModel", "bake"]

_MASSES, _COLUMNS, _QUANTILES = 600, 48, 65
_REACH = 4.5
_CHUNK = 1 << 15
_CELLS = 1 << 15


@dataclass(frozen=True)
class TableModel:
    """Back end ``table``.

    Attributes
    ----------
    mass : array, shape (a,)
        Nodes, GeV.
    first : array, shape (a, k)
        t_0 at the nodes.
    second : array, shape (a, j, k)
        t_1.
    centre, scale : arrays, shape (2,)
        Mean and width of (ln(pT + 20 MeV), y).
    beam : str
    about : dict
        Of the flow.
    replicas : tuple
        Back ends of the bootstrap replicas (the flows themselves: tables of each would be large).
    """

    mass: Array
    first: Array32
    second: Array32
    centre: Array
    scale: Array
    beam: str = "SPS"
    about: dict[str, Any] = field(default_factory=dict)
    replicas: tuple[FlowModel, ...] = ()

    @property
    def name(self) -> str:
        """Name of the back end."""
        return "table"

    @property
    def support(self) -> tuple[float, float]:
        """Masses between which there are data, GeV."""
        return float(self.mass[0]), float(self.mass[-1])

    @property
    def members(self) -> tuple[KinematicModel, ...]:
        """Flows of the bootstrap replicas."""
        return self.replicas

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the fit, one sentence each."""
        return tuple(self.about.get("notes", ()))

    @cached_property
    def _lookup(self) -> tuple[NDArray[np.int32], float]:
        """Node at or below the left edge of each of many equal cells in m, and cells per GeV."""
        span = float(self.mass[-1] - self.mass[0])
        step = max(float(np.min(np.diff(self.mass))), span / _CELLS)
        cells = max(int(span / step), self.mass.size)
        edges = np.linspace(self.mass[0], self.mass[-1], cells + 1)
        node = np.searchsorted(self.mass, edges, side="right") - 1
        return np.clip(node, 0, self.mass.size - 2).astype(np.int32), cells / span

    def _node(self, mass: Array) -> NDArray[np.int64]:
        """Node at or below each mass (n,), as a binary search would find it."""
        first, density = self._lookup
        cell = ((mass - self.mass[0]) * density).astype(np.int64)
        a = first.take(cell, mode="clip").astype(np.int64)
        # rounding at the edge of a cell can put a mass one cell too high, a narrow cell several nodes too low
        a -= (self.mass.take(a) > mass) & (a > 0)
        inner = self.mass[1:].copy()
        inner[-1] = np.inf
        while np.any(late := inner.take(a) <= mass):
            a += late
        return np.asarray(a)

    def _x(self, mass: Array, rng: np.random.Generator) -> tuple[Array32, Array32]:
        """Standardised variables at masses (n,)."""
        n, k, columns = mass.size, self.first.shape[1], self.second.shape[1]
        z = rng.standard_normal((2, n), dtype=np.float32)
        choice = rng.random((2, n), dtype=np.float32)
        a = self._node(mass)
        a += choice[0] * np.diff(self.mass).take(a) < mass - self.mass.take(a)
        x0 = _between(self.first, a, z[0], k)
        j, g = _grid(x0, columns)
        j += choice[1] < g
        a *= columns
        a += j
        return x0, _between(self.second, a, z[1], k)

    def _draw(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        pt, y = np.empty(mass.size), np.empty(mass.size)
        for i in range(0, mass.size, _CHUNK):
            part = slice(i, i + _CHUNK)
            x0, x1 = self._x(mass[part], rng)
            pt[part] = np.exp(x0 * np.float32(self.scale[0]) + np.float32(self.centre[0])) - PT_OFFSET
            y[part] = x1 * self.scale[1] + self.centre[1]
        return pt, y

    def sample(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return pT (GeV) and lab rapidity at the masses (n,), GeV.

        Raises
        ------
        MassRangeError
            For a mass outside the data.
        """
        check_support(mass, self.support)
        pt, y = self._draw(mass, rng)
        return redraw(mass, pt, y, self.beam, self._draw, rng)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for an ``.npz``; flows of the replicas under ``member/``."""
        out: dict[str, NDArray[Any]] = {
            "backend": np.array(self.name), "settings": pack({"beam": self.beam, "about": self.about}),
            "table_mass": self.mass, "first": self.first, "second": self.second,
            "x_centre": self.centre, "x_scale": self.scale,
        }  # fmt: skip
        if self.replicas:
            lead = self.replicas[0]
            flows = FlowModel(
                lead.context,
                lead.layers,
                lead.bins,
                lead.centre,
                lead.scale,
                lead.beam,
                {},
                self.replicas[1:],
            )
            out |= {f"member_{k}": v for k, v in flows.arrays().items()}
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> TableModel:
        """Rebuild from `arrays`."""
        s = unpack(arrays["settings"])
        replicas: tuple[FlowModel, ...] = ()
        if "member_settings" in arrays:
            prefix = "member_"
            lead = FlowModel.from_arrays(
                {k[len(prefix) :]: arrays[k] for k in arrays if k.startswith(prefix)}
            )
            replicas = (lead, *lead.replicas)
        names = ("table_mass", "first", "second", "x_centre", "x_scale")
        mass, first, second, centre, scale = (np.asarray(arrays[k]) for k in names)
        return cls(mass, first, second, centre, scale, s["beam"], s["about"], replicas)

    def save(self, path: Path) -> None:
        """Write the arrays to one ``.npz``."""
        save_arrays(path, self.arrays())


def _grid(v: Array32, size: int) -> tuple[NDArray[np.int32], Array32]:
    """Cell on the grid of `size` points from -4.5 to 4.5, and the place in it."""
    s = v + np.float32(_REACH)
    s *= np.float32((size - 1) / (2 * _REACH))
    np.maximum(s, np.float32(0.0), out=s)
    np.minimum(s, np.float32(size - 1.0001), out=s)
    i = s.astype(np.int32)
    s -= i
    return i, s


def _between(table: Array32, row: NDArray[np.int64], v: Array32, size: int) -> Array32:
    """Interpolate linearly at v in the rows of `size` values of a table."""
    i, f = _grid(v, size)
    at = row * size
    at += i
    flat = table.reshape(-1)
    low = flat.take(at)
    high = flat[1:].take(at)
    high -= low
    high *= f
    high += low
    return high


def bake(
    flow: FlowModel, masses: int = _MASSES, columns: int = _COLUMNS, quantiles: int = _QUANTILES
) -> TableModel:
    """Tabulate a flow.

    Parameters
    ----------
    flow : FlowModel
    masses, columns, quantiles : int
        Nodes in m, x_0 and z.

    Returns
    -------
    TableModel
        7.6 MB with the default sizes.
    """
    context = flow.context
    ranks = np.linspace(0.0, 1.0, context.knots.size)
    by_rank = np.interp(np.linspace(0.0, 1.0, 2 * masses // 3), ranks, context.knots)
    mass = np.unique(np.concatenate([by_rank, np.geomspace(*context.support, masses // 3)]))
    mass = np.clip(mass, *context.support)
    z = np.linspace(-_REACH, _REACH, quantiles, dtype=np.float32)
    x = np.linspace(-_REACH, _REACH, columns, dtype=np.float32)
    first = np.empty((mass.size, quantiles), dtype=np.float32)
    second = np.empty((mass.size, columns, quantiles), dtype=np.float32)
    for a, m in enumerate(mass):
        first[a], second[a] = flow.quantiles(float(m), z, x)
    return TableModel(mass, first, second, flow.centre, flow.scale, flow.beam, flow.about, flow.replicas)
