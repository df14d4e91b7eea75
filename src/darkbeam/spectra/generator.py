"""Inelastic proton collisions from Pythia 8, several processes, one result.

The sample always consists of the same `N_BLOCKS` blocks, block k with seed ``seed + k``; workers only share
them out, so the sample does not depend on their number.  The blocks are also the units of the statistical
error.

Each meson is counted once: where the event record lists several copies of one particle, only the last
counts.
"""

from __future__ import annotations

import multiprocessing
import signal
from array import array
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import MissingExtraError, ValueRangeError

from .settings import generator_settings
from .species import N_BLOCKS, SPECIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

__all__ = ["Block", "generate_block", "generate_blocks", "pythia_version"]

_STEP = 250
"""Events between two reports of a worker."""

_shared: dict[str, Any] = {}
"""Counter and stop flag of a worker process, set once by its initialiser."""


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


def _pythia() -> Any:
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
    _pythia()
    return f"pythia8mc {version('pythia8mc')}"


def generate_block(
    facility: Facility, n_events: int, seed: int, report: Callable[[int], bool] = lambda _: True
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
    """
    generator = _pythia().Pythia("", False)
    for line in (
        "Print:quiet = on",
        "Random:setSeed = on",
        f"Random:seed = {seed}",
        *generator_settings(facility),
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


def _start_worker(counter: Any, stop: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it sets the stop flag
    _shared.update(counter=counter, stop=stop)


def _report(n: int) -> bool:
    with _shared["counter"].get_lock():
        _shared["counter"].value += n
    return not _shared["stop"].is_set()


def _task(facility: Facility, n_events: int, seed: int) -> Block:
    return generate_block(facility, n_events, seed, _report)


def generate_blocks(
    facility: Facility,
    n_events: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list[Block]:
    """Generate all blocks of a sample.

    Parameters
    ----------
    facility : Facility
    n_events : int
        Collisions, rounded up to a multiple of `N_BLOCKS`.
    seed : int
        Block k uses ``seed + k``.
    workers : int
        Processes; the result does not depend on it.
    progress : callable, optional
        Called about five times a second as ``progress(done, total)``.

    Returns
    -------
    list of Block
    """
    if n_events < 1 or workers < 1 or seed < 1:
        raise ValueRangeError("events, workers and seed must be at least 1")
    pythia_version()
    per_block = -(-n_events // N_BLOCKS)
    total = per_block * N_BLOCKS
    context = multiprocessing.get_context("spawn")
    counter, stop = context.Value("q", 0), context.Event()
    with ProcessPoolExecutor(workers, context, _start_worker, (counter, stop)) as pool:
        try:
            futures = [pool.submit(_task, facility, per_block, seed + k) for k in range(N_BLOCKS)]
            pending = set(futures)
            while pending:
                finished, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                if progress is not None:
                    progress(int(counter.value), total)
            return [future.result() for future in futures]
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
