"""Sources of vectors with any charges."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest

from darkbeam.errors import MassRangeError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.hadrons.couplings import Couplings
from darkbeam.models.catalogue import get_model
from darkbeam.models.charges import PHOTON_CHARGES, Charges
from darkbeam.models.vector import VectorModel
from darkbeam.production.assembly import choose_sources
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.cascade import CascadeDecay
from darkbeam.production.catalogue import make_sources
from darkbeam.production.charged import SourceModelError, charged_sources, vanishes, with_model
from darkbeam.production.charged_model import ElectronStrength, is_photon_like
from darkbeam.production.drell_yan import DrellYan
from darkbeam.production.mixing import Mixing, mixing_source
from darkbeam.production.mixing_couplings import theta, theta_excited
from darkbeam.production.showers import shower_sources
from darkbeam.production.source import Flux
from darkbeam.production.user_flux import user_flux_sources
from darkbeam.production.weighted import LargerSource, WeightedSource, innermost
from darkbeam.spectra import load_spectra

EVERYTHING = ("meson", "bremsstrahlung", "mixing", "mixing-old", "drell-yan", "quarkonium")
MASSES = (0.01, 0.1, 0.25, 0.4, 0.6, 0.78, 0.9, 1.0195, 1.3, 1.7, 2.5, 3.0969, 3.69, 9.46, 10.02, 10.36)
THIRD = Charges(u=1 / 3, d=1 / 3, s=1 / 3, c=1 / 3, b=1 / 3, t=1 / 3)


def sources(names=EVERYTHING):
    return make_sources(get_facility("SPS"), names)


def scaled(k):
    return VectorModel(
        "scaled", Charges(**{f.name: k * getattr(PHOTON_CHARGES, f.name) for f in fields(Charges)})
    )


def inside(source):
    return [m for m in MASSES if source.valid[0] < m < source.valid[1]]


def test_dark_photon_changes_nothing():
    found = sources()
    for model in (None, get_model("dark-photon")):
        assert all(with_model(s, model) is s for s in found)
        assert charged_sources(found, model) == (found, ())


@pytest.mark.parametrize("k", [1.0, -1.7])
def test_multiples_of_electric_charge(k):
    """All sources, all variations: k^2 times the dark photon; Drell-Yan without the Z, which others do not mix with."""
    for photon in [s for s in sources() if s.name != "drell-yan"] + [DrellYan("SPS", z_mixing=False)]:
        other = with_model(photon, scaled(k))
        assert other.valid == photon.valid
        assert other.variation_names == photon.variation_names
        for mass in inside(photon):
            for v in ("central", *photon.variation_names):
                assert other.total(mass, v) == pytest.approx(k**2 * photon.total(mass, v), rel=1e-12)


def test_unit_charges_give_the_same_bytes():
    """Charges of the photon under another name: same points and weights."""
    for photon in (s for s in sources() if s.name != "drell-yan"):
        mass = inside(photon)[-1]
        one, two = (
            s.flux(mass, 400, np.random.default_rng(5)) for s in (photon, with_model(photon, scaled(1.0)))
        )
        assert np.array_equal(one.energy, two.energy)
        assert np.array_equal(one.weight, two.weight)


def test_flux_sums_to_total():
    for source in charged_sources(sources(), get_model("B-L"))[0]:
        mass = inside(source)[len(inside(source)) // 2]
        flux = source.flux(mass, 8000, np.random.default_rng(3))
        for v in ("central", *source.variation_names):
            assert flux.total(v) == pytest.approx(source.total(mass, v), rel=0.03)


def test_baryon_minus_lepton_is_produced_as_baryon_number():
    """Only quarks count."""
    one, two = (charged_sources(sources(), get_model(m))[0] for m in ("B", "B-L"))
    assert [s.name for s in one] == [s.name for s in two]
    for a, b in zip(one, two, strict=True):
        assert all(a.total(m) == b.total(m) for m in inside(a))


def test_isoscalar_vectors_lose_isovector_sources():
    """omega -> pi0 X, Delta -> N X and mixing with the rho need c1."""
    kept, notes = charged_sources(sources(), get_model("B-L"))
    gone = {s.name for s in sources()} - {s.name for s in kept}
    assert gone == {"meson:omega", "meson:Delta", "mixing-old"}
    assert all(any(note.startswith(f"{name} left out for B-L") for note in notes) for name in gone)
    assert notes[0].startswith("bremsstrahlung of B-L vectors ends at 1.13 GeV")


def test_protophobic_vector_has_no_pi0():
    pi0 = with_model(sources(["meson:pi0"])[0], get_model("protophobic"))
    assert vanishes(pi0)
    flux = pi0.flux(0.05, 100, np.random.default_rng(1))
    assert flux.energy.size >= 100
    assert not flux.weight.any()


def test_named_source_that_vanishes_is_an_error():
    with pytest.raises(SourceModelError, match=r"meson:pi0 does not make protophobic.*vanishes.*drell-yan"):
        charged_sources(sources(["meson:pi0", "mixing"]), get_model("protophobic"), frozenset({"meson:pi0"}))
    with pytest.raises(SourceModelError, match="meson:pi0"):
        charged_sources(sources(["meson:pi0"]), get_model("protophobic"))


def test_loop_models_are_small_and_follow_the_photon():
    """L_mu - L_tau: kappa(m)^2 times the dark photon everywhere."""
    model = get_model("L_mu-L_tau")
    for photon in [s for s in sources() if s.name != "drell-yan"] + [DrellYan("SPS", z_mixing=False)]:
        other = with_model(photon, model)
        for mass in inside(photon):
            kappa = model.charges_at(mass).u * 1.5
            assert abs(kappa) < 0.02
            assert other.total(mass) == pytest.approx(kappa**2 * photon.total(mass), rel=1e-9)


def test_bremsstrahlung_of_baryon_number():
    """Charge 1 and no magnetic moment to speak of at small mass; refused where isospin is not known."""
    photon = Bremsstrahlung("SPS")
    other = with_model(photon, get_model("B"))
    expected = photon.probability(0.01, 1.0, -0.12)
    assert other.total(0.01) == pytest.approx(expected, rel=3e-3)
    assert other.valid[1] == 1.13
    with pytest.raises(MassRangeError, match=r"isospin.*B vectors.*--brem baseline"):
        other.total(1.5)
    assert "brem-isospin" in other.variation_names
    assert "brem-isospin" not in photon.variation_names
    assert 0.02 < abs(other.total(0.5, "brem-isospin") / other.total(0.5) - 1.0) < 0.5
    with pytest.raises(MassRangeError, match=r"< 5 GeV, not 6$"):
        photon.total(6.0)
    assert with_model(Bremsstrahlung("SPS", "baseline"), get_model("B")).valid == photon.valid


def test_bremsstrahlung_baseline_at_small_mass():
    """(2 x_u + x_d)^2 as in arXiv:1801.04847, equation 2.4."""
    photon = Bremsstrahlung("SPS", "baseline")
    for x_u, x_d in ((1.0, 0.0), (0.0, 1.0), (0.3, -0.2), (1 / 3, 1 / 3)):
        other = with_model(photon, VectorModel("test", Charges(u=x_u, d=x_d)))
        assert other.total(0.002) / photon.total(0.002) == pytest.approx((2 * x_u + x_d) ** 2, rel=1e-3)


def test_mixing_by_meson():
    """Strengths are |c theta|^2; the coherent sum knows the sign of c1 c0."""
    photon = mixing_source("SPS")
    up, down = (with_model(photon, VectorModel("test", x)) for x in (Charges(u=1.0), Charges(d=1.0)))
    m = 0.5
    assert isinstance(up, Mixing)
    assert isinstance(down, Mixing)
    assert up.strength("light", m) == pytest.approx(
        abs(theta("rho", m)) ** 2 + abs(3 * theta("omega", m)) ** 2
    )
    assert up.strength("strange", m) == 0.0
    assert up.strength("light", m, "mixing-excited") - up.strength("light", m) == pytest.approx(
        abs(theta_excited("rho", m)) ** 2 + 9 * abs(theta_excited("omega", m)) ** 2
    )
    assert up.total(m) == pytest.approx(down.total(m))
    assert up.interference(m) == pytest.approx(-down.interference(m))
    assert up.total(m, "mixing-coherent") > up.total(m) > down.total(m, "mixing-coherent")
    strange = with_model(photon, VectorModel("test", Charges(s=-1 / 3)))
    assert strange.total(m) == pytest.approx(
        photon.spectra.multiplicity("strange", m) * photon.strength("strange", m)
    )


def test_drell_yan_by_quark():
    photon = DrellYan("SPS", z_mixing=False)
    up, down, baryon = (
        with_model(photon, VectorModel("test", x)) for x in (Charges(u=1, c=1), Charges(d=1, s=1, b=1), THIRD)
    )
    for m in (1.7, 3.0, 6.0):
        assert 4 / 9 * up.total(m) + down.total(m) / 9 == pytest.approx(photon.total(m), rel=1e-12)
        assert baryon.total(m) == pytest.approx((up.total(m) + down.total(m)) / 9, rel=1e-12)
    with pytest.raises(SourceModelError, match=r"drell-yan.*u and c"):
        with_model(photon, VectorModel("up-philic", Charges(u=1.0)))
    at_z = with_model(DrellYan("LHC"), scaled(1.0))
    assert at_z.total(91.2) < 0.1 * DrellYan("LHC").total(91.2)


def test_quarkonium_by_quark():
    found = {s.name: s for s in sources(["quarkonium"])}
    jpsi = found["quarkonium:jpsi"]
    model = VectorModel("test", Charges(c=0.5, b=0.5))
    assert with_model(jpsi, model).total(3.09) == pytest.approx(0.5625 * jpsi.total(3.09))
    for state, mass in (("upsilon", 9.4), ("upsilon2s", 10.0), ("upsilon3s", 10.4)):
        upsilon = found[f"quarkonium:{state}"]
        assert with_model(upsilon, model).total(mass) == pytest.approx(2.25 * upsilon.total(mass))


def test_wrappers_are_kept():
    found = choose_sources("SPS", ["bremsstrahlung", "mixing", "drell-yan"]).sources
    for source in found:
        other = with_model(source, get_model("B"))
        assert type(other) is type(source)
        assert isinstance(source, WeightedSource)
        (inner,), (photon,) = innermost(other), innermost(source)
        mass = 1.05 if source.name != "drell-yan" else 1.9
        assert other.total(mass) / source.total(mass) == pytest.approx(inner.total(mass) / photon.total(mass))
    largest = with_model(LargerSource(tuple(sources(["bremsstrahlung", "mixing"]))), get_model("B"))
    assert largest.total(0.5) > 0.0
    saturated = choose_sources("SPS", ["bremsstrahlung"]).sources[0]
    assert "brem-saturated" in saturated.variation_names
    assert "brem-saturated" not in with_model(saturated, get_model("B")).variation_names


@dataclass(frozen=True)
class Foreign:
    """A source of dark photons of which nothing is known."""

    name: str = "foreign"
    valid: tuple[float, float] = (0.01, 1.0)
    variation_names: tuple[str, ...] = ()

    def flux(self, mass, n, rng):
        del rng
        one = np.full(n, 1.0 / n)
        return Flux(mass, one + mass, 0.0 * one, one, np.arange(n) % 20, np.arange(n))

    def total(self, mass, variation="central"):
        del mass, variation
        return 1.0


@dataclass(frozen=True)
class Knowing(Foreign):
    """One that answers for itself."""

    def charged(self, model):
        return WeightedSource(self, ElectronStrength(model))


def test_unknown_sources_are_refused_by_name():
    with pytest.raises(SourceModelError, match=r"source foreign does not make B-L vectors.*meson, brems"):
        with_model(Foreign(), get_model("B-L"))
    kept, notes = charged_sources([Foreign(), *sources(["mixing"])], get_model("B-L"))
    assert [s.name for s in kept] == ["mixing"]
    assert "foreign left out for B-L" in notes[0]


def test_sources_that_answer_for_themselves_and_showers():
    for source in (Knowing(), Foreign("shower:annihilation")):
        assert with_model(source, get_model("B-3L_e")).total(0.1) == pytest.approx(9.0)
        assert vanishes(with_model(source, get_model("B-3L_mu")))


def test_user_fluxes(tmp_path):
    """Mothers decay into the vector; dark photons of unknown origin are refused even if other sources are left."""
    (tmp_path / "mesons.csv").write_text("energy_GeV,theta_rad,weight,pdg\n20,0.01,1,111\n30,0.02,0.5,221\n")
    (tmp_path / "dark.csv").write_text("energy_GeV,theta_rad,weight,mass_GeV\n20,0.01,1,0.1\n")
    pi0, eta = user_flux_sources(f"flux:{tmp_path / 'mesons.csv'}", get_facility("SPS"))
    baryon = get_model("B")
    assert with_model(pi0, baryon).name == pi0.name
    assert with_model(pi0, baryon).total(0.05) == pytest.approx(pi0.total(0.05))
    assert with_model(eta, baryon).total(0.002) == pytest.approx(eta.total(0.002) / 4, rel=1e-4)
    kept, notes = charged_sources([pi0, eta], get_model("protophobic"))
    assert [s.name for s in kept] == [eta.name]
    assert "vanishes" in notes[0]
    (dark,) = user_flux_sources(f"flux:{tmp_path / 'dark.csv'}", get_facility("SPS"))
    with pytest.raises(SourceModelError, match=r"flux:dark\.csv does not make B vectors"):
        charged_sources([dark, *sources(["mixing"])], baryon)


def test_showers_and_cascades():
    """Electrons and positrons couple with x_e; mesons of the cascade decay like all others."""
    for photon in shower_sources(load_spectra("SPS")):
        assert with_model(photon, get_model("B-3L_e")).total(0.05) == pytest.approx(9 * photon.total(0.05))
    cascade = CascadeDecay(sources(["meson:eta"])[0])
    other = with_model(cascade, get_model("B"))
    assert other.name == "cascade:eta"
    assert other.total(0.01) == pytest.approx(cascade.total(0.01) / 4, rel=1e-3)


def test_preset_is_for_dark_photons():
    with pytest.raises(ValueRangeError, match="preset senscalc is for dark photons, not for B-L"):
        choose_sources("SPS", preset="senscalc", model=get_model("B-L"))
    chosen = choose_sources("SPS", model=get_model("B-L"))
    assert {"mixing", "bremsstrahlung", "meson:pi0"} <= {s.name for s in chosen.sources}
    assert not any("brem-saturated" in s.variation_names for s in chosen.sources)


def test_photon_like():
    assert is_photon_like(Couplings(2.0, 2.0, 2.0 * (1 + 1e-12)))
    assert is_photon_like(Couplings(-1.0, -1.0, -1.0))
    assert not is_photon_like(Couplings(1.0, 1.0, 0.999))
