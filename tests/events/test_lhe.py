"""LHE files, read back with pylhe."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pylhe
import pytest

import darkbeam
from darkbeam.events import Events
from darkbeam.events.writers import open_writer


@pytest.fixture(scope="module")
def path(events: Events, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target: Path = tmp_path_factory.mktemp("lhe") / "a.lhe"
    half = np.arange(len(events)) < 11
    with open_writer(target, events.card, expected=12.5, expected_error=0.25) as writer:
        writer.write(events.select(half))
        writer.write(events.select(~half))
    return target


@pytest.fixture(scope="module")
def back(path: Path) -> Any:
    return pylhe.LHEFile.fromfile(path, generator=False)


def momentum(particle: Any) -> np.ndarray:
    return np.array([particle.e, particle.px, particle.py, particle.pz])


def test_init(back: Any) -> None:
    info, (process,) = back.init.initInfo, back.init.procInfo
    assert (info.beamA, info.beamB, info.energyA, info.weightingStrategy) == (4900022, 0, 1.2, -4)
    assert (process.xSection, process.error) == (12.5, 0.25)
    (generator,) = back.init.generators
    assert (generator.name, generator.version) == ("darkbeam", darkbeam.__version__)


def test_weights(path: Path, back: Any, events: Events) -> None:
    names = ["nominal", "brem-lower", "brem-upper", "scale <2>"]
    root = ET.parse(path).getroot()
    group = root.find("header/initrwgt/weightgroup")
    assert group is not None
    assert [w.attrib["id"] for w in group] == names
    for i, event in enumerate(back.events):
        assert list(event.weights) == names
        wanted = [events.weight[i], *(w[i] for w in events.variations.values())]
        np.testing.assert_allclose(list(event.weights.values()), wanted, rtol=1e-10)
        assert event.eventinfo.weight == pytest.approx(events.weight[i], rel=1e-10)
    assert json.loads(root.findtext("header/darkbeam", ""))["card"] == events.card


def test_particles_and_links(back: Any, events: Events) -> None:
    assert len(back.events) == len(events)
    for i, event in enumerate(back.events):
        parent, *products = event.particles
        assert event.eventinfo.nparticles == len(event.particles) == events.multiplicity[i] + 1
        assert (parent.id, parent.status, parent.mother1, parent.mother2) == (4900022, -1, 0, 0)
        np.testing.assert_allclose(momentum(parent), events.parent[:, i], rtol=1e-6)
        assert parent.m == events.mass[i]
        for row, p in zip(range(events.offset[i], events.offset[i + 1]), products, strict=True):
            assert (p.id, p.status) == (events.pdg[row], events.status[row])
            assert p.mother1 == p.mother2 == events.mother[row] + 2
            np.testing.assert_allclose(momentum(p), events.p4[:, row], rtol=1e-6)


def test_energy_is_conserved_at_every_vertex(back: Any) -> None:
    for event in back.events:
        for line, mother in enumerate(event.particles, start=1):
            daughters = [p for p in event.particles if p.mother1 == line]
            assert bool(daughters) == (mother.status != 1)
            if daughters:
                total = sum(momentum(p) for p in daughters)
                np.testing.assert_allclose(total, momentum(mother), rtol=1e-9, atol=1e-9 * mother.e)


def test_vertices_follow_from_the_lifetimes(back: Any, events: Events) -> None:
    """start + VTIMUP p/m is the end: of the decaying particle from production to decay, and of K_S."""
    for i, event in enumerate(back.events):
        parent = event.particles[0]
        step = parent.lifetime * momentum(parent)[1:] / parent.m / 1000.0
        np.testing.assert_allclose(events.production[:, i] + step, events.decay[:, i], rtol=1e-6, atol=1e-6)
        for row, p in zip(range(events.offset[i], events.offset[i + 1]), event.particles[1:], strict=True):
            daughters = np.flatnonzero(
                events.mother[events.offset[i] : events.offset[i + 1]] == row - events.offset[i]
            )
            end = (
                events.vertex[:, events.offset[i] + daughters[0]] if len(daughters) else events.vertex[:, row]
            )
            step = p.lifetime * momentum(p)[1:] / p.m / 1000.0 if p.m else np.zeros(3)
            np.testing.assert_allclose(events.vertex[:, row] + step, end, rtol=1e-6, atol=1e-6)


def test_the_remark(back: Any, events: Events) -> None:
    for i, event in enumerate(back.events):
        (remark,) = event.optional
        words = remark.split()
        assert words[:2] == ["#darkbeam", str(events.number[i])]
        assert words[2] == events.source_names[events.source[i]]
        assert words[3] == events.channel_names[events.channel[i]]
        numbers = [float(w) for w in words[4:]]
        wanted = [
            events.probability[i], events.passed[i], events.epsilon[i], *events.production[:, i],
            *events.decay[:, i], events.decay_time[i],
        ]  # fmt: skip
        np.testing.assert_allclose(numbers, wanted, rtol=1e-8)
