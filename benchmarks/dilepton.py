"""Cost of the source from lepton pairs, each job in a fresh process: CPU time, events per second, peak memory.

    python benchmarks/dilepton.py [--large] [JOB ...]

Trains on 10^5 pairs of the mock (``--large``: also 10^6), and samples and scans with the shipped model of the mock.
Training needs the extra ``flow`` and is left out without it.  Asserts nothing, because times depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

Work = Callable[[], int]
DRAWS = 1_000_000
PARTICLE = 0.1
"""Mass of the millicharged particle of the job ``mcp``, GeV."""


def _mock(n: int) -> Work:
    from darkbeam.dilepton.mock import mock_sample

    return lambda: len(mock_sample(n, 1))


def _read(n: int) -> Work:
    from darkbeam.dilepton.mock import mock_sample
    from darkbeam.dilepton.readers import read_sample, write_sample

    file = Path("pairs.parquet" if find_spec("pyarrow") else "pairs.npz")
    write_sample(mock_sample(n, 1), file)
    return lambda: len(read_sample(file))


def _train(n: int) -> Work:
    from darkbeam.dilepton.ensemble import fit_flow
    from darkbeam.dilepton.flow import require_torch
    from darkbeam.dilepton.mock import mock_sample

    require_torch()  # the import takes seconds, and is not the training
    sample = mock_sample(n, 1)

    def train() -> int:
        fit_flow(sample, members=0)
        return n

    return train


def _fit(n: int) -> Work:
    from darkbeam.dilepton.bootstrap import fit_bootstrap
    from darkbeam.dilepton.mass_spectrum import fit_spectrum
    from darkbeam.dilepton.mock import mock_sample
    from darkbeam.rng import stream

    sample = mock_sample(n, 1, 0.02)

    def fit() -> int:
        fit_spectrum(sample, 0.02)
        fit_bootstrap(sample, stream(1, "benchmark"))
        return n

    return fit


def _sample(kind: str) -> Work:
    """Draws at the masses of the mock."""
    from darkbeam.dilepton.bake import bake
    from darkbeam.dilepton.bootstrap import fit_bootstrap
    from darkbeam.dilepton.flow_numpy import FlowModel
    from darkbeam.dilepton.mock import mock_sample
    from darkbeam.dilepton.model_file import load_model
    from darkbeam.dilepton.named import measured_file

    rng = np.random.default_rng(1)
    bundle = load_model(measured_file("dilepton:mock"))
    model = bundle.model
    if kind == "table" and isinstance(model, FlowModel):
        model = bake(model)
    elif kind == "bootstrap":
        model = fit_bootstrap(mock_sample(180_000, 1), rng, members=0)
    mass = np.clip(bundle.spectrum.sample(DRAWS, rng), *model.support)
    model.sample(mass[:1000], rng)
    return lambda: len(model.sample(mass, rng)[0])


def _pairs(n: int) -> Work:
    from darkbeam.dilepton.named import measured_source
    from darkbeam.facilities import get_facility

    source = measured_source("dilepton:mock", get_facility("SPS"))
    rng = np.random.default_rng(1)
    source.pairs(PARTICLE, "dirac", 1000, rng)
    return lambda: source.pairs(PARTICLE, "dirac", n, rng).q.size


def _reach() -> Work:
    from darkbeam import reach

    return lambda: len(reach("SHiP", sources=("dilepton:mock",)).masses_GeV)


JOBS: dict[str, tuple[str, Callable[[], Work]]] = {
    "mock": ("mock, 10^6 pairs", lambda: _mock(DRAWS)),
    "read": ("read and check, 10^6 pairs", lambda: _read(DRAWS)),
    "fit": ("lines, spectrum and bootstrap, 180 000", lambda: _fit(180_000)),
    "train": ("train a flow, 10^5 pairs", lambda: _train(100_000)),
    "train-large": ("train a flow, 10^6 pairs", lambda: _train(DRAWS)),
    "flow": ("sample the flow, 10^6 masses", lambda: _sample("flow")),
    "table": ("sample the table, 10^6 masses", lambda: _sample("table")),
    "bootstrap": ("sample the bootstrap, 10^6 masses", lambda: _sample("bootstrap")),
    "mcp": ("millicharged pairs, 3 x 10^5", lambda: _pairs(300_000)),
    "reach": ("reach SHiP (masses)", _reach),
}


def measure(name: str) -> None:
    """Do one job in this process and print events and CPU seconds of the work without its preparation."""
    work = JOBS[name][1]()
    start = time.process_time()
    events = work()
    print(json.dumps({"events": events, "cpu": time.process_time() - start}))


def run(name: str, environment: dict[str, str]) -> tuple[dict[str, float], float]:
    """Numbers of one job in a process of its own, and its peak memory in MB."""
    with tempfile.TemporaryFile("w+") as output:
        command = [sys.executable, str(Path(__file__).resolve()), "--measure", name]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL)
        # wait4 counts this process and those it waited for, so that jobs do not mix
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{name} failed with exit code {process.returncode}")
        output.seek(0)
        return json.loads(output.read()), usage.ru_maxrss / 1024.0


def main() -> None:
    """Run the jobs in a temporary folder with an empty cache."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--measure", choices=tuple(JOBS), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        measure(chosen.measure)
        return
    if unknown := set(chosen.jobs) - set(JOBS):
        parser.error(f"no job {', '.join(sorted(unknown))}; there are {', '.join(JOBS)}")
    names = chosen.jobs or [n for n in JOBS if n != "train-large" or chosen.large]
    trained = find_spec("torch") is not None and find_spec("zuko") is not None
    print(f"{'job':<42}{'CPU [s]':>9}{'events/CPU s':>14}{'peak [MB]':>11}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = {**os.environ, **one, "DARKBEAM_CACHE": f"{folder}/cache"}
        os.chdir(folder)
        for name in names:
            title = JOBS[name][0]
            if name.startswith("train") and not trained:
                print(f"{title:<42}  needs the extra `flow`", flush=True)
                continue
            found, memory = run(name, environment)
            rate = found["events"] / max(found["cpu"], 1e-9)
            print(f"{title:<42}{found['cpu']:>9.2f}{rate:>14.3g}{memory:>11.0f}", flush=True)


if __name__ == "__main__":
    main()
