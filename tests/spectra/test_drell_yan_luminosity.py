"""Luminosities against a slow twin: adaptive quadrature of the formulas with analytic densities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.interpolate import CubicSpline

from darkbeam.spectra.drell_yan_luminosity import alpha_s, luminosities
from darkbeam.spectra.pdf_grid import GLUON

MASS, S = 4.0, 752.0
POWERS = {
    1: (0.7, 4.0, 1.0),
    2: (0.6, 3.0, 2.0),
    -1: (-0.1, 7.0, 0.3),
    -2: (-0.1, 8.0, 0.25),
    GLUON: (-0.1, 5.0, 2.0),
}


class Toy:
    """x f = c x^a (1-x)^b at every scale."""

    def scale(self, Q: float) -> float:
        return Q

    def xf(self, parton: int, x: np.ndarray, Q: float) -> np.ndarray:
        a, b, c = POWERS.get(parton, (1.0, 1.0, 0.0))
        return c * x**a * (1.0 - x) ** b


def twin_lambda(pairs: list[tuple[int, int]]) -> Callable[[float], float]:
    toy = Toy()

    def lam(t: float) -> float:
        edge = -0.5 * np.log(t)
        return sum(
            quad(
                lambda y, a=a, b=b: toy.xf(a, t**0.5 * np.exp(y), 1.0) * toy.xf(b, t**0.5 * np.exp(-y), 1.0),
                -edge,
                edge,
            )[0]
            for a, b in pairs
        )

    grid = np.linspace(np.log(MASS**2 / S), 0.0, 160)
    values = [lam(t) for t in np.exp(grid[:-1])] + [0.0]
    spline = CubicSpline(grid, values)
    return lambda t: float(spline(np.log(t)))


def twin(quark: int, mu: float) -> tuple[float, float]:
    """LO and NLO luminosity of one quark, plus distributions subtracted by hand."""
    tau = MASS**2 / S
    lam = twin_lambda([(quark, -quark), (-quark, quark)])
    mixed = twin_lambda([(quark, GLUON), (-quark, GLUON), (GLUON, quark), (GLUON, -quark)])
    log, a = 2.0 * np.log(MASS / mu), alpha_s(mu) / (2.0 * np.pi)
    born = lam(tau)

    def regular(z: float) -> float:
        gain = (1.0 + z * z) * lam(tau / z) - 2.0 * born
        soft = (4.0 * np.log(1.0 - z) + 2.0 * log) / (1.0 - z) * gain
        return soft - 2.0 * (1.0 + z * z) / (1.0 - z) * np.log(z) * lam(tau / z)

    def gluon(z: float) -> float:
        p = z * z + (1.0 - z) ** 2
        return (p * (np.log((1.0 - z) ** 2 / z) + log) + 0.5 + 3.0 * z - 3.5 * z * z) * mixed(tau / z)

    edge = np.log(1.0 - tau)
    delta = 4.0 * edge**2 + 2.0 * np.pi**2 / 3.0 - 8.0 + 2.0 * log * (2.0 * edge + 1.5)
    quarks = quad(regular, tau, 1.0 - 1e-9, limit=200)[0] + delta * born
    gluons = quad(gluon, tau, 1.0 - 1e-12, limit=200)[0]
    return born, born + a * (4.0 / 3.0 * quarks + 0.5 * gluons)


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_against_twin(factor: float) -> None:
    fast = luminosities(Toy(), MASS, S, factor=factor)
    for name, quark in (("up", 2), ("down", 1)):
        assert fast[name] == pytest.approx(twin(quark, factor * MASS), rel=1e-3)


def test_neutron_exchanges_up_and_down() -> None:
    swapped = luminosities(Toy(), MASS, S, "neutron")
    tau = MASS**2 / S
    toy = Toy()

    def integrand(y: float) -> float:
        x1, x2 = tau**0.5 * np.exp(y), tau**0.5 * np.exp(-y)
        return toy.xf(2, x1, 1.0) * toy.xf(-1, x2, 1.0) + toy.xf(-2, x1, 1.0) * toy.xf(1, x2, 1.0)

    edge = -0.5 * np.log(tau)
    assert swapped["up"][0] == pytest.approx(quad(integrand, -edge, edge)[0], rel=1e-5)


def test_alpha_s() -> None:
    assert alpha_s(91.1876) == pytest.approx(0.118, rel=1e-9)
    assert alpha_s(1.77693) == pytest.approx(0.31, abs=0.02)  # tau decays, Particle Data Group
    for threshold in (4.92, 1.51):
        assert alpha_s(threshold * (1.0 - 1e-9)) == pytest.approx(alpha_s(threshold), rel=1e-6)
