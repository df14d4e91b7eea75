"""Reading samples, cards and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from darkbeam.constants import M_MU
from darkbeam.dilepton.card import DileptonCard, normalised, read_card
from darkbeam.dilepton.mock import PAIRS_PER_COLLISION, mock_sample
from darkbeam.dilepton.prepare import prepare
from darkbeam.dilepton.readers import pairs_of_leptons, read_sample, write_sample
from darkbeam.dilepton.sample import lab_shift
from darkbeam.errors import CardError, ValueRangeError

if TYPE_CHECKING:
    from pathlib import Path

ROW = "mass,pt,y,weight\n0.5,0.3,3.4,1\n"


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])
def test_round_trip(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    sample = mock_sample(500, 1)
    path = tmp_path / f"pairs.{ending}"
    write_sample(sample, path)
    again = read_sample(path)
    np.testing.assert_allclose(again.mass, sample.mass, rtol=1e-8)
    np.testing.assert_allclose(again.y, sample.y, rtol=1e-7)
    assert again.label is not None
    assert sample.label is not None
    assert again.label.tolist() == sample.label.tolist()
    assert again.normalisation is None


def test_root(tmp_path: Path) -> None:
    uproot = pytest.importorskip("uproot")
    sample = mock_sample(200, 1)
    path = tmp_path / "pairs.root"
    with uproot.recreate(path) as file:
        file.mktree("dimuons", {"M": "f8", "PT": "f8", "Y": "f8"})
        file["dimuons"].extend(
            {"M": 1e3 * sample.mass, "PT": 1e3 * sample.pt, "Y": sample.y - lab_shift(sample.facility)}
        )
    card = tmp_path / "card.toml"
    card.write_text(
        '[data]\nenergy_unit = "MeV"\nrapidity = "cm"\ntree = "dimuons"\n'
        '[data.columns]\nmass = "M"\npt = "PT"\ny = "Y"\n'
    )
    again = read_sample(path, read_card(card))
    np.testing.assert_allclose(again.mass, sample.mass)
    np.testing.assert_allclose(again.y, sample.y)
    with pytest.raises(ValueRangeError, match="no tree 'events'; there are: dimuons"):
        read_sample(path, DileptonCard(tree="events"))


def test_momenta_of_leptons(tmp_path: Path) -> None:
    """Pairs from their leptons: mass by E^2 - p^2 where that is accurate, threshold where it is not."""
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.0, 0.5, (2, 3, 100)) + np.array([0.0, 0.0, 3.0])[:, None]
    mass, pt, y = pairs_of_leptons(first, second, "mu")
    E = sum(np.sqrt(M_MU**2 + np.sum(p * p, axis=0)) for p in (first, second))
    total = first + second
    np.testing.assert_allclose(mass, np.sqrt(E**2 - np.sum(total**2, axis=0)), rtol=1e-10)
    np.testing.assert_allclose(np.hypot(mass, pt) * np.sinh(y), total[2], rtol=1e-10)
    fast = np.array([[0.0], [0.0], [1e5]])
    assert pairs_of_leptons(fast, fast, "mu")[0][0] == pytest.approx(2.0 * M_MU, rel=1e-12)
    path = tmp_path / "leptons.csv"
    rows = np.concatenate([first, second, np.ones((1, 100)), -np.ones((1, 100))]).T
    np.savetxt(path, rows, delimiter=",", header="px1,py1,pz1,px2,py2,pz2,q1,q2", comments="")
    sample = read_sample(path)
    np.testing.assert_allclose(sample.mass, mass)
    assert np.all(sample.charge == 0.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0.5,nan,3.4,1\n0.5,0.1,inf,1\n", "2 are not finite"),
        ("-0.5,0.1,3.4,1\n", "1 have a mass that is not positive"),
        ("0.1,0.1,3.4,1\n" * 3, r"3 are below threshold \(0.2113 GeV\)"),
        ("0.5,-0.1,3.4,1\n", "1 have negative pT"),
        ("0.5,0.1,9.0,1\n", "1 have more energy than SPS collisions"),
        ("0.5,0.1,9.0,1\n", "centre of mass"),
        ("500,100,3.4,1\n700,100,3.4,1\n", "in MeV"),
        ("0.5,0.1,abc,1\n", "line 3: 'abc' is not a number"),
        ("0.5,0.1,3.4,1\n0.5,0.1\n", "line 4 has 2 columns, not 4 or more"),
    ],
)
def test_impossible_rows_are_counted(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(ROW + rows)
    with pytest.raises(ValueRangeError, match=message):
        read_sample(path)


def test_impossible_rows_can_be_dropped(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("# comment\n" + ROW + "0.1,0.1,3.4,1\n")
    assert len(read_sample(path, drop=True)) == 1


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueRangeError, match="no such file"):
        read_sample(tmp_path / "none.csv")
    with pytest.raises(ValueRangeError, match="unknown format"):
        read_sample(tmp_path / "pairs.txt")
    (tmp_path / "a.csv").write_text("m,pt\n1,2\n")
    with pytest.raises(ValueRangeError, match="no column mass, y"):
        read_sample(tmp_path / "a.csv")
    (tmp_path / "a.npz").write_bytes(b"nothing")
    with pytest.raises(ValueRangeError, match=r"not an \.npz file"):
        read_sample(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", mass=np.ones((4, 2)), pt=np.ones((4, 2)), y=np.ones((4, 2)))
    with pytest.raises(ValueRangeError, match="not one number a row"):
        read_sample(tmp_path / "b.npz")
    (tmp_path / "c.csv").write_text("mass,pt,y,label\n")
    with pytest.raises(ValueRangeError, match="no rows"):
        read_sample(tmp_path / "c.csv")
    (tmp_path / "d.csv").write_bytes(b"\x89\xff\xfe\x00")
    with pytest.raises(ValueRangeError, match="not a text file"):
        read_sample(tmp_path / "d.csv")


def test_card_round_trip(tmp_path: Path) -> None:
    import json

    path = tmp_path / "card.toml"
    path.write_text(
        '[detector]\nmass_resolution = 0.02\npt = [0.0, 2.0]\n[efficiency]\ntable = "eff.csv"\nfloor = 0.1\n'
        '[background]\ntemplates = ["charm.csv"]\neta_line = true\n'
        '[normalisation]\nstate = "phi"\nmesons_per_collision = 0.02\nbranching = 2.9e-4\nsource = "a paper"\n'
        "[eta]\nper_collision = 0.3\nerror = 0.02\n"
    )
    card = read_card(path)
    assert card.normalisation is not None
    assert card.normalisation.value == pytest.approx(5.8e-6)
    assert card.windows == {"pt": (0.0, 2.0)}
    assert card.templates == (str(tmp_path / "charm.csv"),)
    assert DileptonCard.from_dict(json.loads(json.dumps(card.as_dict()))) == card


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[detectors]\n", "did you mean 'detector'"),
        ('[data]\nlepton = "tau"\n', "'tau' is not one of mu, e"),
        ("[detector]\nmass = [3, 1]\n", "low < high"),
        ("[normalisation]\npairs_per_collision = 1e-4\ncross_section_nb = 2\n", "exactly one"),
        ("[efficiency]\nfloor = 0.1\n", "either a table or a constant"),
        ("[data\n", "cannot be read"),
        ('[background]\nnegative_weights = "keep"\n', "'keep' is not one of refuse, average"),
        ("[polarisation]\nlongitudinal = 1.5\n", "at most 1"),
    ],
)
def test_wrong_cards_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text)
    with pytest.raises(CardError, match=message):
        read_card(path)


def test_normalisations(tmp_path: Path) -> None:
    sample = mock_sample(100_000, 2)
    path = tmp_path / "card.toml"
    path.write_text("[normalisation]\ncross_section_nb = 32.82\n")
    assert normalised(sample, read_card(path)).normalisation == pytest.approx(1e-6)
    # the phi of the mock: 9 % of all pairs
    phi = 0.09 * PAIRS_PER_COLLISION
    text = f'[normalisation]\nstate = "phi"\nmesons_per_collision = {phi / 2.9e-4}\nbranching = 2.9e-4\n'
    path.write_text(text)
    assert normalised(sample, read_card(path)).normalisation == pytest.approx(PAIRS_PER_COLLISION, rel=0.05)
    path.write_text(text.replace("phi", "psi2s", 1))
    with pytest.raises(ValueRangeError, match="no psi2s"):
        normalised(sample, read_card(path))


def test_prepare_applies_everything(tmp_path: Path) -> None:
    write_sample(mock_sample(30_000, 2), tmp_path / "pairs.npz")
    write_sample(mock_sample(3_000, 5), tmp_path / "charm.npz")
    card = tmp_path / "card.toml"
    card.write_text(
        "[efficiency]\nconstant = 0.5\n[detector]\nmass = [0.22, 3.0]\n"
        '[background]\ntemplates = ["charm.npz"]\neta_line = true\nfinal_state_radiation = true\n'
        "[normalisation]\npairs_per_collision = 1e-4\n"
    )
    result = prepare(tmp_path / "pairs.npz", read_card(card))
    assert result.sample.normalisation == 1e-4
    # weight 2 by the efficiency, a tenth of 1/2 taken by the template
    share = float(np.sum(result.sample.weight)) / float(
        np.sum(read_sample(tmp_path / "pairs.npz", read_card(card)).weight)
    )
    assert share == pytest.approx(1.9, rel=0.02)
    assert np.all(result.sample.weight >= 0.0)
    assert any("charm.npz: 5 %" in note for note in result.notes)
    assert any("eta -> mu mu" in note for note in result.notes)


def test_samples_without_a_spectrum_are_refused(tmp_path: Path) -> None:
    sample = mock_sample(3000, 2)
    path = tmp_path / "pairs.npz"
    for changed, message in (
        (replace(sample, weight=np.zeros(3000)), "none of 3000 pairs has a weight above 0"),
        (replace(sample, mass=np.full(3000, 0.5), y=np.full(3000, 3.4)), "all pairs have the mass 0.5 GeV"),
        (
            replace(sample, weight=np.where(np.arange(3000) % 50, 1.0, -1.0)),
            "60 of 3000 weights are negative",
        ),
    ):
        write_sample(changed, path)
        with pytest.raises(ValueRangeError, match=message):
            prepare(path)
    result = prepare(path, DileptonCard(negative_weights="average"))
    assert np.all(result.sample.weight >= 0.0)
    assert "60 negative weights: averaged" in result.notes[0]
    with pytest.raises(ValueRangeError, match="none of 3000 rows is inside the windows"):
        prepare(path, DileptonCard(windows={"mass": (40.0, 60.0)}))
