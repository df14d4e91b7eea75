"""Making mixing tables with the generator."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from darkbeam.errors import MissingExtraError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.production.source import N_BLOCKS
from darkbeam.spectra import FACILITIES, load_spectra, mixing_make
from darkbeam.spectra.mixing_build import build_mixing
from darkbeam.spectra.mixing_flavour import DOWN, UP
from darkbeam.spectra.mixing_generator import (
    INSERTION,
    NODES,
    REPEATS,
    FragmentationBlock,
    generate_mixing_block,
    generate_mixing_blocks,
    mixing_settings,
)
from darkbeam.spectra.mixing_make import make_mixing


def test_missing_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pythia8mc", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'darkbeam\[pythia\]'"):
        make_mixing("SPS", output=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_user_errors(tmp_path):
    (tmp_path / "SPS.json").write_text("{}")
    with pytest.raises(OutputError, match=r"SPS\.json exists"):
        make_mixing("sps", output=tmp_path)
    with pytest.raises(UnknownNameError, match="facility 'Tevatron'"):
        make_mixing("Tevatron", output=tmp_path)
    with pytest.raises(ValueRangeError, match="at least 1"):
        generate_mixing_blocks(FACILITIES["SPS"], 0, 1)


def test_settings_conserve_the_flavour_weights():
    """The inserted nonet takes its weight from the vector mesons (0.5 light, 0.55 strange of the Monash tune)."""
    settings = dict(line.split(" = ") for line in mixing_settings(FACILITIES["SPS"], isr=False))
    light = float(settings["StringFlav:mesonUDvector"]) + float(settings["StringFlav:mesonUDL1S0J1"])
    strange = float(settings["StringFlav:mesonSvector"]) + float(settings["StringFlav:mesonSL1S0J1"])
    assert (light, strange) == (pytest.approx(0.5), pytest.approx(0.55))
    assert float(settings["StringFlav:mesonUDL1S0J1"]) == INSERTION["fixed target"]
    assert settings["PartonLevel:ISR"] == "off"
    assert "PartonLevel:ISR = off" not in mixing_settings(FACILITIES["SPS"])


@pytest.mark.pythia
def test_block():
    """A block is reproducible, made of complete passes, and its mesons have the mass and momenta asked for."""
    pytest.importorskip("pythia8mc")
    reports = []
    facility = FACILITIES["Serpukhov"]
    first = generate_mixing_block(facility, 40, 5, lambda n: reports.append(n) is None)
    assert sum(reports) == first.n_events == 40
    assert first.n_passes == tuple(40 * REPEATS.get(m, 1) for m in NODES)
    assert first.sigma_mb == pytest.approx(31.3, rel=0.05)
    for (pt, pz, flavour), mass in zip(first.light, NODES, strict=True):
        assert np.all(np.sqrt(mass**2 + pt**2 + pz**2) < 70.0)
        assert set(np.unique(flavour)) <= {0, DOWN, UP}
    known = np.concatenate([f[2] for f in first.light])
    assert np.mean(known == 0) < 0.2
    assert first.light[0].shape[1] > first.light[-1].shape[1] / REPEATS[4.0]
    with pytest.raises(KeyboardInterrupt):
        generate_mixing_block(facility, 40, 5, lambda _: False)


def synthetic_blocks(facility, rng, per_node=250):
    """Blocks of mesons flat in ln x with <pT^2> = 0.3 GeV^2 + m^2/10, u ubar three times as often as d dbar."""

    def mesons(mass):
        pt = np.sqrt(rng.exponential(0.3 + mass**2 / 10.0, per_node))
        plus = facility.light_cone * np.exp(rng.uniform(-4.0, -0.7, per_node))
        pz = 0.5 * (plus - (mass**2 + pt**2) / plus)
        return np.stack([pt, pz, np.where(rng.random(per_node) < 0.75, UP, DOWN)]).astype(np.float32)

    passes = tuple(400 * REPEATS.get(m, 1) for m in NODES)
    return [
        FragmentationBlock(
            k, 400, 0, 33.0, passes, tuple(mesons(m) for m in NODES), tuple(mesons(m) for m in NODES)
        )
        for k in range(N_BLOCKS)
    ]


def test_make_from_a_known_sample(monkeypatch, tmp_path):
    """Generation replaced by mesons of known distribution: rates, moments and asymmetry come back, files are two."""
    blocks = synthetic_blocks(FACILITIES["SPS"], np.random.default_rng(2))
    monkeypatch.setattr(mixing_make, "generate_mixing_blocks", lambda *args, **kwargs: blocks)
    monkeypatch.setattr(mixing_make, "pythia_version", lambda: "none")
    made = make_mixing("sps", output=tmp_path, isr=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["SPS.json", "SPS.npz"]
    assert made.sample["isr"] is False
    assert made.multiplicity("light", 0.5) == pytest.approx(0.5 * 0.5 / 0.2 * 250 / 400, rel=1e-6)
    assert made.multiplicity("strange", 1.02) == pytest.approx(250 / 1200, rel=1e-6)
    for mass in (0.5, 0.57, 2.0, 2.1):
        assert made.mean_asymmetry(mass) == pytest.approx(0.5, abs=0.04)
        mesons = made.spectrum("light", mass).sample(20_000, np.random.default_rng(1))
        share = mesons.weight / mesons.weight.sum()
        assert share @ mesons.pt**2 == pytest.approx(0.3 + mass**2 / 10.0, rel=0.04)
        lnx = np.log((mesons.energy + mesons.pz) / FACILITIES["SPS"].light_cone)
        assert share @ lnx == pytest.approx(-2.35, abs=0.03)
        assert share @ (lnx + 2.35) ** 2 == pytest.approx(3.3**2 / 12.0, rel=0.05)


def test_table_ends_where_mesons_run_out():
    """Too few mesons at 3.5 GeV: the table ends at 3 GeV; too few at 1.4 GeV: no table."""
    facility, rng = FACILITIES["SPS"], np.random.default_rng(2)
    phi = load_spectra("SPS").species("phi")
    blocks = synthetic_blocks(facility, rng)

    def thinned(mass):
        k = NODES.index(mass)
        return [replace(b, light=(*b.light[:k], b.light[k][:, :40], *b.light[k + 1 :])) for b in blocks]

    made = build_mixing(facility, thinned(3.5), phi)
    assert made.valid == (0.02, 3.0)
    assert made.rate["strange"].shape == (NODES.index(3.5), 20)
    with pytest.raises(ValueRangeError, match="800 light in the sample, 1000 needed"):
        build_mixing(facility, thinned(1.4), phi)


@pytest.mark.pythia
@pytest.mark.slow
def test_sample_does_not_depend_on_workers():
    pytest.importorskip("pythia8mc")
    calls = []
    facility = FACILITIES["Serpukhov"]
    one = generate_mixing_blocks(facility, 400, 77, workers=1)
    two = generate_mixing_blocks(facility, 390, 77, 2, lambda *a: calls.append(a))
    assert calls[-1] == (400, 400)
    assert [b.seed for b in two] == list(range(77, 97))
    for a, b in zip(one, two, strict=True):
        for x, y in zip(a.light + a.strange, b.light + b.strange, strict=True):
            np.testing.assert_array_equal(x, y)


@pytest.mark.pythia
@pytest.mark.slow
def test_too_small_a_sample_and_interrupt(tmp_path):
    pytest.importorskip("pythia8mc")

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(ValueRangeError, match="make more events"):
        make_mixing("SPS", n_events=20, output=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        make_mixing("SPS", n_events=2000, output=tmp_path, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
