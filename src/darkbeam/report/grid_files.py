"""Files of an `EventGrid`, by their ending.

``.npz`` (numpy, no pickle; everything, exact)

    format            "darkbeam event grid 1"
    masses_GeV        (M,)         GeV
    epsilon           (E,)         couplings
    variations        (V,)         names; the first is "central"
    events            (V, M, E)    expected events of the exposure
    events_error      (M, E)       statistical error of the central events
    ctau_m            (M,)         proper decay length at epsilon = 1, m
    lattice_step, lattice_first    ln lambda of column l of the spectra = step * (first + l)
    spectra           (V, M, L)    histograms of ln lambda: N = eps^4 sum_l C_l exp(-eps^2 lambda_l)
    sources           (S,)         names
    source_spectra    (S, M, L)    the same for each source, central
    experiment, threshold          name, and events that make its contour
    card              JSON text of everything that defines the result (settings, seed, versions)

``.csv`` (the grid only): ``#`` comments with experiment, threshold and card hash, then one row for each mass and
coupling: mass_GeV, epsilon, events, error, events[NAME] for each further variation.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from darkbeam.cache import card_hash
from darkbeam.errors import OutputError
from darkbeam.output import atomic_path
from darkbeam.sensitivity.grid import EventGrid
from darkbeam.sensitivity.spectrum import STEP

from .targets import check_new_file, write_text

__all__ = ["GRID_SUFFIXES", "load_grid", "save_grid"]

FORMAT = "darkbeam event grid 1"
GRID_SUFFIXES = (".npz", ".csv")


def save_grid(grid: EventGrid, path: str | Path, *, force: bool = False) -> Path:
    """Write a grid; the ending of the file chooses the format.

    Raises
    ------
    ValueRangeError
        For another ending.
    OutputError
        If the file exists and ``force`` is not set, or cannot be written.
    """
    target = Path(path)
    check_new_file(target, GRID_SUFFIXES, force=force)
    if target.suffix == ".csv":
        write_text(target, _csv_text(grid))
    else:
        with atomic_path(target) as part, part.open("wb") as handle:
            np.savez_compressed(handle, **_arrays(grid))
    return target


def load_grid(path: str | Path) -> EventGrid:
    """Read what `save_grid` wrote; a grid from CSV has no spectra.

    Raises
    ------
    OutputError
        If the file cannot be read or is no grid.
    """
    source = Path(path)
    try:
        return _from_csv(source) if source.suffix == ".csv" else _from_npz(source)
    except OSError as error:
        raise OutputError(f"cannot read {source}: {error.strerror or error}") from error
    except (ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
        raise OutputError(f"{source} is not an event grid of darkbeam") from error


def _arrays(grid: EventGrid) -> dict[str, Any]:
    """Content of the npz file, in the order of the module's table."""
    return {
        "format": np.array(FORMAT),
        "masses_GeV": grid.masses_GeV,
        "epsilon": grid.epsilon,
        "variations": np.array(list(grid.events)),
        "events": np.array(list(grid.events.values())),
        "events_error": grid.error,
        "ctau_m": grid.ctau_m,
        "lattice_step": np.array(STEP),
        "lattice_first": np.array(grid.first),
        "spectra": np.array([grid.spectra[name] for name in grid.events]),
        "sources": np.array(list(grid.by_source)),
        "source_spectra": np.array(list(grid.by_source.values())),
        "experiment": np.array(grid.experiment),
        "threshold": np.array(grid.threshold),
        "card": np.array(json.dumps(grid.card, allow_nan=False)),
    }


def _from_npz(path: Path) -> EventGrid:
    with np.load(path, allow_pickle=False) as data:
        if str(data["format"]) != FORMAT or float(data["lattice_step"]) != STEP:
            raise ValueError(FORMAT)
        names, sources = data["variations"].tolist(), data["sources"].tolist()
        return EventGrid(
            experiment=str(data["experiment"]), threshold=float(data["threshold"]), masses_GeV=data["masses_GeV"],
            epsilon=data["epsilon"], events=dict(zip(names, data["events"], strict=True)),
            error=data["events_error"], ctau_m=data["ctau_m"], first=int(data["lattice_first"]),
            spectra=dict(zip(names, data["spectra"], strict=True)),
            by_source=dict(zip(sources, data["source_spectra"], strict=True)), card=json.loads(str(data["card"])),
        )  # fmt: skip


def _csv_text(grid: EventGrid) -> str:
    text = io.StringIO()
    others = [name for name in grid.events if name != "central"]
    text.write(f"# {FORMAT}\n# experiment: {grid.experiment}\n# threshold: {grid.threshold!r}\n")
    text.write(f"# card: {card_hash(grid.card)}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["mass_GeV", "epsilon", "events", "error", *(f"events[{name}]" for name in others)])
    for k, mass in enumerate(grid.masses_GeV):
        columns = [grid.events["central"][k], grid.error[k], *(grid.events[name][k] for name in others)]
        for row in zip(grid.epsilon, *columns, strict=True):
            writer.writerow([f"{mass:.10g}", f"{row[0]:.10e}", *(f"{x:.8e}" for x in row[1:])])
    return text.getvalue()


def _from_csv(path: Path) -> EventGrid:
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[0] != f"# {FORMAT}":
        raise ValueError(FORMAT)
    head = dict(line[2:].split(": ", 1) for line in lines[1:4])
    rows = list(csv.reader(lines[4:]))
    names = [n.removeprefix("events[").removesuffix("]") for n in rows[0][4:]]
    table = np.array(rows[1:], dtype=np.float64)
    masses, epsilon = np.unique(table[:, 0]), np.unique(table[:, 1])
    cube = table.reshape(len(masses), len(epsilon), table.shape[1])
    events = {"central": cube[:, :, 2]} | {n: cube[:, :, 4 + i] for i, n in enumerate(names)}
    return EventGrid(
        experiment=head["experiment"], threshold=float(head["threshold"]), masses_GeV=masses, epsilon=epsilon,
        events=events, error=cube[:, :, 3], ctau_m=np.empty(0), first=0, spectra={}, by_source={},
        card={"card_hash": head["card"]},
    )  # fmt: skip
