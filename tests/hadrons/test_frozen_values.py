"""Every frozen value of the reference tables: R of each channel, contracted 4 pi, inclusive R, and ctau."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from darkbeam.hadrons import inclusive
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.models import DarkPhoton

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "pipi": ("pi+pi-",), "3pi": ("pi+pi-pi0",), "pi0gamma": ("pi0gamma",), "etagamma": ("etagamma",),
    "K+K-": ("K+K-",), "K0K0": ("K0K0bar",), "KKpi_LS0": ("K_LK_Spi0",), "KKpi_+-0": ("K+K-pi0",),
    "KKpi_0+-": ("K0K+-pi-+",), "pi0pi0gamma(om)": ("omegapi0(pi0gamma)",), "etapipi": ("etapi+pi-",),
    "etappipi": ("etaprimepi+pi-",), "ompipi": ("omegapipi",), "phipipi": ("phipipi",),
    "KKpipi": ("K+K-pi+pi-", "K_SK+-pi-+pi0"), "etaom": ("etaomega",), "etaphi": ("etaphi",), "phipi0": ("phipi0",),
    "6pi_c": ("3pi+3pi-",), "6pi_n": ("2pi+2pi-2pi0",), "ppbar": ("ppbar",), "nnbar": ("nnbar",),
    "4pi_c": ("2pi+2pi-",), "4pi_n": ("pi+pi-2pi0",),
}  # fmt: skip
"""Channels behind each row of the tables."""
ONE_COPY = {"KKpi_0+-": 0.5}
"""The tables have K_S K+- pi-+ alone, darkbeam its K_L copy too."""
MONTE_CARLO = {"4pi_c": 1e-2, "4pi_n": 1e-2}
"""Tolerance of rows that were Monte Carlo integrated with 2e5 points.  At 1.5 GeV, where the omega is narrow, the
table has 0.8507; ours is 0.8439 +- 0.0002 with 2^17 points and three seeds, and 0.8428 with the 2^15 used here."""


def _table(text: str, first_cell: str) -> tuple[list[float], dict[str, list[float]]]:
    """Columns (masses) and rows of the table whose header starts with a word and continues with masses."""
    lines = text.splitlines()
    start = next(
        k
        for k, line in enumerate(lines)
        if re.match(rf"\| {first_cell} \| \d", line) and "---" in lines[k + 1]
    )
    masses = [float(x) for x in lines[start].strip("| ").split("|")[1:]]
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        rows[cells[0]] = [float(c) for c in cells[1:]]
    return masses, rows


@pytest.fixture(scope="module")
def notes(shared: Path) -> str:
    return (shared / "physics" / "decays.md").read_text(encoding="utf-8")


@pytest.mark.reference
@pytest.mark.parametrize("header", ["channel", "mode"])
def test_ratios(notes: str, header: str) -> None:
    masses, rows = _table(notes, header)
    assert set(rows) <= set(NAMES)
    for name, expected in rows.items():
        for mass, value in zip(masses, expected, strict=True):
            found = sum(float(EXCLUSIVE[c].ratio([mass])[0]) for c in NAMES[name]) * ONE_COPY.get(name, 1.0)
            tolerance = MONTE_CARLO.get(name, 1e-4)
            # the notes switch the neutral 4 pi and six pions on at their own thresholds
            if value > 0.0:
                assert found == pytest.approx(value, rel=tolerance), (name, mass)


@pytest.mark.reference
def test_inclusive_ratio(notes: str) -> None:
    line = next(text for text in notes.splitlines() if text.startswith("R_inc (meson threshold + broad"))
    for mass, value in re.findall(r"([\d.]+): ([\d.]+)", line):
        found = inclusive.ratio([float(mass)], narrow=False)[0]
        assert found == pytest.approx(float(value.rstrip(".")), rel=2e-3), mass


@pytest.mark.reference
def test_lifetime(notes: str) -> None:
    rows = re.findall(
        r"^\| ([\d.]+) \| ([\d.e+-]+) \| [\d.e+-]+ \| \S+ \| ([\d.]+e-1\d) \| [+-]", notes, re.MULTILINE
    )
    assert len(rows) > 40
    model = DarkPhoton()
    for mass, _, ours in rows:
        m = float(mass)
        steep = 0.77 <= m <= 0.8 or 1.01 <= m <= 1.03  # constants of the omega and phi, see the notes
        tolerance = 0.03 if steep else 0.005 if m < 1.9 else 0.02
        assert float(model.ctau(m)) == pytest.approx(float(ours), rel=tolerance), m
    np.testing.assert_allclose(float(model.ctau(0.01)), 8.1126e-12, rtol=1e-4)
