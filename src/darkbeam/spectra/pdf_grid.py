r"""Parton densities from text grids in the LHAPDF6 format.

A file (arXiv:1412.7420, section 3.1) is a header, then blocks between lines ``---``, one per range of Q between
flavour thresholds: the x knots, the Q knots (GeV), the PDG ids, and then one row of x f(x, Q) per (x, Q), Q
running fastest.  Values are interpolated with a cubic spline in (ln x, ln Q^2) of each block,

    x f_i(x, Q^2) = S_i(ln x, ln Q^2),    Q -> min(max(Q, Q_0), Q_max),

so that densities are *frozen* below the first knot Q_0 and above the last; below the first x knot they are frozen
too, above the last they vanish.  Only the grids of the generator's wheel are read, and only when tables are made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import RectBivariateSpline

from darkbeam.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

__all__ = ["GLUON", "PdfGrid", "read_pdf_grid"]

GLUON = 21
"""PDG id of the gluon."""
_HEADER_LINES = 3
"""Lines of a block before its values."""
_GLUED = re.compile(r"(e[+-]\d\d)(?=\d)")
"""End of a number that the next one follows without a blank, as in the rows at x = 1 of the CT14 grid."""


@dataclass(frozen=True)
class PdfGrid:
    """Densities of one parton set.

    Attributes
    ----------
    x_min, x_max : float
        Range of the x knots.
    q_max : array, shape (n_blocks,)
        Upper end of Q of each block, GeV.
    q_0 : float
        First knot in Q, GeV.
    splines : tuple of mappings
        Spline of x f in (ln x, ln Q^2) by PDG id, per block.
    """

    x_min: float
    x_max: float
    q_max: NDArray[np.float64]
    q_0: float
    splines: tuple[Mapping[int, RectBivariateSpline], ...]

    def scale(self, Q: float) -> float:
        """Q frozen inside the range of the grid, GeV."""
        return float(min(max(Q, self.q_0), self.q_max[-1]))

    def xf(self, parton: int, x: ArrayLike, Q: float) -> NDArray[np.float64]:
        """Momentum density x f(x, Q); zero for a parton that the grid does not have.

        Parameters
        ----------
        parton : int
            PDG id: 1 to 5 for d, u, s, c, b, negative for antiquarks, 21 for the gluon.
        x : array_like
        Q : float
            GeV.
        """
        x = np.asarray(x, dtype=np.float64)
        frozen = self.scale(Q)
        block = int(np.searchsorted(self.q_max, frozen))
        spline = self.splines[block].get(parton)
        if spline is None:
            return np.zeros_like(x)
        ln_x = np.log(np.clip(x, self.x_min, self.x_max))
        values = spline(ln_x, 2.0 * np.log(frozen), grid=False)
        return np.where(x < self.x_max, values, 0.0)


def _block(
    text: str, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[int, RectBivariateSpline]]:
    """Knots in x and in Q, and the splines of one block."""
    lines = text.strip().splitlines()
    x, q = (np.array(line.split(), dtype=np.float64) for line in lines[:2])
    ids = [int(i) for i in lines[2].split()]
    rows = _GLUED.sub(r"\1 ", " ".join(lines[_HEADER_LINES:]))
    values = np.array(rows.split(), dtype=np.float64)
    if values.size != x.size * q.size * len(ids):
        raise ValueRangeError(f"parton grid {name}: {values.size} values do not fill its knots")
    # some sets repeat their first x knot
    kept = np.concatenate([[True], np.diff(x) > 0.0])
    cube = values.reshape(x.size, q.size, len(ids))[kept]
    ln_x, ln_q2 = np.log(x[kept]), 2.0 * np.log(q)
    order = {"kx": min(3, ln_x.size - 1), "ky": min(3, ln_q2.size - 1)}
    return x, q, {i: RectBivariateSpline(ln_x, ln_q2, cube[:, :, k], **order) for k, i in enumerate(ids)}


def read_pdf_grid(path: Path) -> PdfGrid:
    """Read a grid.

    Parameters
    ----------
    path : Path
        File ``NAME_0000.dat``.

    Raises
    ------
    ValueRangeError
        If the file is not a grid in this format.
    """
    parts = path.read_text(encoding="ascii").split("\n---")
    blocks = [_block(part, path.name) for part in parts[1:] if len(part.split("\n")) > _HEADER_LINES + 1]
    if not blocks:
        raise ValueRangeError(f"{path.name} is not a parton grid in the LHAPDF6 format")
    x = blocks[0][0]
    q_max = np.array([q[-1] for _, q, _ in blocks])
    return PdfGrid(float(x[0]), float(x[-1]), q_max, float(blocks[0][1][0]), tuple(s for *_, s in blocks))
