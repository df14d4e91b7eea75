"""Files of decays: round trips with the public readers, and refusals."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from darkbeam.decays import DecaySetting, Products, sample_rest
from darkbeam.decays.files import MOTHER_PDG, SUFFIXES, DecayInfo, write_decays
from darkbeam.decays.imported import ImportedDecays
from darkbeam.errors import MissingExtraError, OutputError, ValueRangeError
from darkbeam.models import DarkPhoton

INFO = DecayInfo(0.9, "dark-photon", 7)


@pytest.fixture(scope="module")
def products() -> Products:
    return sample_rest(DarkPhoton(), 0.9, 60, np.random.default_rng(1), history=True)


@pytest.fixture(scope="module")
def hadrons() -> Products:
    channels = ["pi+pi-", "pi+pi-pi0", "pi0gamma", "pi+pi-2pi0"]
    return sample_rest(DarkPhoton(), 0.9, 60, np.random.default_rng(1), channels, history=True)


def test_json(tmp_path: Path, products: Products) -> None:
    write_decays(tmp_path / "a.json", products, INFO)
    data = json.loads((tmp_path / "a.json").read_text())
    assert data["mass_gev"] == 0.9
    assert data["decay_scope"] == "all"
    assert data["particle_fields"] == ["px", "py", "pz", "E", "mass", "PDG"]
    plain = products.final()
    for i, event in enumerate(data["events"]):
        assert len(event) == np.count_nonzero(plain.pdg[i])
        for j, row in enumerate(event):
            assert row[5] == plain.pdg[i, j]
            assert [row[3], *row[:3]] == plain.p4[:, i, j].tolist()
    assert data["channel_labels"] == [products.names[c] for c in products.channel]


@pytest.mark.parametrize("suffix", [".json", ".hepmc3"])
def test_what_is_written_can_be_imported(tmp_path: Path, hadrons: Products, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_decays(path, hadrons, INFO)
    back = ImportedDecays.read(path).lists[0]
    assert back.mass == pytest.approx(0.9, rel=1e-9)
    plain = hadrons.final()
    energies = back.at(0.9, np.arange(60))[0]
    for i in range(60):
        k = np.count_nonzero(plain.pdg[i])
        assert sorted(back.pdg[i][back.pdg[i] != 0]) == sorted(plain.pdg[i, :k])
        np.testing.assert_allclose(
            np.sort(energies[i])[-k:], np.sort(plain.p4[0, i, :k]), rtol=1e-7, atol=1e-9
        )


def test_hepmc_has_complete_links(tmp_path: Path, products: Products) -> None:
    pyhepmc = pytest.importorskip("pyhepmc")
    write_decays(tmp_path / "a.hepmc3", products, INFO)
    with pyhepmc.open(str(tmp_path / "a.hepmc3")) as source:
        events = list(source)
    assert len(events) == len(products)
    for i, event in enumerate(events):
        assert event.momentum_unit == pyhepmc.Units.GEV
        assert event.weights[0] == 1.0
        roots = [p for p in event.particles if not p.parents]
        assert [p.pid for p in roots] == [MOTHER_PDG]
        for vertex in event.vertices:
            for name in ("e", "px", "py", "pz"):
                total = sum(getattr(p.momentum, name) for p in vertex.particles_out)
                total -= sum(getattr(p.momentum, name) for p in vertex.particles_in)
                assert abs(total) < 1e-9
        assert len(event.particles) - 1 == np.count_nonzero(products.pdg[i])
        final = sorted(p.pid for p in event.particles if p.status == 1)
        assert final == sorted(products.pdg[i][products.status[i] == 1].tolist())
    assert event.run_info.weight_names == ["weight"]
    assert event.run_info.tools[0].name == "darkbeam"


def test_parquet(tmp_path: Path, products: Products) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_decays(tmp_path / "a.parquet", products, INFO)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert json.loads(table.schema.metadata[b"darkbeam"])["mass_gev"] == 0.9
    assert table["channel"].to_pylist() == [products.names[c] for c in products.channel]
    rows = table.to_pylist()
    for i, row in enumerate(rows):
        k = np.count_nonzero(products.pdg[i])
        assert row["pdg"] == products.pdg[i, :k].tolist()
        assert row["energy"] == products.p4[0, i, :k].tolist()
        assert row["pz"] == products.p4[3, i, :k].tolist()
        assert row["mother"] == products.mother[i, :k].tolist()
        assert row["status"] == products.status[i, :k].tolist()


def test_csv(tmp_path: Path, products: Products) -> None:
    write_decays(tmp_path / "a.csv", products, INFO)
    with (tmp_path / "a.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    event, slot = np.nonzero(products.pdg)
    assert len(rows) == len(event)
    for row, i, j in zip(rows, event, slot, strict=True):
        assert int(row["pdg"]) == products.pdg[i, j]
        assert float(row["energy"]) == products.p4[0, i, j]
        assert int(row["mother"]) == products.mother[i, j]
        assert row["channel"] == products.names[products.channel[i]]


def test_weights_are_written(tmp_path: Path, hadrons: Products) -> None:
    heavy = Products(hadrons.channel, hadrons.names, hadrons.pdg, hadrons.p4, 2.0 * hadrons.weight,
                     hadrons.mother, hadrons.status)  # fmt: skip
    write_decays(tmp_path / "a.json", heavy, INFO)
    assert json.loads((tmp_path / "a.json").read_text())["weights"] == [2.0] * len(heavy)
    with pytest.raises(ValueRangeError, match="weighted"):
        ImportedDecays.read(tmp_path / "a.json")


def test_refusals(tmp_path: Path, products: Products, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueRangeError, match=r"\.root"):
        write_decays(tmp_path / "a.root", products, INFO)
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        write_decays(tmp_path / "a.csv", products, INFO)
    assert (tmp_path / "a.csv").read_text() == "mine"
    write_decays(tmp_path / "a.csv", products, INFO, force=True)
    with pytest.raises(OutputError, match="cannot write"):
        write_decays(tmp_path / "no" / "a.csv", products, INFO)
    for suffix, module in ((".parquet", "pyarrow"), (".hepmc3", "pyhepmc")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(MissingExtraError, match="'io'"):
            write_decays(tmp_path / f"b{suffix}", products, INFO)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv"]
    assert set(SUFFIXES) == {".json", ".parquet", ".hepmc3", ".csv"}


def test_second_generation_is_the_same_list(tmp_path: Path, hadrons: Products) -> None:
    """Our decays, imported and sampled once each, are the same decays turned in space."""
    write_decays(tmp_path / "a.json", hadrons, INFO)
    setting = DecaySetting(hadrons=ImportedDecays.read(tmp_path / "a.json"))
    pool = setting.hadrons(0.9, np.arange(60), np.random.default_rng(1))
    _, p4 = pool.pack(60)
    first, again = hadrons.final().p4[0].max(axis=1), p4[0].max(axis=1)
    np.testing.assert_allclose(np.sort(first), np.sort(again), rtol=1e-9)
