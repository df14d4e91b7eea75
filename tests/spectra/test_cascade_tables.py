"""Tables of the hadronic cascade: storage, shipped files, generator."""

from __future__ import annotations

import json
import sys
from importlib.resources import files

import numpy as np
import pytest

from darkbeam.errors import MissingExtraError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.facilities import FACILITIES
from darkbeam.production.drell_yan import TARGETS
from darkbeam.production.target_materials import MATERIALS, TARGET_MATERIALS
from darkbeam.spectra import SPECIES, load_spectra
from darkbeam.spectra.cascade import load_cascade
from darkbeam.spectra.cascade_generator import (
    KINETIC_CUT,
    MASS_NUMBERS,
    Nucleus,
    generate_cascade,
    generate_cascade_block,
    snapped,
)
from darkbeam.spectra.cascade_make import ABSORBERS, make_cascade, write_cascade

FOLDER = files("darkbeam") / "data" / "cascade"
SHIPPED = [name for name in ABSORBERS if FOLDER.joinpath(f"{name}.npz").is_file()]


def test_nuclei():
    assert snapped(42, 95.95) == Nucleus(47, 107)
    assert snapped(26, 55.845) == Nucleus(26, 56)
    assert snapped(6, 12.011) == Nucleus(6, 12)
    assert snapped(1, 1.0) == Nucleus(1, 1)
    assert all(snapped(*za).A in MASS_NUMBERS for za in ABSORBERS.values())


def test_one_target_per_facility():
    """The same material in the cascade, in showers and in Drell-Yan."""
    for name, (Z, A) in ABSORBERS.items():
        material = MATERIALS[TARGET_MATERIALS[name]]
        for target in (material, TARGETS[name]):
            assert target.Z == Z
            assert abs(target.A / A - 1.0) < 1e-4


def test_shipped():
    assert "SPS" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_file(name):
    spectra = load_cascade(name)
    about = spectra.sample
    size = sum(len(FOLDER.joinpath(f"{name}{end}").read_bytes()) for end in (".npz", ".json"))
    assert size < 300_000
    assert len(set(about["seeds"])) == 20
    assert about["generator"].startswith("pythia8mc 8.3")
    nucleus = snapped(*ABSORBERS[name])
    assert about["cascade"]["nucleus"] == {"Z": nucleus.Z, "A": nucleus.A}
    assert any(f"eKinMin = {KINETIC_CUT:g} GeV" in s for s in about["settings"])
    assert set(spectra.tables) == set(about["species"]) == set(SPECIES) - set(about["too_few_mesons"])
    assert about["cascade"]["hadrons_given_up_per_proton"] < 0.01
    json.dumps(about, allow_nan=False)


@pytest.mark.parametrize("name", SHIPPED)
def test_moments(name):
    """Multiplicity to 0.5 %, <p> and <pT> to 1 %."""
    spectra = load_cascade(name)
    for species, spectrum in spectra.tables.items():
        sample, moments = spectra.sample["species"][species], spectrum.moments()
        assert moments["multiplicity"] == pytest.approx(sample["multiplicity"], rel=0.005), species
        assert moments["mean_p_GeV"] == pytest.approx(sample["mean_p_GeV"], rel=0.01), species
        assert moments["mean_pT_GeV"] == pytest.approx(sample["mean_pT_GeV"], rel=0.01), species


@pytest.mark.parametrize("name", SHIPPED)
def test_energy_and_softness(name):
    """Mesons of the cascade carry less than the beam brings in and are softer than those of the first collision."""
    beam, cascade, first = FACILITIES[name].beam_energy, load_cascade(name), load_spectra(name)
    carried = 0.0
    for species in ("pi0", "eta", "omega"):
        mothers = cascade.species(species).sample(20_000, np.random.default_rng(1))
        carried += np.sum(mothers.weight * mothers.energy) if species == "pi0" else 0.0
        assert np.all(mothers.energy[mothers.weight > 0.0] <= beam)
        mean = cascade.species(species).moments()["mean_p_GeV"]
        assert mean < 0.5 * first.species(species).moments()["mean_p_GeV"]
        block = np.bincount(mothers.block, mothers.weight, 20)
        error = block.std() * np.sqrt(20) / block.sum()
        # the blocks carry the scatter of the generator, which dwarfs that of the points
        assert 0.2 < error / (1.0 / np.sqrt(cascade.species(species).table.n_raw)) < 5.0
    assert 0.15 * beam < carried < 0.6 * beam


def test_errors(tmp_path, monkeypatch):
    with pytest.raises(UnknownNameError, match="facility with a thick target 'LHC'"):
        make_cascade("LHC", output=tmp_path)
    with pytest.raises(ValueRangeError, match="no thick target"):
        generate_cascade(FACILITIES["LHC"], Nucleus(1, 1), 20, 1)
    (tmp_path / "SPS.json").write_text("{}")
    with pytest.raises(OutputError, match=r"SPS\.json exists"):
        make_cascade("SPS", output=tmp_path)
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(MissingExtraError, match="pythia"):
        make_cascade("Fermilab", output=tmp_path)


@pytest.mark.pythia
@pytest.mark.slow
def test_block(tmp_path):
    """A block is reproducible, conserves energy and stops when asked to; it makes a table."""
    pytest.importorskip("pythia8mc")
    facility, nucleus = FACILITIES["JPARC"], Nucleus(6, 12)
    reports = []
    first = generate_cascade_block(facility, nucleus, 60, 5, lambda n: reports.append(n) is None)
    again = generate_cascade_block(facility, nucleus, 60, 5)
    assert sum(reports) == first.later.n_events == first.first.n_events == 60
    for name in SPECIES:
        np.testing.assert_array_equal(first.later.momenta[name], again.later.momenta[name])
    assert first.n_collisions == again.n_collisions
    assert 7.0 < first.n_collisions / 60 < 18.0
    energy = 0.0
    for block in (first.first, first.later):
        pt, pz = block.momenta["pi0"].astype(float)
        energy += np.sum(np.sqrt(pt**2 + pz**2 + SPECIES["pi0"].mass ** 2))
    assert energy < 60 * facility.beam_energy
    with pytest.raises(KeyboardInterrupt):
        generate_cascade_block(facility, nucleus, 60, 5, lambda _: False)
    path = write_cascade(tmp_path, facility, nucleus, [first] * 20, "pythia8mc", 5)
    assert path.stat().st_size < 200_000
