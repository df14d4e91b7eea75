"""The table of numbers against the Particle Data Group and CODATA."""

from __future__ import annotations

import math

import pytest
from particle import Particle

from darkbeam import constants as c

MASSES = {
    "M_E": 11, "M_MU": 13, "M_TAU": 15, "M_PI": 211, "M_PI0": 111, "M_K": 321, "M_K0": 311, "M_ETA": 221, "M_ETAP": 331,
    "M_RHO": 113, "M_OMEGA": 223, "M_PHI": 333, "M_P": 2212, "M_N": 2112, "M_D": 421,
}  # fmt: skip


@pytest.mark.parametrize("name", MASSES)
def test_masses_follow_the_pdg(name: str) -> None:
    pdg = Particle.from_pdgid(MASSES[name]).mass / 1000.0
    assert getattr(c, name) == pytest.approx(pdg, rel=5e-4 if name == "M_RHO" else 3e-5)


def test_fundamental_constants_are_consistent() -> None:
    assert c.E_CHARGE**2 / (4.0 * math.pi) == pytest.approx(c.ALPHA, rel=1e-9)
    assert pytest.approx(137.035999, rel=1e-8) == 1.0 / c.ALPHA
    # (hbar c)^2: 1 GeV^-2 = (hbar c)^2, and 1 m^2 = 1e31 mb
    assert pytest.approx(c.GEV2_MB, rel=1e-8) == c.HBARC_GEV_M**2 * 1e31
    assert pytest.approx(299792458.0 * 1e-9) == c.TESLA_M_GEV
