"""Reading a user's flux from CSV, Parquet or HepMC3, and checking it.

Tables (CSV with a header line, ``#`` starts a comment; Parquet) have the columns

    energy_GeV   theta_rad   weight         of every particle: lab energy, polar angle, number per inelastic collision
    mass_GeV                                dark photons: their mass
    pdg                                     mesons: 111, 221, 331, 113, 223, 333, 2214 or 2114 (and antiparticles)

with exactly one of ``mass_GeV`` (a flux of dark photons at epsilon = 1, at one or more masses) and ``pdg`` (mothers,
which decay as those of the shipped tables do).

HepMC3: every particle with one of these PDG ids is a mother, whatever its status, once (a copy that its generator
made, which has the same id as its parent, is not counted).  Events are inelastic collisions: a particle has the
weight w_event / sum of w_event; or the event weight itself if the file names it ``weight_per_collision``.  Dark
photons come as tables only, since their masses are a grid.
"""

from __future__ import annotations

import csv
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_DELTA, M_ETA, M_ETAP, M_OMEGA, M_PHI, M_PI0, M_RHO
from darkbeam.errors import MissingExtraError, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    Array = NDArray[np.float64]

__all__ = ["MOTHERS", "FluxTable", "read_flux"]

MOTHERS = {
    111: ("pi0", M_PI0), 221: ("eta", M_ETA), 331: ("etap", M_ETAP), 113: ("rho0", M_RHO),
    223: ("omega", M_OMEGA), 333: ("phi", M_PHI), 2214: ("Delta+", M_DELTA), 2114: ("Delta0", M_DELTA),
}  # fmt: skip
"""Species and nominal mass (GeV) of the mothers, by PDG id; a Delta may be an antiparticle."""
COMMON = ("energy_GeV", "theta_rad", "weight")
KINDS = ("mass_GeV", "pdg")
PER_COLLISION = "weight_per_collision"
FORMATS = (".csv", ".parquet", ".hepmc", ".hepmc3")
BROAD = 2.0
"""A Delta or a rho is broad: its energy may be below that of the nominal mass by this many widths."""
WIDTHS = {113: 0.147, 2214: 0.117, 2114: 0.117}
"""GeV."""


@dataclass(frozen=True)
class FluxTable:
    """A checked flux.

    Attributes
    ----------
    energy, theta, weight : arrays, shape (n,)
        GeV, rad, particles per inelastic collision.
    mass : array, shape (n,), or None
        Masses of dark photons, GeV.
    pdg : array of int, shape (n,), or None
        Ids of mothers, antiparticles as particles.
    """

    energy: Array
    theta: Array
    weight: Array
    mass: Array | None
    pdg: NDArray[np.int64] | None


def read_flux(path: str | Path, facility: Facility) -> FluxTable:
    """Read and check a flux file.

    Raises
    ------
    ValueRangeError
        It cannot be read, a column is missing or unknown, or a row is impossible; the message names file and row.
    MissingExtraError
        Parquet or HepMC3 without the extra ``io``.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueRangeError(f"flux {path.name}: unknown format; valid endings: {', '.join(FORMATS)}")
    if not path.is_file():
        raise ValueRangeError(f"flux {path}: no such file")
    readers = {".csv": _csv, ".parquet": _parquet}
    columns = readers.get(path.suffix.lower(), _hepmc)(path)
    return _checked(columns, path.name, facility)


def _optional(module: str, what: str) -> Any:
    """Import a module of the extra ``io``."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingExtraError(what, "io") from None


def _csv(path: Path) -> dict[str, Array]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueRangeError(f"flux {path.name}: cannot be read ({error})") from None
    kept = [(k, x) for k, x in enumerate(lines, 1) if x.strip() and not x.lstrip().startswith("#")]
    if not kept:
        raise ValueRangeError(f"flux {path.name}: empty file")
    rows = csv.reader(x for _, x in kept)
    header = [h.strip() for h in next(rows)]
    _check_header(header, path.name)
    values = []
    for (number, _), row in zip(kept[1:], rows, strict=True):
        try:
            cells = [float(x) for x in row]
        except ValueError as error:
            raise ValueRangeError(f"flux {path.name}: line {number}: {error}") from None
        if len(cells) != len(header):
            raise ValueRangeError(
                f"flux {path.name}: line {number} has {len(cells)} values, not {len(header)}"
            )
        values.append(cells)
    table = np.array(values, dtype=np.float64).reshape(-1, len(header))
    return {name: table[:, k] for k, name in enumerate(header)}


def _parquet(path: Path) -> dict[str, Array]:
    pyarrow = _optional("pyarrow", "reading Parquet")
    try:
        table = _optional("pyarrow.parquet", "reading Parquet").read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueRangeError(f"flux {path.name}: not a Parquet file ({error})") from None
    _check_header(table.column_names, path.name)
    try:
        return {name: np.array(table[name].to_numpy(), dtype=np.float64) for name in table.column_names}
    except (TypeError, ValueError) as error:
        raise ValueRangeError(f"flux {path.name}: a column is not numeric ({error})") from None


def _hepmc(path: Path) -> dict[str, Array]:
    pyhepmc = _optional("pyhepmc", "reading HepMC3")
    found, event_weights = [], []
    try:
        with pyhepmc.open(str(path), "r") as file:
            for event in file:
                named, w = _event_weight(event)
                event_weights.append(0.0 if named else w)
                unit = 1.0 if str(event.momentum_unit).endswith("GEV") else 1e-3
                found += [(*x, w) for x in _mothers(event, unit)]
    except (OSError, RuntimeError) as error:
        raise ValueRangeError(f"flux {path.name}: not a HepMC3 file ({error})") from None
    total = sum(event_weights) or 1.0
    table = np.array(found, dtype=np.float64).reshape(-1, 4)
    return {
        "energy_GeV": table[:, 0],
        "theta_rad": table[:, 1],
        "pdg": table[:, 2],
        "weight": table[:, 3] / total,
    }


def _event_weight(event: Any) -> tuple[bool, float]:
    """Return the weight of an event, and whether it is per collision."""
    if len(event.weights) == 0:
        return False, 1.0
    names = [] if event.run_info is None else list(event.run_info.weight_names)
    if PER_COLLISION in names:
        return True, float(event.weights[names.index(PER_COLLISION)])
    return False, float(event.weights[0])


def _mothers(event: Any, unit: float) -> list[tuple[float, float, int]]:
    """Return (energy, theta, pdg) of the mothers in one event."""
    found = []
    for p in event.particles:
        if abs(p.pid) not in MOTHERS or any(parent.pid == p.pid for parent in p.parents):
            continue
        q = p.momentum
        found.append((q.e * unit, float(np.arctan2(np.hypot(q.px, q.py), q.pz)), p.pid))
    return found


def _check_header(header: list[str], file: str) -> None:
    valid = (*COMMON, *KINDS)
    for name in header:
        if name not in valid:
            raise ValueRangeError(f"flux {file}: unknown column {name!r}; valid: {', '.join(valid)}")
        if header.count(name) > 1:
            raise ValueRangeError(f"flux {file}: column {name!r} appears twice")
    for name in COMMON:
        if name not in header:
            raise ValueRangeError(f"flux {file}: no column {name!r}; needed: {', '.join(COMMON)}")
    if sum(k in header for k in KINDS) != 1:
        raise ValueRangeError(
            f"flux {file}: needs one of the columns mass_GeV (dark photons) and pdg (mothers), not both or none"
        )


def _checked(columns: Mapping[str, Array], file: str, facility: Facility) -> FluxTable:
    energy, theta, weight = (columns[name] for name in COMMON)
    if energy.size == 0:
        raise ValueRangeError(f"flux {file}: no particles")
    for name, values in columns.items():
        _refuse(~np.isfinite(values), values, file, f"{name} is not finite")
    _refuse(weight < 0.0, weight, file, "weight is negative")
    _refuse((theta < 0.0) | (theta > np.pi), theta, file, "theta_rad is not within 0 to pi (degrees?)")
    above = f"energy_GeV is above the beam energy of {facility.beam_energy:g} GeV (MeV?)"
    _refuse(energy > facility.beam_energy, energy, file, above)
    if not weight.sum() > 0.0:
        raise ValueRangeError(f"flux {file}: all weights are 0")
    if "mass_GeV" in columns:
        mass = columns["mass_GeV"]
        _refuse(mass <= 0.0, mass, file, "mass_GeV is not positive")
        _refuse(energy < mass, energy, file, "energy_GeV is below the mass")
        return FluxTable(energy, theta, weight, mass, None)
    pdg = columns["pdg"]
    known = np.isin(np.abs(pdg), list(MOTHERS)) & ((pdg > 0) | (np.abs(pdg) > 1000))
    _refuse(~known, pdg, file, f"pdg is not one of {', '.join(map(str, MOTHERS))}")
    ids = np.abs(pdg).astype(np.int64)
    nominal = np.array([MOTHERS[int(i)][1] for i in ids])
    width = np.array([WIDTHS.get(int(i), 0.0) for i in ids])
    least = np.where(width > 0.0, nominal - BROAD * width, nominal * (1.0 - 1e-3))
    _refuse(energy < least, energy, file, "energy_GeV is below the mass of the particle")
    return FluxTable(energy, theta, weight, None, ids)


def _refuse(bad: NDArray[np.bool_], values: Array, file: str, problem: str) -> None:
    if np.any(bad):
        row = int(np.argmax(bad))
        others = int(bad.sum()) - 1
        more = f", and {others} more" if others else ""
        raise ValueRangeError(f"flux {file}: {problem}: {values[row]:g} in row {row + 1}{more}")
