"""Batches: the jobs of a folder and their collection give the bytes of the direct run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkbeam.batch.card import job_ranges, parse_range, read_card
from darkbeam.batch.plain import from_plain, to_plain
from darkbeam.batch.reach import ReachTask
from darkbeam.batch.run import collect, load_task, run_chunks
from darkbeam.batch.submit import job_lines, write_batch
from darkbeam.errors import CardError, OutputError, UnknownNameError, ValueRangeError
from darkbeam.output import dump_json
from darkbeam.sensitivity import api
from darkbeam.sensitivity.contour import Edge, Interval
from darkbeam.sensitivity.options import Options
from darkbeam.sensitivity.scan import MassResult

OPTIONS = Options(
    sources=("meson:pi0", "meson:eta"),
    masses=(0.1, 0.54, 6),
    n_draws=2000,
    n_decays=1024,
    n_rays=2000,
    refine=False,
)
COMMAND = """
import typer
from darkbeam.cli.batch import app
root = typer.Typer()
root.add_typer(app, name="batch")
root()
"""


@pytest.fixture(scope="module")
def task():
    return ReachTask.make("NuCal", OPTIONS, pot=2e18)


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch):
    """Figures are tested elsewhere."""
    monkeypatch.setattr("darkbeam.sensitivity.result.Reach.save_figure", lambda _self, _folder: [])


@pytest.fixture
def folder(task, tmp_path):
    write_batch(task, "slurm", tmp_path / "batch", 2)
    return tmp_path / "batch"


def run_all(folder):
    for chunks, part in job_lines(folder):
        run_chunks(folder / "card.json", chunks, folder / "parts" / part)


@pytest.mark.parametrize(("n", "jobs"), [(7, 3), (5, 9), (1, 1), (100, 7)])
def test_jobs_cover_every_chunk_once(n, jobs):
    ranges = job_ranges(n, jobs)
    assert [k for r in ranges for k in r] == list(range(n))
    assert len(ranges) == min(n, jobs)
    assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


@pytest.mark.parametrize("text", ["3:3", "5:2", "0:11", "-1:2", "a:b", "4:"])
def test_a_wrong_range_is_refused(text):
    with pytest.raises(ValueRangeError, match="--chunk"):
        parse_range(text, 10)


def submit_all(folder, system, tmp_path):
    """Run every job as the batch system would: the commands of the submit file, each in a process of its own."""
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    environment = os.environ | {"DARKBEAM": f"{sys.executable} {script}", "SLURM_SUBMIT_DIR": str(folder)}
    for number, (chunks, part) in enumerate(job_lines(folder), start=1):
        command = ["/bin/sh", "slurm.sh"] if system == "slurm" else ["./job.sh", chunks, f"parts/{part}"]
        now = environment | {"SLURM_ARRAY_TASK_ID": str(number)}
        subprocess.run(command, check=True, env=now, cwd=folder, capture_output=True)


def same_contours(result, direct):
    """Equal bytes but for the time that it took."""
    texts = [(folder / "contour.json").read_text().splitlines() for folder in (result, direct)]
    lines = [[line for line in text if '"seconds"' not in line] for text in texts]
    tables = [(folder / "contour.csv").read_bytes() for folder in (result, direct)]
    return lines[0] == lines[1] and tables[0] == tables[1]


@pytest.mark.parametrize(
    ("system", "jobs"),
    [("slurm", 1), *[pytest.param(s, 3, marks=pytest.mark.slow) for s in ("slurm", "condor")]],
)
def test_jobs_of_a_reach_scan_give_the_bytes_of_the_direct_one(task, tmp_path, system, jobs):
    folder = tmp_path / "batch"
    write_batch(task, system, folder, jobs)
    submit_all(folder, system, tmp_path)
    collect(folder, tmp_path / "result")
    direct = api.compute(task.experiment, task.setup, task.card, task.options)
    direct.save(tmp_path / "direct", figure=False)
    assert same_contours(tmp_path / "result", tmp_path / "direct")


def test_any_division_into_jobs_gives_the_same_bytes(task, folder, tmp_path):
    run_all(folder)
    other = tmp_path / "other"
    write_batch(task, "condor", other, 5)
    run_all(other)
    for batch in (folder, other):
        task.collect(sorted((batch / "parts").iterdir()), batch / "result", force=False)
    assert same_contours(folder / "result", other / "result")
    found = json.loads((other / "result" / "contour.json").read_text())
    assert found["max_mass_GeV"] < 0.54  # it ends in a tip, which needs the masses of several jobs


def test_refined_masses_are_computed_by_the_collection(task, tmp_path):
    options = Options(sources=("meson:eta",), masses=(0.3, 0.53, 3), n_draws=4000, n_decays=1024)
    task = ReachTask.make("NuCal", options)
    write_batch(task, "condor", tmp_path, 1)
    run_all(tmp_path)
    collect(tmp_path)
    found = json.loads((tmp_path / "result" / "contour.json").read_text())["masses_GeV"]
    direct = api.compute(task.experiment, task.setup, task.card, options)
    assert found == direct.masses_GeV.tolist()
    assert len(found) > task.n_chunks


def test_missing_chunks_are_named(folder):
    run_chunks(folder / "card.json", "0:1", folder / "parts" / "a.json")
    run_chunks(folder / "card.json", "3", folder / "parts" / "b.json")
    with pytest.raises(OutputError, match="chunks 1:3, 4:6 of 6 are missing"):
        collect(folder)


def test_a_part_of_another_calculation_is_refused(folder):
    run_all(folder)
    part = folder / "parts" / job_lines(folder)[0][1]
    data = json.loads(part.read_text())
    part.write_text(json.dumps({**data, "card_hash": "0" * 20}))
    with pytest.raises(OutputError, match="another calculation"):
        collect(folder)
    part.write_text("{}")
    with pytest.raises(OutputError, match="not a part"):
        collect(folder)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text(), st.lists(st.builds(Interval, *[st.builds(Edge, *[st.floats()] * 3)] * 2)), max_size=3
    ),
    st.dictionaries(st.text(), st.tuples(st.floats(), st.floats()), max_size=3),
    st.lists(st.text(), max_size=3),
)
def test_results_at_a_mass_survive_the_way_through_a_file(found, peaks, notes):
    result = MassResult(0.1, found, peaks, (1.0, float("inf")), {}, tuple(notes))
    again = from_plain(MassResult, json.loads(dump_json(to_plain(result))), Interval=Interval)
    assert repr(again) == repr(result)  # NaN is not equal to itself, but looks the same


def test_a_card_of_another_version_is_refused(folder):
    card = folder / "card.json"
    data = json.loads(card.read_text())
    data["card"]["darkbeam"] = "0.0.1"
    card.write_text(json.dumps(data))
    with pytest.raises(CardError, match="'darkbeam': is not what this installation makes"):
        load_task(card)


def test_a_last_digit_of_another_processor_is_no_other_card(folder):
    card = folder / "card.json"
    data = json.loads(card.read_text())
    data["card"]["collisions"] *= 1.0 + 1e-14
    card.write_text(json.dumps(data))
    assert load_task(card).card["collisions"] == data["card"]["collisions"]
    data["card"]["collisions"] *= 1.0 + 1e-6
    card.write_text(json.dumps(data))
    with pytest.raises(CardError, match="collisions"):
        load_task(card)


@pytest.mark.parametrize(
    ("text", "error"), [("{", "not JSON"), ("{}", "no batch card"), ('{"darkbeam_batch": 1}', "'kind'")]
)
def test_a_broken_card_is_refused(tmp_path, text, error):
    card = tmp_path / "card.json"
    card.write_text(text)
    with pytest.raises(CardError, match=error):
        read_card(card)


def test_the_folder_of_another_calculation_is_kept(task, folder):
    other = ReachTask.make("NuCal", OPTIONS, pot=1e18)
    with pytest.raises(OutputError, match="--force"):
        write_batch(other, "slurm", folder, 2)
    (folder / "parts" / "old.json").touch()
    write_batch(task, "slurm", folder, 3)  # the same one: parts stay
    assert (folder / "parts" / "old.json").exists()
    write_batch(other, "slurm", folder, 2, force=True)
    assert not (folder / "parts" / "old.json").exists()


def test_an_unknown_system_is_refused(task, tmp_path):
    with pytest.raises(UnknownNameError, match="condor, slurm"):
        write_batch(task, "lsf", tmp_path, 2)


def test_files_of_the_user_travel_with_the_batch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    card = 'name = "mine"\n[charges]\nu = 0.6666666666666666\nd = -0.3333333333333333\ne = -1.0\n'
    Path("models/mine.toml").write_text(card)
    options = Options(sources=("meson:pi0",), masses=(0.02, 0.1, 2), refine=False, model="models/mine.toml")
    submit = write_batch(ReachTask.make("NuCal", options), "condor", Path("b"), 1, ["request_disk = 1 GB"])
    assert Path("b/models/mine.toml").read_text() == card
    lines = submit.read_text().splitlines()
    assert "transfer_input_files = card.json, models/mine.toml" in lines
    assert "request_disk = 1 GB" in lines
    assert lines[-1] == "queue chunks, part from jobs.txt"
    monkeypatch.chdir(tmp_path / "b")
    assert load_task(Path("card.json")).n_chunks == 2
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    outside = Options(
        sources=("meson:pi0",), masses=(0.02, 0.1, 2), refine=False, model="../models/mine.toml"
    )
    with pytest.raises(OutputError, match="absolute path"):
        write_batch(ReachTask.make("NuCal", outside), "condor", Path("b"), 1)
