"""Every cut of the selection against a loop over decays, particles and pairs; what a card may ask for."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from darkbeam.errors import CardError
from darkbeam.experiments import CHANNEL_CLASSES, Requirement, Selection, accept

if TYPE_CHECKING:
    from collections.abc import Callable

    from darkbeam.experiments import Experiment

    Toy = Callable[..., Experiment]

CHARGE = {11: -1, 13: -1, 211: 1}
WALL = {
    "y_m": 1.5, "section": "rectangle", "width_m": 3.0, "height_m": 30.0, "z_center_m": 20.0, "name": "side",
}  # fmt: skip
FRONT = {"z_m": 30.0, "section": "circle", "radius_m": 1.5, "name": "front"}
CUTS: dict[str, dict[str, Any]] = {
    "transverse momentum": {"transverse_momentum_each_min_GeV": 0.3},
    "by kind": {"thresholds": {"electron_min_GeV": 3.0, "muon_min_GeV": 8.0, "hadron_min_GeV": 1.5}},
    "photons by energy": {"thresholds": {"photon_min_GeV": 10.0}},
    "all thresholds": {
        "energy_each_min_GeV": 0.8, "momentum_each_min_GeV": 1.0, "transverse_momentum_each_min_GeV": 0.1,
        "thresholds": {"photon_min_GeV": 2.0},
    },
    "opening angle": {"opening_angle_min_rad": 0.12},
    "mass window": {"pair_mass_min_GeV": 0.4, "pair_mass_max_GeV": 2.0},
    "two charged": {"require": [{"kind": "charged", "count": 2}]},
    "opposite charges": {"require": [{"kind": "charged", "count": 2, "charge": "opposite"}]},
    "a muon and a photon": {"require": [{"kind": "muon", "count": 1}, {"kind": "photon", "count": 1}]},
    "three of any": {"required_products": ..., "require": [{"kind": "any", "count": 3}]},
    "one electron": {"required_products": 1, "require": [{"kind": "electron", "count": 1, "charge": "any"}]},
    "merged photons do not count": {
        "photon_separation_min_m": 0.4, "photon_separation_plane": "front",
        "require": [{"kind": "photon", "count": 2}],
    },
    "separation on a named plane": {
        "separation_other_min_m": 0.8, "separation_other_plane": "front",
        "separation_mumu_min_m": 1.2, "separation_mumu_z_m": 28.0,
    },
    "impact parameter": {"impact_parameter_max_m": 0.7, "energy_sum_min_GeV": 5.0},
}  # fmt: skip


def on_plane(vertex: np.ndarray, p: np.ndarray, z: float) -> tuple[float, float]:
    drift = (z - vertex[2]) / p[3]
    return float(vertex[0] + drift * p[1]), float(vertex[1] + drift * p[2])


def hard(card: dict[str, Any], pid: int, p: np.ndarray) -> bool:
    """Whether one product is above the thresholds."""
    kind = {11: "electron", 13: "muon", 22: "photon"}.get(abs(pid), "hadron")
    size = math.hypot(p[1], p[2], p[3])
    return bool(
        p[0] >= card.get("energy_each_min_GeV", 0.0)
        and size >= card.get("momentum_each_min_GeV", 0.0)
        and math.hypot(p[1], p[2]) >= card.get("transverse_momentum_each_min_GeV", 0.0)
        and p[0] >= card.get("thresholds", {}).get(f"{kind}_min_GeV", 0.0)
    )


def is_kind(pid: int, kind: str) -> bool:
    named = {"electron": (11,), "muon": (13,), "photon": (22,), "charged": (11, 13, 211)}
    return kind == "any" or abs(pid) in named[kind]


def counted_products(card: dict[str, Any], vertex: np.ndarray, found: list[Any]) -> list[Any]:
    gap = card.get("photon_separation_min_m")
    counted: list[Any] = []
    for pid, p in found:
        others = [on_plane(vertex, q, 30.0) for i, q in counted if i == 22]
        if gap is None or pid != 22 or all(math.dist(on_plane(vertex, p, 30.0), o) >= gap for o in others):
            counted.append((pid, p))
    return counted


def angle(p: np.ndarray, q: np.ndarray) -> float:
    cosine = p[1:] @ q[1:] / np.linalg.norm(p[1:]) / np.linalg.norm(q[1:])
    return math.acos(min(1.0, cosine))


def slow(card: dict[str, Any], vertex: np.ndarray, p4: np.ndarray, pdg: np.ndarray, kind: str) -> bool:
    """One decay, written out."""
    found = [
        (pid, p)
        for pid, p in zip(pdg.tolist(), p4.T, strict=True)
        if pid not in (0, 12) and hard(card, pid, p) and p[3] > 0.0
        and math.hypot(*on_plane(vertex, p, 30.0)) <= 1.5
    ]  # fmt: skip
    counted = counted_products(card, vertex, found)
    needs = card.get("require", [])
    if len(counted) < card.get("required_products", max((n["count"] for n in needs), default=1)):
        return False
    for need in needs:
        mine = [pid for pid, _ in counted if is_kind(pid, need["kind"])]
        signs = {math.copysign(1, pid) * CHARGE[abs(pid)] for pid in mine if abs(pid) in CHARGE}
        if len(mine) < need["count"] or (need.get("charge") == "opposite" and signs != {1, -1}):
            return False
    total = sum(p for _, p in found)
    mass = math.sqrt(max(total[0] ** 2 - total[1:] @ total[1:], 0.0))
    miss = math.dist(vertex[:2], vertex[2] * total[1:3] / total[3])
    if not card.get("pair_mass_min_GeV", 0.0) <= mass <= card.get("pair_mass_max_GeV", math.inf):
        return False
    if total[0] < card.get("energy_sum_min_GeV", 0.0) or miss > card.get("impact_parameter_max_m", math.inf):
        return False
    pairs = list(itertools.combinations(counted, 2))
    least = card.get("opening_angle_min_rad", 0.0)
    if least and all(angle(p, q) < least for (_, p), (_, q) in pairs):
        return False
    gap = card.get("separation_mumu_min_m" if kind == "mumu" else "separation_other_min_m")
    z = 28.0 if kind == "mumu" else 30.0
    return gap is None or any(
        math.dist(on_plane(vertex, p, z), on_plane(vertex, q, z)) >= gap for (_, p), (_, q) in pairs
    )


@pytest.mark.parametrize("changes", CUTS.values(), ids=CUTS.keys())
def test_slow_twin(toy: Toy, toy_decays: Any, changes: dict[str, Any]) -> None:
    e = toy(selection=changes, detector={"planes": [FRONT]})
    vertex, p4, pdg, kind = toy_decays(1500, np.random.default_rng(8))
    fast = accept(e, vertex, p4, pdg, kind)
    card = e.card["selection"]
    wanted = [slow(card, vertex[:, i], p4[:, i], pdg[i], CHANNEL_CLASSES[kind[i]]) for i in range(1500)]
    np.testing.assert_array_equal(fast.weight > 0.0, wanted)
    assert 20 < sum(wanted) < 1400
    for before, after in itertools.pairwise(fast.stages.values()):
        assert not np.any(after & ~before)


def test_every_stage_has_its_name(toy: Toy, toy_decays: Any) -> None:
    everything: dict[str, Any] = {}
    for changes in CUTS.values():
        everything |= changes
    everything |= {"calorimeter_energy_min_GeV": 1.0, "required_products": 2}
    e = toy(selection=everything, detector={"planes": [FRONT]})
    assert list(accept(e, *toy_decays(10, np.random.default_rng(1))).stages) == [
        "final state counted", "detectable products", "thresholds", "detector plane", "photon separation",
        "required products", "pair energy", "pair mass", "calorimeter energy", "impact parameter",
        "opening angle", "separation",
    ]  # fmt: skip


def test_separation_on_a_wall_beside_the_beam(toy: Toy) -> None:
    """From (0, 0, 15) products with slopes z/y of 2 and 1 are 1.5 m apart on the wall at y = 1.5 m."""
    for gap, passes in ((1.49, True), (1.51, False)):
        cuts = {"separation_other_min_m": gap, "separation_other_plane": "side"}
        e = toy(detector={"planes": [WALL]}, selection=cuts)
        p = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 1.0]]).T
        p4 = np.concatenate([np.linalg.norm(p, axis=0)[None], p])[:, None, :]
        found = accept(e, np.array([[0.0], [0.0], [15.0]]), p4, np.array([[22, 22]]), ["ee"])
        assert bool(found.weight[0] > 0.0) is passes


@pytest.mark.parametrize(
    ("ids", "blind", "seeing"),
    [
        ((3222, 3112), True, True), ((-3312, 3334), True, True), ((2212, -2212), True, True),
        ((310, 3122), False, True), ((2112, -2112), False, True), ((-3122, 3322), False, True),
        ((12, 14), False, False), ((111, 3212), False, False), ((9000223, 5122), False, False),
    ],
)  # fmt: skip
def test_particles_that_are_kept(toy: Toy, ids: tuple[int, int], blind: bool, seeing: bool) -> None:
    """Charged hyperons leave tracks; K_S, Lambda and neutrons need a calorimeter; what should have decayed is not
    seen."""
    p4 = np.array([3.0, 0.0, 0.0, 2.0])[:, None, None] * np.ones((4, 1, 2))
    for has_ecal, expected in ((False, blind), (True, seeing)):
        e = toy(detector={"has_ecal": has_ecal})
        found = accept(e, np.array([[0.0], [0.0], [12.0]]), p4, np.array([ids]), ["hadrons"])
        assert bool(found.weight[0] > 0.0) is expected


def test_numbers_of_products_follow_the_requirements(toy: Toy) -> None:
    """Without required_products the largest count is meant."""
    needs = [{"kind": "any", "count": 3}, {"kind": "charged", "count": 2, "charge": "opposite"}]
    selection = toy(selection={"required_products": ..., "require": needs}).selection
    assert selection.required_products == 3
    assert selection.require == (Requirement("any", 3), Requirement("charged", 2, opposite=True))
    assert not Selection(2).combines_products
    assert selection.combines_products


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"required_products": ...}, "required_products': is missing"),
        ({"require": {"kind": "any"}}, "must be an array of tables [[selection.require]]"),
        ({"require": [{"kind": "tau", "count": 1}]}, "key 'selection.require[0].kind': 'tau' is not one of"),
        ({"require": [{"kind": "any", "count": 0}]}, "require[0].count': must be at least 1, not 0"),
        ({"require": [{"kind": "any", "count": 1, "sign": 1}]}, "require[0].sign': unknown key"),
        ({"require": [{"kind": "photon", "count": 2, "charge": "opposite"}]}, "photons have no charge"),
        (
            {"require": [{"kind": "muon", "count": 1, "charge": "opposite"}]},
            "opposite charges need at least 2",
        ),
        ({"thresholds": {"electrons_min_GeV": 1.0}}, "unknown key; did you mean 'electron_min_GeV'?"),
        ({"thresholds": {"muon_min_GeV": -1.0}}, "thresholds.muon_min_GeV': must be at least 0, not -1"),
        ({"thresholds": {"muon_min_GeV": 1000.0}}, "1000 GeV is beyond 400 GeV; is this in MeV?"),
        (
            {"energy_sum_min_GeV": 10000.0},
            "energy_sum_min_GeV': 10000 GeV is beyond 400 GeV; is this in MeV?",
        ),
        ({"pair_mass_min_GeV": 2.0, "pair_mass_max_GeV": 1.0}, "must be above pair_mass_min_GeV = 2, not 1"),
        ({"opening_angle_min_rad": 20.0}, "is this in mrad or degrees?"),
        ({"impact_parameter_max_m": 2500.0}, "2500 m is beyond 50 m; is this in mm?"),
        (
            {"photon_separation_min_m": 55.0, "photon_separation_z_m": 30.0},
            "55 m is beyond 10 m; is this in mm?",
        ),
        ({"photon_separation_min_m": 0.1}, "photon_separation_z_m': is missing"),
        ({"photon_separation_plane": "front"}, "photon_separation_min_m': is missing"),
        (
            {"separation_other_min_m": 0.1, "separation_other_plane": "back"},
            "separation_other_plane': 'back' is not one of front, side",
        ),
        (
            {"separation_other_min_m": 0.1, "separation_other_plane": "front", "separation_other_z_m": 30.0},
            "is given beside separation_other_z_m",
        ),
        ({"separation_other_min_m": 0.1, "separation_other_z_m": 12.0}, "12 lies upstream of the end"),
    ],
)
def test_bad_selections(toy: Toy, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError) as caught:
        toy(selection=changes, detector={"planes": [FRONT, WALL]})
    assert message in str(caught.value)


def test_photons_cannot_be_required_without_a_calorimeter(toy: Toy) -> None:
    with pytest.raises(CardError, match=r"require\[0\]\.kind': photons need detector.has_ecal"):
        toy(selection={"require": [{"kind": "photon", "count": 1}]}, detector={"has_ecal": False})
