"""Writing decays at rest: JSON (layout of exHad), Parquet, HepMC3 or CSV, chosen by the ending of the file.

    .json      mass_gev, model, seed, decay_scope, ..., events: lists of products [px, py, pz, E, mass, PDG]
    .parquet   one row per decay: channel, weight, and lists pdg, px, py, pz, energy, status, mother  (extra ``io``)
    .hepmc3    the vector at rest with status 2 (id 4900022), its products, and their decays if kept  (extra ``io``)
    .csv       one row per product: event, channel, weight, pdg, px, py, pz, energy, status, mother

JSON holds final particles only and is what `imported.ImportedDecays` reads; it has a "weights" list if the decays
are weighted.  GeV; all particles are at the origin.  ``mother`` is a row of the same decay, -1 for the vector.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import darkbeam
from darkbeam.errors import OutputError, ValueRangeError
from darkbeam.extras import require
from darkbeam.output import atomic_path

from .imported import is_hadronic
from .particle_masses import masses_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from .products import Products

__all__ = ["MOTHER_PDG", "SUFFIXES", "DecayInfo", "check_target", "write_decays"]

MOTHER_PDG = 4900022
"""Id of the decaying vector: the hidden-valley photon, as other programs write it."""
PARTICLE_FIELDS = ["px", "py", "pz", "E", "mass", "PDG"]
COLUMNS = ("px", "py", "pz", "energy")


@dataclass(frozen=True)
class DecayInfo:
    """What a file says about its decays: mass (GeV), name of the model, seed, id of the vector."""

    mass: float
    model: str = ""
    seed: int = 0
    mother_pdg: int = MOTHER_PDG

    def metadata(self) -> dict[str, Any]:
        """Entries of every format."""
        return {
            "generator": f"darkbeam {darkbeam.__version__}", "model": self.model, "mass_gev": self.mass,
            "seed": self.seed, "mother_pdg": self.mother_pdg,
        }  # fmt: skip


def _history(products: Products) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Mothers and status, also of decays without history."""
    if products.mother is None or products.status is None:
        return np.full(products.pdg.shape, -1), (products.pdg != 0).astype(np.int8)
    return products.mother, products.status


def _json(path: Path, products: Products, info: DecayInfo) -> None:
    plain = products.final()
    mass = masses_of(plain.pdg, plain.p4)
    table = np.stack([*plain.p4[1:], plain.p4[0], mass], axis=2).tolist()
    sizes = np.count_nonzero(plain.pdg, axis=1).tolist()
    events = [
        [[*row, i] for row, i in zip(rows[:k], ids[:k], strict=True)]
        for rows, ids, k in zip(table, plain.pdg.tolist(), sizes, strict=True)
    ]
    hadronic = all(is_hadronic(plain.names[c]) for c in np.unique(plain.channel).tolist())
    data = info.metadata() | {
        "decay_scope": "hadronic" if hadronic else "all",
        "particle_fields": PARTICLE_FIELDS,
    }
    if not np.all(plain.weight == 1.0):
        data["weights"] = plain.weight.tolist()
    data["channel_labels"] = [plain.names[c] for c in plain.channel.tolist()]
    path.write_text(json.dumps(data | {"events": events}, allow_nan=False), encoding="utf-8")


def _csv(path: Path, products: Products, _info: DecayInfo) -> None:
    mother, status = _history(products)
    event, slot = np.nonzero(products.pdg)
    columns = [
        event, np.array(products.names)[products.channel[event]], products.weight[event], products.pdg[event, slot],
        *products.p4[1:, event, slot], products.p4[0, event, slot], status[event, slot], mother[event, slot],
    ]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["event", "channel", "weight", "pdg", *COLUMNS, "status", "mother"])
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def _parquet(path: Path, products: Products, info: DecayInfo) -> None:
    what = f"writing {path.suffix} files"
    pa, parquet = require("pyarrow", what), require("pyarrow.parquet", what)
    mother, status = _history(products)
    real = products.pdg != 0
    offsets = np.concatenate([[0], np.cumsum(real.sum(axis=1))]).astype(np.int32)

    def lists(values: NDArray[Any]) -> Any:
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[real]))

    table = {
        "channel": pa.DictionaryArray.from_arrays(products.channel.astype(np.int32), list(products.names)),
        "weight": pa.array(products.weight),
        "pdg": lists(products.pdg),
    }
    table |= {name: lists(p) for name, p in zip(COLUMNS, (*products.p4[1:], products.p4[0]), strict=True)}
    table |= {"status": lists(status), "mother": lists(mother)}
    metadata = {"darkbeam": json.dumps(info.metadata())}
    parquet.write_table(pa.table(table).replace_schema_metadata(metadata), path, compression="zstd")


def _hepmc(path: Path, products: Products, info: DecayInfo) -> None:
    hep = require("pyhepmc", f"writing {path.suffix} files")
    mother, status = _history(products)
    mass = masses_of(products.pdg, products.p4)
    sizes = np.count_nonzero(products.pdg, axis=1).tolist()
    run = hep.GenRunInfo()
    run.tools = [("darkbeam", darkbeam.__version__, f"{info.model} of {info.mass:g} GeV at rest")]
    run.weight_names = ["weight"]
    with hep.open(str(path), "w") as out:
        for i, size in enumerate(sizes):
            event = hep.GenEvent(hep.Units.GEV, hep.Units.MM)
            event.run_info, event.event_number = run, i
            event.weights = [float(products.weight[i])]
            vector = hep.GenParticle((0.0, 0.0, 0.0, info.mass), info.mother_pdg, 2)
            vector.generated_mass = info.mass
            vertices = {-1: hep.GenVertex((0.0, 0.0, 0.0, 0.0))}
            vertices[-1].add_particle_in(vector)
            for j in range(size):
                E, px, py, pz = products.p4[:, i, j].tolist()
                particle = hep.GenParticle((px, py, pz, E), int(products.pdg[i, j]), int(status[i, j]))
                particle.generated_mass = float(mass[i, j])
                vertices[int(mother[i, j])].add_particle_out(particle)
                if status[i, j] == 2:
                    vertices[j] = hep.GenVertex((0.0, 0.0, 0.0, 0.0))
                    vertices[j].add_particle_in(particle)
            for vertex in vertices.values():
                event.add_vertex(vertex)
            out.write(event)


WRITERS: dict[str, Callable[[Path, Products, DecayInfo], None]] = {
    ".json": _json, ".parquet": _parquet, ".hepmc3": _hepmc, ".csv": _csv,
}  # fmt: skip
SUFFIXES = tuple(WRITERS)


def write_decays(path: Path, products: Products, info: DecayInfo, *, force: bool = False) -> None:
    """Write decays at rest to a file, whole or not at all.

    Parameters
    ----------
    path : Path
        Its ending chooses the format, one of `SUFFIXES`.
    products : Products
    info : DecayInfo
    force : bool
        Overwrite an existing file.

    Raises
    ------
    ValueRangeError
        For another ending.
    OutputError
        If the file exists and ``force`` is not set, or cannot be written.
    MissingExtraError
        Without pyarrow or pyhepmc.
    """
    check_target(path, force=force)
    with atomic_path(path) as part:
        WRITERS[path.suffix](part, products, info)


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be written, before anything is computed."""
    if path.suffix not in WRITERS:
        raise ValueRangeError(f"{path} ends in {path.suffix!r}; valid: {', '.join(SUFFIXES)}")
    if path.exists() and not force:
        raise OutputError(f"{path} exists; give --force to overwrite it")
    for suffix, module in ((".parquet", "pyarrow"), (".hepmc3", "pyhepmc")):
        if path.suffix == suffix:
            require(module, f"writing {path.suffix} files")
