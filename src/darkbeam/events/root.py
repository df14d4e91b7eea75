"""ROOT: tree ``events`` with one entry per event.

Branches: number, weight, weight_NAME (signs that are no letters or digits become ``_``), mass, epsilon, ctau, source,
channel (positions in the lists of the header), parent_E, parent_px, ..., production_x, ..., decay_x, ..., decay_time,
probability, passed; and with ``nparticle`` entries: particle_pdg, particle_status, particle_mother (-1 for the decaying
particle), particle_E, particle_px, ..., particle_x, ..., particle_t.  GeV and metres; times are c t in metres.  The
string ``darkbeam`` beside the tree is the JSON of `FileInfo.metadata`: card, names of sources and channels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    from .info import FileInfo, Labels
    from .record import Events

__all__ = ["RootFile", "branch_of"]

_PARTICLE = {"pdg": "int32", "status": "int8", "mother": "int32"} | dict.fromkeys(
    ("E", "px", "py", "pz", "x", "y", "z", "t"), "float64"
)


def branch_of(variation: str) -> str:
    """Branch of a variation's weight.

    Examples
    --------
    >>> branch_of("brem-lower")
    'weight_brem_lower'
    """
    return "weight_" + re.sub(r"\W", "_", variation)


def _scalars(events: Events) -> dict[str, Any]:
    """Branches with one number per event."""
    flat = {"number": events.number, "weight": events.weight}
    flat |= {branch_of(name): weight for name, weight in events.variations.items()}
    flat |= {name: getattr(events, name) for name in ("mass", "epsilon", "ctau")}
    flat |= {"source": events.source.astype(np.int32), "channel": events.channel.astype(np.int32)}
    flat |= {f"parent_{c}": p for c, p in zip(("E", "px", "py", "pz"), events.parent, strict=True)}
    for name, points in (("production", events.production), ("decay", events.decay)):
        flat |= {f"{name}_{c}": x for c, x in zip("xyz", points, strict=True)}
    flat |= {name: getattr(events, name) for name in ("decay_time", "probability", "passed")}
    return flat


def _particles(events: Events) -> ak.Array:
    """Records of the particles of each event."""
    columns = (events.pdg, events.status, events.mother, *events.p4, *events.vertex, events.time)
    contents = [
        ak.contents.NumpyArray(np.ascontiguousarray(values, dtype=kind))
        for values, kind in zip(columns, _PARTICLE.values(), strict=True)
    ]
    records = ak.contents.RecordArray(contents, list(_PARTICLE))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(events.offset), records))


class RootFile:
    """A ROOT file of events that is being written."""

    def __init__(self, path: Path, info: FileInfo, labels: Labels) -> None:
        self._file = uproot.recreate(path)
        self._file["darkbeam"] = info.json(labels)
        self._tree: Any = None

    def write(self, events: Events) -> None:
        """Append entries, a basket for each branch."""
        scalars = _scalars(events)
        if self._tree is None:
            kinds: dict[str, Any] = {name: values.dtype for name, values in scalars.items()}
            record = ", ".join(f'"{name}": {kind}' for name, kind in _PARTICLE.items())
            kinds["particle"] = f"var * {{{record}}}"
            self._tree = self._file.mktree("events", kinds)
        self._tree.extend(scalars | {"particle": _particles(events)})

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def discard(self) -> None:
        """Let go of the file."""
        self._file.close()
