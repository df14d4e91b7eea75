"""What is fixed once for each mass and coupling: the rays, the passing part, and all totals with their errors.

A pilot sample of decays in the volume (its own random streams) gives the part a that is written and the part that
passes the whole selection.  With N_V the decays in the volume into the channels that are made
(`darkbeam.events.mothers`), expected = a N_V.  Error: with N_b and a_b for the mothers of block b = 1..B only,

    error^2 = B/(B - 1) sum_b (a_b N_b - mean)^2,

which has the correlation of decays that share a mother, and the statistics of the pilot.  All chunks use these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.events.final_states import FinalStates
from darkbeam.events.mothers import gather
from darkbeam.events.sampling import Point, try_decays
from darkbeam.events.totals import Totals
from darkbeam.production.source import N_BLOCKS
from darkbeam.rng import stream
from darkbeam.sensitivity.vertices import SMALLEST, too_few

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.decays.imported import ImportedDecays
    from darkbeam.events.sampling import Tries
    from darkbeam.events.settings import EventSettings
    from darkbeam.sensitivity.setup import Setup

    Floats = NDArray[np.float64]

__all__ = ["Lifetime", "PointPlan", "make_plan", "make_point"]

BATCH, MOST, LAST_RESORT = 2**14, 2**16, 2**19
"""Pilot decays: at a time, at most, and at most where hardly any passes."""
PRECISION = 0.005
"""Relative error of the passing part at which the pilot stops."""
FEW = 100
"""Pilot goes on to `LAST_RESORT` below this many passing decays."""


@dataclass(frozen=True)
class Lifetime:
    """Mass (GeV), coupling, and proper decay length (m) if it does not follow from the coupling."""

    mass: float
    epsilon: float
    ctau: float | None = None


@dataclass(frozen=True, eq=False)
class PointPlan:
    """Numbers that every chunk of a point uses.

    Attributes
    ----------
    where : Lifetime
    passing : float
        Part of the tries that is written.
    unit : float
        Weight of an event whose relative weight is 1.
    totals : Totals
    """

    where: Lifetime
    passing: float
    unit: float
    totals: Totals

    def stream(self, seed: int, chunk: int) -> np.random.Generator:
        """Random numbers of one chunk."""
        return stream(seed, _key(self.where), chunk)


def _key(where: Lifetime) -> str:
    return f"events/{where.mass!r}/{where.epsilon!r}/{where.ctau!r}"


def make_point(
    setup: Setup, settings: EventSettings, where: Lifetime, hadrons: ImportedDecays | None, *, pythia: bool
) -> Point:
    """Rays and final states of one point.

    Raises
    ------
    MassRangeError
        If no source produces at the mass.
    ValueRangeError
        For closed channels, or if nothing crosses the volume, or too little decays there to compute.
    """
    if not setup.sources_at(where.mass):
        spans = ", ".join(f"{s.name} {s.valid[0]:.3g}-{s.valid[1]:.3g}" for s in setup.sources)
        raise MassRangeError(f"no source produces at {where.mass:g} GeV; valid (GeV): {spans}")
    states = FinalStates.build(setup, where.mass, settings, hadrons, pythia=pythia)
    ctau = setup.ctau(where.mass) / where.epsilon**2 if where.ctau is None else where.ctau
    mothers = gather(setup, where.mass, ctau, settings.n, weighted=settings.weighted)
    yields = mothers.yields.values()
    if not any(y.in_volume > 0.0 for y in yields):
        raise ValueRangeError(_nothing(setup, where, ctau, "crosses the volume"))
    if where.epsilon**2 * setup.collisions * sum(y.decayed for y in yields) < SMALLEST:
        raise too_few(setup.experiment.name, where.mass, where.epsilon, ctau)
    return Point(setup, settings, where.mass, where.epsilon, ctau, where.ctau is not None, mothers, states)


def _nothing(setup: Setup, where: Lifetime, ctau: float, what: str) -> str:
    return (
        f"{setup.experiment.name}: no dark photon of {where.mass:g} GeV with epsilon = {where.epsilon:g} "
        f"(c tau = {ctau:.3g} m) {what}: zero expected events"
    )


def make_plan(point: Point, where: Lifetime) -> PointPlan:
    """Run the pilot of a point.

    Raises
    ------
    ValueRangeError
        If no decay is written.
    """
    pilot = _pilot(point, where)
    relative, block = pilot.relative, pilot.block
    if not pilot.written.sum() > 0.0:
        raise ValueRangeError(
            _nothing(
                point.setup,
                where,
                point.ctau,
                f"passes the selection among {len(block)} decays in the volume",
            )
            + "; --select none keeps all"
        )
    in_volume = point.scale * sum(y.decayed for y in point.mothers.yields.values())
    written, accepted = float(pilot.written.sum()), relative * pilot.accepted
    expected = in_volume * written / float(relative.sum())
    totals = Totals.of(
        point, expected, _error(point, pilot.written, relative, block, in_volume),
        float(in_volume * accepted.sum() / relative.sum()),
        _error(point, accepted, relative, block, in_volume),
        {v: expected * total / written for v, total in pilot.variations.items()},
    )  # fmt: skip
    unit = expected / (point.settings.n * written / pilot.kept)
    return PointPlan(where, pilot.kept / len(block), unit, totals)


@dataclass(frozen=True, eq=False)
class _Pilot:
    """What is kept of the pilot: arrays over its decays, and sums of the variations over those that are written."""

    written: Floats
    relative: Floats
    accepted: Floats
    block: NDArray[np.int64]
    kept: int
    variations: dict[str, float]

    @classmethod
    def of(cls, tries: Tries) -> _Pilot:
        weight, variations = tries.weights(np.arange(len(tries.keep)))
        sums = {v: float(w[tries.keep].sum()) for v, w in variations.items()}
        written = np.where(tries.keep, weight, 0.0)
        return cls(written, tries.relative, tries.accepted, tries.block, int(tries.keep.sum()), sums)

    def __add__(self, other: _Pilot) -> _Pilot:
        sums = {v: total + other.variations[v] for v, total in self.variations.items()}
        return _Pilot(
            np.concatenate([self.written, other.written]), np.concatenate([self.relative, other.relative]),
            np.concatenate([self.accepted, other.accepted]), np.concatenate([self.block, other.block]),
            self.kept + other.kept, sums,
        )  # fmt: skip


def _pilot(point: Point, where: Lifetime) -> _Pilot:
    """Tries until the passing part is known well enough."""
    found: _Pilot | None = None
    for batch in range(LAST_RESORT // BATCH):
        rng = stream(point.setup.seed, f"{_key(where)}/pilot", batch)
        new = _Pilot.of(try_decays(point, BATCH, rng))
        found = new if found is None else found + new
        made = (batch + 1) * BATCH
        precise = found.kept > 0 and (1.0 - found.kept / made) / found.kept < PRECISION**2
        if precise or (made >= MOST and found.kept >= FEW):
            break
    assert found is not None
    return found


def _error(
    point: Point, value: Floats, relative: Floats, block: NDArray[np.int64], in_volume: float
) -> float:
    """Error of in_volume * sum(value)/sum(relative) from blocks of mothers."""
    top = np.bincount(block, value, N_BLOCKS)
    bottom = np.bincount(block, relative, N_BLOCKS)
    mean = value.sum() / relative.sum()
    part = np.divide(top, bottom, out=np.full(N_BLOCKS, mean), where=bottom > 0.0)
    shares = point.mothers.by_block()
    each = part * shares * (in_volume / shares.sum())
    spread = np.square(each - each.mean()).sum()
    return float(np.sqrt(spread * N_BLOCKS / (N_BLOCKS - 1.0)))
