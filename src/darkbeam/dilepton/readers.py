"""Reading lepton pairs from CSV, Parquet, ROOT or ``.npz``, and checking them.

Columns: ``mass``, ``pt`` (GeV) and ``y``; optional ``weight``, ``cos``, ``phi``, ``charge``, ``label``.  Or the momenta
of the two leptons, ``px1`` to ``pz2``, with optional charges ``q1``, ``q2``.  A card may give other names and units.
CSV has a header line; ``#`` starts a comment.  Nothing is dropped in silence: impossible rows are an error with counts.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, is_zipfile

import numpy as np

from darkbeam.dilepton.card import COLUMNS, DileptonCard
from darkbeam.dilepton.model import save_arrays
from darkbeam.dilepton.sample import DileptonSample, energy_limit, lab_shift, lepton_mass
from darkbeam.errors import ValueRangeError
from darkbeam.extras import require
from darkbeam.facilities import get_facility
from darkbeam.output import atomic_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Columns = dict[str, NDArray[Any]]

__all__ = ["FORMATS", "pairs_of_leptons", "problems", "read_sample", "write_sample"]

FORMATS = (".csv", ".parquet", ".root", ".npz")
_MOMENTA = ("px1", "py1", "pz1", "px2", "py2", "pz2")
_ENERGIES = ("mass", "pt", *_MOMENTA)


def read_sample(path: str | Path, card: DileptonCard | None = None, *, drop: bool = False) -> DileptonSample:
    """Read lepton pairs.

    Parameters
    ----------
    path : path
        CSV, Parquet, ROOT or ``.npz``.
    card : DileptonCard, optional
    drop : bool
        Drop impossible rows instead of refusing the file.

    Raises
    ------
    ValueRangeError
        It cannot be read, a column is missing, or rows are impossible; the message counts them.
    MissingExtraError
        Parquet or ROOT without the extra ``io``.
    """
    path, card = Path(path), card or DileptonCard()
    if path.suffix.lower() not in FORMATS:
        raise ValueRangeError(f"pairs {path.name}: unknown format; valid endings: {', '.join(FORMATS)}")
    if not path.is_file():
        raise ValueRangeError(f"pairs {path}: no such file")
    readers = {".csv": _csv, ".parquet": _parquet, ".root": _root, ".npz": _npz}
    columns = _renamed(readers[path.suffix.lower()](path, card), card, path.name)
    sample = _pairs(columns, card, path.name)
    found = problems(sample)
    bad = np.any([mask for _, mask in found], axis=0) if found else np.zeros(len(sample), dtype=bool)
    if np.any(bad) and not drop:
        counts = ", ".join(f"{int(mask.sum())} {what}" for what, mask in found if np.any(mask))
        raise ValueRangeError(f"pairs {path.name}: of {len(sample)} rows {counts}{_hint(sample, card)}")
    return sample.select(~bad) if np.any(bad) else sample


def problems(sample: DileptonSample) -> list[tuple[str, NDArray[np.bool_]]]:
    """What can be wrong with a row, and which rows are."""
    finite = np.all([np.isfinite(getattr(sample, k)) for k in sample.columns if k != "label"], axis=0)
    low = 2.0 * sample.lepton_mass
    m = np.where(finite, sample.mass, 1.0)
    pt, y = np.where(finite, sample.pt, 0.0), np.where(finite, sample.y, lab_shift(sample.facility))
    energy = np.hypot(m, pt) * np.cosh(np.clip(y - lab_shift(sample.facility), -50.0, 50.0))
    # 5 %: mass resolution and the motion of nucleons in the target
    beyond = energy > 1.05 * energy_limit(m, sample.facility)
    return [
        ("are not finite", ~finite),
        ("have a mass that is not positive", m <= 0.0),
        (f"are below threshold ({low:.4g} GeV)", (m > 0.0) & (m < low)),
        ("have negative pT", pt < 0.0),
        (f"have more energy than {sample.beam} collisions", beyond & (m >= low)),
    ]


def _hint(sample: DileptonSample, card: DileptonCard) -> str:
    """Guess at the cause, where most rows are wrong."""
    share = [float(np.mean(mask)) for _, mask in problems(sample)]
    if share[4] > 0.2 and float(np.nanmedian(sample.mass)) > 50.0 and card.energy_unit == "GeV":
        return "; are the masses in MeV?"
    if share[4] > 0.05:
        return f"; is the rapidity given in the {'lab' if card.rapidity == 'cm' else 'centre of mass'}?"
    return ""


def _wanted(header: list[str], card: DileptonCard) -> dict[str, str]:
    """Names in the file by our names, for the columns that are there."""
    names = {name: card.columns.get(name, name) for name in COLUMNS}
    aliases = {name: f"{name}_GeV" for name in ("mass", "pt")}
    for name, alias in aliases.items():
        if name not in card.columns and names[name] not in header:
            names[name] = alias
    return {name: stored for name, stored in names.items() if stored in header}


def _csv(path: Path, card: DileptonCard) -> Columns:
    places: dict[str, int] = {}
    skip = 1
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline()
            while line and (not line.strip() or line.lstrip().startswith("#")):
                skip, line = skip + 1, file.readline()
        header = [h.strip() for h in line.split(",")]
        places = {name: header.index(stored) for name, stored in _wanted(header, card).items()}
        options: dict[str, Any] = {"delimiter": ",", "skiprows": skip, "ndmin": 2, "comments": "#"}
        numbers = [name for name in places if name != "label"]
        columns: Columns = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "no data", which `_pairs` says
            if numbers:
                table = np.loadtxt(path, usecols=[places[k] for k in numbers], **options)
                columns = {name: table[:, k] for k, name in enumerate(numbers)}
            if "label" in places:
                labels = np.loadtxt(path, usecols=[places["label"]], dtype=str, **options)
                columns["label"] = np.char.strip(labels[:, 0])
    except UnicodeDecodeError:
        raise ValueRangeError(f"pairs {path.name}: not a text file") from None
    except (OSError, ValueError) as error:
        where = _bad_line(path, skip, places) or " ".join(str(error).split())
        raise ValueRangeError(f"pairs {path.name}: {where}") from None
    return columns


def _bad_line(path: Path, skip: int, places: dict[str, int]) -> str:
    """First line after the header that has too few columns or no number where one is wanted; empty if none."""
    if not places:
        return ""
    needed = max(places.values()) + 1
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            cells = line.partition("#")[0].split(",")
            if number <= skip or not "".join(cells).strip():
                continue
            if len(cells) < needed:
                return f"line {number} has {len(cells)} columns, not {needed} or more"
            for cell in (cells[k].strip() for name, k in places.items() if name != "label"):
                try:
                    float(cell)
                except ValueError:
                    return f"line {number}: {cell!r} is not a number"
    return ""


def _parquet(path: Path, card: DileptonCard) -> Columns:
    pyarrow = require("pyarrow", "reading Parquet")
    try:
        file = require("pyarrow.parquet", "reading Parquet").ParquetFile(path)
        wanted = _wanted(list(file.schema_arrow.names), card)
        table = file.read(columns=list(wanted.values()))
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueRangeError(f"pairs {path.name}: not a Parquet file ({error})") from None
    return {name: np.asarray(table[stored].to_numpy()) for name, stored in wanted.items()}


def _root(path: Path, card: DileptonCard) -> Columns:
    uproot = require("uproot", "reading ROOT files")
    try:
        with uproot.open(path) as file:
            trees = file.keys(filter_classname="TTree", cycle=False)
            if not trees or (card.tree and card.tree not in trees):
                raise ValueRangeError(
                    f"pairs {path.name}: no tree {card.tree!r}; there are: {', '.join(trees) or 'none'}"
                )
            tree = file[card.tree or trees[0]]
            wanted = _wanted(list(tree.keys()), card)
            return {name: np.asarray(tree[stored].array(library="np")) for name, stored in wanted.items()}
    except (OSError, ValueError) as error:
        raise ValueRangeError(f"pairs {path.name}: not a readable ROOT file ({error})") from None


def _npz(path: Path, card: DileptonCard) -> Columns:
    if not is_zipfile(path):
        raise ValueRangeError(f"pairs {path.name}: not an .npz file")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[stored] for name, stored in _wanted(list(file.files), card).items()}
    except (OSError, ValueError, BadZipFile) as error:
        raise ValueRangeError(f"pairs {path.name}: not an .npz file of plain arrays ({error})") from None


def _renamed(columns: Columns, card: DileptonCard, name: str) -> Columns:
    """Columns of pairs, from those of leptons if need be, in GeV and in the lab."""
    scale = 1e-3 if card.energy_unit == "MeV" else 1.0
    found: Columns = {k: np.asarray(v, dtype=np.str_) for k, v in columns.items() if k == "label"}
    try:
        for k in (k for k in columns if k != "label"):
            found[k] = np.asarray(columns[k], dtype=np.float64) * (scale if k in _ENERGIES else 1.0)
    except (TypeError, ValueError) as error:
        raise ValueRangeError(f"pairs {name}: a column is not numeric ({error})") from None
    if "mass" not in found and all(k in found for k in _MOMENTA):
        found = _from_leptons(found, card.lepton)
    missing = [k for k in ("mass", "pt", "y") if k not in found]
    if missing:
        raise ValueRangeError(
            f"pairs {name}: no column {', '.join(missing)}; needed are mass, pt, y or the six momenta px1 to pz2 "
            "(other names: [data.columns] of the card)"
        )
    if card.rapidity == "cm":
        found["y"] = found["y"] + lab_shift(get_facility(card.beam))
    return found


def pairs_of_leptons(first: Array, second: Array, lepton: str) -> tuple[Array, Array, Array]:
    """Mass, pT (GeV) and rapidity of pairs from the momenta (3, n) of the leptons, GeV."""
    mass = lepton_mass(lepton)
    one, two = (np.sqrt(mass**2 + np.sum(p * p, axis=0)) for p in (first, second))
    energy = one + two
    px, py, pz = first + second
    # m^2 = 4 m_l^2 + 2 (E1 E2 - p1 p2 - m_l^2), without the cancellation of E^2 - p^2
    across = np.cross(first, second, axis=0)
    product = np.sum(first * second, axis=0)
    excess = (mass**2 * (mass**2 + np.sum(first**2 + second**2, axis=0)) + np.sum(across**2, axis=0)) / (
        one * two + np.maximum(product, 0.0)
    )
    scalar = np.where(product > 0.0, excess, one * two - product)
    return np.sqrt(2.0 * mass**2 + 2.0 * scalar), np.hypot(px, py), np.arctanh(pz / energy)


def _from_leptons(c: Columns, lepton: str) -> Columns:
    """Pairs from the columns of two leptons."""
    first, second = (np.stack([c[f"p{x}{i}"] for x in "xyz"]) for i in (1, 2))
    pairs: Columns = dict(zip(("mass", "pt", "y"), pairs_of_leptons(first, second, lepton), strict=True))
    if "q1" in c and "q2" in c:
        pairs["charge"] = c["q1"] + c["q2"]
    return pairs | {k: v for k, v in c.items() if k in ("weight", "label")}


def _pairs(c: Columns, card: DileptonCard, name: str) -> DileptonSample:
    if c["mass"].size == 0:
        raise ValueRangeError(f"pairs {name}: no rows")
    deep = [k for k, v in c.items() if v.ndim != 1]
    if deep:
        raise ValueRangeError(f"pairs {name}: column {', '.join(deep)} is not one number a row")
    weight = c.get("weight", np.ones(c["mass"].size))
    sample = DileptonSample(
        c["mass"], c["pt"], c["y"], weight, c.get("cos"), c.get("phi"), c.get("charge"), c.get("label"),
        lepton=card.lepton, beam=card.beam,
    )  # fmt: skip
    keep = np.ones(len(sample), dtype=bool)
    for column, (low, high) in card.windows.items():
        value = getattr(sample, column)
        keep &= ~((value < low) | (value > high))
    if not np.any(keep):
        raise ValueRangeError(f"pairs {name}: none of {len(sample)} rows is inside the windows of the card")
    return sample if np.all(keep) else sample.select(keep)


def write_sample(sample: DileptonSample, path: str | Path) -> None:
    """Write pairs to CSV, Parquet or ``.npz``, by the ending.

    Raises
    ------
    ValueRangeError, MissingExtraError, OutputError
    """
    path = Path(path)
    columns = {name: getattr(sample, name) for name in sample.columns}
    if path.suffix == ".npz":
        save_arrays(path, columns)
    elif path.suffix == ".parquet":
        pyarrow = require("pyarrow", "writing Parquet")
        with atomic_path(path) as part:
            require("pyarrow.parquet", "writing Parquet").write_table(pyarrow.table(columns), part)
    elif path.suffix == ".csv":
        formats = ["%s" if name == "label" else "%.9g" for name in columns]
        rows = np.stack([np.asarray(v, dtype=object) for v in columns.values()], axis=1)
        with atomic_path(path) as part:
            np.savetxt(part, rows, fmt=formats, delimiter=",", header=",".join(columns), comments="")
    else:
        raise ValueRangeError(f"pairs {path.name}: can write .csv, .parquet and .npz")
