"""Spread of the generators: named variations of the meson sources, as weights on the same mothers.

At each facility the shipped spectra (Pythia 8, Monash at fixed targets, forward tune at colliders) are compared with

* ``gen-tune-4c``, ``gen-tune-cuetp8m1``: other tunes of Pythia 8; ``gen-tune-monash`` at colliders
* ``gen-sibyll``, ``gen-pythia6``: other generators
* ``gen-kt-low``, ``gen-kt-high``: forward tune with primordialKTsoft and primordialKTremnant 0.26 and 1.27 GeV
  instead of 0.58.  The central values are those that public configurations quote from arXiv:2309.08604; the ends of
  the band are from memory and not verified.
* ``gen-na27`` at the SPS: one factor for each meson, measured multiplicities over those of the spectra.  The numbers
  are those of `darkbeam.production.saturation` with pi0 and eta added; they are said to come from NA27 (LEBC-EHS),
  pp at 400 GeV, Z. Phys. C 50 (1991) 405, and were not checked against the paper.

Weights: `darkbeam.spectra.generator_ratios`.  They belong to one table of spectra; others (facility cards, user
fluxes) have no such variations.  A species that an alternative does not describe keeps its central weight.  None of
this is in the printed band ``lower``-``upper``: it is a choice between models, not an error with a probability.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.saturation import MEASURED
from darkbeam.spectra.generator_ratios import V_EDGES, Z_EDGES, Ratio, load_ratios, table_key
from darkbeam.spectra.spectrum import MesonSpectrum

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MEASURED_PSEUDOSCALARS", "mother_ratios", "spread_names"]

MEASURED_PSEUDOSCALARS = {"SPS": {"pi0": (3.87, 0.12), "eta": (0.30, 0.02)}}
"""Mesons per inelastic collision with their errors, by facility; from memory, not verified."""
NA27 = "gen-na27"


def mother_ratios(spectrum: object) -> Mapping[str, Ratio]:
    """Return the weights of the mothers of one species by name of the variation; none for tables of one's own.

    Examples
    --------
    >>> from darkbeam.spectra import load_spectra
    >>> "gen-sibyll" in mother_ratios(load_spectra("SPS").species("eta"))
    True
    """
    if not isinstance(spectrum, MesonSpectrum):
        return {}
    return _ratios(spectrum.facility.name, spectrum.species.name, table_key(spectrum))


@lru_cache(maxsize=128)
def _ratios(facility: str, species: str, key: tuple[float, int]) -> Mapping[str, Ratio]:
    tables = load_ratios(facility)
    if tables.facility == facility and tables.reference.get(species) != key:
        return {}
    ratios = tables.of(species)
    measured = {**MEASURED_PSEUDOSCALARS.get(facility, {}), **MEASURED.get(facility, {})}
    if species in measured:
        value, error = measured[species]
        ratios[NA27] = _constant(value / key[0], error / value)
    return ratios


def _constant(factor: float, error: float) -> Ratio:
    shape = len(Z_EDGES) - 1, len(V_EDGES) - 1
    return Ratio(np.full(shape, np.log(factor)), np.full(shape, error), factor, error)


def spread_names(spectra: tuple[object, ...]) -> tuple[str, ...]:
    """Names of the variations that any of several species has."""
    return tuple(dict.fromkeys(name for s in spectra for name in mother_ratios(s)))
