r"""Shapes of hard processes in (ln x, pT) at several masses, and between them.

A shape is a table of `darkbeam.spectra.spectrum` for one vector per event.  Between two masses the *quantile
functions* are interpolated linearly in ln m at fixed rank: ln x(z) and pT(z, w), where x is the light-cone fraction.
Points move with the mass instead of being mixed, so that peaks stay peaks and the kinematic edge moves along.
Below the first and above the last mass the nearest shape is kept.  Blocks of the generator (the statistical error
that travels with the points) are those of the nearer mass.

x is a fraction of the beam's light-cone momentum, so that a shape serves a neighbouring beam energy too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_P

from .species import Species
from .spectrum import MesonSpectrum, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = ["ShapeTable", "pack_shapes", "unpack_shapes"]

_FLOAT32 = ("lnx", "pt_z", "pt2")
_SMALL = {"n_block": np.int32}


@dataclass(frozen=True)
class ShapeTable:
    """Shapes at increasing masses.

    Attributes
    ----------
    masses : array, shape (n,)
        GeV.
    tables : tuple of Table
        One per mass; every multiplicity is 1.
    """

    masses: NDArray[np.float64]
    tables: tuple[Table, ...]

    def at(self, mass: float) -> Table:
        """Table at a mass (GeV)."""
        if len(self.tables) == 1:
            return self.tables[0]
        ln_m = np.log(self.masses)
        position = float(np.interp(np.log(mass), ln_m, np.arange(float(len(ln_m)))))
        i = min(int(position), len(ln_m) - 2)
        return _between(self.tables[i], self.tables[i + 1], position - i)

    def spectrum(self, facility: Facility, mass: float) -> MesonSpectrum:
        """Spectrum of a vector of a mass (GeV), one per collision of the process."""
        return MesonSpectrum(facility, Species("vector", (), mass, 2.0 * M_P), self.at(mass))


def _between(a: Table, b: Table, share: float) -> Table:
    """Table whose quantiles lie a share of the way from those of a to those of b."""

    def line(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((1.0 - share) * p + share * q)

    tail = line(a.tail, b.tail)
    tail[1] = np.exp(line(np.log(a.tail[1:2]), np.log(b.tail[1:2])))[0]  # stays on the curve of ln x
    return replace(
        a if share < 0.5 else b,
        z_range=line(a.z_range, b.z_range),
        lnx=line(a.lnx, b.lnx),
        tail=tail,
        pt_z=line(a.pt_z, b.pt_z),
        pt2=np.square(line(np.sqrt(a.pt2), np.sqrt(b.pt2))),
    )


def pack_shapes(shapes: ShapeTable, prefix: str = "shape") -> dict[str, NDArray[np.generic]]:
    """Arrays for a ``.npz``, one per field with the mass as first axis; all tables have the same dimensions."""
    arrays: dict[str, NDArray[np.generic]] = {f"{prefix}/masses": shapes.masses}
    for field in fields(Table):
        stack = np.stack([np.asarray(getattr(t, field.name)) for t in shapes.tables])
        kind = np.float32 if field.name in _FLOAT32 else _SMALL.get(field.name, stack.dtype)
        arrays[f"{prefix}/{field.name}"] = stack.astype(kind)
    return arrays


def unpack_shapes(data: Mapping[str, NDArray[np.generic]], prefix: str = "shape") -> ShapeTable:
    """Inverse of `pack_shapes`."""
    masses = np.asarray(data[f"{prefix}/masses"], dtype=np.float64)
    columns = {f.name: data[f"{prefix}/{f.name}"] for f in fields(Table)}
    tables = []
    for k in range(masses.size):
        row: dict[str, Any] = {
            name: np.asarray(stack[k], dtype=np.int64 if name == "n_block" else np.float64)
            for name, stack in columns.items()
            if name not in {"multiplicity", "n_raw"}
        }
        tables.append(
            Table(multiplicity=float(columns["multiplicity"][k]), n_raw=int(columns["n_raw"][k]), **row)
        )
    return ShapeTable(masses, tuple(tables))
