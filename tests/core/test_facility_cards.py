"""Facility cards: what they make and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkbeam.errors import CardError, UnknownNameError
from darkbeam.facilities import Facility, get_facility
from darkbeam.facility_cards import load_facility, load_facility_card
from darkbeam.production.cross_sections import s_initial, sigma_inelastic
from darkbeam.spectra.storage import load_spectra, write_spectra

SHORT = 'name = "Main_ring"\nbeam_energy_GeV = 800.0\n'
FULL = (
    SHORT
    + """description = "p(800 GeV) on tungsten"
collider = false
[target]
A = 184
Z = 74
[cross_section]
sigma_inel_mb = 33.5
[bremsstrahlung]
z_min = 0.05
z_max = 0.95
pt_max_GeV = 1.5
mass_max_GeV = 4.0
[spectra]
folder = "tables"
"""
)


def card(folder: Path, text: str) -> Path:
    path = folder / "beam.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_short_card_takes_defaults(tmp_path: Path) -> None:
    found = load_facility_card(card(tmp_path, SHORT))
    f = found.facility
    assert isinstance(f, Facility)
    assert (f.name, f.description, f.collider) == ("Main_ring", "Main_ring", False)
    assert (f.z_min, f.z_max, f.pt_max) == (0.1, 0.9, 1.0)
    assert f.sigma_inel_mb == pytest.approx(
        float(sigma_inelastic(s_initial(f.beam_momentum, collider=False))), abs=0.01
    )
    assert (found.target_A, found.target_Z) == (1, 1)
    assert found.spectra_folder == tmp_path / "darkbeam-out" / "spectra"


def test_full_card(tmp_path: Path) -> None:
    found = load_facility_card(card(tmp_path, FULL))
    f = found.facility
    assert (f.sigma_inel_mb, f.z_min, f.z_max, f.pt_max, f.brem_mass_max) == (33.5, 0.05, 0.95, 1.5, 4.0)
    assert (found.target_A, found.target_Z, found.spectra_folder) == (184, 74, tmp_path / "tables")
    assert f.description == "p(800 GeV) on tungsten"


def test_default_cross_section_is_that_of_the_shipped_facilities(tmp_path: Path) -> None:
    text = 'name = "Copy"\nbeam_energy_GeV = 7000\ncollider = true\n'
    found = load_facility(card(tmp_path, text))
    shipped = get_facility("LHC")
    assert found.sigma_inel_mb == pytest.approx(shipped.sigma_inel_mb, abs=0.01)
    assert (found.z_min, found.z_max, found.s) == (shipped.z_min, shipped.z_max, shipped.s)


def test_names_and_cards_are_told_apart(tmp_path: Path) -> None:
    assert load_facility("lhc 13p6") == get_facility("LHC_13p6")
    assert load_facility(str(card(tmp_path, SHORT))).name == "Main_ring"
    with pytest.raises(UnknownNameError, match="SPS"):
        load_facility("SPX")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = \n", "not valid TOML"),
        ("beam_energy_GeV = 800\n", "'name': is missing"),
        ('name = "A"\n', "'beam_energy_GeV': is missing"),
        ('name = "SPS"\nbeam_energy_GeV = 400\n', "shipped facility"),
        ('name = "lhc-13p6"\nbeam_energy_GeV = 400\n', "shipped facility"),
        ('name = "../x"\nbeam_energy_GeV = 400\n', "letters, digits"),
        ('name = "A"\nbeam_energy_GeV = "400"\n', "must be a number"),
        ('name = "A"\nbeam_energy_GeV = 0.5\n', "must be above"),
        ('name = "A"\nbeam_energy_GeV = 5\n', "valid: 5 to 100000 GeV"),
        ('name = "A"\nbeam_energy_GeV = nan\n', "must be finite"),
        (SHORT + "energy = 1\n", "unknown key"),
        (SHORT + "[target]\nA = 0\nZ = 1\n", "at least 1"),
        (SHORT + "[target]\nA = 12\nZ = 13\n", "at most A = 12"),
        (SHORT + "[target]\nA = 1000\nZ = 1\n", "at most 295"),
        (SHORT + "[target]\nA = 12.5\nZ = 6\n", "whole number"),
        (SHORT + "[target]\nA = 12\n", "'target.Z': is missing"),
        (SHORT + "collider = true\n[target]\nA = 12\nZ = 6\n", "no target"),
        (SHORT + "[cross_section]\nsigma_inel_mb = 0\n", "at least 1"),
        (SHORT + "[bremsstrahlung]\nz_min = 0.9\nz_max = 0.5\n", "z_min < z_max"),
        (SHORT + "[bremsstrahlung]\nz_max = 1.0\n", "z_max < 1"),
        (SHORT + "[bremsstrahlung]\nzmin = 0.5\n", "did you mean 'z_min'"),
        (SHORT + "[bremsstrahlung]\npt_max_GeV = -1\n", "must be above 0"),
        (SHORT + "[spectra]\nfolder = 3\n", "must be a string"),
        (SHORT + "target = 3\n", "must be a table"),
    ],
)
def test_bad_cards_name_the_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CardError, match=words):
        load_facility_card(card(tmp_path, text))


def test_missing_card(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="no such file"):
        load_facility_card(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CardError, match="cannot be read"):
        load_facility_card(tmp_path / "x.toml")


def test_spectra_of_a_card(tmp_path: Path) -> None:
    """Tables of the same beam are read; none, or those of another energy, are refused."""
    path = card(tmp_path, 'name = "Mine"\nbeam_energy_GeV = 400.0\n[spectra]\nfolder = "tables"\n')
    found = load_facility_card(path)
    with pytest.raises(CardError, match=r"darkbeam spectra make beam\.toml"):
        found.spectra()
    shipped = load_spectra("SPS")
    tables = {name: s.table for name, s in shipped.tables.items()}
    write_spectra(tmp_path / "tables", found.facility, tables, dict(shipped.sample))
    spectra = found.spectra()
    assert spectra.species("eta").multiplicity == shipped.species("eta").multiplicity
    assert spectra.facility.name == "Mine"
    other = card(tmp_path, 'name = "Mine"\nbeam_energy_GeV = 300.0\n[spectra]\nfolder = "tables"\n')
    with pytest.raises(CardError, match=r"another beam \(Beams:eA = 400"):
        load_facility_card(other).spectra()
