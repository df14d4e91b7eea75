r"""Which decays an experiment sees.

For each decay in a counted class, with its products followed to the planes of the detector:

1. *detectable products*: at least `required_products` (2) of e, mu, pi+-, K+-, p, and, where there is a
   calorimeter, gamma, K_L, n;
2. *thresholds*: as many above the energy and momentum thresholds of a single product;
3. *detector plane*: as many of those inside the cross-section at the muon plane (muons) or the other plane
   (all others), at every extra plane, and at both ends of the field; nothing is asked where the decay
   volume is the detector;
4. *photon separation*: as many remain when a photon closer than the cut to a photon already counted is
   merged with it;
5. *pair energy*, *calorimeter energy*: sums over the products left after 3 (merged photons keep their
   energy; the calorimeter does not count muons);
6. *impact parameter*: distance from the production point, in the plane z = 0, of the line through the vertex
   (x, y, z) along the summed momentum P of the same products, hypot(x - z P_x/P_z, y - z P_y/P_z);
7. *separation*: at least one pair of the products left after 4 is at least so far apart at its plane; decays
   of the class mumu have their own plane and cut.

The conventions are those of arXiv:2305.13383 and arXiv:2409.11096, with the impact parameter itself compared
with the cut.  The weight is the efficiency of the class where all stages pass.  Products must be stable
particles: whatever decays promptly (pi0, K_S, tau) has to be decayed by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .layout import CHANNEL_CLASSES
from .pairs import any_pair_apart, merge_close
from .tracks import Tracks, detectable_table, seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from .experiment import Experiment
    from .tracks import Line

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
    """
    names = tuple(class_names)
    if unknown := [name for name in names if name not in CHANNEL_CLASSES]:
        raise ValueError(f"unknown classes {unknown}; valid: {', '.join(CHANNEL_CLASSES)}")
    index = _indices(channel_class, names)
    counts = np.array([name in experiment.final_states for name in names])[index]
    efficiency = np.array([experiment.efficiency.get(name, 0.0) for name in names])[index]
    mumu = np.array([name == "mumu" for name in names])[index]
    r, p, ids = np.asarray(vertex, np.float64), np.asarray(p4, np.float64), np.asarray(pdg, np.int64)
    step = max(_CHUNK // max(ids.shape[1], 1), 1)
    parts = [
        _passed(experiment, r[:, at], p[:, at], ids[at], counts[at], mumu[at])
        for at in (slice(i, i + step) for i in range(0, max(len(ids), 1), step))
    ]
    stages = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Acceptance(np.where(list(stages.values())[-1], efficiency, 0.0), stages)


def _passed(
    experiment: Experiment,
    vertex: NDArray[np.float64],
    p4: NDArray[np.float64],
    pdg: NDArray[np.int64],
    counts: NDArray[np.bool_],
    mumu: NDArray[np.bool_],
) -> dict[str, NDArray[np.bool_]]:
    """Stages of one chunk of decays, small enough for the processor's cache."""
    flow = _Flow(experiment.selection.required_products, counts)
    tracks = _detectable(experiment, flow, p4, pdg)
    found = _Seen(tracks, None, None, None)
    if not experiment.detector.is_decay_volume:
        found = _planes(experiment, flow, tracks, vertex)
    if experiment.selection.combines_products:
        _combined(experiment, flow, found.alive(flow), vertex, mumu)
    return flow.stages


def _indices(channel_class: ArrayLike, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Class indices from indices or names."""
    given = np.asarray(channel_class)
    if given.dtype.kind not in "US":
        return given.astype(np.int64)
    distinct, inverse = np.unique(given, return_inverse=True)
    return np.array([names.index(name) for name in distinct.tolist()], dtype=np.int64)[inverse]


class _Flow:
    """Decays alive so far, and the record of the stages."""

    def __init__(self, required: int, counted: NDArray[np.bool_]) -> None:
        self.required = required
        self.alive = counted
        self.stages: dict[str, NDArray[np.bool_]] = {"final state counted": counted}

    def __len__(self) -> int:
        return len(self.alive)

    def stage(self, name: str, passed: NDArray[np.bool_]) -> None:
        """Record one stage."""
        self.alive = self.alive & passed
        self.stages[name] = self.alive

    def count(self, name: str, row: NDArray[np.int64]) -> None:
        """Record the stage at which enough products are left."""
        self.stage(name, np.bincount(row, minlength=len(self)) >= self.required)

    def sum(self, tracks: Tracks, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the tracks of each decay."""
        return np.bincount(tracks.row, weights=value, minlength=len(self)).astype(np.float64, copy=False)


@dataclass(frozen=True)
class _Seen:
    """Tracks, which of them are kept, and their lines before and behind the field."""

    tracks: Tracks
    keep: NDArray[np.bool_] | None
    before: Line | None
    behind: Line | None
    field_end: float = np.inf

    def at(self, z: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Transverse position (m) at a plane outside the field."""
        line = self.behind if z >= self.field_end else self.before
        assert line is not None
        return line.at(z)

    def take(self, at: NDArray[np.int64]) -> _Seen:
        """Tracks at the given positions, all kept."""
        before, behind = (line and line.take(at) for line in (self.before, self.behind))
        return _Seen(self.tracks.take(at), None, before, behind, self.field_end)

    def alive(self, flow: _Flow) -> _Seen:
        """Kept tracks of the decays that are alive."""
        alive = flow.alive[self.tracks.row]
        return self.take(np.flatnonzero(alive if self.keep is None else alive & self.keep))


def _detectable(
    experiment: Experiment, flow: _Flow, p4: NDArray[np.float64], pdg: NDArray[np.int64]
) -> Tracks:
    """Return the detectable products above the thresholds of a single product."""
    cuts = experiment.selection
    products = seen(pdg, detectable_table(has_ecal=experiment.detector.has_ecal))
    flat = np.flatnonzero(products & flow.alive[:, None])
    flow.count("detectable products", flat // pdg.shape[1])
    if cuts.energy_each_min is not None:
        flat = flat[p4[0].ravel()[flat] >= cuts.energy_each_min]
    tracks = Tracks.pick(p4, pdg, flat)
    if cuts.momentum_each_min is not None:
        hard = tracks.px**2 + tracks.py**2 + tracks.pz**2 >= cuts.momentum_each_min**2
        tracks = tracks if hard.all() else tracks.take(np.flatnonzero(hard))
    if cuts.energy_each_min is not None or cuts.momentum_each_min is not None:
        flow.count("thresholds", tracks.row)
    return tracks


def _planes(experiment: Experiment, flow: _Flow, tracks: Tracks, vertex: NDArray[np.float64]) -> _Seen:
    """Tracks that cross the detector at every plane."""
    detector, magnet = experiment.detector, experiment.magnet
    section = detector.section
    assert section is not None
    assert detector.plane_muon is not None
    assert detector.plane_other is not None
    if not np.all(forward := tracks.pz > 0.0):
        tracks = tracks.take(np.flatnonzero(forward))
    line = tracks.line(vertex)
    keep = np.ones(len(tracks.row), dtype=np.bool_)  # narrowed in place below, also inside `result`
    result = _Seen(tracks, keep, line, None)
    if magnet is not None and magnet.enabled:
        behind, arrived = tracks.behind(line, magnet)
        entry = section.contains(*line.at(np.maximum(line.z, magnet.z_min)))
        through = arrived & entry & section.contains(behind.x, behind.y)
        keep &= through | (line.z >= magnet.z_max)
        result = _Seen(tracks, keep, line, behind, magnet.z_max)
    other = section.contains(*result.at(detector.plane_other))
    if detector.plane_muon == detector.plane_other:
        keep &= other
    else:
        keep &= np.where(tracks.muon, section.contains(*result.at(detector.plane_muon)), other)
    for z in detector.inside_at:
        keep &= section.contains(*result.at(z))
    flow.count("detector plane", tracks.row[keep])
    return result


def _combined(
    experiment: Experiment, flow: _Flow, found: _Seen, vertex: NDArray[np.float64], mumu: NDArray[np.bool_]
) -> None:
    """Apply the cuts on all passing products of a decay together."""
    cuts, tracks = experiment.selection, found.tracks
    separate = np.ones(len(tracks.row), dtype=np.bool_)
    if cuts.photon_separation_min is not None and cuts.photon_separation_z is not None:
        x, y = found.at(cuts.photon_separation_z)
        separate = merge_close(tracks.row, tracks.photon, x, y, cuts.photon_separation_min)
        flow.count("photon separation", tracks.row[separate])
    if cuts.energy_sum_min is not None:
        flow.stage("pair energy", flow.sum(tracks, tracks.energy) >= cuts.energy_sum_min)
    if cuts.calorimeter_energy_min is not None:
        energy = flow.sum(tracks, np.where(tracks.muon, 0.0, tracks.energy))
        flow.stage("calorimeter energy", energy >= cuts.calorimeter_energy_min)
    if cuts.impact_parameter_max is not None:
        flow.stage("impact parameter", _points_back(flow, tracks, vertex, cuts.impact_parameter_max))
    if cuts.separation_mumu_min is not None or cuts.separation_other_min is not None:
        apart = _apart(found, separate, mumu, cuts.separation_mumu_min, cuts.separation_mumu_z)
        apart &= _apart(found, separate, ~mumu, cuts.separation_other_min, cuts.separation_other_z)
        flow.stage("separation", apart)


def _points_back(flow: _Flow, tracks: Tracks, vertex: NDArray[np.float64], cut: float) -> NDArray[np.bool_]:
    """Whether the summed momentum points back to the production point within ``cut`` (m)."""
    px, py, pz = (flow.sum(tracks, value) for value in (tracks.px, tracks.py, tracks.pz))
    x, y, z = vertex
    forward = pz > 0.0
    scale = z / np.where(forward, pz, 1.0)
    return np.asarray(forward & ((x - px * scale) ** 2 + (y - py * scale) ** 2 <= cut**2))


def _apart(
    found: _Seen,
    separate: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    minimum: float | None,
    z: float | None,
) -> NDArray[np.bool_]:
    """Whether a pair of separate tracks is ``minimum`` (m) apart at ``z`` (m); decays not chosen pass."""
    if minimum is None or z is None:
        return np.ones(len(chosen), dtype=np.bool_)
    some = found.take(np.flatnonzero(separate & chosen[found.tracks.row]))
    return ~chosen | any_pair_apart(some.tracks.row, *some.at(z), minimum, len(chosen))
