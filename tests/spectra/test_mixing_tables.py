"""The shipped mixing tables against the description of their samples, and their interpolation."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from darkbeam.constants import M_PHI
from darkbeam.errors import MassRangeError, OutputError, UnknownNameError
from darkbeam.spectra import FACILITIES, load_spectra
from darkbeam.spectra.cones import cones_of
from darkbeam.spectra.mixing import KINDS
from darkbeam.spectra.mixing_generator import NODES, mixing_settings
from darkbeam.spectra.mixing_storage import load_mixing, read_mixing, write_mixing

NAMES = ("SPS", "Fermilab", "Serpukhov", "JPARC", "LHC")


@pytest.mark.parametrize("name", NAMES)
def test_file(name):
    spectra = load_mixing(name)
    folder = files("darkbeam") / "data" / "mixing"
    assert len(folder.joinpath(f"{name}.npz").read_bytes()) < 600_000
    sample = spectra.sample
    assert sample["settings"] == list(mixing_settings(FACILITIES[name]))
    assert len(set(sample["seeds"])) == 20
    assert sample["generator"].startswith("pythia8mc 8.3")
    assert sample["isr"] is True
    assert min(sample["n_hadronisations"]) >= sample["n_events"] - 10
    np.testing.assert_array_equal(spectra.light.mass, NODES[: len(spectra.light.mass)])
    assert spectra.valid == (0.02, 2.5 if name == "JPARC" else 4.0)
    json.dumps(sample)


@pytest.mark.parametrize("name", NAMES)
def test_moments_at_the_nodes(name):
    """N exactly, 1.6 % less inside the kinematic limit; <p> to 1.5 % and its error; <pT> to 1 %, J-PARC 2 %."""
    tolerance = 0.02 if name == "JPARC" else 0.01
    spectra = load_mixing(name)
    for row in spectra.sample["light"]:
        mass = row["mass_GeV"]
        found = spectra.spectrum("light", mass).moments(400, 80)
        assert spectra.multiplicity("light", mass) == pytest.approx(row["multiplicity"], rel=1e-5)
        assert spectra.multiplicity_error("light", mass) == pytest.approx(row["multiplicity_error"], rel=1e-3)
        assert found["multiplicity"] == pytest.approx(row["multiplicity"], rel=0.016), mass
        error = row["mean_p_GeV_error"]
        assert abs(found["mean_p_GeV"] - row["mean_p_GeV"]) < 0.015 * row["mean_p_GeV"] + error, mass
        assert found["mean_pT_GeV"] == pytest.approx(row["mean_pT_GeV"], rel=tolerance), mass
    for row in spectra.sample["strange"]:
        assert spectra.multiplicity("strange", row["mass_GeV"]) == pytest.approx(
            row["multiplicity"], rel=1e-5
        )


@pytest.mark.parametrize("name", NAMES)
def test_solid_angles(name):
    """Light mesons inside SHiP, NuCal or FASER2 against those of the sample."""
    spectra = load_mixing(name)
    for row in spectra.sample["light"][::3]:
        mesons = spectra.spectrum("light", row["mass_GeV"]).sample(30_000, np.random.default_rng(4))
        for cone in cones_of(spectra.facility):
            inside = mesons.weight @ cone.accepts(mesons.energy, mesons.theta)
            expected, error = row[f"yield_{cone.name}"], row[f"yield_{cone.name}_error"]
            assert abs(inside - expected) < 3.5 * error + 0.02 * expected, (row["mass_GeV"], cone.name)


@pytest.mark.parametrize("name", NAMES)
def test_phi(name):
    """At its mass the phi of the meson table; elsewhere <p> and <pT> move as those of the light mesons do."""
    spectra, phi = load_mixing(name), load_spectra(name).species("phi")
    same = spectra.spectrum("strange", M_PHI)
    np.testing.assert_allclose(same.table.lnx, phi.table.lnx, atol=1e-9)
    np.testing.assert_allclose(same.table.pt2, phi.table.pt2, rtol=1e-9)
    reference = {kind: spectra.spectrum(kind, M_PHI).moments(400, 80) for kind in KINDS}
    for mass in (0.1, 0.6, 1.6):
        moved = {kind: spectra.spectrum(kind, mass).moments(400, 80) for kind in KINDS}
        assert moved["strange"]["multiplicity"] == pytest.approx(
            spectra.multiplicity("strange", mass), rel=0.02
        )
        for key in ("mean_p_GeV", "mean_pT_GeV"):
            light, strange = (moved[kind][key] / reference[kind][key] for kind in ("light", "strange"))
            assert strange == pytest.approx(light, rel=0.15), (mass, key)


@pytest.mark.parametrize("name", NAMES)
def test_phi_against_the_inserted_ones(name):
    """The string's s sbar mesons of 1.02 GeV have the momenta of the phi of the meson table (within their error)."""
    phi = load_mixing(name).spectrum("strange", 1.02).moments(400, 80)
    row = next(r for r in load_mixing(name).sample["strange"] if r["mass_GeV"] == 1.02)
    for key in ("mean_p_GeV", "mean_pT_GeV"):
        assert abs(phi[key] - row[key]) < 3.5 * row[f"{key}_error"] + 0.01 * phi[key], key


@pytest.mark.parametrize(("name", "tolerance"), [("SPS", 0.02), ("LHC", 0.06)])
def test_interpolation_over_a_left_out_mass(name, tolerance):
    """Without the node at 1.4 GeV the table there has the same moments, to their statistical errors."""
    spectra = load_mixing(name)
    k = NODES.index(1.4)
    arrays = ("mass", "lnx", "tail", "tail_block", "pt2", "n_block")
    light = replace(spectra.light, **{a: np.delete(getattr(spectra.light, a), k, axis=0) for a in arrays})
    rate = {kind: np.delete(spectra.rate[kind], k, axis=0) for kind in KINDS}
    thinned = replace(spectra, light=light, rate=rate)
    full = spectra.spectrum("light", 1.4).moments(400, 80)
    for key, value in thinned.spectrum("light", 1.4).moments(400, 80).items():
        assert value == pytest.approx(full[key], rel=tolerance), key


def test_interpolated_table_is_the_mean_of_its_neighbours():
    spectra = load_mixing("SPS")
    low, middle, high = (spectra.spectrum("light", m) for m in (0.1, 0.15, 0.2))
    survival = np.geomspace(1e-6, 0.99, 50)
    inner = survival > spectra.light.tail[0, 0]
    means = 0.5 * (np.log(low.x(survival)) + np.log(high.x(survival)))
    np.testing.assert_allclose(np.log(middle.x(survival))[inner], means[inner], atol=1e-9)
    np.testing.assert_allclose(np.log(middle.x(survival)), means, atol=0.05)
    assert np.all(np.diff(middle.x(survival)) <= 0.0)
    assert middle.multiplicity == pytest.approx(np.sqrt(low.multiplicity * high.multiplicity))


def test_rates_fall_with_mass():
    for name in NAMES:
        spectra = load_mixing(name)
        rates = [spectra.multiplicity("light", m) for m in np.linspace(*spectra.valid, 60)]
        assert np.all(np.diff(rates) < 0.012 * rates[0])
        assert rates[-1] < 0.8 * rates[0]


@pytest.mark.parametrize("name", NAMES)
def test_asymmetry(name):
    """More u ubar than d dbar, and more so among the hard mesons of a fixed target (uud against uud)."""
    spectra = load_mixing(name)
    assert -0.02 < spectra.mean_asymmetry(0.775) < 0.25
    assert np.all(np.abs(spectra.asymmetry) < 1.0)
    if not spectra.facility.collider:
        i = NODES.index(1.02)
        assert spectra.asymmetry[i, -1] > spectra.asymmetry[i, 1]


def test_one_table_for_two_energies():
    """13.6 TeV: the quantiles of 14 TeV, and the ratio of the rates of rho0; omega and phi have the same ratio."""
    here, there = load_mixing("LHC_13p6"), load_mixing("LHC")
    assert here.facility.name == "LHC_13p6"
    assert here.light is there.light
    assert here.factor == pytest.approx(0.993, abs=0.004)
    assert here.multiplicity("light", 0.5) == pytest.approx(here.factor * there.multiplicity("light", 0.5))
    mesons = {name: load_spectra(name) for name in ("LHC_13p6", "LHC")}
    for species in ("omega", "phi"):
        low, high = (mesons[n].species(species).multiplicity for n in mesons)
        assert low / high == pytest.approx(here.factor, abs=0.012)


def test_user_errors(tmp_path):
    with pytest.raises(MassRangeError, match=r"from 0\.02 to 4 GeV"):
        load_mixing("SPS").spectrum("light", 4.1)
    with pytest.raises(UnknownNameError, match="Serpukhov"):
        load_mixing("Tevatron")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        write_mixing(tmp_path / "file", load_mixing("SPS"))


def test_write_and_read_back(tmp_path):
    shipped = load_mixing("Fermilab")
    path = write_mixing(tmp_path, shipped)
    again = read_mixing(tmp_path, shipped.facility)
    assert again.sample == shipped.sample
    np.testing.assert_array_equal(again.light.pt2, shipped.light.pt2)
    np.testing.assert_array_equal(again.rate["strange"], shipped.rate["strange"])
    assert again.phi is load_spectra("Fermilab").species("phi")
    first = path.read_bytes()
    assert write_mixing(tmp_path, again).read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Fermilab.json", "Fermilab.npz"]
