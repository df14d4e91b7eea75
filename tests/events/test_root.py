"""ROOT files, read back with uproot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from darkbeam.events import Events
from darkbeam.events.writers import open_writer


@pytest.fixture(scope="module")
def file(events: Events, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("root") / "a.root"
    half = np.arange(len(events)) < 11
    with open_writer(path, events.card, expected=12.5, expected_error=0.25) as writer:
        writer.write(events.select(half))
        writer.write(events.select(~half))
    with uproot.open(path) as opened:
        yield opened


def test_numbers_of_each_event(file: Any, events: Events) -> None:
    tree = file["events"]
    assert tree.num_entries == len(events)
    names = {
        "number": events.number, "weight": events.weight, "weight_brem_lower": events.variations["brem-lower"],
        "weight_scale__2_": events.variations["scale <2>"], "mass": events.mass, "epsilon": events.epsilon,
        "ctau": events.ctau, "source": events.source, "channel": events.channel, "parent_E": events.parent[0],
        "parent_pz": events.parent[3], "production_x": events.production[0], "decay_y": events.decay[1],
        "decay_z": events.decay[2], "decay_time": events.decay_time, "probability": events.probability,
        "passed": events.passed,
    }  # fmt: skip
    for name, values in names.items():
        np.testing.assert_array_equal(tree[name].array(library="np"), values, err_msg=name)


def test_particles(file: Any, events: Events) -> None:
    tree = file["events"]
    np.testing.assert_array_equal(tree["nparticle"].array(library="np"), events.multiplicity)
    columns = {
        "pdg": events.pdg, "status": events.status, "mother": events.mother, "t": events.time,
        **dict(zip(("E", "px", "py", "pz"), events.p4, strict=True)),
        **dict(zip("xyz", events.vertex, strict=True)),
    }  # fmt: skip
    for name, values in columns.items():
        jagged = tree[f"particle_{name}"].array()
        np.testing.assert_array_equal(ak.num(jagged), events.multiplicity)
        np.testing.assert_array_equal(ak.to_numpy(ak.flatten(jagged)), values, err_msg=name)


def test_the_header(file: Any, events: Events, card: dict) -> None:
    data = json.loads(str(file["darkbeam"]))
    assert data["card"] == card
    assert tuple(data["channel_names"]) == events.channel_names
    assert tuple(data["source_names"]) == events.source_names
    assert data["variations"] == list(events.variations)
