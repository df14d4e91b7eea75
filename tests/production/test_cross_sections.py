"""Proton-proton cross-sections and the weight of bremsstrahlung."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import M_P
from darkbeam.errors import UnknownNameError
from darkbeam.facilities import get_facility
from darkbeam.production.cross_sections import (
    cross_section_weight,
    s_initial,
    s_reduced,
    sigma_elastic,
    sigma_inelastic,
    sigma_nsd,
    sigma_total,
)

# facility: sigma_tot, sigma_NSD, sigma_inel (mb), SensCalc's weight at z = 0.3, sigma_NSD(s')/sigma_inel(s);
# computed independently from the published parametrisations.
TABLE = {
    "Serpukhov": (38.38, 27.93, 31.25, 0.669, 0.877),
    "Fermilab": (38.57, 28.73, 31.55, 0.667, 0.894),
    "SPS": (39.86, 30.64, 32.82, 0.647, 0.916),
    "LHC": (111.65, 60.55, 81.46, 0.550, 0.729),
}


@pytest.mark.parametrize("name", TABLE)
def test_table_of_cross_sections(name: str) -> None:
    facility = get_facility(name)
    total, nsd, inelastic, senscalc, weight = TABLE[name]
    assert float(sigma_total(facility.s)) == pytest.approx(total, abs=0.006)
    assert float(sigma_nsd(facility.s)) == pytest.approx(nsd, abs=0.006)
    assert float(sigma_inelastic(facility.s)) == pytest.approx(inelastic, abs=0.006)
    assert float(cross_section_weight(facility, 0.3, "senscalc")) == pytest.approx(senscalc, abs=6e-4)
    assert float(cross_section_weight(facility, 0.3)) == pytest.approx(weight, abs=6e-4)


def test_measured_inelastic_cross_sections() -> None:
    """ATLAS and TOTEM at 13 TeV: 78.1 +- 2.9 mb (arXiv:1606.02625) and 79.5 +- 1.8 mb (arXiv:1712.06153)."""
    assert float(sigma_inelastic(13000.0**2)) == pytest.approx(79.3, abs=1.8)


@pytest.mark.parametrize(("collider", "momentum"), [(False, 400.0), (True, 7000.0)])
def test_reduced_invariant_from_four_vectors(collider: bool, momentum: float) -> None:
    """At small z the invariant is (p + p_target - k)^2 up to terms of relative order mp^2/s and m^2."""
    E = np.hypot(momentum, M_P)
    assert s_initial(momentum, collider=collider) == pytest.approx(
        (2 * E) ** 2 if collider else (E + M_P) ** 2 - momentum**2, rel=1e-12
    )
    z = 0.4
    target = np.array([E, -momentum]) if collider else np.array([M_P, 0.0])
    rest = np.array([E, momentum]) + target - z * momentum  # massless, collinear radiation
    invariant = rest[0] ** 2 - rest[1] ** 2
    assert float(s_reduced(z, momentum, collider=collider)) == pytest.approx(invariant, rel=5e-3)


def test_elastic_and_inelastic_add_to_total() -> None:
    s = np.geomspace(100.0, 2e8, 20)
    np.testing.assert_allclose(sigma_elastic(s) + sigma_inelastic(s), sigma_total(s), rtol=1e-14)
    assert np.all(sigma_nsd(s) < sigma_inelastic(s))


def test_normalisations() -> None:
    lhc, z = get_facility("LHC"), np.array([0.1, 0.5])
    np.testing.assert_array_equal(cross_section_weight(lhc, z, "one"), 1.0)
    ratio = cross_section_weight(lhc, z, "tot") / cross_section_weight(lhc, z, "inelastic")
    np.testing.assert_allclose(ratio, lhc.sigma_inel_mb / sigma_total(lhc.s), rtol=1e-12)
    with pytest.raises(UnknownNameError, match="normalisation 'total'"):
        cross_section_weight(lhc, z, "total")
