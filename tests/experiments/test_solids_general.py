"""Solids of every kind in any position: random solids and rays, chords, volumes, aiming."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from darkbeam.experiments.geometry import (
    Aim,
    AnnularCylinder,
    Box,
    Cone,
    Cylinder,
    Difference,
    Frustum,
    Placed,
    Polyhedron,
    Solid,
    Union,
    cone_shell,
    rotation_matrix,
)

Array = NDArray[np.float64]
quick = settings(max_examples=15, deadline=None, derandomize=True)


def placed(solid: Solid, degrees: tuple[float, float, float], shift: tuple[float, float, float]) -> Placed:
    return Placed(solid, tuple(map(tuple, rotation_matrix(degrees).tolist())), shift)


def octahedron(x: float, y: float, z: float, a: float) -> Polyhedron:
    tips = [(a, 0, 0), (-a, 0, 0), (0, a, 0), (0, -a, 0), (0, 0, a), (0, 0, -a)]
    return Polyhedron(tuple((x + u, y + v, z + w) for u, v, w in tips))


LYING = placed(Cylinder(-10.0, 20.0, 9.0), (90.0, 0.0, 0.0), (0.0, 33.0, 13.5))
SOLIDS: dict[str, Solid] = {
    "cone": Cone(10.0, 20.0, 0.5, 2.0, 0.3, -0.2),
    "cone with a tip": Cone(10.0, 20.0, 0.0, 3.0),
    "cone off axis, hollow": Cone(10.0, 20.0, 3.0, 1.0, 5.0, 1.0, 2.0, 0.4),
    "cone shell": cone_shell(20.0, 10.0, 0.1, 0.3),
    "octahedron": octahedron(2.0, 1.0, 12.0, 1.5),
    "octahedron behind": octahedron(2.0, 1.0, -12.0, 1.5),
    "tilted box": placed(Box(-5.0, 10.0, 2.0, 3.0), (20.0, 35.0, 10.0), (1.0, 4.0, 20.0)),
    "box across z = 0": placed(Box(-5.0, 10.0, 10.0, 10.0), (0.0, 0.0, 0.0), (31.0, -2.0, 2.0)),
    "MATHUSLA": Box(68.0, 40.0, 40.0, 15.0, 0.0, 87.5),
    "shaft": LYING,
    "shaft with gaps": Union(
        tuple(placed(Cylinder(-9.0, 18.0, 9.0), (90.0, 0.0, 0.0), (0.0, y, 13.5)) for y in (32.0, 51.0, 70.0))
    ),
    "tilted annulus": placed(
        AnnularCylinder(-5.0, 10.0, 3.0, 0, 0, 1.0), (15.0, 25.0, 0.0), (1.0, 0.5, 20.0)
    ),
    "overlapping union": Union((Box(10.0, 10.0, 2.0, 2.0), Cylinder(15.0, 10.0, 1.2, 0.5), Box(30, 2, 4, 4))),
    "union around the axis": Union((Box(10.0, 5.0, 2.0, 2.0, 3.0), Box(10.0, 5.0, 2.0, 2.0, -3.0, 1.0))),
    "box without a cone": Difference(
        Box(10.0, 10.0, 6.0, 6.0), (Cone(8.0, 20.0, 0.5, 2.0), Box(14, 1, 9, 1))
    ),
}
every_solid = pytest.mark.parametrize("solid", SOLIDS.values(), ids=SOLIDS.keys())


def direction(theta: Array, phi: Array) -> Array:
    return np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])


def box_around(solid: Solid) -> Array:
    return np.array([[-solid.extent(-e), solid.extent(e)] for e in np.eye(3)])


def rays_through(solid: Solid, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Rays from the production point and from anywhere around, aimed into the bounding box."""
    low, high = box_around(solid).T
    target = low[:, None] + (high - low)[:, None] * rng.random((3, n))
    origin = 0.5 * (low + high)[:, None] + 1.5 * np.max(high - low) * (rng.random((3, n)) - 0.5)
    origin[:, : n // 3] = 0.0
    d = target - origin
    return d / np.linalg.norm(d, axis=0), origin


def path_length(solid: Solid, d: Array, origin: Array, steps: int) -> tuple[Array, float]:
    """Path inside by points at equal distances; the slow twin of the chords."""
    bounds = box_around(solid)
    reach = float(np.max(np.abs(origin))) * 2.0 + float(np.max(np.abs(bounds))) * 2.0
    t = (np.arange(steps) + 0.5) * (reach / steps)
    points = origin[:, :, None] + d[:, :, None] * t
    inside = solid.contains(points.reshape(3, -1)).reshape(d.shape[1], steps)
    return inside.sum(axis=1) * (reach / steps), reach / steps


@every_solid
def test_chord_is_the_path_found_by_marching(solid: Solid) -> None:
    d, origin = rays_through(solid, 100, np.random.default_rng(1))
    found = solid.chord(d, origin)
    marched, step = path_length(solid, d, origin, 2500)
    assert np.count_nonzero(found.length) > 25
    np.testing.assert_allclose(found.length, marched, atol=2.1 * step * found.enter.shape[0])


@every_solid
def test_pieces_are_disjoint_ordered_and_end_on_the_surface(solid: Solid) -> None:
    d, origin = rays_through(solid, 600, np.random.default_rng(2))
    enter, leave = solid.chord(d, origin)
    used = leave > enter
    assert np.all(enter >= 0.0)
    assert not np.any(enter[~used])
    assert not np.any(leave[~used])
    for k in range(1, enter.shape[0]):
        before = used[k] & used[k - 1]
        assert np.all(enter[k][before] >= leave[k - 1][before])
    for a, b in zip(enter, leave, strict=True):
        long = b - a > 1e-3
        for t in (a + 1e-6, 0.5 * (a + b), b - 1e-6):
            assert np.all(solid.contains(origin + d * t)[long])
        assert not np.any(solid.contains(origin + d * (b + 1e-6))[long])
        assert not np.any(solid.contains(origin + d * (a - 1e-6))[long & (a > 1e-5)])


@every_solid
def test_volume_from_aimed_chords_is_the_volume(solid: Solid) -> None:
    """V = int dOmega sum (exit^3 - enter^3) / 3 over the directions that the aim returns."""
    n, m = 256, 256
    low, high = solid.angular_window()
    theta = np.repeat(low + (high - low) * (np.arange(n) + 0.5) / n, m)
    phi, share = Aim(solid).sample(theta, np.tile((np.arange(m) + 0.5) / m, n))
    enter, leave = solid.chord(direction(theta, phi))
    cubes = np.sum(leave**3 - enter**3, axis=0) / 3.0
    volume = 2.0 * np.pi * np.mean(cubes * share * np.sin(theta)) * (high - low)
    assert volume == pytest.approx(solid.volume, rel=5e-3)


@every_solid
def test_window_touches_the_solid_and_aim_leaves_nothing_out(solid: Solid) -> None:
    rng = np.random.default_rng(3)
    low, high = solid.angular_window()
    bounds = box_around(solid)
    points = bounds[:, :1] + (bounds[:, 1:] - bounds[:, :1]) * rng.random((3, 60_000))
    points = points[:, solid.contains(points)]
    theta = np.arctan2(np.hypot(points[0], points[1]), points[2])
    phi = np.arctan2(points[1], points[0])
    assert low - 1e-12 <= theta.min()
    assert isinstance(solid, Difference) or theta.min() < low + 0.1 * (high - low)
    assert high - 0.1 * (high - low) < theta.max() <= high + 1e-12
    assert np.all(Aim(solid).covers(theta, phi))


@every_solid
def test_aimed_yield_equals_uniform_azimuths(solid: Solid) -> None:
    rng = np.random.default_rng(4)
    low, high = solid.angular_window()
    n = 30_000
    theta = low + (high - low) * rng.random(n)
    weight = np.exp(-2.0 * (theta - low) / (high - low))
    phi, share = Aim(solid).sample(theta, rng.random(n))
    aimed = weight * share * solid.chord(direction(theta, phi)).length
    plain = weight * solid.chord(direction(theta, rng.uniform(0.0, 2.0 * np.pi, n))).length
    assert abs(aimed.mean() - plain.mean()) < 3.5 * np.hypot(aimed.std(), plain.std()) / np.sqrt(n)
    assert aimed.std() < 1.02 * plain.std()


@pytest.mark.parametrize("name", ["MATHUSLA", "shaft", "box across z = 0", "tilted box", "shaft with gaps"])
def test_sideways_volumes_are_hit_by_nearly_every_aimed_ray(name: str) -> None:
    rng = np.random.default_rng(5)
    theta = rng.uniform(*SOLIDS[name].angular_window(), 40_000)
    phi, share = Aim(SOLIDS[name]).sample(theta, rng.random(theta.size))
    hit = SOLIDS[name].chord(direction(theta, phi)).length > 0.0
    assert (hit * share).sum() / share.sum() > 0.9
    assert share.mean() < 0.35


def test_volume_around_both_poles_is_seen_everywhere() -> None:
    """The production point lies in the hull of the annulus: every direction must stay open."""
    ring = placed(AnnularCylinder(-2.0, 4.0, 3.0, 0, 0, 2.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert ring.angular_window() == (0.0, np.pi)
    _, share = Aim(ring).sample([0.1, 1.5, 3.0], [0.2, 0.5, 0.9])
    np.testing.assert_array_equal(share, 1.0)


# ------------------------------------------------------------------------------------------ known by hand


def test_chords_and_volumes_known_by_hand() -> None:
    along = np.array([[0.0], [0.0], [1.0]])
    # r = z / 2 from z = 2 to 4: pi / 3 * 2 * (1 + 2 + 4)
    cone = Cone(2.0, 2.0, 1.0, 2.0)
    assert cone.volume == pytest.approx(14.0 * np.pi / 3.0, rel=1e-15)
    # Across at z = 3 the radius is 1.5; at a height of 0.9 the chord is 2 sqrt(2.25 - 0.81) = 2.4.
    side = cone.chord([[1.0], [0.0], [0.0]], (-10.0, 0.9, 3.0))
    np.testing.assert_allclose((side.enter[0, 0], side.exit[0, 0]), (8.8, 11.2), rtol=1e-14)
    # Along z at x = 1.25 the ray enters through the wall at z = 2.5.
    inside = cone.chord(along, (1.25, 0.0, 0.0))
    np.testing.assert_allclose((inside.enter[0, 0], inside.exit[0, 0]), (2.5, 4.0), rtol=1e-14)
    # A regular octahedron: 4 a^3 / 3, and 2 a through the middle.
    solid = octahedron(0.0, 0.0, 10.0, 3.0)
    assert solid.volume == pytest.approx(36.0, rel=1e-12)
    assert solid.chord(along).length[0] == pytest.approx(6.0, rel=1e-14)
    # Two boxes with a gap of 3 m and one that bridges half of it.
    gap = Union((Box(10.0, 2.0, 2.0, 2.0), Box(15.0, 2.0, 2.0, 2.0), Box(11.0, 2.5, 1.0, 1.0))).chord(along)
    np.testing.assert_allclose(gap.enter[:, 0], (10.0, 15.0, 0.0))
    np.testing.assert_allclose(gap.exit[:, 0], (13.5, 17.0, 0.0))
    # A slab cut out of a box.
    cut = Difference(Box(10.0, 10.0, 2.0, 2.0), (Box(12.0, 1.0, 9.0, 9.0), Box(12.5, 2.0, 9.0, 9.0)))
    found = cut.chord(along)
    np.testing.assert_allclose(found.enter[:2, 0], (10.0, 14.5))
    np.testing.assert_allclose(found.exit[:2, 0], (12.0, 20.0))
    assert cut.volume == pytest.approx(30.0, rel=1e-12)


def test_overlap_is_counted_once_and_disjoint_parts_are_exact() -> None:
    apart = Union((Box(10.0, 2.0, 2.0, 2.0), Cylinder(15.0, 2.0, 1.0)))
    assert apart.volume == pytest.approx(8.0 + 2.0 * np.pi, rel=1e-14)
    assert apart.volume_error == 0.0
    # Two crossed cylinders of radius 1 share 16 / 3 (Steinmetz).
    lying = placed(Cylinder(-3.0, 6.0, 1.0), (90.0, 0.0, 0.0), (0.0, 0.0, 13.0))
    crossed = Union((Cylinder(10.0, 6.0, 1.0), lying))
    expected = 12.0 * np.pi - 16.0 / 3.0
    assert crossed.volume == pytest.approx(expected, rel=1e-3)
    assert abs(crossed.volume - expected) < 5.0 * crossed.volume_error + 1e-6


# ------------------------------------------------------------------------------------------ random solids

angle = st.floats(-180.0, 180.0)
size = st.floats(0.5, 5.0)
place = st.tuples(st.floats(-8.0, 8.0), st.floats(-8.0, 8.0), st.floats(12.0, 30.0))
turn = st.tuples(angle, angle, angle)


@st.composite
def local_solids(draw: st.DrawFn) -> Solid:
    """Random solid around the origin of its own frame."""
    kind = draw(st.sampled_from(["box", "cylinder", "annulus", "frustum", "cone", "hollow cone", "hull"]))
    a, b, c, length = (draw(size) for _ in range(4))
    low = -0.5 * length
    if kind == "box":
        return Box(low, length, a, b)
    if kind == "frustum":
        return Frustum(low, length, a, b, c, draw(size))
    if kind == "cylinder":
        return Cylinder(low, length, a)
    if kind == "annulus":
        return AnnularCylinder(low, length, a, 0.0, 0.0, 0.6 * a)
    if kind == "cone":
        return Cone(low, length, draw(st.sampled_from([0.0, c])), a)
    if kind == "hollow cone":
        return Cone(low, length, a, b, 0.0, 0.0, 0.5 * a, 0.7 * b)
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return Polyhedron(tuple(map(tuple, rng.uniform(-a, a, (10, 3)).tolist())))


@st.composite
def solids(draw: st.DrawFn) -> Solid:
    """Random solid anywhere, perhaps a union or difference."""
    parts = [placed(draw(local_solids()), draw(turn), draw(place)) for _ in range(draw(st.integers(1, 3)))]
    if len(parts) == 1:
        return parts[0]
    return Union(tuple(parts)) if draw(st.booleans()) else Difference(parts[0], tuple(parts[1:]))


@quick
@given(solids(), st.integers(0, 2**31))
def test_random_chords_equal_monte_carlo_paths(solid: Solid, seed: int) -> None:
    """Points thrown along each ray: the share inside, times the range, is the chord."""
    rng = np.random.default_rng(seed)
    d, origin = rays_through(solid, 20, rng)
    chord = solid.chord(d, origin).length
    marched, step = path_length(solid, d, origin, 3000)
    np.testing.assert_allclose(chord, marched, atol=2.1 * step * solid.chord(d, origin).enter.shape[0])


@quick
@given(local_solids(), turn, place, st.integers(0, 2**31))
def test_parallel_chords_fill_the_volume(local: Solid, degrees: tuple, shift: tuple, seed: int) -> None:
    """V = int chord dA along a random direction."""
    solid = placed(local, degrees, shift)
    d = np.random.default_rng(seed).normal(size=3)
    d /= np.linalg.norm(d)
    u = np.cross(d, np.eye(3)[np.argmin(np.abs(d))])
    u /= np.linalg.norm(u)
    v = np.cross(d, u)
    sides = [(-solid.extent(-w), solid.extent(w)) for w in (u, v)]
    n = 200
    (p, q), dp, dq = (
        np.meshgrid(*(lo + (hi - lo) * (np.arange(n) + 0.5) / n for lo, hi in sides)),
        sides[0][1] - sides[0][0],
        sides[1][1] - sides[1][0],
    )
    origin = u[:, None] * p.ravel() + v[:, None] * q.ravel() + d[:, None] * (-solid.extent(-d) - 1.0)
    chord = solid.chord(np.repeat(d[:, None], n * n, axis=1), origin).length
    assert chord.mean() * dp * dq == pytest.approx(solid.volume, rel=5e-3)


@quick
@given(local_solids(), turn, place, turn, st.integers(0, 2**31))
def test_turning_solid_and_rays_together_changes_nothing(
    local: Solid, degrees: tuple, shift: tuple, extra: tuple, seed: int
) -> None:
    solid = placed(local, degrees, shift)
    q = rotation_matrix(extra)
    both = Placed(
        local, tuple(map(tuple, (q @ rotation_matrix(degrees)).tolist())), tuple((q @ shift).tolist())
    )
    d, origin = rays_through(solid, 200, np.random.default_rng(seed))
    first, second = solid.chord(d, origin), both.chord(q @ d, q @ origin)
    # sqrt: at a grazing ray the chord goes as the root of the distance to the edge
    np.testing.assert_allclose(first.length, second.length, atol=2e-6)


@quick
@given(solids(), local_solids(), turn, place, st.integers(0, 2**31))
def test_more_volume_never_shortens_a_path(
    solid: Solid, other: Solid, degrees: tuple, shift: tuple, seed: int
) -> None:
    added = placed(other, degrees, shift)
    d, origin = rays_through(added, 200, np.random.default_rng(seed))
    one, two = solid.chord(d, origin).length, added.chord(d, origin).length
    both = Union((solid, added)).chord(d, origin).length
    less = Difference(solid, (added,)).chord(d, origin).length
    assert np.all(both >= np.maximum(one, two) - 1e-9)
    assert np.all(both <= one + two + 1e-9)
    np.testing.assert_allclose(both - two, less, atol=1e-9)


@settings(quick, max_examples=8)
@given(solids(), st.integers(0, 2**31))
def test_aim_covers_every_hit(solid: Solid, seed: int) -> None:
    rng = np.random.default_rng(seed)
    theta, phi = np.arccos(rng.uniform(-1.0, 1.0, 4000)), rng.uniform(0.0, 2.0 * np.pi, 4000)
    theta[::2] = rng.uniform(*solid.angular_window(), 2000)
    hit = solid.chord(direction(theta, phi)).length > 0.0
    assert np.all(Aim(solid, 64, 128).covers(theta, phi)[hit])
