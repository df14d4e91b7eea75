"""Random streams, errors, output and cache."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from darkbeam import cache
from darkbeam.errors import CardError, DarkbeamError, MissingExtraError, OutputError, UnknownNameError
from darkbeam.output import atomic_path, prepare_directory
from darkbeam.rng import stream


def test_streams_are_reproducible_and_distinct() -> None:
    first = stream(1, "flux/meson:pi0").random(5)
    np.testing.assert_array_equal(first, stream(1, "flux/meson:pi0").random(5))
    for other in (stream(2, "flux/meson:pi0"), stream(1, "flux/meson:eta"), stream(1, "flux/meson:pi0", 1)):
        assert not np.any(first == other.random(5))


def test_streams_are_uncorrelated() -> None:
    a, b = stream(1, "a").random(20000), stream(1, "b").random(20000)
    assert abs(np.corrcoef(a, b)[0, 1]) < 4.0 / np.sqrt(20000)


def test_errors_say_what_is_valid() -> None:
    message = str(UnknownNameError("experiment", "ship", ["SHiP", "NuCal"]))
    assert "Did you mean 'SHiP'" in message
    assert "NuCal" in message
    assert "darkbeam[pythia]" in str(MissingExtraError("making spectra", "pythia"))
    error = CardError("my.toml", "exposure.pot", "must be positive")
    assert "my.toml" in str(error)
    assert "exposure.pot" in str(error)
    assert isinstance(error, DarkbeamError)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "result.csv"
    target.write_text("old")

    def fail() -> None:
        with atomic_path(target) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert [f.name for f in tmp_path.iterdir()] == ["result.csv"]


def test_another_card_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "contour.json").write_text(json.dumps({"card_hash": "aaa"}))
    prepare_directory(tmp_path, "aaa", force=False)
    prepare_directory(tmp_path, "bbb", force=True)
    with pytest.raises(OutputError, match="another card"):
        prepare_directory(tmp_path, "bbb", force=False)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        prepare_directory(tmp_path / "file" / "sub", "aaa", force=False)


def test_cache_round_trip() -> None:
    key = cache.card_hash({"b": 1, "a": [1, 2]})
    assert key == cache.card_hash({"a": [1, 2], "b": 1})
    assert key != cache.card_hash({"a": [1, 2], "b": 2})
    assert cache.lookup(key) is None
    cache.store(key, lambda folder: (folder / "x").write_text("y") and None)
    entry = cache.lookup(key)
    assert entry is not None
    assert (entry / "x").read_text() == "y"
    assert cache.info()["entries"] == 1
    assert cache.clear() == 1
    assert cache.lookup(key) is None


def test_an_interrupted_entry_is_no_entry() -> None:
    def fail(folder: Path) -> None:
        (folder / "x").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.store("abc", fail)
    assert cache.lookup("abc") is None
    assert cache.info()["entries"] == 0
