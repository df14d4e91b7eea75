"""Weights on mothers: nuclear target and ratio of another generator, point by point and on average.

    N' = N <w>,     <w> = int w(u, v) r(u, v) du dv

over the ranks (u, v) of a spectrum (`darkbeam.spectra.spectrum`), w the nuclear weight and r the generator ratio.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from darkbeam.production.nuclear import NuclearTarget
    from darkbeam.spectra.generator_ratios import Ratio
    from darkbeam.spectra.spectrum import MesonSpectrum, Mothers

__all__ = ["mean_weight", "weigh_mothers"]


def weigh_mothers(spectrum: MesonSpectrum, mothers: Mothers, nuclear: NuclearTarget | None) -> Mothers:
    """Multiply the weights of mothers by those of a nuclear target."""
    if nuclear is None:
        return mothers
    factor = nuclear.weight(spectrum.facility, mothers.energy, mothers.pt, mothers.pz)
    return replace(mothers, weight=mothers.weight * factor)


def mean_weight(spectrum: MesonSpectrum, nuclear: NuclearTarget | None, ratio: Ratio | None) -> float:
    """Mean weight of the mothers of a spectrum, by quadrature."""
    if nuclear is None:
        return 1.0 if ratio is None else ratio.total
    return _nuclear_mean(_Key(spectrum, nuclear, ratio))


class _Key:
    """What a mean depends on, compared by identity, because tables hold arrays."""

    def __init__(self, spectrum: MesonSpectrum, nuclear: NuclearTarget, ratio: Ratio | None) -> None:
        self.spectrum, self.nuclear, self.ratio = spectrum, nuclear, ratio

    def __hash__(self) -> int:
        return hash((id(self.spectrum), self.nuclear, id(self.ratio)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Key)
            and self.spectrum is other.spectrum
            and self.nuclear == other.nuclear
            and self.ratio is other.ratio
        )


@lru_cache(maxsize=256)
def _nuclear_mean(key: _Key) -> float:
    points, total = key.spectrum.grid(400, 80)
    weight = points.weight * key.nuclear.weight(key.spectrum.facility, points.energy, points.pt, points.pz)
    if key.ratio is not None and points.survival is not None and points.rank is not None:
        weight = weight * key.ratio(points.survival, points.rank)
    return float(np.sum(weight)) / total
