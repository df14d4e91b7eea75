"""Blocks of a generator sample on several processes: same seeds, same blocks, any number of workers."""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

from darkbeam.errors import ValueRangeError

from .species import N_BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_request", "report", "run_blocks"]

Block = TypeVar("Block")

_shared: dict[str, Any] = {}
"""Counter and stop flag of a worker process."""


def _start_worker(counter: Any, stop: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it sets the stop flag
    _shared.update(counter=counter, stop=stop)


def report(n: int) -> bool:
    """Count ``n`` collisions made in this worker; False asks it to stop."""
    with _shared["counter"].get_lock():
        _shared["counter"].value += n
    return not _shared["stop"].is_set()


def check_request(n_events: int, seed: int, workers: int) -> None:
    """Refuse numbers that make no sample.

    Raises
    ------
    ValueRangeError
    """
    if n_events < 1 or workers < 1 or seed < 1:
        raise ValueRangeError("events, workers and seed must be at least 1")


def run_blocks(
    task: Callable[[int, int], Block],
    n_events: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> list[Block]:
    """Generate all blocks of a sample.

    Parameters
    ----------
    task : callable
        Called as ``task(n_events, seed)`` in a worker; it has to be picklable and to call `report`.
    n_events : int
        Collisions, rounded up to a multiple of `N_BLOCKS`.
    seed : int
        Block k uses ``seed + k``.
    workers : int
        Processes; the result does not depend on it.
    progress : callable, optional
        Called about five times a second as ``progress(done, total)``.
    """
    check_request(n_events, seed, workers)
    per_block = -(-n_events // N_BLOCKS)
    total = per_block * N_BLOCKS
    context = multiprocessing.get_context("spawn")
    counter, stop = context.Value("q", 0), context.Event()
    with ProcessPoolExecutor(workers, context, _start_worker, (counter, stop)) as pool:
        try:
            futures = [pool.submit(task, per_block, seed + k) for k in range(N_BLOCKS)]
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
            pool.shutdown(wait=True, cancel_futures=True)  # workers look at the flag every few collisions
            raise
