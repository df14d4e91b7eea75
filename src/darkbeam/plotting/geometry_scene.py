"""What a geometry figure shows, as points in space: volume, planes, magnets, and an example event.

The event is an illustration, not a prediction: dark photons of one mass with Lorentz factors spread evenly in their
logarithm between 3 and 3000 fly towards the volume in random directions, and decay anywhere on their path inside; among
the decays that pass the selection of the experiment, one whose products are well apart is shown.
Charged products are followed through the fields as the selection follows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.experiments import CHANNEL_CLASSES, Aim, accept
from darkbeam.experiments.magnet import bend_along
from darkbeam.kinematics import boost_from_rest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from darkbeam.experiments import Experiment, Magnet
    from darkbeam.experiments.geometry import Leaf
    from darkbeam.models import VectorModel

    Array = NDArray[np.float64]

__all__ = ["Event", "Scene", "Track", "example_event", "scene_of", "track_path"]

_TRIALS = 4000
_COMPARED = 150
_GAMMA = (3.0, 3000.0)
_MOST_PRODUCTS = 4
_ARC = 16
_NEUTRINOS = (12, 14, 16)
_CHARGE = {11: -1, 13: -1, 211: 1, 321: 1, 2212: 1, 3112: -1, 3222: 1, 3312: -1, 3334: -1}


@dataclass(frozen=True)
class Track:
    """Path of one product: PDG id and points (3, k), m."""

    pdg: int
    path: Array


@dataclass(frozen=True)
class Event:
    """A decay: mass and energy of the dark photon in GeV, its channel and vertex (3,), and the products."""

    mass: float
    energy: float
    channel: str
    vertex: Array
    tracks: tuple[Track, ...]
    accepted: bool


@dataclass(frozen=True)
class Scene:
    """Everything to draw, in metres from the production point.

    Attributes
    ----------
    name, title : str
    leaves : tuple of Leaf
        Pieces of the decay volume.
    planes : tuple of (label, points (3, k))
        Edges of the detector planes.
    holes : tuple of arrays, shape (3, k)
        Edges of the holes in the planes.
    magnets : tuple of arrays, shape (3, 8)
        Corners of the fields; the first four upstream.
    event : Event or None
    """

    name: str
    title: str
    leaves: tuple[Leaf, ...]
    planes: tuple[tuple[str, Array], ...]
    holes: tuple[Array, ...]
    magnets: tuple[Array, ...]
    event: Event | None = None

    def box(self) -> Array:
        """Extent of volume, planes and magnets, shape (3, 2), m."""
        points = [leaf.points for leaf in self.leaves] + [p for _, p in self.planes] + list(self.magnets)
        together = np.concatenate(points, axis=1)
        return np.stack([together.min(axis=1), together.max(axis=1)], axis=1)


def scene_of(experiment: Experiment, event: Event | None = None) -> Scene:
    """Collect what is drawn of an experiment."""
    leaves = experiment.decay_volume.leaves()
    planes: dict[str, Array] = {}
    for number, plane in enumerate(experiment.detector.planes):
        points = plane.outline()
        same = [old for old, p in planes.items() if p.shape == points.shape and np.allclose(p, points)]
        kind = "" if plane.kind == "all" else plane.kind
        if not same:
            planes[f"plane {number + 1}" + (f" ({kind})" if kind else "")] = points
        elif kind and f"({kind})" not in same[0]:
            planes[same[0].replace(")", f", {kind})")] = planes.pop(same[0])
    rings = tuple(
        plane.points(replace(plane.section, radius=plane.section.hole_radius).outline())
        for plane in experiment.detector.planes
        if plane.section.hole_radius
    )
    bare = Scene(experiment.name, experiment.title, leaves, tuple(planes.items()), rings, ())
    magnets = tuple(_field_box(m, bare.box()) for m in experiment.magnets if m.enabled)
    return replace(bare, magnets=magnets, event=event)


def _field_box(magnet: Magnet, around: Array) -> Array:
    """Corners of a field: its aperture, or the width of everything else where it has none."""
    if magnet.aperture is not None:
        u, v = magnet.aperture.outline()
        (x0, x1), (y0, y1) = (u.min(), u.max()), (v.min(), v.max())
    else:
        (x0, x1), (y0, y1) = around[0], around[1]
    square = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return np.array([(x, y, z) for z in (magnet.z_min, magnet.z_max) for x, y in square]).T


def example_event(
    experiment: Experiment, model: VectorModel, mass: float, rng: np.random.Generator
) -> Event | None:
    """Pick a decay that the experiment sees; one that it does not see if there is none; None without a channel.

    Parameters
    ----------
    experiment : Experiment
    model : VectorModel
    mass : float
        GeV.
    rng : numpy.random.Generator
    """
    from darkbeam.decays import final_state_class, sample_rest  # slow to import

    branching = model.branching(mass)
    counted = [
        c for c, b in branching.items() if float(b) > 0.0 and final_state_class(c) in experiment.final_states
    ]
    if not counted:
        return None
    decays = sample_rest(model, mass, _TRIALS, rng, counted)
    few = np.flatnonzero(np.count_nonzero(decays.pdg, axis=1) <= _MOST_PRODUCTS)
    decays = decays.take(few if few.size else np.arange(len(decays)))
    vertex, direction = _vertices(experiment, len(decays), rng)
    decays = decays.take(np.arange(vertex.shape[1]))
    gamma = np.exp(rng.uniform(np.log(_GAMMA[0]), np.log(_GAMMA[1]), len(decays)))
    parent = mass * np.concatenate([gamma[None], np.sqrt(gamma * gamma - 1.0) * direction])
    p4 = boost_from_rest(decays.p4, parent[:, :, None], mass)
    classes = [final_state_class(name) for name in decays.names]
    classes = [c if c in CHANNEL_CLASSES else CHANNEL_CLASSES[-1] for c in classes]
    passed = accept(experiment, vertex, p4, decays.pdg, decays.channel, classes).weight > 0.0
    candidates = np.flatnonzero(passed if passed.any() else np.ones_like(passed))[:_COMPARED]
    tracks = [_tracks(experiment, vertex[:, i], p4[1:, i], decays.pdg[i]) for i in candidates.tolist()]
    best = _clearest(tracks)
    chosen = int(candidates[best])
    name = decays.names[decays.channel[chosen]]
    energy = float(parent[0, chosen])
    return Event(mass, energy, name, vertex[:, chosen], tracks[best], bool(passed[chosen]))


def _tracks(
    experiment: Experiment, vertex: Array, momenta: Array, pdg: NDArray[np.int64]
) -> tuple[Track, ...]:
    """Paths of the visible products of one decay: vertex (3,), momenta (3, k), PDG ids (k,)."""
    return tuple(
        Track(code, track_path(experiment, vertex, momenta[:, k], code))
        for k, code in enumerate(pdg.tolist())
        if code != 0 and abs(code) not in _NEUTRINOS
    )


def _vertices(experiment: Experiment, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Up to n points on aimed rays inside the volume, evenly along the path, and the directions."""
    solid = experiment.decay_volume
    low, high = solid.angular_window()
    theta = low + (high - low) * rng.random(4 * n)
    phi, share = Aim(solid).sample(theta, rng.random(4 * n))
    d = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
    enter, leave = solid.chord(d)
    length = np.sum(leave - enter, axis=0)
    hit = np.flatnonzero((length > 0.0) & (share > 0.0))[:n]
    piece = np.argmax(leave[:, hit] - enter[:, hit], axis=0)
    first, last = enter[piece, hit], leave[piece, hit]
    return d[:, hit] * (first + (last - first) * rng.random(hit.size)), d[:, hit]


def _clearest(events: list[tuple[Track, ...]]) -> int:
    """Event whose tracks end far from each other: the 85th percentile, clear but no freak."""
    apart = []
    for tracks in events:
        ends = np.array([track.path[:, -1] for track in tracks]).reshape(-1, 3)
        between = ends[:, None] - ends[None]
        apart.append(float(np.sqrt(np.max(np.sum(between**2, axis=2), initial=0.0))))
    return int(np.argsort(apart, kind="stable")[int(0.85 * (len(apart) - 1))])


def track_path(experiment: Experiment, vertex: Array, momentum: Array, pdg: int) -> Array:
    """Points (3, k) from the vertex to the last plane that the product crosses, with the arcs in the fields."""
    charge = float(np.sign(pdg) * _CHARGE.get(abs(pdg), 0))
    points, at, p = [vertex], vertex, momentum
    for magnet in (m for m in experiment.magnets if m.enabled):
        if p[2] <= 0.0 or at[2] >= magnet.z_max or charge == 0.0:
            continue
        at = at + p * (max(magnet.z_min - at[2], 0.0) / p[2])
        points.append(at)
        steps = (magnet.z_max - at[2]) * np.arange(1, _ARC + 1) / _ARC
        column = (np.full(_ARC, p[0]), np.full(_ARC, p[1]), np.full(_ARC, p[2]))
        bent = bend_along(magnet.axis, column, np.full(_ARC, charge), magnet.field, steps)
        inside = np.flatnonzero(~bent.lost)
        points += [at + np.array([bent.dx[k], bent.dy[k], steps[k]]) for k in inside]
        if inside.size < _ARC:
            return np.array(points).T
        at, p = points[-1], np.array([bent.px[-1], bent.py[-1], bent.pz[-1]])
    points.append(at + p / np.sqrt(np.sum(p * p)) * _reach(experiment, at, p))
    return np.array(points).T


def _reach(experiment: Experiment, at: Array, p: Array) -> float:
    """How far a straight track is drawn, m: to the last plane that it crosses, or out of the volume."""
    unit = p / np.sqrt(np.sum(p * p))
    inside: list[float] = []
    outside: list[float] = []
    for plane in experiment.detector.planes:
        towards = float(np.sum(plane.normal * unit))
        ahead = plane.distance - float(np.sum(plane.normal * at))
        if towards > 0.05 and ahead > 0.0:
            point = at + unit * (ahead / towards)
            hit = plane.section.contains(*plane.coordinates(point[:, None]))[0]
            (inside if hit else outside).append(float(ahead / towards))
    if inside or outside:
        return max(inside or outside)
    leave = experiment.decay_volume.chord(unit[:, None], at).exit
    return max(float(np.max(leave)), 0.1)
