"""Make the ratio tables of other generators and tunes in ``src/darkbeam/data/generator_ratios``.

    python scripts/make_generator_ratios.py count SPS gen-tune-4c --events 100000
    python scripts/make_generator_ratios.py fit

``count`` generates one sample and stores its mesons per cell in a scratch folder; ``fit`` turns everything that is
there into tables.  Needs the extra ``pythia``; ``gen-sibyll`` and ``gen-pythia6`` need the package chromo.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from darkbeam.facilities import get_facility
from darkbeam.spectra import load_spectra
from darkbeam.spectra.generator_ratios import RatioTables, table_key, write_ratios
from darkbeam.spectra.generator_ratios_make import (
    ALTERNATIVES,
    ALTERNATIVES_COLLIDER,
    chromo_momenta,
    count,
    fit_ratio,
    pythia_momenta,
    sample_description,
)

DATA = Path(__file__).resolve().parents[1] / "src" / "darkbeam" / "data" / "generator_ratios"


def make_counts(scratch: Path, facility: str, name: str, n_events: int, seed: int) -> None:
    """Generate one alternative and store its counts."""
    site = get_facility(facility)
    chosen = (ALTERNATIVES_COLLIDER if site.collider else ALTERNATIVES)[name]
    start = time.perf_counter()
    if isinstance(chosen, str):
        momenta, generator = chromo_momenta(site, chosen, n_events, seed)
    else:
        momenta, generator = pythia_momenta(site, chosen, n_events, seed)
    spectra = load_spectra(facility)
    counts = {k: count(spectra.species(k), pt, pz) for k, (pt, pz) in momenta.items() if len(pt)}
    about = sample_description(site, name, n_events, seed, generator, counts)
    scratch.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"about": np.array(json.dumps(about)), **counts}
    np.savez(scratch / f"{site.name}+{name}.npz", allow_pickle=False, **arrays)
    print(f"{site.name} {name}: {time.perf_counter() - start:.0f} s", flush=True)


def fit_all(scratch: Path) -> None:
    """Fit every stored sample; one table per facility."""
    by_facility: dict[str, list[Path]] = {}
    for path in sorted(scratch.glob("*+*.npz")):
        by_facility.setdefault(path.stem.split("+")[0], []).append(path)
    DATA.mkdir(exist_ok=True)
    for facility, paths in by_facility.items():
        spectra = load_spectra(facility)
        ratios, samples = {}, {}
        for path in paths:
            name = path.stem.split("+")[1]
            with np.load(path, allow_pickle=False) as data:
                about = json.loads(str(data["about"]))
                counts = {k: data[k] for k in data.files if k != "about"}
            n = int(about["n_events"])
            samples[name] = about
            ratios[name] = {k: fit_ratio(c, n, spectra.species(k)) for k, c in counts.items()}
        reference = {k: table_key(s) for k, s in spectra.tables.items()}
        write_ratios(DATA / f"{facility}.npz", RatioTables(facility, ratios, reference, samples))
        print(facility, {n: {k: round(r.total, 3) for k, r in by.items()} for n, by in ratios.items()})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("count", "fit"))
    parser.add_argument("facility", nargs="?", default="SPS")
    parser.add_argument("name", nargs="?", default="gen-tune-4c")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20_001)
    parser.add_argument("--scratch", type=Path, default=Path("darkbeam-out/generator-ratios"))
    a = parser.parse_args()
    if a.task == "fit":
        fit_all(a.scratch)
    else:
        make_counts(a.scratch, a.facility, a.name, a.events, a.seed)


if __name__ == "__main__":
    main()
