"""Isospin of the proton's form factors."""

from __future__ import annotations

import numpy as np
import pytest

from darkbeam.constants import M_OMEGA, M_PHI
from darkbeam.errors import UnknownNameError
from darkbeam.hadrons.couplings import PHOTON, Couplings
from darkbeam.hadrons.proton_form_factors import EDGES, FORM_FACTORS, form_factors
from darkbeam.hadrons.proton_isospin import (
    ISOSPIN_MASS_MAX,
    SHARINGS,
    charged_form_factors,
    isovector_and_strange,
)
from darkbeam.hadrons.vmd import VMD_VERSIONS, f1_vmd

GRID = np.linspace(0.0, ISOSPIN_MASS_MAX, 400)
BARYON = Couplings.from_quarks(1 / 3, 1 / 3, 1 / 3)


@pytest.mark.parametrize("model", FORM_FACTORS)
@pytest.mark.parametrize("x", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1 / 3, 1 / 3, 1 / 3)])
def test_charge_at_zero(model, x):
    """F1(0)/F1(0; photon) = 2 x_u + x_d, whatever the strange charge."""
    F1, _ = charged_form_factors(0.0, Couplings.from_quarks(*x), model)
    photon, _ = form_factors(0.0, model)
    assert complex(F1 / photon) == pytest.approx(2 * x[0] + x[1], abs=5e-5)


def test_magnetic_moments_at_zero():
    """Proton and neutron; kappa_n = -1.913 from the same parts with the isovector one reversed."""
    (v1, v2), (s1, s2) = (tuple(complex(f) for f in pair) for pair in isovector_and_strange(0.0))
    F1, F2 = (complex(f) for f in form_factors(0.0))
    assert v1 == pytest.approx(0.5, abs=1e-9)
    assert s1 == s2 == 0.0
    assert F1 - 2 * v1 == pytest.approx(0.0, abs=2e-5)
    assert F2 - 2 * v2 == pytest.approx(-1.913, abs=5e-4)


@pytest.mark.parametrize("model", FORM_FACTORS)
def test_equal_couplings_are_electromagnetic(model):
    for edge in EDGES:
        for k in (1.0, -0.3):
            ours = charged_form_factors(GRID, Couplings(k, k, k), model, edge)
            for a, b in zip(ours, form_factors(GRID, model, edge), strict=True):
                assert np.array_equal(a, k * b)


def test_nearly_equal_couplings_are_continuous():
    near = charged_form_factors(GRID, Couplings(1.0, 1.0 + 1e-8, 1.0))
    for a, b in zip(near, charged_form_factors(GRID, PHOTON), strict=True):
        assert np.abs(a - b).max() < 1e-4


def test_sharings_agree_at_zero_and_on_the_poles():
    """The two ways to share the background differ by a smooth function that vanishes at 0."""
    (one, two), strange = (
        (isovector_and_strange(GRID, sharing=s)[0] for s in SHARINGS),
        isovector_and_strange(GRID)[1],
    )
    for a, b, s in zip(one, two, strange, strict=True):
        assert abs(a[0] - b[0]) < 1e-9
        assert np.abs(a - b).max() < 4.0 < np.abs(s).max()
    with pytest.raises(UnknownNameError, match="sharing"):
        isovector_and_strange(0.5, sharing="none")


def peak(part, centre):
    """Modulus at a pole over the mean of both sides, 50 MeV away."""
    at = abs(complex(part(centre)))
    return at / np.mean([abs(complex(part(centre + d))) for d in (-0.05, 0.05)])


@pytest.mark.parametrize("which", [0, 1])
def test_poles_belong_to_their_isospin(which):
    """phi strange; omega light; neither in the isovector part."""

    def part(c1, c0, cs):
        return lambda m: charged_form_factors(m, Couplings(c1, c0, cs))[which]

    assert peak(part(0, 0, 1), M_PHI) > 15
    assert peak(part(0, 1, 0), M_PHI) < 1.6
    assert peak(part(1, 0, 0), M_PHI) < 1.6
    assert peak(part(0, 0, 1), M_OMEGA) < 1.6
    assert peak(part(1, 0, 0), M_OMEGA) < 3  # the rho
    if which == 0:  # the omega couples by F1
        assert peak(part(0, 1, 0), M_OMEGA) > 8
    F, s = (complex(f(M_PHI)) for f in (part(1, 1, 1), part(0, 0, 1)))
    assert s == pytest.approx(F, rel=0.05)


def test_isovector_part_between_two_and_three_pions():
    """Im F1 is isovector there; the parts that are not stay below 3 % of |F1|."""
    m = np.linspace(0.28, 0.41, 14)
    F1, F2 = form_factors(m)
    (v1, v2), _ = isovector_and_strange(m)
    assert np.abs((F1 - v1).imag / np.abs(F1)).max() < 0.03
    assert np.abs((F2 - v2).imag / np.abs(F2)).max() < 0.03


def test_vmd_towers():
    """The rho tower up to a phase of 8 degrees; no phi; the omega is light."""
    rho, omega, strange = (
        charged_form_factors(GRID, Couplings(*c), "vmd-literature")[0] for c in np.eye(3).tolist()
    )
    ratio = rho / VMD_VERSIONS["literature"][0](GRID)
    assert np.abs(ratio - ratio[0]).max() < 1e-12
    assert abs(ratio[0]) == pytest.approx(1.0, abs=0.01)
    assert abs(np.angle(ratio[0])) < 0.15
    assert np.allclose(rho + omega, f1_vmd(GRID), rtol=1e-12)
    assert np.abs(strange).max() < 1e-12
    assert peak(lambda m: np.interp(m, GRID, np.abs(omega)), 0.77) > 8


def test_ua_agrees_with_vmd_below_the_rho():
    """Isovector F1 of the two models, which share no data handling, to 25 % up to 0.5 GeV."""
    m = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    ua, vmd = (isovector_and_strange(m, model)[0][0] for model in ("ua", "vmd-literature"))
    assert np.abs(np.abs(ua) / np.abs(vmd) - 1.0).max() < 0.25


def test_baryon_number_at_small_mass():
    """Without strangeness at small m: twice the isoscalar form factor, as from VMD towers, to 4 % up to 0.3 GeV."""
    m = np.linspace(0.01, 0.3, 10)
    ua, vmd = (np.abs(charged_form_factors(m, BARYON, model)[0]) for model in ("ua", "vmd-literature"))
    assert np.abs(ua / vmd - 1.0).max() < 0.045
    strange = np.abs(charged_form_factors(m, Couplings(0.0, 0.0, 1.0))[0])
    assert strange.max() < 0.01


def test_baryon_number_dips_between_omega_and_phi():
    """Opposite signs of c0 and cs against the photon: destructive at 0.9 GeV, where the photon is smooth."""
    ours, photon = (np.abs(charged_form_factors(0.9, c)[0]) for c in (BARYON, PHOTON))
    assert ours < 0.5 * photon
