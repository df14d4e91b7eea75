"""Masses of pairs: nodes, table, integral and quantiles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import quad

from darkbeam.constants import M_PHI, W_PHI
from darkbeam.models.millicharged import pair_factor
from darkbeam.production.pairs_spectrum import PhotonTable, mass_nodes, pair_panels


def test_nodes_are_increasing_inside_and_fine_at_a_pole() -> None:
    nodes = mass_nodes(0.001, 2.0)
    assert np.all(np.diff(nodes) > 0.0)
    assert 0.001 < nodes[0] < nodes[-1] < 2.0
    near = np.abs(nodes - M_PHI) < 3.0 * W_PHI
    assert np.count_nonzero(near) > 25
    assert np.max(np.diff(np.log(nodes[nodes < 1.9]))) < 0.062


@pytest.mark.parametrize("spin", ["dirac", "scalar"])
@pytest.mark.parametrize("mass", [0.001, 0.05, 0.2, 0.49, 0.499])
def test_integral_of_powers_of_the_distance_to_the_limit(mass: float, spin: str) -> None:
    """The end of a P -> gamma gamma* and of a V -> P gamma* decay."""

    def density(x, power):
        q = 2 * mass + x * x  # square root at the threshold
        return 2 * q * 2 * (1 - q) ** power * float(pair_factor(q, mass, spin)) * 2 * x

    for power in (1.5, 3.0):
        table = PhotonTable.of(lambda q, n=power: 2.0 * (1.0 - q) ** n, 0.001, 1.0)
        end = np.sqrt(1 - 2 * mass)
        true = quad(density, 0, end, args=(power,), epsabs=0, epsrel=1e-8, limit=200)[0]
        assert pair_panels(table, mass, spin).total == pytest.approx(true, rel=2e-5)


@pytest.mark.parametrize("mass", [0.01, 0.5, 0.508])
def test_integral_over_a_narrow_pole(mass: float) -> None:
    """Widths below that of the phi, the narrowest that is followed."""
    M, G = M_PHI, W_PHI

    def photons(q):
        return 1.0 / ((q * q - M * M) ** 2 + (M * G) ** 2)

    table = PhotonTable.of(photons, 0.02, 2.0)
    edges = np.unique(np.concatenate([[2 * mass, 2.0], M + G * np.array([-30, -5, -1, 0, 1, 5, 30])]))
    edges = edges[edges >= 2 * mass]

    def f(q):
        return 2 * q * photons(q) * float(pair_factor(q, mass, "dirac"))

    true = sum(quad(f, a, b, epsrel=1e-8, limit=200)[0] for a, b in itertools.pairwise(edges))
    assert pair_panels(table, mass, "dirac").total == pytest.approx(true, rel=1e-3)


def test_quantiles_invert_the_cumulative_yield() -> None:
    panels = pair_panels(PhotonTable.of(lambda q: 1.0 - q, 0.001, 1.0), 0.1, "dirac")
    q = panels.quantile(np.array([0.0, 0.25, 0.5, 1.0]))
    assert q[0] == pytest.approx(0.2, rel=1e-6)
    assert q[-1] == pytest.approx(1.0, rel=1e-6)

    def f(x):
        return 2 * x * (1 - x) * float(pair_factor(x, 0.1, "dirac"))

    half = quad(f, 0.2, q[2])[0] / quad(f, 0.2, 1.0)[0]
    assert half == pytest.approx(0.5, abs=2e-3)


def test_nothing_below_the_table() -> None:
    """Particles so light that the pairs could be lighter than any photon of the table."""
    table = PhotonTable.of(lambda q: 1.0, 0.02, 1.0)

    def f(q):
        return 2 * q * float(pair_factor(q, 0.001, "dirac"))

    assert pair_panels(table, 0.001, "dirac").total == pytest.approx(quad(f, 0.02, 1.0)[0], rel=1e-4)
