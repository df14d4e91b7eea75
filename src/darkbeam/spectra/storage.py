"""Reading and writing spectra: a ``.npz`` of tables and a ``.json`` about their sample per facility."""

from __future__ import annotations

import io
import json
import os
import tempfile
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import OutputError, UnknownNameError
from darkbeam.facilities import FACILITIES, Facility, get_facility

from .species import SPECIES
from .spectrum import MesonSpectrum, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

__all__ = ["Spectra", "load_spectra", "read_spectra", "summary", "write_spectra"]

_FLOAT32 = ("lnx", "pt_z", "pt2")


@dataclass(frozen=True)
class Spectra:
    """Spectra of all species at one facility.

    Attributes
    ----------
    facility : Facility
    tables : mapping of str to MesonSpectrum
    sample : mapping
        What the generator sample says about itself: moments, yields, settings, seeds (the JSON file).
    """

    facility: Facility
    tables: Mapping[str, MesonSpectrum]
    sample: Mapping[str, Any]

    def species(self, name: str) -> MesonSpectrum:
        """Spectrum of one species.

        Raises
        ------
        UnknownNameError
            For a species that is not stored.
        """
        if name not in self.tables:
            raise UnknownNameError("species", name, self.tables)
        return self.tables[name]

    @property
    def sigma_mb(self) -> float:
        """The generator's own inelastic cross-section, mb."""
        return float(self.sample["sigma_gen_mb"])


def _pack(tables: Mapping[str, Table]) -> bytes:
    arrays: dict[str, Any] = {}
    for name, table in tables.items():
        for f in fields(Table):
            value = getattr(table, f.name)
            if f.name in _FLOAT32:
                value = value.astype(np.float32)
            elif f.name == "n_block":
                value = value.astype(np.int32)
            arrays[f"{name}/{f.name}"] = value
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _unpack(source: Traversable | Path, name: str) -> dict[str, Table]:
    with source.joinpath(f"{name}.npz").open("rb") as file:
        data = np.load(io.BytesIO(file.read()), allow_pickle=False)
    tables = {}
    for species in SPECIES:
        values: dict[str, Any] = {f.name: data[f"{species}/{f.name}"] for f in fields(Table)}
        for key, value in values.items():
            values[key] = value.astype(np.int64 if key == "n_block" else np.float64)
        values["multiplicity"], values["n_raw"] = float(values["multiplicity"]), int(values["n_raw"])
        tables[species] = Table(**values)
    return tables


def _write_atomic(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_spectra(
    folder: Path, facility: Facility, tables: Mapping[str, Table], sample: Mapping[str, Any]
) -> Path:
    """Write ``FACILITY.npz`` and ``FACILITY.json``, each at once or not at all; return the first."""
    path = folder / f"{facility.name}.npz"
    text = json.dumps(sample, indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_atomic(path, _pack(tables))
        _write_atomic(path.with_suffix(".json"), text.encode())
    except OSError as error:
        raise OutputError(f"cannot write spectra to {folder}: {error.strerror}") from error
    return path


def read_spectra(folder: Traversable | Path, facility: Facility) -> Spectra:
    """Read the spectra of a facility from a folder made by `write_spectra`."""
    sample = json.loads(folder.joinpath(f"{facility.name}.json").read_text())
    tables = _unpack(folder, facility.name)
    spectra = {n: MesonSpectrum(facility, SPECIES[n], t) for n, t in tables.items()}
    return Spectra(facility, spectra, sample)


@lru_cache(maxsize=len(FACILITIES))
def _load(name: str) -> Spectra:
    return read_spectra(files("darkbeam") / "data" / "spectra", FACILITIES[name])


def load_spectra(facility: str) -> Spectra:
    """Shipped spectra of a facility: SPS, Fermilab, Serpukhov, LHC or LHC_13p6.

    Raises
    ------
    UnknownNameError
        For a facility without spectra.

    Examples
    --------
    >>> load_spectra("SPS").species("eta").multiplicity > 0.5
    True
    """
    return _load(get_facility(facility).name)


def summary(facility: str) -> dict[str, Any]:
    """Moments per species, settings, seeds and version, as `darkbeam spectra show` prints them.

    Examples
    --------
    >>> sorted(summary("SPS"))[:3]
    ['description', 'facility', 'generator']
    """
    sample = load_spectra(facility).sample
    keys = (
        "facility", "description", "generator", "n_events", "seeds", "sigma_gen_mb", "settings", "species",
    )  # fmt: skip
    return {key: sample[key] for key in keys}
