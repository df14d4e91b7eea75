"""Cards of mCP experiments."""

from __future__ import annotations

import json
import sys
import tomllib
from importlib import resources

import numpy as np
import pytest

from darkbeam.card_tables import Table
from darkbeam.cli.main import run
from darkbeam.detection import RecoilDetector, ScintillatorBars, SkipperCCD
from darkbeam.errors import CardError, UnknownNameError
from darkbeam.millicharged import card_names, describe, load_mcp_experiment
from darkbeam.millicharged.card import experiment_from_table, straight_share
from darkbeam.millicharged.files import expand_mcp_names

WANTED = {
    "milliQan_demonstrator", "milliQan_run3_bar", "FORMOSA", "SUBMET", "FerMINI", "ArgoNeuT", "DUNE_ND", "FLArE",
    "SENSEI", "BEBC",
}  # fmt: skip


def data(name="FORMOSA"):
    folder = resources.files("darkbeam.millicharged") / "cards"
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))


def test_every_experiment_has_a_card_that_loads():
    assert set(card_names()) == WANTED
    kinds = {n: type(load_mcp_experiment(n).detector) for n in card_names()}
    assert kinds["FORMOSA"] is ScintillatorBars
    assert kinds["BEBC"] is RecoilDetector
    assert kinds["SENSEI"] is SkipperCCD
    assert expand_mcp_names(["FLArE", "all-mcp"])[0] == "FLArE"


def test_unverified_numbers_are_marked():
    rows = dict(describe("ArgoNeuT"))
    assert rows["detector.low_GeV"].endswith("(not verified)")
    assert "not verified" not in rows["detector.hits"]


def test_names_do_not_mind_case():
    assert load_mcp_experiment("dune-nd").name == "DUNE_ND"
    with pytest.raises(UnknownNameError, match="Did you mean 'SUBMET'"):
        load_mcp_experiment("SUBMETT")


def test_bars_always_offer_the_other_light_yield():
    e = load_mcp_experiment("SUBMET")
    assert e.detector.light == "compound-poisson"
    assert e.variants["light-mean"][0].light == "mean"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("detector", "kind"), "scintilator-bars", "did you mean 'scintillator-bars'"),
        (("detector", "layers"), 0, "at least 1"),
        (("detector", "face_m"), [1.0], "width and height"),
        (("detector", "bars"), 4, "unknown key"),
        (("exposure", "pot"), 1e20, "unknown key"),
        (("unverified",), ["detector.colour"], "does not have"),
        (("facility",), "LCH", "is not one of"),
        (("magnet", "position_m"), 700.0, "at most 620"),
    ],
)
def test_bad_cards_say_what_is_wrong(path, value, message):
    card = data()
    table = card
    for key in path[:-1]:
        table = table[key]
    table[path[-1]] = value
    with pytest.raises(CardError, match=message):
        experiment_from_table(Table("x.toml", "", card))


def test_matter_must_fit_in_front_of_the_detector():
    card = data()
    card["shielding"][0]["thickness_m"] = 300.0
    with pytest.raises(CardError, match="behind the detector"):
        experiment_from_table(Table("x.toml", "", card))


def test_commands(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["darkbeam", "experiments", *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    code, out, _ = call("--model", "millicharged")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["name", *card_names()]
    code, out, _ = call("show", "FORMOSA")
    assert code == 0
    assert "(not verified)" in next(line for line in out.splitlines() if line.startswith("detector.face_m"))
    assert out.splitlines()[-1].startswith("not verified: detector.")
    # two experiments of this name: the one with decays, unless the other is asked for
    assert "decay_volume" in call("show", "DUNE_ND")[1]
    assert "decay_volume" not in call("show", "DUNE_ND", "--model", "millicharged")[1]
    assert json.loads(call("show", "sub-met", "--json")[1])["name"] == "SUBMET"
    assert (
        json.loads(call("--model", "millicharged", "--json")[1])["experiments"][0]["name"] == card_names()[0]
    )
    code, _, err = call("--model", "millicharge")
    assert code == 2
    assert "Did you mean 'millicharged'" in err


def test_signal_regions_have_their_own_limits():
    e = load_mcp_experiment("milliQan_run3_bar")
    assert [r.name for r in e.regions] == ["no panel", "panel"]
    # CLs at 95 % without events: ln 20, whatever the background
    assert e.regions[0].limit == pytest.approx(2.9957, rel=2e-3)
    assert e.regions[1].limit > e.regions[0].limit
    assert e.n_events == e.regions[0].limit
    assert e.regions[0].detector.slabs.hits == "none"
    assert e.efficiency == pytest.approx(0.88 * straight_share((0.2, 0.2), 0.05, 2.4 / 33.0))
    rows = dict(describe("milliQan_run3_bar"))
    assert rows["regions.photo_electrons_max"].endswith("(not verified)")


@pytest.mark.parametrize("face", [(0.1, 0.1), (0.1, 0.15), (0.05, 0.25), (1.0, 1.0)])
@pytest.mark.parametrize("slope", [1e-3, 0.05, 0.1])
def test_straight_share_follows_rays(face, slope):
    expected = 1.0
    for side in face:
        x = (np.arange(200_000) + 0.5) / 200_000 * side
        expected *= np.mean(x // 0.05 == ((x - side / 2.0) * (1.0 + slope) + side / 2.0) // 0.05)
    assert straight_share(face, 0.05, slope) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("table", "key", "value", "message"),
    [
        ("detector", "slab_hits", "one", "needs slabs"),
        ("detector", "bar_width_m", 0.05, "belong together"),
        ("detector", "photo_electrons_max", 0, "at least 1"),
        ("statistics", "method", "cls", "no meaning beside"),
        ("regions", None, [{"name": "a", "layers": 2}], "unknown key"),
        ("regions", None, [], "is empty"),
    ],
)
def test_bad_regions_and_bars_say_what_is_wrong(table, key, value, message):
    card = data()
    if key is None:
        card[table] = value
    else:
        card[table][key] = value
    with pytest.raises(CardError, match=message):
        experiment_from_table(Table("x.toml", "", card))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"name = \xff", "cannot be read"), (b"name = ", "is not TOML"), (None, "No such")],
)
def test_unreadable_card(tmp_path, content, message):
    file = tmp_path / "own.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CardError, match=message):
        load_mcp_experiment(file)
