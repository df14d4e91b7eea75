"""Make src/darkbeam/data/decays/hadronisation_*.npz: hadronised decays at rest (`darkbeam.decays.hadron_library`).

Every node and pool gets the number of decays in SIZES, made by Pythia 8 with the settings of
`darkbeam.decays.hadronisation`; the share kappa of decays with kaons or baryons is counted in N_KAPPA u ubar decays.
Run ``python scripts/make_hadron_library.py`` from the repository root with the extra `pythia` (about four minutes on
one core).  Same seed and generator version, same library.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.decays.hadron_library import STEP, pack
from darkbeam.decays.hadronisation import SETTINGS
from darkbeam.decays.hadronisation_events import RestEvents
from darkbeam.decays.pythia_quarks import QuarkGenerator
from darkbeam.output import atomic_path
from darkbeam.rng import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUT = Path(__file__).resolve().parents[1] / "src/darkbeam/data/decays"
LIGHT = (
    1.8, 1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.75, 2.9, 3.1, 3.3, 3.55, 3.8, 4.1, 4.4, 4.75, 5.1, 5.5, 6.0, 6.5,
    7.1, 7.7, 8.4, 9.2, 10.0, 10.5,
)  # fmt: skip
"""Nodes of pools without charm, GeV."""
CHARM = (
    3.732, 3.738, 3.744, 3.755, 3.775, 3.81, 3.87, 3.8735, 3.88, 3.89, 3.905, 3.935, 3.975, 4.012, 4.019, 4.026, 4.04,
    4.065, 4.1, 4.15, 4.22, 4.3, 4.42, 4.56, 4.73, 5.0, 5.4, 5.9, 6.5, 7.2, 8.0, 9.0, 10.0, 10.5,
)  # fmt: skip
"""Nodes of charm, dense where pairs of D, D* and D_s open, GeV."""
SIZES = {
    "hadronisation_pions": {"isovector": 2000, "isoscalar": 1200},
    "hadronisation_open": {"u": 1000, "d": 500, "s": 1200},
    "hadronisation_charm": {"c": 2000},
}
"""Decays per node, in about the proportion of the dark photon's."""
N_KAPPA = 5000


def kappa(generator: QuarkGenerator, mass: float) -> float:
    """Share of u ubar decays with kaons or baryons."""
    return sum(generator.decay("u", mass, lambda _: False)[0] == "u" for _ in range(N_KAPPA)) / N_KAPPA


def write(name: str, arrays: dict[str, Any], about: dict[str, Any]) -> None:
    """Write one file, at once or not at all."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, about=np.array(json.dumps(about)), **arrays)
    with atomic_path(OUTPUT / f"{name}.npz") as part:
        part.write_bytes(buffer.getvalue())
    print(f"{name}.npz: {len(buffer.getvalue()) / 1e6:.2f} MB, {about['counts']}")


def make(name: str, nodes: Sequence[float], seed: int, scale: float) -> None:
    """Generate and write one file."""
    generator = QuarkGenerator()
    arrays: dict[str, Any] = {}
    sizes = {pool: max(round(n * scale), 20) for pool, n in SIZES[name].items()}
    blocks: dict[str, list[RestEvents]] = {pool: [] for pool in sizes}
    for k, mass in enumerate(nodes):
        generator.start(stream(seed, name, k))
        for pool, decays in generator.fill(mass, sizes).items():
            blocks[pool].append(RestEvents.from_rows(decays))
    for pool, events in blocks.items():
        arrays |= {f"{pool}/{key}": value for key, value in pack(nodes, events).items()}
    about = {
        "pools": list(sizes), "decays_per_node": sizes, "seed": seed, "momentum_step_GeV": STEP,
        "generator": QuarkGenerator.version(), "settings": list(SETTINGS), "counts": dict(generator.counts),
    }  # fmt: skip
    if "u" in sizes:
        generator.start(stream(seed, "kappa"))
        arrays |= {"kappa_node": np.array(nodes), "kappa": np.array([kappa(generator, m) for m in nodes])}
    write(name, arrays, about)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the numbers of decays")
    parser.add_argument("--file", choices=list(SIZES), help="make only this file")
    options = parser.parse_args()
    for name in [options.file] if options.file else SIZES:
        make(name, CHARM if name.endswith("charm") else LIGHT, options.seed, options.scale)


if __name__ == "__main__":
    main()
