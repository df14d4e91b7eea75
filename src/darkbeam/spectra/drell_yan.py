r"""Shipped tables of Drell-Yan production: parton luminosities and shapes per facility.

``FACILITY.npz`` holds the luminosities L of `darkbeam.spectra.drell_yan_luminosity` on a mass grid,

    luminosity[variation, target, class, order, mass],

variation as in `VARIATIONS`, target proton and (fixed target only) neutron, class ``up`` and ``down``, order leading
and next-to-leading, and the shapes of `darkbeam.spectra.drell_yan_shapes`.  LHC_13p6 has its own luminosities and
takes the 14 TeV shapes, whose x is a fraction of the beam's light-cone momentum.  ``FACILITY.json`` says how the
tables were made.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from darkbeam.errors import UnknownNameError

from .drell_yan_shapes import ShapeTable, unpack_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PDF_SETS", "TABLES", "VARIATIONS", "DrellYanTable", "load_drell_yan", "read_drell_yan"]

PDF_SETS = {
    "nnpdf31-nnlo": "NNPDF31_nnlo_as_0118_luxqed_0000.dat",
    "nnpdf31-nlo": "NNPDF31_nlo_as_0118_luxqed_0000.dat",
    "nnpdf31-lo": "NNPDF31_lo_as_0130_0000.dat",
    "ct14": "CT14qed_proton_0000.dat",
}
"""Parton sets and their grids in the wheel of the generator (arXiv:1706.00428, 1712.07053, 1509.02905)."""

VARIATIONS = {
    "central": ("nnpdf31-nnlo", 1.0),
    "dy-scale-down": ("nnpdf31-nnlo", 0.5),
    "dy-scale-up": ("nnpdf31-nnlo", 2.0),
    "dy-pdf-nnpdf31-lo": ("nnpdf31-lo", 1.0),
    "dy-pdf-nnpdf31-nlo": ("nnpdf31-nlo", 1.0),
    "dy-pdf-ct14": ("ct14", 1.0),
}
"""Parton set and scale in units of the mass, by variation."""

TABLES = ("SPS", "Fermilab", "Serpukhov", "JPARC", "LHC", "LHC_13p6")
"""Facilities with tables."""

_SHAPES_OF = {"LHC_13p6": "LHC"}


@dataclass(frozen=True)
class DrellYanTable:
    """Tables of one facility.

    Attributes
    ----------
    masses : array, shape (n_m,)
        GeV, increasing.
    luminosity : array, shape (variations, targets, 2 classes, 2 orders, n_m)
        Dimensionless, positive.
    shapes : ShapeTable
    sample : mapping
        Settings, seeds, versions (the JSON file).
    """

    masses: NDArray[np.float64]
    luminosity: NDArray[np.float64]
    shapes: ShapeTable
    sample: Mapping[str, Any]


def _arrays(folder: Traversable | Path, name: str) -> dict[str, NDArray[np.generic]]:
    with folder.joinpath(f"{name}.npz").open("rb") as file:
        data = np.load(io.BytesIO(file.read()), allow_pickle=False)
    return {key: data[key] for key in data.files}


def read_drell_yan(folder: Traversable | Path, name: str) -> DrellYanTable:
    """Read the tables of a facility from a folder."""
    own = _arrays(folder, name)
    shapes = _arrays(folder, _SHAPES_OF[name]) if name in _SHAPES_OF else own
    return DrellYanTable(
        masses=np.asarray(own["masses"], dtype=np.float64),
        luminosity=np.asarray(own["luminosity"], dtype=np.float64),
        shapes=unpack_shapes(shapes),
        sample=json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8")),
    )


@lru_cache(maxsize=len(TABLES))
def load_drell_yan(name: str) -> DrellYanTable:
    """Shipped tables of a facility.

    Raises
    ------
    UnknownNameError
        For a facility without tables.

    Examples
    --------
    >>> len(load_drell_yan("SPS").shapes.tables)
    11
    """
    if name not in TABLES:
        raise UnknownNameError("facility with Drell-Yan tables", name, TABLES)
    return read_drell_yan(files("darkbeam") / "data" / "drell_yan", name)
