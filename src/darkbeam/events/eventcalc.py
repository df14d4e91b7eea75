r"""The text format of EventCalc, which FairShip and other programs of SHiP read.

Layout, from the writer of EventCalc (``funcs/mergeResults.py``) and the readers (FairShip ``macro/convertEvtCalc.py``
with ``shipgen/EvtCalcGenerator``, and ``eventcalc_reader.hpp`` of aegir):

    line 1     Sampled N events inside SHiP volume. Squared coupling: ... Total number of produced LLPs: ...
               Polar acceptance: ... Azimuthal acceptance: ... Averaged decay probability: ... Visible Br Ratio: ...
               Total number of events: ...
    line 2     empty
    blocks     #<process=NAME; sample_points=N>, an empty line, N rows, an empty line
    row        px py pz E m PDG P x y z of the decaying particle, then px py pz E m PDG of each product

GeV; the decay vertex in metres from the production point; blanks between numbers.  Rows are filled up with
``0.0 0.0 0.0 0.0 0.0 -999.0`` to one length in the whole file, because FairShip takes the number of columns from the
first block.  FairShip cannot read a block of a single row: channels with one event share a block, "A, B".

**Column P** is "decay probability" and what these programs weight events with: N = N_LLP * polar * azimuthal * visible
* mean(P).  Here it is the weight of the event times one number for the file, so that this formula, with the numbers of
line 1, gives the total number of events.  P therefore takes in the efficiency of a selection.  Where the factors are
not known, N_LLP is the equivalent number of particles that cross the volume, N / mean(P), and the others are 1.

**Products** all start at the decay vertex.  A product that decays elsewhere (K_S, hyperons) is written itself and left
to the detector simulation; of those that decay on the spot the daughters are written.  Variations, times and
production points have no place in this format.

Rows wait in temporary files, one for each channel, since their length is known only at the end.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.decays.particle_masses import masses_of

from .tree import ends, row_of_mother

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .info import FileInfo, Labels
    from .record import Events

    Floats = NDArray[np.float64]

__all__ = ["EventCalcFile"]

_PARENT, _PRODUCT = 10, 6
"""Columns of the decaying particle and of each product."""
_P = 6
"""Position of column P."""
_FACTORS = ("polar_acceptance", "azimuthal_acceptance", "visible_branching")
_PAD = np.array([0.0, 0.0, 0.0, 0.0, 0.0, -999.0])


class EventCalcFile:
    """A text file of events that is being written."""

    def __init__(self, path: Path, info: FileInfo, labels: Labels) -> None:
        self._path, self._info, self._labels = path, info, labels
        self._folder = tempfile.TemporaryDirectory(prefix=".part-", dir=path.parent)
        self._rows: dict[int, int] = {}
        self._longest = 1
        self._weight = self._weighted_probability = self._coupling = 0.0

    def write(self, events: Events) -> None:
        """Put rows aside."""
        keep = _written(events)
        counts = np.bincount(events.event_of[keep], minlength=len(events))
        parents, products = _columns(events, keep)
        for channel in np.unique(events.channel).tolist():
            own = events.channel == channel
            with self._spool(channel).open("ab") as handle:
                for block in (counts[own], parents[own], products[np.repeat(own, counts)]):
                    np.save(handle, block, allow_pickle=False)
            self._rows[channel] = self._rows.get(channel, 0) + int(own.sum())
        self._longest = max(self._longest, int(counts.max(initial=0)))
        self._weight += float(events.weight.sum())
        self._weighted_probability += float((events.weight * events.probability).sum())
        self._coupling += float((events.weight * events.epsilon**2).sum())

    def close(self) -> None:
        """Write the file from what was put aside."""
        with self._path.open("w", encoding="ascii") as out:
            factors, scale = self._normalisation()
            out.write(self._first_line(factors) + "\n\n")
            for channels in self._blocks():
                name = ", ".join(self._labels.channel_names[c] for c in channels)
                out.write(f"#<process={name}; sample_points={sum(self._rows[c] for c in channels)}>\n\n")
                for channel in channels:
                    for rows in self._padded(channel):
                        rows[:, _P] *= scale
                        out.writelines(" ".join(map(repr, row)) + "\n" for row in rows.tolist())
                out.write("\n")
        self.discard()

    def discard(self) -> None:
        """Let go of the temporary files."""
        self._folder.cleanup()

    def _spool(self, channel: int) -> Path:
        return Path(self._folder.name) / str(channel)

    def _normalisation(self) -> tuple[Floats, float]:
        """Factors of line 1 after N_LLP, and the number that turns weights into column P."""
        totals, rows = self._info.totals, sum(self._rows.values())
        mean = self._weighted_probability / self._weight if self._weight else 1.0
        factors = np.array([totals.get(name, 1.0) for name in _FACTORS])
        if "produced" in totals:  # then the mean of P takes in the selection
            mean = self._info.expected / (totals["produced"] * float(np.prod(factors)))
        return np.array(
            [*factors[:2], mean, *factors[2:]]
        ), mean * rows / self._weight if self._weight else 1.0

    def _first_line(self, factors: Floats) -> str:
        polar, azimuthal, mean, visible = factors.tolist()
        expected = self._info.expected
        coupling = self._coupling / self._weight if self._weight else 0.0
        return (
            f"Sampled {sum(self._rows.values()):.6e} events inside SHiP volume. Squared coupling: {coupling:.6e}. "
            f"Total number of produced LLPs: {expected / float(np.prod(factors)):.6e}. "
            f"Polar acceptance: {polar:.6e}. Azimuthal acceptance: {azimuthal:.6e}. "
            f"Averaged decay probability: {mean:.6e}. Visible Br Ratio: {visible:.6e}. "
            f"Total number of events: {expected:.6e}"
        )

    def _blocks(self) -> list[tuple[int, ...]]:
        """Channels of each block, in order; channels with a single event stand together."""
        channels = sorted(c for c, rows in self._rows.items() if rows)
        blocks = [(c,) for c in channels if self._rows[c] > 1]
        single = tuple(c for c in channels if self._rows[c] == 1)
        if len(single) == 1 and blocks:
            return [*blocks[:-1], (*blocks[-1], *single)]
        return [*blocks, single] if single else list(blocks)

    def _padded(self, channel: int) -> Iterator[Floats]:
        """Rows of a channel, batch by batch."""
        path = self._spool(channel)
        size = path.stat().st_size
        with path.open("rb") as handle:
            while handle.tell() < size:
                counts, parents, products = (np.load(handle, allow_pickle=False) for _ in range(3))
                event = np.repeat(np.arange(len(counts)), counts)
                slot = np.arange(len(event)) - (np.cumsum(counts) - counts)[event]
                table = np.tile(_PAD, (len(counts), self._longest, 1))
                table[event, slot] = products
                yield np.concatenate([parents, table.reshape(len(counts), -1)], axis=1)


def _written(events: Events) -> NDArray[np.bool_]:
    """Particles that stand for the products at the decay vertex: one of each line of descent."""
    decays, end = ends(events)
    start = np.concatenate([events.vertex, events.time[None]])
    on_the_spot = decays & (end == start).all(axis=0)
    mother = row_of_mother(events)
    reached = mother < 0
    for _ in range(int(events.multiplicity.max(initial=0))):  # as many steps as the tree has generations
        more = ~reached & (mother >= 0) & (reached & on_the_spot)[mother]
        if not more.any():
            break
        reached |= more
    return np.asarray(reached & ~on_the_spot)


def _columns(events: Events, keep: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Columns of the decaying particles, with the weight in the place of P, and of the products that are kept."""
    parent, p4, pdg = events.parent, events.p4[:, keep], events.pdg[keep]
    ids = np.full(len(events), float(events.parent_pdg))
    parents = np.stack([*parent[1:], parent[0], events.mass, ids, events.weight, *events.decay], axis=1)
    return parents, np.stack([*p4[1:], p4[0], masses_of(pdg, p4), pdg], axis=1)
