"""Yields: sums, notes, errors, scans, and the choice of sources behind them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import CardError, MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.models import get_model
from darkbeam.production import catalogue
from darkbeam.production.assembly import Choice, choose_sources
from darkbeam.production.bremsstrahlung import Bremsstrahlung
from darkbeam.production.cross_sections import sigma_total
from darkbeam.production.mesons import meson_sources
from darkbeam.production.overlap import resolve_overlap
from darkbeam.production.saturation import SaturatedBremsstrahlung
from darkbeam.production.source import Flux
from darkbeam.production.yields import Yield, list_variations, saturation, yield_at, yield_scan
from darkbeam.spectra import load_spectra
from darkbeam.spectra.storage import write_spectra

PAIR = ["meson", "bremsstrahlung"]


@dataclass(frozen=True)
class Flat:
    """The same yield at every mass."""

    name: str
    valid: tuple[float, float] = (0.01, 4.0)
    variation_names: tuple[str, ...] = ()

    def total(self, mass: float, variation: str = "central") -> float:
        return 2.0

    def flux(self, mass: float, n: int, rng: np.random.Generator) -> Flux:
        raise AssertionError("yields need totals only")


@pytest.fixture
def pair() -> Choice:
    return choose_sources("SPS", PAIR)


def test_total_is_the_sum_of_the_sources(pair: Choice) -> None:
    found = yield_at(pair, 0.3)
    expected = {s.name: s.total(0.3) for s in meson_sources("SPS") if s.valid[1] > 0.3}
    expected["bremsstrahlung"] = Bremsstrahlung("SPS").total(0.3)
    assert found.by_source == pytest.approx(expected)
    assert found.total == pytest.approx(sum(expected.values()))
    assert found.variations["central"] == pytest.approx(found.total)
    upper = found.total - expected["bremsstrahlung"] + Bremsstrahlung("SPS").total(0.3, "brem-upper")
    assert found.variations["brem-upper"] == pytest.approx(upper)


def test_json_has_the_contracted_keys(pair: Choice) -> None:
    data = json.loads(json.dumps(yield_at(pair, 0.3).to_dict()))
    assert set(data) >= {"facility", "mass_GeV", "normalisation", "total", "by_source", "variations"}
    assert data["facility"] == "SPS"
    assert data["total"] == pytest.approx(sum(data["by_source"].values()))


def test_sources_outside_their_range_are_noted_or_refused(pair: Choice) -> None:
    found = yield_at(pair, 0.7)
    assert "meson:pi0" not in found.by_source
    assert any(n.startswith("meson:pi0 left out") for n in found.notes)
    with pytest.raises(MassRangeError, match=r"meson:pi0 at SPS is valid from 0\.001022 to 0\.135 GeV"):
        yield_at(choose_sources("SPS", ["meson:pi0", "bremsstrahlung"]), 0.7)
    with pytest.raises(MassRangeError, match="no source produces at 7 GeV"):
        yield_at(choose_sources("SPS", ["meson"]), 7.0)


def test_extrapolation_is_said(pair: Choice) -> None:
    assert any("extrapolated" in n for n in yield_at(pair, 2.5).notes)
    assert not any("extrapolated" in n for n in yield_at(pair, 1.5).notes)


def test_a_source_that_the_overlap_policy_ends_is_not_an_error(pair: Choice) -> None:
    resolved = resolve_overlap([*pair.sources, Flat("drell-yan", (1.0, 10.0))], "matched")
    choice = replace(pair, sources=tuple(resolved.sources), named=frozenset({"bremsstrahlung", "drell-yan"}))
    found = yield_at(choice, 3.0)
    assert list(found.by_source) == ["drell-yan"]
    assert any("bremsstrahlung left out" in n for n in found.notes)
    with pytest.raises(MassRangeError, match="bremsstrahlung"):
        yield_at(choice, 6.0)  # beyond bremsstrahlung itself


def test_variation_by_short_and_full_name(pair: Choice) -> None:
    upper, full = (yield_at(pair, 0.5, v) for v in ("upper", "brem-upper"))
    assert upper.by_source == full.by_source
    assert upper.variation == "upper"
    assert upper.total == pytest.approx(upper.variations["brem-upper"])
    with pytest.raises(UnknownNameError, match="upper"):
        yield_at(pair, 0.5, "uper")
    # a variation that no source has at this mass is the central value
    assert yield_at(pair, 0.9, "omega-vmd").total == pytest.approx(yield_at(pair, 0.9).total)


def test_normalisation(pair: Choice) -> None:
    site = get_facility("SPS")
    ratio = site.sigma_inel_mb / float(sigma_total(site.s))
    every = yield_at(choose_sources("SPS", PAIR, normalisation="all"), 0.3)
    assert every.normalisation == "all"
    for name, value in yield_at(pair, 0.3).by_source.items():
        assert every.by_source[name] == pytest.approx(value * ratio, rel=1e-9)


def test_variations_are_listed(pair: Choice) -> None:
    found = list_variations(pair)
    assert found["meson:pi0"] == ()
    assert {"brem-lower", "brem-upper", "brem-saturated"} <= set(found["bremsstrahlung"])


def test_saturation_limits_bremsstrahlung_alone(pair: Choice) -> None:
    brem = next(s for s in pair.sources if s.name == "bremsstrahlung")
    assert isinstance(brem, SaturatedBremsstrahlung)
    assert saturation(pair)["phi"]["ratio"] == pytest.approx(56.0, rel=0.05)
    found = yield_at(pair, 1.0195)
    assert found.variations["brem-saturated"] < 0.05 * found.variations["central"]


def test_jpsi_is_compared_with_its_own_source(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Jpsi(Flat):
        def multiplicity(self) -> float:
            return 1e-5

    monkeypatch.setattr(catalogue, "make_sources", lambda *_, **__: [Jpsi("quarkonium:jpsi")])
    choice = choose_sources("SPS", ["bremsstrahlung"])
    assert choice.multiplicities["jpsi"] == 1e-5
    row = saturation(choice)["jpsi"]
    assert row["inclusive"] == pytest.approx(1e-5 * 5.971e-2 * 0.9366, rel=1e-3)
    assert row["ratio"] == pytest.approx(row["pairs"] / row["inclusive"])


def test_names_are_read_without_case_and_unknown_ones_refused() -> None:
    assert [s.name for s in choose_sources("sps", ["MESON:ETA"]).sources] == ["meson:eta"]
    with pytest.raises(UnknownNameError, match="meson:eta"):
        choose_sources("SPS", ["meson:etaa"])
    with pytest.raises(UnknownNameError, match="Serpukhov"):
        choose_sources("Serpuchov")
    with pytest.raises(ValueRangeError, match="no source"):
        choose_sources("SPS", [])
    with pytest.raises(ValueRangeError, match="no source is left"):
        choose_sources("SPS", ["meson:omega"], preset="senscalc")


def test_default_takes_every_source_but_second_descriptions() -> None:
    names = [s.name for s in choose_sources("SPS").sources]
    assert {"meson:pi0", "bremsstrahlung"} <= set(names)
    assert "mixing-old" not in names


def test_scan_equals_single_masses(pair: Choice) -> None:
    masses = [0.05, 0.3, 0.9]
    scan = yield_scan(pair, masses)
    for k, m in enumerate(masses):
        one: Yield = yield_at(pair, m)
        assert scan.total()[k] == pytest.approx(one.total)
        assert scan.total("brem-lower")[k] == pytest.approx(one.variations["brem-lower"])
        for name, rows in scan.by_source.items():
            assert np.isnan(rows["central"][k]) == (name not in one.by_source)
    with pytest.raises(MassRangeError, match="no source produces between 7 and 8"):
        yield_scan(pair, [7.0, 8.0])


def test_table_has_empty_cells_outside_validity(pair: Choice) -> None:
    text = yield_scan(pair, [0.05, 0.9]).to_csv()
    comments = [x for x in text.splitlines() if x.startswith("#")]
    assert any("SPS" in x for x in comments)
    assert any("form_factors default" in x for x in comments)
    rows = list(csv.DictReader(x for x in text.splitlines() if not x.startswith("#")))
    assert rows[1]["meson:pi0"] == ""
    assert float(rows[0]["meson:pi0"]) == pytest.approx(6.04, rel=0.01)
    assert float(rows[1]["central"]) == pytest.approx(yield_at(pair, 0.9).total)
    assert "total[brem-upper]" in rows[0]


def test_user_flux_is_one_more_source(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("energy_GeV,theta_rad,weight,mass_GeV\n10,0.01,0.5,0.3\n")
    choice = choose_sources("SPS", ["bremsstrahlung", f"flux:{path}"])
    found = yield_at(choice, 0.3)
    assert found.by_source["flux:mine.csv"] == 0.5
    assert [s.name for s in choose_sources("SPS", [f"flux:{path}"]).sources] == ["flux:mine.csv"]


def test_own_facility(tmp_path: Path) -> None:
    """A card at the SPS energy with the SPS tables gives the SPS yields; without tables bremsstrahlung still works."""
    card = tmp_path / "mine.toml"
    card.write_text(
        'name = "Mine"\nbeam_energy_GeV = 400\n[spectra]\nfolder = "t"\n[bremsstrahlung]\nz_max = 0.95\n'
    )
    with pytest.raises(CardError, match="darkbeam spectra make"):
        choose_sources(str(card))
    alone = choose_sources(str(card), ["bremsstrahlung"])
    assert alone.multiplicities == {}
    assert yield_at(alone, 0.5).total == pytest.approx(Bremsstrahlung("SPS").total(0.5), rel=1e-3)
    shipped = load_spectra("SPS")
    site = alone.facility
    write_spectra(tmp_path / "t", site, {n: s.table for n, s in shipped.tables.items()}, dict(shipped.sample))
    both = yield_at(choose_sources(str(card)), 0.1)
    expected = yield_at(choose_sources("SPS", PAIR), 0.1)
    assert both.by_source["meson:eta"] == pytest.approx(expected.by_source["meson:eta"])
    with pytest.raises(UnknownNameError, match="meson"):
        choose_sources(str(card), ["mesons"])


def test_the_saturation_test_is_for_dark_photons_and_the_first_collision() -> None:
    with pytest.raises(ValueRangeError, match="not B vectors"):
        saturation(choose_sources("SPS", ["meson"], model=get_model("B")))
    alone, thick = (saturation(choose_sources("SPS", names)) for names in (["meson"], ["meson", "cascade"]))
    assert alone == thick
