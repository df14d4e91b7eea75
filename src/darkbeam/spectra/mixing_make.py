"""Make the mixing tables of a facility: generate, tabulate, describe, write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from darkbeam.facilities import get_facility

from .generator import pythia_version
from .mixing_build import build_mixing, describe_mixing
from .mixing_generator import generate_mixing_blocks
from .mixing_storage import read_mixing, write_mixing
from .storage import load_spectra, refuse_existing

if TYPE_CHECKING:
    from collections.abc import Callable

    from .mixing import MixingSpectra

__all__ = ["make_mixing"]


def make_mixing(
    facility: str,
    n_events: int = 50_000,
    seed: int = 1,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
    output: str | Path = "darkbeam-out/mixing",
    force: bool = False,
    *,
    isr: bool = True,
) -> MixingSpectra:
    """Run the generator and write ``FACILITY.npz`` and ``FACILITY.json``.

    Parameters
    ----------
    facility : str
        Name of a facility with meson spectra.
    n_events : int
        Inelastic collisions, rounded up to a multiple of 20; each is hadronised 25 times, at 19 masses.
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
    isr : bool
        Initial-state radiation; off for comparison with tools that leave it out.

    Returns
    -------
    MixingSpectra
        As read back from the files.

    Raises
    ------
    UnknownNameError, MissingExtraError, OutputError, ValueRangeError
    """
    found = get_facility(facility)
    folder = Path(output)
    refuse_existing(folder / f"{found.name}.npz", force=force)
    generator = pythia_version()
    blocks = generate_mixing_blocks(found, n_events, seed, workers, progress, isr=isr)
    phi = load_spectra(found.name).species("phi")
    tables = build_mixing(found, blocks, phi)
    sample = describe_mixing(found, blocks, generator, isr=isr)
    write_mixing(folder, replace(tables, sample=sample))
    return read_mixing(folder, found, phi)
