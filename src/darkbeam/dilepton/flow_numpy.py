r"""Sample and density of a trained flow with numpy alone.

One autoregressive transform of two standardised variables x_0 = ln(pT + 20 MeV) and x_1 = y (zero mean, unit width)
given the context c(m) of `hats`, onto two standard normal numbers z:

    z_0 = S[theta_0(c)](x_0),      z_1 = S[theta_1(c, x_0)](x_1).

S is the monotonic rational-quadratic spline on [-5, 5] of arXiv:1906.04032, equations (4)-(8), identity outside,
with K bins: in the bin [x_k, x_{k+1}] -> [y_k, y_{k+1}] with s = (y_{k+1}-y_k)/(x_{k+1}-x_k), knot slopes d and
xi = (x - x_k)/(x_{k+1} - x_k)

    S(x)  = y_k + (y_{k+1}-y_k) [s xi^2 + d_k xi(1-xi)] / [s + (d_{k+1} + d_k - 2s) xi(1-xi)]
    S'(x) = s^2 [d_{k+1} xi^2 + 2 s xi(1-xi) + d_k (1-xi)^2] / [s + (d_{k+1} + d_k - 2s) xi(1-xi)]^2.

theta come from a masked network (c, x_0) -> 32 -> 32 -> 2(3K - 1) with SiLU.  Half of its units do not see x_0: they
are functions of the mass only and are computed once where all masses are equal.  Raw parameters are softened as zuko
does, a/(1 + |2a/ln 0.001|), so slopes stay above 0.001.

Samples outside energy conservation, or with pT < 0, are drawn again: the density is that of the flow cut at the
kinematic limit, without its normalisation there (the cut part is below 0.1 % for flows trained on physical pairs).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.bootstrap import inside
from darkbeam.dilepton.hats import MassContext
from darkbeam.dilepton.model import PT_OFFSET, KinematicModel, pack, save_arrays, unpack
from darkbeam.dilepton.sample import energy_limit, lab_shift
from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.facilities import get_facility

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Array32 = NDArray[np.float32]

__all__ = ["FlowModel", "check_support", "redraw", "spline", "spline_inverse", "spline_knots"]

BOUND, SLOPE = np.float32(5.0), 1e-3
_CHUNK = 4096
_ROUNDS = 200


def _silu(a: Array32) -> Array32:
    """a/(1 + exp(-a)), without overflow."""
    return np.asarray(np.float32(0.5) * a * (1 + np.tanh(np.float32(0.5) * a)))


def spline_knots(theta: Array32, bins: int) -> tuple[Array32, Array32, Array32]:
    """Knots x, y and slopes d, each of shape (bins + 1, n), from raw parameters (3 bins - 1, n)."""
    half = np.float32(-2.0 / np.log(SLOPE))
    wide = theta[: 2 * bins] / (1 + half * np.abs(theta[: 2 * bins]))
    raw = theta[2 * bins :] / (1 + np.float32(0.5) * half * np.abs(theta[2 * bins :]))
    knots = []
    for part in (wide[:bins], wide[bins:]):
        share = np.exp(part - np.max(part, axis=0))
        out = np.empty((bins + 1, theta.shape[1]), dtype=theta.dtype)
        out[0] = 0.0
        np.cumsum(share, axis=0, out=out[1:])
        knots.append(BOUND * (2 * out / out[-1] - 1))
    slope = np.ones((bins + 1, theta.shape[1]), dtype=theta.dtype)
    slope[1:-1] = np.exp(raw)
    return knots[0], knots[1], slope


def _bin(v: Array32, edges: Array32, *columns: Array32) -> list[Array32]:
    """Lower and upper value of each column in the bin of v, shape (n,) each."""
    wide = edges.shape[1]
    k = np.sum(v >= edges[1:-1], axis=0)
    at = k * wide + (np.arange(v.size) if wide > 1 else 0)
    return [c.reshape(-1)[i] for c in columns for i in (at, at + wide)]


def spline(x: Array32, knots: tuple[Array32, Array32, Array32]) -> tuple[Array32, Array32]:
    """Value and logarithm of the slope of the spline at x (n,)."""
    x0, x1, y0, y1, d0, d1 = _bin(x, knots[0], *knots)
    s = (y1 - y0) / (x1 - x0)
    xi = np.clip((x - x0) / (x1 - x0), 0, 1)
    mixed = xi * (1 - xi)
    below = s + (d0 + d1 - 2 * s) * mixed
    value = y0 + (y1 - y0) * (s * xi * xi + d0 * mixed) / below
    slope = s * s * (d1 * xi * xi + 2 * s * mixed + d0 * (1 - xi) ** 2) / (below * below)
    here = np.abs(x) < BOUND
    return np.where(here, value, x), np.where(here, np.log(slope), 0)


def spline_inverse(y: Array32, knots: tuple[Array32, Array32, Array32]) -> Array32:
    """X with S(x) = y, shape (n,)."""
    x0, x1, y0, y1, d0, d1 = _bin(y, knots[1], *knots)
    s = (y1 - y0) / (x1 - x0)
    t = y - y0
    bend = t * (d0 + d1 - 2 * s)
    a, b, c = (y1 - y0) * (s - d0) + bend, (y1 - y0) * d0 - bend, -s * t
    xi = 2 * c / (-b - np.sqrt(np.maximum(b * b - 4 * a * c, 0)))
    return np.where(np.abs(y) < BOUND, x0 + xi * (x1 - x0), y)


def check_support(mass: Array, support: tuple[float, float]) -> None:
    """Refuse masses outside the data.

    Raises
    ------
    MassRangeError
    """
    low, high = support
    out = (mass < low * (1.0 - 1e-9)) | (mass > high * (1.0 + 1e-9))
    if np.any(out):
        raise MassRangeError(
            f"mass {mass[out][0]:.4g} GeV is outside the data: valid {low:.4g} to {high:.4g} GeV"
        )


def _inside(mass: Array, pt: Array, y: Array, beam: str) -> NDArray[np.bool_]:
    """What `inside` returns, at a third of the time.

    m_T cosh y_cm <= (m + pT) exp|y_cm|, and most points are inside even so.
    """
    facility = get_facility(beam)
    upper = np.exp(np.abs(y - lab_shift(facility)))
    upper *= mass + pt
    good = (upper < energy_limit(np.min(mass), facility)) & (pt >= 0.0)
    rest = np.flatnonzero(~good)
    good[rest] = inside(mass[rest], pt[rest], y[rest], beam)
    return np.asarray(good)


def redraw(
    mass: Array, pt: Array, y: Array, beam: str, draw: Any, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Replace points beyond the kinematic limit by new draws of ``draw(mass, rng)``.

    Raises
    ------
    ValueRangeError
        If at some mass (nearly) all draws are beyond.
    """
    good = np.empty(mass.size, dtype=bool)
    for i in range(0, mass.size, 1 << 15):  # pieces that stay in the processor's cache
        part = slice(i, i + (1 << 15))
        good[part] = _inside(mass[part], pt[part], y[part], beam)
    bad = np.flatnonzero(~good)
    for _ in range(_ROUNDS):
        if bad.size == 0:
            return pt, y
        pt[bad], y[bad] = draw(mass[bad], rng)
        bad = bad[~inside(mass[bad], pt[bad], y[bad], beam)]
    raise ValueRangeError(f"at {mass[bad[0]]:.4g} GeV the model puts all pairs beyond the energy of {beam}")


@dataclass(frozen=True)
class FlowModel:
    """Back end ``flow``.

    Attributes
    ----------
    context : MassContext
    layers : tuple of arrays
        Weight (out, in) and bias of the three layers in turn, masks applied, float32.
    bins : int
        K.
    centre, scale : arrays, shape (2,)
        Mean and width of (ln(pT + 20 MeV), y).
    beam : str
        Name of the facility.
    about : dict
        Settings, seed, versions, sizes, hash of the training data, history and notes.
    replicas : tuple of FlowModel
        Flows of bootstrap replicas of the data.
    """

    context: MassContext
    layers: tuple[Array32, ...]
    bins: int
    centre: Array
    scale: Array
    beam: str = "SPS"
    about: dict[str, Any] = field(default_factory=dict)
    replicas: tuple[FlowModel, ...] = ()

    @property
    def name(self) -> str:
        """Name of the back end."""
        return "flow"

    @property
    def support(self) -> tuple[float, float]:
        """Masses between which there are data, GeV."""
        return self.context.support

    @property
    def members(self) -> tuple[KinematicModel, ...]:
        """Flows of the bootstrap replicas."""
        return self.replicas

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the fit, one sentence each."""
        return tuple(self.about.get("notes", ()))

    @cached_property
    def _split(self) -> tuple[Any, ...]:
        """Layers cut into units that see only the mass (g) and units that also see x_0 (f)."""
        w0, b0, w1, b1, w2, b2 = (np.ascontiguousarray(a) for a in self.layers)
        g0 = w0[:, 0] == 0.0
        g1 = np.all(w1[:, ~g0] == 0.0, axis=1)
        k = 3 * self.bins - 1
        c = np.ascontiguousarray
        first = (c(w0[g0, 2:]), b0[g0, None], c(w0[~g0, 2:]), b0[~g0, None], c(w0[~g0, :1]))
        second = (c(w1[g1][:, g0]), b1[g1, None], c(w1[~g1][:, g0]), b1[~g1, None], c(w1[~g1][:, ~g0]))
        third = (c(w2[:k, g1]), b2[:k, None], c(w2[k:, g1]), b2[k:, None], c(w2[k:, ~g1]))
        return first, second, third

    def _of_mass(self, mass: Array) -> tuple[Array32, tuple[Array32, ...]]:
        """Spline parameters of x_0, and what the parameters of x_1 take from the mass."""
        columns = self.context.columns(mass)
        first, second, third = self._split
        g = _silu(first[0] @ columns + first[1])
        h = _silu(second[0] @ g + second[1])
        rest = (first[2] @ columns + first[3], second[2] @ g + second[3], third[2] @ h + third[3])
        return third[0] @ h + third[1], rest

    def _of_x0(self, x0: Array32, rest: tuple[Array32, ...]) -> Array32:
        """Spline parameters of x_1."""
        first, second, third = self._split
        f = _silu(rest[0] + first[4] * x0)
        f = _silu(rest[1] + second[4] @ f)
        return np.asarray(rest[2] + third[4] @ f)

    def invert(self, mass: Array, z: Array32) -> Array32:
        """Standardised variables (2, n) from standard normal numbers (2, n) at masses (n,) or (1,)."""
        theta0, rest = self._of_mass(mass)
        x0 = spline_inverse(z[0], spline_knots(theta0, self.bins))
        x1 = spline_inverse(z[1], spline_knots(self._of_x0(x0, rest), self.bins))
        return np.stack([x0, x1])

    def quantiles(self, mass: float, z: Array32, x0: Array32) -> tuple[Array32, Array32]:
        """t_0 (k,) at normal numbers z (k,), and t_1 (j, k) at x_0 (j,) and z, for one mass (GeV)."""
        theta0, rest = self._of_mass(np.array([mass]))
        first = spline_inverse(z, spline_knots(theta0, self.bins))
        knots = spline_knots(self._of_x0(x0, rest), self.bins)
        wide = (np.repeat(k, z.size, axis=1) for k in knots)
        second = spline_inverse(np.tile(z, x0.size), tuple(wide))  # type: ignore[arg-type]  # three arrays
        return first, second.reshape(x0.size, z.size)

    def _draw(self, mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        n = mass.size
        z = rng.standard_normal((2, n), dtype=np.float32)
        single = n > 0 and bool(np.all(mass == mass[0]))
        x = np.empty((2, n))
        for i in range(0, n, _CHUNK):
            part = slice(i, i + _CHUNK)
            x[:, part] = self.invert(mass[:1] if single else mass[part], z[:, part])
        return np.exp(x[0] * self.scale[0] + self.centre[0]) - PT_OFFSET, x[1] * self.scale[1] + self.centre[
            1
        ]

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

    def log_density(self, mass: Array, pt: Array, y: Array) -> Array:
        """Ln p(pT, y | m) in 1/GeV, shape (n,); ratios of members give the weights of variations."""
        check_support(mass, self.support)
        x = np.stack([np.log(pt + PT_OFFSET), y])
        x = (x - self.centre[:, None]) / self.scale[:, None]
        out = np.empty(mass.size)
        for i in range(0, mass.size, _CHUNK):
            part = slice(i, i + _CHUNK)
            x0, x1 = x[:, part].astype(np.float32)
            theta0, rest = self._of_mass(mass[part])
            z0, l0 = spline(x0, spline_knots(theta0, self.bins))
            z1, l1 = spline(x1, spline_knots(self._of_x0(x0, rest), self.bins))
            out[part] = -0.5 * (z0 * z0 + z1 * z1) + l0 + l1
        return np.asarray(out - np.log(2.0 * np.pi * np.prod(self.scale)) - np.log(pt + PT_OFFSET))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for an ``.npz``; members share the context and the standardisation."""
        settings = {"beam": self.beam, "bins": self.bins, "members": len(self.replicas), "about": self.about}
        out: dict[str, NDArray[Any]] = {"backend": np.array(self.name), "settings": pack(settings)}
        out |= self.context.arrays()
        out |= {"x_centre": self.centre, "x_scale": self.scale}
        for member, flow in enumerate((self, *self.replicas)):
            out |= {f"layer{i}_{member}": a for i, a in enumerate(flow.layers)}
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FlowModel:
        """Rebuild from `arrays`."""
        s = unpack(arrays["settings"])
        names = ("knots", "rank_nodes", "log_nodes", "centre", "scale")
        context = MassContext(*(np.asarray(arrays[k], dtype=np.float64) for k in names))
        shared = (s["bins"], np.asarray(arrays["x_centre"]), np.asarray(arrays["x_scale"]), s["beam"])
        flows = []
        for member in range(1 + s["members"]):
            layers = tuple(np.asarray(arrays[f"layer{i}_{member}"], dtype=np.float32) for i in range(6))
            flows.append(cls(context, layers, *shared))
        central = flows[0]
        return cls(context, central.layers, *shared, s["about"], tuple(flows[1:]))

    def save(self, path: Path) -> None:
        """Write the arrays to one ``.npz``."""
        save_arrays(path, self.arrays())
