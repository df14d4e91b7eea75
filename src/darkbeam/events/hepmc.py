"""HepMC3 text.

Each event is a decaying particle (status 2) without incoming particles: what else came out of the collision is not
known, so a production vertex could not conserve energy.  The *event position* is where the particle was made.  Its
end vertex and those of decaying products follow; products have status 1 (final) or 2 (decayed).  GeV and mm, times
are c t in mm.

* Weights have names: ``nominal``, then the variations (blanks become ``_``: the format separates names by blanks).
* **Cross section block**: not a cross section, but the expected number of events of the whole run for the exposure of
  the card, with its Monte Carlo error.  The nominal weights of a whole run add up to it.
* Attributes of the event: ``source``, ``channel``, ``decay_probability``, ``passed`` (1 or 0), ``epsilon``, ``ctau``
  (metres).  Attribute ``darkbeam`` of the run: the JSON of `FileInfo.metadata`.

Speed: events of one topology share a `GenEventData`, whose arrays are overwritten in place; no objects per particle.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pyhepmc as hep
from pyhepmc.io import WriterAscii

import darkbeam
from darkbeam.decays.particle_masses import masses_of

from .record import DECAYED
from .tree import ends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from .info import FileInfo, Labels
    from .record import Events

__all__ = ["HepMCFile"]

MM_PER_M = 1000.0
_FOOTER = b"END_EVENT_LISTING"
_MOST_TEMPLATES = 5000
"""Hadronisation makes ever new topologies: forget them all at this number."""
_PARTICLE, _VERTEX = hep.GenEventData().particles.dtype, hep.GenEventData().vertices.dtype
_P, _V = _PARTICLE.itemsize, _VERTEX.itemsize


class HepMCFile:
    """A HepMC3 file of events that is being written."""

    def __init__(self, path: Path, info: FileInfo, labels: Labels) -> None:
        self._path, self._labels = path, labels
        self._run = hep.GenRunInfo()
        self._run.tools = [("darkbeam", darkbeam.__version__, "decays of long-lived particles")]
        self._run.weight_names = ["_".join(name.split()) for name in labels.weight_names]
        self._run.attributes["darkbeam"] = info.json(labels)
        self._expected = (info.expected, info.expected_error)
        self._event = hep.GenEvent(hep.Units.GEV, hep.Units.MM)
        self._event.run_info = self._run
        self._templates: dict[Any, _Template] = {}
        self._writer = WriterAscii(str(path), self._run)

    def write(self, events: Events) -> None:
        """Append events."""
        particles, (vertices, counts) = _particles(events), _vertices(events)
        weights = np.stack([events.weight, *events.variations.values()], axis=1)
        # copying bytes is ten times faster than assigning records
        particle_bytes, vertex_bytes, weight_bytes = (
            _bytes(values) for values in (particles, vertices, weights)
        )
        rows = zip(
            self._matching(events), events.number.tolist(), (events.production.T * MM_PER_M).tolist(),
            events.probability.tolist(), (events.multiplicity + 1).tolist(), counts.tolist(), strict=True,
        )  # fmt: skip
        event, write_event = self._event, self._writer.write_event
        p = v = w = 0
        for template, number, origin, probability, size, n_vertices in rows:
            data = template.data
            if template.order is None:
                template.particles[:] = particle_bytes[p * _P : (p + size) * _P]
            else:
                template.particles[:] = _bytes(particles[p : p + size][template.order])
            template.vertices[:] = vertex_bytes[v * _V : (v + n_vertices) * _V]
            template.weights[:] = weight_bytes[w : w + template.weights.nbytes]
            data.event_number, data.event_pos = number, hep.FourVector(*origin, 0.0)
            event.read_data(data)
            event.attributes["decay_probability"] = probability
            write_event(event)
            p, v, w = p + size, v + n_vertices, w + template.weights.nbytes
        self._check(ok=not self._writer.failed())

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()
        with self._path.open("rb") as file:  # the library does not tell whether the last write succeeded
            file.seek(max(file.seek(0, os.SEEK_END) - 100, 0))
            self._check(ok=_FOOTER in file.read())

    def discard(self) -> None:
        """Let go of the file."""
        self._writer.close()

    def _check(self, *, ok: bool) -> None:
        if not ok:
            raise OSError(errno.EIO, "the file could not be written to its end (is the disk full?)")

    def _matching(self, events: Events) -> Iterator[_Template]:
        """Template of each event."""
        links = events.mother.astype(np.int32)
        starts = events.offset.tolist()
        facts = zip(
            events.source.tolist(), events.channel.tolist(), events.passed.tolist(), events.epsilon.tolist(),
            events.ctau.tolist(), strict=True,
        )  # fmt: skip
        for i, key in enumerate(facts):
            mother = links[starts[i] : starts[i + 1]]
            kind = (mother.tobytes(), key)
            template = self._templates.get(kind)
            if template is None:
                if len(self._templates) >= _MOST_TEMPLATES:
                    self._templates.clear()
                template = _Template(
                    mother.tolist(), self._facts(*key), self._expected, len(self._labels.weight_names)
                )
                self._templates[kind] = template
            yield template

    def _facts(self, source: int, channel: int, passed: bool, epsilon: float, ctau: float) -> dict[str, Any]:
        return {
            "source": self._labels.source_names[source], "channel": self._labels.channel_names[channel],
            "passed": int(passed), "epsilon": epsilon, "ctau": ctau,
        }  # fmt: skip


def _bytes(values: NDArray[Any]) -> memoryview:
    """Memory of an array."""
    return values.reshape(-1).view(np.uint8).data


def _particles(events: Events) -> NDArray[Any]:
    """The decaying particle of each event and its products behind it, shape (N + n,), as the library stores them."""
    n, event = len(events), events.event_of
    out = np.zeros(n + len(event), dtype=_PARTICLE)
    for at, pdg, status, mass, p4 in (
        (events.offset[:-1] + np.arange(n), events.parent_pdg, DECAYED, events.mass, events.parent),
        (
            np.arange(len(event)) + event + 1,
            events.pdg,
            events.status,
            masses_of(events.pdg, events.p4),
            events.p4,
        ),
    ):
        columns = (pdg, status, True, mass, p4[1], p4[2], p4[3], p4[0])
        for name, values in zip(
            ("pid", "status", "is_mass_set", "mass", "px", "py", "pz", "e"), columns, strict=True
        ):
            out[name][at] = values
    return out


def _vertices(events: Events) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Vertices of all events and how many each has: its decay vertex, then those of decaying products."""
    decays, end = ends(events)
    n, event = len(events), events.event_of[decays]
    counts = np.bincount(event, minlength=n) + 1
    out = np.zeros(int(counts.sum()), dtype=_VERTEX)
    first = np.concatenate([events.decay, events.decay_time[None]])
    for at, points in (
        (np.cumsum(counts) - counts, first),
        (np.arange(len(event)) + event + 1, end[:, decays]),
    ):
        for name, values in zip("xyzt", points, strict=True):
            out[name][at] = values * MM_PER_M
    return out, counts


class _Template:
    """Event data of one topology (and one source, channel, ...), to be overwritten in place.

    The library numbers particles in the order in which vertices emit them; ``order`` says which row is which.
    """

    def __init__(
        self, mother: list[int], facts: dict[str, Any], expected: tuple[float, float], weights: int
    ) -> None:
        event = _skeleton(mother)
        event.weights = [1.0] * weights
        total = hep.GenCrossSection()
        total.set_cross_section(*expected)
        event.cross_section = total
        for name, value in facts.items():
            event.attributes[name] = value
        event.attributes["decay_probability"] = 0.0
        self.data = hep.GenEventData()
        event.write_data(self.data)
        self.particles, self.vertices = _bytes(self.data.particles), _bytes(self.data.vertices)
        self.weights = _bytes(self.data.weights)
        order = self.data.particles["px"].astype(np.int64)
        self.order = None if np.array_equal(order, np.arange(len(order))) else order


def _skeleton(mother: list[int]) -> Any:
    """Event with these links; px of each particle is its row, 0 for the decaying particle."""
    rows = [hep.GenParticle((float(k), 0.0, 0.0, 0.0), 0, 0) for k in range(len(mother) + 1)]
    vertices = {}
    for k in sorted({-1, *mother}):
        vertices[k] = hep.GenVertex((0.0, 0.0, 0.0, 0.0))
        vertices[k].add_particle_in(rows[k + 1])
    for k, of in enumerate(mother):
        vertices[of].add_particle_out(rows[k + 1])
    event = hep.GenEvent(hep.Units.GEV, hep.Units.MM)
    for vertex in vertices.values():
        event.add_vertex(vertex)
    return event
