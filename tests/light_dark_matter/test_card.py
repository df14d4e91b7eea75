"""Cards of searches for light dark matter: shipped ones, bases, statistics, errors."""

from __future__ import annotations

import pytest

from darkbeam.errors import CardError, UnknownNameError
from darkbeam.light_dark_matter.card import load_dark_matter_search, search_names
from darkbeam.millicharged.card import load_mcp_experiment
from darkbeam.statistics import Counting


def written(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


OWN = """
base = "BEBC"
title = "own"
citations = ["arXiv:1912.09346"]
unverified = ["detector.high_GeV"]
[statistics]
n_events_threshold = 10.0
[detector]
low_GeV = 2.0
high_GeV = 20.0
electron_angle_rad = [0.001, 0.02]
"""


@pytest.mark.parametrize("name", search_names())
def test_shipped_cards(name):
    search, base = load_dark_matter_search(name), load_mcp_experiment(name)
    assert search.name == name
    assert search.place.distance == base.distance
    assert search.place.face == base.face
    assert search.place.pot == base.pot
    assert search.detector.hits == 1
    assert not search.place.bends
    assert search.place.citations
    # every number that is not the base's own and was not checked is listed
    assert set(search.place.unverified) >= {k for k in base.unverified if k.startswith("exposure")}


def test_base_is_changed_key_by_key(tmp_path):
    search, base = load_dark_matter_search(written(tmp_path, OWN)), load_mcp_experiment("BEBC")
    assert (search.detector.low, search.detector.high) == (2.0, 20.0)
    assert search.angles == (0.001, 0.02)
    assert search.place.n_events == 10.0
    assert search.counting is None
    assert search.detector.material == base.detector.material
    assert search.place.length == base.length
    # what the card gives itself is verified unless it says so
    assert "detector.low_GeV" not in search.place.unverified
    assert "detector.high_GeV" in search.place.unverified


def test_statistics_give_the_events(tmp_path):
    text = OWN.replace(
        "n_events_threshold = 10.0", 'method = "cls"\nobserved = 4\nbackground = 2.5\nbackground_error = 0.5'
    )
    search = load_dark_matter_search(written(tmp_path, text))
    assert search.place.n_events == pytest.approx(Counting("cls", 0.9, 2.5, 0.5, 4).upper_limit())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('base = "BEBC"', 'base = "FORMOSA"', "recoil"),
        ("[statistics]\nn_events_threshold = 10.0", "", "'statistics': is missing"),
        ("[0.001, 0.02]", "[0.02, 0.001]", "electron_angle_rad"),
        ("[0.001, 0.02]", "[0.1, 2.0]", "pi/2"),
        ("high_GeV = 20.0", "high_GeV = 1.0", "empty"),
        ('"detector.high_GeV"', '"detector.height"', "does not have"),
        ("low_GeV = 2.0", "low_gev = 2.0", "did you mean 'low_GeV'"),
        ("[detector]", "[magnet]\nposition_m = 1.0\n[detector]", "no meaning for light dark matter"),
        ("[statistics]", "[statistics", "is not TOML"),
    ],
)
def test_errors(tmp_path, old, new, message):
    assert old in OWN
    with pytest.raises(CardError, match=message):
        load_dark_matter_search(written(tmp_path, OWN.replace(old, new)))


def test_unknown_names(tmp_path):
    with pytest.raises(UnknownNameError, match="millicharged particles only"):
        load_dark_matter_search("FORMOSA")
    with pytest.raises(UnknownNameError, match="Did you mean 'DUNE_ND'"):
        load_dark_matter_search("DUNE_NF")
    with pytest.raises(CardError, match="cannot be read"):
        load_dark_matter_search(tmp_path / "none.toml")
