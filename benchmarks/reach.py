"""Cost of the main jobs, each in a fresh process: wall time, CPU time, peak memory, draws per second.

    python benchmarks/reach.py [--workers N]

Prints a table; asserts nothing, because times depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from darkbeam.sensitivity.options import Options

FASER2 = [
    "--sources",
    "meson:pi0,meson:eta,bremsstrahlung",
    "--masses",
    "0.01:2:47",
    "--no-refine",
    "--precision",
    "0.02",
]
JOBS = (
    ("import darkbeam", ("-c", "import darkbeam")),
    ("reach SHiP, cold", ("-m", "darkbeam.cli.main", "reach", "SHiP")),
    ("reach SHiP, from cache", ("-m", "darkbeam.cli.main", "reach", "SHiP")),
    ("reach FASER2, pi0 eta brems, cold", ("-m", "darkbeam.cli.main", "reach", "FASER2", *FASER2)),
    ("rate SHiP", ("-m", "darkbeam.cli.main", "rate", "SHiP", "--mass", "0.3", "--epsilon", "1e-7")),
    ("decays", ("-m", "darkbeam.cli.main", "decays", "--mass", "0.9")),
)


def run(arguments: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall and CPU seconds, and peak memory of the largest process in MB."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=output)
        # wait4 counts this process and those it waited for, so that jobs do not mix
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed with exit code {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024.0


def main() -> None:
    """Run all jobs in a temporary folder with an empty cache."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    workers = str(parser.parse_args().workers)
    print(f"{'job':<36}{'wall [s]':>10}{'CPU [s]':>10}{'peak [MB]':>11}{'draws/s':>12}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DARKBEAM_CACHE": f"{folder}/cache"}
        os.chdir(folder)
        for name, arguments in JOBS:
            scanning = "reach" in arguments
            options = ("--workers", workers) if scanning else ()
            wall, cpu, memory = run((*arguments, *options), environment)
            rate = ""
            if scanning and "cold" in name:
                table = Path("darkbeam-out", "SHiP" if "SHiP" in name else "FASER2_FPF_2022", "contour.csv")
                masses = sum(line[0].isdigit() for line in table.read_text().splitlines())
                rate = f"{masses * Options().n_draws / cpu:.3g}"
            print(f"{name:<36}{wall:>10.2f}{cpu:>10.2f}{memory:>11.0f}{rate:>12}")


if __name__ == "__main__":
    main()
