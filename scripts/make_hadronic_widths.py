"""Make src/darkbeam/data/decays/hadronic_widths.npz: R_f(m) of every exclusive channel.

Cheap channels are tabulated adaptively: a node is added wherever the spline through the others misses the
function by more than TOLERANCE.  The two four-pion channels are integrated at fixed masses with the same
Sobol points.  Channels that two or three currents feed also get their forms a_ij (see
`darkbeam.hadrons.width_table`) from R at the couplings e_i and e_i + e_j, on nodes such that linear interpolation
between every second one misses R of the couplings TRIALS by less than FORM_TOLERANCE of the sum of the |a_ii| c_i^2.
Run ``python scripts/make_hadronic_widths.py`` from the repository root (about ten minutes on one core);
``--forms-only`` keeps R(m) of the existing file and takes a minute.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline

from darkbeam.hadrons import four_pion
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.hadrons.couplings import Couplings
from darkbeam.hadrons.width_table import CURRENTS, M_MAX, NODES, ChannelTable, current_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

OUTPUT = Path(__file__).resolve().parents[1] / "src/darkbeam/data/decays/hadronic_widths.npz"
TOLERANCE = 3.0e-4
ROUNDS = 14
FIRST = 1.0e-4
"""First node above threshold, GeV."""
MIN_STEP = 2.0e-5
"""Smallest distance of nodes above 1 MeV from threshold, GeV (kinks are not resolved further)."""
FOUR_PION = {"2pi+2pi-": four_pion.ratio_charged, "pi+pi-2pi0": four_pion.ratio_neutral}
POINTS = 2**17
SEED = 1
FORM_TOLERANCE = 2.0e-4
FORM_STEP = 4.0e-6
"""Smallest distance of nodes of the forms, GeV."""
TRIALS = np.array(
    [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 2, -1), (1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, 1, 1), (-1, 1, -2)]
)
"""Couplings (c1, c0, cs) at which the forms are tested; (0, 2, -1) is baryon number."""


def four_pion_masses(threshold: float) -> NDArray[np.float64]:
    """Nodes above threshold: geometric, then 20 MeV, and 4 MeV where omega pi0 opens."""
    near = threshold + np.geomspace(4e-3, 0.06, 12)
    rest = np.concatenate(
        [np.arange(0.64, 0.88, 0.02), np.arange(0.88, 1.0, 0.004), np.arange(1.0, 1.2, 0.02)]
    )
    rest = np.concatenate([rest, np.linspace(1.2, M_MAX, 33)])
    return np.concatenate([near, np.round(rest, 6)])


def spline_slopes(
    threshold: float, mass: NDArray[np.float64], ratio: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Slopes at the nodes of the cubic spline through ln R over ln(m - threshold)."""
    x = np.log(mass - threshold)
    return CubicSpline(x, np.log(ratio))(x, 1)


def table_of(threshold: float, mass: NDArray[np.float64], ratio: NDArray[np.float64]) -> ChannelTable:
    return ChannelTable(threshold, mass, np.log(ratio), spline_slopes(threshold, mass, ratio))


def adaptive_nodes(
    threshold: float, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes such that the spline misses the midpoints (in ln(m - threshold)) by less than TOLERANCE."""
    mass = threshold + np.geomspace(FIRST, M_MAX - threshold, 40)
    ratio = function(mass)
    for _ in range(ROUNDS):
        middle = threshold + np.sqrt((mass[1:] - threshold) * (mass[:-1] - threshold))
        step = np.diff(mass)
        middle = middle[(step > MIN_STEP) | (middle - threshold < 1e-3)]
        true = function(middle)
        bad = np.abs(table_of(threshold, mass, ratio)(middle) / true - 1.0) > TOLERANCE
        if not bad.any():
            break
        order = np.argsort(np.concatenate([mass, middle[bad]]))
        ratio = np.concatenate([ratio, true[bad]])[order]
        mass = np.concatenate([mass, middle[bad]])[order]
    return mass, ratio


SETTINGS = {
    "made_by": "scripts/make_hadronic_widths.py",
    "tolerance": TOLERANCE,
    "sobol_points_per_map": POINTS,
    "seed": SEED,
    "form_tolerance": FORM_TOLERANCE,
}


def form_at(name: str, mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """a_ij (pairs, n) of one channel: R at e_i, and what e_i + e_j adds for i < j, over their sum (the photon)."""
    channel = EXCLUSIVE[name]

    def ratio(*which: int) -> NDArray[np.float64]:
        return channel.ratio(mass, Couplings(*(float(i in which) for i in range(len(CURRENTS)))))

    alone = {CURRENTS.index(letter): ratio(CURRENTS.index(letter)) for letter in channel.currents}
    rows = np.array(
        [
            alone[i] if i == j else ratio(i, j) - alone[i] - alone[j]
            for i, j in current_pairs(channel.currents)
        ]
    )
    return np.asarray(rows / np.sum(rows, axis=0))


def trial_values(name: str, form: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum a_ij c_i c_j and sum a_ii c_i^2 of the TRIALS, shapes (trials, n)."""
    pairs = current_pairs(EXCLUSIVE[name].currents)
    weight = np.array([[c[i] * c[j] for i, j in pairs] for c in TRIALS], dtype=np.float64)
    diagonal = np.array([i == j for i, j in pairs])
    total = np.sum(weight[:, :, None] * form[None], axis=1)
    return total, np.sum((weight * diagonal)[:, :, None] * form[None], axis=1)


def form_nodes(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes such that linear interpolation of a_ij misses the midpoints by less than FORM_TOLERANCE."""
    threshold = EXCLUSIVE[name].threshold
    mass = threshold + np.geomspace(FIRST, M_MAX - threshold, 60)
    form = form_at(name, mass)
    fresh = np.ones(len(mass) - 1, dtype=bool)
    while fresh.any():
        middle = 0.5 * (mass[1:] + mass[:-1])[fresh]
        true = form_at(name, middle)
        straight = 0.5 * (form[:, 1:] + form[:, :-1])[:, fresh]
        scale = np.maximum(trial_values(name, true)[1], 1e-300)
        miss = np.abs(trial_values(name, straight - true)[0]) / scale
        bad = (miss.max(axis=0) > FORM_TOLERANCE) & (np.diff(mass)[fresh] > FORM_STEP)
        # a tested midpoint becomes a node; halves of an interval that missed are tested again, others are done
        order = np.argsort(np.concatenate([mass, middle]))
        again = np.concatenate([np.zeros(len(mass), dtype=bool), bad])[order]
        form = np.concatenate([form, true], axis=1)[:, order]
        mass = np.concatenate([mass, middle])[order]
        fresh = again[1:] | again[:-1]
    return mass, form


def _four_pion_node(job: tuple[str, float]) -> float:
    name, mass = job
    return float(FOUR_PION[name](mass, n=POINTS, seed=SEED)[0])


def tabulate(name: str, workers: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    channel = EXCLUSIVE[name]
    if name not in FOUR_PION:
        return adaptive_nodes(channel.threshold, channel.ratio)
    mass = four_pion_masses(channel.threshold)
    with ProcessPoolExecutor(workers) as pool:
        ratio = list(pool.map(_four_pion_node, [(name, float(m)) for m in mass]))
    return mass, np.array(ratio)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--forms-only", action="store_true")
    options = parser.parse_args()
    arrays: dict[str, NDArray[np.generic]] = {
        "names": np.array(list(EXCLUSIVE)),
        "thresholds": np.array([channel.threshold for channel in EXCLUSIVE.values()]),
        "currents": np.array([channel.currents for channel in EXCLUSIVE.values()]),
        "settings": np.array(json.dumps(SETTINGS)),
    }
    old = dict(np.load(options.output)) if options.forms_only else {}
    for i, (name, channel) in enumerate(EXCLUSIVE.items()):
        if options.forms_only:
            arrays |= {f"{key}_{i}": old[f"{key}_{list(old['names']).index(name)}"] for key in NODES}
        else:
            mass, ratio = tabulate(name, options.workers)
            slope = spline_slopes(channel.threshold, mass, ratio)
            arrays |= {f"mass_{i}": mass, f"log_ratio_{i}": np.log(ratio), f"slope_{i}": slope}
        if len(channel.currents) > 1:
            nodes, form = form_nodes(name)
            # single precision: read back, the forms are normalised to 1 at the couplings of the dark photon
            arrays |= {f"form_mass_{i}": nodes, f"form_{i}": form.astype(np.float32)}
        n, n_form = (len(arrays.get(f"{key}_{i}", ())) for key in ("mass", "form_mass"))
        print(f"{name:22s} {n:5d} nodes, {n_form:5d} of the form", flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.output, **arrays)


if __name__ == "__main__":
    main()
