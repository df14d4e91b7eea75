"""The bremsstrahlung source: published integrals, slow twins, sampling, variations, refusals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from darkbeam.constants import M_E
from darkbeam.errors import MassRangeError, UnknownNameError, ValueRangeError
from darkbeam.facilities import get_facility
from darkbeam.hadrons.proton_form_factors import form_factors
from darkbeam.hadrons.vmd import f1_vmd
from darkbeam.production import splitting_functions as sf
from darkbeam.production.bremsstrahlung import Bremsstrahlung, Setup, mass_nodes
from darkbeam.production.cross_sections import cross_section_weight
from darkbeam.production.source import N_BLOCKS, Source

# Complex (F1, F2) of the UA model at a few masses, quoted from arXiv:2409.09123: lower, central, upper.
NODES = {
    0.3: ((1.26003 - 0.00468875j, 2.66971 + 0.192545j), (1.28598 + 0.0029402j, 2.68007 + 0.194186j),
          (1.30946 + 0.0080146j, 2.69159 + 0.196107j)),
    1.02: ((181.789 - 695.146j, 57.0851 - 246.86j), (178.385 - 701.325j, 65.3614 - 285.083j),
           (175.257 - 708.176j, 78.1039 - 342.993j)),
    1.5: ((0.623605 + 1.61015j, -0.489807 - 0.00501645j), (1.8194 + 4.51681j, -1.96729 - 8.04182j),
          (4.72788 + 7.31962j, -3.36495 - 17.1065j)),
}  # fmt: skip

# P(m)/eps^2 per collision: BB (VMD of SensCalc), AP at Lambda = 0.5, 1, 2 GeV, FR lower, central, upper with
# the nodes above; from an independent program (quadrature in logit z and ln H, checked in E and theta).
INELASTIC = {
    ("Serpukhov", 0.3): (8.689e-03, 2.808e-05, 1.749e-03, 1.683e-02, 5.828e-05, 2.945e-03, 1.911e-02),
    ("Serpukhov", 1.02): (2.809e-02, 3.170e-06, 3.947e-04, 7.840e-03, 2.242e-01, 2.954e+01, 5.647e+02),
    ("Serpukhov", 1.5): (2.077e-02, 8.909e-07, 1.318e-04, 3.453e-03, 2.355e-07, 7.773e-04, 1.086e-01),
    ("Fermilab", 0.3): (8.852e-03, 2.860e-05, 1.781e-03, 1.715e-02, 5.937e-05, 2.999e-03, 1.946e-02),
    ("Fermilab", 1.02): (2.861e-02, 3.227e-06, 4.017e-04, 7.983e-03, 2.282e-01, 3.007e+01, 5.751e+02),
    ("Fermilab", 1.5): (2.116e-02, 9.065e-07, 1.342e-04, 3.516e-03, 2.397e-07, 7.911e-04, 1.106e-01),
    ("SPS", 0.3): (9.136e-03, 3.027e-05, 1.913e-03, 1.859e-02, 6.223e-05, 3.194e-03, 2.101e-02),
    ("SPS", 1.02): (2.976e-02, 4.301e-06, 5.100e-04, 9.248e-03, 2.873e-01, 3.638e+01, 6.463e+02),
    ("SPS", 1.5): (2.216e-02, 1.526e-06, 2.039e-04, 4.397e-03, 3.480e-07, 1.052e-03, 1.315e-01),
    ("LHC", 0.3): (2.660e-02, 2.486e-05, 1.610e-03, 1.633e-02, 5.115e-05, 2.731e-03, 1.969e-02),
    ("LHC", 1.02): (6.457e-02, 4.113e-06, 4.720e-04, 8.044e-03, 2.649e-01, 3.262e+01, 5.515e+02),
    ("LHC", 1.5): (4.439e-02, 1.765e-06, 2.171e-04, 4.051e-03, 3.643e-07, 1.008e-03, 1.163e-01),
}  # fmt: skip
SENSCALC = {
    ("Fermilab", 1.02): (2.145e-02, 2.548e-06, 3.158e-04, 6.194e-03, 1.791e-01, 2.349e+01, 4.430e+02),
    ("SPS", 0.3): (6.458e-03, 2.192e-05, 1.391e-03, 1.352e-02, 4.475e-05, 2.308e-03, 1.524e-02),
    ("LHC", 1.5): (3.331e-02, 1.495e-06, 1.821e-04, 3.307e-03, 3.043e-07, 8.325e-04, 9.401e-02),
}  # fmt: skip
# FR central with the tables themselves, same source.
FR_CENTRAL = {
    "Serpukhov": {0.05: 3.301e-03, 0.1: 3.211e-03, 0.5: 4.204e-03, 0.7: 2.695e-02, 0.775: 8.366e-01,
                  0.9: 4.440e-02, 1.0: 4.401e-01, 1.02: 2.954e+01, 1.2: 3.975e-03, 1.5: 7.773e-04, 2.0: 9.226e-06,
                  2.5: 2.101e-08},
    "SPS": {0.05: 3.508e-03, 0.1: 3.417e-03, 0.5: 4.712e-03, 0.7: 3.131e-02, 0.775: 9.413e-01, 0.9: 5.397e-02,
            1.0: 5.415e-01, 1.02: 3.638e+01, 1.2: 5.123e-03, 1.5: 1.052e-03, 2.0: 1.420e-05, 2.5: 4.013e-08},
    "LHC": {0.05: 8.962e-03, 0.1: 5.318e-03, 0.5: 3.951e-03, 0.7: 2.685e-02, 0.775: 7.907e-01, 0.9: 4.784e-02,
            1.0: 4.851e-01, 1.02: 3.262e+01, 1.2: 4.761e-03, 1.5: 1.008e-03, 2.0: 1.509e-05, 2.5: 5.202e-08},
}  # fmt: skip
# Lower and upper edge at the SPS up to 1.02 GeV; above, the phases of the published envelopes are not smooth.
FR_EDGES = {0.05: (3.264e-04, 1.355e-02), 0.1: (2.514e-04, 1.388e-02), 0.3: (6.223e-05, 2.101e-02),
            0.5: (5.721e-05, 4.630e-02), 0.7: (3.080e-04, 4.030e-01), 0.9: (4.570e-04, 8.338e-01),
            1.0: (4.317e-03, 9.373e+00), 1.02: (2.873e-01, 6.463e+02)}  # fmt: skip
# Ratio of the Pauli-vertex schemes, SPS, Lambda = 0.5, 1, 2 GeV with lower, central, upper form factors.
PAULI = {0.05: (0.81, 0.72, 0.66), 0.3: (0.60, 0.61, 0.61), 0.5: (0.50, 0.54, 0.60), 1.0: (0.73, 0.74, 0.78)}
ALL = ("fr", "baseline", "ap")


def _row(facility: str, mass: float, normalisation: str) -> list[float]:
    vmd = {"form_factor": "vmd-senscalc", "normalisation": normalisation}
    row = [Bremsstrahlung(facility, "baseline", **vmd).total(mass)]
    ap = Bremsstrahlung(facility, "ap", **vmd)
    F1 = complex(f1_vmd(mass, "senscalc"))
    row += [ap.probability(mass, F1, setup=Setup(cutoff)) for cutoff in (0.5, 1.0, 2.0)]
    fr = Bremsstrahlung(facility, normalisation=normalisation)
    cutoffs = (0.5, 1.0, 2.0)
    return row + [fr.probability(mass, *F, Setup(c)) for F, c in zip(NODES[mass], cutoffs, strict=True)]


@pytest.mark.parametrize("key", INELASTIC, ids=str)
def test_integrals_with_given_form_factors(key: tuple[str, float]) -> None:
    np.testing.assert_allclose(_row(*key, "inelastic"), INELASTIC[key], rtol=1e-3)


@pytest.mark.parametrize("key", SENSCALC, ids=str)
def test_integrals_with_the_weight_of_senscalc(key: tuple[str, float]) -> None:
    np.testing.assert_allclose(_row(*key, "senscalc"), SENSCALC[key], rtol=1e-3)


@pytest.mark.parametrize("facility", FR_CENTRAL)
def test_integrals_with_the_surrogate(facility: str) -> None:
    source = Bremsstrahlung(facility)
    expected = FR_CENTRAL[facility]
    np.testing.assert_allclose([source.total(m) for m in expected], list(expected.values()), rtol=0.005)


@pytest.mark.parametrize("mass", FR_EDGES)
def test_edges_with_the_surrogate(mass: float) -> None:
    source = Bremsstrahlung("SPS")
    totals = [source.total(mass, v) for v in ("brem-lower", "brem-upper")]
    np.testing.assert_allclose(totals, FR_EDGES[mass], rtol=0.015)


@pytest.mark.parametrize("mass", PAULI)
def test_pauli_vertex_scheme(mass: float) -> None:
    source = Bremsstrahlung("SPS")
    ratios = []
    for edge, cutoff in (("lower", 0.5), ("central", 1.0), ("upper", 2.0)):
        F = [complex(f) for f in form_factors(mass, "ua", edge)]
        fr, onshell = (source.probability(mass, *F, Setup(cutoff, onshell_pauli=p)) for p in (False, True))
        ratios.append(onshell / fr)
    np.testing.assert_allclose(ratios, PAULI[mass], atol=0.012)
    assert source.total(mass, "brem-pauli") == pytest.approx(ratios[1] * source.total(mass), rel=1e-12)


def _brute_force(source: Bremsstrahlung, mass: float, pt_max: float, n: int = 240) -> float:
    """Slow twin: integrate over (E, theta) with the Jacobian 2 k^2 sin(theta) cos(theta) / P."""
    facility, (z0, z1) = get_facility(str(source.facility)), source.z_range
    P = facility.beam_momentum
    x, w = np.polynomial.legendre.leggauss(n)
    energy = P * z0 * (z1 / z0) ** (0.5 * (x + 1))
    total = 0.0
    F1, F2 = (complex(F) for F in form_factors(mass, source.form_factor_model))
    for E, w_E in zip(energy, 0.5 * np.log(z1 / z0) * w * energy, strict=True):
        k, z = np.sqrt(E**2 - mass**2), np.float64(E / P)
        theta_max = np.arcsin(min(pt_max / k, 1.0))
        lowest = np.log(theta_max * 1e-6)
        theta = np.exp(lowest + (np.log(theta_max) - lowest) * 0.5 * (x + 1))
        d_theta = 0.5 * (np.log(theta_max) - lowest) * w * theta
        H = (k * np.sin(theta)) ** 2 + (1 - z) * mass**2 + z**2 * sf.MP2
        if source.description == "baseline":
            density = abs(F1) ** 2 * sf.w_bb(z, H, mass)
        else:
            a, b, c = sf.w_fr(z, H, mass)
            density = abs(F1) ** 2 * a + abs(F2) ** 2 * b + (F1 * F2.conjugate()).real * c
            density = density / (1 + (H / (z * source.lambda_central**2)) ** 2) ** 2
        density = density * (H / (4 * P**2 * z * (1 - z) ** 2) < 0.1)
        jacobian = 2 * k**2 * np.sin(theta) * np.cos(theta) / P
        total += w_E * float(np.sum(d_theta * jacobian * density)) * float(cross_section_weight(facility, z))
    return total


@pytest.mark.parametrize(
    ("description", "facility", "mass", "pt_max"),
    [
        ("fr", "SPS", 0.5, 12.0),
        ("fr", "LHC", 1.2, 12.0),
        ("baseline", "SPS", 0.05, 1.0),
        ("baseline", "Serpukhov", 1.5, 1.0),
    ],
)
def test_slow_twin_in_energy_and_angle(description: str, facility: str, mass: float, pt_max: float) -> None:
    source = Bremsstrahlung(facility, description)
    assert source.total(mass) == pytest.approx(_brute_force(source, mass, pt_max), rel=2e-5)


def test_jacobian_of_the_laboratory_variables() -> None:
    """|d(z, pT^2)/d(E, theta)| = 2 k^2 sin(theta) cos(theta)/P by finite differences."""
    P, m, E, theta, h = 400.0, 0.7, 60.0, 0.012, 1e-6

    def plane(energy: float, angle: float) -> np.ndarray:
        return np.array([energy / P, (energy**2 - m**2) * np.sin(angle) ** 2])

    d_E = (plane(E * (1 + h), theta) - plane(E * (1 - h), theta)) / (2 * h * E)
    d_theta = (plane(E, theta * (1 + h)) - plane(E, theta * (1 - h))) / (2 * h * theta)
    numeric = abs(d_E[0] * d_theta[1] - d_E[1] * d_theta[0])
    assert numeric == pytest.approx(2 * (E**2 - m**2) * np.sin(theta) * np.cos(theta) / P, rel=1e-8)


@pytest.mark.parametrize("description", ALL)
@pytest.mark.parametrize("facility", ["Serpukhov", "SPS", "LHC"])
@pytest.mark.parametrize("mass", [0.02, 0.3, 0.782, 1.0195, 2.5])
def test_samples_reproduce_the_integral(description: str, facility: str, mass: float) -> None:
    source = Bremsstrahlung(facility, description)
    flux = source.flux(mass, 20000, np.random.default_rng(5))
    for name in ("central", *source.variation_names):
        per_block = N_BLOCKS * np.bincount(flux.block, flux.weights(name), minlength=N_BLOCKS)
        error = per_block.std(ddof=1) / np.sqrt(N_BLOCKS)
        total = source.total(mass, name)
        assert abs(flux.total(name) - total) < 3.5 * error + 1e-5 * total
        assert error < 1.5e-3 * total


def test_blocks_are_independent_and_scatter_as_they_say() -> None:
    """The spread of repeated totals is the one that the blocks predict (within a factor)."""
    source = Bremsstrahlung("SPS")
    totals, errors = [], []
    for seed in range(40):
        flux = source.flux(0.6, 2000, np.random.default_rng(seed))
        per_block = N_BLOCKS * np.bincount(flux.block, flux.weight)
        totals.append(flux.total())
        errors.append(per_block.std(ddof=1) / np.sqrt(N_BLOCKS))
    assert 0.7 < np.std(totals, ddof=1) / np.mean(errors) < 1.4


def test_points_are_inside_the_cuts() -> None:
    source = Bremsstrahlung("SPS", "baseline", z_min=0.2, z_max=0.9, pt_max=0.7)
    flux = source.flux(0.4, 5000, np.random.default_rng(1))
    pt = flux.momentum * np.sin(flux.theta)
    assert np.all((flux.energy >= 80.0 * (1 - 1e-12)) & (flux.energy <= 360.0 * (1 + 1e-12)))
    assert np.all(pt <= 0.7 * (1 + 1e-9))
    assert pt.max() > 0.6
    assert np.all(flux.weight > 0.0)
    np.testing.assert_array_equal(flux.block, np.arange(5000) % N_BLOCKS)
    np.testing.assert_array_equal(flux.mother, np.arange(5000))


def test_distribution_in_z_matches_the_quadrature() -> None:
    """Sampled energy spectrum in bins against integrals over the same range of z."""
    source, mass = Bremsstrahlung("SPS"), 1.2
    flux = source.flux(mass, 40000, np.random.default_rng(3))
    edges = np.array([0.1, 0.3, 0.5, 0.7, 0.85, 0.95])
    for name in ("central", "brem-upper", "brem-pauli"):
        sampled, _ = np.histogram(flux.energy / 400.0, edges, weights=flux.weights(name))
        expected = [Bremsstrahlung("SPS", z_min=a, z_max=b).total(mass, name) for a, b in pairwise(edges)]
        np.testing.assert_allclose(sampled, expected, rtol=0.01)


def test_same_stream_gives_the_same_points_and_is_smooth_in_mass() -> None:
    source = Bremsstrahlung("SPS")
    a, b = (source.flux(0.5, 1000, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(a.weight, b.weight)
    c = source.flux(0.5001, 1000, np.random.default_rng(9))
    np.testing.assert_allclose(c.energy, a.energy, rtol=5e-3)


def test_variations_order_and_fall_back() -> None:
    source = Bremsstrahlung("SPS")
    assert source.variation_names == (
        "brem-lower",
        "brem-upper",
        "brem-lambda1.5",
        "brem-pauli",
        "brem-pqcd-tail",
    )
    for mass in (0.05, 0.5, 0.782, 1.02, 1.5, 2.5):
        lower, central, middle, upper = (
            source.total(mass, v) for v in ("brem-lower", "central", "brem-lambda1.5", "brem-upper")
        )
        assert lower < central < middle < upper
    assert source.total(1.5, "brem-pqcd-tail") == source.total(1.5)
    assert source.total(2.5, "brem-pqcd-tail") > 10 * source.total(2.5)
    assert source.total(0.5, "pi0-spectrum") == source.total(0.5)
    assert Bremsstrahlung("SPS", "baseline").variation_names == ()


def test_notes_and_validity() -> None:
    source, rng = Bremsstrahlung("Serpukhov"), np.random.default_rng(0)
    assert source.valid == (2 * M_E, 3.0)
    assert Bremsstrahlung("LHC").valid[1] == 5.0
    assert source.flux(1.5, 100, rng).notes == ()
    assert any("extrapolated" in note for note in source.flux(2.2, 100, rng).notes)
    assert not Bremsstrahlung("SPS", "baseline").notes(2.2)
    assert Bremsstrahlung("SPS", "ap").notes(0.1)
    for mass in (1e-3, 3.0, 3.5):
        with pytest.raises(MassRangeError, match="Serpukhov"):
            source.total(mass)
        with pytest.raises(MassRangeError):
            source.flux(mass, 100, rng)


def test_refusals() -> None:
    assert isinstance(Bremsstrahlung("SPS"), Source)
    with pytest.raises(UnknownNameError, match="description"):
        Bremsstrahlung("SPS", "ww")
    with pytest.raises(UnknownNameError, match="normalisation"):
        Bremsstrahlung("SPS", normalisation="all")
    with pytest.raises(UnknownNameError, match="form factor"):
        Bremsstrahlung("SPS", form_factor="dipole")
    with pytest.raises(UnknownNameError, match="facility"):
        Bremsstrahlung("PSI").total(0.1)
    with pytest.raises(ValueRangeError, match="z_min"):
        Bremsstrahlung("SPS", z_min=0.9, z_max=0.5)
    with pytest.raises(ValueRangeError, match="positive"):
        Bremsstrahlung("SPS", lambda_central=0.0)


def test_point_like_proton() -> None:
    """Without form factor the baseline is the VMD one divided by |F1|^2."""
    mass = 0.6
    point = Bremsstrahlung("Serpukhov", "baseline", form_factor="point").total(mass)
    vmd = Bremsstrahlung("Serpukhov", "baseline").total(mass)
    assert vmd / point == pytest.approx(abs(complex(f1_vmd(mass))) ** 2, rel=1e-12)


def test_no_phase_space_gives_no_photons() -> None:
    """A validity cut that excludes everything: zero, computed, not an error."""
    source = Bremsstrahlung("Serpukhov", validity_cut=1e-9)
    assert source.total(1.0) == 0.0
    assert source.flux(1.0, 100, np.random.default_rng(0)).total() == 0.0


@pytest.mark.parametrize(("description", "variation"),
                         [("fr", "central"), ("fr", "brem-upper"), ("baseline", "central")])  # fmt: skip
def test_mass_nodes_resolve_the_peaks(description: str, variation: str) -> None:
    source = Bremsstrahlung("SPS", description)
    plain = np.geomspace(0.01, 3.0, 60)
    grid = np.union1d(plain, mass_nodes(0.01, 3.0, source.form_factor_model))
    assert grid.size < 130
    dense = np.concatenate(
        [np.linspace(0.74, 0.83, 60), np.linspace(0.95, 1.1, 80), np.linspace(1.2, 1.9, 30)]
    )

    def error(nodes: np.ndarray) -> float:
        values = np.log([source.total(float(m), variation) for m in nodes])
        truth = np.log([source.total(float(m), variation) for m in dense])
        return float(np.max(np.abs(np.interp(np.log(dense), np.log(nodes), values) - truth)))

    assert error(grid) < 0.12
    assert error(plain) > 0.6
    nodes = mass_nodes(0.7, 1.1)
    assert np.all((nodes > 0.7) & (nodes < 1.1) & np.append(True, np.diff(nodes) > 0))
