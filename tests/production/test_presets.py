"""The preset senscalc: each switch, and SensCalc's own yields where they can be compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.production.assembly import choose_sources
from darkbeam.production.brem_unconjugated import UnconjugatedBremsstrahlung, bilinears_unconjugated
from darkbeam.production.bremsstrahlung import Bremsstrahlung, bilinears
from darkbeam.production.catalogue import make_sources
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.flux_files import FluxTable
from darkbeam.production.presets import PRESETS, apply_preset, get_preset
from darkbeam.production.user_flux import UserDarkPhotons
from darkbeam.production.yields import yield_at
from darkbeam.spectra import load_spectra


def test_unknown_preset_names_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match="senscalc"):
        get_preset("sensecalc")
    assert get_preset("SensCalc") is PRESETS["senscalc"]


def test_every_switch_is_documented() -> None:
    switches = get_preset("senscalc").switches
    assert set(switches) == {
        "multiplicities", "K_S", "branching", "decays", "mixing", "conjugation", "sigma", "lambda", "vmd",
        "drell-yan", "overlap",
    }  # fmt: skip
    assert all(len(text) > 10 for text in switches.values())


def test_meson_yields_are_those_of_the_formula() -> None:
    """N = sigma_inel/sigma_tot n 2 BR (1 - m^2/M^2)^3, pi0 including those of K_S."""
    site = get_facility("SPS")
    found = yield_at(choose_sources("SPS", preset="senscalc"), 0.1).by_source
    scale = site.sigma_inel_mb / float(sigma_total(site.s))
    spectra = load_spectra("SPS")
    for name, M, br, n in (
        ("meson:pi0", 0.1349768, 0.98799, 5.05),
        ("meson:eta", 0.547862, 0.3931, spectra.species("eta").multiplicity),
        ("meson:etap", 0.95778, 0.0219, spectra.species("etap").multiplicity),
    ):
        assert found[name] == pytest.approx(scale * n * 2 * br * (1 - (0.1 / M) ** 2) ** 3, rel=1e-6)


def test_sources_of_the_other_tool_only() -> None:
    choice = choose_sources("SPS", ["meson", "bremsstrahlung"], preset="senscalc")
    assert [s.name for s in choice.sources] == ["meson:pi0", "meson:eta", "meson:etap", "bremsstrahlung"]
    assert (choice.overlap, choice.normalisation) == ("sum", "all")
    assert any("meson:omega" in note for note in choice.notes)


def test_vmd_masses_with_another_description() -> None:
    for brem in ("baseline", "ap"):
        (source,) = choose_sources("SPS", ["bremsstrahlung"], preset="senscalc", brem=brem).sources
        assert isinstance(source, Bremsstrahlung)
        assert (source.form_factor_model, source.normalisation) == ("vmd-senscalc", "senscalc")


def test_interference_without_conjugation() -> None:
    F1, F2 = 2.0 + 1.0j, 1.0 - 3.0j
    assert bilinears_unconjugated(F1, F2)[:2] == pytest.approx(bilinears(F1, F2)[:2])
    assert bilinears_unconjugated(F1, F2)[2] == pytest.approx(5.0)  # Re(2 - 6i + i + 3)
    assert bilinears(F1, F2)[2] == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("mass", "ratio"), [(0.2, 1.0), (0.7, 0.89), (0.775, 0.85), (0.95, 0.99), (1.5, 2.15), (2.0, 2.33)]
)
def test_missing_conjugation_changes_the_yield_as_known(mass: float, ratio: float) -> None:
    """Central ratios at the SPS; the form factors of 2409.09123 from an independent evaluation."""
    brem = Bremsstrahlung("SPS")
    assert UnconjugatedBremsstrahlung(brem).total(mass) / brem.total(mass) == pytest.approx(ratio, rel=0.04)


@pytest.mark.parametrize("mass", [0.3, 1.02, 1.5])
def test_unconjugated_flux_agrees_with_its_total(mass: float) -> None:
    source = UnconjugatedBremsstrahlung(Bremsstrahlung("SPS"))
    flux = source.flux(mass, 20_000, np.random.default_rng(1))
    assert set(flux.variations) == set(source.variation_names)
    for v in ("central", *source.variation_names):
        assert flux.total(v) == pytest.approx(source.total(mass, v), rel=5e-3)
        assert np.all(flux.weights(v) >= 0.0)


def test_only_fr_has_an_interference() -> None:
    with pytest.raises(ValueRangeError, match="fr"):
        UnconjugatedBremsstrahlung(Bremsstrahlung("SPS", "baseline"))


def test_user_fluxes_pass() -> None:
    rows = np.array([10.0])
    mine = UserDarkPhotons("flux:mine.csv", FluxTable(rows, rows / 1e3, rows, rows / 100, None))
    assert apply_preset(get_preset("senscalc"), [mine]) == [mine]


def _reference(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    path = shared / "reference" / "production" / "sps_dark_photon_total_yield_central.csv"
    rows = [x.split(",") for x in path.read_text().splitlines() if x[:1].isdigit()]
    return np.array(rows, dtype=np.float64).T


@pytest.mark.reference
def test_total_below_the_pion_mass(shared: Path) -> None:
    mass, published = _reference(shared)
    choice = choose_sources("SPS", preset="senscalc")
    for m in (0.02, 0.052, 0.076, 0.1, 0.124):
        expected = np.exp(np.interp(m, mass, np.log(published)))
        assert yield_at(choice, m).total == pytest.approx(expected, rel=0.05)


@pytest.mark.reference
@pytest.mark.parametrize(
    "mass", [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 0.9, 0.95, 1.1, 1.2, 1.3, 1.6, 1.7, 2.5, 2.9]
)
def test_total_away_from_the_peaks(shared: Path, mass: float) -> None:
    """Mesons, bremsstrahlung, mixing and Drell-Yan with SensCalc's conventions, omega and phi peaks left out."""
    if not {"mixing", "drell-yan"} <= {s.name for s in choose_sources("SPS", preset="senscalc").sources}:
        pytest.skip("needs mixing and drell-yan")
    masses, published = _reference(shared)
    expected = np.exp(np.interp(mass, masses, np.log(published)))
    assert yield_at(choose_sources("SPS", preset="senscalc"), mass).total == pytest.approx(expected, rel=0.15)


def test_preset_options_are_arguments_of_make_sources() -> None:
    preset = get_preset("senscalc")
    made = make_sources(get_facility("SPS"), ["meson:pi0", "bremsstrahlung"], **preset.options)
    assert [s.name for s in apply_preset(preset, made)] == ["meson:pi0", "bremsstrahlung"]
