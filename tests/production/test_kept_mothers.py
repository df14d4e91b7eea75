"""Mothers kept from mass to mass are those that would be drawn anew."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.production import kept_mothers as module
from darkbeam.production.kept_mothers import kept_mothers
from darkbeam.production.mother_weights import weigh_mothers
from darkbeam.production.nuclear import NuclearTarget
from darkbeam.spectra import MesonSpectrum, load_spectra
from darkbeam.spectra.quasi import kronecker, lattice

SHIFT = np.array([0.1, 0.7, 0.3, 0.9])
TARGET = NuclearTarget(96.0)


@pytest.fixture
def spectrum() -> MesonSpectrum:
    return load_spectra("SPS").species("eta")


def test_lattice_is_the_sequence_in_parts() -> None:
    shift = np.random.default_rng(4).random(4)
    whole = lattice(100, shift)
    assert np.array_equal(whole, kronecker(100, 4, np.random.default_rng(4)))
    assert np.array_equal(whole[:2], lattice(100, shift, 2))
    assert np.array_equal(whole[2:], lattice(100, shift, -2))
    assert np.array_equal(whole[:, :30], lattice(30, shift))


@pytest.mark.parametrize("nuclear", [None, TARGET])
def test_kept_are_the_drawn_ones(spectrum: MesonSpectrum, nuclear: NuclearTarget | None) -> None:
    n = 700
    points = lattice(n, SHIFT)[:2]
    slow = weigh_mothers(spectrum, spectrum.sample(n, np.random.default_rng(1), points), nuclear)
    for _ in range(2):  # made, then kept
        fast = kept_mothers(spectrum, nuclear, n, SHIFT)
        for name in ("energy", "pt", "pz", "block", "index", "survival", "rank"):
            assert np.array_equal(getattr(fast, name), getattr(slow, name))
        assert fast.weight == pytest.approx(slow.weight, rel=1e-14)


def test_digits_do_not_depend_on_what_was_kept(
    spectrum: MesonSpectrum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT", type(module._KEPT)())
    small = kept_mothers(spectrum, None, 300, SHIFT).weight
    kept_mothers(spectrum, None, 5000, SHIFT)
    assert np.array_equal(kept_mothers(spectrum, None, 300, SHIFT).weight, small)


def test_oldest_are_dropped(spectrum: MesonSpectrum, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = type(module._KEPT)()
    monkeypatch.setattr(module, "_KEPT", kept)
    monkeypatch.setattr(module, "LIMIT", 2048)
    for k in range(5):
        kept_mothers(spectrum, None, 1024, SHIFT + 0.01 * k)
    assert [key[2] for key in kept] == [(SHIFT + 0.01 * k).tobytes() for k in (3, 4)]
    kept_mothers(spectrum, None, 4096, SHIFT)  # larger than all of it: kept alone
    assert len(kept) == 1
