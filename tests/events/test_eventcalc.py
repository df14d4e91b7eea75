"""The text format of EventCalc, field by field and through readers that treat it as FairShip and aegir do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from darkbeam.events import Events
from darkbeam.events.writers import open_writer

TOTALS = {
    "produced": 4e15, "polar_acceptance": 0.2, "azimuthal_acceptance": 0.5, "mean_decay_probability": 3e-4,
    "visible_branching": 0.9,
}  # fmt: skip
NUMBER = r"([\d.+\-e]+)"
FIRST_LINE = (
    rf"Sampled {NUMBER} events inside SHiP volume\. Squared coupling: {NUMBER}\. "
    rf"Total number of produced LLPs: {NUMBER}\. Polar acceptance: {NUMBER}\. Azimuthal acceptance: {NUMBER}\. "
    rf"Averaged decay probability: {NUMBER}\. Visible Br Ratio: {NUMBER}\. Total number of events: {NUMBER}"
)


def write(path: Path, *batches: Events, totals: dict[str, float] | None = None) -> list[str]:
    with open_writer(path, {}, expected=12.5, expected_error=0.25, totals=totals) as writer:
        for batch in batches:
            writer.write(batch)
    return path.read_text().split("\n")


class Block(NamedTuple):
    name: str
    rows: list[list[float]]


def blocks_of(lines: list[str]) -> list[Block]:
    """Blocks, each checked: header, empty line, as many rows as it says, empty line."""
    assert lines[1] == ""
    found, k = [], 2
    while k < len(lines) - 1:
        head = re.fullmatch(r"#<process=(.*); sample_points=(\d+)>", lines[k])
        assert head is not None
        size = int(head[2])
        assert lines[k + 1] == lines[k + 2 + size] == ""
        rows = [[float(word) for word in line.split(" ")] for line in lines[k + 2 : k + 2 + size]]
        found.append(Block(head[1], rows))
        k += 3 + size
    assert k == len(lines) - 1
    assert lines[-1] == ""
    return found


def products_at_the_vertex(events: Events, i: int) -> list[int]:
    """Slow twin: daughters of what decays on the spot, else the particle itself."""
    a, b = events.offset[i], events.offset[i + 1]

    def descend(row: int) -> list[int]:
        daughters = [k for k in range(a, b) if events.mother[k] == row - a]
        if daughters and (events.vertex[:, daughters[0]] == events.vertex[:, row]).all():
            return [x for k in daughters for x in descend(k)]
        return [row]

    return [x for k in range(a, b) if events.mother[k] == -1 for x in descend(k)]


def test_the_first_line(tmp_path: Path, events: Events) -> None:
    lines = write(tmp_path / "a.txt", events, totals=TOTALS)
    found = re.fullmatch(FIRST_LINE, lines[0])
    assert found is not None
    sampled, coupling, produced, polar, azimuthal, mean, visible, total = map(float, found.groups())
    assert (sampled, produced, polar, azimuthal, visible, total) == (30, 4e15, 0.2, 0.5, 0.9, 12.5)
    assert coupling == pytest.approx(1e-12)
    assert produced * polar * azimuthal * mean * visible == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("totals", [None, TOTALS])
def test_the_formula_of_eventcalc_gives_the_expected_events(
    tmp_path: Path, events: Events, totals: dict[str, float] | None
) -> None:
    lines = write(tmp_path / "a.txt", events, totals=totals)
    found = re.fullmatch(FIRST_LINE, lines[0])
    assert found is not None
    _, _, produced, polar, azimuthal, mean, visible, total = map(float, found.groups())
    column = [row[6] for block in blocks_of(lines) for row in block.rows]
    assert np.mean(column) == pytest.approx(mean, rel=1e-5)
    assert produced * polar * azimuthal * visible * np.mean(column) == pytest.approx(total, rel=1e-5)


def test_every_field(tmp_path: Path, make_events) -> None:
    batches = [make_events(10), make_events(8, first=10)]
    blocks = blocks_of(write(tmp_path / "a.txt", *batches))
    assert [block.name for block in blocks] == ["e+e-", "pi+pi-pi0", "KSKL"]
    longest = 10 + 6 * 4
    weight = np.concatenate([b.weight for b in batches])
    scale = blocks[0].rows[0][6] / batches[0].weight[0]
    for block in blocks:
        rows = iter(block.rows)
        for events in batches:
            channel = events.channel_names.index(block.name)
            for i in np.flatnonzero(events.channel == channel):
                row = next(rows)
                assert len(row) == longest
                E, px, py, pz = events.parent[:, i]
                assert row[:6] == [px, py, pz, E, events.mass[i], 4900022.0]
                assert row[6] == pytest.approx(scale * events.weight[i], rel=1e-12)
                assert row[7:10] == events.decay[:, i].tolist()
                expected = []
                for k in products_at_the_vertex(events, i):
                    E, px, py, pz = events.p4[:, k]
                    expected.append([px, py, pz, E, events.pdg[k]])
                groups = [row[j : j + 6] for j in range(10, longest, 6)]
                real = [g for g in groups if g[5] != -999.0]
                assert groups[len(real) :] == [[0.0, 0.0, 0.0, 0.0, 0.0, -999.0]] * (len(groups) - len(real))
                assert sorted(g[:4] + g[5:] for g in real) == sorted(expected)
                for g in real:
                    invariant = g[3] ** 2 - g[0] ** 2 - g[1] ** 2 - g[2] ** 2
                    assert g[4] ** 2 == pytest.approx(invariant, abs=1e-9 * g[3] ** 2)
                np.testing.assert_allclose(np.sum(real, axis=0)[:4], row[:4], rtol=1e-9, atol=1e-9)
        assert next(rows, None) is None
    assert sum(len(block.rows) for block in blocks) == len(weight)


def test_a_short_lived_kaon_is_left_to_the_detector_simulation(tmp_path: Path, make_events) -> None:
    blocks = blocks_of(write(tmp_path / "a.txt", make_events(4, kinds=(2,))))
    assert all(row[15::6] == [310.0, 130.0] for row in blocks[0].rows)
    blocks = blocks_of(write(tmp_path / "b.txt", make_events(4, kinds=(1,))))
    assert all(row[15::6] == [211.0, 22.0, 22.0, -211.0] for row in blocks[0].rows)


def as_fairship(path: Path) -> list[np.ndarray]:
    """Tables as the converter of FairShip sees them: two lines skipped, blocks through numpy, columns needed."""
    tables: list[np.ndarray] = []
    waiting: list[str] = []
    for line in [*path.read_text().splitlines()[2:], "#<end"]:
        if line.startswith("#<"):
            if waiting:
                tables.append(np.loadtxt(waiting))
            waiting = []
        else:
            waiting.append(line)
    assert all(table.ndim == 2 for table in tables)  # a single row would be a vector, which it cannot index
    assert len({table.shape[1] for table in tables}) == 1  # it names the columns after the first block
    assert (tables[0].shape[1] - 10) % 6 == 0
    return tables


@pytest.mark.parametrize(
    ("n", "names"),
    [
        (30, ["e+e-", "pi+pi-pi0", "KSKL"]),
        (4, ["e+e-", "pi+pi-pi0, KSKL"]),
        (3, ["e+e-, pi+pi-pi0, KSKL"]),
        (2, ["e+e-, pi+pi-pi0"]),
    ],
)
def test_fairship_can_read_it(tmp_path: Path, make_events, n: int, names: list[str]) -> None:
    events = make_events(n)
    path = tmp_path / "a.dat"
    assert [block.name for block in blocks_of(write(path, events))] == names
    rows = np.concatenate(as_fairship(path))
    assert len(rows) == n
    np.testing.assert_array_equal(np.sort(rows[:, 3]), np.sort(events.parent[0]))


def test_one_left_over_channel_joins_another(tmp_path: Path, make_events) -> None:
    events = make_events(6, kinds=(0,))
    other = make_events(1, first=6, kinds=(1,))
    path = tmp_path / "a.txt"
    assert [block.name for block in blocks_of(write(path, events, other))] == ["e+e-, pi+pi-pi0"]
    assert [len(t) for t in as_fairship(path)] == [7]
