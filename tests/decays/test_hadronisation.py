"""Composition of hadronised decays against data and against the exclusive channels below."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.decays.hadron_library import sample_quarks
from darkbeam.decays.hadronisation import pool_shares, shower_probability
from darkbeam.decays.sampling import sample_rest
from darkbeam.decays.secondary import decay_all
from darkbeam.decays.setting import DecaySetting
from darkbeam.errors import ValueRangeError
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.hadrons.couplings import PHOTON, Couplings
from darkbeam.models import DarkPhoton

CHARGED = (11, 13, 211, 321, 2212)
N = 6000


def _n_charged(pdg: np.ndarray) -> np.ndarray:
    return np.isin(np.abs(pdg), CHARGED).sum(axis=1)


def _quarks(mass: float, couplings: Couplings = PHOTON) -> np.ndarray:
    rng = np.random.default_rng(2)
    pool = sample_quarks(mass, np.arange(N), rng, DecaySetting(couplings))
    return _n_charged(decay_all(pool, rng).pack(N)[0])


def _exclusive(mass: float) -> np.ndarray:
    names = [name for name in DarkPhoton().channels if name in EXCLUSIVE]
    return _n_charged(sample_rest(DarkPhoton(), mass, N, np.random.default_rng(3), names).pdg)


@pytest.mark.parametrize(
    ("mass", "measured"), [(2.2, 2.71), (2.6, 3.10), (3.0, 3.50), (3.2, 3.53), (4.6, 4.61)]
)
def test_charged_multiplicity_of_bes(mass: float, measured: float) -> None:
    """BES, hep-ex/0306055: dN/dxi of charged particles integrated over the measured xi (HEPData 22183).

    Errors 7 to 9 %; the softest particles (a few per cent) are outside the measured range.
    """
    assert _quarks(mass).mean() == pytest.approx(measured, rel=0.10)


def test_charged_multiplicity_of_argus() -> None:
    """ARGUS, Z. Phys. C 54 (1992) 13: 8.35 +- 0.20 in the continuum at 10.47 GeV; strings give 9 % less."""
    assert _quarks(10.47).mean() == pytest.approx(8.35, rel=0.12)


def test_continuous_with_the_exclusive_channels() -> None:
    """The blend from 2.0 (exclusive) to 2.5 GeV (strings): steps below 10 % in n_ch and in P(n_ch >= 4)."""
    masses = np.array([1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6])
    y = np.clip((masses - 2.0) / 0.5, 0.0, 1.0)
    mean, four = [], []
    for mass, share in zip(masses, y, strict=True):
        parts = [(1.0 - share, _exclusive(mass)) if share < 1.0 else (0.0, np.zeros(1))]
        parts.append((share, _quarks(mass)))
        mean.append(sum(w * n.mean() for w, n in parts))
        four.append(sum(w * (n >= 4).mean() for w, n in parts))
    for values in (np.array(mean), np.array(four)):
        assert np.abs(np.diff(values) / values[1:]).max() < 0.10
        assert values.max() / values.min() < 1.22


def test_multiplicity_grows_smoothly() -> None:
    masses = np.array([2.0, 2.3, 2.7, 3.2, 3.7, 4.1, 5.0, 6.5, 8.0, 10.0])
    means = np.array([_quarks(mass).mean() for mass in masses])
    assert np.all(np.diff(means) > 0.0)
    assert np.all(np.diff(means) / np.diff(np.log(masses)) < 9.0)  # open charm at 3.73 GeV


def test_flavours_of_the_dark_photon() -> None:
    """u : d : s : c = 4 : 1 : 1 : 4 far above threshold; isovector to isoscalar 9 to 1."""
    shares = pool_shares(9.0, 0.4, PHOTON)
    assert shares["u"] / shares["d"] == pytest.approx(4.0)
    light = sum(shares[pool] for pool in ("isovector", "isoscalar", "u", "d"))
    assert light == pytest.approx(5.0 / 3.0)
    assert light / shares["s"] == pytest.approx(5.0)
    assert shares["c"] == pytest.approx(4.0 / 3.0, rel=0.03)
    assert shares["b"] == 0.0 < pool_shares(12.0, 0.4, PHOTON)["b"]


def test_flavours_of_baryon_number() -> None:
    """Equal charges: no isovector, u : d : s = 1 : 1 : 1."""
    shares = pool_shares(3.0, 0.3, Couplings.from_quarks(1 / 3, 1 / 3, 1 / 3))
    assert shares["isovector"] == 0.0
    assert shares["u"] == pytest.approx(shares["d"])
    assert shares["isoscalar"] + shares["u"] + shares["d"] == pytest.approx(2.0 * shares["s"])


def test_strangeness_follows_the_strange_charge() -> None:
    """Strange quarks only: every decay has kaons or a phi."""
    rng = np.random.default_rng(1)
    pool = sample_quarks(2.5, np.arange(2000), rng, DecaySetting(Couplings(0.0, 0.0, 1.0)))
    pdg, _ = pool.pack(2000)
    kaons = np.isin(np.abs(pdg), [130, 310, 321]).sum(axis=1)
    assert (kaons >= 2).mean() > 0.85


def test_no_coupling_is_refused() -> None:
    nothing = Couplings(0.0, 0.0, 0.0)
    with pytest.raises(ValueRangeError, match="none of the quarks"):
        pool_shares(3.0, 0.3, nothing)
    assert pool_shares(4.0, 0.3, nothing)["c"] > 0.0


def test_shower_sets_in_between_4_and_6() -> None:
    assert [shower_probability(m) for m in (3.0, 4.0, 5.0, 6.0, 9.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
