"""Les Houches events (hep-ph/0609017), version 3 with named weights.

The process is the decay of one particle in flight, written as decays usually are: a single incoming particle
(status -1), products with status 1 (final) or 2 (decayed), mothers by line.

* init: the decaying particle as the only beam, at rest; no densities; one process.  IDWTUP is -4.  XSECUP, XERRUP:
  expected events of the whole run for the exposure of the card and its Monte Carlo error (not pb); the weights XWGTUP
  of a whole run *add up* to XSECUP (they are not averaged).
* initrwgt, rwgt: ``nominal``, then the variations.
* VTIMUP is the proper length c tau of the flight in mm, so that the end of each particle is its start + VTIMUP **p**/m.
  LHE has no vertices; the line ``#darkbeam`` of each event gives number, source, channel, decay probability, passed
  (1 or 0), coupling, production (x y z) and decay (x y z, c t) in metres.
* SCALUP is the mass, AQEDUP alpha, AQCDUP -1 (not defined); no colours; helicity 9 (unknown).

The text is made here because numbers need more digits than the common library writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import numpy as np

import darkbeam
from darkbeam.constants import ALPHA
from darkbeam.decays.particle_masses import masses_of

from .tree import ends, flight_length, parent_flight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .info import FileInfo, Labels
    from .record import Events

__all__ = ["LHEFile"]

MM_PER_M = 1000.0
_PARTICLE = "%d %d %d %d 0 0 %.11e %.11e %.11e %.11e %.11e %.9e 9."
"""IDUP ISTUP MOTHUP(1, 2) ICOLUP(1, 2) px py pz E m VTIMUP SPINUP."""


class LHEFile:
    """An LHE file of events that is being written."""

    def __init__(self, path: Path, info: FileInfo, labels: Labels) -> None:
        self._labels, self._info = labels, info
        self._begun = False
        self._file = path.open("w", encoding="utf-8")

    def write(self, events: Events) -> None:
        """Append events."""
        if not self._begun and len(events):
            self._begun = True
            self._file.write(self._head(float(events.mass[0])))
        weights = np.stack([events.weight, *events.variations.values()], axis=1).tolist()
        starts = (events.offset + np.arange(len(events) + 1)).tolist()
        lines = [_PARTICLE % row for row in _rows(events)]
        form = self._weight_lines()
        event_lines = zip(_heads(events), starts, starts[1:], self._remarks(events), weights, strict=False)
        self._file.writelines(
            "\n".join(("<event>", head, *lines[a:b], remark, form % tuple(values)))
            for head, a, b, remark, values in event_lines
        )

    def close(self) -> None:
        """Write the last line."""
        with self._file:
            if not self._begun:
                self._file.write(self._head(0.0))
            self._file.write("</LesHouchesEvents>\n")

    def discard(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _head(self, mass: float) -> str:
        """Everything before the events."""
        info, labels = self._info, self._labels
        names = "".join(f"<weight id={quoteattr(n)}>{escape(n)}</weight>\n" for n in labels.weight_names)
        total = f"{info.expected:.9e} {info.expected_error:.9e} {info.expected:.9e} 1"
        return (
            '<LesHouchesEvents version="3.0">\n<header>\n'
            f"<darkbeam>{escape(info.json(labels))}</darkbeam>\n"
            f'<initrwgt>\n<weightgroup name="darkbeam" combine="none">\n{names}</weightgroup>\n</initrwgt>\n'
            f"</header>\n<init>\n{labels.parent_pdg} 0 {mass:.11e} 0. 0 0 0 0 -4 1\n{total}\n"
            f'<generator name="darkbeam" version="{darkbeam.__version__}"></generator>\n</init>\n'
        )

    def _weight_lines(self) -> str:
        """Form of the weights and the end of an event."""
        forms = [f"<wgt id={quoteattr(n).replace('%', '%%')}>%.11e</wgt>" for n in self._labels.weight_names]
        return "\n".join(("<rwgt>", *forms, "</rwgt>", "</event>", ""))

    def _remarks(self, events: Events) -> Iterator[str]:
        """Line with what has no place in the format."""
        sources, channels = (
            [escape(name) for name in names]
            for names in (self._labels.source_names, self._labels.channel_names)
        )
        numbers = zip(
            events.probability.tolist(), events.passed.tolist(), events.epsilon.tolist(), *events.production.tolist(),
            *events.decay.tolist(), events.decay_time.tolist(), strict=True,
        )  # fmt: skip
        rows = zip(
            events.number.tolist(), events.source.tolist(), events.channel.tolist(), numbers, strict=True
        )
        form = "#darkbeam %d %s %s %.9e %d" + " %.9e" * 8
        for number, source, channel, rest in rows:
            yield form % (number, sources[source], channels[channel], *rest)


def _heads(events: Events) -> Iterator[str]:
    """First line of each event: NUP IDPRUP XWGTUP SCALUP AQEDUP AQCDUP."""
    sizes = (events.multiplicity + 1).tolist()
    for size, weight, mass in zip(sizes, events.weight.tolist(), events.mass.tolist(), strict=True):
        yield f"{size} 1 {weight:.11e} {mass:.9e} {ALPHA:.9e} -1."


def _rows(events: Events) -> Iterator[tuple[float, ...]]:
    """Numbers of each particle's line, the decaying particle before its products."""
    n, event = len(events), events.event_of
    _, end = ends(events)
    mass = masses_of(events.pdg, events.p4)
    flight = flight_length(mass, events.p4, end[:3] - events.vertex)
    columns = np.empty((9, n + len(event)))
    parents = np.full(n, float(events.parent_pdg)), np.full(n, -1.0), np.zeros(n)
    products = events.pdg, events.status, events.mother + 2
    for at, ids, p4, m, length in (
        (events.offset[:-1] + np.arange(n), parents, events.parent, events.mass, parent_flight(events)),
        (np.arange(len(event)) + event + 1, products, events.p4, mass, flight),
    ):
        for row, values in enumerate((*ids, *p4[1:], p4[0], m, length * MM_PER_M)):
            columns[row, at] = values
    pdg, status, mother = columns[:3].astype(np.int64).tolist()
    return zip(pdg, status, mother, mother, *columns[3:].tolist(), strict=True)
