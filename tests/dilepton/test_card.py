"""Mass resolution of a card: one number or a table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darkbeam.dilepton.card import DileptonCard, read_card
from darkbeam.dilepton.fit import fit_prepared
from darkbeam.dilepton.line_shapes import RESOLUTION_ERROR, fit_line, unresolved
from darkbeam.dilepton.mass_spectrum import MassSpectrum, fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.prepare import Prepared
from darkbeam.dilepton.resolution import relative_resolution
from darkbeam.errors import CardError

TABLE = ((0.3, 0.007), (0.8, 0.02), (1.0, 0.03))


def card_of(folder: Path, resolution: str) -> DileptonCard:
    path = folder / "card.toml"
    path.write_text(f"[detector]\nmass_resolution = {resolution}\n", encoding="utf-8")
    return read_card(path)


def test_number_and_table_are_read(tmp_path: Path) -> None:
    assert card_of(tmp_path, "0.02").mass_resolution == 0.02
    card = card_of(tmp_path, "[[0.3, 0.007], [0.8, 0.02], [1, 0.03]]")
    assert card.mass_resolution == TABLE
    assert DileptonCard.from_dict(json.loads(json.dumps(card.as_dict()))) == card


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[0.3, 0.007]]", "at least two rows"),
        ("[0.3, 0.007]", "at least two rows"),
        ('[[0.3, 0.007], [0.8, "wide"]]', "at least two rows"),
        ("[[0.8, 0.02], [0.3, 0.007]]", "increasing masses"),
        ("[[0.3, 0.007], [0.8, 2.0]]", "between 0 and 0.5"),
        ("0.7", "0.5"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        card_of(tmp_path, text)


def test_table_is_linear_between_its_nodes_and_constant_beyond() -> None:
    found = relative_resolution(TABLE, [0.1, 0.55, 0.9, 5.0])
    np.testing.assert_allclose(found, [0.007, 0.0135, 0.025, 0.03])
    assert unresolved(((0.7, 0.0001), (0.9, 0.0001), (1.0, 0.02), (4.0, 0.02))) == ("phi", "jpsi", "psi2s")


def test_line_fit_takes_the_value_at_the_state() -> None:
    sample = mock_sample(60_000, 1, 0.02)
    table = ((0.5, 0.001), (0.78266, 0.02), (1.019461, 0.02), (4.0, 0.08))
    for name in ("omega", "phi"):
        number, rows = (fit_line(name, sample.mass, sample.weight, r) for r in (0.02, table))
        assert number is not None
        assert rows is not None
        assert rows.pairs == pytest.approx(number.pairs)
    spectrum = fit_spectrum(sample, table)
    again = MassSpectrum.from_arrays(spectrum.arrays())
    assert again.resolution == table
    assert again.rate(0.78266)[0] == spectrum.rate(0.78266)[0]


def test_error_of_the_resolution_reaches_the_lines(tmp_path: Path) -> None:
    """A card that is 4 % off: covered by a stated error of 4 %, not by one of 0.1 %."""
    path = tmp_path / "card.toml"
    error = {}
    sample = replace(mock_sample(120_000, 4, 0.02), normalisation=None)
    truth = None
    for stated in ("", "0.04", "0.001"):
        line = f"mass_resolution_error = {stated}\n" if stated else ""
        path.write_text(f"[detector]\nmass_resolution = 0.0208\n{line}", encoding="utf-8")
        card = read_card(path)
        assert card.resolution_error == float(stated or RESOLUTION_ERROR)
        assert DileptonCard.from_dict(json.loads(json.dumps(card.as_dict()))) == card
        lines = {x.name: x for x in fit_prepared(Prepared(sample, card, ())).lines}
        error[stated] = lines["omega"]
        truth = fit_spectrum(sample, 0.02, resolution_error=0.0).lines[0]
        assert truth.name == "omega"
    wide, narrow = error["0.04"], error["0.001"]
    assert abs(wide.pairs - truth.pairs) < 2.0 * wide.error
    assert abs(narrow.pairs - truth.pairs) > 1.5 * narrow.error
    assert wide.delta < 0.0
    assert abs(wide.delta) < 0.08
    assert 0.01 < wide.delta_error < 0.041
    assert narrow.error < error[""].error < wide.error
    path.write_text("[detector]\nmass_resolution_error = 0.7\n", encoding="utf-8")
    with pytest.raises(CardError, match=r"0\.5"):
        read_card(path)
