r"""How well a kinematic model describes pairs it has not seen, beside the smeared bootstrap of `bootstrap`.

Of the data to compare with, a part no larger than the training sample of the model, and at most half, feeds the
bootstrap baseline and the held-out windows; the rest is the truth of all numbers.  Model and baseline are drawn at
masses resampled from the truth, so that only p(pT, y | m) is tested; the mass spectrum has a number of its own.

* In mass bins (`mass_bins`) and on average: KS and KL of pT and y, with the floor of a perfect model (`metrics`).
* AUC of boosted trees on (m, pT, y), with its floor.
* Forward acceptance at fixed masses: share of pairs with E > E_beam/8 within 10 mrad, against data within 0.5 % in
  mass or against exact draws of a mock.
* Held-out windows: the model trained without the pairs of a mass window, inside it, against a mixture of the side
  bands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.dilepton.bootstrap import fit_bootstrap
from darkbeam.dilepton.ensemble import training_hash
from darkbeam.dilepton.metrics import auc, cells_for, effective, kl, kl_floor, ks
from darkbeam.errors import ValueRangeError
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from darkbeam.dilepton.mass_spectrum import MassSpectrum
    from darkbeam.dilepton.model import KinematicModel
    from darkbeam.dilepton.sample import DileptonSample

    Array = NDArray[np.float64]
    Draw = Callable[[Array, np.random.Generator], tuple[Array, Array]]

__all__ = [
    "ACCEPTANCE_MASSES",
    "WINDOWS",
    "CheckResult",
    "check_model",
    "forward_acceptance",
    "held_out_windows",
    "mass_bins",
    "mass_divergence",
    "resample_masses",
]

ACCEPTANCE_MASSES = (0.25, 0.35, 0.5, 0.6, 0.72, 0.7827, 0.85, 0.95, 1.02, 1.2, 1.6, 2.0, 2.6)
"""Masses of the acceptance table, GeV, as far as the data reach."""
WINDOWS = ((0.30, 0.36), (0.55, 0.68), (0.86, 0.95), (1.5, 2.0), (2.3, 2.8))
"""Mass windows held out, GeV, as far as they hold 200 pairs."""
_MIN_PAIRS = 200.0
_ANGLE, _SHARE = 0.010, 0.125
_MAX_MODEL = 1_000_000
_NEAR = 0.005
_FINE = 275


@dataclass(frozen=True)
class CheckResult:
    """Numbers of a check; `to_json` has them under the names of the command line's contract.

    Attributes
    ----------
    n_data, n_model, n_bootstrap : int
        Truth events, model events, data events behind the baseline.
    back_end : str
    seen : bool
        Whether the model was trained on these data: all numbers are then too good.
    mass_bins : list of dict
        ``lo hi n ks_pT ks_y kl_pT kl_y kl_floor ks_pT_bootstrap ...``.
    auc, auc_bootstrap, auc_floor : float or None
        None without scikit-learn.
    mass_kl, mass_kl_floor : float or None
    forward, windows : list of dict
    notes : tuple of str
    """

    n_data: int
    n_model: int
    n_bootstrap: int
    back_end: str
    seen: bool
    mass_bins: list[dict[str, float]]
    auc: float | None = None
    auc_bootstrap: float | None = None
    auc_floor: float | None = None
    mass_kl: float | None = None
    mass_kl_floor: float | None = None
    forward: list[dict[str, float]] = field(default_factory=list)
    windows: list[dict[str, float]] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def mean(self, quantity: str) -> float:
        """Mean of a quantity over the mass bins."""
        return float(np.mean([b[quantity] for b in self.mass_bins]))

    def _both(self, quantity: str, tail: str = "") -> dict[str, float]:
        return {v: self.mean(f"{quantity}_{v}{tail}") for v in ("pT", "y")}

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        floor = self.mean("kl_floor")
        return {
            "n_data": self.n_data, "n_model": self.n_model, "n_bootstrap": self.n_bootstrap,
            "back_end": self.back_end, "trained_on_these_data": self.seen,
            "auc": self.auc, "auc_bootstrap": self.auc_bootstrap, "auc_floor": self.auc_floor,
            "kl_mean": self._both("kl"), "kl_floor": {"pT": floor, "y": floor},
            "kl_mean_bootstrap": self._both("kl", "_bootstrap"),
            "ks_mean": self._both("ks"), "ks_mean_bootstrap": self._both("ks", "_bootstrap"),
            "mass_kl": self.mass_kl, "mass_kl_floor": self.mass_kl_floor,
            "mass_bins": self.mass_bins, "forward": self.forward, "windows": self.windows,
            "notes": list(self.notes),
        }  # fmt: skip


def mass_bins(mass: Array, weight: Array, bins: int = 12) -> Array:
    """Edges of bins half way between equal contents and equal widths in ln m, each with 200 effective pairs or more.

    Raises
    ------
    ValueRangeError
        If there are not enough pairs for two bins.
    """
    order = np.argsort(mass)
    m = mass[order]
    rank = np.cumsum(weight[order]) / np.sum(weight)
    t = 0.5 * (rank + np.log(m / m[0]) / np.log(m[-1] / m[0]))
    edges = np.concatenate([[m[0]], np.interp(np.arange(1, bins) / bins, t, m), [m[-1] * (1.0 + 1e-9)]])
    kept = [float(edges[0])]
    for edge in edges[1:]:
        if effective(weight[(mass >= kept[-1]) & (mass < edge)]) >= _MIN_PAIRS:
            kept.append(float(edge))
    if len(kept) < 3:
        raise ValueRangeError(f"too few pairs to check a model: {mass.size}; give {5 * _MIN_PAIRS:g} or more")
    kept[-1] = float(edges[-1])
    return np.array(kept)


def resample_masses(mass: Array, weight: Array, n: int, rng: np.random.Generator) -> Array:
    """Masses of ``n`` events with the weighted distribution of the data, in random order."""
    total = np.cumsum(weight)
    at = np.searchsorted(total, (np.arange(n) + rng.random(n)) / n * total[-1], side="right")
    return rng.permutation(mass[np.minimum(at, mass.size - 1)])


def _compare(truth: DileptonSample, drawn: dict[str, Array], edges: Array) -> list[dict[str, float]]:
    """Distances in mass bins; ``drawn`` has columns (3, n) of m, pT, y for ``model`` and ``bootstrap``."""
    rows = []
    place = np.searchsorted(edges, truth.mass, side="right") - 1
    places = {k: np.searchsorted(edges, x[0], side="right") - 1 for k, x in drawn.items()}
    for b in range(edges.size - 1):
        here = place == b
        w = truth.weight[here]
        size = effective(w)
        row = {"lo": float(edges[b]), "hi": float(edges[b + 1]), "n": int(np.sum(here))}
        for variable, column in (("pT", truth.pt), ("y", truth.y)):
            for who, tail in (("model", ""), ("bootstrap", "_bootstrap")):
                x = drawn[who][1 if variable == "pT" else 2][places[who] == b]
                row[f"ks_{variable}{tail}"] = ks(column[here], x, w)
                row[f"kl_{variable}{tail}"] = kl(column[here], x, w)
        row["kl_floor"] = kl_floor(size, float(np.sum(places["model"] == b)), cells_for(size))
        rows.append(row)
    return rows


def mass_divergence(
    truth: DileptonSample, spectrum: MassSpectrum, n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """KL of the mass spectrum in fine cells, and its floor: that of a sample as large as the one behind it."""
    size = effective(truth.weight)
    cells = int(np.clip(size // 100, 4, _FINE))
    model = spectrum.sample(n, rng)
    trained = spectrum.total**2 / float(np.sum(spectrum.square))
    return kl(truth.mass, model, truth.weight, cells), kl_floor(size, 1.0 / (1.0 / n + 1.0 / trained), cells)


def _forward(mass: Array, pt: Array, y: Array, energy: float) -> NDArray[np.bool_]:
    """Whether a pair is above an energy (GeV) and within 10 mrad."""
    transverse = np.hypot(mass, pt)
    return np.asarray((transverse * np.cosh(y) > energy) & (np.arctan2(pt, transverse * np.sinh(y)) < _ANGLE))


def forward_acceptance(
    models: dict[str, KinematicModel],
    data: DileptonSample,
    rng: np.random.Generator,
    *,
    masses: Sequence[float] = ACCEPTANCE_MASSES,
    truth: Draw | None = None,
    n: int = 100_000,
) -> list[dict[str, float]]:
    """Share of forward pairs at fixed masses.

    Parameters
    ----------
    models : dict
        Back ends by the name of their column.
    data : DileptonSample
        Truth within 0.5 % of each mass, unless ``truth`` is given.
    rng : Generator
    masses : sequence of float
        GeV; those outside the data are left out.
    truth : callable, optional
        ``(mass, rng) -> (pT, y)``: exact draws, e.g. `darkbeam.dilepton.mock.mock_kinematics`.
    n : int
        Draws at each mass.

    Returns
    -------
    list of dict
        ``mass_GeV truth truth_error n`` and a column for each model.
    """
    # half the sum of the light-cone momenta of the collision is its energy
    energy = _SHARE * 0.5 * float(sum(data.facility.total))
    low, high = data.mass.min(), data.mass.max()
    rows = []
    for value in masses:
        if not low < value < high or not all(m.support[0] <= value <= m.support[1] for m in models.values()):
            continue
        at = np.full(n, value)
        near = np.abs(data.mass / value - 1.0) < _NEAR
        row = {"mass_GeV": float(value)}
        if truth is not None:
            row["truth"], size = float(np.mean(_forward(at, *truth(at, rng), energy))), float(n)
        else:
            size = effective(data.weight[near])
            if size < 1.0:
                continue
            passed = _forward(data.mass[near], data.pt[near], data.y[near], energy)
            row["truth"] = float(np.average(passed, weights=data.weight[near]))
        row["truth_error"] = float(np.sqrt(max(row["truth"] * (1.0 - row["truth"]), 1.0 / size) / size))
        row["n"] = int(np.sum(near))
        row |= {k: float(np.mean(_forward(at, *m.sample(at, rng), energy))) for k, m in models.items()}
        rows.append(row)
    return rows


def _side_bands(data: DileptonSample, lo: float, hi: float, mass: Array, rng: np.random.Generator) -> Array:
    """Columns (2, n) of pT, y: a linear mixture of the pairs half a width below and above the window."""
    half, columns = 0.5 * (hi - lo), np.stack([data.pt, data.y])
    below = np.flatnonzero((data.mass > lo - half) & (data.mass < lo))
    above = np.flatnonzero((data.mass > hi) & (data.mass < hi + half))
    bands = [b for b in (below, above) if b.size]
    if not bands:
        raise ValueRangeError(f"no pairs on either side of the window {lo:g} to {hi:g} GeV")
    picks = [b[_pick(data.weight[b], mass.size, rng)] for b in (bands[0], bands[-1])]
    upper = rng.random(mass.size) < (mass - lo) / (hi - lo)
    return np.where(upper, columns[:, picks[1]], columns[:, picks[0]])


def _pick(weight: Array, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    total = np.cumsum(weight)
    row = np.searchsorted(total, rng.random(n) * total[-1], side="right")
    return np.asarray(np.minimum(row, weight.size - 1), dtype=np.int64)


def held_out_windows(
    refit: Callable[[DileptonSample], KinematicModel],
    data: DileptonSample,
    truth: DileptonSample,
    rng: np.random.Generator,
    *,
    windows: Sequence[tuple[float, float]] = WINDOWS,
    model: KinematicModel | None = None,
    n: int = 100_000,
) -> list[dict[str, float]]:
    """Interpolation across mass windows whose pairs were removed.

    Parameters
    ----------
    refit : callable
        Trains the back end on a sample.
    data : DileptonSample
        To train on, less each window.
    truth : DileptonSample
        To compare with inside the windows.
    rng : Generator
    windows : sequence of pairs
        GeV; those with fewer than 200 effective pairs of truth, or at the edge of the data, are left out.
    model : KinematicModel, optional
        Trained with the windows, for comparison.
    n : int
        Draws in each window.

    Returns
    -------
    list of dict
        ``lo hi removed``, and KS of pT and y of the interpolation (``ks_pT``, ``ks_y``), of the side bands
        (``..._side_bands``) and of the model that saw the window (``..._with``).
    """
    rows = []
    for lo, hi in windows:
        inside = (truth.mass > lo) & (truth.mass < hi)
        w = truth.weight[inside]
        if effective(w) < _MIN_PAIRS or not (data.mass.min() < lo and hi < data.mass.max()):
            continue
        outside = (data.mass <= lo) | (data.mass >= hi)
        mass = resample_masses(truth.mass[inside], w, n, rng)
        drawn = {"": np.stack(refit(data.select(outside)).sample(mass, rng))}
        drawn["_side_bands"] = _side_bands(data.select(outside), lo, hi, mass, rng)
        if model is not None:
            drawn["_with"] = np.stack(model.sample(mass, rng))
        row = {"lo": lo, "hi": hi, "removed": int(np.sum(~outside))}
        for tail, (pt, y) in drawn.items():
            row[f"ks_pT{tail}"] = ks(truth.pt[inside], pt, w)
            row[f"ks_y{tail}"] = ks(truth.y[inside], y, w)
        rows.append(row)
    return rows


def _split(
    data: DileptonSample, training: DileptonSample | None, trained: int, seed: int
) -> tuple[DileptonSample, DileptonSample]:
    """Pairs for the baseline, pairs that are the truth."""
    if training is not None:
        return training, data
    n = len(data) // 2 if trained <= 0 else min(len(data) // 2, trained)
    order = stream(seed, "dilepton/check/split").permutation(len(data))
    return data.select(np.sort(order[:n])), data.select(np.sort(order[n:]))


def _inside(data: DileptonSample, model: KinematicModel) -> DileptonSample:
    """Pairs of positive weight whose mass the model covers."""
    low, high = model.support
    kept = data.select((data.mass >= low) & (data.mass <= high) & (data.weight > 0.0))
    if not len(kept):
        raise ValueRangeError(f"no pairs between {low:.4g} and {high:.4g} GeV, where the model has data")
    return kept


def _area(truth: DileptonSample, drawn: Array, seed: int) -> tuple[float, float]:
    columns = np.stack([truth.mass, truth.pt, truth.y], axis=1)
    return auc(columns, drawn.T, truth.weight, seed=seed)


def check_model(
    model: KinematicModel,
    data: DileptonSample,
    *,
    training: DileptonSample | None = None,
    spectrum: MassSpectrum | None = None,
    refit: Callable[[DileptonSample], KinematicModel] | None = None,
    truth: Draw | None = None,
    classifier: bool = True,
    n_model: int | None = None,
    n_forward: int = 100_000,
    seed: int = 1,
) -> CheckResult:
    """Compare a model with data.

    Parameters
    ----------
    model : KinematicModel
    data : DileptonSample
        Better not those that it was trained on; with them the result says so.
    training : DileptonSample, optional
        Pairs for the baseline; default a part of ``data``, which is then not compared with.
    spectrum : MassSpectrum, optional
        To compare with the masses of the data.
    refit : callable, optional
        Trains the back end on a sample; with it the held-out windows are made.
    truth : callable, optional
        Exact draws for the forward acceptance.
    classifier : bool
        Whether to train the classifier (needs scikit-learn).
    n_model : int, optional
        Events drawn; default four times the truth, at least 200 000 and at most 1 000 000.
    n_forward : int
        Draws at each mass of the acceptance table.
    seed : int

    Returns
    -------
    CheckResult
    """
    about: dict[str, Any] = getattr(model, "about", {})
    seen = about.get("training_hash") == training_hash(data)
    kept = _inside(data, model)
    base, reference = _split(kept, training, int(about.get("pairs", 0)), seed)
    edges = mass_bins(reference.mass, reference.weight)
    n = n_model or int(np.clip(4 * len(reference), 200_000, _MAX_MODEL))
    rng = stream(seed, "dilepton/check")
    mass = resample_masses(reference.mass, reference.weight, n, rng)
    bootstrap = fit_bootstrap(base, rng, members=0)
    models: dict[str, KinematicModel] = {"model": model, "bootstrap": bootstrap}
    drawn = {k: np.stack([mass, *m.sample(mass, rng)]) for k, m in models.items()}
    areas = {k: _area(reference, x, seed) for k, x in drawn.items()} if classifier else {}
    kl_mass = mass_divergence(reference, spectrum, n, rng) if spectrum is not None else (None, None)
    notes = tuple(about.get("notes", ()))
    if seen:
        notes += (
            "the model was trained on these data: all numbers are too good; give pairs it has not seen",
        )
    return CheckResult(
        n_data=len(reference), n_model=n, n_bootstrap=len(base), back_end=model.name, seen=seen,
        mass_bins=_compare(reference, drawn, edges),
        auc=areas["model"][0] if areas else None, auc_bootstrap=areas["bootstrap"][0] if areas else None,
        auc_floor=areas["model"][1] if areas else None,
        mass_kl=kl_mass[0], mass_kl_floor=kl_mass[1],
        forward=forward_acceptance(models, reference, rng, truth=truth, n=n_forward),
        windows=held_out_windows(refit, base, reference, rng, model=model) if refit else [],
        notes=notes,
    )  # fmt: skip
