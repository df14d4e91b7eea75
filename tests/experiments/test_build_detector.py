"""Detectors of cards: both ways of writing them, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from darkbeam.errors import CardError
from darkbeam.experiments import DetectorPlane, Magnet, Section, accept, experiment_from_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.experiments import Experiment

    Toy = Callable[..., Experiment]

ROUND = {"section": "circle", "radius_m": 2.0}
WALL = {"y_m": 2.0, "section": "rectangle", "width_m": 4.0, "height_m": 10.0, "z_center_m": 15.0}
FIELD = {"z_min_m": 22.0, "z_max_m": 24.0, "field_T": 0.5}


def test_both_ways_give_the_same_detector(toy: Toy, toy_decays: Any) -> None:
    old = toy(
        detector={
            "planes": ..., "section": "ring", "radius_m": 1.5, "hole_radius_m": 0.1, "y_center_m": 0.2,
            "plane_muon_z_m": 35.0, "plane_other_z_m": 30.0, "inside_at_z_m": [26.0],
        },
        magnet=FIELD | {"enabled": True},
    )  # fmt: skip
    ring = {"section": "ring", "radius_m": 1.5, "hole_radius_m": 0.1, "y_center_m": 0.2}
    new = toy(
        detector={
            "planes": [
                ring | {"z_m": 30.0, "for": "other"}, ring | {"z_m": 35.0, "for": "muon"}, ring | {"z_m": 26.0},
            ],
            "magnets": [FIELD | {"aperture": ring}],
        }
    )  # fmt: skip
    section = Section(radius=1.5, hole_radius=0.1, y=0.2)
    assert [plane.section for plane in new.detector.planes] == [section] * 3
    assert [(plane.position, plane.kind) for plane in old.detector.planes] == [
        (30.0, "other"), (35.0, "muon"), (26.0, "all"),
    ]  # fmt: skip
    assert old.magnets == (Magnet(22.0, 24.0, 0.5, aperture=section),)
    decays = toy_decays(4000, np.random.default_rng(1))
    one, two = (accept(e, *decays).weight for e in (old, new))
    assert np.all(one >= two)  # only the second asks for the aperture all along the arc
    assert 0 <= np.count_nonzero(one != two) < 0.01 * np.count_nonzero(two)


def test_every_key_of_a_plane(toy: Toy) -> None:
    planes = toy(
        detector={
            "planes": [
                WALL | {"x_center_m": 0.5, "tilt_deg": [5.0, 0.0, 0.0], "for": "photon", "name": "top"},
                {"x_m": -2.5, "section": "polygon", "vertices_m": [[0, 5], [1, 30], [-1, 30]], "for": "charged"},
            ],
            "required": "any",
        }
    ).detector.planes  # fmt: skip
    rectangle = Section(dx=4.0, dy=10.0, x=0.5, y=15.0)
    assert planes[0] == DetectorPlane(1, 2.0, (0.5, 15.0), (5.0, 0.0, 0.0), rectangle, "photon", "top")
    polygon = Section(vertices=((0, 5), (1, 30), (-1, 30)))
    assert planes[1] == DetectorPlane(0, -2.5, section=polygon, kind="charged")
    assert planes[1].normal.tolist() == [-1.0, 0.0, 0.0]


def test_the_beam_spot_is_the_origin(toy: Toy) -> None:
    planes = [WALL | {"x_center_m": 1.0}, {"z_m": 30.0, **ROUND}]
    spot = toy(detector={"planes": planes}, beam_spot={"x_m": 0.25, "y_m": -0.5}).detector.planes
    assert (spot[0].position, spot[0].centre) == (2.5, (0.75, 15.0))
    assert (spot[1].position, spot[1].section) == (30.0, Section(radius=2.0, x=-0.25, y=0.5))


def test_sections_hold_what_a_fine_grid_says() -> None:
    """Share of random points inside, against the areas; a polygon with a notch, its mirror image too."""
    rng = np.random.default_rng(2)
    u, v = rng.uniform(-2.0, 2.0, (2, 200_000))
    notch = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (0.0, 0.0), (-1.0, 1.0))
    areas = {
        Section(dx=2.0, dy=1.0, x=0.5): 2.0, Section(radius=1.0, hole_radius=0.5): 0.75 * np.pi,
        Section(vertices=notch, x=0.7, y=-0.3): 3.0, Section(vertices=notch[::-1]): 3.0,
    }  # fmt: skip
    for section, area in areas.items():
        share = area / 16.0
        inside = section.contains(u, v)
        assert np.mean(inside) == pytest.approx(share, abs=5.0 * np.sqrt(share / len(u)))
        low, high = section.outline().min(axis=1), section.outline().max(axis=1)
        assert np.all((u[inside] >= low[0]) & (u[inside] <= high[0]))
        assert np.all((v[inside] >= low[1]) & (v[inside] <= high[1]))
        assert not section.contains(np.array([np.nan]), np.array([0.0]))[0]


def test_several_magnets_come_in_order(toy: Toy) -> None:
    far = {"z_min_m": 26.0, "z_max_m": 28.0, "field_T": -0.5, "field_axis": "x", "enabled": False}
    magnets = toy(detector={"magnets": [far, FIELD | {"aperture": ROUND}]}).magnets
    assert [magnet.z_min for magnet in magnets] == [22.0, 26.0]
    assert magnets[0].aperture == Section(radius=2.0)
    assert magnets[0].followed
    assert (magnets[1].axis, magnets[1].enabled, magnets[1].aperture) == ("x", False, None)


def test_an_arc_that_bulges_into_the_yoke_is_lost(toy: Toy) -> None:
    """R = 10 m, 4 m long, entered at 0.2 rad: both ends at x = 0, the middle 0.2 m aside."""
    momentum = 0.299792458 * 10.0
    px, pz = momentum * np.sin(np.arcsin(0.2)), momentum * np.cos(np.arcsin(0.2))
    p4 = np.array([momentum, px, 0.0, pz])[:, None, None] * np.ones((4, 1, 2))
    start = np.array([[-px / pz * 2.0], [0.0], [20.0]])
    for width, passes in ((0.42, True), (0.40, False)):
        opening = {"section": "rectangle", "width_m": width, "height_m": 1.0}
        field = {"z_min_m": 22.0, "z_max_m": 26.0, "field_T": 1.0, "aperture": opening}
        plane = {"z_m": 26.5, "section": "circle", "radius_m": 1.0}
        e = toy(detector={"planes": [plane], "magnets": [field]})
        found = accept(e, start, p4, np.array([[211, 211]]), ["hadrons"])
        assert bool(found.weight[0] > 0.0) is passes


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        ([], "detector.planes': must hold at least one plane"),
        ([ROUND], "planes[0].z_m': is missing: give one of x_m, y_m, z_m"),
        ([ROUND | {"z_m": 30.0, "y_m": 2.0}], "planes[0].z_m': is given beside y_m"),
        ([ROUND | {"z_m": 19.0}], "planes[0].z_m': 19 lies upstream of the end of the decay volume at 20 m"),
        ([ROUND | {"z_m": -30.0}], "-30 lies upstream of the production point"),
        ([ROUND | {"z_m": 0.0}], "the plane contains the production point"),
        (
            [WALL | {"y_m": 0.9}],
            "the plane, 0.9 m from the production point, lies upstream of the end of the decay",
        ),
        ([WALL | {"y_m": -0.9}], "planes[0].y_m': the plane, 0.9 m"),
        ([WALL | {"z_center_m": ...}], "planes[0].z_center_m': is missing: where along the beam"),
        ([WALL | {"y_center_m": 1.0}], "planes[0].y_center_m': unknown key"),
        ([ROUND | {"z_m": 30000.0}], "planes[0].z_m': 30000 m is beyond 5000 m; is this in mm?"),
        ([ROUND | {"z_m": 30.0, "radius_m": 1500.0}], "1500 m is beyond 1000 m; is this in mm?"),
        ([ROUND | {"z_m": 30.0, "radius_m": -1.0}], "planes[0].radius_m': must be above 0, not -1"),
        ([ROUND | {"z_m": 30.0, "radius_mm": 1.0}], "unknown key; did you mean 'radius_m'?"),
        ([ROUND | {"z_m": 30.0, "for": "muons"}], "did you mean 'muon'?"),
        ([ROUND | {"z_m": 30.0, "tilt_deg": [1.0]}], "must be three angles, about x, y and z, not 1"),
        ([ROUND | {"z_m": 30.0}, ROUND | {"z_m": 30.0, "for": "muon"}], "planes[1].z_m': overlaps planes[0]"),
        (
            [ROUND | {"z_m": 30.0, "name": "a"}, ROUND | {"z_m": 31.0, "name": "a"}],
            "planes[1].name': 'a' is the name of planes[0] too",
        ),
        (
            [{"z_m": 30.0, "section": "polygon", "vertices_m": [[0, 0], [1, 1]]}],
            "must hold at least 3 points",
        ),
        (
            [{"z_m": 30.0, "section": "polygon", "vertices_m": [[0, 0], [1, 1], [2, 2]]}],
            "planes[0].vertices_m': the polygon has no area",
        ),
        (
            [{"z_m": 30.0, "section": "ring", "radius_m": 1.0, "hole_radius_m": 1.5}],
            "must be below radius_m = 1, not 1.5",
        ),
        ([ROUND | {"z_m": 23.0}], "planes[0].z_m': 23 lies inside the magnet, 22 to 24 m"),
        ([WALL | {"height_m": 16.0}], "planes[0].y_m': the plane meets the magnet, 22 to 24 m"),
    ],
)
def test_bad_planes(toy: Toy, planes: list[dict[str, Any]], message: str) -> None:
    kept = [{key: value for key, value in plane.items() if value is not ...} for plane in planes]
    with pytest.raises(CardError) as caught:
        toy(detector={"planes": kept}, magnet=FIELD)
    assert message in str(caught.value)


def test_planes_of_which_any_is_enough_may_stand_inside_the_volume(toy: Toy) -> None:
    toy(detector={"planes": [ROUND | {"z_m": 15.0}, ROUND | {"z_m": 30.0}], "required": "any"})
    with pytest.raises(CardError, match="9 lies upstream of the beginning of the decay volume at 10 m"):
        toy(detector={"planes": [ROUND | {"z_m": 9.0}, ROUND | {"z_m": 30.0}], "required": "any"})


@pytest.mark.parametrize(
    ("magnets", "message"),
    [
        (
            [FIELD, FIELD | {"z_min_m": 23.0, "z_max_m": 25.0}],
            "[1].z_min_m': 23 lies inside another magnet, 22",
        ),
        ([FIELD | {"z_max_m": 21.0}], "magnets[0].z_max_m': must be above z_min_m = 22, not 21"),
        ([FIELD | {"field_T": 4000.0}], "4000 T is beyond 10 T; is this in gauss?"),
        ([FIELD | {"field_axis": "z"}], "'z' is not one of x, y"),
        ([FIELD | {"aperture": {"section": "circle"}}], "magnets[0].aperture.radius_m': is missing"),
        ([FIELD | {"aperture": ROUND | {"z_m": 23.0}}], "magnets[0].aperture.z_m': unknown key"),
        ([FIELD | {"z_min_m": -1.0}], "must be above 0, not -1"),
    ],
)
def test_bad_magnets(toy: Toy, magnets: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(CardError) as caught:
        toy(detector={"magnets": magnets})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"magnet": FIELD, "detector": {"magnets": [FIELD]}},
            "key 'magnet': is given beside detector.magnets",
        ),
        ({"detector": {"section": "circle"}}, "key 'detector.section': unknown key"),
        ({"detector": {"is_decay_volume": True}}, "key 'detector.planes': unknown key"),
        ({"smearing": {"momentum": [0.1]}}, "must be two numbers [a, b]"),
        ({"smearing": {"momentum": [3.0, 0.0]}}, "is this in percent?"),
        ({"smearing": {"angle_rad": 5.0}}, "5 rad is beyond 0.5 rad; is this in mrad?"),
        ({"smearing": {"energy": 0.1}}, "unknown key"),
    ],
)
def test_bad_tables(toy_card: Any, tables: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError) as caught:
        experiment_from_card(toy_card(**tables))
    assert message in str(caught.value)
