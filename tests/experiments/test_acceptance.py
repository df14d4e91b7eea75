"""Detector and selection: cases that can be checked by hand, and a slow twin."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from darkbeam.constants import M_E, M_K0, M_MU, M_PI, TESLA_M_GEV
from darkbeam.experiments import CHANNEL_CLASSES, accept, experiment_from_card, load_experiment

if TYPE_CHECKING:
    from darkbeam.experiments import Acceptance, Experiment

MASS = {11: M_E, 13: M_MU, 211: M_PI, 22: 0.0, 130: M_K0, 12: 0.0}
TOY: dict[str, Any] = {
    "name": "Toy",
    "title": "Box of 2 x 2 x 10 m from z = 10 m, plane at 30 m",
    "status": "study",
    "citations": ["none"],
    "facility": "SPS",
    "exposure": {"pot": 1.0},
    "decay_volume": {"shape": "box", "z_min_m": 10.0, "length_m": 10.0, "dx_m": 2.0, "dy_m": 2.0},
    "detector": {
        "is_decay_volume": False, "has_ecal": True, "section": "rectangle", "dx_m": 2.0, "dy_m": 2.0,
        "plane_muon_z_m": 35.0, "plane_other_z_m": 30.0,
    },
    "selection": {"final_states": "all", "required_products": 2},
    "efficiency": {"ee": 0.9, "mumu": 0.8, "tautau": 1.0, "hadrons": 0.5},
    "statistics": {"n_events_threshold": 2.3},
}  # fmt: skip


def toy(
    *, detector: dict[str, Any] | None = None, magnet: dict[str, Any] | None = None, **selection: Any
) -> Experiment:
    card = TOY | {"selection": TOY["selection"] | selection, "detector": TOY["detector"] | (detector or {})}
    return experiment_from_card(card if magnet is None else card | {"magnet": magnet})


def decide(
    experiment: Experiment,
    vertex: tuple[float, float, float],
    products: list[tuple[int, float, float, float]],
    kind: str,
) -> Acceptance:
    """One decay; products are (PDG id, px, py, pz)."""
    pdg = np.array([[p[0] for p in products]])
    momentum = np.array([p[1:] for p in products], dtype=float).T[:, None, :]
    mass = np.array([MASS[abs(i)] for i in pdg[0]])
    energy = np.sqrt((momentum**2).sum(axis=0) + mass**2)
    return accept(
        experiment, np.array(vertex)[:, None], np.concatenate([energy[None], momentum]), pdg, [kind]
    )


def passes(*args: Any) -> bool:
    return bool(decide(*args).weight[0] > 0.0)


def test_straight_lines_to_the_plane() -> None:
    """From z = 10 to 30 m a slope of 0.04 ends at 0.8 m, one of 0.06 at 1.2 m; muons go on to 35 m."""
    start = (0.0, 0.0, 10.0)
    assert passes(toy(), start, [(11, 0.4, 0.0, 10.0), (-11, -0.4, 0.0, 10.0)], "ee")
    assert not passes(toy(), start, [(11, 0.6, 0.0, 10.0), (-11, -0.4, 0.0, 10.0)], "ee")
    assert passes(toy(), start, [(13, 0.39, 0.0, 10.0), (-13, 0.0, -0.39, 10.0)], "mumu")
    assert not passes(toy(), start, [(13, 0.41, 0.0, 10.0), (-13, 0.0, 0.0, 10.0)], "mumu")
    assert not passes(toy(), start, [(11, 0.1, 0.0, 10.0), (-11, 0.1, 0.0, -10.0)], "ee")


def test_two_of_many_products_are_enough() -> None:
    start = (0.0, 0.0, 10.0)
    two, third = [(211, 0.1, 0.0, 10.0), (-211, -0.1, 0.0, 10.0)], (22, 3.0, 0.0, 10.0)
    assert passes(toy(), start, [third, *two], "hadrons")
    assert not passes(toy(), start, [third, two[0]], "hadrons")
    assert passes(toy(required_products=1), start, [third, two[0]], "hadrons")
    assert not passes(toy(required_products=3), start, [third, *two], "hadrons")


def test_neutrals_need_a_calorimeter_and_neutrinos_are_never_seen() -> None:
    start = (0.0, 0.0, 10.0)
    blind = toy(detector={"has_ecal": False})
    for neutral in (22, 130):
        products = [(211, 0.1, 0.0, 10.0), (neutral, 0.0, 0.1, 10.0)]
        assert passes(toy(), start, products, "hadrons")
        assert not passes(blind, start, products, "hadrons")
    assert not passes(toy(), start, [(13, 0.1, 0.0, 10.0), (12, 0.0, 0.1, 10.0)], "tautau")


def test_efficiency_and_counted_classes() -> None:
    products = [(211, 0.1, 0.0, 10.0), (-211, 0.0, 0.1, 10.0)]
    weights = [decide(toy(), (0.0, 0.0, 10.0), products, kind).weight[0] for kind in CHANNEL_CLASSES]
    assert weights == [0.9, 0.8, 1.0, 0.5]
    leptons = toy(final_states=["ee", "mumu"])
    assert decide(leptons, (0.0, 0.0, 10.0), products, "hadrons").weight[0] == 0.0
    with pytest.raises(ValueError, match="unknown classes"):
        accept(toy(), np.zeros((3, 1)), np.zeros((4, 1, 2)), np.zeros((1, 2), int), [0], ("pipi",))


def test_thresholds_are_met_at_the_edge() -> None:
    start = (0.0, 0.0, 10.0)
    for soft, expected in ((0.999, False), (1.0, True)):
        products = [(11, 0.0, 0.0, soft), (-11, 0.0, 0.0, 50.0)]
        assert passes(toy(momentum_each_min_GeV=1.0), start, products, "ee") is expected
        assert passes(toy(energy_each_min_GeV=math.hypot(1.0, M_E)), start, products, "ee") is expected


def test_sums_count_only_what_passes() -> None:
    start, pair = (0.0, 0.0, 10.0), [(22, 0.0, 0.0, 6.0), (22, 0.1, 0.0, 5.0)]
    total = 6.0 + math.hypot(0.1, 5.0)
    assert passes(toy(energy_sum_min_GeV=total - 1e-9), start, pair, "hadrons")
    assert not passes(toy(energy_sum_min_GeV=total + 1e-9), start, pair, "hadrons")
    outside = (22, 9.0, 0.0, 30.0)
    assert not passes(toy(energy_sum_min_GeV=total + 1e-9), start, [*pair, outside], "hadrons")
    muon = (13, 0.0, 0.0, 100.0)
    assert passes(toy(energy_sum_min_GeV=50.0), start, [*pair, muon], "hadrons")
    assert not passes(toy(calorimeter_energy_min_GeV=50.0), start, [*pair, muon], "hadrons")
    assert passes(toy(calorimeter_energy_min_GeV=total - 1e-9), start, [*pair, muon], "hadrons")


def test_impact_parameter_is_a_distance_at_the_target() -> None:
    """From (0, 0, 80) m a slope of 1/32 passes the target at 2.5 m: SHiP's cut, not its root."""
    ship = load_experiment("SHiP")
    for px, expected in ((0.3124, True), (0.2, True), (0.3126, False)):
        products = [(211, px, 0.0, 10.0), (-211, px, 0.0, 10.0)]
        assert passes(ship, (0.0, 0.0, 80.0), products, "hadrons") is expected
    wide = toy(impact_parameter_max_m=0.5)
    # The vertex itself is 0.3 m off; pointing away by 0.02 adds 0.2 m at 10 m: 0.3 - 0.2 or 0.3 + 0.2.
    assert passes(wide, (0.3, 0.0, 10.0), [(11, 0.1, 0.0, 10.0), (-11, 0.3, 0.0, 10.0)], "ee")
    assert not passes(wide, (0.3, 0.0, 10.0), [(11, -0.1, 0.0, 10.0), (-11, -0.31, 0.0, 10.0)], "ee")
    assert passes(wide, (0.3, 0.0, 10.0), [(11, -0.1, 0.0, 10.0), (-11, -0.29, 0.0, 10.0)], "ee")


def test_separation_at_the_named_planes() -> None:
    cuts = {"separation_mumu_min_m": 0.1, "separation_mumu_z_m": 20.0}
    cuts |= {"separation_other_min_m": 0.4, "separation_other_z_m": 30.0}
    start = (0.0, 0.0, 10.0)
    for slope, muons, electrons in (
        (0.004, False, False),
        (0.006, True, False),
        (0.0099, True, False),
        (0.0101, True, True),
    ):
        pair = [(11, 10 * slope, 0.0, 10.0), (-11, -10 * slope, 0.0, 10.0)]
        assert passes(toy(**cuts), start, pair, "ee") is electrons
        assert passes(toy(**cuts), start, [(13 * i // 11, *p) for i, *p in pair], "mumu") is muons
    # One pair is enough: the outer two of three pions, listed in every order.
    pions = [(211, 0.0, 0.0, 10.0), (211, 0.11, 0.0, 10.0), (-211, -0.11, 0.0, 10.0)]
    for k in range(3):
        assert passes(toy(**cuts), start, pions[k:] + pions[:k], "hadrons")


def test_close_photons_are_one() -> None:
    cuts = {"photon_separation_min_m": 0.055, "photon_separation_z_m": 30.0}
    start = (0.0, 0.0, 10.0)
    for slope, apart in ((0.0027, False), (0.0028, True)):
        pair = [(22, 0.0, 0.0, 10.0), (22, 10 * slope, 0.0, 10.0)]
        assert passes(toy(**cuts), start, pair, "hadrons") is apart
        assert passes(toy(**cuts), start, [*pair, (211, 0.0, 0.0, 10.0)], "hadrons")
        assert passes(toy(**cuts), start, [(211, 0.0, 0.0, 10.0), *pair[:1]], "hadrons")
        assert passes(toy(**cuts, energy_sum_min_GeV=29.0), start, [*pair, (211, 0.0, 0.0, 10.0)], "hadrons")


def test_no_geometry_where_the_volume_is_the_detector() -> None:
    sideways = [(11, 5.0, 0.0, 1.0), (-11, -5.0, 0.0, 1.0)]
    assert passes(load_experiment("BEBC"), (0.0, 0.0, 405.0), sideways, "ee")
    assert not passes(load_experiment("CHARM"), (5.0, 0.0, 490.0), sideways, "ee")


def test_only_the_field_behind_the_vertex_bends() -> None:
    """Muons of 20 GeV and 6 T m, from before, inside and behind the field."""
    field = {"enabled": True, "z_min_m": 14.0, "z_max_m": 18.0, "field_T": 1.5}
    on = toy(magnet=field, detector={"plane_muon_z_m": 30.0})
    off = toy(magnet=field | {"enabled": False}, detector={"plane_muon_z_m": 30.0})
    pair = [(13, 0.0, 0.0, 20.0), (-13, 0.0, 0.0, 20.0)]
    assert passes(off, (0.0, 0.0, 10.0), pair, "mumu")
    # All of it: the angle 0.2998 * 6 / 20 = 0.09 over 14 m from the middle of the field is 1.26 m.
    assert not passes(on, (0.0, 0.0, 10.0), pair, "mumu")
    # The last metre of it: 0.0225 over 12.5 m is 0.28 m.
    assert passes(on, (0.0, 0.0, 17.0), pair, "mumu")
    # None of it.
    assert passes(on, (0.0, 0.0, 19.0), pair, "mumu")
    neutral = [(22, 0.0, 0.0, 20.0), (22, 0.0, 0.0, 20.0)]
    assert passes(on, (0.0, 0.0, 10.0), neutral, "hadrons")


def test_aperture_inside_the_magnet() -> None:
    """From x = 1 m the track is at 1.2 m where the field begins, though it is turned back onto the plane."""
    field = {"enabled": True, "z_min_m": 14.0, "z_max_m": 18.0, "field_T": 0.834}
    magnet = toy(magnet=field, detector={"plane_muon_z_m": 30.0})
    soft = [(211, 0.5, 0.0, 10.0), (211, 0.5, 0.0, 10.0)]
    assert not passes(magnet, (1.0, 0.0, 10.0), soft, "hadrons")
    assert passes(magnet, (0.6, 0.0, 10.0), soft, "hadrons")


def test_collinear_products_fill_the_shadow_of_the_plane() -> None:
    """Of slopes uniform in |t| < 1/20, the far end of the box, (20/30)^2 = 4/9 hit the plane at 30 m."""
    rng = np.random.default_rng(1)
    n = 100_000
    z = rng.uniform(10.0, 20.0, n)
    slope = rng.uniform(-0.05, 0.05, (2, n))
    p = 50.0 * np.stack([*slope, np.ones(n)])
    p4 = np.concatenate([np.linalg.norm(p, axis=0)[None], p])[:, :, None].repeat(2, axis=2)
    result = accept(toy(), np.stack([*(slope * z), z]), p4, np.tile([22, 22], (n, 1)), np.full(n, 3))
    assert np.mean(result.weight > 0.0) == pytest.approx(4.0 / 9.0, abs=4.0 * math.sqrt(20.0 / 81.0 / n))


# ---------------------------------------------------------------- the slow twin


def circle(
    x: float, y: float, p: tuple[float, float, float], curvature: float, length: float
) -> tuple[float, ...] | None:
    """(x, y, tx, ty) behind the field from the circle in the x-z plane; None if it curls up."""
    px, py, pz = p
    pxz = math.hypot(px, pz)
    if curvature == 0.0:
        return x + px / pz * length, y + py / pz * length, px / pz, py / pz
    angle = math.atan2(px, pz)
    sine = math.sin(angle) - curvature / pxz * length
    if abs(sine) >= 1.0:
        return None
    after = math.asin(sine)
    radius = pxz / curvature
    return (
        x + radius * (math.cos(after) - math.cos(angle)),
        y + radius * (angle - after) * py / pxz,
        math.tan(after),
        py / (pxz * math.cos(after)),
    )


def locate(e: Experiment, vertex: np.ndarray, pdg: int, p: np.ndarray, z: float) -> tuple[float, float, bool]:
    """(x, y) at z, and whether the track is inside the magnet's aperture on the way."""
    x, y, at = (float(v) for v in vertex)
    tx, ty, clear = p[1] / p[3], p[2] / p[3], True
    for magnet in e.magnets:
        if not (magnet.enabled and at < magnet.z_max <= z):
            continue
        start = max(at, magnet.z_min)
        x, y = x + tx * (start - at), y + ty * (start - at)
        clear = inside(e, x, y)
        charge = 0 if pdg in (22, 130) else (1 if pdg in (211, -11, -13) else -1)
        curvature = TESLA_M_GEV * magnet.field * charge
        bent = circle(x, y, (p[1], p[2], p[3]), curvature, magnet.z_max - start)
        if bent is None:
            return 0.0, 0.0, False
        x, y, tx, ty = bent
        clear, at = clear and inside(e, x, y), magnet.z_max
    return x + tx * (z - at), y + ty * (z - at), clear


def inside(e: Experiment, x: float, y: float) -> bool:
    s = e.detector.planes[0].section
    if s.radius is None:
        return abs(x - s.x) <= s.dx / 2 and abs(y - s.y) <= s.dy / 2
    return s.hole_radius <= math.hypot(x - s.x, y - s.y) <= s.radius


def passing(
    e: Experiment, vertex: np.ndarray, p4: np.ndarray, pdg: np.ndarray
) -> list[tuple[int, np.ndarray]]:
    """Products that pass every cut of their own."""
    cuts, passed = e.selection, []
    for pid, p in zip(pdg.tolist(), p4.T, strict=True):
        if abs(pid) not in (11, 13, 211) and not (pid in (22, 130) and e.detector.has_ecal):
            continue
        if p[0] < (cuts.energy_each_min or 0.0) or np.linalg.norm(p[1:]) < (cuts.momentum_each_min or 0.0):
            continue
        if e.detector.is_decay_volume:
            passed.append((pid, p))
        elif p[3] > 0.0:
            kinds = ("all", "muon" if abs(pid) == 13 else "other")
            planes = [plane.position for plane in e.detector.planes if plane.kind in kinds]
            spots = [locate(e, vertex, pid, p, z) for z in planes]
            if all(clear and inside(e, x, y) for x, y, clear in spots):
                passed.append((pid, p))
    return passed


def merged(
    e: Experiment, vertex: np.ndarray, passed: list[tuple[int, np.ndarray]]
) -> list[tuple[int, np.ndarray]]:
    """Products that count when close photons are one."""
    gap, plane = e.selection.photon_separation_min, e.selection.photon_separation_at
    if gap is None or plane is None:
        return passed
    z = plane.position
    counted: list[tuple[int, np.ndarray]] = []
    for pid, p in passed:
        here = locate(e, vertex, pid, p, z)[:2]
        others = [locate(e, vertex, i, q, z)[:2] for i, q in counted if i == 22]
        if pid != 22 or all(math.dist(here, there) >= gap for there in others):
            counted.append((pid, p))
    return counted


def twin(e: Experiment, vertex: np.ndarray, p4: np.ndarray, pdg: np.ndarray, kind: str) -> float:
    """Weight of one decay, written out particle by particle."""
    cuts = e.selection
    if kind not in e.final_states:
        return 0.0
    passed = passing(e, vertex, p4, pdg)
    counted = merged(e, vertex, passed)
    if len(counted) < cuts.required_products:
        return 0.0
    if sum(p[0] for _, p in passed) < (cuts.energy_sum_min or 0.0):
        return 0.0
    if sum(p[0] for i, p in passed if abs(i) != 13) < (cuts.calorimeter_energy_min or 0.0):
        return 0.0
    total = sum(p for _, p in passed)
    miss = math.hypot(*(vertex[i] - vertex[2] * total[1 + i] / total[3] for i in range(2)))
    if cuts.impact_parameter_max is not None and miss > cuts.impact_parameter_max:
        return 0.0
    gap = cuts.separation_mumu_min if kind == "mumu" else cuts.separation_other_min
    plane = cuts.separation_mumu_at if kind == "mumu" else cuts.separation_other_at
    if gap is not None and plane is not None:
        spots = [locate(e, vertex, pid, p, plane.position)[:2] for pid, p in counted]
        if not any(math.dist(a, b) >= gap for a in spots for b in spots):
            return 0.0
    return e.efficiency[kind]


def random_decays(e: Experiment, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Decays over the volume, two to five products, opening angles around what fits the detector."""
    volume = e.decay_volume
    low, high = volume.angular_window()
    theta, phi = rng.uniform(low, 0.9 * high, n), rng.uniform(0.0, 2.0 * np.pi, n)
    axis = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
    if low > 0.01 * high:
        axis = np.stack([np.full(n, 0.5 * (low + high)), rng.uniform(-0.003, 0.003, n), np.ones(n)])
        axis /= np.linalg.norm(axis, axis=0)
    vertex = axis * rng.uniform(volume.z_min, volume.z_max, n)
    pdg = rng.choice([11, -11, 13, -13, 211, -211, 22, 22, 130, 12, 0], (n, 5))
    pdg[:, :2] = rng.choice([[13, -13], [11, -11], [211, -211], [22, 22]], n)
    mass = np.vectorize(lambda i: MASS.get(abs(i), 0.0))(pdg)
    low_energy, high_energy = (0.5, 300.0) if e.pot is not None else (10.0, 4000.0)
    hard = np.exp(rng.uniform(np.log(low_energy), np.log(high_energy), (n, 5)))
    spread = 0.5 * (high - low) * np.exp(rng.uniform(-3.0, 1.0, (n, 1)))
    p = hard * (axis[:, :, None] + spread * rng.normal(size=(3, n, 5)))
    p4 = np.where(pdg == 0, 0.0, np.concatenate([np.sqrt((p**2).sum(axis=0) + mass**2)[None], p]))
    return vertex, p4, pdg, rng.integers(0, 4, n)


CUTS = {"photon_separation_min_m": 0.2, "photon_separation_z_m": 30.0, "energy_sum_min_GeV": 4.0}
EXPERIMENTS = {
    name: load_experiment(name)
    for name in (
        "SHiP", "NuCal", "CHARM", "BEBC", "NA62_dump_full", "DarkQuest_phase1", "FASER2_FPF_2024", "FASER",
    )
} | {
    "photons": toy(**CUTS),
    "field": toy(magnet={"enabled": True, "z_min_m": 14.0, "z_max_m": 25.0, "field_T": -0.8}, **CUTS),
    "separations": toy(
        separation_mumu_min_m=0.3, separation_mumu_z_m=21.0,
        separation_other_min_m=0.7, separation_other_z_m=30.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS.keys())
def test_slow_twin(experiment: Experiment) -> None:
    vertex, p4, pdg, kind = random_decays(experiment, 1500, np.random.default_rng(5))
    fast = accept(experiment, vertex, p4, pdg, kind)
    slow = [twin(experiment, vertex[:, i], p4[:, i], pdg[i], CHANNEL_CLASSES[kind[i]]) for i in range(1500)]
    np.testing.assert_array_equal(fast.weight, slow)
    assert 20 < np.count_nonzero(fast.weight) < 1480


def test_stages_are_cumulative_and_end_in_the_weight() -> None:
    experiment = EXPERIMENTS["NA62_dump_full"]
    vertex, p4, pdg, kind = random_decays(experiment, 3000, np.random.default_rng(6))
    result = accept(experiment, vertex, p4, pdg, kind)
    names = list(result.stages)
    assert names == [
        "final state counted",
        "detectable products",
        "thresholds",
        "detector plane",
        "separation",
    ]
    for before, after in itertools.pairwise(names):
        assert not np.any(result.stages[after] & ~result.stages[before])
    np.testing.assert_array_equal(result.weight > 0.0, result.stages["separation"])
    flow = result.cut_flow(np.full(3000, 2.0))
    assert flow["detector plane"] == 2.0 * result.stages["detector plane"].sum()
    assert list(flow)[-1] == "efficiency"
    assert flow["efficiency"] == pytest.approx(2.0 * result.weight.sum())


def test_result_does_not_depend_on_chunks_padding_or_names() -> None:
    experiment = EXPERIMENTS["DarkQuest_phase1"]
    vertex, p4, pdg, kind = random_decays(experiment, 20_000, np.random.default_rng(7))
    whole = accept(experiment, vertex, p4, pdg, kind)
    half = accept(experiment, vertex[:, 10_000:], p4[:, 10_000:], pdg[10_000:], kind[10_000:])
    np.testing.assert_array_equal(whole.weight[10_000:], half.weight)
    padded = (
        np.concatenate([p4, np.zeros((4, 20_000, 3))], axis=2),
        np.concatenate([pdg, np.zeros((20_000, 3), int)], axis=1),
    )
    np.testing.assert_array_equal(accept(experiment, vertex, *padded, kind).weight, whole.weight)
    named = accept(experiment, vertex, p4, pdg, [CHANNEL_CLASSES[k] for k in kind])
    np.testing.assert_array_equal(named.weight, whole.weight)


def test_no_decays_at_all() -> None:
    for name in ("SHiP", "NA62", "DarkQuest"):
        empty = accept(
            load_experiment(name), np.zeros((3, 0)), np.zeros((4, 0, 2)), np.zeros((0, 2), int), []
        )
        assert empty.weight.shape == (0,)
