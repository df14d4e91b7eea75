"""Closure of the data-driven source with Pythia 8 (needs pythia8mc; for the classifier torch and scikit-learn).

    python scripts/closure_dilepton.py generate POOL.npz --collisions 400000 --drell-yan 60000     (6 minutes, one core)
    python scripts/closure_dilepton.py thin POOL.npz -o tests/dilepton/pythia_pairs.npz              (for the tests)
    python scripts/closure_dilepton.py run POOL.npz -o closure.json --sets 24                       (10 minutes)

`run` draws pseudo-data sets of muon pairs seen by the detector of `darkbeam.dilepton.closure_detector`, predicts the
dark photons at ten masses and the millicharged pairs at five, and compares with the truth of the generator.  For the
classifier the flow is trained on pairs of odd collisions and compared with pairs of even ones.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from darkbeam.dilepton.closure import pulls, trained
from darkbeam.dilepton.closure_detector import Detector
from darkbeam.dilepton.closure_pool import PairPool, generate_pool
from darkbeam.output import dump_json


def generate(arguments: argparse.Namespace) -> None:
    start = time.time()

    def report(stage: str, done: int) -> None:
        print(f"{stage} {done}, {time.time() - start:.0f} s", flush=True)

    pool = generate_pool(arguments.collisions, arguments.drell_yan, arguments.seed, report)
    pool.save(arguments.pool)
    print(f"{pool.label.size} pairs in {time.time() - start:.0f} s")


def thin(arguments: argparse.Namespace) -> None:
    PairPool.load(arguments.pool).thinned(arguments.collisions, arguments.every).save(arguments.output)


def run(arguments: argparse.Namespace) -> None:
    pool, detector = PairPool.load(arguments.pool), Detector()
    result = {"pool": pool.settings, "draws": arguments.draws, "seed": arguments.seed}
    if not arguments.no_flow:
        result |= trained(pool, detector, draws=arguments.draws, seed=arguments.seed)
        print(dump_json(result), flush=True)
    result["pulls"] = pulls(
        pool, detector, sets=arguments.sets, draws=arguments.draws, seed=arguments.seed,
        report=lambda k: print(f"{k} of {arguments.sets} sets", flush=True),
    )  # fmt: skip
    arguments.output.write_text(dump_json(result) + "\n", encoding="utf-8")
    print(dump_json(result["pulls"]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    make = commands.add_parser("generate")
    make.add_argument("pool", type=Path)
    make.add_argument("--collisions", type=int, default=400_000)
    make.add_argument("--drell-yan", type=int, default=60_000)
    make.add_argument("--seed", type=int, default=20)
    make.set_defaults(call=generate)
    small = commands.add_parser("thin")
    small.add_argument("pool", type=Path)
    small.add_argument("-o", "--output", type=Path, required=True)
    small.add_argument("--collisions", type=int, default=2500)
    small.add_argument("--every", type=int, default=20)
    small.set_defaults(call=thin)
    test = commands.add_parser("run")
    test.add_argument("pool", type=Path)
    test.add_argument("-o", "--output", type=Path, default=Path("closure.json"))
    test.add_argument("--sets", type=int, default=24)
    test.add_argument("--draws", type=int, default=400_000, help="pairs that the trigger keeps")
    test.add_argument("--seed", type=int, default=3)
    test.add_argument("--no-flow", action="store_true")
    test.set_defaults(call=run)
    arguments = parser.parse_args()
    arguments.call(arguments)


if __name__ == "__main__":
    main()
