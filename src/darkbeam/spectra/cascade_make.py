"""Make the tables of the hadronic cascade: generate, tabulate, describe, write.

The tables are those of `darkbeam.spectra.spectrum`, one species each, in the same files; the multiplicity is per
inelastic collision of a beam proton, i.e. per proton on target.  Species with fewer than `LEAST` mesons in the sample
are left out.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkbeam.errors import UnknownNameError
from darkbeam.facilities import get_facility

from .build import build_table
from .cascade import read_cascade
from .cascade_generator import (
    ENHANCE_DIFFRACTION,
    KINETIC_CUT,
    TAU0_MAX_MM,
    generate_cascade,
    snapped,
)
from .generator import pythia_version
from .moments import describe_sample
from .species import SPECIES
from .storage import refuse_existing, write_spectra

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from darkbeam.facilities import Facility

    from .cascade_generator import CascadeBlock, Nucleus
    from .storage import Spectra

__all__ = ["ABSORBERS", "LEAST", "describe_cascade", "make_cascade", "write_cascade"]

ABSORBERS = {"SPS": (42, 95.95), "Fermilab": (26, 55.845), "Serpukhov": (26, 55.845), "JPARC": (6, 12.011)}
"""Z and A of the main material in which the protons stop: Mo, Fe, Fe, C."""
LEAST = 1000
"""Mesons without which a species gets no table."""


def _described(facility: Facility, blocks: Sequence[Any], generator: str, seed: int) -> dict[str, Any]:
    with warnings.catch_warnings():
        # means over an angular window in which a block has no meson of a rare species; those are not written
        warnings.simplefilter("ignore", RuntimeWarning)
        return describe_sample(facility, blocks, generator, seed)


def describe_cascade(
    facility: Facility, nucleus: Nucleus, blocks: Sequence[CascadeBlock], generator: str, seed: int
) -> dict[str, Any]:
    """Contents of the JSON file beside the tables.

    Beside what `darkbeam.spectra.moments` says about the mesons of the cascade: the settings, and, for comparison,
    multiplicities and yields of the first collision, of the proton on the nucleus.
    """
    about = _described(facility, [b.later for b in blocks], generator, seed)
    first = _described(facility, [b.first for b in blocks], generator, seed)
    about["settings"] = [
        f"PythiaCascade: Z = {nucleus.Z}, A = {nucleus.A}",
        f"PythiaCascade: eKinMin = {KINETIC_CUT:g} GeV, enhanceSDtarget = {ENHANCE_DIFFRACTION:g}",
        f"PythiaCascade: rapidDecays = on, smallTau0 = {TAU0_MAX_MM:g} mm/c, slowDecays = off",
        "initFile = InitDefaultMPI.cmnd",
        f"beam: p, E = {facility.beam_energy:g} GeV",
    ]
    n = sum(b.later.n_events for b in blocks)
    made = {s: sum(b.later.momenta[s].shape[1] for b in blocks) for s in SPECIES}
    about["species"] = {s: row for s, row in about["species"].items() if made[s] >= LEAST}
    about["too_few_mesons"] = {s: count for s, count in made.items() if count < LEAST}
    about["cascade"] = {
        "absorber": dict(zip(("Z", "A"), ABSORBERS[facility.name], strict=True)),
        "nucleus": {"Z": nucleus.Z, "A": nucleus.A},
        "collisions_per_proton": sum(b.n_collisions for b in blocks) / n,
        "hadrons_given_up_per_proton": sum(b.later.n_failed for b in blocks) / n,
        "first_collision_multiplicity": {s: row["multiplicity"] for s, row in first["species"].items()},
        "first_collision_yields_per_branching": first["yields_per_branching"],
    }
    return about


def write_cascade(
    folder: Path,
    facility: Facility,
    nucleus: Nucleus,
    blocks: Sequence[CascadeBlock],
    generator: str,
    seed: int,
) -> Path:
    """Tabulate a sample and write ``FACILITY.npz`` and ``FACILITY.json``; return the first."""
    later = [b.later for b in blocks]
    rich = [s for s in SPECIES if sum(b.momenta[s].shape[1] for b in later) >= LEAST]
    tables = {s: build_table(facility, SPECIES[s], later) for s in rich}
    about = describe_cascade(facility, nucleus, blocks, generator, seed)
    return write_spectra(folder, facility, tables, about)


def make_cascade(
    facility: str,
    n_events: int = 10_000,
    seed: int = 1,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
    output: str | Path = "darkbeam-out/cascade",
    force: bool = False,
) -> Spectra:
    """Run the generator and write ``FACILITY.npz`` and ``FACILITY.json``.

    Parameters
    ----------
    facility : str
        SPS, Fermilab, Serpukhov or JPARC.
    n_events : int
        Protons on target, rounded up to a multiple of 20.
    seed : int
        Block k of 20 uses ``seed + k``; the result does not depend on the number of workers.
    workers : int
        Processes.
    progress : callable, optional
        Called as ``progress(done, total)`` in protons.
    output : path
        Folder.
    force : bool
        Overwrite existing files.

    Returns
    -------
    Spectra
        As read back from the files.

    Raises
    ------
    UnknownNameError, MissingExtraError, OutputError, ValueRangeError
    """
    found = get_facility(facility)
    if found.name not in ABSORBERS:
        raise UnknownNameError("facility with a thick target", found.name, ABSORBERS)
    folder = Path(output)
    refuse_existing(folder / f"{found.name}.npz", force=force)
    generator = pythia_version()
    nucleus = snapped(*ABSORBERS[found.name])
    blocks = generate_cascade(found, nucleus, n_events, seed, workers, progress)
    write_cascade(folder, found, nucleus, blocks, generator, seed)
    return read_cascade(folder, found)
