r"""Ratios of other generators and tunes to the shipped meson spectra: weights on the same mothers.

A point of a shipped spectrum has two ranks, u of x and v of pT at that x, in which the shipped density is 1.  Another
generator has the density r(u, v) there, and the weight r turns the shipped mothers into its own,

    dN' = N r(u, v) du dv,     N' / N = int r du dv,     z = ln u/(1-u)

Stored is ln r at the centres of cells in (z, v), between which it is linear; beyond the outer centres it is constant.
N'/N is stored, too, with its error, and r is normalised to it by the quadrature that is used here, so that totals and
weighted points agree.

Names and samples: `darkbeam.data.generator_ratios` (README and the JSON inside each table).
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from .spectrum import MesonSpectrum

    Array = NDArray[np.float64]

__all__ = [
    "V_EDGES",
    "Z_EDGES",
    "Ratio",
    "RatioTables",
    "load_ratios",
    "read_ratios",
    "table_key",
    "write_ratios",
]

Z_EDGES = np.linspace(-3.25, 8.125, 17)
"""Edges of the cells in z; the outer cells reach to the ends of the spectrum."""
V_EDGES = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])
"""Edges of the cells in the rank of pT."""
_Z = 0.5 * (Z_EDGES[1:] + Z_EDGES[:-1])
_V = 0.5 * (V_EDGES[1:] + V_EDGES[:-1])
_SAME_TABLE = {"LHC_13p6": "LHC"}
"""Facilities that use the ratios of another one: in ranks, 14 and 13.6 TeV do not differ."""


def table_key(spectrum: MesonSpectrum) -> tuple[float, int]:
    """What identifies the table of a species: multiplicity and raw mesons."""
    return float(spectrum.table.multiplicity), int(spectrum.table.n_raw)


@dataclass(frozen=True)
class Ratio:
    """Ratio of one generator to the shipped spectrum of one species.

    Attributes
    ----------
    log_ratio, error : arrays, shape (n_z, n_v)
        ln r at the centres of the cells, and its statistical error.
    total, total_error : float
        N'/N, and its relative statistical error.
    """

    log_ratio: Array
    error: Array
    total: float
    total_error: float

    def __call__(self, survival: Array, rank: Array) -> Array:
        """Weight r of points, shape (n,), at a survival s = 1 - u in x and a rank v of pT."""
        s = np.clip(survival, 1e-300, 1.0)
        z = np.log1p(-np.minimum(s, 1.0 - 1e-15)) - np.log(s)
        a = np.interp(z, _Z, np.arange(float(len(_Z))))
        b = np.interp(rank, _V, np.arange(float(len(_V))))
        i = np.minimum(a.astype(np.int64), len(_Z) - 2)
        j = np.minimum(b.astype(np.int64), len(_V) - 2)
        a, b = a - i, b - j
        f = self.log_ratio
        low = f[i, j] + b * (f[i, j + 1] - f[i, j])
        high = f[i + 1, j] + b * (f[i + 1, j + 1] - f[i + 1, j])
        return np.asarray(np.exp(low + a * (high - low)))

    def integral(self, n_z: int = 600, n_v: int = 60) -> float:
        """Return int r du dv by midpoints in (z, v)."""
        z = np.linspace(-16.0, 20.0, n_z + 1)
        u = 1.0 / (1.0 + np.exp(-z))
        middle = 1.0 / (1.0 + np.exp(0.5 * (z[1:] + z[:-1])))
        s, v = (g.ravel() for g in np.meshgrid(middle, (np.arange(n_v) + 0.5) / n_v, indexing="ij"))
        weight = np.repeat(np.diff(u) / (u[-1] - u[0]), n_v) / n_v
        return float(np.sum(weight * self(s, v)))

    def normalised(self) -> Ratio:
        """Return the ratio with `integral` equal to ``total``."""
        return replace(self, log_ratio=self.log_ratio + np.log(self.total / self.integral()))


@dataclass(frozen=True)
class RatioTables:
    """All ratios at one facility.

    Attributes
    ----------
    facility : str
    ratios : mapping of str to mapping of str to Ratio
        By name of the variation and of the species.
    reference : mapping of str to (float, int)
        Multiplicity and raw mesons of the shipped tables that the ratios belong to.
    samples : mapping of str to mapping
        Generator, settings, seed, collisions and multiplicities of each alternative.
    """

    facility: str
    ratios: Mapping[str, Mapping[str, Ratio]]
    reference: Mapping[str, tuple[float, int]]
    samples: Mapping[str, Mapping[str, Any]]

    def of(self, species: str) -> dict[str, Ratio]:
        """Ratios of one species by name of the variation."""
        return {name: by[species] for name, by in self.ratios.items() if species in by}


def write_ratios(path: Path, tables: RatioTables) -> None:
    """Write ``FACILITY.npz``."""
    arrays: dict[str, Any] = {}
    for name, by in tables.ratios.items():
        for species, ratio in by.items():
            arrays[f"{name}/{species}/log_ratio"] = ratio.log_ratio.astype(np.float32)
            arrays[f"{name}/{species}/error"] = ratio.error.astype(np.float32)
            arrays[f"{name}/{species}/total"] = np.array([ratio.total, ratio.total_error])
    about = {"facility": tables.facility, "reference": tables.reference, "samples": tables.samples}
    arrays["about"] = np.array(json.dumps(about))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    with atomic_path(path) as part:
        part.write_bytes(buffer.getvalue())


def read_ratios(content: bytes) -> RatioTables:
    """Read what `write_ratios` wrote."""
    data = np.load(io.BytesIO(content), allow_pickle=False)
    about = json.loads(str(data["about"]))
    ratios: dict[str, dict[str, Ratio]] = {}
    for key in (k for k in data.files if k.endswith("/total")):
        name, species, _ = key.split("/")
        log_ratio, error = (data[f"{name}/{species}/{k}"].astype(np.float64) for k in ("log_ratio", "error"))
        total, total_error = (float(value) for value in data[key])
        ratios.setdefault(name, {})[species] = Ratio(log_ratio, error, total, total_error)
    reference = {k: (float(v[0]), int(v[1])) for k, v in about["reference"].items()}
    return RatioTables(about["facility"], ratios, reference, about["samples"])


@lru_cache(maxsize=8)
def load_ratios(facility: str) -> RatioTables:
    """Shipped ratios at a facility; without any where none are shipped.

    Examples
    --------
    >>> sorted(load_ratios("LHC").ratios)
    ['gen-kt-high', 'gen-kt-low', 'gen-sibyll', 'gen-tune-monash']
    """
    name = _SAME_TABLE.get(facility, facility)
    path = files("darkbeam") / "data" / "generator_ratios" / f"{name}.npz"
    if not path.is_file():
        return RatioTables(facility, {}, {}, {})
    return read_ratios(path.read_bytes())
