"""Cost of the fluxes of one facility: mesons, bremsstrahlung, mixing and Drell-Yan at 60 masses.

    python benchmarks/production.py [FACILITY]

Prints CPU seconds, points per second and peak memory for each source; asserts nothing.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from darkbeam.production.assembly import choose_sources
from darkbeam.rng import stream

MASSES = np.geomspace(0.01, 5.0, 60)
POINTS = 20_000


def main() -> None:
    """Time ``flux`` of every source at the masses where it is valid."""
    facility = sys.argv[1] if len(sys.argv) > 1 else "SPS"
    start = time.process_time()
    choice = choose_sources(facility, ("meson", "bremsstrahlung", "mixing", "drell-yan"), overlap="none")
    print(f"{facility}: sources made in {time.process_time() - start:.2f} CPU s")
    print(f"{'source':<16}{'masses':>8}{'CPU [s]':>9}{'points/s':>11}")
    total = 0.0
    for source in choice.sources:
        inside = [float(m) for m in MASSES if source.valid[0] < m < source.valid[1]]
        begin = time.process_time()
        for m in inside:
            source.flux(m, POINTS, stream(1, source.name))
        cpu = time.process_time() - begin
        total += cpu
        print(f"{source.name:<16}{len(inside):>8}{cpu:>9.2f}{len(inside) * POINTS / max(cpu, 1e-9):>11.3g}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(f"{'all':<16}{'':>8}{total:>9.2f}   peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
