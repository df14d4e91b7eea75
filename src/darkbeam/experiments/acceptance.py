r"""Which decays an experiment sees.

For each decay in a counted class, with its products followed to the planes of the detector:

1. *detectable products*: at least `required_products` (2) of the charged ones, and, where there is a
   calorimeter, the neutral ones (`tracks`);
2. *thresholds*: as many above the thresholds of a single product: energy, momentum, transverse momentum, and
   energy by kind;
3. *detector plane*: as many of those inside the cross-section of every plane for their kind (or of one,
   `required = "any"`), and inside the apertures of the fields before it; nothing is asked where the decay volume
   is the detector;

then the cuts on several products together (`combined`).

The conventions are those of arXiv:2305.13383 and arXiv:2409.11096, with the impact parameter itself compared
with the cut.  The weight is the efficiency where all stages pass.  Products must be particles that leave a track or
a shower: whatever decays promptly (pi0, tau) has to be decayed by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .combined import combine
from .efficiency import EfficiencyTable
from .flights import ForwardFlight, SpaceFlight
from .flow import Flow, Found
from .layout import CHANNEL_CLASSES
from .thresholds import above_thresholds
from .tracks import Tracks, detectable_table, seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from .detector_planes import DetectorPlane
    from .experiment import Experiment
    from .flights import Flight

__all__ = ["Acceptance", "accept"]

_CHUNK = 16384
"""Products looked at together."""


@dataclass(frozen=True)
class Acceptance:
    """Result of the selection.

    Attributes
    ----------
    weight : array, shape (n,)
        Efficiency of the decays that pass, 0 for the others.
    stages : mapping of str to array of bool, shape (n,)
        Decays that pass up to and including each stage, in order.
    """

    weight: NDArray[np.float64]
    stages: Mapping[str, NDArray[np.bool_]]

    def cut_flow(self, weights: ArrayLike) -> dict[str, float]:
        """Sum of the weights (n,) of the decays after each stage, the efficiency last."""
        w = np.asarray(weights, dtype=np.float64)
        flow = {name: float(np.sum(w[passed])) for name, passed in self.stages.items()}
        flow["efficiency"] = float(np.sum(w * self.weight))
        return flow


def accept(
    experiment: Experiment,
    vertex: ArrayLike,
    p4: ArrayLike,
    pdg: ArrayLike,
    channel_class: ArrayLike,
    class_names: Sequence[str] = CHANNEL_CLASSES,
    *,
    smear: np.random.Generator | None = None,
) -> Acceptance:
    """Apply detector and selection to decays.

    Parameters
    ----------
    experiment : Experiment
    vertex : array, shape (3, n)
        Decay points from the production point, m.
    p4 : array, shape (4, n, k)
        Lab momenta of the products, GeV.
    pdg : array of int, shape (n, k)
        PDG ids of the products, 0 pads.
    channel_class : array of int, shape (n,), or sequence of str
        Class of each decay: index into ``class_names``, or the name itself.
    class_names : sequence of str
        Names out of `CHANNEL_CLASSES` (repeats allowed, so that it may hold one entry per channel).
    smear : numpy.random.Generator, optional
        Draws the resolution of the experiment, if its card has one; without it momenta are exact.
    """
    names = tuple(class_names)
    if unknown := [name for name in names if name not in CHANNEL_CLASSES]:
        raise ValueError(f"unknown classes {unknown}; valid: {', '.join(CHANNEL_CLASSES)}")
    index = _indices(channel_class, names)
    counts = np.array([name in experiment.final_states for name in names])[index]
    mumu = np.array([name == "mumu" for name in names])[index]
    r, p, ids = np.asarray(vertex, np.float64), np.asarray(p4, np.float64), np.asarray(pdg, np.int64)
    step = max(_CHUNK // max(ids.shape[1], 1), 1)
    parts = [
        _passed(experiment, r[:, at], p[:, at], ids[at], counts[at], mumu[at], smear)
        for at in (slice(i, i + step) for i in range(0, max(len(ids), 1), step))
    ]
    stages = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    passed = list(stages.values())[-1]
    return Acceptance(np.where(passed, _efficiency(experiment, names, index, r, p, passed), 0.0), stages)


def _efficiency(
    experiment: Experiment,
    names: tuple[str, ...],
    index: NDArray[np.int64],
    vertex: NDArray[np.float64],
    p4: NDArray[np.float64],
    passed: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Efficiency of each decay, shape (n,); tables are read only where a decay passes."""
    given = [experiment.efficiency.get(name, 0.0) for name in names]
    constants = np.array([0.0 if isinstance(value, EfficiencyTable) else value for value in given])
    result = constants[index]
    for i, value in enumerate(given):
        if isinstance(value, EfficiencyTable):
            at = np.flatnonzero(passed & (index == i))
            result[at] = value(vertex[:, at], p4[:, at].sum(axis=2))
    return result


def _indices(channel_class: ArrayLike, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Class indices from indices or names."""
    given = np.asarray(channel_class)
    if given.dtype.kind not in "US":
        return given.astype(np.int64)
    distinct, inverse = np.unique(given, return_inverse=True)
    return np.array([names.index(name) for name in distinct.tolist()], dtype=np.int64)[inverse]


def _passed(
    experiment: Experiment,
    vertex: NDArray[np.float64],
    p4: NDArray[np.float64],
    pdg: NDArray[np.int64],
    counts: NDArray[np.bool_],
    mumu: NDArray[np.bool_],
    smear: np.random.Generator | None,
) -> dict[str, NDArray[np.bool_]]:
    """Stages of one chunk of decays, small enough for the processor's cache."""
    flow = Flow(experiment.selection.required_products, counts)
    measured = p4
    if smear is not None and experiment.smearing is not None:
        measured = experiment.smearing.apply(p4, smear)
    tracks, flat = _detectable(experiment, flow, measured, pdg)
    found = Found(tracks, None, None)
    if not experiment.detector.is_decay_volume:
        flying = tracks if measured is p4 else Tracks.pick(p4, pdg, flat)
        found = _planes(experiment, flow, tracks, flying, vertex)
    if experiment.selection.combines_products:
        combine(experiment.selection, flow, found.alive(flow), vertex, mumu)
    return flow.stages


def _detectable(
    experiment: Experiment, flow: Flow, p4: NDArray[np.float64], pdg: NDArray[np.int64]
) -> tuple[Tracks, NDArray[np.int64]]:
    """Return the detectable products above the thresholds of a single product, and their flat positions."""
    cuts = experiment.selection
    products = seen(pdg, detectable_table(has_ecal=experiment.detector.has_ecal))
    flat = np.flatnonzero(products & flow.alive[:, None])
    flow.count("detectable products", flat // pdg.shape[1])
    if cuts.energy_each_min is not None:
        flat = flat[p4[0].ravel()[flat] >= cuts.energy_each_min]
    tracks = Tracks.pick(p4, pdg, flat)
    hard = above_thresholds(cuts, tracks)
    if hard is not None and not hard.all():
        at = np.flatnonzero(hard)
        tracks, flat = tracks.take(at), flat[at]
    if hard is not None or cuts.energy_each_min is not None:
        flow.count("thresholds", tracks.row)
    return tracks, flat


def _planes(
    experiment: Experiment, flow: Flow, tracks: Tracks, flying: Tracks, vertex: NDArray[np.float64]
) -> Found:
    """Tracks that cross the planes of the detector; ``flying`` has their true momenta."""
    detector = experiment.detector
    magnets = [magnet for magnet in experiment.magnets if magnet.enabled]
    planes = (*detector.planes, *experiment.selection.planes)
    flight: Flight
    if detector.required == "all" and all(plane.across_beam for plane in planes):
        if not np.all(forward := flying.pz > 0.0):
            at = np.flatnonzero(forward)
            flying, tracks = flying.take(at), tracks.take(at)
        flight = ForwardFlight.of(flying, vertex, magnets)
    else:
        flight = SpaceFlight.of(flying, vertex, magnets)
    keep = _crossing(detector.planes, detector.required, flying, flight)
    flow.count("detector plane", tracks.row[keep])
    return Found(tracks, keep, flight)


def _crossing(
    planes: Sequence[DetectorPlane], required: str, tracks: Tracks, flight: Flight
) -> NDArray[np.bool_]:
    """Which tracks cross all planes for their kind, or any of them; without a plane for it a kind is not seen."""
    every = required == "all"
    keep = np.full(len(tracks.row), every)
    looked_at: NDArray[np.bool_] | None = np.zeros(len(tracks.row), dtype=np.bool_)
    for plane in planes:
        hits, mine = flight.hits(plane), plane.applies(tracks)
        if mine is None:
            looked_at = None
        elif looked_at is not None:
            looked_at |= mine
        if every:
            keep &= hits if mine is None else hits | ~mine
        else:
            keep |= hits if mine is None else hits & mine
    return keep if looked_at is None else keep & looked_at
