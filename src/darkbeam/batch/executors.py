"""One way to compute many independent items: in this process, in several, or on a Dask cluster.

`open_executor` takes a picklable function of one item; ``map`` yields its results in the order of the items whoever
computes them, so nothing downstream can depend on the number of workers.  The function is sent to each worker once.
Only a few items per worker are under way at a time: memory stays bounded for any number of items.

A worker that is killed loses nothing: what it had not finished is computed again.  An item, or the start of the
workers, that kills `ATTEMPTS` of them in a row is given up with an error.
"""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from collections import deque
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import darkbeam
from darkbeam.errors import DarkbeamError, ValueRangeError
from darkbeam.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "ATTEMPTS",
    "DaskCluster",
    "Executor",
    "InProcess",
    "Processes",
    "WorkersLostError",
    "collect",
    "open_executor",
]

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

ATTEMPTS = 4
"""Times that an item is tried while workers die under it."""
AHEAD = 4
"""Items under way per worker."""
CONNECT_SECONDS = 20.0


class WorkersLostError(DarkbeamError):
    """Workers die again and again, or cannot be reached."""


class Executor(Protocol[T_contra, R_co]):
    """Maps items to results; a context manager that ends its workers."""

    def map(self, items: Iterable[T_contra]) -> Iterator[R_co]:
        """Yield the results in the order of the items."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


def open_executor(work: Callable[[T], R], workers: int = 1, scheduler: str | None = None) -> Executor[T, R]:
    """Return the executor for a number of processes or a Dask cluster.

    Parameters
    ----------
    work : callable
        Picklable function of one item.
    workers : int
        Processes on this machine; 1 computes in this one.
    scheduler : str, optional
        Address of a running Dask scheduler, ``tcp://HOST:PORT``, or its scheduler file ``*.json``; then ``workers`` is
        not used.

    Examples
    --------
    >>> with open_executor(abs) as executor:
    ...     list(executor.map([-1, 2, -3]))
    [1, 2, 3]
    """
    if scheduler is not None:
        return DaskCluster(work, scheduler)
    if workers < 1:
        raise ValueRangeError(f"--workers {workers}: give 1 or more")
    return Processes(work, workers) if workers > 1 else InProcess(work)


def collect(
    executor: Executor[T, R], items: Sequence[T], progress: Callable[[int, int], None] | None = None
) -> list[R]:
    """Results of all items; ``progress`` is called with (items done, all items).

    Examples
    --------
    >>> with open_executor(abs) as executor:
    ...     collect(executor, [-1, 2, -3])
    [1, 2, 3]
    """
    found = []
    for result in executor.map(items):
        found.append(result)
        if progress is not None:
            progress(len(found), len(items))
    return found


class InProcess(Generic[T, R]):
    """Everything in this process, one after the other."""

    def __init__(self, work: Callable[[T], R]) -> None:
        self.work = work

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def map(self, items: Iterable[T]) -> Iterator[R]:
        """Yield the results in the order of the items."""
        return (self.work(item) for item in items)


@dataclass(frozen=True)
class _Failure:
    """A user error on its way home; exceptions with several arguments do not survive pickling."""

    kind: type[DarkbeamError]
    text: str

    def error(self) -> DarkbeamError:
        error = self.kind.__new__(self.kind)
        error.args = (self.text,)
        return error


def _attempt(work: Callable[[Any], Any], item: Any) -> Any:
    try:
        return work(item)
    except DarkbeamError as error:
        return _Failure(type(error), str(error))


def _checked(result: Any) -> Any:
    if isinstance(result, _Failure):
        raise result.error()
    return result


_WORK: list[Callable[[Any], Any]] = []
"""Function of a worker process, sent once."""


def _start(work: Callable[[Any], Any]) -> None:
    _WORK[:] = [work]


def _run_in_process(item: Any) -> Any:
    return _attempt(_WORK[0], item)


class Processes(Generic[T, R]):
    """Processes of this machine, started afresh if one of them dies."""

    def __init__(self, work: Callable[[T], R], workers: int) -> None:
        self.work, self.workers = work, workers
        self.pool = self._open()

    def _open(self) -> ProcessPoolExecutor:
        # spawn: safe with the threads of a progress bar and the same on every platform
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(
            self.workers, mp_context=context, initializer=_start, initargs=(self.work,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(wait=error[0] is None, cancel_futures=True)

    def map(self, items: Iterable[T]) -> Iterator[R]:
        """Yield the results in the order of the items."""
        source = iter(items)
        waiting: deque[tuple[T, Any]] = deque()
        deaths = 0
        while True:
            try:
                while len(waiting) < AHEAD * self.workers and (found := _take(source)):
                    # in the queue before it is submitted: a pool that breaks here must not lose it
                    waiting.append((found[0], None))
                    waiting[-1] = (found[0], self.pool.submit(_run_in_process, found[0]))
                if not waiting:
                    return
                result: R = _checked(waiting[0][1].result())
            except BrokenExecutor:
                deaths += 1
                if deaths >= ATTEMPTS:
                    raise _lost_processes() from None
                waiting = self._again(waiting)
                continue
            waiting.popleft()
            deaths = 0
            yield result

    def _again(self, waiting: deque[tuple[T, Any]]) -> deque[tuple[T, Any]]:
        """Submit to new processes what the dead ones had not finished."""
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.pool = self._open()
        return deque(
            (item, future if _succeeded(future) else self.pool.submit(_run_in_process, item))
            for item, future in waiting
        )


def _take(source: Iterator[T]) -> tuple[T] | None:
    """Return the next item in a tuple, None at the end."""
    for item in source:
        return (item,)
    return None


def _succeeded(future: Any) -> bool:
    return future is not None and future.done() and not future.cancelled() and future.exception() is None


def _lost_processes() -> WorkersLostError:
    return WorkersLostError(
        f"worker processes died {ATTEMPTS} times in a row: too little memory for so many (--workers), or a script "
        'without `if __name__ == "__main__":`'
    )


def _hold(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return its argument: the task that keeps the function on the workers and can be repeated if they die."""
    return work


_ONE_AT_A_TIME = threading.Lock()


def _run_on_cluster(work: Callable[[Any], Any], item: Any, version: str) -> Any:
    """One item on a Dask worker; threads of a worker take turns because caches are per process."""
    if darkbeam.__version__ != version:
        text = f"a Dask worker has darkbeam {darkbeam.__version__}, this process {version}: install the same version"
        return _Failure(WorkersLostError, text)
    with _ONE_AT_A_TIME:
        return _attempt(work, item)


class DaskCluster(Generic[T, R]):
    """Workers of a running Dask cluster."""

    def __init__(self, work: Callable[[T], R], address: str) -> None:
        connect = require("distributed", "--scheduler", "dask").Client
        if address.endswith(".json") and not Path(address).is_file():  # Dask would wait for it for ever
            raise WorkersLostError(f"--scheduler {address}: no such scheduler file")
        where = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
        try:
            self.client: Any = connect(**where, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise WorkersLostError(
                f"no Dask scheduler answers at {address}; give tcp://HOST:PORT or its scheduler file ({error})"
            ) from None
        self.held = self.client.submit(_hold, work, key=f"darkbeam-work-{uuid.uuid4().hex}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

    def map(self, items: Iterable[T]) -> Iterator[R]:
        """Yield the results in the order of the items."""
        source = iter(items)
        waiting: deque[tuple[T, Any]] = deque()
        while True:
            while len(waiting) < self._window() and (found := _take(source)):
                waiting.append((found[0], self._submit(found[0])))
            if not waiting:
                return
            yield self._result(*waiting.popleft())

    def _window(self) -> int:
        """Items under way; workers may come and go."""
        return AHEAD * max(len(self.client.scheduler_info(n_workers=-1)["workers"]), 2)

    def _submit(self, item: T) -> Any:
        return self.client.submit(_run_on_cluster, self.held, item, darkbeam.__version__, pure=False)

    def _result(self, item: T, future: Any) -> R:
        """Result of an item, tried again if Dask gives it up because workers died."""
        killed: type[Exception] = require("distributed", "--scheduler", "dask").KilledWorker
        for _ in range(ATTEMPTS):
            try:
                result: R = _checked(future.result())
            except killed:
                future = self._submit(item)
            except CancelledError:
                raise WorkersLostError("the Dask scheduler was lost; run again") from None
            else:
                return result
        raise WorkersLostError(
            f"Dask workers died {ATTEMPTS} times in a row under one task: too little memory?"
        )
