"""Recasting: to itself, to scaled charges, and against the definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkbeam.sensitivity.api import decay_spectra
from darkbeam.sensitivity.limits import Limit, read_limit
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.recast import Recast, recast

OPTIONS = Options(sources=("meson:pi0",), n_draws=4000)
LIMIT = Limit("test", (np.array([[0.03, 4e-7, 3e-5], [0.08, 3e-7, 9e-6]]), np.array([[0.1, 3e-7, 6e-6]])))


def test_to_itself_changes_nothing() -> None:
    result = recast(LIMIT, "NuCal", "dark-photon", options=OPTIONS)
    for point in result.points():
        assert point.recast == pytest.approx(point.epsilon, rel=1e-7)
        assert point.events > 0.0
    assert [p.branch for p in result.points()] == ["lower", "upper"] * 3


def test_scaled_charges_scale_the_coupling(tmp_path: Path) -> None:
    """k times the charges of the photon is the dark photon with epsilon/k."""
    k = 10.0  # the couplings of the Monte Carlo stand in six steps a decade: both use the same ones, scaled
    q = {"u": 2, "c": 2, "d": -1, "s": -1, "b": -1, "e": -3, "mu": -3, "tau": -3}
    charges = "".join(f"{f} = {k * x / 3.0!r}\n" for f, x in q.items())
    card = tmp_path / "scaled.toml"
    card.write_text(f'name = "scaled"\n[charges]\n{charges}', encoding="utf-8")
    result = recast(LIMIT, "NuCal", str(card), options=OPTIONS)
    for point in result.points():
        assert point.recast == pytest.approx(point.epsilon / k, rel=2e-3)


@pytest.fixture(scope="module")
def other() -> Recast:
    """To B-L, with a point where the dark photon has its largest N and one at a mass that no source makes."""
    central = decay_spectra("NuCal", 0.1, sources=("meson:pi0",), n_draws=4000).by_variation["central"]
    epsilon = np.geomspace(3e-7, 6e-6, 61)
    top = epsilon[np.argmax(central.events(epsilon))]
    return recast(Limit("test", (*LIMIT.parts, np.array([[0.1, top, top], [0.5, 1e-6, 1e-6]]))), "NuCal", "B-L",
                  options=OPTIONS)  # fmt: skip


def test_events_are_equal_on_the_same_branch(other: Recast) -> None:
    point = decay_spectra("NuCal", 0.1, sources=("meson:pi0",), n_draws=4000, model="B-L")
    central = point.by_variation["central"]
    lower, upper = other.points()[4:6]
    assert lower.branch == "lower"
    assert upper.branch == "upper"
    assert central.events([lower.recast, upper.recast]) == pytest.approx(
        [lower.events, upper.events], rel=1e-6
    )
    assert np.diff(central.events([lower.recast, 1.01 * lower.recast]))[0] > 0.0
    assert np.diff(central.events([upper.recast, 1.01 * upper.recast]))[0] < 0.0


def test_points_without_solution_say_so(other: Recast) -> None:
    """B-L decays to neutrinos, too: it never has as many events as the dark photon at its best."""
    best, _, absent, _ = other.points()[6:]
    assert best.events > 0.0
    assert not np.isfinite(best.recast)
    assert absent.branch == "none"
    assert not np.isfinite(absent.recast)
    assert any("4 of 10 points have no coupling of B-L" in note for note in other.notes())
    assert [p["recast"] is None for p in other.to_dict()["points"]] == [False] * 6 + [True] * 4


def test_table_is_a_limit_again(other: Recast, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(other.to_csv(), encoding="utf-8")
    again = read_limit(path)
    assert [p.shape for p in again.parts] == [p.shape for p in LIMIT.parts]
    found = np.concatenate([p[:, 1:].ravel() for p in again.parts])
    np.testing.assert_allclose(found, [p.recast for p in other.points()[:6]], rtol=1e-6)
