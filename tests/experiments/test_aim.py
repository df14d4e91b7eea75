"""The azimuthal sampler: no bias, no hit left out, smooth."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.experiments import Aim, Box, Cylinder, Frustum, Solid, load_experiment

NAMES = ("BEBC", "CHARM", "DarkQuest_phase1", "FASER2_FPF_2024", "NA62_dump_2021", "NuCal", "SHiP")
SOLIDS = {name: load_experiment(name).decay_volume for name in NAMES} | {
    "cylinder off axis": Cylinder(20.0, 15.0, 1.0, x=2.0, y=-1.0),
    "frustum touching the axis": Frustum(10.0, 20.0, 1.0, 2.0, 3.0, 2.5, x=-1.5, y=1.0),
    "thin box": Box(100.0, 1.0, 0.02, 8.0, x=3.0, y=2.0),
}
every_solid = pytest.mark.parametrize("solid", SOLIDS.values(), ids=SOLIDS.keys())


def direction(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    return np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])


@every_solid
def test_no_azimuth_that_hits_is_left_out(solid: Solid) -> None:
    rng = np.random.default_rng(1)
    low, high = solid.angular_window()
    aim = Aim(solid)
    theta, phi = rng.uniform(0.9 * low, 1.1 * high, 200_000), rng.uniform(0.0, 2.0 * np.pi, 200_000)
    hit = solid.chord(direction(theta, phi)).length > 0.0
    assert hit.sum() > 100
    assert np.all(aim.covers(theta[hit], phi[hit]))


@every_solid
def test_aimed_yield_equals_uniform_azimuths(solid: Solid) -> None:
    rng = np.random.default_rng(2)
    low, high = solid.angular_window()
    n = 100_000
    theta = low + (high - low) * rng.random(n)
    weight = np.exp(-2.0 * (theta - low) / (high - low))
    phi, share = Aim(solid).sample(theta, rng.random(n))
    aimed = weight * share * solid.chord(direction(theta, phi)).length
    plain = weight * solid.chord(direction(theta, rng.uniform(0.0, 2.0 * np.pi, n))).length
    error = np.hypot(aimed.std(), plain.std()) / np.sqrt(n)
    assert abs(aimed.mean() - plain.mean()) < 3.5 * error
    assert aimed.std() < 1.01 * plain.std()


def test_off_axis_box_samples_little_more_than_it_covers() -> None:
    """CHARM fills about 8 % of the azimuth; at most a few per cent of the aimed rays miss."""
    solid = load_experiment("CHARM").decay_volume
    rng = np.random.default_rng(3)
    theta = rng.uniform(*solid.angular_window(), 100_000)
    phi, share = Aim(solid).sample(theta, rng.random(theta.size))
    hit = solid.chord(direction(theta, phi)).length > 0.0
    assert hit.mean() > 0.93
    assert 0.05 < share.mean() < 0.12
    # At the angle of the middle of the front face it covers 3 m of a circumference of 2 pi 5 m.
    _, ahead = Aim(solid).sample([5.0 / 480.0], [0.5])
    assert ahead[0] == pytest.approx(3.0 / (2.0 * np.pi * 5.0), rel=0.08)


@every_solid
def test_share_is_zero_outside_the_window(solid: Solid) -> None:
    low, high = solid.angular_window()
    _, share = Aim(solid).sample([0.5 * low, 1.01 * high], [0.3, 0.3])
    assert share[1] == 0.0
    assert share[0] == (1.0 if low == 0.0 else 0.0)


def test_sampled_azimuths_fill_the_set_uniformly_and_in_order() -> None:
    phi, share = Aim(Cylinder(64.0, 23.0, 1.3)).sample(np.full(1000, 0.01), (np.arange(1000) + 0.5) / 1000)
    np.testing.assert_allclose(phi, 2.0 * np.pi * (np.arange(1000) + 0.5) / 1000, atol=1e-12)
    assert np.all(share == 1.0)
    assert np.all(phi < 2.0 * np.pi)


def test_yield_is_smooth_in_theta() -> None:
    """With common azimuth numbers the mean chord of CHARM has no kinks above 2 % between close angles."""
    solid = load_experiment("CHARM").decay_volume
    aim = Aim(solid)
    low, high = solid.angular_window()
    theta = np.linspace(low, high, 101)[20:70]
    u = (np.arange(4000) + 0.5) / 4000
    yields = []
    for angle in theta:
        phi, share = aim.sample(np.full(u.size, angle), u)
        yields.append(np.mean(share * solid.chord(direction(np.full(u.size, angle), phi)).length))
    kinks = np.abs(np.diff(yields, n=2)) / np.mean(yields)
    assert np.max(kinks) < 0.02
