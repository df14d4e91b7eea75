"""Planes in any orientation and fields: hand-made cases, rotated twins, and a particle moved in small steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkbeam.constants import TESLA_M_GEV
from darkbeam.experiments import Detector, DetectorPlane, Magnet, Section, accept
from darkbeam.experiments.flights import ForwardFlight, SpaceFlight
from darkbeam.experiments.geometry import rotation_matrix
from darkbeam.experiments.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.experiments import Experiment

    Toy = Callable[..., Experiment]

PLANES = (
    DetectorPlane(2, 26.0, (0.1, 0.0), section=Section(radius=1.6, hole_radius=0.1, x=0.1), kind="charged"),
    DetectorPlane(2, 30.0, section=Section(dx=3.0, dy=2.0)),
    DetectorPlane(2, 35.0, section=Section(dx=2.5, dy=2.4), kind="muon"),
    DetectorPlane(2, 33.0, (0.2, 0.1), section=Section(x=0.2, y=0.1, vertices=((-1, -1), (1, -1), (0, 2)))),
)
SIDEWAYS = (
    DetectorPlane(1, 4.0, (0.0, 18.0), section=Section(dx=6.0, dy=14.0, y=18.0)),
    DetectorPlane(0, -3.0, (0.0, 20.0), section=Section(radius=5.0, y=20.0), kind="charged"),
    DetectorPlane(2, 40.0, (0.5, 0.0), (20.0, -35.0, 10.0), Section(radius=6.0, x=0.5), "photon"),
)
MAGNETS = (
    Magnet(21.0, 22.5, 0.9, aperture=Section(dx=2.4, dy=2.2), followed=True),
    Magnet(27.0, 29.0, -0.6, axis="x", aperture=Section(radius=1.4), followed=True),
)


def with_detector(
    e: Experiment, planes: tuple[DetectorPlane, ...], magnets: tuple[Magnet, ...] = (), required: str = "all"
) -> Experiment:
    return replace(e, detector=Detector(False, True, planes, required), magnets=magnets)


def test_a_wall_beside_the_beam(toy: Toy) -> None:
    """From (0.5, 0, 15): p = (1, 0, 0) meets x = 3 at z = 15, p = (1, 0, 4) at z = 25, p = (1, 0, -4) at z = 5."""
    wall = {"x_m": 3.0, "section": "rectangle", "width_m": 1.0, "height_m": 20.5, "z_center_m": 15.0}
    e = toy(detector={"planes": [wall]}, selection={"required_products": 1})
    slopes = [
        (1, 0, 0),
        (1, 0, 4),
        (1, 0, -4),
        (1, 0, 4.2),
        (1, 0.19, 0),
        (1, 0.21, 0),
        (-1, 0, 0),
        (0, 0, 1),
    ]
    p = np.array(slopes, dtype=float).T
    p4 = np.concatenate([np.linalg.norm(p, axis=0)[None], p])[:, :, None]
    vertex = np.tile([[0.5], [0.0], [15.0]], (1, len(slopes)))
    result = accept(e, vertex, p4, np.full((len(slopes), 1), 22), np.full(len(slopes), 3))
    assert (result.weight > 0).tolist() == [True, True, True, False, True, False, False, False]


def test_a_tilted_plane_by_hand(toy: Toy) -> None:
    """A strip 2 m high turned by 60 degrees about x reaches from y = -0.5 to 0.5 m, and from z = 29.1 to 30.9 m."""
    strip = {
        "z_m": 30.0,
        "section": "rectangle",
        "width_m": 2.0,
        "height_m": 2.0,
        "tilt_deg": [60.0, 0.0, 0.0],
    }
    plane = toy(detector={"planes": [strip]}).detector.planes[0]
    outline = plane.outline()
    np.testing.assert_allclose(np.abs(outline[1]), 0.5, rtol=1e-12)
    np.testing.assert_allclose(outline[2] - 30.0, np.sqrt(3.0) * outline[1], rtol=1e-12)
    assert plane.distance == pytest.approx(15.0)
    np.testing.assert_allclose(plane.coordinates(outline)[1], [-1, -1, 1, 1], rtol=1e-12)


def test_kinds_and_any(toy: Toy) -> None:
    near, far = ({"z_m": z, "section": "circle", "radius_m": 1.0} for z in (25.0, 30.0))
    pair = np.array([[[1.0, 1.0]], [[0.0, 0.0]], [[0.0, 0.0]], [[1.0, 1.0]]])
    vertex = np.array([[0.0], [0.0], [12.0]])

    def passes(ids: tuple[int, int], required: str, *planes: dict[str, Any]) -> bool:
        e = toy(detector={"planes": list(planes), "required": required})
        return bool(accept(e, vertex, pair, np.array([ids]), ["hadrons"]).weight[0] > 0.0)

    assert passes((211, 211), "all", near | {"for": "charged"})
    assert not passes((22, 22), "all", near | {"for": "charged"})
    assert passes((22, 22), "all", near | {"for": "charged"}, far | {"for": "photon"})
    assert passes((130, 22), "all", near | {"for": "other"})
    assert not passes((130, 13), "all", near | {"for": "other"})
    aside = far | {"x_center_m": 3.0}
    assert not passes((211, 22), "all", near, aside)
    assert passes((211, 22), "any", near, aside)


def test_space_and_forward_flight_agree(toy: Toy, toy_decays: Any) -> None:
    vertex, p4, pdg, _ = toy_decays(3000, np.random.default_rng(2), products=2)
    tracks = Tracks.pick(p4, pdg, np.flatnonzero((pdg != 12) & (pdg != 0)))
    forward, space = (way.of(tracks, vertex, MAGNETS) for way in (ForwardFlight, SpaceFlight))
    for plane in PLANES:
        hits = forward.hits(plane)
        np.testing.assert_array_equal(hits, space.hits(plane))
        assert 100 < hits.sum() < 0.9 * len(hits)
        for a, b in zip(forward.at(plane), space.at(plane), strict=True):
            np.testing.assert_allclose(a[hits], b[hits], rtol=1e-9, atol=1e-9)


def shuffle(plane: DetectorPlane, times: int) -> DetectorPlane:
    """Rotated plane of (x, y, z) -> (z, x, y), once or twice; the second has its coordinates in the other order."""
    s = plane.section
    if times == 1:
        return replace(plane, axis=0)
    swapped = replace(s, dx=s.dy, dy=s.dx, x=s.y, y=s.x, vertices=tuple((v, u) for u, v in s.vertices))
    return replace(plane, axis=1, centre=plane.centre[::-1], section=swapped)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("required", ["all", "any"])
def test_turning_experiment_and_decays_by_right_angles(
    toy: Toy, toy_decays: Any, times: int, required: str
) -> None:
    vertex, p4, pdg, kind = toy_decays(3000, np.random.default_rng(3))
    plain = with_detector(toy(), PLANES, required=required)
    turned = with_detector(toy(), tuple(shuffle(plane, times) for plane in PLANES), required=required)
    order = np.roll([0, 1, 2], times)
    before = accept(plain, vertex, p4, pdg, kind)
    after = accept(turned, vertex[order], p4[[0, *(1 + order)]], pdg, kind)
    np.testing.assert_array_equal(before.weight, after.weight)
    assert 100 < np.count_nonzero(before.weight) < 2900


angle = st.floats(-80.0, 80.0)


@settings(max_examples=15, deadline=None)
@given(st.tuples(angle, angle, angle))
def test_turning_experiment_and_decays_by_any_angles(
    toy: Toy, toy_decays: Any, tilt: tuple[float, float, float]
) -> None:
    rotation = rotation_matrix(tilt)
    turned = []
    for plane in PLANES:
        pivot, s = rotation @ plane.pivot, plane.section
        centre = (float(pivot[0]), float(pivot[1]))
        section = replace(s, x=s.x + centre[0] - plane.centre[0], y=s.y + centre[1] - plane.centre[1])
        turned.append(replace(plane, position=float(pivot[2]), centre=centre, tilt=tilt, section=section))
    vertex, p4, pdg, kind = toy_decays(800, np.random.default_rng(4))
    before = accept(with_detector(toy(), PLANES), vertex, p4, pdg, kind)
    momentum = np.einsum("ij,jnk->ink", rotation, p4[1:])
    moved = np.concatenate([p4[:1], momentum])
    after = accept(with_detector(toy(), tuple(turned)), rotation @ vertex, moved, pdg, kind)
    np.testing.assert_array_equal(before.weight, after.weight)


def test_turning_the_field_with_everything_else(toy: Toy, toy_decays: Any) -> None:
    """By 90 degrees about z: (x, y) -> (-y, x); a field along y becomes one along -x."""

    def quarter(s: Section) -> Section:
        return replace(s, dx=s.dy, dy=s.dx, x=-s.y, y=s.x, vertices=tuple((-v, u) for u, v in s.vertices))

    planes = tuple(replace(plane, section=quarter(plane.section)) for plane in PLANES)
    magnets = tuple(
        replace(m, axis="x" if m.axis == "y" else "y", field=-m.field if m.axis == "y" else m.field,
                aperture=m.aperture and quarter(m.aperture))
        for m in MAGNETS
    )  # fmt: skip
    r, p4, pdg, kind = toy_decays(3000, np.random.default_rng(5), spread=0.03)
    before = accept(with_detector(toy(), PLANES, MAGNETS), r, p4, pdg, kind)
    turned = np.stack([p4[0], -p4[2], p4[1], p4[3]])
    after = accept(with_detector(toy(), planes, magnets), np.stack([-r[1], r[0], r[2]]), turned, pdg, kind)
    np.testing.assert_array_equal(before.weight, after.weight)
    assert 100 < np.count_nonzero(before.weight) < 2900


# ---------------------------------------------------------------- the slow twin: small steps


def push(
    r: np.ndarray, p: np.ndarray, charge: np.ndarray, h: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of length h (m): points (3, m), momenta (3, m), and who hits a yoke.

    The momentum turns half a step before and half a step behind the straight motion.
    """

    def field(at: np.ndarray) -> np.ndarray:
        b = np.zeros_like(at)
        for m in MAGNETS:
            b["xy".index(m.axis)] += np.where((at[2] > m.z_min) & (at[2] < m.z_max), m.field, 0.0)
        return b

    def turn(p: np.ndarray, at: np.ndarray, length: float) -> np.ndarray:
        size = np.linalg.norm(p, axis=0)
        t = np.cross(p, field(at), axis=0) * (TESLA_M_GEV * charge * length / size)
        turned = p + t
        return turned * size / np.linalg.norm(turned, axis=0)

    step = p / np.linalg.norm(p, axis=0)
    middle = r + 0.5 * h * step
    p = turn(p, middle, h)
    moved = middle + 0.5 * h * p / np.linalg.norm(p, axis=0)
    lost = np.zeros(r.shape[1], dtype=bool)
    for m in MAGNETS:
        assert m.aperture is not None
        inside = (moved[2] > m.z_min) & (moved[2] < m.z_max)
        lost |= inside & ~m.aperture.contains(moved[0], moved[1])
    return moved, p, lost


def walk(
    r: np.ndarray, p: np.ndarray, charge: np.ndarray, planes: tuple[DetectorPlane, ...], h: float = 0.015
) -> list[np.ndarray]:
    """Coordinates (2, m) at which each plane is first crossed outwards before the track is lost; NaN for never."""
    found = [np.full((2, r.shape[1]), np.nan) for _ in planes]
    alive = np.ones(r.shape[1], dtype=bool)
    for _ in range(int(45.0 / h)):
        moved, p, lost = push(r, p, charge, h)
        alive &= ~lost
        for plane, uv in zip(planes, found, strict=True):
            before, after = (plane.normal @ x - plane.distance for x in (r, moved))
            new = alive & (before < 0.0) & (after >= 0.0) & np.isnan(uv[0])
            part = np.where(new, before / np.where(new, before - after, 1.0), 0.0)
            u, v = plane.coordinates(r + part * (moved - r))
            uv[0, new], uv[1, new] = u[new], v[new]
        r = moved
    return found


def test_flights_agree_with_small_steps() -> None:
    """Any direction, two fields with yokes, walls at the side, in front of, between and behind the fields."""
    rng = np.random.default_rng(6)
    n = 300
    r = np.stack([*rng.uniform(-0.8, 0.8, (2, n)), rng.uniform(10.0, 20.0, n)])
    size = np.exp(rng.uniform(np.log(0.4), np.log(20.0), n))
    axis = np.stack([*rng.normal(0.0, 0.15, (2, n)), np.ones(n)])
    axis[:, : n // 4] = rng.normal(size=(3, n // 4))
    p = size * axis / np.linalg.norm(axis, axis=0)
    pdg = rng.choice([211, -211, 22], n)
    tracks = Tracks(np.arange(n), pdg, size, *p)
    between = DetectorPlane(2, 25.0, (0.0, 0.0), (30.0, 0.0, 0.0), Section(dx=3.0, dy=3.0))
    planes = (*SIDEWAYS, *PLANES[:2], between)
    flight = SpaceFlight.of(tracks, r, MAGNETS)
    slow = walk(r, p, tracks.charge, planes)
    for plane, uv in zip(planes, slow, strict=True):
        fast = np.stack(flight.at(plane))
        both = np.isfinite(fast[0]) & np.isfinite(uv[0]) & (np.abs(uv) < 20.0).all(axis=0)
        assert both.sum() > 15
        np.testing.assert_allclose(fast[:, both], uv[:, both], rtol=0.03, atol=0.05)
        near = (np.abs(fast) < 10.0).all(axis=0) | (np.abs(uv) < 10.0).all(axis=0)
        assert np.count_nonzero(near & (np.isfinite(fast[0]) != np.isfinite(uv[0]))) <= 3
