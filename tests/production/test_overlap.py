"""Double counting: every rule on small sources of the right names, and the real bremsstrahlung."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from darkbeam.errors import MassRangeError, UnknownNameError
from darkbeam.production.brem_poles import POLE_REGIONS, PoleWeight, pole_backgrounds
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.overlap import OVERLAPS, Ramp, apply_overlap, resolve_overlap
from darkbeam.production.source import N_BLOCKS, Flux, Source
from darkbeam.production.weighted import LargerSource, WeightedSource, innermost


@dataclass(frozen=True)
class Flat:
    """The same yield at every mass, with one variation that doubles it."""

    name: str
    value: float = 1.0
    valid: tuple[float, float] = (0.01, 5.0)

    @property
    def variation_names(self) -> tuple[str, ...]:
        return (f"{self.name}-double",)

    def total(self, mass: float, variation: str = "central") -> float:
        return self.value * (2.0 if variation in self.variation_names else 1.0)

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        weight = np.full(n, self.value / n)
        energy, theta = mass + 10.0 * rng.random(n), 0.1 * rng.random(n)
        return Flux(
            mass,
            energy,
            theta,
            weight,
            np.arange(n) % N_BLOCKS,
            np.arange(n),
            {f"{self.name}-double": 2 * weight},
        )


def total(sources: list[Source], mass: float) -> float:
    return sum(s.total(mass) for s in sources if s.valid[0] < mass < s.valid[1])


def by_name(sources: list[Source]) -> dict[str, Source]:
    return {s.name: s for s in sources}


ALL = [Flat("meson:etap"), Bremsstrahlung("SPS"), Flat("mixing"), Flat("drell-yan", valid=(1.0, 10.0))]


def test_wrapped_sources_are_sources() -> None:
    for name in OVERLAPS:
        assert all(isinstance(s, Source) for s in apply_overlap(ALL, name))


def test_unknown_policy_names_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match="matched"):
        apply_overlap(ALL, "matchd")


@pytest.mark.parametrize("name", OVERLAPS)
def test_a_single_source_is_never_touched(name: str) -> None:
    for s in (Flat("bremsstrahlung"), Flat("mixing"), Flat("mixing-old"), Flat("drell-yan")):
        assert apply_overlap([s], name) == [s]


def test_sum_adds_everything() -> None:
    assert apply_overlap(ALL, "sum") == ALL


def test_none_keeps_even_two_descriptions_of_the_same() -> None:
    both = [Flat("mixing"), Flat("mixing-old"), Flat("dilepton:x")]
    assert apply_overlap(both, "none") == both


@pytest.mark.parametrize("name", [n for n in OVERLAPS if n != "none"])
def test_mixing_old_is_never_added_to_mixing(name: str) -> None:
    found = resolve_overlap([Flat("mixing"), Flat("mixing-old")], name)
    assert [s.name for s in found.sources] == ["mixing"]
    assert "mixing-old" in found.notes[0]


def test_mixing_old_contains_the_rho_of_the_etap() -> None:
    found = by_name(apply_overlap([Flat("meson:etap", valid=(0.001, 0.958)), Flat("mixing-old")], "sum"))
    assert found["meson:etap"].valid == (0.001, 0.60)
    # prompt mesons only: nothing to take away
    found = by_name(apply_overlap([Flat("meson:etap", valid=(0.001, 0.958)), Flat("mixing")], "sum"))
    assert found["meson:etap"].valid == (0.001, 0.958)


def test_mixing_old_contains_the_rho_of_the_phi() -> None:
    """phi -> pi0 rho0: `meson:rare` ends where its rho begins, alone or together with the eta'."""
    rare, etap = Flat("meson:rare", valid=(0.001, 0.88)), Flat("meson:etap", valid=(0.001, 0.958))
    found = resolve_overlap([rare, Flat("mixing-old")], "sum")
    assert by_name(found.sources)["meson:rare"].valid == (0.001, 0.60)
    assert "meson:rare ends at 0.6 GeV: its rho0 is in mixing-old" in found.notes
    found = resolve_overlap([etap, rare, Flat("mixing-old")], "sum")
    assert "meson:etap and meson:rare end at 0.6 GeV: their rho0 is in mixing-old" in found.notes
    assert {s.valid[1] for s in found.sources if s.name.startswith("meson")} == {0.60}
    for other in ("mixing", "bremsstrahlung"):
        (kept, _) = apply_overlap([rare, Flat(other)], "sum")
        assert kept.valid == (0.001, 0.88)


def test_one_or_the_other() -> None:
    assert "mixing" not in by_name(apply_overlap(ALL, "brem-only"))
    assert "bremsstrahlung" not in by_name(apply_overlap(ALL, "mixing-only"))


def test_max_takes_the_largest_at_each_mass() -> None:
    sources = [Flat("bremsstrahlung", 2.0, (0.01, 3.0)), Flat("mixing", 3.0, (0.1, 1.0)), Flat("meson:eta")]
    found = apply_overlap(sources, "max")
    assert [total(found, m) for m in (0.05, 0.5, 2.0)] == [3.0, 4.0, 3.0]
    best = found[-1]
    assert isinstance(best, LargerSource)
    assert best.name == "bremsstrahlung|mixing"
    flux = best.flux(0.5, 100, np.random.default_rng(1))
    assert flux.total() == pytest.approx(3.0)
    assert any("mixing at this mass" in note for note in flux.notes)
    assert best.total(0.5, "mixing-double") == 6.0
    with pytest.raises(MassRangeError):
        best.total(4.0)


def test_matched_removes_the_poles_and_keeps_the_charge() -> None:
    brem = Bremsstrahlung("SPS")
    found = by_name(apply_overlap([brem, Flat("mixing")], "matched"))["bremsstrahlung"]
    for pole in POLE_REGIONS:
        assert found.total(pole.mass) < 0.01 * brem.total(pole.mass)
    # below 2 m_pi the form factor is real: exactly untouched
    assert found.total(0.2) == brem.total(0.2)
    assert found.total(0.4) > 0.97 * brem.total(0.4)
    # what is left has no peak: it stays within the yields at the ends of the pole region
    masses = np.linspace(0.62, 1.1, 97)
    left = np.array([found.total(m) for m in masses])
    assert left.max() < 1.6 * max(brem.total(0.60), brem.total(0.95))


def test_matched_without_mixing_leaves_bremsstrahlung_alone() -> None:
    brem = Bremsstrahlung("SPS")
    assert apply_overlap([Flat("meson:eta"), brem], "matched")[1] is brem


def test_drell_yan_takes_over_linearly() -> None:
    sources = [
        Flat("bremsstrahlung", valid=(0.01, 1.05)),
        Flat("mixing", 3.0),
        Flat("drell-yan", 5.0, (1.0, 20.0)),
    ]
    found = apply_overlap(sources, "matched")
    assert total(found, 1.4) == pytest.approx(3.0)
    assert total(found, 1.75) == pytest.approx(0.5 * 3.0 + 0.5 * 5.0)
    assert total(found, 1.9) == pytest.approx(0.2 * 3.0 + 0.8 * 5.0)
    assert total(found, 2.5) == pytest.approx(5.0)
    with pytest.raises(MassRangeError, match="2 GeV"):
        by_name(found)["mixing"].total(2.5)
    with pytest.raises(MassRangeError, match=r"1\.5"):
        by_name(found)["drell-yan"].total(1.2)


def test_measured_dileptons_replace_the_rest_in_their_range() -> None:
    sources = [
        Flat("mixing"),
        Flat("meson:eta", valid=(0.01, 0.5)),
        Flat("dilepton:na60", 7.0, (0.2, 1.0)),
        Flat("flux:x"),
    ]
    found = apply_overlap(sources, "sum")
    assert total(found, 0.1) == 3.0
    assert total(found, 0.4) == 8.0  # the user's own flux is never judged
    assert total(found, 2.0) == 2.0


def test_flux_and_total_get_the_same_weight() -> None:
    brem = Bremsstrahlung("SPS")
    found = by_name(apply_overlap([brem, Flat("mixing")], "matched"))["bremsstrahlung"]
    flux = found.flux(0.8, 20_000, np.random.default_rng(1))
    for v in ("central", *found.variation_names):
        assert flux.total(v) == pytest.approx(found.total(0.8, v), rel=0.01)
    assert flux.total() / brem.total(0.8) < 0.1


def test_weights_are_positive_and_one_where_nothing_overlaps() -> None:
    weight = PoleWeight(pole_backgrounds(Bremsstrahlung("SPS")))
    masses = np.geomspace(0.001, 5.0, 4000)
    values = weight.at(masses)
    assert values.min() > 0.0
    assert values.max() <= 1.0
    assert np.all(values[masses < 0.27] == 1.0)
    assert weight(0.9) == pytest.approx(float(weight.at(np.array([0.9]))[0]))
    untouched = PoleWeight(weight.backgrounds, (1.0, 1.0))
    np.testing.assert_array_equal(untouched.at(masses), 1.0)


def test_a_form_factor_without_phi_has_no_phi_pole() -> None:
    omega, phi = pole_backgrounds(Bremsstrahlung("SPS", "baseline"))
    assert omega < 0.1 < phi
    shares = PoleWeight((omega, phi)).shares(np.linspace(0.5, 1.5, 50))
    assert shares[0].max() > 0.5
    np.testing.assert_array_equal(shares[1], 0.0)


def test_ramps_add_to_one() -> None:
    masses = np.linspace(1.0, 3.0, 41)
    np.testing.assert_allclose([Ramp()(m) + Ramp(falling=True)(m) for m in masses], 1.0)


def test_innermost_and_pickle() -> None:
    found = apply_overlap(ALL, "matched")
    kinds = [type(i).__name__ for s in found for i in innermost(s)]
    assert kinds == ["Flat", "Bremsstrahlung", "Flat", "Flat"]
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert WeightedSource(ALL[1], 0.5).total(0.3) == 0.5 * ALL[1].total(0.3)
