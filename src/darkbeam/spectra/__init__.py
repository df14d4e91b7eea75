"""Spectra of Standard Model mesons per inelastic collision: shipped tables, and what makes them.

`darkbeam.spectra.make.make_spectra` runs the generator; reading tables needs none of that,
so it is not imported here.
"""

from __future__ import annotations

from darkbeam.facilities import FACILITIES, Facility, get_facility

from .species import SPECIES, Species
from .spectrum import MesonSpectrum, Mothers
from .storage import Spectra, load_spectra, read_spectra, summary

__all__ = [
    "FACILITIES", "SPECIES", "Facility", "MesonSpectrum", "Mothers", "Species", "Spectra", "get_facility",
    "load_spectra", "read_spectra", "summary",
]  # fmt: skip
