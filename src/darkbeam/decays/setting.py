"""How decays at rest are sampled: couplings of the vector, weighted or not, polarisation, imported hadrons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from darkbeam.hadrons.couplings import PHOTON, Couplings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from .imported import ImportedDecays

__all__ = ["DEFAULT_SETTING", "DecaySetting"]


@dataclass(frozen=True, eq=False)
class DecaySetting:
    """What a sampler needs to know beside the mass.

    Attributes
    ----------
    couplings : Couplings
        Isovector, light isoscalar and strange current at this mass: they fix interference inside a channel.
    weighted : bool
        Allow event weights of mean 1 within a channel (`Pool.weigh`) where that is much faster than to unweight.
    density : array of complex, shape (3, 3), optional
        Spin density matrix of the vector in the Cartesian basis (x, y, z) of its rest frame, trace 1; unpolarised
        (1/3 of the unit matrix) if None.  The lepton and two-body samplers use it.
    hadrons : ImportedDecays, optional
        Decays made elsewhere: they stand for all hadronic channels together.
    quarks : mapping of str to float, optional
        Charges of "c" and "b" in units of epsilon e; those of the dark photon if None.
    """

    couplings: Couplings = PHOTON
    weighted: bool = False
    density: NDArray[np.complex128] | None = None
    hadrons: ImportedDecays | None = None
    quarks: Mapping[str, float] | None = None


DEFAULT_SETTING = DecaySetting()
"""Dark photon, unweighted, unpolarised."""
