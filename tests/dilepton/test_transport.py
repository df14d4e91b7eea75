"""Other beams, other targets, other vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.mock import mock_sample
from darkbeam.dilepton.source import OffShellPhoton
from darkbeam.dilepton.transport import transport_to
from darkbeam.dilepton.vectors import for_vector
from darkbeam.errors import UnknownNameError, ValueRangeError
from darkbeam.models.charges import PHOTON_CHARGES, Charges


@pytest.fixture(scope="module")
def measured() -> OffShellPhoton:
    sample = mock_sample(30_000, 3)
    model = fit_bootstrap(sample, np.random.default_rng(1), members=0)
    return OffShellPhoton("dilepton:mock", fit_spectrum(sample, 0.0), model)


def test_same_beam_changes_nothing(measured: OffShellPhoton) -> None:
    same = replace(measured, transport=transport_to("SPS", "SPS"))
    before, after = (s.flux(0.5, 2000, np.random.default_rng(1)) for s in (measured, same))
    np.testing.assert_allclose(after.weight, before.weight, rtol=1e-12)
    assert np.mean(np.abs(after.energy / before.energy - 1.0) < 1e-9) > 0.99


def test_lower_energy(measured: OffShellPhoton) -> None:
    """At 120 GeV: fewer mesons, softer photons, and the spread of tunes within 20 %."""
    moved = replace(measured, transport=transport_to("SPS", "Fermilab"))
    flux = moved.flux(0.5, 20_000, np.random.default_rng(1))
    ratio = moved.total(0.5) / measured.total(0.5)
    assert 0.55 < ratio < 0.85
    assert flux.total() == pytest.approx(moved.total(0.5), rel=0.02)
    assert np.max(flux.energy) < 120.0
    names = moved.transport.variation_names if moved.transport else ()
    assert len(names) >= 3
    spread = np.array([flux.total(name) / flux.total() for name in names])
    assert np.all(np.abs(spread - 1.0) < 0.2)
    assert np.ptp(spread) > 0.01
    assert "moved to Fermilab" in flux.notes[-1]


def test_ratio_is_that_of_the_generator(measured: OffShellPhoton) -> None:
    """Moving the generator's own photons of eta decays gives those of the other energy, sum and mean energy."""
    transport = transport_to("SPS", "Fermilab")
    eta = [next(s for s in side if s.name == "meson:eta") for side in (transport.first, transport.second)]
    alone = replace(transport, first=(eta[0],), second=(eta[1],))
    moved = alone.apply(eta[0].flux(0.3, 40_000, np.random.default_rng(3)), "SPS")
    there = eta[1].flux(0.3, 40_000, np.random.default_rng(4))
    assert moved.total() == pytest.approx(there.total(), rel=0.02)
    means = [float(np.average(f.energy, weights=f.weight)) for f in (moved, there)]
    assert means[0] == pytest.approx(means[1], rel=0.05)
    with pytest.raises(ValueRangeError, match="starts from SPS"):
        alone.apply(moved, "Fermilab")


def test_heavier_target(measured: OffShellPhoton) -> None:
    """Slow photons from mesons scale as A^(0.73 to 1 - 0.71): a little more per collision."""
    heavy = replace(measured, transport=transport_to("SPS", "SPS", (1.0, 184.0)))
    assert 0.8 < heavy.total(0.5) / measured.total(0.5) < 1.6


def test_other_vectors_need_labels() -> None:
    sample = mock_sample(5000, 1)
    np.testing.assert_allclose(for_vector(sample, PHOTON_CHARGES).weight, 1.0, rtol=1e-9)
    baryon = for_vector(sample, Charges(u=1 / 3, d=1 / 3, s=1 / 3, c=1 / 3))
    assert sample.label is not None
    expected = {"rho": 0.0, "omega": 4.0, "phi": 1.0, "jpsi": 0.25}
    for label, factor in expected.items():
        np.testing.assert_allclose(baryon.weight[sample.label == label], factor, atol=1e-12)
    with pytest.raises(ValueRangeError, match="column label"):
        for_vector(replace(sample, label=None), PHOTON_CHARGES)
    with pytest.raises(UnknownNameError, match="Did you mean 'rho'"):
        for_vector(replace(sample, label=np.full(5000, "rhoo")), PHOTON_CHARGES)


def test_pairs_move_with_their_photons(measured: OffShellPhoton) -> None:
    """Pairs at 120 GeV: weights sum to the total, energies below the beam, momenta conserved."""
    moved = replace(measured, transport=transport_to("SPS", "Fermilab"))
    source = moved.pair_source("dirac")
    flux = source.pairs(0.2, 5000, np.random.default_rng(1))
    assert np.sum(flux.weight) == pytest.approx(source.total(0.2), rel=0.03)
    assert 0.5 < source.total(0.2) / measured.pair_source("dirac").total(0.2) < 0.9
    E, px, py, pz = np.sum(flux.p4, axis=1)
    assert np.max(E) < 120.0
    np.testing.assert_allclose(np.sqrt(E**2 - px**2 - py**2 - pz**2), flux.q, rtol=1e-6)
    assert "moved to Fermilab" in flux.notes[-1]
