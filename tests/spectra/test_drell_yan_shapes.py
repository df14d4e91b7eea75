"""Shapes: interpolation between masses, storage, and the shipped tables against their samples."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.facilities import FACILITIES
from darkbeam.spectra.drell_yan import TABLES, VARIATIONS, load_drell_yan
from darkbeam.spectra.drell_yan_shapes import ShapeTable, pack_shapes, unpack_shapes

PRESENT = [name for name in TABLES if name in FACILITIES]


def test_nodes_are_exact_and_between_is_between() -> None:
    shapes = load_drell_yan("SPS").shapes
    a, b = shapes.tables[3], shapes.tables[4]
    np.testing.assert_allclose(shapes.at(float(shapes.masses[3])).lnx, a.lnx, rtol=1e-12)
    middle = shapes.at(float(np.sqrt(shapes.masses[3] * shapes.masses[4])))
    np.testing.assert_allclose(middle.lnx, 0.5 * (a.lnx + b.lnx), rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(middle.pt2), 0.5 * (np.sqrt(a.pt2) + np.sqrt(b.pt2)), rtol=1e-9)
    assert np.all(np.diff(middle.lnx) >= 0.0)
    np.testing.assert_array_equal(shapes.at(1.0).lnx, shapes.tables[0].lnx)


def test_round_trip() -> None:
    shapes = load_drell_yan("JPARC").shapes
    again = unpack_shapes(pack_shapes(shapes))
    np.testing.assert_array_equal(again.masses, shapes.masses)
    for a, b in zip(again.tables, shapes.tables, strict=True):
        np.testing.assert_array_equal(a.pt2, b.pt2)
        np.testing.assert_array_equal(a.n_block, b.n_block)
        assert (a.multiplicity, a.n_raw) == (b.multiplicity, b.n_raw)


def test_one_mass_serves_all() -> None:
    table = load_drell_yan("SPS").shapes.tables[0]
    assert ShapeTable(np.array([1.5]), (table,)).at(99.0) is table


@pytest.mark.parametrize("name", PRESENT)
def test_luminosities(name: str) -> None:
    table = load_drell_yan(name)
    targets = 1 if FACILITIES[name].collider else 2
    assert table.luminosity.shape == (len(VARIATIONS), targets, 2, 2, table.masses.size)
    assert np.all(table.luminosity > 0.0)


@pytest.mark.parametrize("name", [n for n in PRESENT if n != "LHC_13p6"])
def test_tables_have_the_moments_of_their_samples(name: str) -> None:
    table = load_drell_yan(name)
    for sample in table.sample["shapes"][::4]:
        mass = sample["mass_GeV"]
        moments = table.shapes.spectrum(FACILITIES[name], mass).moments(600, 120)
        assert moments["mean_pT_GeV"] == pytest.approx(sample["mean_pT_GeV"], rel=0.02)
        assert moments["multiplicity"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("i", [3, 6])
def test_interpolation_replaces_a_left_out_mass(i: int) -> None:
    """A shape interpolated over twice the spacing of the table agrees with the generated one."""
    full = load_drell_yan("SPS").shapes
    keep = [k for k in range(len(full.tables)) if k != i]
    thinned = ShapeTable(full.masses[keep], tuple(full.tables[k] for k in keep))
    mass = float(full.masses[i])
    own, between = (s.spectrum(FACILITIES["SPS"], mass).moments(600, 120) for s in (full, thinned))
    assert between["mean_p_GeV"] == pytest.approx(own["mean_p_GeV"], rel=0.02)
    assert between["mean_pT_GeV"] == pytest.approx(own["mean_pT_GeV"], rel=0.02)
