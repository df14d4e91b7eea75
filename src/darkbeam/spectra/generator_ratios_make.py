r"""Make ratio tables: another generator or tune over the shipped spectrum, in the ranks of the shipped spectrum.

In the ranks (u, v) of x and of pT at given x (`darkbeam.spectra.spectrum`) the shipped mesons are uniform, so the
density of an alternative sample in (u, v) is the ratio itself.  Its mesons are counted in cells (i, j) of
z = ln u/(1-u) and v; n_ij is Poisson with mean mu_ij r_ij, mu_ij = (collisions) (shipped multiplicity) (area of the
cell).  ln r maximises the penalised likelihood

    sum_ij [n_ij ln r_ij - mu_ij r_ij] - (lambda_z/2) |D_z^2 ln r|^2 - (lambda_v/2) |D_v^2 ln r|^2

(D^2: second differences; P. Eilers, Anal. Chem. 75 (2003) 3631), with lambda_z, lambda_v of least AIC, so that it is
as detailed as the sample allows and linear in ln r where mesons run out.  Errors are those of the fit.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from .build import light_cone_log, sample_momenta
from .generator import generate_block, pythia_version
from .generator_ratios import V_EDGES, Z_EDGES, Ratio
from .species import SPECIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .spectrum import MesonSpectrum

    Array = NDArray[np.float64]

__all__ = [
    "ALTERNATIVES", "ALTERNATIVES_COLLIDER", "chromo_momenta", "count", "fit_ratio", "pythia_momenta",
    "sample_description",
]  # fmt: skip

TUNE_4C = ("Tune:pp = 5",)
"""Tune 4C, arXiv:1011.1759; brings the flavour parameters of Tune:ee = 3 with it."""
TUNE_CUETP8M1 = ("Tune:pp = 18",)
"""CUETP8M1 of CMS, arXiv:1512.00815: Monash hadronisation, other multiparton interactions."""
MONASH_REMNANTS = (
    "BeamRemnants:dampPopcorn = 1.",
    "BeamRemnants:hardRemnantBaryon = off",
    "BeamRemnants:primordialKTsoft = 0.9",
    "BeamRemnants:primordialKThard = 1.8",
    "BeamRemnants:halfScaleForKT = 1.5",
    "BeamRemnants:halfMassForKT = 1.",
    "BeamRemnants:primordialKTremnant = 0.4",
)
"""Defaults of Pythia 8.3 (Monash tune, arXiv:1404.5630), which undo the forward tune."""


def _kt(sigma: float) -> tuple[str, ...]:
    """Band of the forward tune: both widths together.  The ends, 0.26 and 1.27 GeV, are from memory, not verified."""
    return (
        f"BeamRemnants:primordialKTsoft = {sigma:g}",
        f"BeamRemnants:primordialKTremnant = {sigma:g}",
    )


ALTERNATIVES: dict[str, tuple[str, ...] | str] = {
    "gen-tune-4c": TUNE_4C,
    "gen-tune-cuetp8m1": TUNE_CUETP8M1,
    "gen-sibyll": "Sibyll23e",
    "gen-pythia6": "Pythia6",
}
"""At fixed targets: further settings of Pythia 8, or the name of a model of chromo."""
ALTERNATIVES_COLLIDER: dict[str, tuple[str, ...] | str] = {
    "gen-tune-monash": MONASH_REMNANTS,
    "gen-kt-low": _kt(0.26),
    "gen-kt-high": _kt(1.27),
    "gen-sibyll": "Sibyll23e",
}
"""At colliders, where the shipped spectra use the forward tune."""
UNUSABLE = {"Sibyll23e": ("etap",)}
"""Sibyll 2.3e makes six times more eta' than Pythia 8; they are left out and kept from decaying, so that they do
not feed eta and pi0 (which then lack those that exist: 7 % of eta, 3 % of rho0, 1 to 2 % of pi0)."""
_DECAYING = (310, 3122, 3222, 3112, 3312, 3322, 3334)
"""K_S and hyperons: they decay in the vacuum of a collider, as in the shipped spectra."""
_CHUNK = 20_000
"""Mesons treated at once."""
_STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0, 1e4)
"""lambda_z and lambda_v that are tried."""


def pythia_momenta(
    facility: Facility, extra: tuple[str, ...], n_events: int, seed: int
) -> tuple[dict[str, tuple[Array, Array]], str]:
    """(pT, |pz| or pz) of every species from Pythia 8 with further settings, and the generator's name."""
    block = generate_block(facility, n_events, seed, extra=extra)
    return {n: sample_momenta(facility, s, block) for n, s in SPECIES.items()}, pythia_version()


def chromo_momenta(
    facility: Facility, model: str, n_events: int, seed: int
) -> tuple[dict[str, tuple[Array, Array]], str]:
    """(pT, |pz| or pz) of every species from a model of chromo, and the generator's name."""
    chromo: Any = import_module("chromo")
    gev, kinematics = chromo.constants.GeV, chromo.kinematics
    if facility.collider:
        kin = kinematics.CenterOfMass(2.0 * facility.beam_energy * gev, "p", "p")
    else:
        kin = kinematics.FixedTarget(kinematics.TotalEnergy(facility.beam_energy * gev), "p", "p")
    generator = getattr(chromo.models, model)(kin, seed=seed)
    for name in UNUSABLE.get(model, ()):
        generator.set_stable(SPECIES[name].pdg[0])
    if facility.collider:
        for pdg in _DECAYING:
            generator.set_unstable(pdg)
            if pdg != _DECAYING[0]:
                generator.set_unstable(-pdg)
    found: dict[str, list[Array]] = {name: [np.zeros((2, 0))] for name in SPECIES}
    for event in generator(n_events):
        pid = np.asarray(event.pid)
        for name, species in SPECIES.items():
            keep = np.isin(pid, species.pdg)
            if np.any(keep):
                found[name].append(np.stack([event.pt[keep], event.pz[keep]]).astype(np.float64))
    momenta = {}
    for name in (n for n in SPECIES if n not in UNUSABLE.get(model, ())):
        pt, pz = np.concatenate(found[name], axis=1)
        momenta[name] = pt, np.abs(pz) if facility.collider else pz
    return momenta, f"chromo {version('chromo')} {model}"


def _ranks(spectrum: MesonSpectrum, pt: Array, pz: Array) -> tuple[Array, Array]:
    """Logit z of the rank of x, and rank v of pT at that x: the shipped quantile functions inverted."""
    t = spectrum.table
    lnx = light_cone_log(spectrum.facility, spectrum.species, pt, pz)
    z_grid = np.linspace(t.z_range[0] - 6.0, 25.0, 6001)
    x_grid = np.log(spectrum.x(1.0 / (1.0 + np.exp(z_grid))))
    z = np.interp(lnx, np.maximum.accumulate(x_grid), z_grid)
    a = np.interp(z, t.pt_z, np.arange(float(len(t.pt_z))))
    i = np.minimum(a.astype(np.int64), len(t.pt_z) - 2)
    a -= i
    w = np.empty_like(z)
    for k in range(
        len(t.pt_z) - 1
    ):  # pT itself is interpolated between the rows by `MesonSpectrum.pt`, as here
        found = np.flatnonzero(i == k)
        for rows in np.array_split(found, max(len(found) // _CHUNK, 1)):
            pt2 = (1.0 - a[rows, None]) * t.pt2[k] + a[rows, None] * t.pt2[k + 1]
            p2 = np.square(pt[rows, None])
            j = np.clip(np.sum(pt2 <= p2, axis=1) - 1, 0, len(t.pt_w) - 2)
            low, high = pt2[np.arange(len(rows)), j], pt2[np.arange(len(rows)), j + 1]
            share = np.clip((p2[:, 0] - low) / np.maximum(high - low, 1e-300), 0.0, 1.0)
            w[rows] = t.pt_w[j] + share * (t.pt_w[j + 1] - t.pt_w[j])
    return z, -np.expm1(-w)


def count(spectrum: MesonSpectrum, pt: Array, pz: Array) -> Array:
    """Mesons in the cells of (z, v), shape (n_z, n_v)."""
    z, v = _ranks(spectrum, pt, pz)
    z = np.clip(z, Z_EDGES[0] + 1e-9, Z_EDGES[-1] - 1e-9)
    table, _, _ = np.histogram2d(z, v, bins=(Z_EDGES, V_EDGES))
    return np.asarray(table)


def _areas() -> Array:
    """Share of the shipped mesons in each cell."""
    rank = 1.0 / (1.0 + np.exp(-Z_EDGES))
    rank[0], rank[-1] = 0.0, 1.0
    return np.asarray(np.outer(np.diff(rank), np.diff(V_EDGES)))


def _penalties(shape: tuple[int, int]) -> tuple[Array, Array]:
    """D^T D of the second differences along z and along v."""
    n, m = shape
    dz, dv = (np.diff(np.eye(k), 2, axis=0) for k in shape)
    return (
        np.asarray(np.kron(dz.T @ dz, np.eye(m)), dtype=np.float64),
        np.asarray(np.kron(np.eye(n), dv.T @ dv), dtype=np.float64),
    )


def _solve(n: Array, mu: Array, penalty: Array) -> tuple[Array, Array, float]:
    """Find ln r, its covariance, and AIC, by Newton's method with halved steps."""
    f = np.full(n.size, np.log((n.sum() + 0.5) / mu.sum()))

    def objective(g: Array) -> float:
        return float(np.sum(mu * np.exp(g) - n * g) + 0.5 * g @ penalty @ g)

    value = objective(f)
    for _ in range(60):
        rate = mu * np.exp(f)
        step = np.linalg.solve(np.diag(rate) + penalty, rate - n + penalty @ f)
        size = 1.0
        while objective(f - size * step) > value + 1e-9 and size > 1e-4:
            size *= 0.5
        f = f - size * step
        value = objective(f)
        if np.max(np.abs(step)) < 1e-8:
            break
    rate = mu * np.exp(f)
    covariance = np.asarray(np.linalg.inv(np.diag(rate) + penalty), dtype=np.float64)
    positive = n > 0
    deviance = 2.0 * (np.sum(n[positive] * np.log(n[positive] / rate[positive])) - np.sum(n - rate))
    return f, covariance, float(deviance + 2.0 * np.sum(np.diag(covariance) * rate))


def fit_ratio(counts: Array, n_events: int, spectrum: MesonSpectrum) -> Ratio:
    """Smooth ratio of an alternative sample to the shipped spectrum.

    Parameters
    ----------
    counts : array, shape (n_z, n_v)
        Of `count`.
    n_events : int
        Collisions of the alternative sample.
    spectrum : MesonSpectrum
    """
    mu = n_events * spectrum.multiplicity * _areas()
    along_z, along_v = _penalties(mu.shape)
    fits = [
        _solve(counts.ravel(), mu.ravel(), a * along_z + b * along_v) for a in _STRENGTHS for b in _STRENGTHS
    ]
    log_ratio, covariance, _ = min(fits, key=lambda fit: fit[2])
    total = float(counts.sum() / (n_events * spectrum.multiplicity))
    ratio = Ratio(
        log_ratio.reshape(mu.shape),
        np.sqrt(np.diag(covariance)).reshape(mu.shape),
        total,
        1.0 / np.sqrt(counts.sum()),
    )
    return ratio.normalised()


def sample_description(
    facility: Facility, name: str, n_events: int, seed: int, generator: str, counts: Mapping[str, Array]
) -> dict[str, Any]:
    """Settings, seed and multiplicities of an alternative sample, for the JSON inside the table."""
    chosen = (ALTERNATIVES_COLLIDER if facility.collider else ALTERNATIVES)[name]
    return {
        "generator": generator,
        "settings": list(chosen) if isinstance(chosen, tuple) else [],
        "n_events": n_events,
        "seed": seed,
        "multiplicity": {k: float(n.sum() / n_events) for k, n in counts.items()},
    }
