"""Dark photons of the hadronic cascade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.production.cascade import CASCADES, cascade_sources
from darkbeam.production.mesons import meson_sources
from darkbeam.production.source import Source
from darkbeam.production.weighted import innermost
from darkbeam.spectra import load_spectra
from darkbeam.spectra.cascade import load_cascade
from darkbeam.spectra.cones import CONES


def test_names_and_protocol():
    sources = cascade_sources("SPS")
    assert tuple(s.name for s in sources) == CASCADES
    for source, meson in zip(sources, meson_sources("SPS")[:-1], strict=True):  # all but the rare decays
        assert isinstance(source, Source)
        assert source.valid == meson.valid
        assert source.variation_names == meson.variation_names
        assert [s.name for s in innermost(source)] == [meson.name]


def test_yield_is_multiplicity_times_branching():
    tables, mesons = load_cascade("SPS"), load_spectra("SPS")
    for cascade, meson in zip(cascade_sources("SPS"), meson_sources("SPS")[:-1], strict=True):
        if cascade.name == "cascade:Delta":
            continue
        species = meson.channels[0].species
        mass = 0.5 * meson.valid[1]
        ratio = tables.species(species).multiplicity / mesons.species(species).multiplicity
        assert cascade.total(mass) / meson.total(mass) == pytest.approx(ratio)
        assert cascade.total(mass) == pytest.approx(
            cascade.flux(mass, 20_000, np.random.default_rng(1)).total(), rel=0.01
        )


def test_species_without_a_table_is_left_out():
    tables = load_cascade("SPS")
    few = replace(tables, tables={n: t for n, t in tables.tables.items() if n not in {"phi", "Delta0"}})
    names = {s.name for s in cascade_sources("SPS", spectra=few)}
    assert names == set(CASCADES) - {"cascade:phi", "cascade:Delta"}


def in_ship(sources, mass):
    cone = CONES[0]
    total = 0.0
    for source in sources:
        if source.valid[0] < mass < source.valid[1]:
            flux = source.flux(mass, 40_000, np.random.default_rng(4))
            total += np.sum(flux.weight * cone.accepts(flux.energy, flux.theta))
    return total


@pytest.mark.parametrize(("mass", "low", "high"), [(0.05, 0.5, 0.68), (0.2, 0.6, 0.78)])
def test_enhancement_in_ship(mass, low, high):
    """Dark photons above 10 GeV inside SHiP, relative to those of the first collision."""
    ratio = in_ship(cascade_sources("SPS"), mass) / in_ship(meson_sources("SPS"), mass)
    assert low < ratio < high


def test_errors():
    with pytest.raises(ValueRangeError, match="no cascade tables are shipped for LHC, only for SPS"):
        cascade_sources("LHC")
    with pytest.raises(UnknownNameError, match="facility"):
        cascade_sources("Tevatron")
    source = cascade_sources("SPS")[0]
    with pytest.raises(MassRangeError, match="cascade:pi0 is valid from"):
        source.total(0.2)
    with pytest.raises(MassRangeError, match="cascade:pi0 is valid from"):
        source.flux(0.2, 10, np.random.default_rng(1))
