"""Parquet round trips, and what all formats have in common: streaming, refusals, nothing left after a failure."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from darkbeam.errors import MissingExtraError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.events import Events
from darkbeam.events.info import RunPart, sample_hash
from darkbeam.events.readers import iter_events, read_events, read_info
from darkbeam.events.writers import SUFFIXES, check_target, open_writer


def write(path: Path, *batches: Events, force: bool = False) -> None:
    with open_writer(path, batches[0].card, expected=12.5, expected_error=0.25, force=force) as writer:
        for batch in batches:
            writer.write(batch)


def assert_same(a: Events, b: Events) -> None:
    for f in fields(Events):
        if f.name == "variations":
            assert list(a.variations) == list(b.variations)
            for name, values in a.variations.items():
                np.testing.assert_array_equal(values, b.variations[name])
        elif isinstance(getattr(a, f.name), np.ndarray):
            np.testing.assert_array_equal(getattr(a, f.name), getattr(b, f.name), err_msg=f.name)
            assert getattr(a, f.name).dtype == getattr(b, f.name).dtype
        else:
            assert getattr(a, f.name) == getattr(b, f.name), f.name


def test_the_random_events_are_consistent(events: Events) -> None:
    """Energy is conserved at every vertex, and daughters of K_S start away from the decay."""
    first = np.repeat(events.offset[:-1], events.multiplicity)
    total = np.zeros_like(events.parent)
    np.add.at(total.T, events.event_of[events.mother < 0], events.p4[:, events.mother < 0].T)
    np.testing.assert_allclose(total, events.parent, rtol=1e-10, atol=1e-9)
    for i in np.flatnonzero(events.status == 2):
        daughters = np.flatnonzero((first + events.mother == i) & (events.mother >= 0))
        assert len(daughters) == 2
        np.testing.assert_allclose(
            events.p4[:, daughters].sum(axis=1), events.p4[:, i], rtol=1e-10, atol=1e-9
        )
    moved = (events.vertex != events.decay[:, events.event_of]).any(axis=0)
    assert 0 < moved.sum() < len(moved)


def test_parquet_round_trip_is_exact(tmp_path: Path, events: Events) -> None:
    write(tmp_path / "a.parquet", events)
    assert_same(read_events(tmp_path / "a.parquet"), events)


def test_parquet_in_batches(tmp_path: Path, make_events, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups, and so the bytes, do not depend on how the events were cut."""
    monkeypatch.setattr("darkbeam.events.parquet.ROW_GROUP", 10)
    batches = [make_events(7, first=0), make_events(12, first=7), make_events(5, first=19)]
    write(tmp_path / "a.parquet", *batches)
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 3
    parts = list(iter_events(tmp_path / "a.parquet", 4))
    assert max(map(len, parts)) <= 4
    whole = read_events(tmp_path / "a.parquet")
    np.testing.assert_array_equal(whole.number, np.arange(24))
    np.testing.assert_array_equal(whole.p4, np.concatenate([b.p4 for b in batches], axis=1))
    np.testing.assert_array_equal(np.concatenate([p.vertex for p in parts], axis=1), whole.vertex)
    np.testing.assert_array_equal(np.concatenate([p.time for p in batches]), whole.time)
    write(tmp_path / "b.parquet", whole)
    assert (tmp_path / "b.parquet").read_bytes() == (tmp_path / "a.parquet").read_bytes()


def test_parquet_with_an_empty_batch(tmp_path: Path, events: Events) -> None:
    none = events.select(np.zeros(len(events), dtype=bool))
    write(tmp_path / "a.parquet", none, events, none)
    assert_same(read_events(tmp_path / "a.parquet"), events)
    write(tmp_path / "b.parquet", none)
    with pytest.raises(ValueRangeError, match=r"b\.parquet: the file holds no events"):
        read_events(tmp_path / "b.parquet")


def test_parquet_reads_without_this_package(tmp_path: Path, events: Events, card: dict) -> None:
    write(tmp_path / "a.parquet", events)
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column("channel").to_pylist() == [events.channel_names[c] for c in events.channel]
    assert table.column("weight:scale <2>").to_pylist() == events.variations["scale <2>"].tolist()
    assert table.column("px").to_pylist()[4] == events.p4[1, events.offset[4] : events.offset[5]].tolist()
    row = table.slice(2, 1).to_pylist()[0]  # K_S K_L
    assert row["pdg"] == [310, 130, 211, -211]
    assert row["start"] == [0, 0, 1, 1]
    assert row["vertex_z"] == [events.vertex[2, events.offset[2] + 2]]
    data = json.loads(table.schema.metadata[b"darkbeam"])
    assert data["card"] == card
    assert (data["format_version"], data["expected_events"], data["expected_error"]) == (1, 12.5, 0.25)


def test_header(tmp_path: Path, events: Events, card: dict) -> None:
    part = RunPart(3, 10, 1000, ((2, 4), (6, 7)))
    with open_writer(
        tmp_path / "a.parquet", card, expected=2.0, expected_error=0.1, runs=(part,), totals={"produced": 5.0}
    ) as writer:
        writer.write(events)
    info = read_info(tmp_path / "a.parquet")
    assert info.runs == (part,)
    assert part.chunks == 3
    assert (info.card, info.expected, info.expected_error, info.totals) == (card, 2.0, 0.1, {"produced": 5.0})
    write(tmp_path / "b.parquet", events)
    assert read_info(tmp_path / "b.parquet").runs == (RunPart(1, 1, len(events), ((0, 1),)),)


def test_the_hash_ignores_the_seed_only(card: dict) -> None:
    assert sample_hash(card | {"seed": 5}) == sample_hash(card)
    assert sample_hash(card | {"epsilon": 2e-6}) != sample_hash(card)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_existing_file_stays(tmp_path: Path, events: Events, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists; give --force"):
        write(path, events)
    assert path.read_text() == "mine"
    write(path, events, force=True)
    assert path.stat().st_size > 1000
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_nothing(tmp_path: Path, events: Events, suffix: str) -> None:
    def interrupted() -> None:
        with open_writer(tmp_path / f"a{suffix}", {}, expected=1.0, expected_error=0.1) as writer:
            writer.write(events)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_nothing(tmp_path: Path, make_events, suffix: str) -> None:
    """A limit on the size of files stands for the full disk."""
    events = make_events(60)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard))
    try:
        with pytest.raises(OutputError, match=rf"cannot write .*a\{suffix}: "):
            write(tmp_path / f"a{suffix}", *[events] * 4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_folder_is_an_error(tmp_path: Path, events: Events, suffix: str) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / "none" / f"a{suffix}", events)


def test_a_file_without_events_is_not_made(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="no events for"),
        open_writer(tmp_path / "a.parquet", {}, expected=0.0, expected_error=0.0),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_unknown_endings_are_refused(tmp_path: Path, events: Events) -> None:
    with pytest.raises(UnknownNameError, match=r"'\.hepmc'.*Did you mean '\.hepmc3'"):
        write(tmp_path / "a.hepmc", events)


@pytest.mark.parametrize(
    ("suffix", "module"), [(".parquet", "pyarrow.parquet"), (".hepmc3", "pyhepmc"), (".root", "uproot")]
)
def test_a_missing_library_names_the_pip_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"writing \{suffix} files .* pip install 'darkbeam\[io\]'"):
        check_target(tmp_path / f"a{suffix}", force=False)


@pytest.mark.parametrize("suffix", [".lhe", ".txt"])
def test_text_formats_need_no_extra(
    tmp_path: Path, events: Events, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    for module in ("pyarrow", "pyarrow.parquet", "pyhepmc", "uproot", "awkward", "pylhe"):
        monkeypatch.setitem(sys.modules, module, None)  # as if not installed
    for module in ("lhe", "eventcalc"):
        monkeypatch.delitem(sys.modules, f"darkbeam.events.{module}", raising=False)
    write(tmp_path / f"a{suffix}", events)
    assert (tmp_path / f"a{suffix}").stat().st_size > 1000


def test_batches_must_agree(tmp_path: Path, events: Events, make_events) -> None:
    other = make_events(5)
    other.variations.pop("brem-lower")
    with pytest.raises(ValueError, match="batches of one file differ"):
        write(tmp_path / "a.parquet", events, other)
    assert not list(tmp_path.iterdir())


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    import pyarrow as pa

    with pytest.raises(ValueRangeError, match="no such file"):
        read_events(tmp_path / "none.parquet")
    (tmp_path / "a.parquet").write_text("no parquet")
    with pytest.raises(ValueRangeError, match="cannot be read"):
        read_events(tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    with pytest.raises(ValueRangeError, match="not written by darkbeam events"):
        read_info(tmp_path / "b.parquet")
    data = json.dumps({"format_version": 99})
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({"darkbeam": data}), tmp_path / "c.parquet")
    with pytest.raises(ValueRangeError, match="format version 99, not 1"):
        read_info(tmp_path / "c.parquet")
