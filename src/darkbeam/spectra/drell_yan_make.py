"""Make the Drell-Yan tables of a facility: luminosities from parton grids, shapes from the generator.

Needs the extra ``pythia``: the grids and the shower are those of its wheel.
"""

from __future__ import annotations

import io
from importlib.metadata import files as distribution_files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import OutputError, ValueRangeError
from darkbeam.output import atomic_path, dump_json

from .drell_yan import PDF_SETS, VARIATIONS
from .drell_yan_events import Z_PRIME, drell_yan_settings, make_shape
from .drell_yan_luminosity import CLASSES, luminosities
from .drell_yan_shapes import ShapeTable, pack_shapes
from .generator import pythia_version
from .pdf_grid import read_pdf_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = ["luminosity_table", "make_drell_yan", "mass_range", "wheel_grid", "write_table"]

MASS_MIN, MASS_MAX = 1.5, 200.0
_SQRT_TAU_MAX = 0.38
"""Largest mass over sqrt(s): beyond, the sea densities of the sets are unconstrained (one turns negative)."""
_LN_STEP = 0.11
"""Spacing of the luminosity grid in ln m."""


def mass_range(facility: Facility) -> tuple[float, float]:
    """Mass range of the tables, GeV."""
    return MASS_MIN, min(MASS_MAX, _SQRT_TAU_MAX * float(np.sqrt(facility.s)))


def wheel_grid(name: str) -> Path:
    """Path of a parton grid in the generator's wheel.

    Raises
    ------
    MissingExtraError, ValueRangeError
    """
    pythia_version()
    for entry in distribution_files("pythia8mc") or ():
        if entry.name == name:
            return Path(str(entry.locate()))
    raise ValueRangeError(f"the installed pythia8mc ships no parton grid {name}")


def luminosity_table(facility: Facility, masses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luminosities [variation, target, class, order, mass].

    Raises
    ------
    ValueRangeError
        If one is not positive: the mass grid reaches beyond what the sets describe.
    """
    targets = ("proton",) if facility.collider else ("proton", "neutron")
    grids = {name: read_pdf_grid(wheel_grid(file)) for name, file in PDF_SETS.items()}
    values = np.empty((len(VARIATIONS), len(targets), len(CLASSES), 2, masses.size))
    for i, (pdf, factor) in enumerate(VARIATIONS.values()):
        for j, target in enumerate(targets):
            for k, mass in enumerate(masses):
                found = luminosities(grids[pdf], float(mass), facility.s, target, factor)
                values[i, j, :, :, k] = [found[c] for c in CLASSES]
    if not np.all(values > 0.0):
        raise ValueRangeError(f"Drell-Yan luminosities at {facility.name} are not positive everywhere")
    return values


def write_table(folder: Path, name: str, arrays: Mapping[str, Any], about: dict[str, Any]) -> None:
    """Write ``NAME.npz`` and ``NAME.json``, each at once or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}") from error
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    with atomic_path(folder / f"{name}.npz") as part:
        part.write_bytes(buffer.getvalue())
    with atomic_path(folder / f"{name}.json") as part:
        part.write_text(dump_json(about) + "\n", encoding="utf-8")


def make_drell_yan(
    facility: Facility,
    output: Path,
    n_shapes: int = 10,
    n_events: int = 40_000,
    seed: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Write ``FACILITY.npz`` and ``FACILITY.json``.

    Parameters
    ----------
    facility : Facility
    output : Path
        Folder.
    n_shapes : int
        Masses with shapes, uniform in ln m; 0 for a facility that borrows those of a neighbouring energy.
    n_events : int
        Per shape; shape i uses seed + i.
    progress : callable
        Called with a line after each step.

    Raises
    ------
    MissingExtraError, OutputError, ValueRangeError
    """
    low, high = mass_range(facility)
    n_masses = int(np.ceil(np.log(high / low) / _LN_STEP)) + 1
    masses = np.geomspace(low, high, n_masses)
    arrays: dict[str, Any] = {"masses": masses, "luminosity": luminosity_table(facility, masses)}
    progress(f"{facility.name}: luminosities at {n_masses} masses")
    nodes = [float(f"{m:.4g}") for m in np.geomspace(low, high, n_shapes)] if n_shapes else []
    tables, moments = [], []
    for i, mass in enumerate(nodes):
        settings = drell_yan_settings(facility, mass)
        table, about = make_shape(facility, mass, settings, Z_PRIME, n_events, seed + i)
        tables.append(table)
        moments.append(about)
        progress(f"{facility.name}: {about}")
    if tables:
        arrays |= pack_shapes(ShapeTable(np.array(nodes), tuple(tables)))
    about_all = {
        "facility": facility.name, "description": facility.description, "generator": pythia_version(),
        "seed": seed, "variations": {n: [PDF_SETS[p], f] for n, (p, f) in VARIATIONS.items()},
        "targets": ["proton"] if facility.collider else ["proton", "neutron"], "classes": list(CLASSES),
        "orders": ["LO", "NLO"], "shapes": moments,
        "settings_at_first_shape": list(drell_yan_settings(facility, nodes[0])) if nodes else [],
    }  # fmt: skip
    write_table(output, facility.name, arrays, about_all)
