"""CPU seconds, events per second and peak memory of the event generator: ``python benchmarks/events.py [N]``.

Each case runs in a process of its own, on one core, and writes a file; start is from the call of Python to the first
events.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASES = {
    "e+e- at 0.05 GeV, Parquet": (0.05, 1e-6, {}, ".parquet"),
    "e+e- and mu+mu- at 0.3 GeV, Parquet": (0.3, 1e-6, {"channels": ("e+e-", "mu+mu-")}, ".parquet"),
    "e+e- and mu+mu- at 0.3 GeV, HepMC3": (0.3, 1e-6, {"channels": ("e+e-", "mu+mu-")}, ".hepmc3"),
    "all channels at 0.9 GeV, Parquet": (0.9, 1e-7, {}, ".parquet"),
    "library at 2.5 GeV, Parquet": (2.5, 1e-7, {"pythia": "off"}, ".parquet"),
    "Pythia at 2.5 GeV, Parquet": (2.5, 1e-7, {"pythia": "on"}, ".parquet"),
}


def main(name: str, n: int) -> None:
    mass, epsilon, choices, suffix = CASES[name]
    from darkbeam.events import EventRun, EventSettings, write_events

    first: list[float] = []

    def progress(_done: int, _total: int) -> None:
        if not first:
            first.append(time.process_time())

    run = EventRun.plan("SHiP", [mass], [epsilon], EventSettings(n, **choices))
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        write_events(run, Path(folder) / f"events{suffix}", progress=progress)
        seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:38s} {n:8d} events  {seconds:6.2f} CPU s  {n / seconds:9.3g}/s  "
        f"first after {first[0]:.2f} CPU s  {memory:.0f} MiB"
    )


if __name__ == "__main__":
    number = int(float(sys.argv[1])) if len(sys.argv) > 1 else 200_000
    if len(sys.argv) > 2:
        main(sys.argv[2], number)
    else:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        for case in CASES:
            size = number // 10 if "HepMC3" in case or "Pythia" in case else number
            subprocess.run([sys.executable, __file__, str(size), case], check=True, env=environment)
