"""Efficiency tables against direct interpolation; files; resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from darkbeam.errors import CardError
from darkbeam.experiments import EfficiencyTable, Smearing, accept, experiment_from_card, load_experiment
from darkbeam.experiments.efficiency_card import inline_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from darkbeam.experiments import Experiment

    Toy = Callable[..., Experiment]

INLINE = {"momentum_GeV": [10.0, 20.0, 100.0], "efficiency": [0.2, 0.6, 1.0]}


def test_one_variable_is_numpy_interp(toy: Toy) -> None:
    """Two photons of p/2 each along z: the parent has momentum p; held at both ends."""
    e = toy(efficiency={"hadrons": INLINE, "ee": 0.7})
    p = np.array([1.0, 10.0, 12.0, 20.0, 60.0, 100.0, 250.0])
    half = np.stack([p / 2, 0 * p, 0 * p, p / 2])[:, :, None].repeat(2, axis=2)
    vertex = np.tile([[0.0], [0.0], [12.0]], (1, len(p)))
    found = accept(e, vertex, half, np.full((len(p), 2), 22), ["hadrons"] * len(p))
    np.testing.assert_allclose(
        found.weight, np.interp(p, INLINE["momentum_GeV"], INLINE["efficiency"]), rtol=1e-13
    )
    others = accept(e, vertex, half, np.full((len(p), 2), 22), ["ee"] * len(p))
    np.testing.assert_array_equal(others.weight, 0.7)


def bilinear(axes: list[list[float]], values: np.ndarray, point: tuple[float, float]) -> float:
    """Weights of the four corners, written out."""
    total = 0.0
    for i, a in enumerate(axes[0]):
        for j, b in enumerate(axes[1]):
            one = np.interp(point[0], axes[0], [float(x == a) for x in axes[0]])
            two = np.interp(point[1], axes[1], [float(x == b) for x in axes[1]])
            total += values[i, j] * one * two
    return total


def test_four_variables_and_two_against_the_written_out_sum() -> None:
    rng = np.random.default_rng(1)
    axes = [[0.0, 0.5, 2.0], [10.0, 12.0, 15.0, 20.0]]
    values = rng.uniform(0.0, 1.0, (3, 4))
    table = EfficiencyTable(("radius_m", "z_m"), tuple(map(tuple, axes)), tuple(values.ravel()))
    vertex = np.stack([*rng.uniform(-2.0, 2.0, (2, 200)), rng.uniform(8.0, 22.0, 200)])
    parent = np.stack([np.full(200, 5.0), *rng.normal(size=(3, 200))])
    slow = [bilinear(axes, values, (float(np.hypot(x, y)), float(z))) for x, y, z in vertex.T]
    np.testing.assert_allclose(table(vertex, parent), slow, rtol=1e-12)
    names = ("momentum_GeV", "mass_GeV", "radius_m", "z_m")
    flat = EfficiencyTable(names, ((1.0, 3.0),) + ((0.0, 1.0),) * 3, tuple(np.linspace(0.0, 1.0, 16)))
    momentum = np.linalg.norm(parent[1:], axis=0)
    mass = np.minimum(np.sqrt(25.0 - momentum**2), 1.0)
    radius = np.minimum(np.hypot(*vertex[:2]), 1.0)
    # linspace over the binary digits of the corner is linear in each variable with weights 8, 4, 2, 1 of 15
    exact = (8 * np.clip((momentum - 1) / 2, 0, 1) + 4 * mass + 2 * radius + 1) / 15
    np.testing.assert_allclose(flat(vertex, parent), exact, rtol=1e-12)


def test_file_next_to_the_card_becomes_part_of_it(toy: Toy, toy_card: Any, tmp_path: Path) -> None:
    lines = ["# measured", "efficiency, mass_GeV, momentum_GeV"]
    grid = [(m, p, 0.01 * p * m) for p in (10.0, 50.0) for m in (0.5, 0.1, 1.0)]
    (tmp_path / "eff.csv").write_text("\n".join(lines + [f"{e}, {m}, {p}" for m, p, e in grid]))
    card = inline_files(toy_card(efficiency={"ee": {"file": "eff.csv"}}), tmp_path, "mine.toml")
    assert card["efficiency"]["ee"] == {
        "mass_GeV": [0.1, 0.5, 1.0], "momentum_GeV": [10.0, 50.0],
        "efficiency": [[0.01 * p * m for p in (10.0, 50.0)] for m in (0.1, 0.5, 1.0)],
    }  # fmt: skip
    table = experiment_from_card(card).efficiency["ee"]
    assert isinstance(table, EfficiencyTable)
    at = np.array([[0.3, 0.8]]) ** 2 + 30.0**2
    parent = np.concatenate([np.sqrt(at), [[0.0, 0.0], [0.0, 0.0], [30.0, 30.0]]])
    np.testing.assert_allclose(table(np.ones((3, 2)), parent), [0.09, 0.24], rtol=1e-6)
    assert experiment_from_card(experiment_from_card(card).card) == experiment_from_card(card)


def test_the_file_is_looked_for_next_to_the_card_that_names_it(tmp_path: Path) -> None:
    """Also when another card, elsewhere, is based on that one; and a table replaces an inherited one as a whole."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "eff.csv").write_text("momentum_GeV,efficiency\n1,0.25\n10,0.75\n")
    text = 'based_on = "SHiP"\nname = "Base"\n[efficiency]\nee = { file = "eff.csv" }\n'
    (tmp_path / "base" / "base.toml").write_text(text)
    (tmp_path / "mine.toml").write_text('based_on = "base/base.toml"\n')
    table = EfficiencyTable(("momentum_GeV",), ((1.0, 10.0),), (0.25, 0.75))
    assert load_experiment(tmp_path / "mine.toml").efficiency["ee"] == table
    inline = "[efficiency]\nee = { z_m = [40, 80], efficiency = [0, 1] }\n"
    (tmp_path / "mine.toml").write_text(f'based_on = "base/base.toml"\n{inline}')
    table = EfficiencyTable(("z_m",), ((40.0, 80.0),), (0.0, 1.0))
    assert load_experiment(tmp_path / "mine.toml").efficiency["ee"] == table
    (tmp_path / "base" / "eff.csv").unlink()
    with pytest.raises(CardError, match=r"base\.toml: key 'efficiency\.ee\.file': 'eff\.csv' cannot be read"):
        load_experiment(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "key 'efficiency.ee.file': 'eff.csv' cannot be read (No such file or directory)"),
        ("", "needs the columns efficiency and some of momentum_GeV, radius_m"),
        ("momentum, efficiency\n1, 1\n", "needs the columns"),
        ("z_m,efficiency\n1,x\n", "'1,x' is no line of 2 numbers"),
        ("z_m,efficiency\n1\n", "'1' is no line of 2 numbers"),
        ("z_m,efficiency\n1,0.5\n1,0.6\n", "has two lines for z_m = 1"),
        ("z_m,mass_GeV,efficiency\n1,1,0.5\n2,2,0.6\n", "is no full grid: no line for z_m = 1, mass_GeV = 2"),
    ],
)
def test_bad_files(toy_card: Any, tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "eff.csv").write_text(text)
    with pytest.raises(CardError) as caught:
        inline_files(toy_card(efficiency={"ee": {"file": "eff.csv"}}), tmp_path, "mine.toml")
    assert message in str(caught.value)
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"file": "x.csv"}, "can be read only for a card that is a file itself"),
        ({"efficiency": [1.0]}, "needs a variable: one of momentum_GeV"),
        (INLINE | {"efficiency": [0.1, 0.2]}, "must be nested lists with 3 numbers"),
        (INLINE | {"z_m": [1.0, 2.0]}, "must be nested lists with 2 numbers"),
        (INLINE | {"momentum_GeV": [1.0, 1.0, 2.0]}, "must be a list of ascending numbers"),
        (INLINE | {"efficiency": [0.1, 0.2, 85.0]}, "must be at most 1, not 85; is this in percent?"),
        (INLINE | {"energy_GeV": [1.0]}, "unknown key"),
    ],
)
def test_bad_tables(toy: Toy, table: dict[str, Any], message: str) -> None:
    with pytest.raises(CardError) as caught:
        toy(efficiency={"ee": table})
    assert message in str(caught.value)


def test_resolution_has_the_width_it_says() -> None:
    """sigma_p/p = 0.03 (+) 0.001 p at 40 GeV is 0.05; two angles of 2 mrad; the mass is kept."""
    n = 200_000
    direction = np.array([0.1, -0.2, 1.0]) / np.sqrt(1.05)
    p4 = np.concatenate([[np.sqrt(40.0**2 + 0.25)], 40.0 * direction])[:, None].repeat(n, axis=1)
    for sign in (1.0, -1.0):
        flown = p4 * np.array([1.0, sign, sign, sign])[:, None]
        seen = Smearing(0.03, 0.001, 0.002).apply(flown, np.random.default_rng(2))
        size = np.linalg.norm(seen[1:], axis=0)
        assert np.mean(size) == pytest.approx(40.0, abs=5.0 * 2.0 / np.sqrt(n))
        assert np.std(size) == pytest.approx(2.0, rel=5.0 / np.sqrt(2 * n))
        np.testing.assert_allclose(seen[0] ** 2 - size**2, 0.25, rtol=1e-9)
        away = seen[1:] / size - sign * direction[:, None]
        # the angle squared is exponential with mean 2 sigma^2
        assert np.mean((away**2).sum(axis=0)) == pytest.approx(2 * 0.002**2, rel=5.0 / np.sqrt(n))
        for axis in range(2):
            assert abs(np.mean(away[axis])) < 5.0 * 0.002 / np.sqrt(n)


def test_resolution_only_where_it_is_asked_for(toy: Toy) -> None:
    """Two photons of 10 GeV and a threshold there: sharp without smearing, half as often each with it."""
    e = toy(selection={"momentum_each_min_GeV": 10.0}, smearing={"momentum": [0.1, 0.0], "angle_rad": 0.01})
    n = 20_000
    p4 = np.array([10.0, 0.0, 0.0, 10.0])[:, None, None] * np.ones((4, n, 2))
    given = (np.tile([[0.9], [0.0], [12.0]], (1, n)), p4, np.full((n, 2), 22), np.full(n, 3))
    assert accept(e, *given).weight.sum() == n
    share = accept(e, *given, smear=np.random.default_rng(3)).weight.mean()
    # flying straight, all stay inside the section, 0.1 m from its edge, though 0.01 rad over 18 m is more
    assert share == pytest.approx(0.25, abs=5.0 * np.sqrt(0.25 * 0.75 / n))
    exact = toy(selection={"momentum_each_min_GeV": 10.0})
    assert accept(exact, *given, smear=np.random.default_rng(3)).weight.sum() == n
