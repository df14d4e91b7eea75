r"""Shipped tables of quarkonium: measured cross-sections and shapes per facility.

``cross_sections.json`` holds, per state, what was measured, the share of the spectrum in the measured window (from the
same generator settings as the shapes) and the total cross-section per nucleon that follows; it is written by
`darkbeam.spectra.quarkonium_make`.  ``FACILITY.npz`` holds one shape per state.
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

    from numpy.typing import NDArray

__all__ = ["SHAPES", "CrossSections", "load_cross_sections", "load_shape", "states_at"]

SHAPES = {
    "SPS": ("jpsi", "psi2s", "upsilon"),
    "Fermilab": ("jpsi", "psi2s"),
    "Serpukhov": ("jpsi", "psi2s"),
    "JPARC": ("jpsi", "psi2s"),
    "LHC": ("jpsi", "psi2s", "upsilon"),
}
"""States with shapes, by facility; the Upsilon is out of reach below the SPS."""
_LIKE = {"upsilon2s": "upsilon", "upsilon3s": "upsilon"}
"""States that take the shape of another, with their own mass."""
_SHAPES_OF = {"LHC_13p6": "LHC"}


@dataclass(frozen=True)
class CrossSections:
    """Total cross-sections of one state.

    Attributes
    ----------
    sqrt_s : array, shape (n,)
        GeV, increasing.
    sigma : array, shape (n,)
        Per nucleon, nb.
    relative_error : array, shape (n,)
    """

    sqrt_s: NDArray[np.float64]
    sigma: NDArray[np.float64]
    relative_error: NDArray[np.float64]


def _folder() -> Any:
    return files("darkbeam") / "data" / "quarkonium"


@lru_cache(maxsize=1)
def _points() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(
        _folder().joinpath("cross_sections.json").read_text(encoding="utf-8")
    )
    return found


@lru_cache(maxsize=8)
def load_cross_sections(state: str) -> CrossSections:
    """Total cross-sections of ``jpsi`` or ``upsilon``; for excited states ``sigma`` is the ratio to the ground state.

    Examples
    --------
    >>> bool(load_cross_sections("jpsi").sigma[0] > 10.0)
    True
    """
    points = _points()["states"][state]
    columns = np.array([[p["sqrt_s_GeV"], p["sigma"], p["error"]] for p in points], dtype=np.float64).T
    return CrossSections(columns[0], columns[1], columns[2] / columns[1])


def states_at(facility: str) -> tuple[str, ...]:
    """States that a facility makes.

    Raises
    ------
    UnknownNameError
        For a facility without tables.
    """
    name = _SHAPES_OF.get(facility, facility)
    if name not in SHAPES:
        raise UnknownNameError("facility with quarkonium tables", facility, (*SHAPES, *_SHAPES_OF))
    made = SHAPES[name]
    return (*made, *(state for state, like in _LIKE.items() if like in made))


@lru_cache(maxsize=16)
def load_shape(facility: str, state: str) -> ShapeTable:
    """Shipped shape of a state at a facility.

    Raises
    ------
    UnknownNameError
        For a facility without quarkonium, or a state that it does not make.

    Examples
    --------
    >>> load_shape("SPS", "jpsi").tables[0].multiplicity
    1.0
    """
    valid = states_at(facility)
    if state not in valid:
        raise UnknownNameError(f"quarkonium at {facility}", state, valid)
    name = _SHAPES_OF.get(facility, facility)
    with _folder().joinpath(f"{name}.npz").open("rb") as file:
        data = np.load(io.BytesIO(file.read()), allow_pickle=False)
    return unpack_shapes(data, _LIKE.get(state, state))
