"""What cards say about themselves, the groups they are in, and the geometry behind their numbers."""

from __future__ import annotations

import re
import runpy
from functools import cache
from math import pi
from pathlib import Path

import numpy as np
import pytest

from darkbeam.card_tables import Table
from darkbeam.errors import CardError, UnknownNameError
from darkbeam.experiments import experiment_from_card, list_experiments, load_experiment
from darkbeam.experiments.build_volume import decay_volume
from darkbeam.experiments.card_groups import GROUPS, group_names, named_group
from darkbeam.experiments.card_status import NotComputableError, require_computable, standing_of
from darkbeam.experiments.card_text import key_paths
from darkbeam.experiments.card_view import comments
from darkbeam.experiments.cards import card_texts, list_cards, load_card
from darkbeam.experiments.geometry import geometry_summary

NOT_COMPUTABLE = {"E137", "KOTO_dump", "NuTeV"}
UNCHECKED = re.compile(r"recollection|unverified")
measured = cache(geometry_summary)
"""Seconds for all cards together, and two tests need them."""
every_card = pytest.mark.parametrize("name", list_cards())


@every_card
def test_solid_angle_and_volume_from_rays(name: str) -> None:
    solid = decay_volume(Table(name, "", load_card(name)))
    seen = measured(solid)
    assert 0.0 < seen.solid_angle < 2.0 * pi
    assert seen.volume_from_chords == pytest.approx(solid.volume, rel=0.01)
    assert seen.theta_min >= 0.0
    assert seen.theta_max < pi


@pytest.mark.parametrize("name", list_experiments())
def test_no_plane_stands_wholly_before_the_volume(name: str) -> None:
    experiment = load_experiment(name)
    for plane in experiment.detector.planes:
        distance = np.einsum("i,ij->j", plane.normal, plane.outline())
        assert np.max(distance) > 0.0
        if experiment.detector.required == "all":
            behind = experiment.decay_volume.extent(plane.normal)
            assert np.max(distance) >= behind - 1e-9


@pytest.mark.parametrize(
    ("name", "solid_angle"),
    [
        # areas over squared distance of small volumes, by hand
        ("FASER_2022", pi * 0.1**2 / 476.0**2),
        ("FASER2_FPF_2022", pi / 620.0**2),
        ("BEBC", 3.6 * 2.5 / 404.0**2),
    ],
)
def test_solid_angle_of_small_volumes(name: str, solid_angle: float) -> None:
    assert geometry_summary(load_experiment(name).decay_volume).solid_angle == pytest.approx(
        solid_angle, rel=2e-3
    )


def test_volumes_by_hand() -> None:
    volumes = {
        "MATHUSLA_40": 40.0 * 15.0 * 40.0,
        "ANUBIS_shaft": pi * 81.0 * (19.5 + 18.7 + 18.6),
        "DUNE_ND": 2.0 * (6.0 * 5.5 + 4.8 * 4.0),
        "CODEX_b": 1000.0,
        "FACET": pi * (0.5**2 - 0.18**2) * 18.0,
    }
    for name, volume in volumes.items():
        assert load_experiment(name).decay_volume.volume == pytest.approx(volume), name


@every_card
def test_unverified_numbers_are_keys_and_marked_ones_are_listed(name: str) -> None:
    card = load_card(name)
    standing = standing_of(card, name)
    listed = {key for key, _ in standing.unverified}
    assert listed <= set(key_paths(card))
    # a comment that calls the number itself unverified, not an alternative to it
    for key, comment in comments(name).items():
        if UNCHECKED.search(comment) and key in key_paths(card) and ";" not in comment:
            assert key in listed, key


def test_what_is_not_computable_is_refused_with_its_reason() -> None:
    assert set(list_cards()) - set(list_experiments()) == NOT_COMPUTABLE
    for name in NOT_COMPUTABLE:
        reason = standing_of(load_card(name), name).reason
        assert len(reason) > 20
        with pytest.raises(NotComputableError, match=re.escape(f"{name} cannot be computed: {reason}")):
            load_experiment(name)
        with pytest.raises(NotComputableError):
            experiment_from_card(load_card(name))
    require_computable(load_card("SHiP"), "SHiP.toml")


def test_keys_about_the_card_stay_in_it_and_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'based_on = "FASER"\nunverified = ["exposure.lumi_fb: mine"]\n[detector]\nradius_m = 0.2\n'
    )
    listed = [key for key, _ in standing_of(load_experiment(path).card, "mine").unverified]
    assert listed[0] == "exposure.lumi_fb"
    assert "detector.radius_m" not in listed  # set anew here
    assert "efficiency.ee" in listed
    path.write_text('based_on = "FASER"\nunverified = ["exposure.pott: mine"]\n')
    with pytest.raises(CardError, match=r"'exposure\.pott' is not a key of this card"):
        load_experiment(path)
    path.write_text('based_on = "FASER"\nunverified = ["exposure"]\n')
    with pytest.raises(CardError, match="must read 'key: remark'"):
        load_experiment(path)
    path.write_text('based_on = "FASER"\nreason = "none"\n')
    with pytest.raises(CardError, match="goes with computable = false only"):
        load_experiment(path)
    path.write_text('based_on = "FASER"\ncomputable = false\n')
    with pytest.raises(CardError, match="key 'reason': is missing"):
        load_experiment(path)


def test_entries_vanish_with_the_table_that_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(
        'based_on = "CHARM"\n[efficiency]\nee = 0.7\n[detector]\nis_decay_volume = true\nhas_ecal = true\n'
    )
    assert [key for key, _ in standing_of(load_card(path), "box").unverified] == ["efficiency.mumu"]
    assert "unverified" in load_card("CHARM")
    assert "unverified" not in load_card("CHARM_alpinist")  # sets both efficiencies itself


def test_groups_hold_each_computable_experiment_once() -> None:
    groups = {name: group_names(name) for name in GROUPS}
    together = [member for members in groups.values() for member in members]
    assert sorted(together) == sorted(list_experiments())
    assert groups["all-past"] == ("BEBC", "CHARM", "FASER_2022", "NA62_dump_2021", "NuCal", "SND_LHC")
    assert {"SHiP", "DarkQuest_phase1", "NA62_dump_full", "HIKE_dump", "MATHUSLA_CMS"} <= set(
        groups["all-future"]
    )
    assert {"NuCal_senscalc", "SHiP_ECN4_2e20"} <= set(groups["all-variants"])
    assert [e.name for e in named_group("all-past")] == list(groups["all-past"])
    with pytest.raises(
        UnknownNameError, match=r"unknown group of experiments 'all-pasts'\. Did you mean 'all-past'"
    ):
        named_group("all-pasts")


def test_variants_differ_from_their_experiment_as_the_sources_do() -> None:
    near, far = load_experiment("NA62_dump_2021"), load_experiment("NA62_dump_2021_senscalc")
    shifts = {
        far.card["detector"][key] - near.card["detector"][key] for key in ("plane_muon_z_m", "ecal_z_m")
    }
    shifts |= {far.card["magnet"][key] - near.card["magnet"][key] for key in ("z_min_m", "z_max_m")}
    assert np.allclose(list(shifts), 23.07, atol=1e-9)
    assert load_experiment("NuCal_senscalc").decay_volume.volume == pytest.approx(2.6 * 2.6 * 23.0)
    assert load_experiment("NuCal_alpinist").n_events == 3.6


def test_texts_of_a_chain_come_base_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('based_on = "DarkQuest_phase2"\nname = "Mine"  # own\n')
    assert [Path(file).name for file, _ in card_texts(path)] == [
        "DarkQuest_phase1.toml", "DarkQuest_phase2.toml", "mine.toml",
    ]  # fmt: skip
    found = comments(path)
    assert found["name"] == "own"
    assert found["exposure.pot"] == "SensCalc, ALPINIST, arXiv:2409.11096"
    assert found["magnet.field_T"] == "SensCalc, ALPINIST"


def test_page_shows_the_cards_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darkbeam.experiments.geometry.geometry_summary", measured)
    root = Path(__file__).resolve().parents[2]
    script = runpy.run_path(str(root / "scripts" / "make_experiment_table.py"))
    page = (root / "docs" / "experiments.md").read_text(encoding="utf-8")
    assert script["BEGIN"] + script["block"]() + script["END"] in page, "run scripts/make_experiment_table.py"
