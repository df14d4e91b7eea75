"""A contour as a HEPData submission: tables, card and archive, checked by HEPData's own validator (extra ``hepdata``).

    submission.yaml      description, and where everything comes from
    contour.yaml         both edges against the mass with statistical error, and the total band where it is whole
    region_N.yaml        outline of each island of the central contour, closed by its tips
    NAME.yaml            both edges of each variation
    card.json            everything that defines the result
    submission.tar.gz    all of it, to upload

HEPData has no empty cells: masses without a region are left out.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.cache import card_hash
from darkbeam.errors import MissingExtraError, OutputError
from darkbeam.output import dump_json
from darkbeam.sensitivity.contributions import total_band

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from darkbeam.sensitivity.band import Band
    from darkbeam.sensitivity.result import Reach

__all__ = ["check_hepdata_folder", "write_hepdata"]

MASS = "mass"
SIDES = (("lower", "epsilon_lower", "error_lower"), ("upper", "epsilon_upper", "error_upper"))
DIGITS = 5


def check_hepdata_folder(folder: Path, key: str, *, force: bool) -> None:
    """Refuse a folder that holds something else; called before the long work, too.

    Raises
    ------
    OutputError
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; a HEPData submission needs a folder")
    old = folder / "submission.yaml"
    if force or not folder.is_dir() or not any(folder.iterdir()):
        return
    if not old.is_file():
        raise OutputError(f"{folder} holds other files; give --force to write into it, or another folder")
    if key not in old.read_text(encoding="utf-8", errors="replace"):
        raise OutputError(f"{folder} holds a submission of another card; give --force to overwrite it")


def write_hepdata(result: Reach, folder: str | Path, *, force: bool = False) -> list[Path]:
    """Write a submission.

    Returns
    -------
    list of Path

    Raises
    ------
    MissingExtraError
        Without hepdata_lib.
    OutputError
        If there is no region, the folder holds something else, or it cannot be written.
    """
    library = _library()
    target = Path(folder)
    key = card_hash(result.card)
    check_hepdata_folder(target, key, force=force)
    if not result.islands:
        raise OutputError(f"{result.experiment} has no region; HEPData takes no empty table")
    submission = library.Submission()
    submission.comment = _comment(result, key)
    for table in _tables(library, result):
        submission.add_table(table)
    with tempfile.TemporaryDirectory(prefix="darkbeam-hepdata-") as scratch:
        return _write(submission, result, Path(scratch), target)


def _library() -> Any:
    """Return hepdata_lib; importing it warns about its own dependencies."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("hepdata_lib")
    except ModuleNotFoundError:
        raise MissingExtraError("a HEPData submission", "hepdata") from None


def _write(submission: Any, result: Reach, scratch: Path, target: Path) -> list[Path]:
    """Let the library write and validate in a scratch folder, then move the files."""
    card = scratch / "card.json"
    card.write_text(dump_json(result.card), encoding="utf-8")
    submission.add_additional_resource("everything that defines the result", str(card), copy_file=True)
    # the library puts its archive into the current folder and prints
    with (
        contextlib.chdir(scratch),
        contextlib.redirect_stdout(io.StringIO()) as said,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            submission.create_files("files", validate=True)
        except AssertionError as error:
            raise OutputError(f"HEPData refuses the submission: {said.getvalue().strip()}") from error
    try:
        target.mkdir(parents=True, exist_ok=True)
        made = [*sorted((scratch / "files").iterdir()), scratch / "submission.tar.gz"]
        return [Path(shutil.move(file, target / file.name)) for file in made]
    except OSError as error:
        raise OutputError(f"cannot write into {target}: {error.strerror}") from error


def _comment(result: Reach, key: str) -> str:
    exposure = result.card["experiment"]["exposure"]
    amount = "".join(
        f" with {exposure[name]:g} {unit}"
        for name, unit in (("pot", "protons on target"), ("lumi_fb", "fb^-1"))
        if exposure.get(name) is not None
    )
    model = result.card.get("model", {}).get("name", "dark-photon")
    notes = " ".join(f"Note: {note}." for note in result.notes)
    return (
        f"Couplings of a {model} to which {result.experiment} is sensitive{amount}, {result.threshold:g} expected "
        f"events; sources {', '.join(result.sources)}. Computed with darkbeam {result.card['darkbeam']}, card {key} "
        f"(card.json). {notes}"
    ).strip()


def _tables(library: Any, result: Reach) -> list[Any]:
    """Contour, islands, and every variation that has a region."""
    tables = [_contour(library, result)]
    for number, island in enumerate(result.islands, 1):
        table = _table(library, f"region {number}", "Outline of a connected region, with its tips.")
        columns = np.array(island).T
        table.add_variable(_variable(library, MASS, columns[0], units="GEV"))
        for name, values in zip(("lower", "upper"), columns[1:], strict=True):
            table.add_variable(_variable(library, f"epsilon, {name} edge", values, result))
        tables.append(table)
    ends = {f"total {name}": band for name, band in total_band(result).items()}
    for name, band in {**result.band, **ends}.items():
        keep = np.isfinite(band.epsilon_lower)
        if name == "central" or not np.any(keep):
            continue
        table = _table(library, f"variation {name}", f"Both edges with the variation {name}.")
        table.add_variable(_variable(library, MASS, result.masses_GeV[keep], units="GEV"))
        for side, attribute, _ in SIDES:
            table.add_variable(
                _variable(library, f"epsilon, {side} edge", getattr(band, attribute)[keep], result, name)
            )
        tables.append(table)
    return tables


def _contour(library: Any, result: Reach) -> Any:
    """Both edges with their errors."""
    keep = np.isfinite(result.epsilon_lower)
    total = total_band(result)
    table = _table(library, "contour", "Edges of the region in the coupling, against the mass.")
    table.add_variable(_variable(library, MASS, result.masses_GeV[keep], units="GEV"))
    for side, attribute, error in SIDES:
        values = getattr(result, attribute)[keep]
        variable = _variable(library, f"epsilon, {side} edge", values, result)
        statistical = library.Uncertainty("Monte Carlo", is_symmetric=True)
        statistical.values = _rounded(values * getattr(result, error)[keep])
        variable.add_uncertainty(statistical)
        spread = _spread(total, attribute, keep, values)
        if spread is not None:
            variable.add_uncertainty(_asymmetric(library, spread))
        table.add_variable(variable)
    return table


def _spread(
    total: dict[str, Band], attribute: str, keep: NDArray[np.bool_], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Distance down and up to the ends of the total band; None where one has no region at some mass."""
    ends = np.array([getattr(b, attribute)[keep] for b in total.values()]).reshape(-1, len(values))
    if not len(ends) or not np.all(np.isfinite(ends)):
        return None
    return np.minimum(ends.min(axis=0) - values, 0.0), np.maximum(ends.max(axis=0) - values, 0.0)


def _asymmetric(library: Any, spread: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Any:
    error = library.Uncertainty("total theory", is_symmetric=False)
    error.values = list(zip(*(_rounded(s) for s in spread), strict=True))
    return error


def _table(library: Any, name: str, description: str) -> Any:
    table = library.Table(name)
    table.description = description
    table.location = "darkbeam"
    table.keywords["observables"] = ["EPSILON"]
    table.keywords["phrases"] = ["dark photon", "limit"]
    return table


def _variable(
    library: Any,
    name: str,
    values: NDArray[np.float64],
    result: Reach | None = None,
    variation: str | None = None,
    *,
    units: str = "",
) -> Any:
    """Column; with a result it is a dependent one and says what it belongs to."""
    variable = library.Variable(
        name, is_independent=result is None, is_binned=False, units=units, zero_uncertainties_warning=False
    )
    variable.values = _rounded(values)
    if result is not None:
        variable.add_qualifier("experiment", result.experiment)
        variable.add_qualifier("expected events", result.threshold)
        if variation is not None:
            variable.add_qualifier("variation", variation)
    return variable


def _rounded(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Plain numbers of a few digits."""
    return [float(f"{x:.{DIGITS}g}") for x in values]
