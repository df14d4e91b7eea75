"""Making spectra with the generator."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from darkbeam.errors import MissingExtraError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.spectra import FACILITIES, SPECIES, load_spectra
from darkbeam.spectra.build import sample_momenta
from darkbeam.spectra.generator import generate_block, generate_blocks
from darkbeam.spectra.make import make_spectra
from darkbeam.spectra.storage import read_spectra, write_spectra


def test_missing_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'darkbeam\[pythia\]'"):
        make_spectra("SPS", output=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_existing_output(tmp_path):
    (tmp_path / "SPS.json").write_text("{}")
    with pytest.raises(OutputError, match=r"SPS\.json exists"):
        make_spectra("sps", output=tmp_path)


def test_user_errors(tmp_path):
    with pytest.raises(UnknownNameError, match="facility 'Tevatron'"):
        make_spectra("Tevatron", output=tmp_path)
    with pytest.raises(ValueRangeError, match="at least 1"):
        generate_blocks(FACILITIES["SPS"], 0, 1)


def test_write_and_read_back(tmp_path):
    """Round trip of a shipped table: same bytes, and nothing beside the two files."""
    shipped = load_spectra("Fermilab")
    tables = {name: s.table for name, s in shipped.tables.items()}
    path = write_spectra(tmp_path / "new", shipped.facility, tables, shipped.sample)
    again = read_spectra(path.parent, shipped.facility)
    assert again.sample == shipped.sample
    for name in SPECIES:
        np.testing.assert_array_equal(again.species(name).table.pt2, shipped.species(name).table.pt2)
    assert sorted(p.name for p in path.parent.iterdir()) == ["Fermilab.json", "Fermilab.npz"]
    first = path.read_bytes()
    write_spectra(path.parent, shipped.facility, tables, shipped.sample)
    assert path.read_bytes() == first


def test_unwritable_output(tmp_path):
    shipped = load_spectra("Fermilab")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        write_spectra(tmp_path / "file", shipped.facility, {}, shipped.sample)


@pytest.mark.pythia
def test_block():
    """One block is reproducible, respects energy and counts what the event record holds."""
    pytest.importorskip("pythia8mc")
    reports = []
    facility = FACILITIES["Serpukhov"]
    first = generate_block(facility, 300, 5, lambda n: reports.append(n) is None)
    assert sum(reports) == first.n_events == 300
    assert first.sigma_mb == pytest.approx(31.3, rel=0.02)
    for name, (pt, pz) in first.momenta.items():
        assert np.all(np.hypot(pt, pz) < 70.0), name
    assert 2.3 < first.momenta["pi0"].shape[1] / 300 < 3.3
    with pytest.raises(KeyboardInterrupt):
        generate_block(facility, 600, 5, lambda _: False)


@pytest.mark.pythia
@pytest.mark.slow
def test_make_does_not_depend_on_workers(tmp_path):
    pytest.importorskip("pythia8mc")
    calls = []
    kwargs = {"n_events": 60_000, "seed": 77}
    made = make_spectra(
        "SPS", workers=2, output=tmp_path / "a", progress=lambda *a: calls.append(a), **kwargs
    )
    make_spectra("SPS", workers=1, output=tmp_path / "b", **kwargs)
    for name in ("SPS.npz", "SPS.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert calls[-1] == (60_000, 60_000)
    assert made.sample["seeds"] == list(range(77, 97))


@pytest.mark.pythia
@pytest.mark.slow
def test_interrupt_leaves_nothing(tmp_path):
    pytest.importorskip("pythia8mc")

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_spectra("SPS", n_events=2000, output=tmp_path, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.pythia
@pytest.mark.slow
@pytest.mark.parametrize("name", ["SPS", "Serpukhov"])
def test_hard_tail_against_a_fresh_sample(name):
    """Counts of a second, fresh sample above the momenta of the table's hardest 1 %, 0.1 %, 0.03 %."""
    pytest.importorskip("pythia8mc")
    facility, spectra = FACILITIES[name], load_spectra(name)
    blocks = generate_blocks(facility, 200_000, 1000, workers=2)
    n_events = sum(b.n_events for b in blocks)
    for species in ("pi0", "eta", "omega"):
        spectrum = spectra.species(species)
        mothers = spectrum.sample(200_000, np.random.default_rng(1))
        order = np.argsort(-mothers.momentum)
        above = np.cumsum(mothers.weight[order])
        momenta = [np.hypot(*sample_momenta(facility, SPECIES[species], b)) for b in blocks]
        for share in (1e-2, 1e-3, 3e-4):
            cut = mothers.momentum[order][np.searchsorted(above, share * spectrum.multiplicity)]
            expected = share * spectrum.multiplicity * n_events
            own_error = expected * np.sqrt(n_events / spectra.sample["n_events"])
            counted = sum(int((p > cut).sum()) for p in momenta)
            assert abs(counted - expected) < 4.0 * np.sqrt(expected + own_error), (species, share)
