"""The native format: Parquet, one row per event.

    number, weight, weight:NAME ..., mass, epsilon, ctau, source, channel,
    parent_E, parent_px, parent_py, parent_pz, production_x ... z, decay_x ... z, decay_time, probability, passed,
    lists with one entry per particle:          pdg, status, mother, E, px, py, pz, start
    lists with one entry per secondary vertex:  vertex_x, vertex_y, vertex_z, vertex_t

GeV and metres, lab frame.  ``mother`` is a position in the lists, -1 for the decaying particle.  ``start`` is 0 for a
particle that starts at the decay vertex (nearly all do), and k if it starts at the k-th secondary vertex of its event;
t is c t.  The entry ``darkbeam`` of the metadata is the JSON of `FileInfo.metadata`.  Row groups of 65536
events, compressed with zstd; any Parquet reader opens the file (``pandas.read_parquet``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .record import Events

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from .info import FileInfo, Labels

__all__ = ["KEY", "ROW_GROUP", "ParquetFile", "from_batch"]

KEY = b"darkbeam"
"""Key of the metadata."""
ROW_GROUP = 1 << 16
"""Events of a row group: the larger, the faster; one is held in memory."""
_P4 = ("E", "px", "py", "pz")
_XYZ = ("x", "y", "z")
_PARTICLES: dict[str, type[np.generic]] = {
    "pdg": np.int32, "status": np.int8, "mother": np.int32, **dict.fromkeys(_P4, np.float64), "start": np.int32,
}  # fmt: skip
_VERTICES = tuple(f"vertex_{c}" for c in (*_XYZ, "t"))
_LISTS: dict[str, type[np.generic]] = {**_PARTICLES, **dict.fromkeys(_VERTICES, np.float64)}
_REPEATED = ["mass", "epsilon", "ctau", "source", "channel", "pdg", "status", "mother", "start"]
"""Columns of few values, which are written as indices into a dictionary."""


def _weights(labels: Labels) -> list[str]:
    return [f"weight:{name}" for name in labels.variations]


def _schema(info: FileInfo, labels: Labels) -> pa.Schema:
    name = pa.dictionary(pa.int32(), pa.string())
    scalars = {
        "number": pa.int64(),
        **dict.fromkeys(("weight", *_weights(labels), "mass", "epsilon", "ctau"), pa.float64()),
        "source": name, "channel": name,
        **dict.fromkeys((f"parent_{c}" for c in _P4), pa.float64()),
        **dict.fromkeys((f"{v}_{c}" for v in ("production", "decay") for c in _XYZ), pa.float64()),
        "decay_time": pa.float64(), "probability": pa.float64(), "passed": pa.bool_(),
    }  # fmt: skip
    fields = [pa.field(key, kind, nullable=False) for key, kind in scalars.items()]
    # without nulls there is one level less to encode for each entry
    fields += [
        pa.field(
            key, pa.list_(pa.field("element", pa.from_numpy_dtype(kind), nullable=False)), nullable=False
        )
        for key, kind in _LISTS.items()
    ]
    return pa.schema(fields, metadata={KEY: info.json(labels)})


def _columns(events: Events, schema: pa.Schema) -> list[Any]:
    """Columns in the order of the schema."""
    flat = [
        events.number, events.weight, *events.variations.values(), events.mass, events.epsilon, events.ctau,
        None, None, *events.parent, *events.production, *events.decay, events.decay_time, events.probability,
        events.passed,
    ]  # fmt: skip
    columns = [None if values is None else pa.array(values) for values in flat]
    for column, index, names in (
        ("source", events.source, events.source_names),
        ("channel", events.channel, events.channel_names),
    ):
        columns[schema.get_field_index(column)] = pa.DictionaryArray.from_arrays(
            pa.array(index.astype(np.int32)), pa.array(names, pa.string())
        )
    start, counts, points = _secondary(events)
    per_particle = [events.pdg, events.status, events.mother, *events.p4, start]
    for rows, group in (
        (events.offset, per_particle),
        (np.concatenate([[0], np.cumsum(counts)]), list(points)),
    ):
        offsets = pa.array(rows.astype(np.int32))
        for values in group:
            field = schema.field(len(columns))
            plain = pa.array(values.astype(_LISTS[field.name], copy=False))
            columns.append(pa.ListArray.from_arrays(offsets, plain, type=field.type))
    return columns


def _secondary(events: Events) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Secondary vertices.

    Returns
    -------
    start : array of int, shape (N,)
        0 for the decay vertex, else which secondary vertex of the event.
    counts : array of int, shape (n,)
        Secondary vertices of each event.
    points : array, shape (4, all of them)
        (x, y, z, c t), m.
    """
    away = np.zeros(events.offset[-1], dtype=np.bool_)
    for own, usual in zip((*events.vertex, events.time), (*events.decay, events.decay_time), strict=True):
        away |= own != np.repeat(usual, events.multiplicity)
    start = np.zeros(len(away), dtype=np.int64)
    (at,) = np.nonzero(away)
    event, points = events.event_of[at], np.stack([*events.vertex[:, at], events.time[at]])
    new = np.ones(len(at), dtype=np.bool_)  # neighbours in the list often share their vertex
    new[1:] = (event[1:] != event[:-1]) | (points[:, 1:] != points[:, :-1]).any(axis=0)
    counts = np.bincount(event[new], minlength=len(events))
    start[at] = np.cumsum(new) - (np.cumsum(counts) - counts)[event]
    return start, counts, points[:, new]


class ParquetFile:
    """A Parquet file of events that is being written."""

    def __init__(self, path: Path, info: FileInfo, labels: Labels) -> None:
        self._schema = _schema(info, labels)
        self._waiting: list[pa.Table] = []
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="zstd", compression_level=_LEVEL, use_dictionary=_REPEATED_PATHS,
            write_statistics=["number"],
        )  # fmt: skip

    def write(self, events: Events) -> None:
        """Append events."""
        self._waiting.append(pa.Table.from_arrays(_columns(events, self._schema), schema=self._schema))
        if sum(map(len, self._waiting)) >= ROW_GROUP:
            self._flush()

    def _flush(self, *, everything: bool = False) -> None:
        """Write full row groups, so that the file does not depend on how the events were cut into batches."""
        rows = pa.concat_tables(self._waiting).combine_chunks()
        end = len(rows) if everything else len(rows) - len(rows) % ROW_GROUP
        self._writer.write_table(rows.slice(0, end), row_group_size=ROW_GROUP)
        self._waiting = [rows.slice(end)]

    def close(self) -> None:
        """Write the rest and the footer."""
        self._flush(everything=True)
        self._writer.close()

    def discard(self) -> None:
        """Let go of the file."""
        self._writer.close()


_LEVEL = -5
"""Compression costs as much time as all the rest; higher levels make files a few per cent smaller."""
_REPEATED_PATHS = [f"{name}.list.element" if name in _LISTS else name for name in _REPEATED]


def _doubles(batch: pa.RecordBatch, *names: str) -> NDArray[np.float64]:
    return np.stack([batch.column(name).to_numpy(zero_copy_only=False) for name in names])


def _offset(batch: pa.RecordBatch, name: str) -> NDArray[np.int64]:
    """Where the list of each event begins among its entries."""
    rows = batch.column(name).offsets.to_numpy().astype(np.int64)
    return np.asarray(rows - rows[0])


def _index(batch: pa.RecordBatch, name: str, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Position of each entry of a column in the names of the file."""
    column = batch.column(name)
    place = {text: k for k, text in enumerate(names)}
    order = np.array([place[text] for text in column.dictionary.to_pylist()], dtype=np.int64)
    return np.asarray(order[column.indices.to_numpy(zero_copy_only=False)])


def from_batch(batch: pa.RecordBatch, data: Mapping[str, Any]) -> Events:
    """Events of a record batch of a file with this metadata."""
    sources, channels = tuple(data["source_names"]), tuple(data["channel_names"])
    offset = _offset(batch, "pdg")

    def values(name: str) -> NDArray[Any]:
        return np.asarray(batch.column(name).flatten().to_numpy(zero_copy_only=False))

    def scalar(name: str) -> NDArray[Any]:
        return np.asarray(batch.column(name).to_numpy(zero_copy_only=False))

    decay = _doubles(batch, *(f"decay_{c}" for c in _XYZ))
    usual = np.concatenate([decay, scalar("decay_time")[None]])
    event = np.repeat(np.arange(len(batch)), np.diff(offset))
    start, points = values("start"), np.stack([values(c) for c in _VERTICES])
    where = usual[:, event]
    (away,) = np.nonzero(start)
    where[:, away] = points[:, _offset(batch, "vertex_x")[event[away]] + start[away] - 1]
    return Events(
        number=scalar("number"), weight=scalar("weight"),
        variations={name: scalar(f"weight:{name}") for name in data["variations"]},
        mass=scalar("mass"), epsilon=scalar("epsilon"), ctau=scalar("ctau"),
        source=_index(batch, "source", sources), channel=_index(batch, "channel", channels),
        source_names=sources, channel_names=channels,
        parent=_doubles(batch, *(f"parent_{c}" for c in _P4)),
        production=_doubles(batch, *(f"production_{c}" for c in _XYZ)),
        decay=decay, decay_time=usual[3], probability=scalar("probability"), passed=scalar("passed"),
        offset=offset,
        pdg=values("pdg").astype(np.int64), status=values("status").astype(np.int64),
        mother=values("mother").astype(np.int64), p4=np.stack([values(c) for c in _P4]),
        vertex=where[:3], time=where[3],
        parent_pdg=int(data["parent_pdg"]), card=data["card"],
    )  # fmt: skip
