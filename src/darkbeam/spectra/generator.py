"""Inelastic proton collisions from Pythia 8, several processes, one result.

The sample always consists of the same `N_BLOCKS` blocks, block k with seed ``seed + k``; workers only share
them out, so the sample does not depend on their number.  The blocks are also the units of the statistical
error.

Each meson is counted once: where the event record lists several copies of one particle, only the last
counts.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MissingExtraError, ValueRangeError

from .blocks import check_request, report, run_blocks
from .settings import generator_settings
from .species import SPECIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = ["Block", "generate_block", "generate_blocks", "pythia_version"]

_STEP = 250
"""Events between two reports of a worker."""


@dataclass(frozen=True)
class Block:
    """Mesons of one block of collisions.

    Attributes
    ----------
    seed : int
    n_events, n_failed : int
        Collisions made, and tries that the generator gave up.
    sigma_mb : float
        The generator's cross-section of the process, mb.
    momenta : mapping of str to array, shape (2, n)
        (pT, pz) of each species in GeV, float32; order of generation.
    n_anti : mapping of str to int
        How many of them are antiparticles.
    """

    seed: int
    n_events: int
    n_failed: int
    sigma_mb: float
    momenta: Mapping[str, NDArray[np.float32]]
    n_anti: Mapping[str, int]


def load_pythia() -> Any:
    try:
        return import_module("pythia8mc")
    except ImportError:
        raise MissingExtraError("making spectra", "pythia") from None


def pythia_version() -> str:
    """Name and version of the generator.

    Raises
    ------
    MissingExtraError
        Without the extra ``pythia``.
    """
    load_pythia()
    return f"pythia8mc {version('pythia8mc')}"


def generate_block(
    facility: Facility,
    n_events: int,
    seed: int,
    report: Callable[[int], bool] = lambda _: True,
    extra: tuple[str, ...] = (),
) -> Block:
    """Generate one block in this process.

    Parameters
    ----------
    facility : Facility
    n_events : int
        Collisions.
    seed : int
        Seed of the generator, 1 to 900 000 000.
    report : callable
        Called with the number of collisions made since the last call; generation stops when it returns False.
    extra : tuple of str
        Further settings, after those of the facility.
    """
    generator = load_pythia().Pythia("", False)
    for line in (
        "Print:quiet = on",
        "Random:setSeed = on",
        f"Random:seed = {seed}",
        *generator_settings(facility),
        *extra,
    ):
        if not generator.readString(line):
            raise ValueRangeError(f"Pythia refuses the setting {line!r}")
    if not generator.init():
        raise ValueRangeError(f"Pythia cannot be initialised for {facility.name}")
    names = {pdg: species.name for species in SPECIES.values() for pdg in species.pdg}
    rows = {name: array("f") for name in SPECIES}
    n_anti = dict.fromkeys(SPECIES, 0)
    done = failed = 0
    while done < n_events:
        if not generator.next():
            failed += 1
            continue
        done += 1
        for q in generator.event:
            name = names.get(q.id())
            if name is not None and q.iBotCopyId() == q.index():
                rows[name].extend((q.pT(), q.pz()))
                n_anti[name] += q.id() < 0
        if done % _STEP == 0 and not report(_STEP):
            raise KeyboardInterrupt
    report(done % _STEP)
    momenta = {n: np.frombuffer(r, dtype=np.float32).reshape(-1, 2).T.copy() for n, r in rows.items()}
    return Block(seed, done, failed, float(generator.infoPython().sigmaGen()), momenta, n_anti)


def _task(facility: Facility, n_events: int, seed: int) -> Block:
    return generate_block(facility, n_events, seed, report)


def generate_blocks(
    facility: Facility,
    n_events: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list[Block]:
    """Generate all blocks of a sample; parameters as for `darkbeam.spectra.blocks.run_blocks`."""
    check_request(n_events, seed, workers)
    pythia_version()
    return run_blocks(partial(_task, facility), n_events, seed, workers, progress)
