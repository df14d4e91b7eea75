"""HepMC3 files, read back with pyhepmc."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyhepmc
import pytest

import darkbeam
from darkbeam.events import Events
from darkbeam.events.writers import open_writer


def round_trip(path: Path, events: Events) -> list[Any]:
    half = np.arange(len(events)) < len(events) // 2
    with open_writer(path, events.card, expected=12.5, expected_error=0.25) as writer:
        writer.write(events.select(half))
        writer.write(events.select(~half))
    with pyhepmc.open(str(path)) as file:
        return list(file)


@pytest.fixture(scope="module")
def back(events: Events, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return round_trip(tmp_path_factory.mktemp("hepmc") / "a.hepmc3", events)


def momentum(particle: Any) -> np.ndarray:
    p = particle.momentum
    return np.array([p.e, p.px, p.py, p.pz])


def position(vertex: Any) -> np.ndarray:
    x = vertex.position
    return np.array([x.x, x.y, x.z, x.t])


def match(event: Any, events: Events, i: int) -> dict[int, Any]:
    """Row of the event -> particle of the file, by momentum."""
    rows = np.arange(events.offset[i], events.offset[i + 1])
    found = {}
    for p in event.particles[1:]:
        distance = np.abs(events.p4[:, rows] - momentum(p)[:, None]).max(axis=0)
        k = int(np.argmin(distance))
        assert distance[k] < 1e-6 * events.p4[0, rows[k]]
        found[k] = p
    assert len(found) == len(rows)
    return found


def test_everything_about_the_event(back: list[Any], events: Events) -> None:
    assert len(back) == len(events)
    for i, event in enumerate(back):
        assert event.event_number == events.number[i]
        assert event.momentum_unit == pyhepmc.Units.GEV
        assert event.length_unit == pyhepmc.Units.MM
        assert event.weight_names == ["nominal", "brem-lower", "brem-upper", "scale_<2>"]
        wanted = [events.weight[i], *(w[i] for w in events.variations.values())]
        np.testing.assert_allclose(event.weights, wanted, rtol=1e-12)
        assert event.weight("brem-upper") == pytest.approx(events.variations["brem-upper"][i])
        assert event.cross_section.xsec() == 12.5
        assert event.cross_section.xsec_err() == 0.25
        facts = {name: str(value) for name, value in event.attributes.items() if name != "GenCrossSection"}
        assert facts["channel"] == events.channel_names[events.channel[i]]
        assert facts["source"] == events.source_names[events.source[i]]
        assert float(facts["decay_probability"]) == pytest.approx(events.probability[i], rel=1e-12)
        assert int(facts["passed"]) == events.passed[i]
        assert (float(facts["epsilon"]), float(facts["ctau"])) == (1e-6, 12.5)


def test_the_run_header(back: list[Any], events: Events, card: dict) -> None:
    (tool,) = back[0].run_info.tools
    assert (tool.name, tool.version) == ("darkbeam", darkbeam.__version__)
    data = json.loads(str(back[0].run_info.attributes["darkbeam"]))
    assert data["card"] == card
    assert data["expected_events"] == 12.5


def test_the_decaying_particle(back: list[Any], events: Events) -> None:
    for i, event in enumerate(back):
        parent = event.particles[0]
        assert (parent.pid, parent.status) == (4900022, 2)
        np.testing.assert_allclose(momentum(parent), events.parent[:, i], rtol=1e-12)
        assert parent.generated_mass == events.mass[i]
        made = np.array([*events.production[:, i], 0.0]) * 1000.0
        np.testing.assert_allclose(position(parent.production_vertex), made, rtol=1e-12)
        decay = np.array([*events.decay[:, i], events.decay_time[i]]) * 1000.0
        np.testing.assert_allclose(position(parent.end_vertex), decay, rtol=1e-12)


def test_particles_and_links(back: list[Any], events: Events) -> None:
    for i, event in enumerate(back):
        found = match(event, events, i)
        for k, particle in found.items():
            row = events.offset[i] + k
            assert (particle.pid, particle.status) == (events.pdg[row], events.status[row])
            mother = events.mother[row]
            expected = event.particles[0] if mother < 0 else found[int(mother)]
            assert [p.id for p in particle.production_vertex.particles_in] == [expected.id]
            start = np.array([*events.vertex[:, row], events.time[row]]) * 1000.0
            np.testing.assert_allclose(position(particle.production_vertex), start, rtol=1e-12)
            assert (particle.end_vertex is not None) == (particle.status == 2)
            if particle.pid in (11, -11):
                assert particle.generated_mass == pytest.approx(0.000511, rel=1e-4)


def test_energy_is_conserved_at_every_vertex(back: list[Any], events: Events) -> None:
    vertices = [v for event in back for v in event.vertices]
    assert len(vertices) == len(events) + (events.status == 2).sum()
    for vertex in vertices:
        inside = sum(momentum(p) for p in vertex.particles_in)
        outside = sum(momentum(p) for p in vertex.particles_out)
        np.testing.assert_allclose(outside, inside, rtol=1e-9, atol=1e-9 * inside[0])


def test_templates_are_forgotten(tmp_path: Path, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    import darkbeam.events.hepmc as module

    whole = round_trip(tmp_path / "a.hepmc3", events)
    monkeypatch.setattr(module, "_MOST_TEMPLATES", 2)
    again = round_trip(tmp_path / "b.hepmc3", events)
    assert all(a == b for a, b in zip(whole, again, strict=True))
    assert (tmp_path / "a.hepmc3").read_bytes() == (tmp_path / "b.hepmc3").read_bytes()


def test_another_parent_id(tmp_path: Path, events: Events) -> None:
    back = round_trip(tmp_path / "a.hepmc3", replace(events, parent_pdg=9900015))
    assert {event.particles[0].pid for event in back} == {9900015}
