"""A published limit or contour in a text file: mass (GeV) and coupling.

Columns are separated by commas, semicolons or blanks; ``#`` starts a comment; a first line of names is optional:

    m, epsilon              a curve or outline, point by point, in any direction
    m, lower, upper         both edges at each mass

With names, further columns are ignored and the order is free, so ``contour.csv`` of darkbeam is read, too.  An empty
line, or a row with an empty cell, ends one part of the limit and starts the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import OutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Limit", "read_limit"]

MASS = ("m", "mass", "m_gev", "mass_gev", "m [gev]", "mass [gev]")
LOWER = ("lower", "epsilon_lower", "eps_lower")
UPPER = ("upper", "epsilon_upper", "eps_upper")
CURVE = ("epsilon", "eps", "coupling", "g")


@dataclass(frozen=True)
class Limit:
    """A limit in parts.

    Attributes
    ----------
    name : str
        Of its file, without ending.
    parts : tuple of arrays
        Each of shape (points, 2) with columns mass (GeV) and epsilon, or (points, 3) with mass, lower and upper edge.
    """

    name: str
    parts: tuple[NDArray[np.float64], ...]

    @property
    def has_edges(self) -> bool:
        """Whether each point has a lower and an upper edge."""
        return bool(self.parts[0].shape[1] == 3)

    @property
    def masses(self) -> NDArray[np.float64]:
        """Distinct masses, increasing, GeV."""
        return np.unique(np.concatenate([p[:, 0] for p in self.parts]))

    def outlines(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Lines (mass, epsilon) to draw: lower edges and back along the upper ones, or the curve as it is."""
        if not self.has_edges:
            return [(p[:, 0], p[:, 1]) for p in self.parts]
        return [
            (np.concatenate([p[:, 0], p[::-1, 0]]), np.concatenate([p[:, 1], p[::-1, 2]])) for p in self.parts
        ]


def read_limit(file: str | Path) -> Limit:
    """Read a limit.

    Raises
    ------
    OutputError
        If the file cannot be read, or is no table of masses and couplings; the message names the line.
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise OutputError(f"{path} is not a text file") from None
    columns: tuple[int, ...] | None = None
    parts: list[list[list[float]]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        cells = _cells(line)
        if not cells:
            if not line.strip():
                parts.append([])
            continue
        if columns is None:
            columns, is_header = _columns(path, cells)
            if is_header:
                continue
        row = _row(path, number, cells, columns)
        parts.append([]) if row is None else parts[-1].append(row)
    kept = tuple(np.array(p) for p in parts if p)
    if not kept:
        raise OutputError(f"{path} has no point; it needs columns m,epsilon or m,lower,upper")
    return Limit(path.stem, kept)


def _cells(line: str) -> list[str]:
    """Cells of a line; none for a comment or an empty line."""
    bare = line.split("#", 1)[0].strip()
    separator = r"[,;]" if "," in bare or ";" in bare else r"\s+"
    return [c.strip() for c in re.split(separator, bare)] if bare else []


def _columns(path: Path, cells: list[str]) -> tuple[tuple[int, ...], bool]:
    """Places of mass and couplings from the first line, and whether it is a line of names."""
    if all(_is_number(c) for c in cells):
        if len(cells) in (2, 3):
            return tuple(range(len(cells))), False
        raise OutputError(
            f"{path} has {len(cells)} columns without names; it needs m,epsilon or m,lower,upper"
        )
    names = [c.lower() for c in cells]

    def place(known: tuple[str, ...]) -> int | None:
        return next((names.index(n) for n in known if n in names), None)

    mass, lower, upper, curve = place(MASS), place(LOWER), place(UPPER), place(CURVE)
    if mass is not None and lower is not None and upper is not None:
        return (mass, lower, upper), True
    if mass is not None and curve is not None:
        return (mass, curve), True
    raise OutputError(f"{path} has columns {', '.join(cells)}; it needs m,epsilon or m,lower,upper")


def _row(path: Path, number: int, cells: list[str], columns: tuple[int, ...]) -> list[float] | None:
    """Numbers of a row; None where a cell is empty."""
    if len(cells) <= max(columns):
        raise OutputError(f"{path}, line {number}: {len(cells)} columns, {max(columns) + 1} expected")
    chosen = [cells[c] for c in columns]
    if not all(c and c.lower() != "nan" for c in chosen):
        return None
    if bad := [c for c in chosen if not _is_number(c) or not 0.0 < float(c) < np.inf]:
        raise OutputError(f"{path}, line {number}: {bad[0]!r} is not a positive number")
    row = [float(c) for c in chosen]
    if len(row) == 3 and row[1] > row[2]:
        raise OutputError(
            f"{path}, line {number}: the lower edge {row[1]:g} is above the upper one {row[2]:g}"
        )
    return row


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
