r"""Closure: what the method predicts from pseudo-data of one generator, against the truth of the same generator.

Dark photons, per inelastic collision and epsilon^2, with a photon in the fiducial range of rapidity:

    F(m)     = [3 pi m/(2 alpha L_mu)] dN/dm      dN/dm of the generated pairs at their generated masses
    N_xx     = sum over generated pairs above 2 m_x of w L_x/L_mu

Truth of dN/dm at one mass: a parabola fitted to the weights in `BINS` bins of |t - m| < h, with h a few per cent of m;
at omega and phi half the width, and the weights times the inverse of the Cauchy density.  Decays of one meson share its
mass and momentum: their weights are added before they are squared in an error.  Truth of the kinematics: the generated
pairs with |t - m| < h/3, or h at omega and phi.  Truth of the millicharged particles: those photons, decayed along the
directions of the generated muons, which have the generator's angular law.

Pull of a mass and data set = (predicted - true)/error predicted; where the truth has an error of its own it is added
in quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.constants import M_MU
from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.closure_detector import Detector, pool_kinematics, pseudo_data
from darkbeam.dilepton.closure_pool import BEAM
from darkbeam.dilepton.line_shapes import RESOLUTION_ERROR, STATES
from darkbeam.dilepton.mass_spectrum import fit_spectrum
from darkbeam.dilepton.rate import pair_ratio, photons_per_pair
from darkbeam.dilepton.source import OffShellPhoton
from darkbeam.errors import MassRangeError
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from darkbeam.dilepton.closure_detector import PseudoData
    from darkbeam.dilepton.closure_pool import PairPool
    from darkbeam.dilepton.model import KinematicModel

    Array = NDArray[np.float64]
    Fit = Callable[[PseudoData, np.random.Generator], KinematicModel]

__all__ = [
    "MASSES",
    "PARTICLES",
    "Truth",
    "closure_source",
    "predicted",
    "pulls",
    "summary",
    "trained",
    "truth_of",
]

MASSES = (0.25, 0.35, 0.45, 0.53, 0.65, 0.7827, 0.9, 1.0195, 1.35, 2.5)
"""Masses of the dark photon, GeV; two of them are the omega and the phi; Pythia's rho stops at 1.5 GeV."""
PARTICLES = (0.12, 0.2, 0.3, 0.45, 0.7)
"""Masses of the millicharged particle, GeV."""
BINS = 12
WINDOW = 0.06
"""Half width h relative to the mass, away from narrow states."""
NARROW = 1.0 / 3.0
"""Share of the window that the kinematics are taken from."""
REPLICAS = 40
"""Bootstrap replicas of the mass spectrum for the spread of the rate."""
MEMBERS = 20
"""Bootstrap members of the kinematics."""
DRAWS = 10000
SPLITS = 6
"""Divisions of the pairs for the classifier."""


@dataclass(frozen=True)
class Truth:
    """Truth at one mass.

    Attributes
    ----------
    mass : float
        GeV.
    photons, error : float
        F and its statistical error.
    pt, y, weight : arrays, shape (n,)
        Photons in the window.
    meson : array of int, shape (n,)
        Pairs of one number are decays of one meson and count as one in errors.
    """

    mass: float
    photons: float
    error: float
    pt: Array
    y: Array
    weight: Array
    meson: NDArray[np.int64]

    def mean_pt(self) -> tuple[float, float]:
        """Mean transverse momentum and its statistical error, GeV."""
        share = self.weight / np.sum(self.weight)
        mean = float(np.sum(share * self.pt))
        moved = np.bincount(self.meson, weights=share * (self.pt - mean))
        return mean, float(np.sqrt(np.sum(moved**2)))


def half_width(mass: float) -> float:
    """Half width of the window of the truth, GeV."""
    near = [G for M, G in STATES.values() if abs(mass - M) < 3.0 * G]
    return near[0] / 2.0 if near else WINDOW * mass


def _flattening(mass: float, m: Array) -> Array:
    """C(mass)/C(m) of a state at ``mass``: a parabola in m, with which a line is fitted without bias."""
    near = [(M, G) for M, G in STATES.values() if abs(mass - M) < 3.0 * G]
    if not near:
        return np.ones(m.shape)
    M, G = near[0]
    return np.asarray(((m - M) ** 2 + 0.25 * G * G) / ((mass - M) ** 2 + 0.25 * G * G))


def truth_of(pool: PairPool, mass: float, detector: Detector) -> Truth:
    """Truth of the dark photons of one mass (GeV) in the fiducial range."""
    m, pt, y = pool_kinematics(pool)
    h = half_width(mass)
    keep = detector.inside(y) & (np.abs(m - mass) < h)
    t, w = (m[keep] - mass) / h, pool.weight[keep]
    meson = pool.select(keep).mesons()[1]
    flat = _flattening(mass, m[keep])
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    content = np.histogram(t, edges, weights=w * flat)[0]
    middle = 0.5 * (edges[1:] + edges[:-1])
    inverse = np.linalg.pinv(np.stack([middle**0, middle, middle**2], axis=1))[0]
    # value of the parabola at t = 0; every pair of a bin counts with that bin's coefficient
    step = h * (edges[1] - edges[0])
    density = float(np.sum(inverse * content)) / step
    coefficient = inverse[np.minimum(((t + 1.0) * 0.5 * BINS).astype(int), BINS - 1)]
    error = float(np.sqrt(np.sum(np.bincount(meson, weights=coefficient * w * flat) ** 2))) / step
    factor = float(photons_per_pair(mass, M_MU))
    # across the half width of a state the kinematics do not change
    near = np.abs(t) < (NARROW if h == WINDOW * mass else 1.0)
    return Truth(mass, density * factor, error * factor, pt[keep][near], y[keep][near], w[near], meson[near])


def particles_of(
    pool: PairPool, particle: float, detector: Detector
) -> tuple[float, float, Array, Array, Array]:
    """Truth of millicharged particles: yield, error, and energy (GeV), angle (rad) and weight of one of each pair."""
    m, _, y = pool_kinematics(pool)
    keep = detector.inside(y) & (m > 2.0 * particle)
    ratio = pair_ratio(m[keep], particle, "dirac", M_MU)
    weight = pool.weight[keep] * ratio
    energy, theta = along_muons(pool.plus[:, keep], pool.minus[:, keep], m[keep], particle)
    each = np.bincount(pool.select(keep).mesons()[1], weights=weight)
    return float(np.sum(weight)), float(np.sqrt(np.sum(each**2))), energy, theta, weight


def along_muons(plus: Array, minus: Array, mass: Array, particle: float) -> tuple[Array, Array]:
    """Energy and polar angle of particles emitted along the direction of the positive muon in the rest frame."""
    from darkbeam.kinematics import boost_from_rest, breakup_momentum

    e1, e2 = (np.sqrt(M_MU**2 + np.einsum("in,in->n", p, p)) for p in (plus, minus))
    photon = np.stack([e1 + e2, *(plus + minus)])
    back = photon * np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    rest = boost_from_rest(np.stack([e1, *plus]), back, mass)[1:]
    direction = rest / np.sqrt(np.einsum("in,in->n", rest, rest))
    k = breakup_momentum(mass, particle, particle)
    p = boost_from_rest(np.stack([0.5 * mass, *(k * direction)]), photon, mass)
    return p[0], np.asarray(np.arctan2(np.hypot(p[1], p[2]), p[3]))


def bootstrap_fit(data: PseudoData, rng: np.random.Generator) -> KinematicModel:
    """Back end of the closure without training."""
    return fit_bootstrap(data.sample, rng, members=MEMBERS)


def closure_source(
    data: PseudoData, detector: Detector, rng: np.random.Generator, fit: Fit = bootstrap_fit
) -> OffShellPhoton:
    """Source made from one pseudo-data set; the resolution of its card has an error of `RESOLUTION_ERROR`."""
    off = 1.0 + RESOLUTION_ERROR * rng.standard_normal()
    spectrum = fit_spectrum(data.sample, tuple((m, r * off) for m, r in detector.resolution))
    return OffShellPhoton("dilepton:closure", spectrum, fit(data, rng), BEAM)


def predicted(source: OffShellPhoton, mass: float) -> tuple[float, float]:
    """F at a mass (GeV) and its error, that of the variation ``dilepton-rate-up``; NaN where the source refuses."""
    try:
        central = source.total(mass)
    except MassRangeError:
        return float("nan"), float("nan")
    return central, source.total(mass, "dilepton-rate-up") - central


def replica_spread(source: OffShellPhoton, masses: Array, rng: np.random.Generator) -> Array:
    """Standard deviation of F over `REPLICAS` bootstrap replicas of the spectrum; shape of ``masses``, GeV."""
    spectra = [source.spectrum.replica(rng) for _ in range(REPLICAS)]
    spread = np.full(masses.shape, np.nan)
    seen = ~source.spectrum.blind(masses)
    rates = np.array([s.rate(masses[seen])[0] for s in spectra])
    spread[seen] = np.std(rates, axis=0, ddof=1) * photons_per_pair(masses[seen], M_MU)
    return spread


def pulls(
    pool: PairPool,
    detector: Detector,
    *,
    sets: int,
    draws: int,
    seed: int,
    report: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Predict the rates at `MASSES` from many pseudo-data sets.

    Parameters
    ----------
    pool : PairPool
        Population and truth.
    detector : Detector
    sets : int
        Pseudo-data sets.
    draws : int
        As for `pseudo_data`.
    seed : int
    report : callable
        Called with the number of sets done.

    Returns
    -------
    dict
        At each mass: mean ratio to the truth and its standard deviation, mean stated error, error of the truth, and
        mean and rms of the pulls of the rate with its stated error (``rate``), with the spread of bootstrap replicas
        (``band``), and of the mean pT (``pt``).
    """
    truths = [truth_of(pool, m, detector) for m in MASSES]
    rows: dict[str, list[list[float]]] = {"rate": [], "band": [], "pt": [], "ratio": [], "relative": []}
    for k in range(sets):
        rng = stream(seed, "closure/set", k)
        data = pseudo_data(pool, detector, draws, rng)
        source = closure_source(data, detector, rng)
        spread = replica_spread(source, np.array(MASSES), rng)
        models = (source.model, *source.model.members)
        found = [one_mass(source, t, s, models, rng) for t, s in zip(truths, spread.tolist(), strict=True)]
        for name, row in rows.items():
            row.append([f[name] for f in found])
        report(k + 1)
    table = {name: np.array(row) for name, row in rows.items()}
    return {
        "masses_GeV": list(MASSES), "sets": sets, "draws": draws,
        "mean_ratio": table["ratio"].mean(axis=0).tolist(),
        "spread_of_ratio": table["ratio"].std(axis=0, ddof=1).tolist(),
        "mean_relative_error": table["relative"].mean(axis=0).tolist(),
        "truth_relative_error": [t.error / t.photons for t in truths],
        "pull_mean": {n: table[n].mean(axis=0).tolist() for n in ("rate", "band", "pt")},
        "pull_rms": {n: np.sqrt((table[n] ** 2).mean(axis=0)).tolist() for n in ("rate", "band", "pt")},
    }  # fmt: skip


def one_mass(
    source: OffShellPhoton,
    truth: Truth,
    spread: float,
    models: tuple[KinematicModel, ...],
    rng: np.random.Generator,
) -> dict[str, float]:
    """Pulls of rate (with its stated error, with the spread of the members) and mean pT at one mass."""
    value, error = predicted(source, truth.mass)
    n = DRAWS
    pt = [model.sample(np.full(n, truth.mass), rng)[0] for model in models]
    means = [float(np.mean(p)) for p in pt]
    own = float(np.std(pt[0])) / np.sqrt(n)
    true, true_error = truth.mean_pt()
    scatter = np.sqrt(np.var(means[1:], ddof=1) + own**2 + true_error**2)
    return {
        "rate": (value - truth.photons) / np.hypot(error, truth.error),
        "band": (value - truth.photons) / np.hypot(spread, truth.error),
        "pt": (means[0] - true) / scatter,
        "ratio": value / truth.photons,
        "relative": error / value,
    }


def summary(source: OffShellPhoton, pool: PairPool, detector: Detector) -> dict[str, Any]:
    """Rates at `MASSES` and pair yields at `PARTICLES` of one source, beside the truth."""
    photons = []
    for mass in MASSES:
        truth = truth_of(pool, mass, detector)
        value, error = predicted(source, mass)
        pull = (value - truth.photons) / float(np.hypot(error, truth.error))
        photons.append(
            {"mass_GeV": mass, "predicted": value, "error": error, "true": truth.photons, "pull": pull}
        )
    pairs = []
    for particle in PARTICLES:
        true, error, *_ = particles_of(pool, particle, detector)
        made = source.pair_source("dirac")
        value = made.total(particle)
        own = made.total(particle, "dilepton-rate-up") - value
        pull = (value - true) / float(np.hypot(own, error))
        pairs.append({"mass_GeV": particle, "predicted": value, "error": own, "true": true, "pull": pull})
    return {"photons": photons, "pairs": pairs}


def trained(pool: PairPool, detector: Detector, *, draws: int, seed: int) -> dict[str, Any]:
    """Train a flow on pairs of odd collisions and compare it with pairs of even ones.

    Parameters
    ----------
    pool, detector, draws, seed
        As for `pulls`.

    Returns
    -------
    dict
        `summary`; ``auc``, of all masses, those above the prescale enhanced as in the data, and of each of `MASSES`;
        ``auc_particles``, of energy and angle of millicharged particles; each with the floor of a perfect model.

    Raises
    ------
    MissingExtraError
        Without torch, zuko and scikit-learn.
    """
    from darkbeam.dilepton.ensemble import fit_flow

    odd = pool.collision % 2 == 1
    first, second = pool.select(odd, 2.0), pool.select(~odd, 2.0)
    rng = stream(seed, "closure/trained")
    data = pseudo_data(first, detector, draws, rng)
    source = closure_source(data, detector, rng, lambda d, _: fit_flow(d.sample, seed=seed, members=2))
    found = {"training_pairs": len(data.sample), "auc": areas(source.model, second, detector, rng)}
    found["auc_particles"] = particle_areas(source, second, detector, rng)
    return found | summary(source, second, detector)


def areas(
    model: KinematicModel, pool: PairPool, detector: Detector, rng: np.random.Generator, most: int = 30_000
) -> dict[str, Any]:
    """Area under the curve of a classifier of truth against model, and its floor; all masses, and each of `MASSES`."""
    single = pool.once()
    m, pt, y = pool_kinematics(single)
    low, high = model.support
    rows = rng.permutation(np.flatnonzero(detector.inside(y) & (m > low) & (m < high)))[:most]
    share = single.weight[rows] * detector.kept(m[rows])
    found: dict[str, Any] = {"all": _area(model, m[rows], pt[rows], y[rows], share, rng)}
    for mass in MASSES:
        truth = truth_of(single, mass, detector)
        some = rng.permutation(truth.pt.size)[:most]
        at = np.full(some.size, mass)
        found[f"{mass:g}"] = _area(model, at, truth.pt[some], truth.y[some], truth.weight[some], rng)
    return found


def _area(
    model: KinematicModel, mass: Array, pt: Array, y: Array, weight: Array, rng: np.random.Generator
) -> tuple[float, float]:
    """Area and floor of weighted truth against the model at masses drawn from the truth.

    Mean over `SPLITS` divisions into training and test, each with new points of the model: together they test every
    pair of the truth, so that the floor is that of all of them and not of half.
    """
    from darkbeam.dilepton.metrics import auc, auc_floor, effective

    found = []
    for k in range(SPLITS):
        at = rng.choice(mass, mass.size, p=weight / np.sum(weight))
        drawn = np.stack([at, *model.sample(at, rng)], axis=1)
        found.append(auc(np.stack([mass, pt, y], axis=1), drawn, weight, seed=k)[0])
    return float(np.mean(found)), auc_floor(effective(weight), 0.5 * SPLITS * mass.size)


def particle_areas(
    source: OffShellPhoton, pool: PairPool, detector: Detector, rng: np.random.Generator, most: int = 40_000
) -> dict[str, Any]:
    """Area under the curve on energy and angle of one millicharged particle of each pair, and its floor."""
    from darkbeam.dilepton.metrics import auc

    single, found = pool.once(), {}
    for particle in PARTICLES:
        _, _, energy, theta, weight = particles_of(single, particle, detector)
        rows = rng.permutation(weight.size)[:most]
        made = source.pair_source("dirac").pairs(particle, 4 * most, rng)
        drawn = rng.choice(made.weight.size, rows.size, p=made.weight / np.sum(made.weight))
        p = made.p4[:, 0, drawn]
        angle = np.arctan2(np.hypot(p[1], p[2]), p[3])
        columns = ((energy[rows], theta[rows]), (p[0], angle))
        truth, model = (np.stack([np.zeros(rows.size), np.log(e), np.log(t)], axis=1) for e, t in columns)
        found[f"{particle:g}"] = auc(truth, model, weight[rows])
    return found
