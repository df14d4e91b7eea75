"""The table ``decay_volume`` of a card: every shape, axis and rotation, and every mistake."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest

from darkbeam.card_tables import Table
from darkbeam.errors import CardError
from darkbeam.experiments.build_volume import decay_volume
from darkbeam.experiments.geometry import Aim, Box, Cone, Placed, Solid, geometry_summary


def solid(text: str, **beam_spot: float) -> Solid:
    card: dict[str, Any] = {"decay_volume": tomllib.loads(text)}
    if beam_spot:
        card["beam_spot"] = beam_spot
    return decay_volume(Table("mine.toml", "", card))


def extent(found: Solid) -> list[tuple[float, float]]:
    return [
        (pytest.approx(-found.extent(-axis), abs=1e-9), pytest.approx(found.extent(axis), abs=1e-9))
        for axis in np.eye(3)
    ]


BOX = 'shape = "box"\nlength_m = 4.0\n'
AXES = {
    "z": (BOX + "z_min_m = 10.0\ndx_m = 2.0\ndy_m = 3.0\nx_center_m = 1.0", [(0, 2), (-1.5, 1.5), (10, 14)]),
    "x": (
        BOX + 'axis = "x"\nx_min_m = 30.0\ndy_m = 2.0\ndz_m = 6.0\nz_center_m = 2.0',
        [(30, 34), (-1, 1), (-1, 5)],
    ),
    "x downstream": (
        BOX + 'axis = "x"\nx_min_m = -1.0\ndy_m = 2.0\ndz_m = 6.0\nz_center_m = 20.0\ny_center_m = 3.0',
        [(-1, 3), (2, 4), (17, 23)],
    ),
    "y": (
        BOX + 'axis = "y"\ny_min_m = 60.0\ndx_m = 2.0\ndz_m = 6.0\nz_center_m = 20.0\nx_center_m = 3.0',
        [(2, 4), (60, 64), (17, 23)],
    ),
    "shaft": (
        'shape = "cylinder"\naxis = "y"\ny_min_m = 23.0\nlength_m = 19.5\nradius_m = 9.0\nz_center_m = 13.5',
        [(-9, 9), (23, 42.5), (4.5, 22.5)],
    ),
    "frustum": (
        (
            'shape = "frustum"\naxis = "y"\ny_min_m = 5.0\nlength_m = 4.0\ndx_upstream_m = 1.0\ndz_upstream_m = 2.0\n'
            "dx_downstream_m = 3.0\ndz_downstream_m = 4.0\nz_center_m = 9.0"
        ),
        [(-1.5, 1.5), (5, 9), (7, 11)],
    ),
    "upstream": (BOX + "z_min_m = -14.0\ndx_m = 2.0\ndy_m = 2.0", [(-1, 1), (-1, 1), (-14, -10)]),
}


@pytest.mark.parametrize(("text", "expected"), AXES.values(), ids=AXES.keys())
def test_axis_puts_the_solid_where_the_card_says(text: str, expected: list[tuple[float, float]]) -> None:
    found = solid(text)
    assert extent(found) == expected
    summary = geometry_summary(found)
    assert summary.volume_from_chords == pytest.approx(found.volume, rel=5e-3)
    assert np.allclose(summary.box, expected)


def test_a_lying_box_is_an_upright_one_where_it_can_be() -> None:
    assert solid(AXES["y"][0]) == Box(17.0, 6.0, 2.0, 4.0, 3.0, 62.0)
    assert solid(AXES["x downstream"][0]) == Box(17.0, 6.0, 4.0, 2.0, 1.0, 3.0)
    assert isinstance(solid(AXES["x"][0]), Placed)


def test_frustum_along_y_widens_upwards() -> None:
    found = solid(AXES["frustum"][0])
    points = np.array([[1.4, 1.4, 0.4], [5.1, 8.95, 5.1], [9.0, 9.0, 9.95]])
    np.testing.assert_array_equal(found.contains(points), [False, True, True])


def test_rotation_about_the_centre() -> None:
    """A quarter turn about y carries +z to +x: the long side of a rod comes to lie along x."""
    rod = BOX + "z_min_m = 10.0\ndx_m = 1.0\ndy_m = 2.0\n"
    assert extent(solid(rod + "rotation_deg = [0.0, 90.0, 0.0]")) == [(-2, 2), (-1, 1), (11.5, 12.5)]
    assert extent(solid(rod + "rotation_deg = [90.0, 0.0, 0.0]")) == [(-0.5, 0.5), (-2, 2), (11, 13)]
    # x first, then z: the long side goes to -y, then to +x
    assert extent(solid(rod + "rotation_deg = [90.0, 0.0, 90.0]")) == [(-2, 2), (-0.5, 0.5), (11, 13)]
    cube = (
        "[[-1, -1, 9], [1, -1, 9], [-1, 1, 9], [1, 1, 9], [-1, -1, 11], [1, -1, 11], [-1, 1, 11], [1, 1, 11]]"
    )
    turned = solid(f'shape = "polyhedron"\nvertices_m = {cube}\nrotation_deg = [0, 0, 45]')
    half = np.sqrt(2.0)
    assert extent(turned) == [(-half, half), (-half, half), (9, 11)]
    assert turned.volume == pytest.approx(8.0)


def test_cone_and_shell() -> None:
    cone = solid('shape = "cone"\nz_min_m = 10\nlength_m = 5\nradius_upstream_m = 0\nradius_downstream_m = 2')
    assert cone == Cone(10.0, 5.0, 0.0, 2.0)
    eta = solid('shape = "cone_shell"\nz_min_m = 10\nlength_m = 5\neta_min = 2.0\neta_max = 3.0')
    low, high = eta.angular_window()
    assert (-np.log(np.tan(high / 2)), -np.log(np.tan(low / 2))) == pytest.approx((2.0, 3.0))
    summary = geometry_summary(eta)
    # dOmega = 2 pi d(tanh eta)
    assert summary.solid_angle == pytest.approx(2.0 * np.pi * (np.tanh(3.0) - np.tanh(2.0)), rel=2e-3)
    theta = solid('shape = "cone_shell"\nz_min_m = 10\nlength_m = 5\ntheta_max_rad = 0.1', x_m=5.0)
    assert theta.angular_window() == pytest.approx((0.0, 0.1))


def test_beam_spot_shifts_parts_and_polyhedra() -> None:
    parts = "".join(
        f'[[parts]]\nshape = "box"\nz_min_m = {z}\nlength_m = 2\ndx_m = 2\ndy_m = 2\n' for z in (10, 15)
    )
    found = solid('shape = "union"\n' + parts, x_m=3.0, y_m=-1.0)
    assert extent(found) == [(-4, -2), (0, 2), (10, 17)]
    assert found.volume == 16.0
    low, high = found.angular_window()
    assert low == pytest.approx(np.arctan(2.0 / 17.0))
    assert high == pytest.approx(np.arctan(np.hypot(4.0, 2.0) / 10.0))
    assert Aim(found).sample([0.5 * (low + high)], [0.5])[1][0] < 0.5


def test_difference_is_the_first_without_the_others() -> None:
    found = solid(
        'shape = "difference"\n[[parts]]\nshape = "box"\nz_min_m = 10\nlength_m = 10\ndx_m = 4\ndy_m = 4\n'
        '[[parts]]\nshape = "cylinder"\nz_min_m = 5\nlength_m = 30\nradius_m = 1\n'
    )
    assert found.volume == pytest.approx(160.0 - 10.0 * np.pi, rel=1e-3)
    assert found.chord([[0.0], [0.0], [1.0]]).length[0] == 0.0


BAD = {
    "unknown shape": ('shape = "sphere"', "'sphere' is not one of box, cylinder"),
    "key of another axis": (BOX + 'axis = "y"\nz_min_m = 3.0', "'decay_volume.z_min_m': unknown key"),
    "width along the axis": (
        BOX + 'axis = "y"\ny_min_m = 3.0\ndx_m = 1.0\ndy_m = 1.0', "'decay_volume.dy_m': unknown key"
    ),
    "bad axis": (BOX + 'axis = "w"\nz_min_m = 3.0', "'w' is not one of x, y, z"),
    "negative size": (BOX + "z_min_m = 3.0\ndx_m = -1.0\ndy_m = 1.0", "'decay_volume.dx_m': must be above 0"),
    "millimetres": (BOX + "z_min_m = 3.0\ndx_m = 2500.0\ndy_m = 1.0", "is this in mm?"),
    "origin inside": (BOX + "z_min_m = -1.0\ndx_m = 1.0\ndy_m = 1.0", "the production point lies inside"),
    "cone without size": (
        'shape = "cone"\nz_min_m = 1\nlength_m = 1\nradius_upstream_m = 0\nradius_downstream_m = 0',
        "one of the two radii",
    ),
    "hole too wide": (
        ('shape = "cone"\nz_min_m = 1\nlength_m = 1\nradius_upstream_m = 1\nradius_downstream_m = 2\n'
        "hole_radius_upstream_m = 1.5"),
        "must be below the radius 1 at that end, not 1.5",
    ),
    "eta and theta": (
        'shape = "cone_shell"\nz_min_m = 1\nlength_m = 1\neta_min = 2\ntheta_max_rad = 0.1', "give either eta_min"
    ),
    "eta upside down": (
        'shape = "cone_shell"\nz_min_m = 1\nlength_m = 1\neta_min = 3\neta_max = 2', "must be above eta_min = 3"
    ),
    "theta in degrees": (
        'shape = "cone_shell"\nz_min_m = 1\nlength_m = 1\ntheta_max_rad = 30', "must be below pi / 2"
    ),
    "flat polyhedron": (
        'shape = "polyhedron"\nvertices_m = [[0,0,1],[1,0,1],[0,1,1],[1,1,1]]', "lie in one plane"
    ),
    "three corners": (
        'shape = "polyhedron"\nvertices_m = [[0,0,1],[1,0,1],[0,1,1]]', "at least 4 points, not 3"
    ),
    "hidden corner": (
        'shape = "polyhedron"\nvertices_m = [[0,0,1],[4,0,1],[0,4,1],[0,0,5],[0.5,0.5,2]]',
        "corner 5, [0.5, 0.5, 2], is no corner of the convex hull",
    ),
    "corner twice": (
        'shape = "polyhedron"\nvertices_m = [[0,0,1],[4,0,1],[0,4,1],[0,0,5],[0,0,1]]', "[0, 0, 1] is given twice"
    ),
    "one part": ('shape = "union"\n[[parts]]\nshape = "box"', "needs at least two parts, not 1"),
    "mistake in a part": (
        'shape = "union"\n' + 2 * '[[parts]]\nshape = "box"\nz_min_m = 1\nlength_m = 1\ndx_m = 1\n',
        "'decay_volume.parts[0].dy_m': is missing",
    ),
    "nothing left": (
        ('shape = "difference"\n[[parts]]\nshape = "box"\nz_min_m = 10\nlength_m = 1\ndx_m = 1\ndy_m = 1\n'
        '[[parts]]\nshape = "box"\nz_min_m = 9\nlength_m = 5\ndx_m = 2\ndy_m = 2\n'),
        "nothing is left",
    ),
    "rotated union": ('shape = "union"\nrotation_deg = [1, 2, 3]\nparts = []', "rotation_deg': unknown key"),
    "two angles": (
        BOX + "z_min_m = 3.0\ndx_m = 1.0\ndy_m = 1.0\nrotation_deg = [1, 2]", "must hold three angles"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD.keys())
def test_mistakes_name_the_key_and_the_reason(text: str, message: str) -> None:
    with pytest.raises(CardError) as caught:
        solid(text)
    assert message in str(caught.value)
    assert "mine.toml" in str(caught.value)
    assert "decay_volume" in str(caught.value)
