"""Shapes from the generator: a small sample agrees with the shipped tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.errors import ValueRangeError
from darkbeam.facilities import FACILITIES
from darkbeam.spectra.drell_yan import load_drell_yan
from darkbeam.spectra.drell_yan_events import Z_PRIME, drell_yan_settings, make_shape, vector_momenta
from darkbeam.spectra.drell_yan_make import mass_range, wheel_grid, write_table
from darkbeam.spectra.quarkonium import load_cross_sections
from darkbeam.spectra.quarkonium_make import MEASUREMENTS, window_share

pytest.importorskip("pythia8mc")
SPS = FACILITIES["SPS"]


@pytest.mark.pythia
def test_small_sample_agrees_with_the_shipped_shape() -> None:
    sample = load_drell_yan("SPS").sample["shapes"][4]
    mass = sample["mass_GeV"]
    table, about = make_shape(SPS, mass, drell_yan_settings(SPS, mass), Z_PRIME, 2000, seed=77)
    assert about["mean_pT_GeV"] == pytest.approx(sample["mean_pT_GeV"], rel=0.05)
    shipped = load_drell_yan("SPS").shapes.tables[4]
    # mirrored events: the median of x is that of a particle at rest in the centre of mass
    centre = np.log(SPS.total[0] / SPS.light_cone * mass / SPS.sqrt_s)
    for t in (table, shipped):
        assert np.interp(0.0, np.linspace(*t.z_range, t.lnx.size), t.lnx) == pytest.approx(centre, abs=0.15)
    assert table.multiplicity == 1.0
    assert table.n_raw == 4000


@pytest.mark.pythia
def test_momenta_are_allowed_and_reproducible() -> None:
    settings = drell_yan_settings(SPS, 3.0)
    a, b = (vector_momenta(settings, Z_PRIME, 200, 5, SPS.total) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(a[2], 3.0, atol=0.01)
    assert np.all(a[1] < SPS.beam_energy)


@pytest.mark.pythia
def test_share_of_the_measured_window() -> None:
    """LHCb sees half of the J/psi of its fixed-target run: the backward hemisphere."""
    measurement = MEASUREMENTS[2]
    assert window_share(measurement, 300, 3) == pytest.approx(0.49, abs=0.03)
    sigma = dict(zip(load_cross_sections("jpsi").sqrt_s, load_cross_sections("jpsi").sigma, strict=True))
    assert sigma[measurement.sqrt_s] == pytest.approx(2.0 * measurement.value, rel=0.03)


@pytest.mark.pythia
def test_refusals() -> None:
    with pytest.raises(ValueRangeError, match="no parton grid"):
        wheel_grid("MSTW_0000.dat")
    with pytest.raises(ValueRangeError, match="refuses the setting"):
        vector_momenta(("No:such = 1",), Z_PRIME, 1, 1)


def test_ranges_and_files(tmp_path: Path) -> None:
    assert mass_range(FACILITIES["LHC"]) == (1.5, 200.0)
    low, high = mass_range(SPS)
    assert low == 1.5
    assert high == pytest.approx(0.38 * SPS.sqrt_s)
    write_table(tmp_path / "new", "X", {"a": np.arange(3)}, {"b": 1})
    assert np.load(tmp_path / "new" / "X.npz")["a"].tolist() == [0, 1, 2]
