"""Make src/darkbeam/data/decays/hadronic_widths.npz: R_f(m) of every exclusive channel.

Cheap channels are tabulated adaptively: a node is added wherever the spline through the others misses the
function by more than TOLERANCE.  The two four-pion channels are integrated at fixed masses with the same
Sobol points.  Run ``python scripts/make_hadronic_widths.py`` from the repository root (about ten minutes
on one core).
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline

from darkbeam.hadrons import four_pion
from darkbeam.hadrons.channels import EXCLUSIVE
from darkbeam.hadrons.width_table import M_MAX, ChannelTable

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
    options = parser.parse_args()
    arrays: dict[str, NDArray[np.generic]] = {
        "names": np.array(list(EXCLUSIVE)),
        "thresholds": np.array([channel.threshold for channel in EXCLUSIVE.values()]),
    }
    for i, name in enumerate(EXCLUSIVE):
        mass, ratio = tabulate(name, options.workers)
        slope = spline_slopes(EXCLUSIVE[name].threshold, mass, ratio)
        arrays |= {f"mass_{i}": mass, f"log_ratio_{i}": np.log(ratio), f"slope_{i}": slope}
        print(f"{name:22s} {len(mass):5d} nodes", flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.output, **arrays)


if __name__ == "__main__":
    main()
