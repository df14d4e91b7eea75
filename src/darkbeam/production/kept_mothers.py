"""Mothers that are kept: they do not depend on the mass of the dark photon.

A scan uses the same random numbers at every mass, so its mothers are the same at every mass.  Mothers are points of one
infinite sequence (`darkbeam.spectra.quasi`): what is kept serves all smaller numbers too, and the digits do not
depend on what was kept.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from darkbeam.production.mother_weights import weigh_mothers
from darkbeam.spectra.quasi import lattice

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from darkbeam.production.nuclear import NuclearTarget
    from darkbeam.spectra.spectrum import MesonSpectrum, Mothers

__all__ = ["LIMIT", "kept_mothers"]

LIMIT = 2**21
"""Most mothers that are kept, of all species together; 64 bytes each."""
_KEPT: OrderedDict[Hashable, tuple[Mothers, MesonSpectrum]] = OrderedDict()


def kept_mothers(
    spectrum: MesonSpectrum, nuclear: NuclearTarget | None, n: int, shift: NDArray[np.float64]
) -> Mothers:
    """Return the mothers of the first two coordinates of ``lattice(n, shift)``, weighted for a nuclear target.

    The arrays are shared with later calls: do not write into them.
    """
    size = 1 << max(n - 1, 0).bit_length()
    key = (id(spectrum), nuclear, shift.tobytes())
    # the entry holds the spectrum, so that its identity is not given to another one
    mothers = _KEPT[key][0] if key in _KEPT else None
    if mothers is None or len(mothers.energy) < size:
        points = lattice(size, shift, 2)
        drawn = weigh_mothers(spectrum, spectrum.sample(size, np.random.default_rng(0), points), nuclear)
        # a power of two: exact, so that the weights do not know the size
        mothers = replace(drawn, weight=drawn.weight * size)
        _KEPT[key] = (mothers, spectrum)
        while len(_KEPT) > 1 and sum(len(m.energy) for m, _ in _KEPT.values()) > LIMIT:
            _KEPT.popitem(last=False)
    if key in _KEPT:
        _KEPT.move_to_end(key)
    return _first(mothers, n)


def _first(mothers: Mothers, n: int) -> Mothers:
    """First n mothers, with the weights of n."""
    return replace(
        mothers, energy=mothers.energy[:n], pt=mothers.pt[:n], pz=mothers.pz[:n], weight=mothers.weight[:n] / n,
        block=mothers.block[:n], index=mothers.index[:n],
        survival=None if mothers.survival is None else mothers.survival[:n],
        rank=None if mothers.rank is None else mothers.rank[:n],
    )  # fmt: skip
