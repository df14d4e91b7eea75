"""Reading and writing spectra: a ``.npz`` of tables and a ``.json`` about their sample per facility."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import OutputError, UnknownNameError, ValueRangeError
from darkbeam.facilities import FACILITIES, Facility, get_facility
from darkbeam.output import atomic_path

from .species import SPECIES
from .spectrum import MesonSpectrum, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

__all__ = [
    "Spectra",
    "load_spectra",
    "read_spectra",
    "refuse_existing",
    "summary",
    "write_pair",
    "write_spectra",
]

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
    for species in (s for s in SPECIES if f"{s}/multiplicity" in data):
        values: dict[str, Any] = {f.name: data[f"{species}/{f.name}"] for f in fields(Table)}
        for key, value in values.items():
            values[key] = value.astype(np.int64 if key == "n_block" else np.float64)
        values["multiplicity"], values["n_raw"] = float(values["multiplicity"]), int(values["n_raw"])
        tables[species] = Table(**values)
    return tables


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to overwrite a table or the JSON beside it, unless ``force``."""
    for target in (path, path.with_suffix(".json")):
        if target.exists() and not force:
            raise OutputError(f"{target} exists, use --force to overwrite it")


def write_pair(path: Path, table: bytes, sample: Mapping[str, Any]) -> None:
    """Write a table and, beside it, the JSON of its sample, each at once or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the directory {path.parent}: {error.strerror}") from error
    text = json.dumps(sample, indent=1) + "\n"
    for target, content in ((path, table), (path.with_suffix(".json"), text.encode())):
        with atomic_path(target) as part:
            part.write_bytes(content)


def write_spectra(
    folder: Path, facility: Facility, tables: Mapping[str, Table], sample: Mapping[str, Any]
) -> Path:
    """Write ``FACILITY.npz`` and ``FACILITY.json``, each at once or not at all; return the first."""
    path = folder / f"{facility.name}.npz"
    write_pair(path, _pack(tables), sample)
    return path


def read_spectra(folder: Traversable | Path, facility: Facility) -> Spectra:
    """Read the spectra of a facility from a folder made by `write_spectra`."""
    sample = json.loads(folder.joinpath(f"{facility.name}.json").read_text())
    tables = _unpack(folder, facility.name)
    spectra = {n: MesonSpectrum(facility, SPECIES[n], t) for n, t in tables.items()}
    return Spectra(facility, spectra, sample)


@lru_cache(maxsize=len(FACILITIES))
def _load(name: str) -> Spectra:
    folder = files("darkbeam") / "data" / "spectra"
    if not folder.joinpath(f"{name}.npz").is_file():
        raise ValueRangeError(f"no meson spectra are shipped for {name}; `darkbeam spectra make` makes them")
    return read_spectra(folder, FACILITIES[name])


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
