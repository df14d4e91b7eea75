"""Cost of millicharged particles: pairs of every source, and the reach of experiments.

    python benchmarks/millicharged.py [EXPERIMENT|all-mcp] [WORKERS]

Prints, for the sources of the facility, CPU seconds and pairs per second; for each experiment the CPU and wall seconds
of 40 masses from 0.01 to 50 GeV without the cache, points of mass per CPU second and the error of the lower edge; and
peak memory.  Start-up is that of a command in a process of its own.  Asserts nothing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

import numpy as np

from darkbeam.facilities import get_facility
from darkbeam.millicharged.card import card_names, load_mcp_experiment
from darkbeam.millicharged.reach import reach_millicharged
from darkbeam.production.pairs import pair_sources
from darkbeam.rng import stream

MASSES = (0.01, 50.0, 40)
POINTS = 20_000


def used() -> float:
    """CPU seconds of this process and of its finished children."""
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


def start_up() -> None:
    """Time to ``darkbeam --version`` and to the import behind the reach."""
    for label, code in (
        ("start, import darkbeam", "import darkbeam"),
        ("start, import of the reach", "import darkbeam.millicharged.reach, darkbeam.millicharged.simulate"),
    ):
        begin, wall = used(), time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        print(f"{label:<28}{used() - begin:>8.2f} CPU s {time.perf_counter() - wall:>8.2f} s")


def pairs(facility: str) -> None:
    """Time ``pairs`` of every source at the masses where it is valid."""
    begin = used()
    sources = pair_sources(facility)
    print(f"\n{facility}: sources made in {used() - begin:.2f} CPU s")
    print(f"{'source':<24}{'masses':>8}{'first [s]':>11}{'CPU [s]':>9}{'pairs/s':>11}")
    for source in sources:
        inside = [float(m) for m in np.geomspace(*MASSES) if source.valid[0] < m < source.valid[1]]
        begin = used()
        source.total(inside[0])  # tabulates the photons
        first, begin = used() - begin, used()
        made = sum(len(source.pairs(m, POINTS, stream(1, source.name)).q) for m in inside)
        cpu = used() - begin
        print(f"{source.name:<24}{len(inside):>8}{first:>11.2f}{cpu:>9.2f}{made / max(cpu, 1e-9):>11.3g}")


def reach(name: str, workers: int) -> None:
    """Time one scan."""
    begin, wall = used(), time.perf_counter()
    r = reach_millicharged(name, masses=MASSES, cache=False, workers=workers)
    cpu, wall = used() - begin, time.perf_counter() - wall
    error = 100.0 * float(np.nanmedian(r.error_lower)) if np.isfinite(r.error_lower).any() else float("nan")
    print(
        f"{name:<26}{len(r.masses_GeV):>8}{cpu:>9.2f}{wall:>9.2f}{len(r.masses_GeV) / cpu:>11.3g}{error:>10.2f}"
    )


def main() -> None:
    """Run the benchmark."""
    name = sys.argv[1] if len(sys.argv) > 1 else "FORMOSA"
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    names = card_names() if name == "all-mcp" else (name,)
    start_up()
    for facility in dict.fromkeys(load_mcp_experiment(n).facility for n in names):
        pairs(get_facility(facility).name)
    print(f"\n{'experiment':<26}{'masses':>8}{'CPU [s]':>9}{'wall [s]':>9}{'masses/s':>11}{'error [%]':>10}")
    begin, wall = used(), time.perf_counter()
    for n in names:
        reach(n, workers)
    if len(names) > 1:
        print(f"{'all':<26}{'':>8}{used() - begin:>9.2f}{time.perf_counter() - wall:>9.2f}")
    peak = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"peak memory of a process {peak / 1024.0:.0f} MB")


if __name__ == "__main__":
    main()
