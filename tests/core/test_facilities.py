"""Facilities: names, invariants, cross-sections."""

from __future__ import annotations

import pytest

from darkbeam.errors import UnknownNameError
from darkbeam.facilities import FACILITIES, get_facility
from darkbeam.production.cross_sections import sigma_inelastic

# sqrt(s) in GeV and sigma_inel in mb: pp at 400, 120, 70 GeV on a proton at rest, 14 and 13.6 TeV.
EXPECTED = {
    "SPS": (27.43, 32.8),
    "Fermilab": (15.06, 31.6),
    "Serpukhov": (11.54, 31.3),
    "JPARC": (7.62, 31.1),
    "LHC": (14000.0, 81.5),
    "LHC_13p6": (13600.0, 81.1),
}


@pytest.mark.parametrize("name", FACILITIES)
def test_invariants_and_cross_section(name: str) -> None:
    facility = get_facility(name)
    sqrt_s, sigma = EXPECTED[name]
    assert facility.sqrt_s == pytest.approx(sqrt_s, rel=4e-4)
    assert facility.sigma_inel_mb == pytest.approx(sigma, rel=2e-3)


@pytest.mark.parametrize("name", FACILITIES)
def test_stored_cross_section_is_the_parametrisation(name: str) -> None:
    facility = get_facility(name)
    assert facility.sigma_inel_mb == pytest.approx(float(sigma_inelastic(facility.s)), rel=2e-4)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [("sps", "SPS"), ("FermilabBD", "Fermilab"), ("fermilab-bd", "Fermilab"), ("lhc-13P6", "LHC_13p6"),
     ("LHC 13p6", "LHC_13p6"), ("serpukhov", "Serpukhov")],
)  # fmt: skip
def test_spelling_does_not_matter(spelling: str, name: str) -> None:
    assert get_facility(spelling) is FACILITIES[name]


def test_unknown_facility_proposes_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'Serpukhov'"):
        get_facility("Serpukov")
