"""Checking a user's card: lines, several problems, syntax, and the cards that the documentation shows."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from darkbeam.experiments import load_experiment
from darkbeam.experiments.card_check import check_card
from darkbeam.experiments.card_text import head_comment, key_paths, line_of, places
from darkbeam.experiments.card_view import template_text
from darkbeam.experiments.cards import list_cards

ROOT = Path(__file__).resolve().parents[2]
CARDS = resources.files("darkbeam.experiments") / "cards"

GOOD = """\
name = "Mine"
title = "A test"
status = "study"
citations = []
facility = "SPS"

[exposure]
pot = 1e18
[decay_volume]
shape = "box"
z_min_m = 10.0
length_m = 5.0
dx_m = 1.0
dy_m = 1.0
[detector]
is_decay_volume = false
has_ecal = true
[[detector.planes]]
z_m = 20.0
section = "rectangle"
width_m = 1.0
height_m = 1.0
[[detector.planes]]
z_m = 25.0
section = "circle"
radius_m = 1.0
for = "muon"
[selection]
final_states = ["ee"]
required_products = 2
[efficiency]
ee = 1.0
[statistics]
n_events_threshold = 2.3
"""


def problems(path: Path, text: str) -> list[tuple[int | None, str, str]]:
    path.write_text(text, encoding="utf-8")
    return [(p.line, p.key, p.text) for p in check_card(path)]


def test_good_card_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path / "mine.toml", GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "text"),
    [
        ("length_m = 5.0", "length_m = -5.0", 12, "decay_volume.length_m", "must be above 0, not -5"),
        ("length_m = 5.0", "", 9, "decay_volume.length_m", "is missing"),
        ("pot = 1e18", "lumi_fb = 3.0", 8, "exposure.lumi_fb", "unknown key"),
        ("z_m = 25.0", "z_m = 12.0", 24, "detector.planes[1].z_m", "12"),
        ('for = "muon"', 'for = "moun"', 27, "detector.planes[1].for", "did you mean 'muon'"),
        ('facility = "SPS"', 'facility = "SPSS"', 5, "facility", "'SPSS' is not one of"),
        ("[statistics]\nn_events_threshold = 2.3\n", "", None, "statistics", "is missing"),
        ("length_m = 5.0", "length_m = 50000.0", 12, "decay_volume.length_m", "mm"),
    ],
)
def test_line_of_a_problem(tmp_path: Path, old: str, new: str, line: int | None, key: str, text: str) -> None:
    assert old in GOOD
    found = {name: (at, said) for at, name, said in problems(tmp_path / "mine.toml", GOOD.replace(old, new))}
    assert found[key][0] == line
    assert text in found[key][1]


def test_problems_of_several_tables_come_out_at_once_in_order(tmp_path: Path) -> None:
    text = GOOD.replace("pot = 1e18", "pott = 1\npot = 1e18").replace("dy_m = 1.0", "dy_m = 0.0")
    text = "colour = 1\n" + text.replace("n_events_threshold = 2.3", "n_events_threshold = -2.3")
    text = text.replace("ee = 1.0", "ee = 1.5")
    found = problems(tmp_path / "mine.toml", text)
    assert [(line, key) for line, key, _ in found] == [
        (1, "colour"), (9, "exposure.pott"), (16, "decay_volume.dy_m"), (34, "efficiency.ee"),
        (36, "statistics.n_events_threshold"),
    ]  # fmt: skip


def test_no_problem_is_made_up_behind_a_wrong_table(tmp_path: Path) -> None:
    # planes and separations refer to the volume; with a wrong one only the volume is named
    tables = ("[decay_volume]", "[detector]", "[selection]", "[statistics]", "[efficiency]", "[exposure]")
    for table in tables:
        broken = GOOD.replace(f"{table}\n", f"{table}\nwrong = 1\n", 1)
        assert [key for _, key, _ in problems(tmp_path / "mine.toml", broken)] == [f"{table[1:-1]}.wrong"]
        without = re.sub(rf"{re.escape(table)}\n(?:\w.*\n)+", "", GOOD)
        if table != "[detector]":
            assert [key for _, key, _ in problems(tmp_path / "mine.toml", without)] == [table[1:-1]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\n[b\nc = 2\n", 2),
        ("a = 1\na = 2\n", 2),
        ('a = 1\nb = """ never closed\n\n', 3),
    ],
)
def test_line_of_a_syntax_error(tmp_path: Path, text: str, line: int) -> None:
    (found,) = problems(tmp_path / "mine.toml", text)
    assert found[0] == line
    assert "not valid TOML" in found[2]


def test_problems_of_the_base(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert problems(path, 'name = "x"\nbased_on = "SHipp"\n')[0][:2] == (2, "based_on")
    (tmp_path / "base.toml").write_text(GOOD.replace("length_m = 5.0", "length_m = -5.0"))
    line, key, text = problems(path, 'name = "x"\nbased_on = "base.toml"\n')[0]
    assert (line, key) == (2, "decay_volume.length_m")
    assert "taken from the card it is based on" in text
    (tmp_path / "base.toml").write_text("a = \n")
    assert "base.toml" in str(check_card(path)[0])
    assert "no such file" in str(check_card(tmp_path / "none.toml")[0])


def test_efficiency_file_beside_the_card(tmp_path: Path) -> None:
    path, table = tmp_path / "mine.toml", tmp_path / "ee.csv"
    text = GOOD.replace("ee = 1.0", 'ee = { file = "ee.csv" }')
    assert problems(path, text)[0][:2] == (32, "efficiency.ee.file")
    table.write_text("momentum_GeV,efficiency\n1,0.2\n10,0.8\n")
    assert problems(path, text) == []
    child = tmp_path / "child.toml"
    child.write_text(
        'based_on = "mine.toml"\n[efficiency]\nee = { mass_GeV = [0.1, 1.0], efficiency = [0.5, 0.6] }\n'
    )
    assert set(load_experiment(child).card["efficiency"]["ee"]) == {"mass_GeV", "efficiency"}


def test_template_and_the_tutorial_are_good_cards(tmp_path: Path) -> None:
    assert problems(tmp_path / "template.toml", template_text()) == []
    page = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 1
    assert problems(tmp_path / "tunnel.toml", blocks[0]) == []
    tunnel = load_experiment(tmp_path / "tunnel.toml")
    assert tunnel.decay_volume.volume == pytest.approx(75.0)
    assert 3.0 < tunnel.n_events < 4.5  # one event seen, 0.4 expected
    # the message that the page shows
    shown = re.search(r"tunnel\.toml:(\d+): (.*)", page)
    assert shown is not None
    (found,) = problems(tmp_path / "tunnel.toml", blocks[0].replace("length_m", "legnth_m"))
    assert (found[0], f"{found[1]}: {found[2]}") == (int(shown[1]), shown[2])


def test_optional_lines_of_the_template_are_valid_toml() -> None:
    optional = [line.removeprefix("#: ") for line in template_text().splitlines() if line.startswith("#: ")]
    assert len(optional) > 15
    for line in optional:
        tomllib.loads(line)


@pytest.mark.parametrize("name", list_cards())
def test_every_key_of_a_card_has_its_line(name: str) -> None:
    text = (CARDS / f"{name}.toml").read_text(encoding="utf-8")
    where, lines = places(text), text.splitlines()
    for key in key_paths(tomllib.loads(text)):
        last = re.split(r"[.\[]", key)[-1].rstrip("]")
        line = line_of(where, key)
        assert line is not None
        found = lines[line - 1]
        assert last in found or found.startswith("[["), (key, found)
    assert head_comment(text)


def test_places_of_awkward_text() -> None:
    text = 'a = """x # no\n[b]\n""" # yes\n[[d.e]]\nf = [1, # one\n 2] # two\n'
    text += '[[d.e]]\nf = "#" #hash\n[d.e.g]\nq = {r = 1}\n'
    where = places(text)
    assert (where["a"].line, where["a"].comment) == (1, "yes")
    assert (where["d.e[0].f"].line, where["d.e[0].f"].comment) == (5, "two")
    assert (where["d.e[1].f"].line, where["d.e[1].f"].comment) == (8, "hash")
    assert where["d.e[1].g.q.r"].line == 10
    assert line_of(where, "d.e[1].g.missing") == 9
    assert line_of(where, "nothing") is None


def test_a_remark_of_the_base_is_not_blamed_for_another_problem(tmp_path: Path) -> None:
    card = tmp_path / "late.toml"
    card.write_text('based_on = "SHiP"\nname = "SHiP_late"\n[decay_volume]\nz_min_m = 45.0\n')
    (problem,) = check_card(card)
    assert "upstream of the end of the decay volume" in problem.text
