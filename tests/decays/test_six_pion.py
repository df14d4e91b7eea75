"""Six-pion model: kinematics, rho and omega content, limits of the weights."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import M_PI
from darkbeam.decays.particles import mass_of
from darkbeam.decays.setting import DecaySetting
from darkbeam.decays.six_pion import OMEGA_SHARE, SIX_PION_CHARGED, SIX_PION_NEUTRAL, SixPion
from darkbeam.errors import ValueRangeError
from darkbeam.hadrons.couplings import Couplings
from darkbeam.hadrons.propagators import bw_p_wave
from darkbeam.kinematics import mass_squared
from darkbeam.kinematics.phase_space import n_body

WEIGHTED = DecaySetting(weighted=True)


def particles(sampler: SixPion, mass: float, n: int, setting: DecaySetting, seed: int = 1):
    """Momenta by id, each list entry (4, n) ordered by event, and weights."""
    pool = sampler(mass, np.arange(n), np.random.default_rng(seed), setting)
    out = {}
    for pdg, blocks in pool.blocks.items():
        events = np.concatenate([b.events for b in blocks])
        p4 = np.concatenate([b.p4 for b in blocks], axis=1)[:, np.argsort(events, kind="stable")]
        out[pdg] = p4.reshape(4, n, -1).transpose(2, 0, 1)
    return out, pool.event_weights(n)


@pytest.mark.parametrize("sampler", [SIX_PION_CHARGED, SIX_PION_NEUTRAL])
@pytest.mark.parametrize("setting", [WEIGHTED, DecaySetting()], ids=["weighted", "unweighted"])
def test_kinematics(sampler: SixPion, setting: DecaySetting) -> None:
    p, w = particles(sampler, 1.7, 400, setting)
    assert {i: len(q) for i, q in p.items()} == {i: sampler.pdg.count(i) for i in sampler.pdg}
    total = sum(q.sum(axis=0) for q in p.values())
    np.testing.assert_allclose(total[0], 1.7, rtol=1e-12)
    assert np.abs(total[1:]).max() < 1e-12
    for pdg, group in p.items():
        np.testing.assert_allclose(mass_squared(group.transpose(1, 0, 2)), mass_of(pdg) ** 2, atol=1e-11)
    assert w.mean() == pytest.approx(1.0, abs=1e-12)
    assert 1.0 / np.mean(w**2) > 0.6 if setting.weighted else np.all(w == 1.0)


@pytest.mark.parametrize("setting", [WEIGHTED, DecaySetting()], ids=["weighted", "unweighted"])
def test_rho_peak_follows_the_model(setting: DecaySetting) -> None:
    """Mean number of pi+ pi- pairs near the rho against flat phase space weighted by the current."""
    n = 8000
    p, w = particles(SIX_PION_CHARGED, 1.9, n, setting)
    near = sum(abs(np.sqrt(mass_squared(a + b)) - 0.7755) < 0.1 for a in p[211] for b in p[-211])
    q = n_body(1.9, (M_PI,) * 6, 2 * n, np.random.default_rng(2))
    J = sum(
        bw_p_wave(mass_squared(a + b), 0.7755, 0.1494, M_PI, M_PI) * (b - a)[1:] for a in q[:3] for b in q[3:]
    )
    v = np.sum(np.abs(J) ** 2, axis=0)
    flat = sum(abs(np.sqrt(mass_squared(a + b)) - 0.7755) < 0.1 for a in q[:3] for b in q[3:])
    expected = np.average(flat, weights=v)
    error = np.hypot(
        *(
            np.sqrt(np.sum((x * (y - np.average(y, weights=x))) ** 2)) / x.sum()
            for x, y in ((w, near), (v, flat))
        )
    )
    assert np.average(near, weights=w) == pytest.approx(expected, abs=4 * error)
    assert expected > flat.mean() + 8 * error  # the current matters


def test_omega_share() -> None:
    n = 4000
    p, _ = particles(SIX_PION_NEUTRAL, 1.8, n, DecaySetting())
    near = np.zeros(n, dtype=bool)
    for a in p[211]:
        for b in p[-211]:
            for c in p[111]:
                near |= np.abs(np.sqrt(mass_squared(a + b + c)) - mass_of(223)) < 1e-6
    assert near.mean() == pytest.approx(OMEGA_SHARE, abs=1.5 / n)


def test_closed_channels_are_refused() -> None:
    with pytest.raises(ValueRangeError, match="isovector"):
        SIX_PION_CHARGED(
            1.9, np.arange(2), np.random.default_rng(1), DecaySetting(couplings=Couplings(0, 1, 1))
        )
    with pytest.raises(ValueRangeError, match=r"above 0\.8"):
        SIX_PION_NEUTRAL(0.7, np.arange(2), np.random.default_rng(1))
