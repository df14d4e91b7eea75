"""Executors: same results from every one, nothing lost when a worker is killed."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
from functools import partial

import pytest

from darkbeam.batch.executors import WorkersLostError, open_executor
from darkbeam.errors import MissingExtraError, UnknownNameError, ValueRangeError
from darkbeam.experiments import load_experiment
from darkbeam.output import dump_json
from darkbeam.sensitivity import api
from darkbeam.sensitivity.options import Options

# about 10 ms of work with an answer that no accident reproduces
WORK = partial(hashlib.pbkdf2_hmac, "sha256", b"darkbeam", iterations=20_000)
ITEMS = [bytes([k]) for k in range(40)]


@pytest.fixture(scope="module")
def expected():
    return [WORK(item) for item in ITEMS]


@pytest.fixture(scope="module")
def cluster():
    """Real worker processes, restarted when they die as a batch system would do."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def killing(results, pids):
    """Results as they come; one of the processes ``pids()`` is killed after the first."""
    for k, result in enumerate(results):
        if k == 0:
            os.kill(pids()[-1], signal.SIGKILL)
        yield result


def test_results_come_in_the_order_of_the_items():
    items = list(range(-40, 0))
    with open_executor(abs) as one, open_executor(abs, workers=2) as two:
        assert list(one.map(items)) == list(two.map(iter(items))) == list(range(40, 0, -1))


def test_few_items_are_under_way_at_a_time():
    taken = []

    def source():
        for k in range(1000):
            taken.append(k)
            yield k

    with open_executor(abs, workers=2) as executor:
        next(executor.map(source()))
        assert len(taken) < 20


def test_a_killed_process_loses_nothing(expected):
    with open_executor(WORK, workers=2) as executor:
        before = {p.pid for p in multiprocessing.active_children()}
        results = killing(
            executor.map(ITEMS),
            lambda: [p.pid for p in multiprocessing.active_children() if p.pid not in before],
        )
        assert list(results) == expected


def test_processes_that_always_die_are_an_error():
    with open_executor(os._exit, workers=2) as executor, pytest.raises(WorkersLostError, match="4 times"):
        list(executor.map([1]))


def test_a_user_error_crosses_the_process():
    message = "unknown experiment 'NuCall'. Did you mean 'NuCal'?"
    with open_executor(load_experiment, workers=2) as executor, pytest.raises(UnknownNameError) as caught:
        list(executor.map(["NuCall"]))
    assert str(caught.value).startswith(message)


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"darkbeam\[dask\]"):
        open_executor(abs, scheduler="tcp://127.0.0.1:1")


def test_a_killed_dask_worker_loses_nothing(cluster, expected):
    with open_executor(WORK, scheduler=cluster.scheduler_address) as executor:
        results = killing(executor.map(ITEMS), lambda: [worker.pid for worker in cluster.workers.values()])
        assert list(results) == expected


def test_a_user_error_crosses_the_cluster(cluster):
    address = cluster.scheduler_address
    with (
        open_executor(load_experiment, scheduler=address) as executor,
        pytest.raises(UnknownNameError, match="NuCall"),
    ):
        list(executor.map(["NuCall"]))


def test_an_address_without_a_scheduler_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("darkbeam.batch.executors.CONNECT_SECONDS", 0.3)
    with pytest.raises(WorkersLostError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        open_executor(abs, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(WorkersLostError, match="no such scheduler file"):
        open_executor(abs, scheduler="nowhere.json")


def test_a_scheduler_file_is_an_address(cluster, tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": cluster.scheduler_address}))
    with open_executor(abs, scheduler=str(file)) as executor:
        assert list(executor.map([-1, 2])) == [1, 2]


@pytest.mark.slow
def test_a_reach_scan_is_the_same_bytes_whoever_computes_it_and_dies(cluster):
    options = Options(sources=("meson:pi0", "meson:eta"), masses=(0.02, 0.45, 8), n_draws=4000, refine=False)
    experiment, setup, card = api.prepare("NuCal", options)

    def contour(**how):
        data = api.compute(experiment, setup, card, options, **how).to_dict()
        return dump_json({**data, "seconds": 0})

    killed = []

    def kill_worker(_done, _total):
        if not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    direct = contour()
    assert contour(workers=2) == direct
    assert contour(scheduler=cluster.scheduler_address, progress=kill_worker) == direct
    assert killed


@pytest.mark.parametrize("workers", [0, -1])
def test_less_than_one_worker_is_an_error(workers: int) -> None:
    with pytest.raises(ValueRangeError, match=f"--workers {workers}: give 1 or more"):
        open_executor(WORK, workers)
