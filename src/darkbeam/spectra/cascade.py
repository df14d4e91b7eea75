"""Spectra of mesons from the hadronic cascade of a beam proton in an absorber (`cascade_generator` says of which).

They have the form and the storage of the meson tables (`darkbeam.spectra.spectrum`), with one difference: a meson of
the cascade is not made in a collision along the beam, so the limits of a proton-proton collision on its momentum do
not hold.  What holds is that it has no more energy than the beam.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.errors import ValueRangeError
from darkbeam.facilities import FACILITIES, get_facility

from .spectrum import MesonSpectrum
from .storage import read_spectra

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from numpy.typing import NDArray

    from darkbeam.facilities import Facility

    from .storage import Spectra

__all__ = ["CascadeSpectrum", "load_cascade", "read_cascade"]


class CascadeSpectrum(MesonSpectrum):
    """Spectrum of one species in the cascade."""

    def allowed(
        self, energy: NDArray[np.float64], pt: NDArray[np.float64], pz: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether a meson has no more energy than the beam."""
        del pt, pz
        return np.asarray(energy <= self.facility.beam_energy)


def read_cascade(folder: Traversable | Path, facility: Facility) -> Spectra:
    """Read the cascade tables of a facility from a folder made by `darkbeam.spectra.cascade_make.make_cascade`."""
    found = read_spectra(folder, facility)
    tables = {n: CascadeSpectrum(s.facility, s.species, s.table) for n, s in found.tables.items()}
    return replace(found, tables=tables)


@lru_cache(maxsize=len(FACILITIES))
def _load(name: str) -> Spectra:
    folder = files("darkbeam") / "data" / "cascade"
    if not folder.joinpath(f"{name}.npz").is_file():
        shipped = [n for n in FACILITIES if folder.joinpath(f"{n}.npz").is_file()]
        raise ValueRangeError(
            f"no cascade tables are shipped for {name}, only for {', '.join(shipped)}; "
            f"`darkbeam spectra make FACILITY --cascade` makes those of fixed targets"
        )
    return read_cascade(folder, FACILITIES[name])


def load_cascade(facility: str) -> Spectra:
    """Shipped cascade tables of a facility: SPS, Fermilab, Serpukhov or JPARC.

    Raises
    ------
    UnknownNameError, ValueRangeError
        For a facility that does not exist, and for one without cascade tables.

    Examples
    --------
    >>> load_cascade("SPS").species("pi0").multiplicity > 50.0
    True
    """
    return _load(get_facility(facility).name)
