"""Chords, volumes and angular windows of the solids."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.experiments.geometry import Aim, AnnularCylinder, Box, Cylinder, Frustum, Solid

SOLIDS = {
    "box on axis": Box(404.0, 1.85, 3.6, 2.5),
    "box off axis": Box(480.0, 35.0, 3.0, 3.0, x=5.0),
    "box near": Box(7.0, 5.0, 2.0, 2.0, x=0.3, y=-0.4),
    "frustum": Frustum(32.0, 50.0, 1.0, 2.7, 4.0, 6.2),
    "frustum off axis": Frustum(10.0, 20.0, 1.0, 2.0, 3.0, 2.5, x=-2.0, y=1.5),
    "frustum closing": Frustum(10.0, 20.0, 3.0, 4.0, 1.0, 1.0, x=2.2),
    "cylinder": Cylinder(64.0, 23.0, 1.3),
    "cylinder off axis": Cylinder(20.0, 15.0, 1.0, x=2.0, y=-1.0),
    "annulus": AnnularCylinder(79.0, 78.0, 1.0, 0.0, 0.022, 0.08),
    "annulus wide": AnnularCylinder(10.0, 8.0, 1.0, 0.2, 0.1, 0.5),
    "annulus off axis": AnnularCylinder(10.0, 8.0, 1.0, 2.0, 0.1, 0.5),
}
every_solid = pytest.mark.parametrize("solid", SOLIDS.values(), ids=SOLIDS.keys())


def direction(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    return np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])


def points_around(solid: Solid, n: int, rng: np.random.Generator, half: float = 3.5) -> np.ndarray:
    """Points in a box that contains the solid, a third of them on each end."""
    z = np.concatenate(
        [
            rng.uniform(solid.z_min, solid.z_max, n - 2 * (n // 3)),
            np.repeat([solid.z_min, solid.z_max], n // 3),
        ]
    )
    return np.stack([solid.x + rng.uniform(-half, half, n), solid.y + rng.uniform(-half, half, n), z])


def rays_towards(solid: Solid, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rays of every kind, from the production point and from around, most of them through the solid."""
    target = points_around(solid, n, rng, half=1.2)
    origin = points_around(solid, n, rng) - np.array([[0.0], [0.0], [3.0]])
    origin[:, rng.random(n) < 0.5] = 0.0
    d = target - origin
    return d / np.linalg.norm(d, axis=0), origin


@every_solid
def test_chord_agrees_with_marching_along_the_ray(solid: Solid) -> None:
    d, origin = rays_towards(solid, 200, np.random.default_rng(1))
    length = solid.chord(d, origin).length
    reach, steps = 1.1 * solid.z_max + 10.0, 4000
    t = (np.arange(steps) + 0.5) * (reach / steps)
    points = origin[:, :, None] + d[:, :, None] * t
    marched = solid.contains(points.reshape(3, -1)).reshape(200, steps).sum(axis=1) * (reach / steps)
    assert np.count_nonzero(length) > 50
    np.testing.assert_allclose(length, marched, atol=4.1 * reach / steps)


@every_solid
def test_ends_of_the_segments_are_the_surface(solid: Solid) -> None:
    d, origin = rays_towards(solid, 2000, np.random.default_rng(2))
    found = solid.chord(d, origin)
    assert found.enter.shape == found.exit.shape == (2 if isinstance(solid, AnnularCylinder) else 1, 2000)
    assert np.all(found.exit >= found.enter)
    assert np.all(found.enter >= 0.0)
    for enter, leave in zip(found.enter, found.exit, strict=True):
        long = leave - enter > 1e-3
        assert np.all(enter[leave == enter] == 0.0)
        for t in (0.5 * (enter + leave), enter + 1e-6, leave - 1e-6):
            assert np.all(solid.contains(origin + d * t)[long])
        assert not np.any(solid.contains(origin + d * (leave + 1e-6))[long])
        assert not np.any(solid.contains(origin + d * (enter - 1e-6))[long & (enter > 1e-5)])


@every_solid
def test_volume_from_chords_seen_from_the_origin(solid: Solid) -> None:
    """V = int dOmega (exit^3 - enter^3) / 3, sampled with the aimed azimuths."""
    n, m = 500, 400
    low, high = solid.angular_window()
    theta = np.repeat(low + (high - low) * (np.arange(n) + 0.5) / n, m)
    phi, share = Aim(solid).sample(theta, np.tile((np.arange(m) + 0.5) / m, n))
    found = solid.chord(direction(theta, phi))
    cubes = np.sum(found.exit**3 - found.enter**3, axis=0) / 3.0
    volume = 2.0 * np.pi * np.mean(cubes * share * np.sin(theta)) * (high - low)
    assert volume == pytest.approx(solid.volume, rel=5e-3)


@every_solid
def test_volume_from_parallel_chords(solid: Solid) -> None:
    """V = int chord d(area) over a plane; rays along z and tilted ones."""
    n = 400
    for tilt in (0.0, 0.7):
        axis = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
        across = np.array([np.cos(tilt), 0.0, -np.sin(tilt)])
        middle = np.array([solid.x, solid.y, 0.5 * (solid.z_min + solid.z_max)]) - 300.0 * axis
        half = 0.5 * (solid.z_max - solid.z_min) * np.sin(tilt) + 6.0
        u, v = np.meshgrid(half * (2 * np.arange(n) + 1 - n) / n, 6.0 * (2 * np.arange(n) + 1 - n) / n)
        origin = (
            middle[:, None] + across[:, None] * u.ravel() + np.array([0.0, 1.0, 0.0])[:, None] * v.ravel()
        )
        length = solid.chord(np.repeat(axis[:, None], n * n, axis=1), origin).length
        assert length.sum() * (2 * half / n) * (12.0 / n) == pytest.approx(solid.volume, rel=2e-2)


@every_solid
def test_angular_window_contains_and_touches_the_solid(solid: Solid) -> None:
    rng = np.random.default_rng(3)
    points = points_around(solid, 200_000, rng)
    points = points[:, solid.contains(points)]
    theta = np.arctan2(np.hypot(points[0], points[1]), points[2])
    low, high = solid.angular_window()
    assert low - 1e-12 <= theta.min() < low + 0.05 * (high - low)
    assert high - 0.05 * (high - low) < theta.max() <= high + 1e-12


def test_chords_known_by_hand() -> None:
    along = np.array([[0.0], [0.0], [1.0]])
    box = Box(10.0, 5.0, 2.0, 2.0).chord(along)
    assert (box.enter[0, 0], box.exit[0, 0]) == (10.0, 15.0)
    # A 3-4-5 triangle: the ray leaves the box through the side x = 9 at z = 12.
    side = Box(8.0, 10.0, 18.0, 1.0).chord([[0.6], [0.0], [0.8]])
    np.testing.assert_allclose((side.enter[0, 0], side.exit[0, 0]), (10.0, 15.0), rtol=1e-15)
    # Across a cylinder of radius 3 at height 1.8: chord 2 sqrt(9 - 3.24) = 4.8.
    tube = Cylinder(1.0, 4.0, 3.0).chord([[1.0], [0.0], [0.0]], (-10.0, 1.8, 2.0))
    np.testing.assert_allclose((tube.enter[0, 0], tube.exit[0, 0]), (7.6, 12.4), rtol=1e-14)
    # The same ray through a hole of radius 1.95: 2 sqrt(1.95^2 - 1.8^2) = 1.5 is missing.
    ring = AnnularCylinder(1.0, 4.0, 3.0, 0.0, 0.0, 1.95).chord([[1.0], [0.0], [0.0]], (-10.0, 1.8, 2.0))
    np.testing.assert_allclose(ring.enter[:, 0], (7.6, 10.75), rtol=1e-14)
    np.testing.assert_allclose(ring.exit[:, 0], (9.25, 12.4), rtol=1e-14)
    # On the axis a beam pipe is empty.
    assert not np.any(AnnularCylinder(79.0, 78.0, 1.0, 0.0, 0.022, 0.08).chord(along).length)


@every_solid
def test_rays_parallel_to_faces_give_no_nan(solid: Solid) -> None:
    """Also the signed zeros; warnings are errors here."""
    d = np.array([[0.0, -0.0, 0.0, 1.0, -1.0], [0.0, 0.0, -0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, -0.0]])
    for origin in (
        (0.0, 0.0, 0.0),
        (50.0, 0.0, 0.0),
        (0.0, 0.0, solid.z_min),
        (0.0, 1000.0, solid.z_min + 0.1),
    ):
        found = solid.chord(d, origin)
        assert np.all(np.isfinite(found.enter))
        assert np.all(np.isfinite(found.exit))
    beside = solid.chord(d[:, :3], (50.0, 0.0, 0.0))
    assert not np.any(beside.length)


def test_backward_part_is_not_counted() -> None:
    box = Box(10.0, 5.0, 2.0, 2.0)
    backward = box.chord([[0.0], [0.0], [1.0]], (0.0, 0.0, 20.0))
    inside = box.chord([[0.0], [0.0], [1.0]], (0.0, 0.0, 12.0))
    assert backward.length[0] == 0.0
    assert (inside.enter[0, 0], inside.exit[0, 0]) == (0.0, 3.0)


def test_a_box_is_a_frustum_with_equal_faces() -> None:
    box, frustum = Box(7.0, 5.0, 2.0, 1.0, 0.3, 0.4), Frustum(7.0, 5.0, 2.0, 1.0, 2.0, 1.0, 0.3, 0.4)
    d, origin = rays_towards(box, 500, np.random.default_rng(4))
    np.testing.assert_array_equal(box.chord(d, origin).length, frustum.chord(d, origin).length)
    assert box.volume == pytest.approx(10.0)


def test_microradian_rays_keep_their_precision() -> None:
    """At 1e-9 rad the wall of the tube is 1e9 m away: the chord is the full length."""
    found = Cylinder(620.0, 10.0, 1.0).chord(direction(np.array([1e-9, 1e-6, 1.0 / 625.0]), np.zeros(3)))
    np.testing.assert_allclose(found.length[:2], 10.0, rtol=1e-12)
    assert found.length[2] == pytest.approx(
        (1.0 / np.tan(1.0 / 625.0) - 620.0) / np.cos(1.0 / 625.0), rel=1e-9
    )
