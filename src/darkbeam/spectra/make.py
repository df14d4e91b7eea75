"""Make the spectra of a facility: generate, tabulate, describe, write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darkbeam.facilities import get_facility

from .build import build_table
from .generator import generate_blocks, pythia_version
from .moments import describe_sample
from .species import SPECIES
from .storage import read_spectra, refuse_existing, write_spectra

if TYPE_CHECKING:
    from collections.abc import Callable

    from .storage import Spectra

__all__ = ["make_spectra"]


def make_spectra(
    facility: str,
    n_events: int = 200_000,
    seed: int = 1,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
    output: str | Path = "darkbeam-out/spectra",
    force: bool = False,
) -> Spectra:
    """Run the generator and write ``FACILITY.npz`` and ``FACILITY.json``.

    Parameters
    ----------
    facility : str
        SPS, Fermilab, Serpukhov, LHC or LHC_13p6.
    n_events : int
        Inelastic collisions, rounded up to a multiple of 20.
    seed : int
        Block k of 20 uses ``seed + k``; the same seed gives the same bytes with any number of workers.
    workers : int
        Processes.
    progress : callable, optional
        Called as ``progress(done, total)`` in collisions.
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
    folder = Path(output)
    refuse_existing(folder / f"{found.name}.npz", force=force)
    generator = pythia_version()
    blocks = generate_blocks(found, n_events, seed, workers, progress)
    tables = {name: build_table(found, species, blocks) for name, species in SPECIES.items()}
    write_spectra(folder, found, tables, describe_sample(found, blocks, generator, seed))
    return read_spectra(folder, found)
