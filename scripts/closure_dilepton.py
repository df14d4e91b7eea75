"""Closure of the data-driven source with Pythia 8 (needs pythia8mc; for the classifier torch and scikit-learn).

    python scripts/closure_dilepton.py generate POOL.npz --jobs 2                        (15 CPU minutes)
    python scripts/closure_dilepton.py thin POOL.npz -o tests/dilepton/pythia_pairs.npz    (for the tests)
    python scripts/closure_dilepton.py run POOL.npz -o closure.json                        (10 minutes)
    python scripts/closure_dilepton.py draw closure.json -o docs/figures/closure.png
    python scripts/closure_dilepton.py files POOL.npz -o FOLDER                            (for `darkbeam dilepton fit`)

`run` draws pseudo-data sets of muon pairs seen by the detector of `darkbeam.dilepton.closure_detector`, predicts the
dark photons at ten masses and the millicharged pairs at five, and compares with the truth of the generator.  For the
classifier the flow is trained on pairs of odd collisions and compared with pairs of even ones.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from darkbeam.dilepton.closure import pulls, trained
from darkbeam.dilepton.closure_detector import Detector, pseudo_data
from darkbeam.dilepton.closure_files import write_files
from darkbeam.dilepton.closure_pool import PairPool, generate_parts
from darkbeam.output import dump_json


def generate(arguments: argparse.Namespace) -> None:
    start = time.time()

    def report(stage: str, done: int) -> None:
        print(f"{stage} {done}, {time.time() - start:.0f} s", flush=True)

    pool = generate_parts(
        arguments.collisions, arguments.drell_yan, arguments.seed, arguments.parts, arguments.jobs, report
    )
    pool.save(arguments.pool)
    print(f"{pool.label.size} pairs in {time.time() - start:.0f} s")


def thin(arguments: argparse.Namespace) -> None:
    PairPool.load(arguments.pool).thinned(arguments.collisions, arguments.every).save(arguments.output)


def run(arguments: argparse.Namespace) -> None:
    pool, detector = PairPool.load(arguments.pool), Detector()
    result = {"pool": pool.settings, "draws": arguments.draws, "seed": arguments.seed}
    if not arguments.no_flow:
        seeds = range(arguments.seed, arguments.seed + arguments.trainings)
        runs = [trained(pool, detector, draws=arguments.draws, seed=k) for k in seeds]
        result |= runs[0] | {k: averaged([r[k] for r in runs]) for k in ("auc", "auc_particles")}
        result["auc_each"] = [r["auc"] for r in runs]
        print(dump_json(result), flush=True)
    result["pulls"] = pulls(
        pool, detector, sets=arguments.sets, draws=arguments.draws, seed=arguments.seed,
        report=lambda k: print(f"{k} of {arguments.sets} sets", flush=True),
    )  # fmt: skip
    arguments.output.write_text(dump_json(result) + "\n", encoding="utf-8")
    print(dump_json(result["pulls"]))


def averaged(runs: list[dict[str, tuple[float, float]]]) -> dict[str, list[float]]:
    """Mean area and mean floor by mass; the floor of one run, because all share the truth."""
    return {k: [sum(r[k][i] for r in runs) / len(runs) for i in (0, 1)] for k in runs[0]}


def files(arguments: argparse.Namespace) -> None:
    detector = Detector()
    rng = np.random.default_rng(arguments.seed)
    data = pseudo_data(PairPool.load(arguments.pool), detector, arguments.draws, rng)
    print(write_files(data, detector, arguments.output))


def draw(arguments: argparse.Namespace) -> None:
    """Ratio to the truth, rms of the pulls and area under the curve against mass."""
    import matplotlib.pyplot as plt

    result = json.loads(arguments.result.read_text(encoding="utf-8"))
    found = result["pulls"]
    mass = np.array(found["masses_GeV"])
    fig, (top, middle, low) = plt.subplots(3, 1, sharex=True, figsize=(5.0, 6.2), layout="constrained")
    ratio, error = np.array(found["mean_ratio"]), np.array(found["mean_relative_error"])
    truth = np.array(found["truth_relative_error"])
    top.axhline(1.0, color="0.6", lw=0.8)
    top.errorbar(mass, ratio, ratio * error, fmt="o", ms=4, capsize=2, label="mean of the sets, stated error")
    top.errorbar(
        mass * 1.03, np.ones(mass.size), truth, fmt="none", ecolor="C1", lw=3, label="error of the truth"
    )
    top.set_ylabel("predicted/true rate")
    top.set_ylim(0.9, 1.13)
    middle.axhspan(0.7, 1.4, color="0.9")
    for name, mark, label in (
        ("rate", "o", "rate, stated error"), ("band", "s", "rate, replicas"), ("pt", "^", "mean $p_T$, replicas"),
    ):  # fmt: skip
        middle.plot(mass, found["pull_rms"][name], mark, ms=4, label=label)
    middle.set_ylabel("rms of pulls")
    middle.set_ylim(0.4, 1.8)
    areas = [result["auc"][f"{m:g}"] for m in mass]
    low.axhline(0.52, color="0.6", lw=0.8, ls="--")
    low.plot(mass, [a for a, _ in areas], "o", ms=4, label="flow, mean of trainings")
    low.plot(mass, [f for _, f in areas], "_", ms=8, color="C1", label="floor: perfect model + 1 sd")
    low.set_ylabel("classifier AUC")
    low.set_ylim(0.49, 0.535)
    low.set_xlabel("dark-photon mass [GeV]")
    low.set_xscale("log")
    low.set_xticks([0.25, 0.5, 1.0, 2.0], ["0.25", "0.5", "1", "2"])
    low.minorticks_off()
    for ax in (top, middle, low):
        ax.legend(fontsize=7, frameon=False, ncols=3 if ax is middle else 1)
    fig.savefig(arguments.output, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    make = commands.add_parser("generate")
    make.add_argument("pool", type=Path)
    make.add_argument("--collisions", type=int, default=1_600_000)
    make.add_argument("--drell-yan", type=int, default=600_000)
    make.add_argument("--seed", type=int, default=2026)
    make.add_argument("--parts", type=int, default=8, help="each with a seed of its own")
    make.add_argument("--jobs", type=int, default=1, help="processes; the pool does not depend on it")
    make.set_defaults(call=generate)
    small = commands.add_parser("thin")
    small.add_argument("pool", type=Path)
    small.add_argument("-o", "--output", type=Path, required=True)
    small.add_argument("--collisions", type=int, default=2500)
    small.add_argument("--every", type=int, default=200)
    small.set_defaults(call=thin)
    test = commands.add_parser("run")
    test.add_argument("pool", type=Path)
    test.add_argument("-o", "--output", type=Path, default=Path("closure.json"))
    test.add_argument("--sets", type=int, default=48)
    test.add_argument("--draws", type=int, default=400_000, help="pairs that the trigger keeps")
    test.add_argument("--seed", type=int, default=3)
    test.add_argument("--trainings", type=int, default=3, help="flows, each on pseudo-data of its own")
    test.add_argument("--no-flow", action="store_true")
    test.set_defaults(call=run)
    export = commands.add_parser("files")
    export.add_argument("pool", type=Path)
    export.add_argument("-o", "--output", type=Path, required=True)
    export.add_argument("--draws", type=int, default=400_000)
    export.add_argument("--seed", type=int, default=3)
    export.set_defaults(call=files)
    picture = commands.add_parser("draw")
    picture.add_argument("result", type=Path)
    picture.add_argument("-o", "--output", type=Path, required=True)
    picture.set_defaults(call=draw)
    arguments = parser.parse_args()
    arguments.call(arguments)


if __name__ == "__main__":
    main()
