r"""Cuts on all passing products of a decay together.

4. *photon separation*: as many products remain when a photon closer than the cut to a photon already counted is
   merged with it; these are the counted products;
5. *required products*: of each required kind, so many counted products, of both signs of charge where asked;
6. *pair energy*, *pair mass*, *calorimeter energy*: of the summed momentum of all passing products, merged photons
   too (the calorimeter does not count muons);
7. *impact parameter*: distance from the production point, in the plane z = 0, of the line through the vertex
   (x, y, z) along the summed momentum P of the same products, hypot(x - z P_x/P_z, y - z P_y/P_z), with P_z > 0;
8. *opening angle*: of at least one pair of counted products, in directions: |n_1 - n_2| >= 2 sin(theta/2);
9. *separation*: at least one pair of counted products is at least so far apart in its plane; decays of the class
   mumu have their own plane and cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .pairs import any_pair_apart, merge_close

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .detector_planes import Plane
    from .flow import Flow, Found
    from .selection import Requirement, Selection
    from .tracks import Tracks

__all__ = ["combine"]


def combine(
    cuts: Selection, flow: Flow, found: Found, vertex: NDArray[np.float64], mumu: NDArray[np.bool_]
) -> None:
    """Apply the cuts on several products in order; ``mumu`` marks the decays of that class."""
    tracks = found.tracks
    counted = np.ones(len(tracks.row), dtype=np.bool_)
    if cuts.photon_separation_min is not None and cuts.photon_separation_at is not None:
        x, y = found.at(cuts.photon_separation_at)
        counted = merge_close(tracks.row, tracks.photon, x, y, cuts.photon_separation_min)
        flow.count("photon separation", tracks.row[counted])
    if cuts.require:
        flow.stage("required products", _has_required(cuts.require, flow, tracks, counted))
    _sums(cuts, flow, tracks)
    if cuts.impact_parameter_max is not None:
        flow.stage("impact parameter", _points_back(flow, tracks, vertex, cuts.impact_parameter_max))
    if cuts.opening_angle_min is not None:
        flow.stage("opening angle", _open(flow, tracks, counted, cuts.opening_angle_min))
    if cuts.separation_mumu_min is not None or cuts.separation_other_min is not None:
        apart = _apart(found, counted, mumu, cuts.separation_mumu_min, cuts.separation_mumu_at)
        apart &= _apart(found, counted, ~mumu, cuts.separation_other_min, cuts.separation_other_at)
        flow.stage("separation", apart)


def _has_required(
    wanted: Sequence[Requirement], flow: Flow, tracks: Tracks, counted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether each decay has the products of every requirement."""
    result = np.ones(len(flow), dtype=np.bool_)
    for need in wanted:
        mine = counted & tracks.of_kind(need.kind)
        result &= flow.number(tracks.row[mine]) >= need.count
        if need.opposite:
            for sign in (tracks.charge > 0.0, tracks.charge < 0.0):
                result &= flow.number(tracks.row[mine & sign]) >= 1
    return result


def _sums(cuts: Selection, flow: Flow, tracks: Tracks) -> None:
    """Cuts on the summed momentum."""
    if cuts.energy_sum_min is not None:
        flow.stage("pair energy", flow.sum(tracks, tracks.energy) >= cuts.energy_sum_min)
    if cuts.pair_mass_min is not None or cuts.pair_mass_max is not None:
        mass2 = flow.sum(tracks, tracks.energy) ** 2 - sum(
            flow.sum(tracks, p) ** 2 for p in (tracks.px, tracks.py, tracks.pz)
        )
        low, high = cuts.pair_mass_min or 0.0, cuts.pair_mass_max or np.inf
        flow.stage("pair mass", (np.maximum(mass2, 0.0) >= low**2) & (mass2 <= high**2))
    if cuts.calorimeter_energy_min is not None:
        energy = flow.sum(tracks, np.where(tracks.muon, 0.0, tracks.energy))
        flow.stage("calorimeter energy", energy >= cuts.calorimeter_energy_min)


def _points_back(flow: Flow, tracks: Tracks, vertex: NDArray[np.float64], cut: float) -> NDArray[np.bool_]:
    """Whether the summed momentum points back to the production point within ``cut`` (m)."""
    px, py, pz = (flow.sum(tracks, value) for value in (tracks.px, tracks.py, tracks.pz))
    x, y, z = vertex
    forward = pz > 0.0
    scale = z / np.where(forward, pz, 1.0)
    return np.asarray(forward & ((x - px * scale) ** 2 + (y - py * scale) ** 2 <= cut**2))


def _open(flow: Flow, tracks: Tracks, counted: NDArray[np.bool_], minimum: float) -> NDArray[np.bool_]:
    """Whether a pair of counted tracks opens by ``minimum`` (rad)."""
    some = tracks.take(np.flatnonzero(counted))
    momentum = np.stack([some.px, some.py, some.pz])
    size = np.sqrt((momentum**2).sum(axis=0))
    direction = momentum / np.where(size > 0.0, size, 1.0)
    chord = 2.0 * np.sin(0.5 * minimum)
    return any_pair_apart(some.row, (direction[0], direction[1], direction[2]), chord, len(flow))


def _apart(
    found: Found,
    counted: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    minimum: float | None,
    plane: Plane | None,
) -> NDArray[np.bool_]:
    """Whether a pair of counted tracks is ``minimum`` (m) apart in a plane; decays not chosen pass."""
    if minimum is None or plane is None:
        return np.ones(len(chosen), dtype=np.bool_)
    some = found.take(np.flatnonzero(counted & chosen[found.tracks.row]))
    return ~chosen | any_pair_apart(some.tracks.row, some.at(plane), minimum, len(chosen))
