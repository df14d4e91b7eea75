"""Contributions table and total band from a result with known shifts."""

from __future__ import annotations

import csv
from math import exp, hypot

import numpy as np
import pytest

from darkbeam.sensitivity.band import Band
from darkbeam.sensitivity.contributions import (
    contributions,
    contributions_csv,
    contributions_dict,
    shown_masses,
    total_band,
)
from darkbeam.sensitivity.result import Reach

MASSES = np.array([0.1, 0.2, 0.4, 0.8])
LOWER, UPPER = np.array([1e-8, 2e-8, 3e-8, np.nan]), np.array([1e-5, 5e-6, 1e-6, np.nan])
TIP = 0.6


def band(lower: float, upper: float, tip: float) -> Band:
    """Central edges shifted in ln epsilon."""
    low, up = LOWER * exp(lower), UPPER * exp(upper)
    island = [[m, a, b] for m, a, b in zip(MASSES, low, up, strict=True) if np.isfinite(a)]
    return Band(low, up, TIP * tip, [[*island, [TIP * tip, 2e-7, 2e-7]]])


@pytest.fixture
def result() -> Reach:
    bands = {
        "central": band(0, 0, 1.0), "lower": band(0.3, -0.2, 0.9), "upper": band(-0.4, 0.1, 1.2),
        "brem-lambda1.5": band(-0.2, 0.05, 1.1),  # inside the envelope
        "width-low": band(0.03, -0.01, 0.99), "width-high": band(-0.03, 0.01, 1.01),
        "mixing-coherent": band(-0.04, 0.0, 1.02), "mixing-excited": band(-0.02, 0.0, 1.01),
    }  # fmt: skip
    card = {"darkbeam": "0", "experiment": {"name": "T", "exposure": {"pot": 1e20}}}
    return Reach(
        experiment="T", sources=("a",), threshold=2.3, masses_GeV=MASSES, epsilon_lower=LOWER, epsilon_upper=UPPER,
        peak_events=np.ones(4), peak_epsilon=np.full(4, 1e-7), error_lower=np.where(np.isfinite(LOWER), 0.01, np.nan),
        error_upper=np.where(np.isfinite(LOWER), 0.002, np.nan), n_effective=np.full(4, 1e3),
        islands=bands["central"].islands, max_mass_GeV=TIP, band=bands, shares={}, notes=(), card=card, tip_error=0.003,
    )  # fmt: skip


def test_shifts_are_relative(result: Reach) -> None:
    rows = {c.name: c for c in contributions(result)}
    assert rows["lower"].lower_shift[:3] == pytest.approx(exp(0.3) - 1.0)
    assert rows["upper"].tip_shift == pytest.approx(0.2)
    assert np.isnan(rows["upper"].lower_shift[3])
    assert (rows["monte-carlo"].tip_shift, rows["monte-carlo"].lower_shift[0]) == (0.003, 0.01)
    assert rows["mixing-coherent"].group == rows["mixing-excited"].group == "mixing"


def test_total_is_the_envelope_and_the_quadrature_of_the_rest(result: Reach) -> None:
    total = total_band(result)
    # to smaller epsilon: width 0.03, the larger mixing 0.04, Monte Carlo ln(1.01); not lambda, which is inside
    down = hypot(0.03, 0.04, np.log(1.01))
    assert total["wide"].epsilon_lower[:3] == pytest.approx(LOWER[:3] * exp(-0.4 - down))
    assert total["wide"].epsilon_upper[:3] == pytest.approx(UPPER[:3] * exp(0.1 + hypot(0.01, np.log(1.002))))
    # inwards nothing but width and Monte Carlo moves the lower edge up
    up = hypot(0.03, np.log(1.01))
    assert total["narrow"].epsilon_lower[:3] == pytest.approx(LOWER[:3] * exp(0.3 + up))
    assert np.isnan(total["narrow"].epsilon_lower[3])
    assert total["wide"].max_mass_GeV == pytest.approx(TIP * 1.2 * (1.0 + hypot(0.01, 0.02, 0.003)))
    assert total["narrow"].max_mass_GeV == pytest.approx(TIP * 0.9 * (1.0 - hypot(0.01, 0.003)))
    assert total["wide"].islands[0][-1][0] == pytest.approx(total["wide"].max_mass_GeV)


def test_no_narrow_end_where_lower_bremsstrahlung_has_no_region(result: Reach) -> None:
    nothing = Band(np.full(4, np.nan), np.full(4, np.nan), None, [])
    total = total_band(Reach(**{**vars(result), "band": {**result.band, "lower": nothing}}))
    assert total["narrow"].max_mass_GeV is None
    assert total["narrow"].islands == []
    assert np.all(np.isfinite(total["wide"].epsilon_lower[:3]))


def test_without_variations_there_is_no_band(result: Reach) -> None:
    assert total_band(Reach(**{**vars(result), "band": {}})) == {}


def test_masses_span_the_region(result: Reach) -> None:
    assert shown_masses(result) == [0, 1, 2]
    assert contributions_dict(result)["masses_GeV"] == [0.1, 0.2, 0.4]


def test_csv_has_a_row_for_each_variation(result: Reach) -> None:
    lines = [x for x in contributions_csv(result).splitlines() if not x.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [r["variation"] for r in rows] == [*[n for n in result.band if n != "central"], "monte-carlo"]
    assert float(rows[0]["lower[0.1 GeV]"]) == pytest.approx(exp(0.3) - 1.0, rel=1e-3)


def test_json_round_trip(result: Reach) -> None:
    data = result.to_dict()
    assert data["contributions"]["rows"][-1]["name"] == "monte-carlo"
    assert set(data["total"]) == {"wide", "narrow"}
    again = Reach.from_dict(data)
    assert again.tip_error == 0.003
    assert again.to_dict() == data
