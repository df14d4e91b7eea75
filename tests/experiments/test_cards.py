"""Cards: each loads, every number has a source, and what is wrong is said clearly."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from darkbeam.errors import CardError, UnknownNameError, ValueRangeError
from darkbeam.experiments import (
    AnnularCylinder,
    Box,
    Cylinder,
    Frustum,
    experiment_from_card,
    list_experiments,
    load_experiment,
)
from darkbeam.experiments.card_lookup import GROUPS, NotOneExperimentError
from darkbeam.experiments.cards import list_cards
from darkbeam.facilities import FACILITIES

if TYPE_CHECKING:
    from pathlib import Path

CARDS = resources.files("darkbeam.experiments") / "cards"
SOURCE = re.compile(
    r"arXiv:\d{4}\.\d{4,5}|SensCalc|ALPINIST|EventCalc|FORESEE|Darkcast|\(unverified\)|as plane_other_z_m"
)
every_card = pytest.mark.parametrize("name", list_experiments())


@every_card
def test_card_loads_and_its_resolved_card_makes_the_same_experiment(name: str) -> None:
    experiment = load_experiment(name)
    assert experiment.name == name
    assert experiment.facility in FACILITIES
    assert experiment.citations
    assert "based_on" not in experiment.card
    stored = json.loads(json.dumps(experiment.card))
    again = experiment_from_card(stored)
    assert again == experiment
    assert again.card == experiment.card


@pytest.mark.parametrize("name", list_cards())
def test_every_number_names_its_source(name: str) -> None:
    text = (CARDS / f"{name}.toml").read_text(encoding="utf-8")
    numbers = [line for line in text.splitlines() if re.match(r"^\w+\s*=\s*[-+\[]*[\d.]", line)]
    assert len(numbers) == _count_numbers(tomllib.loads(text))
    for line in numbers:
        _, _, comment = line.partition("#")
        assert SOURCE.search(comment), line


def _count_numbers(table: dict[str, Any]) -> int:
    """Keys with a number or a list of numbers."""
    total = 0
    for value in table.values():
        if isinstance(value, dict):
            total += _count_numbers(value)
        elif isinstance(value, list):
            total += any(isinstance(v, int | float) for v in value)
            total += sum(_count_numbers(entry) for entry in value if isinstance(entry, dict))
        else:
            total += isinstance(value, int | float) and not isinstance(value, bool)
    return total


def test_the_experiments_of_the_field_are_there() -> None:
    wanted = {
        "BEBC", "CHARM", "CHARM_alpinist", "DarkQuest_phase1", "DarkQuest_phase1_alpinist",
        "DarkQuest_phase1_senscalc", "DarkQuest_phase2", "FASER2_FPF_2022", "FASER2_FPF_2024", "FASER_2022",
        "NA62_dump_2021", "NA62_dump_2021_senscalc", "NA62_dump_full", "NuCal", "NuCal_alpinist",
        "NuCal_senscalc", "SHiP", "SHiP_ECN3_LoI", "SHiP_ECN4_2e20", "FACET", "PREFACE", "LHCb_downstream",
        "DUNE_ND", "SND_LHC", "advSND_near", "advSND_far", "MATHUSLA_CMS", "MATHUSLA_40", "ANUBIS_shaft",
        "SHADOWS", "HIKE_dump", "CODEX_b",
    }  # fmt: skip
    assert set(list_experiments()) == wanted
    assert set(list_cards()) == wanted | {"E137", "NuTeV", "KOTO_dump"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ship", "SHiP"), ("nucal", "NuCal"),
        ("NA62-Dump 2021", "NA62_dump_2021"), ("NA62", "NA62_dump_2021"),
        ("FASER2", "FASER2_FPF_2022"), ("FASER2-FPF", "FASER2_FPF_2022"),
        ("NA62 2021", "NA62_dump_2021"), ("faser", "FASER_2022"), ("DarkQuest", "DarkQuest_phase1"),
        ("faser2 fpf-2022", "FASER2_FPF_2022"), ("MATHUSLA", "MATHUSLA_40"), ("SND@LHC", "SND_LHC"),
        ("CODEX-b", "CODEX_b"), ("SHiP-ECN4", "SHiP_ECN4_2e20"),
    ],
)  # fmt: skip
def test_names_and_aliases(given: str, name: str) -> None:
    assert load_experiment(given).name == name


def test_defaults_that_others_get_wrong() -> None:
    na62, nucal, ship = (load_experiment(name) for name in ("NA62", "NuCal", "SHiP"))
    assert na62.decay_volume == AnnularCylinder(79.0, 78.0, 1.0, 0.0, 0.022, 0.08)
    assert {plane.section.y for plane in na62.detector.planes} == {0.022}
    assert [magnet.enabled for magnet in na62.magnets] == [True]
    assert nucal.decay_volume == Cylinder(64.0, 23.0, 1.3)
    assert isinstance(ship.decay_volume, Frustum)
    assert [magnet.enabled for magnet in ship.magnets] == [False]
    assert load_experiment("CHARM").decay_volume == Box(480.0, 35.0, 3.0, 3.0, 5.0, 0.0)
    darkquest, alpinist = load_experiment("DarkQuest"), load_experiment("DarkQuest_phase1_alpinist")
    assert darkquest.selection.energy_sum_min is None
    assert set(darkquest.efficiency.values()) == {1.0}
    assert alpinist.selection.energy_sum_min == 4.2
    assert alpinist.n_events == 10.0
    assert alpinist.efficiency["mumu"] == 0.6
    assert alpinist.decay_volume == darkquest.decay_volume


@pytest.mark.reference
@every_card
def test_exposure_and_volume_agree_with_the_comparison_data(name: str, shared: Path) -> None:
    table = tomllib.loads((shared / "reference" / "experiments.toml").read_text(encoding="utf-8"))[
        "experiments"
    ]
    if name not in table:
        pytest.skip("a variant of our own")
    theirs = table[name]
    experiment = load_experiment(name)
    assert experiment.exposure == theirs.get("pot", theirs.get("luminosity_fb"))
    volume = (table[theirs["same_as"]] if "same_as" in theirs else theirs)["decay_volume"]
    if "z_min_m" not in volume:
        pytest.skip("a volume that is not placed along z")
    assert experiment.decay_volume.z_min == volume["z_min_m"]
    assert experiment.decay_volume.z_max == pytest.approx(volume["z_min_m"] + volume["length_m"])
    ours = experiment.card["decay_volume"]
    for key in ours.keys() & volume.keys() - {"shape"}:
        assert ours[key] == volume[key], key


def test_exposure_and_threshold_can_be_changed() -> None:
    ship = load_experiment("SHiP")
    more = ship.with_exposure(pot=1e21).with_threshold(3.6)
    assert (more.pot, more.lumi_fb, more.exposure, more.n_events) == (1e21, None, 1e21, 3.6)
    assert experiment_from_card(more.card) == more
    assert ship.pot == 6e20
    assert ship.card["exposure"] == {"pot": 6e20}
    assert load_experiment("FASER").with_exposure(lumi_fb=60).exposure == 60.0
    with pytest.raises(ValueRangeError, match="SHiP at SPS takes its exposure as pot"):
        ship.with_exposure(lumi_fb=3.0)
    with pytest.raises(ValueRangeError, match="exactly one"):
        ship.with_exposure()
    with pytest.raises(ValueRangeError, match="positive"):
        ship.with_exposure(pot=-1.0)
    with pytest.raises(ValueRangeError, match="positive"):
        ship.with_threshold(0.0)


def test_unknown_experiment_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown experiment 'NuCall'\. Did you mean 'NuCal'"):
        load_experiment("NuCall")


def changed(name: str, path: str, value: object) -> dict[str, Any]:
    """Resolved card with one key changed, or removed where the value is ``...``."""
    card = copy.deepcopy(load_experiment(name).card)
    *tables, key = path.split(".")
    table = card
    for step in tables:
        table = table[step]
    if value is ...:
        del table[key]
    else:
        table[key] = value
    return card


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("SHiP", "decay_volume.z_minn_m", 32.0, "'decay_volume.z_minn_m': unknown key; did you mean 'z_min"),
        ("SHiP", "detectors", {}, "key 'detectors': unknown key; did you mean 'detector'?"),
        ("SHiP", "decay_volume.length_m", ..., "key 'decay_volume.length_m': is missing"),
        ("SHiP", "exposure", ..., "key 'exposure': is missing"),
        ("SHiP", "decay_volume", 3.0, "key 'decay_volume': must be a table, not a number"),
        ("SHiP", "decay_volume.length_m", -50.0, "must be above 0, not -50"),
        ("SHiP", "decay_volume.length_m", "50", "must be a number, not a string ('50')"),
        ("SHiP", "decay_volume.length_m", True, "must be a number, not a boolean"),
        ("SHiP", "decay_volume.length_m", float("nan"), "must be finite"),
        ("SHiP", "decay_volume.shape", "frustrum", "'frustrum' is not one of"),
        ("SHiP", "detector.plane_other_z_m", 60.0, "60 lies upstream of the end of the decay volume at 82 m"),
        ("DarkQuest", "magnet.z_max_m", 8.0, "must be above z_min_m = 9, not 8"),
        ("DarkQuest", "magnet.z_max_m", 19.0, "18.5 lies inside the magnet, 9 to 19 m"),
        ("NA62", "decay_volume.hole_radius_m", 1.5, "must be below radius_m = 1, not 1.5"),
        ("NA62", "detector.hole_radius_m", 1.5, "must be below radius_m = 1.15, not 1.5"),
        ("NA62", "detector.inside_at_z_m", [100.0], "100 lies upstream"),
        ("NA62", "selection.separation_mumu_z_m", ..., "key 'selection.separation_mumu_z_m': is missing"),
        ("BEBC", "selection.photon_separation_z_m", 410.0, "photon_separation_min_m': is missing"),
        ("BEBC", "selection.calorimeter_energy_min_GeV", 5.0, "needs detector.has_ecal = true"),
        ("BEBC", "detector.section", "circle", "key 'detector.section': unknown key"),
        ("FASER", "exposure.pot", 1e18, "key 'exposure.pot': unknown key"),
        ("FASER", "efficiency.ee", 1.5, "must be at most 1, not 1.5"),
        ("FASER", "efficiency.ee", ..., "key 'efficiency.ee': is missing"),
        ("FASER", "selection.final_states", ["ee", "photons"], "'photons' is not one of"),
        ("FASER", "selection.final_states", [], "at least one class"),
        ("FASER", "selection.final_states", "leptons", "must be a list of strings"),
        ("FASER", "selection.required_products", 1.5, "must be a whole number, not a number"),
        ("FASER", "selection.required_products", 0, "must be at least 1, not 0"),
        ("FASER", "facility", "SPSS", "'SPSS' is not one of SPS, Fermilab"),
        ("FASER", "status", 3, "must be a string, not a number"),
        ("FASER", "citations", "arXiv", "must be a list of strings"),
        ("FASER", "detector.has_ecal", 1, "must be true or false, not a number"),
        ("FASER", "statistics.n_events_threshold", 0.0, "must be above 0"),
    ],
)  # fmt: skip
def test_malformed_card(name: str, path: str, value: object, message: str) -> None:
    card = changed(name, path, value)
    with pytest.raises(CardError) as caught:
        experiment_from_card(card)
    assert message in str(caught.value)
    assert card["name"] + ".toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_users_card_based_on_a_shipped_one(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.toml", 'based_on = "ship"\nname = "Mine"\n[decay_volume]\nz_min_m = 40.0\n')
    mine, ship = load_experiment(path), load_experiment("SHiP")
    assert mine.name == "Mine"
    assert mine.decay_volume.z_min == 40.0
    assert mine.decay_volume.volume == ship.decay_volume.volume
    assert mine.selection == ship.selection
    assert load_experiment(str(path)) == mine


def test_another_shape_replaces_the_inherited_volume(tmp_path: Path) -> None:
    text = (
        'based_on = "SHiP"\n[decay_volume]\nshape = "cylinder"\nz_min_m = 40\nlength_m = 10\nradius_m = 1\n'
    )
    assert load_experiment(write(tmp_path / "tube.toml", text)).decay_volume == Cylinder(40.0, 10.0, 1.0)


def test_another_facility_replaces_the_exposure(tmp_path: Path) -> None:
    text = 'based_on = "SHiP"\nfacility = "LHC"\n[exposure]\nlumi_fb = 300\n'
    collider = load_experiment(write(tmp_path / "collider.toml", text))
    assert (collider.pot, collider.lumi_fb) == (None, 300.0)


def test_chain_of_users_cards_and_its_errors(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'based_on = "NuCal"\n[exposure]\npot = 1e18\n')
    b = write(tmp_path / "b.toml", 'based_on = "a.toml"\nname = "B"\n')
    assert load_experiment(b).pot == 1e18
    write(tmp_path / "a.toml", 'based_on = "b.toml"\n')
    with pytest.raises(CardError, match="leads back to this card"):
        load_experiment(b)
    with pytest.raises(CardError, match="key 'based_on': unknown experiment 'NuCel'"):
        load_experiment(write(tmp_path / "c.toml", 'based_on = "NuCel"\n'))
    with pytest.raises(CardError, match="key 'based_on': must be the name"):
        load_experiment(write(tmp_path / "d.toml", "based_on = 3\n"))


def test_unreadable_cards(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none\.toml: no such file"):
        load_experiment(tmp_path / "none.toml")
    with pytest.raises(CardError, match=r"bad\.toml: is not valid TOML: .*line 2"):
        load_experiment(write(tmp_path / "bad.toml", 'name = "x"\nthis is no TOML\n'))
    with pytest.raises(CardError, match="cannot be read"):
        load_experiment(tmp_path)


def test_names_that_are_no_experiment_of_this_kind(tmp_path: Path) -> None:
    for name in (*GROUPS, "all-mcp"):
        with pytest.raises(NotOneExperimentError, match=f"darkbeam reach {name}"):
            load_experiment(name)
    with pytest.raises(NotOneExperimentError, match=r"SENSEI is a search .* --model millicharged"):
        load_experiment("sensei")
    card = tmp_path / "mine.toml"
    card.write_text('based_on = "all-past"\nname = "Mine"\n')
    with pytest.raises(CardError, match=r"based_on.*group"):
        load_experiment(card)
