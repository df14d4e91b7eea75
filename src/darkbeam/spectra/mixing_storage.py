"""Reading and writing mixing tables: ``FACILITY.npz`` and ``FACILITY.json`` in ``data/mixing``.

The LHC at 13.6 TeV uses the table of 14 TeV: quantiles in light-cone fraction and pT scale, and all rates are
multiplied with the ratio of the rho0 multiplicities of the two meson tables.
"""

from __future__ import annotations

import io
import json
from dataclasses import fields, replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import UnknownNameError
from darkbeam.facilities import FACILITIES, Facility, get_facility

from .mixing import KINDS, MixingSpectra, NodeTables
from .storage import load_spectra, write_pair

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from .spectrum import MesonSpectrum

__all__ = ["load_mixing", "read_mixing", "write_mixing"]

_FLOAT32 = ("lnx", "pt2", "asymmetry", "asymmetry_lnx", "rate_light", "rate_strange")
_SAME_TABLE = {"LHC_13p6": "LHC"}
"""Facilities served by the table of another one, in scaled variables."""


def _pack(spectra: MixingSpectra) -> bytes:
    arrays: dict[str, Any] = {"asymmetry": spectra.asymmetry, "asymmetry_lnx": spectra.asymmetry_lnx}
    arrays |= {f"rate_{kind}": spectra.rate[kind] for kind in KINDS}
    arrays |= {f.name: getattr(spectra.light, f.name) for f in fields(NodeTables)}
    for key, value in arrays.items():
        if key in _FLOAT32:
            arrays[key] = value.astype(np.float32)
        elif key == "n_block":
            arrays[key] = value.astype(np.int32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def write_mixing(folder: Path, spectra: MixingSpectra) -> Path:
    """Write the two files of a facility, each at once or not at all; return the first."""
    path = folder / f"{spectra.facility.name}.npz"
    write_pair(path, _pack(spectra), spectra.sample)
    return path


def read_mixing(
    folder: Traversable | Path, facility: Facility, phi: MesonSpectrum | None = None
) -> MixingSpectra:
    """Read the tables of a facility from a folder made by `write_mixing`.

    ``phi`` is the spectrum of the phi in the meson table of the facility, by default the shipped one.
    """
    sample = json.loads(folder.joinpath(f"{facility.name}.json").read_text())
    with folder.joinpath(f"{facility.name}.npz").open("rb") as file:
        data = np.load(io.BytesIO(file.read()), allow_pickle=False)
    values = {k: data[k].astype(np.int64 if k == "n_block" else np.float64) for k in data.files}
    light = NodeTables(**{f.name: values[f.name] for f in fields(NodeTables)})
    rate = {k: values[f"rate_{k}"] for k in KINDS}
    phi = load_spectra(facility.name).species("phi") if phi is None else phi
    return MixingSpectra(facility, light, phi, rate, values["asymmetry_lnx"], values["asymmetry"], sample)


@lru_cache(maxsize=16)
def _load(name: str) -> MixingSpectra:
    if name in _SAME_TABLE:
        source = _SAME_TABLE[name]
        here, there = (load_spectra(f) for f in (name, source))
        ratio = here.species("rho0").multiplicity / there.species("rho0").multiplicity
        return replace(_load(source), facility=FACILITIES[name], phi=here.species("phi"), factor=ratio)
    folder = files("darkbeam") / "data" / "mixing"
    if not folder.joinpath(f"{name}.npz").is_file():
        known = [f for f in FACILITIES if folder.joinpath(f"{_SAME_TABLE.get(f, f)}.npz").is_file()]
        raise UnknownNameError("facility with mixing tables", name, known)
    return read_mixing(folder, FACILITIES[name])


def load_mixing(facility: str) -> MixingSpectra:
    """Shipped mixing tables of a facility: SPS, Fermilab, Serpukhov, JPARC, LHC or LHC_13p6.

    Raises
    ------
    UnknownNameError
        For a facility without tables.

    Examples
    --------
    >>> 0.5 < load_mixing("SPS").multiplicity("light", 0.775) < 0.8
    True
    """
    return _load(get_facility(facility).name)
