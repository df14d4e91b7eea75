"""Time-like proton form factors: identities, published moduli, and the UA tables where they are present."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from darkbeam.constants import KAPPA_P, M_PI
from darkbeam.errors import UnknownNameError
from darkbeam.hadrons import proton_ua_edges, proton_ua_poles
from darkbeam.hadrons.monotone_cubic import MonotoneCubic
from darkbeam.hadrons.proton_form_factors import (
    MASS_TABLE_MAX,
    form_factors,
    two_threshold_variable,
    ua_edge_ratio,
    ua_form_factors,
)
from darkbeam.hadrons.vmd import VMD_VERSIONS, f1_vmd

# mass: |F1|, |F2|, |F1| lower and upper, |F2| lower and upper; moduli of the UA model, arXiv:2409.09123.
UA_MODULI = {
    0.050: (1.006, 1.808, 1.006, 1.007, 1.808, 1.808),
    0.100: (1.026, 1.856, 1.024, 1.028, 1.855, 1.857),
    0.300: (1.286, 2.687, 1.260, 1.309, 2.677, 2.699),
    0.500: (2.274, 4.460, 2.225, 2.328, 4.415, 4.509),
    0.700: (9.526, 13.69, 9.393, 9.715, 13.41, 14.00),
    0.900: (19.76, 16.21, 19.28, 20.13, 15.46, 17.10),
    1.000: (83.21, 39.50, 82.18, 84.14, 35.37, 45.50),
    1.020: (723.7, 292.5, 718.5, 729.5, 253.4, 351.8),
    1.200: (10.89, 5.432, 9.98, 12.29, 4.32, 8.24),
    1.500: (4.869, 8.279, 1.73, 8.71, 0.49, 17.4),
    2.000: (1.090, 1.215, 0.63, 3.41, 0.82, 1.84),
    2.500: (0.0749, 0.0834, 0.043, 0.234, 0.057, 0.126),
}
# |F1| of the two VMD versions, evaluated independently.
VMD_MODULI = {
    0.3: (1.243, 1.254), 0.5: (1.987, 2.016), 0.7: (6.22, 6.81), 0.9: (5.40, 5.13), 1.0: (3.60, 3.57),
    1.2: (3.15, 3.03), 1.5: (3.74, 0.766), 2.0: (0.0987, 0.111), 2.5: (0.0125, 0.0353),
}  # fmt: skip


@pytest.mark.parametrize("mass", UA_MODULI)
def test_moduli_of_the_ua_model(mass: float) -> None:
    F1, F2 = ua_form_factors(mass)
    expected = UA_MODULI[mass]
    assert abs(complex(F1)) == pytest.approx(expected[0], rel=2e-3)
    assert abs(complex(F2)) == pytest.approx(expected[1], rel=2e-3)
    for k, edge in enumerate(("lower", "upper")):
        E1, E2 = ua_form_factors(mass, edge)
        assert abs(complex(E1)) == pytest.approx(expected[2 + k], rel=0.015)
        assert abs(complex(E2)) == pytest.approx(expected[4 + k], rel=0.015)


def test_central_values_at_the_omega() -> None:
    F1, F2 = ua_form_factors(0.775)
    assert complex(F1) == pytest.approx(79.914 + 51.302j, rel=3e-3)
    assert complex(F2) == pytest.approx(-3.900 + 21.899j, rel=3e-3)


def test_static_limit() -> None:
    F1, F2 = ua_form_factors(0.0)
    assert complex(F1) == pytest.approx(1.0, rel=1e-3)
    assert complex(F2) == pytest.approx(KAPPA_P, rel=1e-3)


def test_real_below_and_complex_above_two_pions() -> None:
    below, above = ua_form_factors(np.linspace(0.0, 2 * M_PI - 1e-6, 50)), ua_form_factors(2 * M_PI + 0.02)
    assert all(np.all(F.imag == 0.0) for F in below)
    assert complex(above[0]).imag != 0.0
    assert complex(above[1]).imag > 0.1


def test_edges_bracket_the_centre_everywhere() -> None:
    mass = np.linspace(1e-3, 3.0, 30001)
    central = ua_form_factors(mass)
    for k in range(2):
        lower, upper = ua_form_factors(mass, "lower")[k], ua_form_factors(mass, "upper")[k]
        assert np.all(np.abs(lower) <= np.abs(central[k]) * (1 + 1e-12))
        assert np.all(np.abs(upper) >= np.abs(central[k]) * (1 - 1e-12))
        np.testing.assert_allclose(np.angle(upper / central[k]), 0.0, atol=1e-12)


def test_no_spike_between_the_nodes() -> None:
    """A pole on the axis would show as a jump: on a 0.05 MeV grid neighbours differ by less than 5 %."""
    mass = np.arange(0.0, MASS_TABLE_MAX, 5e-5)
    for F in ua_form_factors(mass):
        assert np.max(np.abs(np.diff(F)) / np.abs(F[1:])) < 0.05


@pytest.mark.parametrize(("tail", "powers"), [("power12", (12, 12)), ("pqcd", (4, 6))])
def test_tails(tail: str, powers: tuple[int, int]) -> None:
    at_match, beyond = ua_form_factors(MASS_TABLE_MAX, tail=tail), ua_form_factors(2.5, tail=tail)
    for start, end, power in zip(at_match, beyond, powers, strict=True):
        assert complex(end / start) == pytest.approx((MASS_TABLE_MAX / 2.5) ** power, rel=1e-12)
    inside = ua_form_factors(1.5, tail=tail)
    assert complex(inside[0]) == complex(ua_form_factors(1.5)[0])


def test_map_of_the_two_thresholds() -> None:
    """Through its inverse: with w = V/i, q/q_in = 2w/(1 + w^2)."""
    s_in, s0 = 1.6, 4 * M_PI**2
    mass = np.array([0.1, 0.27, 0.5, 1.0, 1.2, 1.4, 1.9])
    V = two_threshold_variable(mass, s_in)
    q_in = np.sqrt(s_in / s0 - 1)
    w = V / 1j
    np.testing.assert_allclose((2 * w / (1 + w**2)) ** 2 * q_in**2, mass**2 / s0 - 1, rtol=1e-9, atol=1e-9)
    assert np.all(V[:2].imag == 0.0)
    np.testing.assert_allclose(V[2:5].real, 0.0, atol=1e-12)
    np.testing.assert_allclose(np.abs(V[5:]), 1.0, rtol=1e-12)


@pytest.mark.parametrize("mass", VMD_MODULI)
def test_moduli_of_vmd(mass: float) -> None:
    senscalc, literature = VMD_MODULI[mass]
    assert abs(complex(f1_vmd(mass, "senscalc"))) == pytest.approx(senscalc, rel=5e-3)
    assert abs(complex(f1_vmd(mass, "literature"))) == pytest.approx(literature, rel=2e-3)


@pytest.mark.parametrize(("version", "tolerance"), [("senscalc", 1e-12), ("literature", 0.012)])
def test_sum_rules_of_vmd(version: str, tolerance: float) -> None:
    """Published couplings are rounded: their sum rules hold to the last digit only."""
    for tower in VMD_VERSIONS[version]:
        assert sum(tower.f) == pytest.approx(0.5, abs=tolerance)
        assert sum(f * m**2 for f, m in zip(tower.f, tower.m, strict=True)) == pytest.approx(
            0.0, abs=tolerance
        )


def test_models_and_their_names() -> None:
    F1, F2 = form_factors([0.1, 0.5], "point")
    np.testing.assert_array_equal(F1, 1.0)
    np.testing.assert_array_equal(F2, 0.0)
    np.testing.assert_array_equal(form_factors([0.7], "vmd-senscalc")[0], f1_vmd([0.7], "senscalc"))
    np.testing.assert_array_equal(form_factors([0.7])[0], ua_form_factors([0.7])[0])
    with pytest.raises(UnknownNameError, match="form factor 'dipole'"):
        form_factors(0.5, "dipole")
    with pytest.raises(UnknownNameError, match="edge"):
        ua_form_factors(0.5, "middle")
    with pytest.raises(UnknownNameError, match="tail"):
        ua_form_factors(0.5, tail="dipole")
    with pytest.raises(UnknownNameError, match="VMD"):
        f1_vmd(0.5, "pdg")


@pytest.mark.parametrize("key", proton_ua_edges.KNOTS)
def test_monotone_cubic_is_pchip(key: tuple[str, str]) -> None:
    knots = np.array(proton_ua_edges.KNOTS[key])
    at = np.linspace(knots[0, 0], knots[-1, 0], 1001)
    np.testing.assert_allclose(
        MonotoneCubic(proton_ua_edges.KNOTS[key])(at), PchipInterpolator(*knots.T)(at), atol=1e-12
    )


def test_coefficients_are_poles_in_conjugate_pairs() -> None:
    for poles in (proton_ua_poles.F1_POLES, proton_ua_poles.F2_POLES):
        assert all(p_im >= 0.0 and (p_im > 0.0 or r_im == 0.0) for _, p_im, _, r_im in poles)


# ----------------------------------------------------------------------- comparison with the UA tables


def _read(file: Path) -> tuple[np.ndarray, np.ndarray]:
    rows = [
        line.split() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")
    ]
    values = [[complex(x.replace("+-", "-").strip("()")) for x in row[1:]] for row in rows]
    return np.array([float(row[0]) for row in rows]), np.array(values)


@pytest.mark.reference
def test_surrogate_against_the_tables(shared: Path) -> None:
    mass, values = _read(shared / "reference" / "form_factors" / "FFproton_UAmodel.txt")
    keep = mass <= 1.99
    inside = np.minimum(mass[keep], MASS_TABLE_MAX)
    for k, F in enumerate(ua_form_factors(inside)):
        table = values[keep, k]
        part = mass[keep] <= MASS_TABLE_MAX
        np.testing.assert_allclose(np.abs(F / table)[part], 1.0, atol=0.002)
        np.testing.assert_allclose(np.angle(F / table)[part], 0.0, atol=0.002)


@pytest.mark.reference
def test_surrogate_on_nodes_held_out_of_the_fit(shared: Path) -> None:
    """Fit nodes of even index with the script, compare with those of odd index: 0.6 %, phases too."""
    script = runpy.run_path(str(Path(__file__).resolve().parents[2] / "scripts" / "fit_ua_surrogate.py"))
    mass, values = _read(shared / "reference" / "form_factors" / "FFproton_UAmodel.txt")
    for k, name in enumerate(("F1", "F2")):
        coefficients = script["fit"](mass[::2], values[::2, k], name)
        z = two_threshold_variable(mass[1::2], script["THRESHOLDS"][name])
        error = script["evaluate"](z, *coefficients) / values[1::2, k] - 1
        assert np.max(np.abs(error)) < 0.006


@pytest.mark.reference
def test_edges_against_the_band(shared: Path) -> None:
    """Within 0.6 % at the 10 MeV nodes, except where they do not resolve the omega."""
    folder = shared / "reference" / "form_factors"
    _, centre = _read(folder / "FFproton_UAmodel.txt")
    mass, band = _read(folder / "FFproton_UAmodel_Uncertainty.txt")
    use = (mass < MASS_TABLE_MAX) & (np.abs(mass - 0.78) > 0.0125)
    for column, (which, edge) in enumerate((w, e) for w in ("F1", "F2") for e in ("lower", "upper")):
        ratio = np.abs(band[:, column]) / np.abs(centre[: 2 * mass.size : 2, column // 2])
        np.testing.assert_allclose(ua_edge_ratio(mass, which, edge)[use] / ratio[use], 1.0, atol=0.006)
